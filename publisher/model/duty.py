"""What a rule of law or a contract asks for, and the clocks it is counted by.

Values only. `obligations.reckoning` counts, `obligations.standing` says how a duty stands. Defaults that ship are in
`obligations/regimes.yml`; none of them is legal advice, and none counts until a house enables it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

LABEL = "configurable default, not legal advice"
"""Stands wherever a clock is shown."""

STALE_AFTER_DAYS = 180
"""Days since its review after which a row is to be looked at again."""


class Unit(enum.StrEnum):
    """What a time limit is counted in."""

    HOURS = "hours"
    """Elapsed hours: a day on which the clocks change has 23 or 25."""
    DAYS = "days"
    """Calendar days: the same time by the wall clock, so many days later."""
    BUSINESS_DAYS = "business_days"
    """Days that a calendar calls working days, the day of the event not counted; ends when that calendar's day ends."""
    MONTHS = "months"
    """Calendar months: the same day and time by the wall clock, or the month's last day where it has no such day."""


class Event(enum.StrEnum):
    """What starts a clock. Each is recorded by a person with its time; none is taken from when an incident began."""

    AWARENESS = "awareness"
    DISCOVERY = "discovery"
    DETERMINATION = "determination"
    CLASSIFICATION = "classification"
    DECLASSIFICATION = "declassification"
    """Takes back a classification or determination: what was major no longer is."""
    HIGH_RISK = "high-risk"
    CUSTOMER_IMPACT = "customer-impact"
    MEASURE_AVAILABLE = "measure-available"
    THRESHOLD_CROSSED = "threshold-crossed"
    BELIEF = "belief"
    PAYMENT = "payment"


class Standing(enum.StrEnum):
    """How far a rule is law."""

    IN_FORCE = "in_force"
    FUTURE = "future"
    """Adopted; binds from a day to come."""
    PROPOSED = "proposed"
    """Not adopted. Cannot be enabled without an override on record."""
    UNVERIFIED = "unverified"
    """Sources disagree. Cannot be enabled without an override on record."""


NEEDS_OVERRIDE = frozenset({Standing.PROPOSED, Standing.UNVERIFIED})


class Checked(enum.StrEnum):
    """What somebody looked at when a row was last reviewed."""

    OFFICIAL = "official"
    SECONDARY = "secondary"
    MEMORY = "memory"


class Debtor(enum.StrEnum):
    """In which part somebody owes a duty."""

    ENTITY = "entity"
    """Whoever is in the sector."""
    CONTROLLER = "controller"
    PROCESSOR = "processor"
    VENDOR = "vendor"


TURNED = frozenset({Debtor.PROCESSOR, Debtor.VENDOR})
"""Parts that one party has towards another: such a duty is owed by us to customers, or by a vendor to us."""


class Recipient(enum.StrEnum):
    """Who is to hear."""

    AUTHORITY = "authority"
    CUSTOMERS = "customers"
    COUNTERPARTY = "counterparty"
    """The other party: of a vendor, the house it works for."""
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A time limit. `amount` is at least 1."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        word = self.unit.replace("_", " ")
        return f"{self.amount} {word if self.amount != 1 else word.removesuffix('s')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """From when, and how long.

    Attributes:
        event: recorded event it counts from; None where it counts from a submission.
        after: step of the same regime whose submission it counts from.
        latest: of several submissions, whether the last counts; otherwise the first does.
        within: None where the law gives no figure and nobody set one.
    """

    event: Event | None = None
    after: str | None = None
    latest: bool = False
    within: Within | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing to be done for one recipient: a row.

    Attributes:
        regime: id of the rule or contract it comes from.
        step: id within it; `regime/step` names the duty everywhere.
        title: what is due, a noun.
        debtor: in which part somebody owes it.
        owed_by: who owes it, in words.
        to: who is to hear, in words.
        meaning: what its event means here, a clause: `the controller is aware of a personal data breach`.
        backstop: a second clock it may not run past. Where its own event comes only after the backstop has run out,
            its own clock counts alone.
        suggested: a figure of ours where the law has none; counts only when policy takes it over.
        in_force_from: events before this day start no clock.
        version: which version of the rows it comes from.
        reviewed: day on which somebody last held it against its source.
        zone: IANA name where the rule is bound to a place.
        rest_days: whether the rule knows relief for weekends and holidays; off unless policy asks for it.
        personal_data: whether it concerns incidents with personal data only.
        note: what a person should know before relying on it.
    """

    regime: str
    regime_name: str
    step: str
    title: str
    debtor: Debtor
    owed_by: str
    to: str
    recipient: Recipient
    meaning: str
    clock: Clock
    source: str
    version: str
    reviewed: date
    review_by: date
    checked: Checked
    standing: Standing = Standing.IN_FORCE
    in_force_from: date | None = None
    backstop: Clock | None = None
    suggested: Within | None = None
    sector: str | None = None
    jurisdictions: tuple[str, ...] = ()
    zone: str | None = None
    rest_days: bool = False
    personal_data: bool = False
    note: str = ""

    @property
    def id(self) -> str:
        """Name it: `regime/step`."""
        return f"{self.regime}/{self.step}"

    @property
    def events(self) -> tuple[Event, ...]:
        """Give the events that its clocks count from."""
        return tuple(c.event for c in (self.clock, self.backstop) if c is not None and c.event is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days are working days, for the days that it covers and no others.

    Attributes:
        id: file name without ending.
        zone: IANA name of the zone its days are in.
        weekend: days of the week that are no working days; Monday is 0.
        closes: when a working day ends.
        begins, ends: first and last day it knows.
        holidays: day → name.
    """

    id: str
    name: str
    zone: str
    begins: date
    ends: date
    weekend: frozenset[int] = frozenset({5, 6})
    closes: time = time(23, 59, 59)
    holidays: Mapping[date, str] = field(default_factory=dict)
    source: str = ""
