"""One incident as pages about many see it: what it follows from, and the rest only when somebody looks.

    Sketch   what counts over all incidents, in no language: small, kept between runs
    head     what lists say of it in one language: an `IncidentView` without its updates, kept as plain values, and
             read when somebody looks at more than when it was and what it touched
    Course   all of it, made from the incident itself

Each is valid while `since <= now < until`: between two of the incident's own times nothing about it changes. So a
builder that kept sketch and heads needs the incident itself for its own page only, and for feeds that quote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TypeAlias, overload

from publisher.model.component import Impact
from publisher.model.digest import ContentHash
from publisher.model.incident import Incident, Kind
from publisher.render.timeline import Course, Stretch, course, stretches
from publisher.render.view import Affected, IncidentView, UpdateView

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything."""
_EVER = datetime(9000, 1, 1, tzinfo=UTC)

Head: TypeAlias = tuple[object, ...]
"""The values of an `IncidentView` without updates, in the order of its fields; `affected` as tuples."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What counts over all incidents.

    Attributes:
        last: the newest of its times that has come, or None when none has.
        edge: the newest edge of a window that has come.
        named, now: its components, and the impact each is in now.
        touched: all components it affects, those through others too; None when its course must be asked.
        weight: (begin, end, component, impact) of the times it weighed on them; None when its course must be asked:
            while it is open, and long after it is over.
    """

    id: str
    kind: Kind
    started: datetime
    ended: datetime | None
    created: datetime
    updated: datetime
    open: bool
    active: bool
    last: datetime | None
    edge: datetime | None
    named: tuple[str, ...]
    now: tuple[Impact, ...]
    weight: tuple[tuple[datetime, datetime, str, Impact], ...] | None = None
    touched: tuple[str, ...] | None = None


class Updates(Sequence[UpdateView]):
    """Updates that are made when one of them is looked at.

    Args:
        count: how many there are.
        make: gives all.
    """

    __slots__ = ("_count", "_made", "_make")

    def __init__(self, count: int, make: Callable[[], tuple[UpdateView, ...]]) -> None:
        self._count = count
        self._make = make
        self._made: tuple[UpdateView, ...] | None = None

    def _all(self) -> tuple[UpdateView, ...]:
        if self._made is None:
            self._made = self._make()
        return self._made

    @overload
    def __getitem__(self, place: int) -> UpdateView: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[UpdateView, ...]: ...
    def __getitem__(self, place: int | slice) -> UpdateView | tuple[UpdateView, ...]:
        return self._all()[place]

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[UpdateView]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


@dataclass(slots=True, kw_only=True)
class Told:
    """One incident that has been told of.

    Attributes:
        read: gives the incident as those outside may know it.
        heads: locale → what lists say of it; looked up and added to.
        headed: whether anything was added.
        spoken: (update's key, revision) of everything said so far, newest first.
    """

    id: str
    now: datetime
    read: Callable[[], Incident]
    sketch: Sketch
    heads: MutableMapping[str, Head] = field(default_factory=dict)
    spoken: tuple[tuple[str, ContentHash], ...] = ()
    headed: bool = False
    _course: Course | None = None

    @property
    def course(self) -> Course:
        """Follow it until now."""
        if self._course is None:
            self._course = course(self.read(), self.now)
        return self._course

    def stretches(self, as_of: datetime) -> Sequence[Stretch]:
        """Give the times in which it weighed on its components, until `as_of`."""
        weight, sketch = self.sketch.weight, self.sketch
        if weight is None or (sketch.last is not None and sketch.last >= as_of):
            # what begins and ends at this very moment counts now, and never again
            return stretches(self.course, as_of)
        return [Stretch(begin=b, end=e, component=c, impact=i, incident=self.id) for b, e, c, i in weight]


def told(incident: Incident, now: datetime, *, keep_since: datetime | None = None) -> Told | None:
    """Look at an incident as of a moment; None when nobody has been told of it by then. See `sketch`."""
    if told_first(incident) > now:
        return None
    followed = course(incident, now)
    return Told(
        id=incident.id,
        now=now,
        read=lambda: incident,
        sketch=sketch(followed, now, keep_since=keep_since),
        spoken=tuple((said.key, said.revision) for said in reversed(followed.said)),
        _course=followed,
    )


