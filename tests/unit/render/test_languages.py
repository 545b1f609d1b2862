"""Every language says everything our code and templates say, in a form they can use, and a house can add its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from publisher.load.catalogues import entries, forms, judge, names, with_catalogues
from publisher.load.report import Report
from publisher.model.site import Site
from publisher.ports import SourceFile
from publisher.render.artifacts import data_artifacts
from publisher.render.i18n import CATALOGUES, Language, language
from publisher.render.mail_page import Footing, confirmation_page, mail_page
from publisher.render.mail_words import mail_update
from publisher.render.pages import pages
from publisher.render.views import project, project_all
from publisher.scaffold.messages import Message, messages, new_catalogue
from publisher.site.frames import load_frames
from tests.unit.render.histories import NOW, SITE, busy

PACKAGE = Path(__file__).resolve().parents[3] / "publisher"
SHIPPED = sorted(path.name for path in CATALOGUES.iterdir() if path.is_dir())
FILES = sorted(path.relative_to(CATALOGUES).as_posix() for path in CATALOGUES.rglob("*.po"))
MOMENT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
HOSTILE = "<b x=\"'&"


def test_six_languages_ship() -> None:
    assert {"ar", "de", "es", "fr", "ja"} <= set(SHIPPED), "English is the source"


def translations(locale: str) -> dict[tuple[str, str | None], list[tuple[str, tuple[str, ...]]]]:
    """Give what a language's files say: message → (file, forms)."""
    found: dict[tuple[str, str | None], list[tuple[str, tuple[str, ...]]]] = {}
    for path in sorted((CATALOGUES / locale / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as source:
            for entry in entries(read_po(source, locale=locale)):
                key = (entry.id, None) if isinstance(entry.id, str) else (entry.id[0], entry.id[1])
                found.setdefault(key, []).append((path.name, () if entry.fuzzy else forms(entry)))
    return found


@pytest.mark.parametrize("locale", SHIPPED)
def test_a_language_says_every_message_and_no_other(locale: str) -> None:
    said, known = translations(locale), {(m.one, m.many) for m in messages()}
    assert [key for key in known if not all(said.get(key, [("", ())])[0][1] or [""])] == [], "not translated"
    assert sorted(key[0] for key in said.keys() - known) == [], "not said any more"
    differing = {key: found for key, found in said.items() if len({text for _file, text in found}) > 1}
    assert differing == {}, "two files say it differently"


@pytest.mark.parametrize("file", FILES)
def test_a_file_would_be_taken_from_a_house(file: str) -> None:
    """Plural rule, forms, names in braces, characters: what we ask of others holds for us."""
    report = Report(file)
    assert judge((CATALOGUES / file).read_text(encoding="utf-8"), locale=file.partition("/")[0], report=report)
    assert [str(found) for found in report.findings] == []


def literals(path: Path) -> Iterator[str]:
    """Give what a module says, read from its syntax tree, so that nothing is missed inside an f-string."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        # `count` is also a method of text, of one argument
        is_ours = called in {"_", "gettext", "ngettext", "say"} or (called == "count" and len(node.args) > 1)
        if is_ours and isinstance(first, ast.Constant):
            yield str(first.value)


def test_nothing_is_said_where_a_translator_s_tools_would_not_find_it() -> None:
    found = {text for room in ("render", "site") for path in (PACKAGE / room).rglob("*.py") for text in literals(path)}
    assert "Everything works." in found
    assert found - {message.one for message in messages()} == set()


@pytest.mark.parametrize(
    ("locale", "moment", "weekday", "days", "length", "share", "names_"),
    [
        ("en", "20 November 2026, 14:05 UTC", "Fri 20 Nov", "7\u201317 Nov", "1 hour and 12 minutes", "99.94%", "A, B and C"),
        ("de", "20. November 2026, 14:05 UTC", "Fr., 20. Nov.", "7.\u201317. Nov.", "1 Stunde und 12 Minuten", "99,94 %", "A, B und C"),
        ("fr", "20 novembre 2026, 14:05 UTC", "ven. 20 nov.", "7\u201317 nov.", "1 heure et 12 minutes", "99,94 %", "A, B et C"),
        ("es", "20 de noviembre de 2026, 14:05 UTC", "vie, 20 nov", "7\u201317 nov", "1 hora y 12 minutos", "99,94 %", "A, B y C"),
        ("ja", "2026年11月20日 14:05 UTC", "11月20日(金)", "11月7日～17日", "1 時間 12 分", "99.94%", "A、B、C"),
        ("ar", "20 نوفمبر 2026، 14:05 UTC", "الجمعة، 20 نوفمبر", "7\u201317 نوفمبر", "ساعة و12 دقيقة", "99.94%", "A وB وC"),
    ],
)  # fmt: skip
def test_dates_lengths_shares_and_lists_are_the_language_s_own(  # noqa: PLR0917
    locale: str, moment: str, weekday: str, days: str, length: str, share: str, names_: str
) -> None:
    def plain(text: str) -> str:
        """CLDR's narrow, thin and fixed blanks differ between its versions, and so do its marks of direction."""
        kept = "".join(character for character in text if character not in "\u200e\u200f")
        return " ".join(kept.replace("\u2009", "").split())

    tongue = language(locale)
    assert plain(tongue.datetime(MOMENT, "Etc/UTC")) == moment
    assert plain(tongue.weekday(MOMENT.date())) in {weekday, weekday.replace("Fri ", "Fri, ")}
    assert plain(tongue.days(date(2026, 11, 7), date(2026, 11, 17))) == days
    assert plain(tongue.duration(timedelta(minutes=72))) == length
    assert plain(tongue.percent(0.9994)) == share
    assert plain(tongue.list(["A", "B", "C"])) == names_


@pytest.mark.parametrize(
    ("locale", "n", "said"),
    [
        ("fr", 0, "0 jour perturbé"),
        ("fr", 1, "1 jour perturbé"),
        ("fr", 2, "2 jours perturbés"),
        ("es", 0, "problemas en 0 días"),
        ("es", 1, "problemas en 1 día"),
        ("ja", 1, "1日に障害あり"),
        ("ja", 12, "12日に障害あり"),
    ],
)
def test_numbers_agree(locale: str, n: int, said: str) -> None:
    assert language(locale).ngettext("trouble on {n} day", "trouble on {n} days", n) == said


def test_a_value_stands_behind_its_name_as_the_language_writes_it() -> None:
    assert language("en").pair("Who", "Shops") == "Who: Shops"
    assert language("fr").pair("Concerne", "Boutiques") == "Concerne\u00a0: Boutiques"
    assert language("ja").pair("対象の方", "店舗") == "対象の方：店舗"


# A house's own catalogue


def filled(locale: str, said: dict[str, str], *, every: str = "") -> str:
    """Give a house's file in which some messages are translated, the others as `every` says, with their names."""
    text = new_catalogue(locale)
    for message in messages():
        source = message.many or message.one
        default = every + "".join(f"{{{name}}}" for name in sorted(names(source) or ())) if every else ""
        words = said.get(message.one, default).replace('"', '\\"')
        head = text.index(f'msgid "{quoted(message.one)}"\n')
        tail = text.find("\n\n", head)
        block = text[head:tail] if tail >= 0 else text[head:].rstrip("\n")
        lines = [line.replace('""', f'"{words}"') if line.startswith("msgstr") else line for line in block.split("\n")]
        text = text[:head] + "\n".join(lines) + (text[tail:] if tail >= 0 else "\n")
    return text


def quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def house(text: str, locale: str) -> Site:
    """Give a site that took a house's file."""
    site, found = with_catalogues(
        replace(SITE, locales=("en", "ar", locale)), [SourceFile(path=f"locale/{locale}.po", body=text.encode())]
    )
    assert [str(f) for f in found if f.code != "TID410"] == []
    assert set(site.catalogues) == {locale}
    return site


def test_a_house_s_words_stand_before_ours_and_english_fills_the_gaps() -> None:
    site = house(filled("fi", {"History": "Historia", "Since {time}.": "Alkaen {time}."}), "fi")
    tongue = language("fi", site)
    assert tongue.gettext("History") == "Historia"
    assert tongue.gettext("Since {time}.", time="14.05") == "Alkaen 14.05."
    assert tongue.gettext("Follow") == "Follow"
    assert tongue.date(MOMENT.date()) == "20. marraskuuta 2026"
    assert language("fi").gettext("History") == "History", "another site's words are not ours"


def test_a_house_may_say_a_shipped_language_s_words_its_own_way() -> None:
    site = house(filled("fr", {"Outage": "Interruption de service"}), "fr")
    assert language("fr", site).gettext("Outage") == "Interruption de service"
    assert language("fr", site).gettext("Follow") == language("fr").gettext("Follow") != "Follow"


def test_a_doubtful_message_is_not_said() -> None:
    text = filled("fi", {"History": "Historia"}).replace('msgid "History"', '#, fuzzy\nmsgid "History"')
    assert language("fi", house(text, "fi")).gettext("History") == "History"


def test_a_plural_that_lacks_a_form_is_not_said() -> None:
    text = filled("fi", {"{n} day ago": "{n} päivää sitten"})
    text = text.replace('msgstr[1] "{n} päivää sitten"', 'msgstr[1] ""')
    tongue = language("fi", house(text, "fi"))
    assert [tongue.ngettext("{n} day ago", "{n} days ago", n) for n in (1, 2)] == ["1 day ago", "2 days ago"]


@pytest.mark.parametrize(("locale", "direction"), [("fi", "ltr"), ("he", "rtl"), ("fa", "rtl")])
def test_pages_of_a_house_s_language(locale: str, direction: str) -> None:
    site = house(filled(locale, {"The last fortnight": "ZWEI WOCHEN"}), locale)
    view = project(busy(site), locale=locale, now=NOW)
    home = next(page for page in pages(view) if page.path.removeprefix(f"{locale}/") == "index.html").body
    assert "ZWEI WOCHEN" in str(home)
    assert "Components" in str(home), "English where nothing is said"
    assert language(locale).weekday(NOW.date()) or True
    assert language(locale, site).direction == direction


@pytest.mark.parametrize(
    ("source", "said", "code"),
    [
        ("Since {time}.", "Alkaen {aika}.", "TID409"),
        ("Since {time}.", "Alkaen.", "TID409"),
        ("Since {time}.", "Alkaen {time} {time.__class__}.", "TID409"),
        ("Since {time}.", "Alkaen {time!r}.", "TID409"),
        ("Since {time}.", "Alkaen {time:>999999999}.", "TID409"),
        ("Since {time}.", "Alkaen {time", "TID409"),
        ("Since {time}.", "Alkaen {} {time}", "TID409"),
        ("History", "Historia {time}", "TID409"),
        ("{n} day ago", "{m} päivää sitten", "TID409"),
        ("{state}: {title}", "{state}: {title}\\nBcc: someone@example.com", "TID309"),
        ("History", "Hist\u202eoria", "TID302"),
        ("History", "Hist\x07oria", "TID301"),
    ],
)
def test_what_would_break_a_page_is_refused_with_its_line(source: str, said: str, code: str) -> None:
    text = filled("fi", {source: said})
    file = SourceFile(path="locale/fi.po", body=text.encode())
    site, found = with_catalogues(replace(SITE, locales=("en", "fi")), [file])
    wrong = [f for f in found if f.code != "TID410"]
    assert {f.code for f in wrong} == {code}
    assert any(abs(text[: text.index(said)].count("\n") - f.place.line) <= 3 for f in wrong), "the finding leads there"
    if code in {"TID409", "TID309"}:
        assert site.catalogues == {}, "nothing of it reaches a page"


@pytest.mark.parametrize(
    "rule",
    [
        "nplurals=2; plural=(n +);",
        "nplurals=1; plural=(n != 1);",
        "nplurals=2; plural=n % 0;",
        "nplurals=2; plural=__import__('os');",
        "nplurals=2; plural=" + "(" * 400 + "n" + ")" * 400 + ";",
        "plural",
    ],
)
def test_a_plural_rule_that_cannot_be_used_is_refused(rule: str) -> None:
    text = new_catalogue("fi").replace("nplurals=2; plural=(n != 1);", rule)
    site, found = with_catalogues(
        replace(SITE, locales=("en", "fi")), [SourceFile(path="locale/fi.po", body=text.encode())]
    )
    assert [f.code for f in found] == ["TID408"]
    assert site.catalogues == {}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('msgstr "Historia"', 'msgstr "Historia'),
        ('msgstr "Historia"', 'msgstr Historia"'),
        ('msgstr "Historia"', 'msgstr "His"toria"'),
        ('msgstr "Historia"', 'msgstr ""\n"Historia'),
        ('msgid "History"', 'msgid "History'),
    ],
)
def test_a_missing_quotation_mark_is_found_in_its_line(good: str, bad: str) -> None:
    """Babel alone would take the last letter for it."""
    text = filled("fi", {"History": "Historia"})
    assert good in text
    broken = text.replace(good, bad, 1)
    site, found = with_catalogues(
        replace(SITE, locales=("en", "fi")), [SourceFile(path="locale/fi.po", body=broken.encode())]
    )
    [wrong] = found
    assert wrong.code == "TID408"
    assert wrong.place.line == broken[: broken.index(bad) + len(bad)].count("\n") + 1
    assert site.catalogues == {}


