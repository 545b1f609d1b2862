"""The Statuspage API v2 is written key for key and type for type as hosted pages write it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
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
from tests.unit.render.statuspage_shapes import look_at_all


def served(zone: str = "Etc/UTC", now: datetime = NOW) -> dict[str, Any]:
    view = project(busy(replace(SITE, time_zone=zone)), locale="en", now=now)
    return {a.path.removeprefix("api/v2/"): json.loads(a.body) for a in render_statuspage(view)}


@pytest.mark.parametrize("zone", ["Etc/UTC", "Europe/Berlin", "America/St_Johns"])
def test_every_document_has_the_recorded_shape(zone: str) -> None:
    assert look_at_all(served(zone), zone) >= 26, "the example has something of everything"


@pytest.mark.parametrize(
    ("path", "spoil"),
    [
        ("status.json", lambda d: d["status"].update(indicator="maintenance")),
        ("components.json", lambda d: d["components"][0].update(position="1")),
        ("components.json", lambda d: d["components"][1].update(extra=None)),
        ("components.json", lambda d: d["components"][0].pop("components")),
        ("incidents.json", lambda d: d["incidents"][0]["incident_updates"].reverse()),
        ("incidents.json", lambda d: d["incidents"][0].update(status="scheduled")),
        ("scheduled-maintenances.json", lambda d: d["scheduled_maintenances"][0].update(scheduled_for=None)),
        ("summary.json", lambda d: d.update(page=dict(reversed(d["page"].items())))),
        ("summary.json", lambda d: d.pop("status")),
    ],
)
def test_the_checker_sees_what_it_should(path: str, spoil: Callable[[Any], object]) -> None:
    """The control: one wrong word, type, key or order, and it speaks."""
    found = served()
    spoil(found[path])
    with pytest.raises(AssertionError):
        look_at_all(found, "Etc/UTC")


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
