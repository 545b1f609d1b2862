"""Documents of the Statuspage API v2 and recorded lines become incidents and maintenances of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from publisher.importers.draft import Imported
from publisher.importers.statuspage import read_statuspage
from publisher.model.component import Impact
from publisher.model.finding import Level
from publisher.model.incident import Kind
from publisher.ports import SourceFile

COMPONENTS = [
    {"id": "g1", "name": "Europe", "group": True, "position": 1, "group_id": None, "description": None},
    {"id": "c1", "name": "API", "group": False, "position": 1, "group_id": "g1", "description": "Calls"},
    {"id": "g2", "name": "Asia", "group": True, "position": 2, "group_id": None, "description": None},
    {"id": "c2", "name": "API", "group": False, "position": 1, "group_id": "g2", "description": None},
    {"id": "c3", "name": "Web", "group": False, "position": 3, "group_id": None, "only_show_if_degraded": True},
]


def affected(code: str, name: str, status: str) -> dict[str, str]:
    return {"code": code, "name": name, "old_status": "operational", "new_status": status}


def said(status: str, at: str, body: str, components: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"status": status, "display_at": at, "created_at": at, "body": body, "affected_components": components}


INCIDENT: dict[str, Any] = {
    "id": "abc123",
    "name": "API down",
    "status": "resolved",
    "impact": "major",
    "created_at": "2026-03-01T10:00:00.000Z",
    "started_at": "2026-03-01T09:58:00.123Z",
    "shortlink": "https://stspg.io/abc123",
    "components": [{"id": "c1", "name": "API"}],
    "incident_updates": [
        said("resolved", "2026-03-01T13:00:00.000+01:00", "It works.", [affected("c1", "Europe - API", "operational")]),
        said(
            "investigating",
            "2026-03-01T10:00:00.000Z",
            "We look.\r\nHold on.",
            [affected("c1", "Europe - API", "major_outage")],
        ),
    ],
}
PAGE = {
    "id": "p",
    "name": "x",
    "url": "https://x.example",
    "time_zone": "Etc/UTC",
    "updated_at": "2026-03-01T00:00:00Z",
}


def read(*documents: object) -> Imported:
    return read_statuspage(
        [SourceFile(path=f"{n}.json", body=json.dumps(value).encode()) for n, value in enumerate(documents)]
    )


def errors(imported: Imported) -> list[str]:
    return [f.what for f in imported.findings if f.level is Level.ERROR]


def test_an_incident_of_the_api() -> None:
    imported = read({"page": PAGE, "components": COMPONENTS}, {"page": PAGE, "incidents": [INCIDENT]})
    (entry,) = imported.entries
    assert errors(imported) == []
    assert (entry.title, entry.kind, entry.severity, f"{entry.started:%H:%M:%S}") == (
        "API down",
        Kind.INCIDENT,
        "sev2",
        "09:58:00",
    )
    assert [(f"{u.at:%H:%M}", str(u.status), u.body) for u in entry.updates] == [
        ("10:00", "investigating", "We look.\\\nHold on."),
        ("12:00", "resolved", "It works."),
    ]
    assert dict(entry.components) == {"Europe - API": Impact.MAJOR_OUTAGE}
    assert entry.extra["shortlink"] == "https://stspg.io/abc123"


def test_twins_in_two_groups_stay_apart() -> None:
    imported = read({"page": PAGE, "components": COMPONENTS, "incidents": []})
    assert [g.name for g in imported.groups] == ["Europe", "Asia"]
    assert {(c.name, c.group, c.only_show_if_degraded) for c in imported.components} == {
        ("Europe - API", "Europe", False),
        ("Asia - API", "Asia", False),
        ("Web", None, True),
    }


def test_the_same_incident_in_two_documents_is_one_as_last_updated() -> None:
    newer = INCIDENT | {"name": "API slow", "updated_at": "2026-03-02T00:00:00Z"}
    imported = read(
        {"page": PAGE, "incidents": [newer]},
        {"page": PAGE, "incidents": [INCIDENT | {"updated_at": "2026-03-01T00:00:00Z"}]},
    )
    assert [e.title for e in imported.entries] == ["API slow"]
    assert imported.found == 1
    assert [f.what for f in imported.findings] == [
        "'abc123' stands in the source twice with other words; the one last updated counts."
    ]


MAINTENANCE = INCIDENT | {
    "id": "m1",
    "impact": "maintenance",
    "status": "scheduled",
    "scheduled_for": "2026-12-01T02:00:00.000Z",
    "scheduled_until": "2026-12-01T04:00:00.000Z",
    "incident_updates": [said("scheduled", "2026-03-01T10:00:00Z", "We will.")],
}


def test_a_maintenance_has_its_window() -> None:
    (entry,) = read({"page": PAGE, "scheduled_maintenances": [MAINTENANCE]}).entries
    assert entry.kind is Kind.MAINTENANCE
    assert entry.window is not None
    assert (f"{entry.window.begins:%d %H}", f"{entry.window.ends:%d %H}") == ("01 02", "01 04")
    assert dict(entry.components) == {"API": Impact.UNDER_MAINTENANCE}
    assert [str(u.status) for u in entry.updates] == ["scheduled"]


def test_the_word_alone_closes_what_has_no_closing_update() -> None:
    raw = INCIDENT | {"incident_updates": INCIDENT["incident_updates"][1:], "resolved_at": "2026-03-01T12:30:00Z"}
    (entry,) = read({"page": PAGE, "incidents": [raw]}).entries
    assert [(f"{u.at:%H:%M}", u.body) for u in entry.updates][-1] == ("12:30", "Resolved.")


def test_unknown_fields_are_kept_and_named() -> None:
    imported = read({"page": PAGE, "incidents": [INCIDENT | {"ticket": {"id": 7}}]})
    assert imported.entries[0].extra["ticket"] == '{"id": 7}'
    assert any("'ticket' has no place on a page" in f.what for f in imported.findings)


RECORDED = {
    "id": "9",
    "title": "Old",
    "impact": "minor",
    "components": ["Pages"],
    "started_at": "2022-03-26T01:43:00Z",
    "updates": [
        {"at": "2022-03-26T01:43:00Z", "status": "Investigating", "message": "We look."},
        {"at": "2022-03-26T03:35:00Z", "status": "Resolved", "message": "Over."},
    ],
}


def lines(*rows: object) -> Imported:
    return read_statuspage(
        [
            SourceFile(
                path="old.jsonl", body="\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows).encode()
            )
        ]
    )


def test_recorded_lines() -> None:
    imported = lines(
        RECORDED,
        "",
        RECORDED
        | {"id": "10", "started_at": "2022-03-27T00:00:00Z"}
        | {"updates": [{"at": "2022-03-27T01:00:00Z", "status": "Update", "message": "x"}]},
    )
    assert [(e.source_id, e.place.line) for e in imported.entries] == [("9", 1), ("10", 3)]
    assert [c.name for c in imported.components] == ["Pages"]


BAD = RECORDED | {"id": "10"}


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"title": "x"}, "It has no id."),
        (BAD | {"title": " "}, "It has no name."),
        (BAD | {"impact": "huge"}, "Its impact 'huge' is none of critical, major, minor, none, maintenance."),
        (
            BAD | {"updates": [{"at": "2022-03-26 01:43", "status": "Resolved", "message": "x"}]},
            "An update's time '2022-03-26 01:43' is no moment with a zone.",
        ),
        (
            BAD | {"updates": [{"at": "2022-03-26T01:43:00Z", "status": "Dunno", "message": "x"}]},
            "An update's status 'dunno' is not known.",
        ),
        (BAD | {"updates": []}, "Nothing was said in it."),
        (
            BAD
            | {
                "impact": "maintenance",
                "updates": [{"at": "2022-03-26T01:43:00Z", "status": "Scheduled", "message": "x"}],
            },
            "Nothing says when its window begins and ends.",
        ),
        ('{"id": ', "The line is not JSON"),
        ("7", "It is no incident and no list of them."),
    ],
)
def test_what_cannot_come_in_is_named_with_its_line(row: object, what: str) -> None:
    imported = lines(RECORDED, row)
    assert [e.source_id for e in imported.entries] == ["9"]
    (finding,) = [f for f in imported.findings if f.level is Level.ERROR]
    assert finding.what.startswith(what)
    assert (finding.place.path, finding.place.line) == ("old.jsonl", 2)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 100_000, b'{"page": '])
def test_a_document_that_cannot_be_read_is_named(body: bytes) -> None:
    imported = read_statuspage([SourceFile(path="x.json", body=body)])
    assert imported.entries == ()
    assert len(errors(imported)) == 1


def test_components_that_a_program_guessed_are_left_out_and_named() -> None:
    imported = lines(RECORDED | {"components_source": "gliner2"})
    assert dict(imported.entries[0].components) == {}
    assert any("Pages were guessed by a program ('gliner2')" in f.what for f in imported.findings)
