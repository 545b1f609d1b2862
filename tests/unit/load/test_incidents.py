"""Files become incidents with every value's place; internal fields stay apart."""

from __future__ import annotations

import unicodedata
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.load.incidents import load_incidents
from publisher.load.schema import IncidentTyped
from publisher.model.component import Impact
from publisher.model.finding import Finding, Place
from publisher.model.incident import (
    Category,
    Disclosure,
    Incident,
    Internal,
    Kind,
    Scope,
    Severity,
    Status,
    Window,
    revision,
    source_revision,
)
from publisher.ports import SourceFile

PATH = "incidents/2026-11-20-card.md"
FRONT = """title: Cards fail
category: outage
severity: sev2
started: 2026-11-20T13:52:00Z
"""
FIRST = "## 2026-11-20 14:05 UTC · Investigating\n\nCards fail.\n"
SECOND = "## 2026-11-20 15:05 UTC · Resolved\n\nCards work.\n"


def text(front: str = FRONT, *updates: str) -> str:
    return f"---\n{front}---\n\n" + "\n".join(updates or (FIRST,))


def load(**files: str) -> tuple[tuple[Incident, ...], tuple[Finding, ...]]:
    named = {PATH if name == "source" else name: body for name, body in files.items()}
    return load_incidents([SourceFile(path=p, body=b.encode()) for p, b in named.items()], locale="en")


def one(body: str) -> Incident:
    incidents, found = load(source=body)
    assert [str(f) for f in found] == []
    return incidents[0]


def test_every_public_field_arrives() -> None:
    incident = one(
        text(
            """title: Cards fail
headline: Some cards fail in Europe.
kind: incident
category: degradation
severity: sev3
scope: regional
regions: [eu, no]
components: {checkout: partial_outage, api: operational}
started: 2026-11-20T14:52:00+01:00
detected: 2026-11-20 13:55 UTC
cause: {disclosure: hypothesis, vendor: acme-dns}
tags: [payments, 1.10]
""",
            "## 2026-11-20 14:31 UTC · Identified\n<!--\ncomponents: {checkout: major_outage}\nwho: Europe\n"
            "meanwhile: Pay by bank transfer\nnext: 2026-11-20T15:05:00Z\ntemplate: outage/identified@3\n"
            "slots: {service: cards}\nrevises: a typing mistake\n-->\n\nFound.\n",
        )
    )
    assert (incident.id, incident.kind, incident.title) == ("2026-11-20-card", Kind.INCIDENT, "Cards fail")
    assert incident.headline == "Some cards fail in Europe."
    assert (incident.category, incident.severity, incident.scope) == (
        Category.DEGRADATION,
        Severity.SEV3,
        Scope.REGIONAL,
    )
    assert (incident.regions, incident.tags) == (("eu", "no"), ("payments", "1.10"))
    assert list(incident.components.items()) == [
        ("checkout", Impact.PARTIAL_OUTAGE),
        ("api", Impact.OPERATIONAL),
    ]
    assert incident.started == datetime(2026, 11, 20, 13, 52, tzinfo=UTC)
    assert incident.started.tzinfo is UTC
    assert incident.detected == datetime(2026, 11, 20, 13, 55, tzinfo=UTC)
    assert (incident.cause.disclosure, incident.cause.vendor) == (Disclosure.HYPOTHESIS, "acme-dns")
    update = incident.updates[0]
    assert (update.at, update.status) == (datetime(2026, 11, 20, 14, 31, tzinfo=UTC), Status.IDENTIFIED)
    assert (update.components, update.who) == ({"checkout": Impact.MAJOR_OUTAGE}, "Europe")
    assert (update.meanwhile, update.template) == ("Pay by bank transfer", "outage/identified@3")
    assert update.next == datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
    assert (update.slots, update.revises, update.body) == ({"service": "cards"}, "a typing mistake", "Found.")


def test_texts_are_plain_strings() -> None:
    """Not the reader's marked ones: what stood in quotes and what did not are equal in every way, JSON's too."""
    incident = one(text(FRONT.replace("Cards fail", '"Cards fail"') + "tags: ['a', b]\n"))
    assert {type(incident.title), *map(type, incident.tags)} == {str}


def test_places_are_those_of_the_keys() -> None:
    incident = one(
        text(
            FRONT + "components:\n  checkout: operational\n",
            "## 2026-11-20 14:05 UTC · Update\n<!--\nnext: 2026-11-20T15:05:00Z\n-->\nWords.\n",
        )
    )
    assert incident.at("title") == Place(path=PATH, line=2, col=1)
    assert incident.at("components.checkout") == Place(path=PATH, line=7, col=3)
    assert incident.updates[0].place == Place(path=PATH, line=10, col=1)
    assert incident.at("updates.0.next") == Place(path=PATH, line=12, col=1)
    assert incident.at("updates.0.body") == Place(path=PATH, line=14, col=1)
    assert incident.at("headline") == incident.place == Place(path=PATH)


