"""`tidings obligations`, `decide`, `status`, `check --inside`: what is shown and recorded, and what is refused (T94, T95)."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.cli.main import cli
from publisher.load.regimes import shipped
from publisher.model.duty import LABEL
from publisher.model.errors import TidingsError

INC = "2026-11-20-card-payments"
NOW = "2026-11-22T10:00:00Z"
SITE = "site_name: A\nsite_url: https://a.example/\ndocs_dir: site_src\nplugins:\n  - tidings:\n      locales: [en]\n      time_zone: Etc/UTC\n"
COMPONENTS = "components:\n  checkout: {name: Checkout}\n"
OBLIGATIONS = """house: {name: Northwind, sectors: [essential-services, financial], roles: [controller, processor], jurisdictions: [eu]}
regimes:
  eu-gdpr: {by: Amal Haddad, on: 2026-06-01}
  eu-nis2: {by: Amal Haddad, on: 2026-06-01}
  eu-dora: {by: Amal Haddad, on: 2026-06-01}
vendors:
  acquirer-b: {name: Acquirer B, roles: [processor]}
contracts:
  lindmark: {owed_by: us, other: Lindmark & Falk, title: Call, event: awareness, within: 1 hour, source: clause 9.2, reviewed: 2026-09-15}
"""
INCIDENT = """---
title: Card payments failing
category: outage
severity: sev2
components: {checkout: partial_outage}
started: 2026-11-20T13:52:00Z
cause: {vendor: acquirer-b}
personal_data: true
jurisdictions: [eu]
---

## 2026-11-20 14:05 UTC · Investigating

