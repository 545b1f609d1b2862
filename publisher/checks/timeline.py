"""Times and statuses that cannot be: over before it began, promised for the past, resolved and then monitored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from publisher.model.codes import finding
from publisher.model.finding import Finding, Place
from publisher.model.incident import (
    CLOSED,
    INCIDENT_STATUSES,
    MAINTENANCE_STATUSES,
    Incident,
    Kind,
    Status,
    Update,
)

_S = Status
_OPEN_INCIDENT = (_S.INVESTIGATING, _S.IDENTIFIED, _S.MONITORING)
FOLLOWS: dict[Status, tuple[Status, ...]] = {
    _S.INVESTIGATING: (*_OPEN_INCIDENT, _S.RESOLVED),
    _S.IDENTIFIED: (*_OPEN_INCIDENT, _S.RESOLVED),
    _S.MONITORING: (*_OPEN_INCIDENT, _S.RESOLVED),
    _S.RESOLVED: (_S.POSTMORTEM, _S.INVESTIGATING),
    _S.POSTMORTEM: (_S.POSTMORTEM, _S.INVESTIGATING),
    _S.SCHEDULED: (_S.SCHEDULED, _S.IN_PROGRESS, _S.COMPLETED),
    _S.IN_PROGRESS: (_S.IN_PROGRESS, _S.VERIFYING, _S.COMPLETED),
    _S.VERIFYING: (_S.VERIFYING, _S.IN_PROGRESS, _S.COMPLETED),
    _S.COMPLETED: (),
}
"""Status → what may come next; `update` always may."""
_FIRST = {Kind.INCIDENT: (*_OPEN_INCIDENT, _S.RESOLVED), Kind.MAINTENANCE: MAINTENANCE_STATUSES}


def check_timeline(incident: Incident, *, now: datetime) -> Iterator[Finding]:
    """Find times and statuses that cannot be.

    Of `now` it asks only which of the start, the detection and the updates have come.
    """
    yield from _times(incident, now)
    yield from _order(incident)
    yield from _statuses(incident)
    for number, update in enumerate(incident.updates):
        yield from _update(incident, number, update, now)


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at.second == 0 else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _times(incident: Incident, now: datetime) -> Iterator[Finding]:
    started = incident.at("started" if "started" in incident.places else "window.from")
    if incident.kind is Kind.INCIDENT:
        if incident.started > now:
            what = f"It starts on {_shown(incident.started)}, which is in the future."
            yield finding("TID204", started, what, "Check the time, or make it `kind: maintenance` if it is planned.")
        if incident.window is not None:
            what = "An incident has no window; only a maintenance does."
            yield finding("TID212", incident.at("window"), what, "Remove it, or write `kind: maintenance`.")
    if incident.detected is not None:
        if incident.detected > now:
            what = f"It was detected on {_shown(incident.detected)}, which is in the future."
            yield finding("TID204", incident.at("detected"), what, "Check the time and its zone.")
        elif incident.detected < incident.started:
            what = f"It was detected on {_shown(incident.detected)}, before it started on {_shown(incident.started)}."
            yield finding("TID211", incident.at("detected"), what, "Check both times and their zones.")
    if incident.window is not None and incident.window.ends <= incident.window.begins:
        what = f"The window ends on {_shown(incident.window.ends)} and begins on {_shown(incident.window.begins)}."
        yield finding("TID209", incident.at("window.until"), what, "Put the later time into `until`.")
    if not incident.updates:
        what = "Nothing was said about this yet: it has no update."
        yield finding("TID213", incident.place, what, "Add one, as in `## 2026-11-20 14:05 UTC · Investigating`.")


def _order(incident: Incident) -> Iterator[Finding]:
    """Compare the file's order with time's: newest last or newest first, but not both."""
    written = sorted(incident.updates, key=lambda update: update.place)
    later = sum(a.at < b.at for a, b in pairwise(written))
    earlier = sum(a.at > b.at for a, b in pairwise(written))
    if not later or not earlier:
        return
    upwards = later >= earlier
    for above, below in pairwise(written):
        if (above.at > below.at) if upwards else (above.at < below.at):
            word, rule = ("earlier", "newest last") if upwards else ("later", "newest first")
            what = f"This update is {word} than the one above it, while the others stand {rule}."
            yield finding("TID202", below.place, what, f"Move it where its time belongs, {rule}, or mend its time.")


def _statuses(incident: Incident) -> Iterator[Finding]:
    maintenance = incident.kind is Kind.MAINTENANCE
    fitting = MAINTENANCE_STATUSES if maintenance else INCIDENT_STATUSES
    recurs = incident.window is not None and incident.window.rrule is not None
    current: Status | None = None
    for update in incident.updates:
        status = update.status
        if status is _S.UPDATE:
            continue
        if status not in fitting:
            kind = "a maintenance" if maintenance else "an incident"
            what = f'"{status}" is not a status of {kind}.'
            yield finding("TID206", update.place, what, f"Use one of {', '.join(fitting)} or update.")
            continue
        allowed = FOLLOWS[current] if current else _FIRST[incident.kind]
        if current is _S.COMPLETED and recurs:
            allowed = MAINTENANCE_STATUSES
        if status not in allowed:
            yield _cannot_follow(update, current, allowed)
        current = status


def _cannot_follow(update: Update, current: Status | None, allowed: tuple[Status, ...]) -> Finding:
    words = ", ".join([*allowed, _S.UPDATE])
    if current is None:
        what = f'"{update.status}" cannot come first.'
        return finding("TID207", update.place, what, f"Begin with one of {words}.")
    what = f'"{update.status}" cannot follow "{current}".'
    if current in CLOSED and _S.INVESTIGATING in allowed:
        fix = "Reopen it with investigating first, or use update or postmortem."
    elif current is _S.COMPLETED:
        fix = "Use update, or write a new maintenance."
    else:
        fix = f"After {current} use one of {words}."
    return finding("TID207", update.place, what, fix)


def _update(incident: Incident, number: int, update: Update, now: datetime) -> Iterator[Finding]:
    if update.at > now:
        what = f"This update is dated {_shown(update.at)}, which is in the future."
        yield finding("TID204", update.place, what, "Check the time and its zone.")
    if update.next is not None and update.next <= update.at:
        what = f"The next update is promised for {_shown(update.next)}, and this one is from {_shown(update.at)}."
        place: Place = incident.at(f"updates.{number}.next")
        later = _shown(update.at + timedelta(minutes=30))
        yield finding("TID205", place, what, f"Promise a later time, as in {later}, or remove the line.")
    if update.at < incident.started:
        yield from _too_early(incident, update)


def _too_early(incident: Incident, update: Update) -> Iterator[Finding]:
    started = _shown(incident.started)
    if incident.kind is Kind.MAINTENANCE:
        # announcing, postponing and calling off happen before the window; work does not
        if update.status in (_S.IN_PROGRESS, _S.VERIFYING):
            what = f'"{update.status}" on {_shown(update.at)} is before the window begins on {started}.'
            yield finding("TID203", update.place, what, "Move the window, or mend the update's time.")
    elif update.status in CLOSED:
        what = f"It was {update.status} on {_shown(update.at)}, before it started on {started}."
        yield finding("TID201", update.place, what, "Mend `started` or this time; check their zones.")
    else:
        what = f"This update is from {_shown(update.at)}, before it started on {started}."
        yield finding("TID203", update.place, what, "Mend `started` or this time; check their zones.")
