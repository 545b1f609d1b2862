"""What somebody put on record about an incident's duties: events that start clocks, and submissions that end them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model.duty import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurred:
    """An event.

    Attributes:
        seq: number of its entry in the log.
        scope: regime, contract or vendor it is of; None: it counts for all that wait for such an event.
        at: when it happened, as the person says. Clocks count from here.
        received: when the log took it.
    """

    seq: int
    incident: str
    event: Event
    scope: str | None
    at: datetime
    by: str
    received: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Something was handed in.

    Attributes:
        duty: `regime/step`, with `@vendor` where a vendor owed it.
        at: when it was handed in, as the person says.
        reference: what the recipient calls it.
    """

    seq: int
    incident: str
    duty: str
    at: datetime
    by: str
    received: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An entry was made in error. It stays in the log, and counts no more."""

    seq: int
    incident: str
    entry: int
    why: str
    by: str
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """What counts of an incident's record, in the log's order."""

    events: tuple[Occurred, ...] = ()
    submissions: tuple[Submitted, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
