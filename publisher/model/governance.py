"""What the gate weighs besides findings: approvals and holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model.delivery import Channel
from publisher.model.digest import ContentHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's signature over one content hash, in one role."""

    person: str
    role: str
    content: ContentHash
    received: datetime
    """When the log received it: the only time that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An approval that something still needs."""

    incident: str
    role: str
    content: ContentHash
    why: str
    count: int = 1
    """So many people; one person counts once, however many keys they have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A blackout: what waits and until when.

    Attributes:
        channels: which channels wait; empty means all.
        incidents: which incidents wait; empty means all.
    """

    why: str
    begins: datetime
    ends: datetime
    channels: tuple[Channel, ...] = ()
    incidents: tuple[str, ...] = ()

    def covers(self, channel: Channel, incident: str, now: datetime) -> bool:
        """Say whether this hold keeps a channel quiet about an incident now."""
        return (
            self.begins <= now < self.ends
            and (not self.channels or channel in self.channels)
            and (not self.incidents or incident in self.incidents)
        )
