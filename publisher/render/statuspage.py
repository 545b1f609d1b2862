"""The Statuspage status API v2 as static files: key for key, type for type, nothing added.

Clients index keys blindly, refuse unknown ones, and take the first of a list for the newest, so order of keys and
rows is part of the promise. Groups nest in Tidings and do not there: a component belongs to the outermost group it is
in. What the API has no word for (translations, revisions, the promise of a next update) is in our own API.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from publisher.model.component import Impact, worst
from publisher.model.digest import Plain
from publisher.model.incident import Kind, Status
from publisher.model.release import Artifact
from publisher.render.headers import data
from publisher.render.recipe import Kept, kept
from publisher.render.view import ComponentView, GroupView, ImpactChange, IncidentView, UpdateView, View

Row = dict[str, Plain]

LATEST = 50
"""How many incidents and maintenances the lists hold."""

DESCRIPTIONS = {
    Impact.OPERATIONAL: "All Systems Operational",
    Impact.UNDER_MAINTENANCE: "Service Under Maintenance",
    Impact.DEGRADED_PERFORMANCE: "Partially Degraded Service",
    Impact.PARTIAL_OUTAGE: "Partial System Outage",
    Impact.MAJOR_OUTAGE: "Major Service Outage",
}
"""Clients take these for a closed set."""

IMPACTS = {
    Impact.OPERATIONAL: "none",
    Impact.UNDER_MAINTENANCE: "maintenance",
    Impact.DEGRADED_PERFORMANCE: "minor",
    Impact.PARTIAL_OUTAGE: "major",
    Impact.MAJOR_OUTAGE: "critical",
}
"""A component's impact → what the API calls an incident's impact."""


def timestamp(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as the API does: milliseconds, the page's offset, `Z` where the page keeps Etc/UTC."""
    if zone.key in {"Etc/UTC", "UTC"}:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def documents(view: View, store: Kept | None = None) -> dict[str, Row]:
    """Give the eight documents: path below `api/v2/` → content.

    Args:
        view: the source language's.
        store: what was said of incidents in earlier runs; looked up and added to.
    """
    scribe = _Scribe(view, store)
    page = scribe.page()
    components = scribe.components()
    incidents = scribe.incidents(view.incidents, most=LATEST)
    unresolved = scribe.incidents(i for i in view.incidents if i.active)
    planned = scribe.incidents(view.maintenances, most=LATEST)
    upcoming = scribe.incidents(i for i in view.maintenances if i.status is Status.SCHEDULED)
    running = scribe.incidents(
        i for i in view.maintenances if i.status in {Status.IN_PROGRESS, Status.VERIFYING} and i.open
    )
    status: Row = {"indicator": str(view.indicator), "description": describe(view)}
    return {
        "status.json": {"page": page, "status": status},
        "summary.json": {
            "page": page,
            "components": components,
            "incidents": unresolved,
            "scheduled_maintenances": [*running, *upcoming],
            "status": status,
        },
        "components.json": {"page": page, "components": components},
        "incidents.json": {"page": page, "incidents": incidents},
        "incidents/unresolved.json": {"page": page, "incidents": unresolved},
        "scheduled-maintenances.json": {"page": page, "scheduled_maintenances": planned},
        "scheduled-maintenances/upcoming.json": {"page": page, "scheduled_maintenances": upcoming},
        "scheduled-maintenances/active.json": {"page": page, "scheduled_maintenances": running},
    }


def describe(view: View) -> str:
    """Say the whole in one of the API's sentences.

    It speaks of components: an open incident that leaves all of them operational changes nothing.
    """
    return DESCRIPTIONS[view.overall]


