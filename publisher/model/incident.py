"""An incident or maintenance, what was said about it, and what each wording's hash is.

`Incident` and its parts are what the writer typed, validated. What may be shown of it to whom is decided in
`render.views`; which fields are internal is decided by the schema in `load.incidents`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.component import Impact
from publisher.model.digest import ContentHash, digest
from publisher.model.finding import Place


class Kind(enum.StrEnum):
    """Something that went wrong, or something planned."""

    INCIDENT = "incident"
    MAINTENANCE = "maintenance"


class Category(enum.StrEnum):
    """What sort of thing happened; picks playbook and templates."""

    OUTAGE = "outage"
    DEGRADATION = "degradation"
    DATA_BREACH = "data_breach"
    SECURITY = "security"
    DATA_LOSS = "data_loss"
    MAINTENANCE = "maintenance"
    MAINTENANCE_OVERRUN = "maintenance_overrun"
    VENDOR = "vendor"


class Severity(enum.StrEnum):
    """How bad, worst first."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"


class Scope(enum.StrEnum):
    """How far it reaches."""

    LOCAL = "local"
    REGIONAL = "regional"
    GLOBAL = "global"


class Disclosure(enum.StrEnum):
    """What may be said of the cause."""

    NONE = "none"
    HYPOTHESIS = "hypothesis"
    CONFIRMED = "confirmed"


class Status(enum.StrEnum):
    """Where an incident or maintenance stands after an update."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"
    UPDATE = "update"
    """Says something without changing where the incident stands."""
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"


INCIDENT_STATUSES = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED, Status.POSTMORTEM)
MAINTENANCE_STATUSES = (Status.SCHEDULED, Status.IN_PROGRESS, Status.VERIFYING, Status.COMPLETED)
CLOSED = frozenset({Status.RESOLVED, Status.POSTMORTEM, Status.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is known of the cause and how far it may be told.

    Attributes:
        vendor: id of the vendor involved (internal: naming a vendor is a decision).
    """

    disclosure: Disclosure = Disclosure.NONE
    vendor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a maintenance takes place.

    Attributes:
        begins: first moment, UTC.
        ends: first moment after it, UTC.
        rrule: RFC 5545 section 3.3.10 recurrence, without DTSTART, or None.
    """

    begins: datetime
    ends: datetime
    rrule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One thing we said.

    Attributes:
        at: the moment it speaks from, UTC.
        status: as the heading gives it; `UPDATE` keeps the one before.
        body: CommonMark, normalised: NFC, LF, no trailing blanks, ends without newline.
        components: impact from here on for the components named; None says nothing about impact.
        who: whom it concerns, one line.
        meanwhile: what readers can do meanwhile, one line.
        next: when we promised to speak again, UTC.
        template: `category/status@version` of the template used, if any.
        revises: why the words of this update were corrected after they were sent.
        ordinal: place among the incident's updates of the same moment and status, from 0.
    """

    at: datetime
    status: Status
    body: str
    components: Mapping[str, Impact] | None = None
    who: str | None = None
    meanwhile: str | None = None
    next: datetime | None = None
    template: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    revises: str | None = None
    ordinal: int = 0
    place: Place = field(default=Place(path=""), compare=False)

    @property
    def key(self) -> str:
        """Name this update within its incident; survives a change of words, not of time or status."""
        return f"{self.at.isoformat(timespec='seconds')[:19]}Z/{self.status}/{self.ordinal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """An incident's words in another language.

    Attributes:
        of: revision of the source it translates, or None when the file does not say.
        bodies: update key → translated CommonMark; a missing key means not translated yet.
        facts: update key → translated (who, meanwhile).
    """

    locale: str
    title: str
    headline: str | None = None
    of: ContentHash | None = None
    bodies: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    place: Place = field(default=Place(path=""), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Internal:
    """Fields of the front matter that only colleagues may read. No view ever copies from here.

    Attributes:
        fields: dotted name → text, as typed. The schema says which names are internal.
    """

    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One thing that went wrong or is planned, with all that was said about it.

    Attributes:
        id: `YYYY-MM-DD-slug`, the file's or folder's name.
        headline: the home page's sentence; None means the title serves.
        components: impact at the start, in the writer's order.
        started: when customers began to be affected, UTC. For a maintenance, the window's beginning.
        updates: oldest first, whatever the file's order.
        translations: locale → words.
        private: segment → CommonMark for that segment only.
        locale: language of the source text.
        as_imported: nobody has touched the file since it was imported, so its words were public before.
    """

    id: str
    kind: Kind
    title: str
    headline: str | None = None
    category: Category
    severity: Severity
    scope: Scope
    regions: tuple[str, ...] = ()
    components: Mapping[str, Impact] = field(default_factory=dict)
    started: datetime
    detected: datetime | None = None
    window: Window | None = None
    cause: Cause = Cause()
    tags: tuple[str, ...] = ()
    locale: str = "en"
    updates: tuple[Update, ...] = ()
    translations: Mapping[str, Translation] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    internal: Internal = field(default=Internal(), compare=False)
    imported_from: str | None = None
    as_imported: bool = False
    place: Place = field(default=Place(path=""), compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Dotted field name (`components.checkout`, `window.from`) → where it stands in the file."""

    def at(self, name: str) -> Place:
        """Say where a field stands; the file's beginning if it is not written there."""
        return self.places.get(name, self.place)

    @property
    def status(self) -> Status:
        """Where it stands now: the last status that is not `update`."""
        for update in reversed(self.updates):
            if update.status is not Status.UPDATE:
                return update.status
        return Status.SCHEDULED if self.kind is Kind.MAINTENANCE else Status.INVESTIGATING

    @property
    def is_open(self) -> bool:
        """Say whether it is still going on or still to come."""
        return self.status not in CLOSED

    @property
    def ended(self) -> datetime | None:
        """When it was first declared over without being reopened later; None while open."""
        end: datetime | None = None
        for update in self.updates:
            if update.status in CLOSED:
                end = end or update.at
            elif update.status is not Status.UPDATE:
                end = None
        return end

    @property
    def updated(self) -> datetime:
        """When we last said something; the start if nothing was said."""
        return self.updates[-1].at if self.updates else self.started


def revision(incident: Incident, update: Update, locale: str | None = None) -> ContentHash:
    """Hash one wording of one update: what a channel delivers and an approval covers.

    Args:
        incident: the incident it belongs to.
        update: the update.
        locale: a translation's locale; None or the source's gives the source wording.
    """
    translation = incident.translations.get(locale) if locale and locale != incident.locale else None
    body, who, meanwhile = update.body, update.who, update.meanwhile
    title = incident.title
    if translation is not None:
        title = translation.title
        body = translation.bodies.get(update.key, body)
        who, meanwhile = translation.facts.get(update.key, (who, meanwhile))
    return digest(
        {
            "incident": incident.id,
            "update": update.key,
            "locale": translation.locale if translation else incident.locale,
            "title": title,
            "body": body,
            "components": {k: str(v) for k, v in (update.components or {}).items()},
            "who": who,
            "meanwhile": meanwhile,
            "next": update.next.isoformat() if update.next else None,
        }
    )


def source_revision(incident: Incident) -> ContentHash:
    """Hash all source wordings of an incident: what a translation names as its `of`."""
    return digest(
        {
            "title": incident.title,
            "headline": incident.headline,
            "updates": [[u.key, u.body, u.who, u.meanwhile] for u in incident.updates],
        }
    )