@pytest.mark.parametrize("body", [b'msgid "a\n', b'msgid "a"\nmsgstr "b"\nrubbish\n', b"\xff\xfe", b"PK\x03\x04"])
def test_what_is_no_catalogue_is_refused(body: bytes) -> None:
    site, found = with_catalogues(replace(SITE, locales=("en", "fi")), [SourceFile(path="locale/fi.po", body=body)])
    assert found
    assert all(f.place.path == "locale/fi.po" for f in found)
    assert site.catalogues == {}


def test_a_file_for_a_language_the_site_does_not_have_is_told() -> None:
    file = SourceFile(path="locale/fi.po", body=new_catalogue("fi").encode())
    site, found = with_catalogues(SITE, [file])
    assert [f.code for f in found] == ["TID402"]
    assert site is SITE


# What a translation may hold


@pytest.fixture(scope="module")
def hostile() -> Site:
    """A site whose translator wrote HTML's own characters into every message."""
    return house(filled("fi", {}, every=HOSTILE), "fi")


def test_every_page_feed_and_mail_escapes_translations(hostile: Site) -> None:
    told = busy(hostile)
    view = project(told, locale="fi", now=NOW)
    made = {page.path: str(page.body) for page in pages(view)}
    assert sum("&lt;b x=" in body for body in made.values()) == len(made), "every page speaks the house's words"
    for artifact in data_artifacts(project_all(told, now=NOW), schemas={}):
        if artifact.path.endswith((".html", ".svg", ".atom", ".rss")):
            made[artifact.path] = artifact.body.decode()
    footing = Footing(address="a@example.com", answer_to="b@example.com", token="t")
    updates = [mail_update(view, i, u) for i in view.incidents for u in i.updates]
    assert updates
    made["mail"] = mail_page(updates, site=hostile, locale="fi", footing=footing).html
    made["confirm"] = confirmation_page(site=hostile, locale="fi", footing=footing, confirm_url=None).html
    raw = {path for path, body in made.items() if "<b x=" in body}
    assert raw == set()