def render_statuspage(view: View, store: Kept | None = None) -> tuple[Artifact, ...]:
    """Write the eight documents as artifacts. The API knows one language: give it the source's view."""
    return tuple(
        data(view.site, f"api/v2/{path}", json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
        for path, document in documents(view, store).items()
    )


class _Scribe:
    """Writes rows. Holds what rows of different kinds share."""

    def __init__(self, view: View, store: Kept | None = None) -> None:
        self.view = view
        self.store = store
        self.zone = ZoneInfo(view.site.time_zone)
        self.page_id = view.site.page_id
        groups = {g.id: g for g in view.groups}
        self.outermost = {c.id: _outermost(c.group, groups) for c in view.components}
        self.by_id = {c.id: c for c in view.components}
        self.in_order = _in_order(view)
        self._rows = self._component_rows()

    def at(self, moment: datetime) -> str:
        return timestamp(moment, self.zone)

    def page(self) -> Row:
        site = self.view.site
        return {
            "id": self.page_id,
            "name": site.name,
            "url": site.url.rstrip("/"),
            "time_zone": site.time_zone,
            "updated_at": self.at(self.view.as_of),
        }

    def components(self) -> list[Row]:
        return list(self._rows.values())

    def incidents(self, found: Iterable[IncidentView], *, most: int | None = None) -> list[Row]:
        # Clients take the first update without looking whether there is one.
        return [self.incident(i) for i in islice((i for i in found if i.updates), most)]

    def incident(self, incident: IncidentView) -> Row:
        planned = incident.kind is Kind.MAINTENANCE

        def told() -> tuple[list[Row], str | None]:
            return [self.update(incident, u) for u in incident.updates], self._first(incident, Status.MONITORING)

        said, first = kept(self.store, "rows", self.view.locale, incident.id, told)
        row: Row = {
            "id": incident.code,
            "name": incident.title,
            "status": str(incident.status),
            "created_at": self.at(incident.created),
            "updated_at": self.at(incident.updated),
            "monitoring_at": first,
            "resolved_at": self.at(incident.ended) if incident.ended else None,
            "impact": "maintenance" if planned else IMPACTS[incident.impact],
            "shortlink": self.view.site.href(f"incidents/{incident.id}/"),
            "started_at": self.at(incident.started),
            "page_id": self.page_id,
            "incident_updates": said,
            "components": [self._rows[a.id] for a in incident.affected if a.through is None and a.id in self._rows],
        }
        if planned:
            begin, end = incident.occurrences[0] if incident.occurrences else (incident.started, incident.started)
            row["scheduled_for"] = self.at(begin)
            row["scheduled_until"] = self.at(end)
        return row

    def update(self, incident: IncidentView, update: UpdateView) -> Row:
        said = self.at(update.at)
        return {
            "id": update.id,
            "status": str(update.state),
            "body": update.words.text,
            "incident_id": incident.code,
            "created_at": said,
            "updated_at": said,
            "display_at": said,
            "affected_components": [self.change(c) for c in update.changes if c.component in self.by_id] or None,
            "deliver_notifications": True,
            "custom_tweet": None,
            "tweet_id": None,
        }

    def change(self, change: ImpactChange) -> Row:
        group = self.outermost[change.component]
        return {
            "code": self.by_id[change.component].code,
            "name": f"{group.name} - {change.name}" if group else change.name,
            "old_status": str(change.old),
            "new_status": str(change.new),
        }

    def _first(self, incident: IncidentView, state: Status) -> str | None:
        """Say when it first came into a state."""
        return next((self.at(u.at) for u in reversed(incident.updates) if u.status is state), None)

    def _component_rows(self) -> dict[str, Row]:
        """Make one row a component and one a group, each group before its members; positions count among siblings."""
        rows: dict[str, Row] = {}
        place = 0
        for group, members in self.in_order:
            if group is None:
                for member in members:
                    place += 1
                    rows[member.id] = self._leaf(member, None, place)
                continue
            place += 1
            rows[f"group:{group.id}"] = self._group_row(group, members, place)
            for inner, member in enumerate(members, start=1):
                rows[member.id] = self._leaf(member, group, inner)
        return rows

    def _leaf(self, component: ComponentView, group: GroupView | None, position: int) -> Row:
        return {
            "id": component.code,
            "name": component.name,
            "status": str(component.impact),
            "created_at": self.at(component.created),
            "updated_at": self.at(component.updated),
            "position": position,
            "description": component.description,
            "showcase": component.showcase,
            "start_date": component.since.isoformat() if component.since else None,
            "group_id": group.code if group else None,
            "page_id": self.page_id,
            "group": False,
            "only_show_if_degraded": component.only_show_if_degraded,
        }

    def _group_row(self, group: GroupView, members: Sequence[ComponentView], position: int) -> Row:
        return {
            "id": group.code,
            "name": group.name,
            "status": str(worst(m.impact for m in members)),
            "created_at": self.at(min((m.created for m in members), default=self.view.as_of)),
            "updated_at": self.at(max((m.updated for m in members), default=self.view.as_of)),
            "position": position,
            "description": group.description,
            "showcase": False,
            "start_date": None,
            "group_id": None,
            "page_id": self.page_id,
            "group": True,
            "only_show_if_degraded": False,
            "components": [m.code for m in members],
        }


def _outermost(group: str | None, groups: dict[str, GroupView]) -> GroupView | None:
    seen: set[str] = set()
    found: GroupView | None = None
    while group in groups and group not in seen:
        seen.add(group)
        found = groups[group]
        group = found.parent
    return found


def _in_order(view: View) -> list[tuple[GroupView | None, tuple[ComponentView, ...]]]:
    """Give the outermost groups with all that is in them, however deep, as the page orders them; the ungrouped last."""
    groups = {g.id: g for g in view.groups}
    members: dict[str | None, list[ComponentView]] = {}
    place = {id_: index for index, id_ in enumerate(view.ordered)}
    for component in sorted(view.components, key=lambda c: place[c.id]):
        outer = _outermost(component.group, groups)
        members.setdefault(outer.id if outer else None, []).append(component)
    tops = [g for g in sorted(view.groups, key=lambda g: place[g.id]) if members.get(g.id)]
    found: list[tuple[GroupView | None, tuple[ComponentView, ...]]] = [(g, tuple(members[g.id])) for g in tops]
    if members.get(None):
        found.append((None, tuple(members[None])))
    return found
