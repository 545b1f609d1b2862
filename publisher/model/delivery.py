"""What is owed to whom, what was tried, and what became of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from publisher.model.digest import ContentHash, digest


class Channel(enum.StrEnum):
    """A way to readers."""

    PAGE = "page"
    FEED = "feed"
    API = "api"
    IN_APP = "in_app"
    EMAIL = "email"
    WEBHOOK = "webhook"
    CHAT = "chat"
    SMS = "sms"
    PHONE = "phone"
    SOCIAL = "social"


class Outcome(enum.StrEnum):
    """What became of a delivery, as far as we know."""

    OWED = "owed"
    """Recorded; nothing tried yet."""
    SENDING = "sending"
    """Claimed by a worker; if that worker dies, it becomes `in_doubt`."""
    ACCEPTED = "accepted"
    """The next server took responsibility."""
    DELIVERED = "delivered"
    REJECTED = "rejected"
    """Refused for good."""
    FAILED = "failed"
    """Given up after retries."""
    DEFERRED = "deferred"
    """Refused for now; tried again at `due`."""
    HELD = "held"
    """Waits for a hold or for a person."""
    IN_DOUBT = "in_doubt"
    """It may have gone out; nobody can tell."""
    CANCELLED = "cancelled"
    """No longer owed: the recipient left, or the words were retracted before they went out."""


FINAL = frozenset({Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.REJECTED, Outcome.FAILED, Outcome.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One owed update to one recipient through one channel."""

    incident: str
    update: str
    revision: ContentHash
    channel: Channel
    recipient: str
    """Subscriber id."""
    locale: str
    due: datetime
    outcome: Outcome = Outcome.OWED

    @property
    def key(self) -> ContentHash:
        """Hash of what makes it this delivery and no other: the idempotency key."""
        return digest([self.incident, self.update, self.revision, str(self.channel), self.recipient])


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a transport answered for one message.

    Attributes:
        provider_id: the provider's name for it, if it gave one.
        detail: its answer, first 500 characters, without addresses.
    """

    outcome: Outcome
    at: datetime
    provider_id: str | None = None
    detail: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message on the wire, to exactly one recipient.

    Attributes:
        message_id: RFC 5322 Message-ID without angle brackets; equal on every resend.
        wire: RFC 5322 bytes, CRLF.
    """

    message_id: str
    sender: str
    recipient: str
    wire: bytes
