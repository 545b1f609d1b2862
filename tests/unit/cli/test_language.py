"""`tidings language`: one command and one file add a language, and nothing else in the repository moves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher import app
from publisher.cli.main import cli
from publisher.load.site import load_site
from publisher.model.errors import RefusedError, TidingsError, UsageError
from publisher.ports import SourceFile
from publisher.render.i18n import language
from publisher.render.mail_page import Footing, confirmation_page
from publisher.scaffold.locales import with_locale
from publisher.scaffold.messages import messages

NOW = "2026-11-20T15:04:10Z"


def tidings(root: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["--root", str(root), "--now", NOW, *words], catch_exceptions=False, standalone_mode=False
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "status"
    assert tidings(tmp_path, "init", str(folder)).return_value == 0
    return folder


def put(root: Path, said: dict[str, str]) -> None:
    """Translate messages of one form in `locale/fi.po`."""
    file = root / "locale" / "fi.po"
    text = file.read_text(encoding="utf-8")
    for source, words in said.items():
        assert f'msgid "{source}"\nmsgstr ""' in text
        text = text.replace(f'msgid "{source}"\nmsgstr ""', f'msgid "{source}"\nmsgstr "{words}"')
    file.write_text(text, encoding="utf-8")


def test_a_seventh_language_is_one_command_and_one_file(repository: Path) -> None:
    before = {p: p.read_bytes() for p in repository.rglob("*") if p.is_file()}
    assert tidings(repository, "language", "add", "fi").return_value == 0
    after = {p: p.read_bytes() for p in repository.rglob("*") if p.is_file()}
    assert set(after) - set(before) == {repository / "locale" / "fi.po"}
    config = repository / "mkdocs.yml"
    assert [p for p in before if before[p] != after[p]] == [config]
    assert after[config] == before[config].replace(b"locales: [en]", b"locales: [en, fi]")

    put(repository, {"Everything works.": "Kaikki toimii.", "The last fortnight": "Viimeiset kaksi viikkoa"})
    assert tidings(repository, "check").return_value == 0
    assert tidings(repository, "build", "--out", str(repository / "out")).return_value == 0
    home = (repository / "out" / "fi" / "index.html").read_text(encoding="utf-8")
    assert 'lang="fi"' in home
    assert "Kaikki toimii." in home
    assert "Viimeiset kaksi viikkoa" in home
    assert "Components" in home, "English where nothing is said"
    assert "marraskuuta" in home, "CLDR's months need no translation"
    assert "Everything works." in (repository / "out" / "index.html").read_text(encoding="utf-8")
    text = (repository / "out" / "fi" / "status.txt").read_text(encoding="utf-8")
    assert "Kaikki toimii." in text


@pytest.mark.parametrize("locale", ["he", "fa"])
def test_a_language_written_from_right_to_left_turns_the_page(repository: Path, locale: str) -> None:
    said = tidings(repository, "language", "add", locale)
    assert "from right to left" in said.stderr
    assert tidings(repository, "build", "--out", str(repository / "out")).return_value == 0
    for name in ("index.html", "history/index.html", "subscribe/index.html", "lite/index.html"):
        page = (repository / "out" / locale / name).read_text(encoding="utf-8")
        root = page[page.index("<html") : page.index(">", page.index("<html"))]
        assert 'dir="rtl"' in root, name
        assert f'lang="{locale}"' in root, name


def test_the_file_has_every_message_and_the_language_s_plurals(repository: Path) -> None:
    assert tidings(repository, "language", "add", "pl").return_value == 0
    text = (repository / "locale" / "pl.po").read_text(encoding="utf-8")
    assert text.count("\nmsgid ") == len(messages()) + 1
    assert "nplurals=3;" in text
    assert text.count('msgstr[2] ""') == sum(1 for m in messages() if m.many)
    assert 'msgid "You get this because {address} follows {site}."' in text, "mail too"


def test_a_shipped_language_needs_no_file(repository: Path) -> None:
    assert tidings(repository, "language", "add", "fr").return_value == 0
    assert not (repository / "locale").exists()
    assert app.read_site(repository).locales == ("en", "fr")
    assert tidings(repository, "language", "add", "fr", "--own").return_value == 0
    assert (repository / "locale" / "fr.po").is_file()


@pytest.mark.parametrize("locale", ["xx-nowhere", "klingonisch", "../../etc", "", "fi_FI", "FI"])
def test_what_is_no_language_tag_changes_nothing(repository: Path, locale: str) -> None:
    before = {p: p.read_bytes() for p in repository.rglob("*") if p.is_file()}
    with pytest.raises(TidingsError):
        tidings(repository, "language", "add", locale)
    assert {p: p.read_bytes() for p in repository.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(("written", "usual"), [("pt_BR", "pt-BR"), ("FI", "fi"), ("zh-hans", "zh-Hans")])
def test_a_tag_in_an_odd_spelling_is_told_in_the_usual_one(repository: Path, written: str, usual: str) -> None:
    with pytest.raises(UsageError, match=usual):
        tidings(repository, "language", "add", written)


PLURALS = {
    "pl": ("{n} dzień temu", "{n} dni temu", "{n} dnia temu"),
    "he": ("לפני יום אחד", "לפני {n} ימים"),
    "pt-BR": ("há {n} dia", "há {n} dias"),
    "zh-Hans": ("{n} 天前",),
}


def test_four_more_languages_side_by_side(repository: Path) -> None:
    """Slavic plurals, Hebrew from right to left, a country's Portuguese, a script's Chinese: pages, data and mail."""
    for locale, forms in PLURALS.items():
        assert tidings(repository, "language", "add", locale).return_value == 0
        file = repository / "locale" / f"{locale}.po"
        text = file.read_text(encoding="utf-8").replace(
            'msgid "Everything works."\nmsgstr ""', f'msgid "Everything works."\nmsgstr "<{locale}>"'
        )
        head = text.index('msgid "{n} day ago"')
        block = text[head : text.index("\n\n", head)]
        filled = block
        for number, form in enumerate(forms):
            assert f'msgstr[{number}] ""' in block
            filled = filled.replace(f'msgstr[{number}] ""', f'msgstr[{number}] "{form}"')
        assert f'msgstr[{len(forms)}] ""' not in block, "as many forms as gettext knows"
        file.write_text(text.replace(block, filled), encoding="utf-8")
    assert tidings(repository, "check").return_value == 0
    assert tidings(repository, "build", "--out", str(repository / "out")).return_value == 0
    site = app.read_site(repository)
    for locale in PLURALS:
        home = (repository / "out" / locale / "index.html").read_text(encoding="utf-8")
        assert f'lang="{locale}"' in home[: home.index("<head")], "the whole tag, script and country with it"
        assert f"&lt;{locale}&gt;" in home
        about = (repository / "out" / locale / "lite" / "index.html").read_text(encoding="utf-8")
        assert f'lang="{locale}"' in about
        feed = (repository / "out" / locale / "history.atom").read_text(encoding="utf-8")
        assert f'xml:lang="{locale}"' in feed
        page = confirmation_page(
            site=site,
            locale=locale,
            footing=Footing(address="a@b.example", answer_to="c@b.example", token="t"),
            confirm_url=None,
        )
        assert f'lang="{locale}"' in page.html
    said = {
        locale: [language(locale, site).ngettext("{n} day ago", "{n} days ago", n) for n in (1, 2, 5)]
        for locale in PLURALS
    }
    assert said["pl"] == ["1 dzień temu", "2 dni temu", "5 dnia temu"]
    assert said["he"] == ["לפני יום אחד", "לפני 2 ימים", "לפני 5 ימים"]
    assert said["pt-BR"] == ["há 1 dia", "há 2 dias", "há 5 dias"]
    assert said["zh-Hans"] == ["1 天前", "2 天前", "5 天前"]


def test_adding_twice_is_refused_and_keeps_the_translator_s_work(repository: Path) -> None:
    tidings(repository, "language", "add", "fi")
    put(repository, {"History": "Historia"})
    before = {p: p.read_bytes() for p in repository.rglob("*") if p.is_file()}
    with pytest.raises(RefusedError, match="already"):
        tidings(repository, "language", "add", "fi", "--own")
    assert {p: p.read_bytes() for p in repository.rglob("*") if p.is_file()} == before


def test_outside_a_repository_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no mkdocs\.yml"):
        tidings(tmp_path, "language", "add", "fi")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("      locales: [en, de]\n", "      locales: [en, de, fi]\n"),
        ("      locales: [ en, de ] # ours\n", "      locales: [ en, de, fi ] # ours\n"),
        ("      locales: [\n        en,\n        de,\n      ]\n", "      locales: [\n        en,\n        de, fi,\n      ]\n"),
        ("      locales:\n        - en\n        - de # German\n      utm: true\n", "      locales:\n        - en\n        - de # German\n        - fi\n      utm: true\n"),
        ("      locales:\n      - en\n      - de", "      locales:\n      - en\n      - de\n      - fi"),
        ("      locales:\r\n        - en\r\n        - de\r\n", "      locales:\r\n        - en\r\n        - de\r\n        - fi\r\n"),
        ('      locales: ["en", "de"]\n', '      locales: ["en", "de", fi]\n'),
    ],
)  # fmt: skip
def test_every_other_byte_of_mkdocs_yml_stays(before: str, after: str) -> None:
    head = (
        "site_name: Bücher # ☃\nsite_url: https://a.example/\nextra: !ENV [X, 1]\nplugins:\n  - search\n  - tidings:\n"
    )
    assert with_locale((head + before).encode(), "fi", locales=("en", "de")).decode() == head + after


def test_without_locales_the_line_is_written() -> None:
    config = b"site_name: A\nplugins:\n  tidings:\n    time_zone: Etc/UTC\n"
    changed = with_locale(config, "fi", locales=("en",))
    assert changed == b"site_name: A\nplugins:\n  tidings:\n    locales: [en, fi]\n    time_zone: Etc/UTC\n"


@pytest.mark.parametrize(
    "config",
    [
        b"site_name: A\nplugins:\n  - tidings\n",
        b"site_name: A\n",
        b"[]",
        b"",
        b"plugins: [{tidings: {locales: !ENV X}}]\n",
        b"plugins:\n  - tidings:\n      locales: *other\n",
        b"\xff",
        b"plugins: [",
    ],
)
def test_what_only_a_person_can_change_is_left_to_them(config: bytes) -> None:
    locales = load_site(SourceFile(path="mkdocs.yml", body=config))[0].locales
    with pytest.raises(RefusedError):
        with_locale(config, "fi", locales=locales)


def test_check_names_what_is_missing_doubtful_and_unused(repository: Path) -> None:
    tidings(repository, "language", "add", "fi")
    put(repository, {"History": "Historia", "Today": "Tänään"})
    file = repository / "locale" / "fi.po"
    text = file.read_text(encoding="utf-8").replace('msgid "Today"', '#, fuzzy\nmsgid "Today"')
    file.write_text(text + '\nmsgid "Old words"\nmsgstr "Vanhat sanat"\n', encoding="utf-8")
    said = tidings(repository, "language", "check", "fi")
    assert said.return_value == 0, "English stands in"
    assert '"History"' not in said.stdout
    lines = file.read_text(encoding="utf-8").split("\n")
    for source, what in (
        ("Today", "is marked fuzzy"),
        ("Follow", "is not translated"),
        ("Old words", "not said any more"),
    ):
        told = next(line for line in said.stdout.split("\n") if f'"{source}"' in line)
        assert what in told
        assert abs(lines.index(f'msgid "{source}"') + 1 - int(told.split(":")[1])) <= 2
    assert f"{len(messages()) - 1} not translated, 1 of them marked fuzzy" in said.stderr


def test_check_fails_where_something_must_be_mended(repository: Path) -> None:
    tidings(repository, "language", "add", "fi")
    put(repository, {"Since {time}.": "Alkaen {aika}."})
    said = tidings(repository, "language", "check", "--format", "json")
    assert said.return_value == 1
    found = json.loads(said.stdout)
    assert found["errors"] == 1
    assert [f["code"] for f in found["findings"] if f["level"] == "error"] == ["TID409"]
    assert tidings(repository, "check").return_value == 1, "and it does not go out"


def test_check_of_shipped_languages_finds_nothing(repository: Path) -> None:
    for locale in ("de", "ar", "fr", "es", "ja"):
        tidings(repository, "language", "add", locale)
    said = tidings(repository, "language", "check")
    assert (said.return_value, said.stdout) == (0, "")
    assert said.stderr.count("all translated") == 5


def test_check_names_a_language_that_has_no_words_at_all(repository: Path) -> None:
    config = repository / "mkdocs.yml"
    config.write_bytes(config.read_bytes().replace(b"locales: [en]", b"locales: [en, fi]"))
    said = tidings(repository, "language", "check")
    assert said.return_value == 0
    assert "tidings language add fi" in said.stdout
    with pytest.raises(UsageError, match="does not have the language de"):
        tidings(repository, "language", "check", "de")
    # and then the command writes the file, without listing the language twice
    assert tidings(repository, "language", "add", "fi").return_value == 0
    assert config.read_bytes().count(b"locales: [en, fi]\n") == 1


def test_a_repository_in_english_alone_has_nothing_to_check(repository: Path) -> None:
    said = tidings(repository, "language", "check")
    assert (said.return_value, said.stdout) == (0, "")
    assert "English alone" in said.stderr