def test_maintenance_takes_its_start_from_the_window() -> None:
    incident = one(
        text(
            "title: Servers\nkind: maintenance\n"
            "window: {from: 2026-11-28T02:00:00Z, until: 2026-11-28T04:00:00Z, rrule: FREQ=WEEKLY}\n"
        )
    )
    assert incident.window == Window(
        begins=datetime(2026, 11, 28, 2, tzinfo=UTC), ends=datetime(2026, 11, 28, 4, tzinfo=UTC), rrule="FREQ=WEEKLY"
    )
    assert incident.started == datetime(2026, 11, 28, 2, tzinfo=UTC)
    assert (incident.category, incident.severity) == (Category.MAINTENANCE, Severity.SEV4)


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)])
def test_newest_last_and_newest_first_read_the_same(order: tuple[str, str]) -> None:
    assert [u.body for u in one(text(FRONT, *order)).updates] == ["Cards fail.", "Cards work."]


def test_updates_of_one_moment_and_status_are_numbered_in_the_order_of_the_file() -> None:
    same = [f"## 2026-11-20 14:05 UTC · Update\n\n{n}\n" for n in "ab"]
    upwards = one(text(FRONT, *same, SECOND))
    downwards = one(text(FRONT, SECOND, *reversed(same)))
    assert [(u.body, u.ordinal) for u in upwards.updates] == [("a", 0), ("b", 1), ("Cards work.", 0)]
    assert [u.key for u in upwards.updates] == [u.key for u in downwards.updates]
    assert [u.body for u in upwards.updates] == [u.body for u in downwards.updates]


def test_line_ends_and_unicode_forms_do_not_matter() -> None:
    body = text(FRONT.replace("Cards", "Cafés"), FIRST.replace("Cards", "Größe"))
    plain = one(body)
    assert one(body.replace("\n", "\r\n")) == plain
    assert one(unicodedata.normalize("NFD", body)) == plain


def test_internal_fields_are_kept_apart_as_typed() -> None:
    incident = one(
        text(
            FRONT
            + "owner: Jo\ncommander: Al\naccounts: [acme, 007]\npersonal_data: true\njurisdictions: [no, eu]\n"
            + "tickets: [OPS-1]\nimported: {from: cstate, id: '0012'}\nextra: {a: {b: no}, c: [1, {d: 2}]}\n"
            + "cause: {vendor: acme}\n"
        )
    )
    assert incident.internal.fields == {
        "owner": "Jo",
        "commander": "Al",
        "accounts": "acme, 007",
        "personal_data": "true",
        "jurisdictions": "no, eu",
        "tickets": "OPS-1",
        "imported.from": "cstate",
        "imported.id": "0012",
        "extra.a.b": "no",
        "extra.c.0": "1",
        "extra.c.1.d": "2",
        "cause.vendor": "acme",
    }
    assert incident.imported_from == "cstate:0012"


_INTERNAL = sorted(
    name
    for name, field in IncidentTyped.model_fields.items()
    if isinstance(field.json_schema_extra, dict) and field.json_schema_extra["x-audience"] == "internal"
)


@given(st.sets(st.sampled_from(_INTERNAL)), st.integers(0, 3), st.booleans())
def test_internal_fields_change_nothing_else(names: set[str], count: int, first: bool) -> None:  # noqa: FBT001
    """T71 at its root: what only colleagues read has no way into anything that others read."""
    values = {
        "accounts": f"[{', '.join('ab' * count)}]" if count else "[x]",
        "tickets": "[T-1]",
        "jurisdictions": "[eu]",
        "personal_data": "true",
        "imported": "{from: a, id: b}",
        "extra": "{started: 2020-01-01T00:00:00Z, title: Other}",
    }
    lines = "".join(f"{name}: {values.get(name, 'x' * (count + 1))}\n" for name in sorted(names))
    with_them = one(text(lines + FRONT if first else FRONT + lines, FIRST, SECOND))
    without = one(text(FRONT, FIRST, SECOND))
    assert replace(with_them, imported_from=None) == without
    assert source_revision(with_them) == source_revision(without)
    assert [revision(with_them, u) for u in with_them.updates] == [revision(without, u) for u in without.updates]
    assert set(with_them.internal.fields) >= names - {"extra", "imported"}


