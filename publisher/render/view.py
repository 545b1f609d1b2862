"""What one audience may read in one language: the allow-list, as types.

From here on internal text does not exist. Everything a page, feed, API document, mail or banner shows comes from a
`View`; `views.project` is the only place that makes one. Texts are in the view's locale; where no current translation
exists, the source text stands, and its `freshness` says so.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from publisher.model.component import Impact
from publisher.model.digest import ContentHash
from publisher.model.incident import Category, Disclosure, Kind, Scope, Severity, Status
from publisher.model.policy import Uptime
from publisher.model.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One text, in every form that channels need.

    Attributes:
        markdown: as written.
        html: safe HTML (nh3), no wrapping element.
        text: plain text, LF, links as `words (address)`.
        locale: language of this very text, for `lang`.
    """

    markdown: str
    html: str
    text: str
    locale: str


class Freshness(enum.StrEnum):
    """How a text in this locale relates to its source."""

    SOURCE = "source"
    TRANSLATED = "translated"
    STALE = "stale"
    """A translation exists, of an older source; the source is shown."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactChange:
    """A component's impact before and after an update."""

    component: str
    name: str
    old: Impact
    new: Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateView:
    """One update.

    Attributes:
        id: 12 characters of base 36, stable under a change of words.
        key: the model's key.
        revision: of the wording shown.
        said: revision of the source wording.
        status: as written, maybe `update`.
        state: in force after it, never `update`.
        changes: every component the incident names, with impact before and after.
        revises: why its words were corrected, if they were.
    """

    id: str
    key: str
    revision: ContentHash
    said: ContentHash
    at: datetime
    status: Status
    state: Status
    words: Words
    freshness: Freshness
    who: str | None
    meanwhile: str | None
    next: datetime | None
    changes: tuple[ImpactChange, ...]
    revises: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """A component an incident touches: by name, or because it depends on one that is named."""

    id: str
    name: str
    impact: Impact
    through: str | None = None
    """Name of the component it depends on; None when named by the writer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident or maintenance.

    Attributes:
        id: as in the address.
        code: 12 characters of base 36, for the Statuspage API.
        impact: the gravest its components reached; for the API's `impact`.
        impact_now: the gravest they are in now.
        affected: named components with impact now (worst reached, once closed), then those affected through them.
        named, touched: ids of the components the writer named, and of all in `affected`.
        updates: newest first.
        started, ended: UTC; `ended` None while open.
        occurrences: for maintenance, (begin, end) of the windows around now, earliest first; one unless it recurs.
        active: affects customers now.
    """

    id: str
    code: str
    kind: Kind
    title: str
    headline: str
    category: Category
    severity: Severity
    scope: Scope
    regions: tuple[str, ...]
    tags: tuple[str, ...]
    status: Status
    impact: Impact
    impact_now: Impact
    affected: tuple[Affected, ...]
    named: tuple[str, ...]
    touched: tuple[str, ...]
    disclosure: Disclosure
    started: datetime
    detected: datetime | None
    ended: datetime | None
    updated: datetime
    created: datetime
    active: bool
    open: bool
    next: datetime | None
    occurrences: tuple[tuple[datetime, datetime], ...]
    rrule: str | None
    updates: Sequence[UpdateView]
    freshness: Freshness
    locale: str
    """Language of the title."""
    window: tuple[datetime, datetime] | None = None
    """A maintenance's first window, from which `rrule` counts."""
    spoken: tuple[tuple[str, ContentHash], ...] = ()
    """(key, revision of the source wording) of every update, newest first: known without looking at updates."""
    private: Words | None = None
    """What only this view's segment reads of it; always None for the public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """One component's day.

    Attributes:
        impact: the gravest of the day; None before the component existed.
        minutes: (impact, minutes) of each impact but operational, gravest first; maintenance apart from outages.
        incidents: ids of the day's incidents, earliest first.
    """

    day: date
    impact: Impact | None
    minutes: tuple[tuple[Impact, int], ...]
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentView:
    """One component.

    Attributes:
        code: 12 characters of base 36.
        impact: its own, now.
        through: names of components in trouble it depends on, when its own impact is operational.
        uptime: share of the shown days it was available by the policy's weights, 0 to 1; None when it has no days yet.
        created, updated: for the API.
    """

    id: str
    code: str
    name: str
    description: str | None
    group: str | None
    impact: Impact
    through: tuple[str, ...]
    days: tuple[DayView, ...]
    uptime: float | None
    since: date | None
    created: datetime
    updated: datetime
    position: int
    showcase: bool
    only_show_if_degraded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Components shown together. `parent` is the enclosing group's id."""

    id: str
    code: str
    name: str
    description: str | None
    parent: str | None
    impact: Impact
    components: tuple[str, ...]
    position: int


class Indicator(enum.StrEnum):
    """The Statuspage API's four words for the whole."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that one audience may read in one language at one moment.

    Attributes:
        as_of: the moment it is true of: the newest of all updates, window edges passed and day begun; not the clock.
        today: the day in the site's zone.
        overall: the gravest impact now.
        open_incidents: active incidents, gravest first, then newest.
        incidents: all incidents that are not maintenance, newest first; `open_incidents` among them.
        maintenances: all maintenances, newest first by beginning.
        ordered: component and group ids as pages show them.
        uptime: how availability is counted, to be told beside the figures.
    """

    audience: str
    locale: str
    site: Site
    as_of: datetime
    today: date
    overall: Impact
    indicator: Indicator
    open_incidents: tuple[IncidentView, ...]
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[IncidentView, ...]
    components: tuple[ComponentView, ...]
    groups: tuple[GroupView, ...]
    ordered: tuple[str, ...] = ()
    by_id: Mapping[str, IncidentView] = field(default_factory=dict, repr=False)
    uptime: Uptime = field(default_factory=Uptime)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailUpdate:
    """One update as a mail tells it: frozen in the outbox as plain JSON, rendered when it leaves.

    Attributes:
        path: of the incident's page in this locale, relative to the site.
        impact: of the incident now.
        affected: names, in order.
    """

    incident: str
    title: str
    kind: Kind
    severity: Severity
    status: Status
    state: Status
    impact: Impact
    affected: tuple[str, ...]
    at: datetime
    started: datetime
    next: datetime | None
    who: str | None
    meanwhile: str | None
    html: str
    text: str
    text_locale: str
    revises: str | None
    update: str
    revision: ContentHash
    path: str
