"""What `policy/holds.yml` says: when words wait, which, and what passes all the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model.delivery import Channel
from publisher.model.incident import Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldWindow:
    """A time, known beforehand, in which words wait."""

    name: str
    why: str
    begins: datetime
    ends: datetime
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """Channels that stay quiet about an incident while it is in one of some states."""

    name: str
    why: str
    statuses: tuple[Status, ...]
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """The policy of holds.

    Attributes:
        severities, statuses: incidents of which words pass every hold: what the law or a contract demands at once,
            and the end of it.
    """

    windows: tuple[HoldWindow, ...] = ()
    states: tuple[HoldState, ...] = ()
    severities: tuple[Severity, ...] = ()
    statuses: tuple[Status, ...] = ()