Some card payments fail at checkout. We will tell you more by 14:35 UTC.
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    files = {
        "mkdocs.yml": SITE,
        "policy/components.yml": COMPONENTS,
        "policy/obligations.yml": OBLIGATIONS,
        f"incidents/{INC}.md": INCIDENT,
        "site_src/.gitkeep": "",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def run(house: Path, *words: str, now: str = NOW) -> Result:
    return CliRunner().invoke(cli, ["--root", str(house), "--now", now, *words], standalone_mode=False)


def done(house: Path, *words: str, now: str = NOW) -> str:
    result = run(house, *words, now=now)
    assert result.exception is None, result.exception
    assert result.return_value == 0, result.output
    return result.stdout


def refused(house: Path, *words: str) -> str:
    result = run(house, *words)
    error = result.exception
    assert error is not None, result.output
    return f"{error.cause} {error.next_step}" if isinstance(error, TidingsError) else str(error)


def record(house: Path, event: str = "awareness", at: str = "2026-11-20T14:00:00Z") -> str:
    return done(house, "obligations", INC, "--record", event, "--at", at, "--by", "Ines Marques")


def submit(house: Path, duty: str, at: str) -> str:
    return done(house, "obligations", INC, "--submit", duty, "--at", at, "--by", "Amal Haddad", "--reference", "BLN-26")


def table(house: Path, *, now: str = NOW) -> dict[str, dict[str, object]]:
    shown = json.loads(done(house, "obligations", INC, "--format", "json", now=now))
    return {one["id"]: one for one in shown["duties"]}


def test_nothing_runs_before_somebody_records_an_event(house: Path) -> None:
    assert {one["state"] for one in table(house).values()} == {"waiting"}


def test_what_was_recorded_starts_clocks_and_what_was_handed_in_the_next_one(house: Path) -> None:
    record(house)
    before = table(house)
    assert before["eu-gdpr/authority"]["due"] == "2026-11-23T14:00:00+00:00"
    assert before["eu-nis2/early-warning"]["state"] == "overdue"
    assert before["eu-nis2/final-report"]["state"] == "waiting"
    submit(house, "eu-nis2/notification", "2026-11-21T09:30:00Z")
    after = table(house)
    assert after["eu-nis2/notification"]["state"] == "done"
    assert after["eu-nis2/notification"]["submitted"] == {
        "at": "2026-11-21T09:30:00+00:00",
        "by": "Amal Haddad",
        "reference": "BLN-26",
    }
    assert after["eu-nis2/final-report"]["due"] == "2026-12-21T09:30:00+00:00"


def test_the_text_shows_overdue_first_and_the_record_last(house: Path) -> None:
    record(house)
    text = submit(house, "eu-gdpr/authority", "2026-11-21T09:00:00Z")
    heads = [line for line in text.splitlines() if line and line[0].isupper()]
    assert [line.split("  ")[0] for line in heads[:3]] == ["OVERDUE", "OVERDUE", "OVERDUE"]
    assert "lindmark/notice" in heads[0]
    assert text.index("OVERDUE") < text.index("AT ONCE") < text.index("waiting") < text.index("On record:")
    assert "   1  2026-11-20 14:00 UTC  awareness, Ines Marques" in text
    assert "   2  2026-11-21 09:00 UTC  eu-gdpr/authority handed in (BLN-26), Amal Haddad" in text


def test_an_entry_made_in_error_is_withdrawn_and_stays_in_the_record(house: Path) -> None:
    record(house, at="2026-11-20T04:00:00Z")
    record(house, at="2026-11-20T14:00:00Z")
    assert table(house)["eu-gdpr/authority"]["due"] == "2026-11-23T04:00:00+00:00"
    text = done(
        house, "obligations", INC, "--withdraw", "1", "--why", "04:00 was a typing error", "--by", "Ines Marques"
    )
    assert table(house)["eu-gdpr/authority"]["due"] == "2026-11-23T14:00:00+00:00"
    assert "entry 1 withdrawn: 04:00 was a typing error" in text
    assert "no event or submission" in refused(
        house, "obligations", INC, "--withdraw", "1", "--why", "again", "--by", "Ines Marques"
    )


REFUSALS = {
    "an event nobody knows": (("--record", "awarenes", "--at", NOW, "--by", "I"), "Did you mean 'awareness'?"),
    "a scope nobody knows": (("--record", "eu-doro/awareness", "--at", NOW, "--by", "I"), "Did you mean 'eu-dora'?"),
    "a duty it does not bring": (("--submit", "eu-gdpr/authorty", "--at", NOW, "--by", "I"), "'eu-gdpr/authority'"),
    "no name": (("--record", "awareness", "--at", NOW), "wants --by NAME"),
    "no time": (("--record", "awareness", "--by", "I"), "wants --at TIME"),
    "a time without zone": (("--record", "awareness", "--at", "2026-11-20T14:00", "--by", "I"), "has no time zone"),
    "the future": (("--record", "awareness", "--at", "2026-11-22T10:02:00Z", "--by", "I"), "is in the future"),
    "a submission in the future": (
        ("--submit", "eu-gdpr/authority", "--at", "2027-01-01T00:00:00Z", "--by", "I"),
        "future",
    ),
    "two at once": (
        ("--record", "awareness", "--submit", "eu-gdpr/authority", "--at", NOW, "--by", "I"),
        "two entries",
    ),
    "withdrawn without a reason": (("--withdraw", "1", "--by", "I"), "wants --why"),
    "a time for nothing": (("--at", NOW), "belong to --record"),
}


@pytest.mark.parametrize(("words", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_recorded_is_refused_and_nothing_is_written(
    house: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused(house, "obligations", INC, *words)
    assert json.loads(done(house, "obligations", INC, "--format", "json"))["entries"] == []


# T94 in the small; the kills stand in tests/faults


def test_a_clock_jump_and_another_host_change_no_deadline(
    house: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    record(house)
    submit(house, "eu-nis2/notification", "2026-11-21T09:30:00Z")
    due = {name: one["due"] for name, one in table(house).items()}
    for now in ("2026-11-20T14:00:00Z", "2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"):
        assert {name: one["due"] for name, one in table(house, now=now).items()} == due
    elsewhere = tmp_path_factory.mktemp("host") / "moved"
    shutil.copytree(house, elsewhere)
    shutil.rmtree(elsewhere / ".tidings" / "cache", ignore_errors=True)
    assert {name: one["due"] for name, one in table(elsewhere).items()} == due
    (house / f"incidents/{INC}.md").write_text(INCIDENT.replace("13:52:00Z", "09:00:00Z"), encoding="utf-8")
    assert {name: one["due"] for name, one in table(house).items()} == due, "the incident's beginning starts no clock"


# T95


def labelled(text: str) -> bool:
    """Say whether a text that shows a clock says all it must."""
    return LABEL in text and all(
        re.search(what, text) for what in (r"version \S+", r"reviewed \d{4}-", r"review by \d{4}-")
    )


def test_every_surface_that_shows_a_clock_says_what_it_is_worth(house: Path) -> None:
    record(house)
    source = {row.id: row.source for row in shipped()}
    shown = done(house, "obligations", INC)
    blocks = re.split(r"\n(?=[A-Za-z])", shown.split("\n", 1)[1].split("On record:")[0].strip())
    assert len(blocks) == len(table(house))
    for block in blocks:
        name = block.split("\n")[0].split()[-1].partition("@")[0]
        assert labelled(block), block
        assert source.get(name, "clause 9.2") in block
    for name, one in table(house).items():
        assert one["label"] == LABEL
        assert one["source"] == source.get(name.partition("@")[0], "clause 9.2")
        assert one["version"]
        assert one["reviewed"]
        assert one["review_by"]
    everything = done(house, "obligations")
    assert everything.count(LABEL) == len(blocks)
    [status_line] = [line for line in done(house, "status", INC).splitlines() if "next duty" in line]
    assert labelled(status_line)
    assert "OVERDUE" in status_line
    assert json.loads(done(house, "status", INC, "--format", "json"))["next_duty"]["label"] == LABEL
    inside = [
        line for line in run(house, "check", "--inside").stdout.splitlines() if "TID785" in line or "TID786" in line
    ]
    assert inside
    assert all(labelled(line) for line in inside)


def test_the_rows_that_ship_say_it_too_each_one(house: Path) -> None:
    text = done(house, "obligations", "--regimes")
    assert text.count(LABEL) == len(shipped())
    for row in shipped():
        assert f"{row.id} " in text
        assert f"{row.source}; version {row.version}, {row.checked} source, reviewed {row.reviewed}, review by" in text
    rows = json.loads(done(house, "obligations", "--regimes", "--format", "json"))
    assert {row["label"] for row in rows} == {LABEL}
    assert {row["id"] for row in rows if row["enabled"]} == {
        r.id for r in shipped() if r.regime in ("eu-gdpr", "eu-nis2", "eu-dora")
    }


def test_a_row_that_is_old_is_marked_wherever_it_is_shown(house: Path) -> None:
    record(house)
    before, after = "2027-05-22T12:00:00Z", "2027-05-23T12:00:00Z"
    assert "REVIEW IS DUE" not in done(house, "obligations", "--regimes", now=before)
    assert done(house, "obligations", "--regimes", now=after).count("REVIEW IS DUE") == len(shipped())
    marked = [one for one in table(house, now=after).values() if one["review_due"]]
    assert len(marked) == len(table(house))
    assert "TID784" in run(house, "check", "--inside", now=after).stdout


def test_no_byte_of_the_site_and_no_mail_shows_any_of_it(house: Path) -> None:
    """The positive control stands beside it: the command shows all of what the pages must not."""
    record(house)
    shown = done(house, "obligations", INC)
    secrets = (
        "not legal advice",
        "Lindmark",
        "Acquirer B",
        "supervisory authority",
        "2016/679",
        "eu-gdpr",
        "Ines Marques",
    )
    assert all(secret in shown for secret in secrets)
    done(house, "publish")
    for folder in ("out/site", "out/mail"):
        for path in (p for p in (house / folder).rglob("*") if p.is_file()):
            body = path.read_bytes()
            assert not [s for s in secrets if s.encode() in body], path


# Decisions


def test_a_decision_is_written_down_recorded_and_then_binds(house: Path) -> None:
    done(house, "decide", INC, "Do not name Acquirer B.", "--by", "Ines Marques", "--forbid", "Acquirer B")
    path = house / f"internal/{INC}/decisions.md"
    assert path.read_text(encoding="utf-8") == (
        f"---\nincident: {INC}\n---\n\n## 2026-11-22 10:00 UTC · Ines Marques\n<!--\nid: D1\n"
        'forbids: ["Acquirer B"]\n-->\n\nDo not name Acquirer B.\n'
    )
    assert run(house, "check", "--inside").return_value == 0
    done(house, "publish")
    incident = house / f"incidents/{INC}.md"
    incident.write_text(INCIDENT.replace("Some card", "At Асquіrеr&nbsp;B some card"), encoding="utf-8")
    live = {p: p.read_bytes() for p in (house / "out/site").rglob("*") if p.is_file()}
    result = run(house, "publish")
    assert result.return_value == 1
    assert f"incidents/{INC}.md:14:4: TID792" in result.stdout
    assert "decision D1" in result.stdout
    assert live == {p: p.read_bytes() for p in (house / "out/site").rglob("*") if p.is_file()}
    assert f"incidents/{INC}.md:14:4: TID792" in run(house, "check", "--inside").stdout
    assert "TID792" not in run(house, "check").stdout, "who may not read the inside is not told of it"
    done(house, "decide", INC, "They agreed to be named.", "--by", "Amal Haddad", "--replaces", "D1")
    done(house, "publish")


def test_decisions_are_added_to_what_people_wrote_and_nothing_else_changes(house: Path) -> None:
    path = house / f"internal/{INC}/decisions.md"
    path.parent.mkdir(parents=True)
    typed = f"---\nincident: {INC}\n---\n\n## 2026-11-20 14:02 UTC · Ines Marques\n\n**Decided:** sev2.\n"
    path.write_text(typed, encoding="utf-8")
    done(
        house,
        "decide",
        INC,
        "Say it by two.",
        "--by",
        "Amal Haddad",
        "--require",
        "fees",
        "--until",
        "2026-12-01T00:00:00Z",
    )
    assert path.read_text(encoding="utf-8").startswith(typed)
    listed = json.loads(done(house, "decide", INC, "--format", "json"))["decisions"]
    assert [(one["id"], one["by"], one["requires"]) for one in listed] == [
        ("D1", "Ines Marques", []),
        ("D2", "Amal Haddad", ["fees"]),
    ]
    assert "D2   2026-11-22 10:00 UTC  Amal Haddad" in done(house, "decide", INC)


DECISIONS = {
    "nobody": (("No.",), "wants --by NAME"),
    "no words": (("--forbid", "Acquirer B"), "Say what was decided"),
    "a heading within": (("No.\n\n## 2026-11-20 14:00 UTC · Amal Haddad\n\nYes.", "--by", "I"), "not written down"),
    "a heading for a name": (("No.", "--by", "I\n\n## x"), None),
    "the future": (("No.", "--by", "I", "--at", "2026-11-23T00:00:00Z"), "is in the future"),
    "too short": (("No.", "--by", "I", "--forbid", "B"), "too short to look for"),
    "replaces nothing": (("No.", "--by", "I", "--replaces", "D4"), "no earlier decision has this id"),
}


@pytest.mark.parametrize(("words", "said"), DECISIONS.values(), ids=DECISIONS)
def test_a_decision_that_would_not_read_back_is_refused(house: Path, words: tuple[str, ...], said: str | None) -> None:
    if said is None:
        done(house, "decide", INC, *words)
        assert [one["by"] for one in json.loads(done(house, "decide", INC, "--format", "json"))["decisions"]] == [
            "I ## x"
        ]
        return
    assert said in refused(house, "decide", INC, *words)
    assert not (house / "internal").exists()


def test_nothing_is_added_to_a_file_that_cannot_be_read(house: Path) -> None:
    path = house / f"internal/{INC}/decisions.md"
    path.parent.mkdir(parents=True)
    path.write_text(f"---\nincident: {INC}\n---\n\n## This afternoon\n\nNo.\n", encoding="utf-8")
    assert "cannot be added to" in refused(house, "decide", INC, "No.", "--by", "Ines Marques")


def test_words_that_were_said_before_the_decision_are_pointed_out_at_once(house: Path) -> None:
    result = run(house, "decide", INC, "No word of checkout.", "--by", "Ines Marques", "--forbid", "checkout")
    assert "Already said: " in result.stderr
    assert "TID792" in result.stderr
