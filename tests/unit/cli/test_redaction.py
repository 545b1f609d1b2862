"""5.5, 5.6: what must not leave the house is refused or replaced on every way out, and what was stopped is on record."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.cli.main import cli
from publisher.model.errors import TidingsError

INC = "2026-11-20-card-payments"
NOW = "2026-11-20T14:10:00Z"
CHANNELS = """page:
  targets: {primary: {kind: folder, path: out/site}}
email: {enabled: true, transport: files, path: out/mail, sender: status@a.example, sender_name: A, unsubscribe_url: 'https://a.example/u/{token}'}
"""
SITE = "site_name: A\nsite_url: https://a.example/\ndocs_dir: site_src\nplugins:\n  - tidings:\n      locales: [en, de]\n      time_zone: Etc/UTC\n"
INCIDENT = """---
title: Card payments failing
headline: Some cards are declined at Bluebird.
category: outage
severity: sev2
components: {checkout: partial_outage}
started: 2026-11-20T13:52:00Z
---

## 2026-11-20 14:05 UTC · Investigating
<!--
who: Shops that use B&#108;uebird
-->

Some cards are declined. [[inside: Kestrel-7714 says it is the acquirer.]] B**lueb**ird is slow.
"""
GERMAN = """---
title: Kartenzahlungen schlagen fehl
---

## 2026-11-20 14:05 UTC · Investigating

