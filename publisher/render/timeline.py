"""What happened when, of one incident, in no language: states, impacts and windows as of one moment.

Everything a view says about time comes from here. What was said after `now` has not been said yet. A maintenance has
impact only inside its windows; an incident from its start until it is over.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.model.component import Impact
from publisher.model.digest import ContentHash, short_id
from publisher.model.incident import CLOSED, Incident, Kind, Status, Update, revision
from publisher.render.recurrence import Occurrence, around, occurrences

Impacts = Mapping[str, Impact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One update that has been said.

    Attributes:
        key: the update's.
        id: 12 characters of base 36, stable under a change of words.
        state: in force after it.
        before, after: impact of every component named so far; operational where the incident has none yet.
        revision: of the source wording.
    """

    update: Update
    key: str
    id: str
    state: Status
    before: Impacts
    after: Impacts
    revision: ContentHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which an incident had a component in one impact. Half open, UTC."""

    begin: datetime
    end: datetime
    component: str
    impact: Impact
    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One incident as of a moment, in no language.

    Attributes:
        said: oldest first.
        named: every component the incident names, in the writer's order.
        now: their impact now; all operational when it is not active.
        worst: the gravest each was given.
        ended: when it was declared over; for a maintenance nobody closed, the end of its last window.
        windows: of a maintenance, all until now and the next three.
    """

    incident: Incident
    said: tuple[Said, ...]
    status: Status
    named: tuple[str, ...]
    now: Impacts
    worst: Impacts
    active: bool
    ended: datetime | None
    created: datetime
    updated: datetime
    windows: tuple[Occurrence, ...]

    @property
    def open(self) -> bool:
        """Say whether it is still going on or still to come."""
        return self.status not in CLOSED

    def around(self, moment: datetime) -> tuple[Occurrence, ...]:
        """Give a maintenance's windows around a moment."""
        if not self.windows:
            return ()
        if not self.open and self.ended is not None:
            # What was called off or completed has no more windows: the last that began, or the first that never did.
            ended = self.ended
            return (max((w for w in self.windows if w[0] <= ended), default=self.windows[0]),)
        return around(self.windows, moment)


def course(incident: Incident, now: datetime) -> Course:
    """Follow one incident until `now`."""
    maintenance = incident.kind is Kind.MAINTENANCE
    said = _said(incident, now)
    windows = occurrences(incident.window, until=now) if maintenance and incident.window else ()
    declared = said[-1].state if said else (Status.SCHEDULED if maintenance else Status.INVESTIGATING)
    status = declared
    ended = _ended(said)
    within = next((w for w in windows if w[0] <= now < w[1]), None)
    if declared is Status.SCHEDULED and windows:
        if within is not None:
            status = Status.IN_PROGRESS
        elif windows[-1][1] <= now:
            status, ended = Status.COMPLETED, windows[-1][1]
    named = tuple(dict.fromkeys([*incident.components, *(c for s in said for c in s.update.components or ())]))
    active = incident.started <= now and status not in CLOSED and status is not Status.SCHEDULED
    standing: Impacts = {}
    if active:
        standing = incident.components if declared is Status.SCHEDULED or not said else said[-1].after
    gravest = dict.fromkeys(named, Impact.OPERATIONAL)
    for impacts in ([incident.components] if incident.started <= now or maintenance else []) + [s.after for s in said]:
        for component, impact in impacts.items():
            if impact.rank > gravest[component].rank:
                gravest[component] = impact
    return Course(
        incident=incident,
        said=said,
        status=status,
        named=named,
        now={c: standing.get(c, Impact.OPERATIONAL) for c in named},
        worst=gravest,
        active=active,
        ended=ended,
        created=said[0].update.at if said else incident.started,
        updated=said[-1].update.at if said else incident.started,
        windows=windows,
    )


def stretches(course_: Course, as_of: datetime) -> list[Stretch]:
    """Give the times in which an incident weighed on its components, until `as_of`.

    A maintenance counts inside its windows only, as maintenance, from the first word of it that still stands until it
    is called complete.
    """
    incident = course_.incident
    if incident.kind is Kind.MAINTENANCE:
        return _maintenance_stretches(course_, as_of)
    out: list[Stretch] = []
    edges = [incident.started, *(max(s.update.at, incident.started) for s in course_.said), as_of]
    standing: list[tuple[Status, Impacts]] = [
        (Status.INVESTIGATING, incident.components),
        *((s.state, s.after) for s in course_.said),
    ]
    for (state, impacts), (begin, end) in zip(standing, itertools.pairwise(edges), strict=True):
        # What began at this very moment has no length yet and counts all the same.
        if state not in CLOSED and (begin < end or begin == end == as_of):
            out += _weigh(impacts, begin, end, incident.id)
    return out


def _maintenance_stretches(course_: Course, as_of: datetime) -> list[Stretch]:
    out: list[Stretch] = []
    called_off = [s.update.at for s in course_.said if s.state in CLOSED]
    taken_up = [s.update.at for s in course_.said if s.state not in CLOSED]
    impacts = {c: Impact.UNDER_MAINTENANCE for c, i in course_.worst.items() if i is not Impact.OPERATIONAL}
    for begin, end in course_.windows:
        if begin > as_of:
            break
        off = max((at for at in called_off if at <= begin), default=None)
        if off is not None and not any(off < at <= begin for at in taken_up):
            continue
        over = min((at for at in called_off if begin < at < end), default=end)
        out += _weigh(impacts, begin, min(over, as_of), course_.incident.id)
    return out


def _weigh(impacts: Impacts, begin: datetime, end: datetime, incident: str) -> list[Stretch]:
    return [
        Stretch(begin=begin, end=end, component=component, impact=impact, incident=incident)
        for component, impact in impacts.items()
        if impact is not Impact.OPERATIONAL
    ]


def _said(incident: Incident, now: datetime) -> tuple[Said, ...]:
    """Go through the updates once.

    `update` keeps the state before it; a closing status returns every component to operational unless that update
    says otherwise; a maintenance that is only scheduled weighs on nothing yet.
    """
    out: list[Said] = []
    maintenance = incident.kind is Kind.MAINTENANCE
    state = Status.SCHEDULED if maintenance else Status.INVESTIGATING
    impacts: dict[str, Impact] = dict(incident.components)
    shown: Impacts = dict.fromkeys(impacts, Impact.OPERATIONAL)
    for update in incident.updates:
        if update.at > now:
            break
        if update.status in CLOSED:
            impacts = dict.fromkeys(impacts, Impact.OPERATIONAL)
        if update.components is not None:
            impacts = {**impacts, **update.components}
        if update.status is not Status.UPDATE:
            state = update.status
        after = dict.fromkeys(impacts, Impact.OPERATIONAL) if state is Status.SCHEDULED else impacts
        key = update.key
        out.append(
            Said(
                update=update,
                key=key,
                id=short_id("update", incident.id, key),
                state=state,
                before=shown,
                after=after,
                revision=revision(incident, update),
            )
        )
        shown = after
    return tuple(out)


def _ended(said: tuple[Said, ...]) -> datetime | None:
    end: datetime | None = None
    for each in said:
        if each.state not in CLOSED:
            end = None
        elif end is None:
            end = each.update.at
    return end
