"""The recorded shapes of the Statuspage API v2, and a checker that holds documents to them.

The shapes are those of 23 recorded payloads of real pages: every key, in the order in which it is served, with its type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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


def look_at_all(found: Mapping[str, Any], zone: str) -> int:
    """Hold all eight documents to the shapes; give how many rows there were.

    Args:
        found: path below `api/v2/` → document.
        zone: of the page.
    """
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
    return rows