def test_internal_fields_are_no_part_of_equality() -> None:
    compared = {f.name for f in fields(Incident) if f.compare}
    assert "internal" not in compared
    assert "places" not in compared
    assert Internal().fields == {}


def test_folder_form_with_translations_and_private_texts() -> None:
    base = "incidents/2026-11-20-card/"
    source = text(FRONT, FIRST, SECOND)
    incidents, found = load(
        **{
            f"{base}index.md": source,
            f"{base}index.de.md": "---\ntitle: Karten\nheadline: Kaputt\nof: abc\n---\n\n"
            + SECOND.replace("Cards work", "Karten gehen").replace("Resolved\n", "Resolved\n<!-- who: Alle -->\n")
            + "\n"
            + FIRST.replace("Cards fail", "Karten kaputt"),
            f"{base}index.pt-BR.md": "---\ntitle: Cartões\n---\n",
            f"{base}for-key-accounts.md": "\nOnly **you** read this.\n\n",
        }
    )
    assert [str(f) for f in found] == []
    incident = incidents[0]
    assert replace(incident, translations={}, private={}) == one(source)
    german = incident.translations["de"]
    assert (german.title, german.headline, german.of) == ("Karten", "Kaputt", "abc")
    assert german.bodies == {incident.updates[0].key: "Karten kaputt.", incident.updates[1].key: "Karten gehen."}
    assert german.facts == {incident.updates[1].key: ("Alle", None)}
    assert german.place == Place(path=f"{base}index.de.md")
    assert incident.translations["pt-BR"].bodies == {}
    assert incident.private == {"key-accounts": "Only **you** read this."}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("incidents/notes.txt", "TID026"),
        ("incidents/2026-11-20-card/picture.png", "TID026"),
        ("incidents/2026-11-20-card/index_de.md", "TID026"),
        ("incidents/2026-11-20-card/index.DE.md", "TID026"),
        ("incidents/2026-11-20-card/for-.md", "TID026"),
        ("incidents/2026-11-20-card/for-Key.md", "TID026"),
        ("incidents/2026-11-20-card/a/index.md", "TID026"),
        ("incidents/2026/2026-11-20-card/index.md", "TID026"),
        ("incidents/2026-11-20-card/index.de.md", "TID407"),
        ("incidents/2026-11-20-card/for-all.md", "TID407"),
        ("incidents/README.md", "TID101"),
        ("incidents/2026-11-20.md", "TID101"),
        ("incidents/2026-02-30-card.md", "TID101"),
        ("incidents/Card/index.md", "TID101"),
        ("incidents/Card/index.de.md", "TID101"),
        ("incidents/Card/for-all.md", "TID101"),
    ],
)
def test_files_that_are_no_part_of_an_incident_are_found(path: str, code: str) -> None:
    incidents, found = load(**{path: text()})
    assert incidents == ()
    assert [(f.code, f.place.path) for f in found] == [(code, path)]


def test_one_bad_value_does_not_hide_what_else_is_wrong_in_the_file() -> None:
    incidents, found = load(
        source=text(
            "title: [a]\nseverity: sev9\nstarted: yesterday\ncategory: outage\nwindow: {from: x, until: y}\n",
            FIRST.replace("Investigating\n", "Investigating\n<!-- next: soon -->\n"),
        )
    )
    assert sorted({f.code for f in found}) == ["TID014", "TID015", "TID016"]
    assert len([f for f in found if f.code == "TID016"]) == 4
    assert incidents[0].updates[0].body == "Cards fail."


def test_the_comment_of_an_incident_without_facts_is_read_too() -> None:
    incidents, found = load(source=FIRST.replace("Investigating\n", "Investigating\n<!-- nxt: 1 -->\n"))
    assert incidents == ()
    assert [f.code for f in found] == ["TID004", "TID012"]


def test_a_hundred_findings_are_enough_for_one_file() -> None:
    _, found = load(source=text(FRONT, *["## x\n"] * 500))
    assert len(found) == 101
    assert "More may be wrong" in found[-1].what


def test_places_of_a_file_with_line_ends_of_windows_are_right() -> None:
    _, found = load(source=text(FRONT + "tpyo: 1\n").replace("\n", "\r\n"))
    assert [(f.code, f.place.line, f.place.col) for f in found] == [("TID012", 6, 1)]


def test_a_private_text_is_bounded_too() -> None:
    folder = "incidents/2026-11-20-card"
    incidents, found = load(**{f"{folder}/index.md": text(), f"{folder}/for-gold.md": "y" * 70_000})
    assert [(f.code, str(f.place)) for f in found] == [("TID312", f"{folder}/for-gold.md:1:1")]
    assert len(incidents[0].private["gold"]) == 65_536
