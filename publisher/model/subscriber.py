"""One address with its wishes and its consent. Personal data: lives in the store, never in git."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.incident import Severity


class Consent(enum.StrEnum):
    """Whether we may write to an address."""

    PENDING = "pending"
    """Asked, not confirmed. Gets the confirmation mail and nothing else."""
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    """Bounced for good or complained. No import brings it back."""


class Frequency(enum.StrEnum):
    """How often somebody wishes to hear."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a subscriber wants to hear of.

    Attributes:
        components: component or group ids; empty means all.
        severity: the mildest severity that is still of interest; SEV4 means all.
        maintenance: whether planned work is of interest.
    """

    components: tuple[str, ...] = ()
    severity: Severity = Severity.SEV4
    maintenance: bool = True
    frequency: Frequency = Frequency.IMMEDIATE
    locale: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One recipient.

    Attributes:
        id: random, stable, says nothing of the address.
        address: as it is written in `To`, normalised (lower-case domain, IDNA).
        token: 128 bits or more, for confirm and unsubscribe links; per recipient.
        asked, confirmed, ended: when each step of consent happened, UTC.
        source: where the consent came from (`form`, `import:file.csv`, `command`).
    """

    id: str
    address: str
    token: str = field(repr=False)
    consent: Consent = Consent.PENDING
    wishes: Wishes = Wishes()
    asked: datetime
    confirmed: datetime | None = None
    ended: datetime | None = None
    source: str = "command"
