"""An incident of another status page in our words, before it becomes a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.component import Impact
from publisher.model.finding import Finding, Level, Place
from publisher.model.incident import Category, Kind, Severity, Status, Window

LEFT_OUT = "TID601"
"""An entry that could not be brought in."""
DECIDED = "TID602"
"""Something the source contradicts itself about; what was decided."""
ADAPTED = "TID603"
"""The same words in another form."""
EDITED = "TID604"
"""A file that stays as it is because somebody has edited it since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryUpdate:
    """One thing that was said.

    Attributes:
        body: Markdown as our loader reads it; may be empty where the source said nothing but the status.
        components: name in the source → impact from here on.
    """

    at: datetime
    status: Status
    body: str
    components: Mapping[str, Impact] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One foreign incident or maintenance.

    Attributes:
        source: what it was imported from, `cstate` or `statuspage`.
        source_id: its stable id there; with `source` it is what a later run recognises it by.
        slug: wish for the part of our id after the date.
        components: name in the source → impact at the start, in the source's order.
        updates: oldest first.
        extra: facts our form has no place for; kept as internal fields.
        place: where it stands in the source.
    """

    source: str
    source_id: str
    slug: str
    title: str
    kind: Kind
    category: Category
    severity: Severity
    started: datetime
    components: Mapping[str, Impact] = field(default_factory=dict)
    window: Window | None = None
    updates: tuple[EntryUpdate, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGroup:
    """A group of components as the source names it."""

    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenComponent:
    """A component as the source names it.

    Attributes:
        listed: the source's page shows it; False for one that only incidents name.
    """

    name: str
    description: str | None = None
    group: str | None = None
    listed: bool = True
    only_show_if_degraded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """All that a source gave.

    Attributes:
        entries: oldest first.
        found: how many entries the source holds, those that were left out included.
    """

    entries: tuple[Entry, ...] = ()
    groups: tuple[SeenGroup, ...] = ()
    components: tuple[SeenComponent, ...] = ()
    findings: tuple[Finding, ...] = ()
    found: int = 0


def left_out(place: Place, what: str, fix: str) -> Finding:
    """Say that an entry is not brought in, and why."""
    return Finding(code=LEFT_OUT, level=Level.ERROR, place=place, what=what, fix=fix)


def decided(place: Place, what: str, fix: str) -> Finding:
    """Say what was made of something that contradicts itself or is missing."""
    return Finding(code=DECIDED, level=Level.WARNING, place=place, what=what, fix=fix)


def adapted(place: Place, what: str, fix: str = "Nothing needs to be done.") -> Finding:
    """Say that the same words stand there in another form."""
    return Finding(code=ADAPTED, level=Level.NOTE, place=place, what=what, fix=fix)