def test_the_frame_around_pages_escapes_translations(hostile: Site, tmp_path: Path) -> None:
    (tmp_path / "site_src").mkdir()
    (tmp_path / "site_src" / "about.md").write_text("# About\n\nWords.\n")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Example\nsite_url: https://status.example.com/\ndocs_dir: site_src\ntheme: {name: material}\n"
        "plugins:\n  - tidings:\n      locales: [en, ar, fi]\n"
    )
    frames = load_frames(tmp_path, hostile, cache=None)
    made = {kind: b"".join(frame.parts).decode() for kind, frame in frames.frames["fi"].items()}
    made |= {path: body.decode() for path, body in frames.files.items() if path.endswith(".html")}
    assert sum("&lt;b x=" in body for body in made.values()) >= len(frames.frames["fi"])
    assert {kind for kind, body in made.items() if "<b x=" in body} == set()


def test_the_extraction_knows_where_things_are_said() -> None:
    found = {message.one: message for message in messages()}
    assert "render/pages_home.py" in found["Everything works."].places
    assert "render/templates/pages/home.html" in found["The last fortnight"].places
    assert "site/theme/partials/footer.html" in found["Text version"].places
    assert found["{n} day ago"] == Message(
        one="{n} day ago", many="{n} days ago", places=("render/templates/pages/parts.html",)
    )


def test_a_language_is_made_once_for_each_set_of_words() -> None:
    site = house(filled("fi", {"History": "Historia"}), "fi")
    assert language("fi", site) is language("fi", site)
    assert language("fi", site) is not language("fi")
    assert isinstance(language("fi", site), Language)
