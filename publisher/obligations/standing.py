"""How each duty of an incident stands at a moment: what counts from when, what is done, what is late.

A pure function of policy, incident and record: asked again after a crash, on another host or with another clock, it
says the same. Nothing is kept that could be lost or reset.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.model.duty import STALE_AFTER_DAYS, Clock, Event
from publisher.model.incident import Incident
from publisher.model.obligations import Obligations
from publisher.model.occurrence import Occurred, Occurrences, Submitted
from publisher.obligations.applying import Owed, owed_by
from publisher.obligations.reckoning import Refusal, due, moved_off_rest_days


class State(enum.StrEnum):
    """How a duty stands; in the order people want to see them."""

    OVERDUE = "overdue"
    REFUSED = "refused"
    """The clock runs, and its end cannot be reckoned."""
    AT_ONCE = "at_once"
    """It runs, and no figure says until when."""
    RUNNING = "running"
    WAITING = "waiting"
    """What starts it is not on record."""
    DONE_LATE = "done_late"
    DONE = "done"
    STOOD_DOWN = "stood_down"
    """A classification was taken back."""
    NOT_IN_FORCE = "not_in_force"
    """What starts it happened before the rule binds."""


_ORDER = {state: number for number, state in enumerate(State)}
OPEN = frozenset({State.OVERDUE, State.REFUSED, State.AT_ONCE, State.RUNNING})
"""States in which somebody has something to do now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One duty at one moment.

    Attributes:
        started: when the clock that counts began.
        due: when it ends; None when none runs, or nobody can say.
        why: what it counts from, or what it waits for, a clause.
        by_backstop: whether the end is that of the backstop.
        done: the submission that met it.
    """

    owed: Owed
    state: State
    started: datetime | None = None
    due: datetime | None = None
    why: str = ""
    by_backstop: bool = False
    done: Submitted | None = None
    refusal: Refusal | None = None

    @property
    def sort_key(self) -> tuple[int, float, str]:
        """Order: overdue first, the longest overdue at the top; then by what is due next."""
        moment = self.due or self.started
        return (_ORDER[self.state], moment.timestamp() if moment else 0.0, self.owed.id)


def standings(
    incident: Incident, obligations: Obligations, record: Occurrences, *, site_zone: str, now: datetime
) -> tuple[Standing, ...]:
    """Say how every duty stands, overdue ones first.

    Args:
        incident: the incident.
        obligations: policy.
        record: what is on record about it.
        site_zone: IANA name for clocks that nothing else binds to a place.
        now: the run's present.
    """
    zone = obligations.house.zone or site_zone
    judge = _Judge(obligations, record, zone, now)
    return tuple(sorted((judge.standing(owed) for owed in owed_by(incident, obligations)), key=lambda s: s.sort_key))


def next_due(found: Sequence[Standing]) -> Standing | None:
    """Give what comes next: the first that is overdue, or must be done at once, or is due soonest."""
    return next((one for one in found if one.state in OPEN), None)


def is_stale(reviewed: date, review_by: date, now: datetime) -> bool:
    """Say whether a row's review is too long ago."""
    today = now.date()
    return today > review_by or today - reviewed > timedelta(days=STALE_AFTER_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """A clock that was started: from when, until when, and the words for it."""

    started: datetime
    ends: datetime | Refusal | None
    why: str


class _Judge:
    """Judges the duties of one incident."""

    def __init__(self, obligations: Obligations, record: Occurrences, zone: str, now: datetime) -> None:
        self._calendars = obligations.calendars
        self._record = record
        self._zone = zone
        self._now = now

    def standing(self, owed: Owed) -> Standing:
        """Say how one duty stands."""
        own = self._run(owed, owed.clock)
        backstop = self._run(owed, owed.backstop) if owed.backstop else None
        ran, by_backstop = _nearer(own, backstop)
        done = self._submitted(owed)
        if done is None and owed.classified and self._taken_back(owed):
            return Standing(owed=owed, state=State.STOOD_DOWN, why="the classification was taken back")
        if ran is None:
            why = f"starts when {owed.meaning}{_to_record(owed)}" if done is None else ""
            return Standing(owed=owed, state=State.DONE if done else State.WAITING, why=why, done=done)
        return Standing(
            owed=owed,
            state=self._state(owed, ran, done),
            started=ran.started,
            due=ran.ends if isinstance(ran.ends, datetime) else None,
            why=ran.why,
            by_backstop=by_backstop,
            done=done,
            refusal=ran.ends if isinstance(ran.ends, Refusal) else None,
        )

    def _state(self, owed: Owed, ran: _Ran, done: Submitted | None) -> State:
        if done is not None:
            return State.DONE_LATE if isinstance(ran.ends, datetime) and done.at > ran.ends else State.DONE
        if owed.in_force_from and ran.started.astimezone(self._place(owed)).date() < owed.in_force_from:
            return State.NOT_IN_FORCE
        if isinstance(ran.ends, Refusal):
            return State.REFUSED
        if ran.ends is None:
            return State.AT_ONCE
        return State.OVERDUE if self._now > ran.ends else State.RUNNING

    def _place(self, owed: Owed) -> ZoneInfo:
        return ZoneInfo(owed.zone or self._zone)

    def _run(self, owed: Owed, clock: Clock) -> _Ran | None:
        if clock.event is not None:
            event = self._event(owed, clock.event)
            if event is None:
                return None
            started, why = event.at, f"{event.event} ({event.by})"
        else:
            handed = [one for one in self._record.submissions if one.duty == _sibling(owed, clock.after or "")]
            if not handed:
                return None
            one = max(handed, key=lambda s: s.at) if clock.latest else min(handed, key=lambda s: s.at)
            started, why = one.at, f"submission of {one.duty} ({one.by})"
        return _Ran(started=started, ends=self._ends(owed, clock, started), why=why)

    def _ends(self, owed: Owed, clock: Clock, started: datetime) -> datetime | Refusal | None:
        if clock.within is None:
            return None
        calendar = self._calendars.get(owed.calendar) if owed.calendar else None
        ends = due(started, clock.within, zone=owed.zone or self._zone, calendar=calendar)
        until = owed.enabled.rest_days_until if owed.enabled else None
        if until is not None and isinstance(ends, datetime):
            return moved_off_rest_days(ends, until, calendar)
        return ends

    def _event(self, owed: Owed, kind: Event) -> Occurred | None:
        """Give the event that counts: of the narrowest scope that has one, the earliest since it was last taken back.

        The earliest, so that recording an event once more can never put a deadline off. A wrong one is withdrawn.
        """
        back = self._back(owed) if kind in {Event.CLASSIFICATION, Event.DETERMINATION} else None
        for scope in owed.scopes:
            found = [one for one in self._record.events if one.event is kind and one.scope == scope]
            found = [one for one in found if back is None or one.at > back]
            if found:
                return min(found, key=lambda one: (one.at, one.seq))
        return None

    def _back(self, owed: Owed) -> datetime | None:
        """Say when a classification was last taken back, for this duty or for all."""
        events = (one for one in self._record.events if one.event is Event.DECLASSIFICATION)
        return max((one.at for one in events if one.scope in owed.scopes), default=None)

    def _taken_back(self, owed: Owed) -> bool:
        return self._back(owed) is not None and self._event(owed, Event.CLASSIFICATION) is None

    def _submitted(self, owed: Owed) -> Submitted | None:
        """Give the first submission: a second one neither mends a late one nor makes a timely one late."""
        handed = [one for one in self._record.submissions if one.duty == owed.id]
        return min(handed, key=lambda one: (one.at, one.seq)) if handed else None


def _nearer(own: _Ran | None, backstop: _Ran | None) -> tuple[_Ran | None, bool]:
    """Give the clock that counts, and whether it is the backstop."""
    if backstop is None or not isinstance(backstop.ends, datetime):
        return own, False
    if own is None:
        return backstop, True
    if own.started > backstop.ends or not isinstance(own.ends, datetime):
        return own, False
    return (own, False) if own.ends <= backstop.ends else (backstop, True)


def _sibling(owed: Owed, step: str) -> str:
    """Give the id of another step that the same party owes."""
    regime, _, rest = owed.id.partition("/")
    vendor = rest.partition("@")[2]
    return f"{regime}/{step}@{vendor}" if vendor else f"{regime}/{step}"


def _to_record(owed: Owed) -> str:
    if owed.clock.event is None:
        return ""
    scope = owed.scopes[0] if None not in owed.scopes else None
    return f" (record {scope}/{owed.clock.event})" if scope else f" (record {owed.clock.event})"
