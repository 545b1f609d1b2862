"""Which duties a house has taken on: `policy/obligations.yml` and the calendars beside it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from publisher.model.duty import Calendar, Debtor, Duty, Event, Within
from publisher.model.finding import Place
from publisher.model.incident import Category, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What we are.

    Attributes:
        jurisdictions: where we are bound, for incidents that name none.
        sectors: what we do, as the shipped rows call it.
        roles: in which parts; `controller`, `processor` or `vendor`.
        zone: IANA name for clocks that are bound to no place; None means the site's.
    """

    name: str = "we"
    jurisdictions: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    roles: tuple[Debtor, ...] = ()
    zone: str | None = None

    def owes(self, duty: Duty) -> bool:
        """Say whether what we are makes a duty ours."""
        if duty.debtor is Debtor.ENTITY:
            return duty.sector in self.sectors
        return duty.debtor in self.roles and (duty.sector is None or duty.sector in self.sectors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody's word that a row which is not settled law is to count all the same."""

    why: str
    by: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Enabled:
    """A regime that counts for us.

    Attributes:
        reviewed: when the house itself last held it against its source.
        steps: which of its steps; empty means all that fit what we are.
        within: step → figure, where the house sets one.
        rest_days_until: time of the next working day to which a clock that ends on a rest day moves; None leaves it.
    """

    regime: str
    by: str
    on: date
    reviewed: date | None = None
    steps: tuple[str, ...] = ()
    within: Mapping[str, Within] = field(default_factory=dict)
    calendar: str | None = None
    rest_days_until: time | None = None
    zone: str | None = None
    override: Override | None = None
    place: Place = field(default=Place(path=""), compare=False)


class Direction(enum.StrEnum):
    """Who owes whom."""

    TO_AUTHORITY = "to_authority"
    """We owe an authority, or the public."""
    TO_CUSTOMERS = "to_customers"
    """We owe those who rely on us."""
    FROM_VENDOR = "from_vendor"
    """A vendor owes us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Somebody we rely on.

    Attributes:
        id: what incidents call it in `cause.vendor`.
        roles: what it is to us: a processor, a vendor.
    """

    id: str
    name: str
    roles: tuple[Debtor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A duty by agreement, with its own clock.

    Attributes:
        direction: `TO_CUSTOMERS` or `FROM_VENDOR`.
        other: the other party, in words.
        account: incidents that name this account start it; None means every incident that fits.
        vendor: incidents whose `cause.vendor` this is start it.
        severities, categories: which incidents; empty means all.
        personal_data: whether it concerns incidents with personal data only.
    """

    id: str
    direction: Direction
    other: str
    title: str
    event: Event
    within: Within
    source: str
    reviewed: date
    review_by: date
    account: str | None = None
    vendor: str | None = None
    severities: tuple[Severity, ...] = ()
    categories: tuple[Category, ...] = ()
    personal_data: bool = False
    calendar: str | None = None
    place: Place = field(default=Place(path=""), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligations:
    """All of it. Empty, nothing counts.

    Attributes:
        duties: the shipped rows of the enabled regimes, as policy left them: those that fit what we are.
        calendars: by id.
    """

    house: House = House()
    enabled: tuple[Enabled, ...] = ()
    duties: tuple[Duty, ...] = ()
    contracts: tuple[Contract, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    def enabling(self, regime: str) -> Enabled | None:
        """Give how a regime was enabled."""
        return next((one for one in self.enabled if one.regime == regime), None)

    def vendor(self, vendor_id: str | None) -> Vendor | None:
        """Find a vendor."""
        return next((one for one in self.vendors if one.id == vendor_id), None)