def told_first(incident: Incident) -> datetime:
    """Give when an incident is told of: with its first update; one without speaks from its beginning."""
    return incident.updates[0].at if incident.updates else incident.started


def sketch(followed: Course, now: datetime, *, keep_since: datetime | None = None) -> Sketch:
    """Give what counts over all incidents of one.

    Args:
        followed: the incident until now.
        now: that moment.
        keep_since: an incident that ended before needs no weight.
    """
    incident = followed.incident
    edges = [edge for window in followed.windows for edge in window if edge <= now]
    moments = [m for m in (incident.started, followed.updated, *edges) if m <= now]
    weight = None
    recent = keep_since is None or followed.ended is None or followed.ended >= keep_since
    if not followed.open and recent:
        weight = tuple((s.begin, s.end, s.component, s.impact) for s in stretches(followed, _EVER))
    return Sketch(
        id=incident.id,
        kind=incident.kind,
        started=incident.started,
        ended=followed.ended,
        created=followed.created,
        updated=followed.updated,
        open=followed.open,
        active=followed.active,
        last=max(moments, default=None),
        edge=max(edges, default=None),
        named=followed.named,
        now=tuple(followed.now[c] for c in followed.named),
        weight=weight,
    )


def interval(incident: Incident, now: datetime) -> tuple[datetime, datetime | None]:
    """Give (since, until): between these moments everything said of an incident stays as it is now."""
    times = [incident.started, *(update.at for update in incident.updates)]
    if incident.detected is not None:
        times.append(incident.detected)
    if incident.window is not None:
        times += [edge for window in course(incident, now).windows for edge in window]
        times += [incident.window.begins, incident.window.ends]
    return (
        max((moment for moment in times if moment <= now), default=BEGINNING),
        min((moment for moment in times if moment > now), default=None),
    )


_KNOWN = ("id", "kind", "started", "ended", "updated", "created", "active", "open", "named", "touched")
_FIELDS = tuple(f.name for f in fields(IncidentView) if f.name not in {"updates", "spoken", *_KNOWN})
_AFFECTED = _FIELDS.index("affected")


def head_of(view: IncidentView) -> Head:
    """Write down what lists say of an incident."""
    values = [getattr(view, name) for name in _FIELDS]
    values[_AFFECTED] = tuple((a.id, a.name, a.impact, a.through) for a in view.affected)
    return tuple(values)


class Listed(IncidentView):
    """An incident of which lists know when it was and what it touched; its head is read when more is looked at.

    Args:
        sketch: with `touched`.
        head: gives the rest, by `_FIELDS`.
        updates, spoken: as in `IncidentView`.
    """

    __slots__ = ("_head",)

    _head: Callable[[], Head]

    def __init__(
        self,
        sketch: Sketch,
        head: Callable[[], Head],
        updates: Sequence[UpdateView],
        spoken: tuple[tuple[str, ContentHash], ...],
    ) -> None:
        put = object.__setattr__
        for name in _KNOWN:
            put(self, name, getattr(sketch, name))
        put(self, "updates", updates)
        put(self, "spoken", spoken)
        put(self, "_head", head)

    def __eq__(self, other: object) -> bool:
        """Compare what both say, whenever it was read."""
        if not isinstance(other, IncidentView):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(IncidentView))

    __hash__ = IncidentView.__hash__

    def __getattr__(self, name: str) -> object:
        """Read the head: a slot that is empty was asked for."""
        if name not in _FIELDS:
            raise AttributeError(name)
        for field_name, value in zip(_FIELDS, self._head(), strict=True):
            object.__setattr__(self, field_name, value)
        rows = object.__getattribute__(self, "affected")
        affected = tuple(Affected(id=i, name=n, impact=m, through=t) for i, n, m, t in rows)
        object.__setattr__(self, "affected", affected)
        return object.__getattribute__(self, name)


SKETCH = tuple(f.name for f in fields(Sketch))
"""The names of a sketch's values, in order."""