Einige Karten werden abgelehnt [[inside: Kestrel-7714 | und zwar in der EU]]. Bluebirds Antwort dauert.
"""
SECRET = "AKIA" + "QRSTUVWXYZ234567"


@pytest.fixture(autouse=True, scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Frames are made once for all houses that are alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDINGS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def house(tmp_path: Path) -> Path:
    files = {
        "mkdocs.yml": SITE,
        "policy/components.yml": "components:\n  checkout: {name: Checkout}\n",
        "policy/channels.yml": CHANNELS,
        "policy/redaction.yml": "words: {Bluebird: our payment system}\n",
        f"incidents/{INC}/index.md": INCIDENT,
        f"incidents/{INC}/index.de.md": GERMAN,
        "site_src/help.md": "# Help\n\nAsk our support.\n",
    }
    for path, text in files.items():
        write(tmp_path, path, text)
    assert run(tmp_path, "audience", "add", "reader@example.org").exception is None
    return tmp_path


def write(house: Path, path: str, text: str) -> None:
    (house / path).parent.mkdir(parents=True, exist_ok=True)
    (house / path).write_text(text, encoding="utf-8")


def run(house: Path, *words: str, now: str = NOW) -> Result:
    return CliRunner().invoke(cli, ["--root", str(house), "--now", now, *words], standalone_mode=False)


def out(house: Path, folder: str = "out") -> dict[str, bytes]:
    return {str(one.relative_to(house)): one.read_bytes() for one in (house / folder).rglob("*") if one.is_file()}


def missed(house: Path, *words: str) -> list[dict[str, object]]:
    result = run(house, "report", "near-misses", "--format", "json", *words)
    assert result.exception is None, result.exception
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_what_policy_replaces_and_what_is_marked_is_in_no_byte_that_goes_out(house: Path) -> None:
    result = run(house, "publish")
    assert result.return_value == 0, result.output
    gone = out(house)
    assert any(path.startswith("out/mail/") for path in gone)
    for path, body in gone.items():
        text = body.decode(errors="replace").replace("=\n", "")
        assert "luebird" not in text, path
        assert "Kestrel" not in text, path
        assert "[[inside" not in text, path
    page = gone[f"out/site/incidents/{INC}/index.html"].decode()
    assert (
        "Some cards are declined.  our payment system is slow." in page.replace("\n", " ")
        or "our payment system is slow" in page
    )
    german = gone[f"out/site/de/incidents/{INC}/index.html"].decode()
    assert "abgelehnt und zwar in der EU. our payment system Antwort dauert." in german
    assert missed(house) == []


def test_a_change_of_what_is_replaced_reaches_every_file_like_a_clean_build(house: Path) -> None:
    assert run(house, "build").return_value == 0
    write(house, "policy/redaction.yml", "words: {Bluebird: the machine}\n")
    assert run(house, "build").return_value == 0
    after = out(house, "out/build")
    shutil.rmtree(os.environ["TIDINGS_CACHE"])
    shutil.rmtree(house / "out" / "build")
    assert run(house, "build").return_value == 0
    assert out(house, "out/build") == after
    assert b"the machine is slow" in after[f"out/build/incidents/{INC}/index.html"]


def test_a_leak_is_refused_with_its_place_and_nothing_is_written(house: Path) -> None:
    assert run(house, "publish").return_value == 0
    before = out(house)
    write(
        house,
        f"incidents/{INC}/index.md",
        INCIDENT.replace("Some cards are declined.", f"Some cards fail on {SECRET}."),
    )
    result = run(house, "publish", now="2026-11-20T14:20:00Z")
    assert result.return_value == 1
    assert f"incidents/{INC}/index.md:15:20: TID750" in result.stdout
    assert SECRET not in result.output
    assert out(house) == before
    [one] = missed(house)
    assert (one["code"], one["path"], one["line"], one["attempts"]) == ("TID750", f"incidents/{INC}/index.md", 15, 1)
    assert SECRET.encode() not in (house / ".tidings" / "state.db").read_bytes()
    assert run(house, "publish", "--dry-run", now="2026-11-20T14:21:00Z").return_value == 1
    assert run(house, "publish", now="2026-11-20T14:22:00Z").return_value == 1
    [one] = missed(house)
    assert one["attempts"] == 2, "a dry run is no attempt"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("site_src/help.md", "# Help\n\nAsk whoever sits at db-prod-07.\n"),
        ("site_src/help.md", "# Help\n\nAsk whoever sits at d<b></b>b-prod&#45;07.\n"),
        ("site_src/help.md", "---\ndescription: See 10.1.2.3\n---\n# Help\n"),
        ("site_src/help.md", "# Help\n\n![db-prod-07](x.png)\n"),
        ("site_src/help.md", "# Help\n\n[write](mailto:ines.marques@b.example)\n"),
        ("site_src/notes.txt", "The stand-in is db-prod-07.\n"),
        ("site_src/data.json", '{"host": "db\\u002dprod-07"}\n'),
        ("site_src/help.md", '# Help\n\n<script type="application/ld+json">{"a": "db\\u002dprod-07"}</script>\n'),
        ("site_src/bluebird.txt", "Ask the B\u00adluebird people.\n"),
    ],
)
def test_the_last_look_finds_what_no_check_of_a_field_can(house: Path, path: str, text: str) -> None:
    before = out(house)
    write(house, path, text)
    result = run(house, "publish")
    assert result.return_value == 1, result.output
    assert "TID759" in result.stdout
    assert out(house) == before, "neither page nor mail"
    assert {one["code"] for one in missed(house)} == {"TID759"}


def test_the_last_look_passes_words_that_a_script_escapes(house: Path) -> None:
    """`e:\\u003c` is no drive of Windows: what stands in data within a page is read as programs read it."""
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("Some cards", "It says `type:<name>`. Some cards"))
    result = run(house, "publish")
    assert result.return_value == 0, result.output


def test_a_level_that_the_house_lowered_stops_nothing(house: Path) -> None:
    write(house, "site_src/help.md", "# Help\n\nAsk whoever sits at db-prod-07.\n")
    write(house, "policy/checks.yml", "levels: {TID752: warning}\n")
    assert run(house, "publish").return_value == 0
    write(house, "policy/checks.yml", "levels: {TID750: warning}\n")
    assert run(house, "check").return_value == 1, "a key may not be waved through"


def test_what_may_be_said_is_said(house: Path) -> None:
    write(house, "policy/redaction.yml", "words: {Bluebird: it}\nallow: [198.51.100.0/24, b.example]\n")
    write(house, "site_src/help.md", "# Help\n\nAllow 198.51.100.7 and ask ines@b.example.\n")
    assert run(house, "publish").return_value == 0


def test_near_misses_are_reviewed_by_name_once(house: Path) -> None:
    write(house, "site_src/stand-in.txt", "Ask whoever sits at db-prod-07.\n")
    run(house, "publish")
    [one] = missed(house)
    number = str(one["entry"])
    for words in (["--review", number], ["--by", "Ines"], ["--review", "999", "--by", "Ines"]):
        assert isinstance(run(house, "report", "near-misses", *words).exception, Exception), words
    [done] = missed(house, "--review", number, "--by", "Ines Marques", "--note", "The page was old.")
    assert (done["by"], done["note"]) == ("Ines Marques", "The page was old.")
    assert missed(house, "--open") == []
    assert isinstance(run(house, "report", "near-misses", "--review", number, "--by", "B").exception, TidingsError)
    run(house, "publish", now="2026-11-20T15:00:00Z")
    assert len(missed(house)) == 2, "after a review the same is a new one"
    text = run(house, "report", "near-misses").stdout
    assert "reviewed by Ines Marques" in text
    assert "open" in text
    assert "db-prod-07" not in text


def test_ordinary_slips_are_no_near_misses(house: Path) -> None:
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("severity: sev2", "severity: bad"))
    assert run(house, "publish").return_value == 1
    assert missed(house) == []
