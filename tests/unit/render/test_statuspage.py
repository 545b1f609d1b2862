"""The Statuspage API v2 is written key for key and type for type as hosted pages write it.

The shapes below are those of 23 recorded payloads of real pages: every key, in the order in which it is served, with its type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from publisher.model.incident import Kind, Status
from publisher.render.statuspage import documents, render_statuspage
from publisher.render.views import project
from tests.unit.render.histories import (
    DOWN,
    NOW,
    OK,
    PARTIAL,
    SITE,
    SLOW,
    WORK,
    busy,
    history,
    incident,
    maintenance,
    minutes,
    update,
)

TIME = "time"
SHAPES: dict[str, dict[str, str]] = {
    "page": {"id": "id", "name": "str", "url": "str", "time_zone": "str", "updated_at": TIME},
    "status": {"indicator": "indicator", "description": "description"},
    "component": {
        "id": "id", "name": "str", "status": "component_status", "created_at": TIME, "updated_at": TIME, "position": "int",
        "description": "str?", "showcase": "bool", "start_date": "date?", "group_id": "id?", "page_id": "id", "group": "bool",
        "only_show_if_degraded": "bool",
    },
    "incident": {
        "id": "id", "name": "str", "status": "incident_status", "created_at": TIME, "updated_at": TIME,
        "monitoring_at": "time?", "resolved_at": "time?", "impact": "impact", "shortlink": "str", "started_at": TIME,
        "page_id": "id", "incident_updates": "list", "components": "list",
    },
    "update": {
        "id": "id", "status": "any_status", "body": "str", "incident_id": "id", "created_at": TIME, "updated_at": TIME,
        "display_at": TIME, "affected_components": "list?", "deliver_notifications": "bool", "custom_tweet": "str?",
        "tweet_id": "none",
    },
    "affected": {"code": "id", "name": "str", "old_status": "component_status", "new_status": "component_status"},
}  # fmt: skip
SHAPES["group"] = SHAPES["component"] | {"components": "list"}
SHAPES["maintenance"] = SHAPES["incident"] | {
    "status": "maintenance_status",
    "scheduled_for": TIME,
    "scheduled_until": TIME,
}

WORDS = {
    "indicator": {"none", "minor", "major", "critical"},
    "description": {
        "All Systems Operational", "Minor Service Outage", "Partially Degraded Service", "Partial System Outage",
        "Major Service Outage", "Service Under Maintenance",
    },
    "component_status": {"operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"},
    "incident_status": {"investigating", "identified", "monitoring", "resolved", "postmortem"},
    "maintenance_status": {"scheduled", "in_progress", "verifying", "completed"},
    "impact": {"none", "minor", "major", "critical", "maintenance"},
}  # fmt: skip
WORDS["any_status"] = WORDS["incident_status"] | WORDS["maintenance_status"]

TOP = {
    "status.json": ["page", "status"],
    "summary.json": ["page", "components", "incidents", "scheduled_maintenances", "status"],
    "components.json": ["page", "components"],
    "incidents.json": ["page", "incidents"],
    "incidents/unresolved.json": ["page", "incidents"],
    "scheduled-maintenances.json": ["page", "scheduled_maintenances"],
    "scheduled-maintenances/upcoming.json": ["page", "scheduled_maintenances"],
    "scheduled-maintenances/active.json": ["page", "scheduled_maintenances"],
}


def served(zone: str = "Etc/UTC", now: datetime = NOW) -> dict[str, Any]:
    view = project(busy(replace(SITE, time_zone=zone)), locale="en", now=now)
    return {a.path.removeprefix("api/v2/"): json.loads(a.body) for a in render_statuspage(view)}


def fits(value: object, kind: str, zone: str) -> bool:  # noqa: PLR0911 (one line a kind)
    if kind.endswith("?"):
        return value is None or fits(value, kind[:-1], zone)
    if kind in WORDS:
        return value in WORDS[kind]
    if kind == "none":
        return value is None
    if kind == "id":
        return isinstance(value, str) and re.fullmatch(r"[0-9a-z]{12}", value) is not None
    if kind == "date":
        return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None
    if kind == TIME:
        offset = "Z" if zone == "Etc/UTC" else r"[+-]\d\d:\d\d"
        return (
            isinstance(value, str)
            and re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}{offset}", value) is not None
        )
    return type(value) is {"str": str, "int": int, "bool": bool, "list": list}[kind]


def look(row: Mapping[str, Any], shape: str, zone: str, where: str) -> None:
    assert list(row) == list(SHAPES[shape]), f"{where}: the keys, and their order"
    for key, kind in SHAPES[shape].items():
        assert fits(row[key], kind, zone), f"{where}.{key}: {row[key]!r} is no {kind}"


def look_at_component(row: Mapping[str, Any], zone: str, where: str) -> None:
    look(row, "group" if row["group"] else "component", zone, where)


def look_at_incident(row: Mapping[str, Any], shape: str, zone: str, where: str) -> None:
    look(row, shape, zone, where)
    assert row["incident_updates"], f"{where}: clients take the first update without looking"
    for number, said in enumerate(row["incident_updates"]):
        look(said, "update", zone, f"{where}.incident_updates[{number}]")
        assert said["incident_id"] == row["id"]
        for change in said["affected_components"] or ():
            look(change, "affected", zone, f"{where}.incident_updates[{number}].affected_components")
    for component in row["components"]:
        look_at_component(component, zone, f"{where}.components")
    at = [u["display_at"] for u in row["incident_updates"]]
    assert at == sorted(at, reverse=True), f"{where}: newest update first"


@pytest.mark.parametrize("zone", ["Etc/UTC", "Europe/Berlin", "America/St_Johns"])
def test_every_document_has_the_recorded_shape(zone: str) -> None:
    found = served(zone)
    assert {path: list(document) for path, document in found.items()} == TOP
    rows = 0
    for path, document in found.items():
        look(document["page"], "page", zone, f"{path}: page")
        if "status" in document:
            look(document["status"], "status", zone, f"{path}: status")
        for row in document.get("components", ()):
            look_at_component(row, zone, f"{path}: components")
        for row in document.get("incidents", ()):
            look_at_incident(row, "incident", zone, f"{path}: incidents")
        for row in document.get("scheduled_maintenances", ()):
            look_at_incident(row, "maintenance", zone, f"{path}: scheduled_maintenances")
            assert row["impact"] == "maintenance"
        rows += sum(len(v) for v in document.values() if isinstance(v, list))
    assert rows >= 26, "the example has something of everything"


def test_groups_are_rows_and_nested_ones_belong_to_the_outermost() -> None:
    rows = served()["components.json"]["components"]
    by_name = {row["name"]: row for row in rows}
    assert [row["name"] for row in rows] == ["Shop", "Checkout", "Payments", "Data", "Reports", "Website"]
    assert by_name["Shop"]["components"] == [by_name["Checkout"]["id"], by_name["Payments"]["id"]]
    assert by_name["Payments"]["group_id"] == by_name["Shop"]["id"]
    assert by_name["Shop"]["status"] == "major_outage", "a group is as bad as the worst in it"
    assert by_name["Website"]["group_id"] is None
    assert [by_name[n]["position"] for n in ("Shop", "Data", "Website", "Checkout", "Payments", "Reports")] == [
        1,
        2,
        3,
        1,
        2,
        1,
    ]


def test_affected_components_say_what_changed_and_carry_their_group() -> None:
    [found] = served()["incidents/unresolved.json"]["incidents"]
    changes = [u["affected_components"] for u in found["incident_updates"]]
    assert [[(c["name"], c["old_status"], c["new_status"]) for c in each] for each in changes] == [
        [("Shop - Payments", "major_outage", "major_outage")],
        [("Shop - Payments", "partial_outage", "major_outage")],
        [("Shop - Payments", "operational", "partial_outage")],
    ]


def test_an_update_that_changes_no_state_carries_the_state_in_force() -> None:
    [found] = served()["incidents/unresolved.json"]["incidents"]
    assert [u["status"] for u in found["incident_updates"]] == ["identified", "investigating", "investigating"]


def names(document: Mapping[str, Any], key: str) -> list[str]:
    return [row["shortlink"].rstrip("/").rpartition("-")[2] for row in document[key]]


def test_each_list_holds_what_it_is_for() -> None:
    found = served()
    assert names(found["incidents.json"], "incidents") == ["payments", "website"]
    assert names(found["incidents/unresolved.json"], "incidents") == ["payments"]
    planned = "scheduled_maintenances"
    assert names(found["scheduled-maintenances.json"], planned) == ["off", "work", "reports", "weekly"]
    assert names(found["scheduled-maintenances/upcoming.json"], planned) == ["work", "weekly"]
    assert names(found["scheduled-maintenances/active.json"], planned) == ["reports"]
    assert sorted(names(found["summary.json"], planned)) == ["reports", "weekly", "work"]
    assert names(found["summary.json"], "incidents") == ["payments"]


def test_a_recurring_maintenance_is_scheduled_for_its_next_window() -> None:
    upcoming = served()["scheduled-maintenances/upcoming.json"]["scheduled_maintenances"]
    weekly = next(row for row in upcoming if row["shortlink"].endswith("weekly/"))
    assert (weekly["scheduled_for"], weekly["scheduled_until"]) == (
        "2026-11-24T05:00:00.000Z",
        "2026-11-24T05:30:00.000Z",
    )


def test_times_of_an_incident() -> None:
    row = next(r for r in served()["incidents.json"]["incidents"] if r["shortlink"].endswith("website/"))
    assert (row["started_at"], row["created_at"]) == ("2026-11-17T15:00:00.000Z", "2026-11-17T15:05:00.000Z")
    assert (row["monitoring_at"], row["resolved_at"]) == ("2026-11-17T15:40:00.000Z", "2026-11-17T16:00:00.000Z")
    assert row["updated_at"] == "2026-11-18T15:00:00.000Z"
    assert (row["status"], row["impact"]) == ("postmortem", "critical")


def test_fifty_latest_newest_first() -> None:
    many = [
        incident(NOW - minutes(60 * n + 60), [update(NOW - minutes(60 * n), Status.RESOLVED)], slug=f"n{n}")
        for n in range(60)
    ]
    document = documents(project(history(*many), locale="en", now=NOW))["incidents.json"]
    found = document["incidents"]
    assert isinstance(found, list)
    assert len(found) == 50
    starts = [row["started_at"] for row in found if isinstance(row, dict)]
    assert starts == sorted((str(s) for s in starts), reverse=True)


@pytest.mark.parametrize(
    ("impact", "indicator", "description"),
    [
        (OK, "none", "All Systems Operational"),
        (WORK, "none", "Service Under Maintenance"),
        (SLOW, "minor", "Partially Degraded Service"),
        (PARTIAL, "major", "Partial System Outage"),
        (DOWN, "critical", "Major Service Outage"),
    ],
)
def test_the_whole_in_the_api_s_words(impact: Any, indicator: str, description: str) -> None:
    told = [update(NOW - minutes(10), Status.INVESTIGATING)]
    one = incident(NOW - minutes(20), told, components={"payments": impact})
    if impact is WORK:
        one = maintenance(NOW - minutes(10), NOW + minutes(10), [update(NOW - minutes(10), Status.IN_PROGRESS)])
        assert one.kind is Kind.MAINTENANCE
    view = project(history(one), locale="en", now=NOW)
    assert documents(view)["status.json"]["status"] == {"indicator": indicator, "description": description}


def test_an_incident_of_which_nothing_was_said_is_left_out() -> None:
    view = project(history(incident(NOW - minutes(10))), locale="en", now=NOW)
    assert documents(view)["incidents.json"]["incidents"] == []


def test_ids_stay_when_words_change() -> None:
    def ids(body: str) -> list[str]:
        one = incident(NOW - minutes(20), [update(NOW - minutes(10), Status.INVESTIGATING, body)], title=body)
        text = json.dumps(documents(project(history(one), locale="en", now=NOW)))
        return re.findall(r'"(?:id|code|page_id|incident_id)": "([^"]+)"', text)

    assert ids("One wording.") == ids("Another wording.")
