"""The state between two runs: what was seen, what it says, and what was made of it.

    root                       what all stands on, what collective files were made of, and the names of all shards
    notes-<month>-<hash>       per incident: its files, findings, times, and the files made of it
    sketches-<month>-<hash>    per incident: what counts over all, what was said
    heads-<month>-<hash>       per incident: what lists say of it, in each language
    texts-<month>-<hash>       per incident: the incident itself
    parts-<month>-<hash>       per incident: what feeds, search and API say of it, in each language

Shards never change, so a reader of an old root reads on undisturbed. Months are those of ids. Whatever is missing,
damaged or of another version of the code is worked out anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from publisher.model.digest import ContentHash, sha256
from publisher.model.finding import Finding
from publisher.model.incident import Incident
from publisher.model.policy import Policy
from publisher.model.site import Site
from publisher.ports import Mark, Memory, Sight
from publisher.recall.codec import pack, unpack

FORMAT = 2
_ROOT = "root"
_KINDS = ("notes", "sketches", "heads", "texts", "parts")

Made: TypeAlias = tuple[str, ContentHash, int, int, int, bool]
"""A file that was made: path, SHA-256 before stamping, size, number of its headers, group, whether it is stamped."""

Sketched: TypeAlias = tuple[str, tuple[Any, ...], tuple[tuple[str, ContentHash], ...]]
"""What counts over all incidents of one: what it follows from, the sketch's values, what was said."""
Heads: TypeAlias = tuple[str, Mapping[str, tuple[object, ...]]]
"""What lists say of an incident: what it follows from, heads by locale."""


@dataclass(slots=True)
class Note:
    """What is known of one incident, or of files that should have been one.

    Attributes:
        id: the group's, see `load.roots.group_of`.
        files: (path, mark, SHA-256), sorted by path.
        readable: whether they make an incident.
        found: what its loader found.
        about: what the rules find.
        started: of the incident.
        since, until: `about`, sketch, heads and `made` hold between these.
        told: whether anybody has been told of it.
        key: identifies everything that is shown of it, together with site, policy, theme and code.
        made: what was made of it alone; None when that is not known.
        own_picture: whether `made` shows a picture of its own, which follows from the others too.
    """

    id: str
    files: tuple[tuple[str, Mark, ContentHash], ...]
    readable: bool
    found: tuple[Finding, ...]
    about: tuple[Finding, ...]
    started: datetime
    since: datetime
    until: datetime | None
    told: bool
    key: str
    made: tuple[Made, ...] | None = None
    own_picture: bool = False

    def packed(self) -> tuple[object, ...]:
        """Give its values in order."""
        return tuple(getattr(self, name) for name in Note.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Site and policy, and what is wrong with them.

    Attributes:
        key: of all they were read from.
        found: findings of loader and rules, at their codes' ordinary levels.
    """

    key: ContentHash
    site: Site
    policy: Policy
    found: tuple[Finding, ...]


@dataclass(slots=True)
class Root:
    """What all stands on.

    Attributes:
        code: of the program and all its libraries.
        sights: files that are no incidents'.
        ground: site and policy.
        env: what `made` of all notes and of `collective` was made with: ground, theme, code.
        headers: every set of headers.
        collective: name of a recipe → (what it follows from, what was made).
        stamped: path → bytes before stamping, of files that are stamped.
        world: what all collective files together follow from.
        as_of: the moment the site is true of.
        shards: (kind, month) → name.
    """

    code: str
    sights: dict[str, tuple[Mark, ContentHash]] = field(default_factory=dict)
    ground: Ground | None = None
    env: str = ""
    headers: list[tuple[tuple[str, str], ...]] = field(default_factory=list)
    collective: dict[str, tuple[str, tuple[Made, ...]]] = field(default_factory=dict)
    stamped: dict[str, bytes] = field(default_factory=dict)
    world: str = ""
    as_of: datetime | None = None
    shards: dict[tuple[str, str], str] = field(default_factory=dict)

    def packed(self) -> tuple[object, ...]:
        """Give its values in order."""
        ground = self.ground
        values = [getattr(self, name) for name in Root.__slots__]
        values[2] = None if ground is None else (ground.key, ground.site, ground.policy, ground.found)
        return (FORMAT, *values)


def _ground(packed: Any) -> Ground:  # noqa: ANN401 - what a root holds before it is read back
    key, site, policy, found = packed
    return Ground(key=key, site=site, policy=policy, found=found)


def month_of(group: str) -> str:
    """Say which shard a group is in; what has no day is in one of its own."""
    return group[:7] if len(group) > 10 and group[4] == group[7] == "-" and group[:4].isdigit() else "other"  # noqa: PLR2004


class State:
    """The state, read when it is asked for and written as a whole.

    Args:
        memory: where it is kept; None keeps nothing beyond this object.
        code: identifies the program; state of another is not read.
    """

    def __init__(self, memory: Memory | None, *, code: str) -> None:
        self._memory = memory
        self.code = code
        self.root = Root(code)
        self.notes: dict[str, Note] = {}
        self._sketches: dict[str, dict[str, Sketched]] = {}
        self._heads: dict[str, dict[str, Heads]] = {}
        self._texts: dict[str, dict[str, bytes]] = {}
        self._parts: dict[str, dict[tuple[str, str, str], tuple[tuple[str, str], Any]]] = {}
        self._incidents: dict[str, Incident] = {}
        self._fresh_texts: set[str] = set()
        self._changed: set[tuple[str, str]] = set()
        self._root_changed = False
        self._read()

    def _read(self) -> None:
        body = self._memory.get(_ROOT) if self._memory else None
        if body is None:
            return
        try:
            values = unpack(body)
            if not isinstance(values, tuple) or values[:2] != (FORMAT, self.code):
                return
            root = Root(*values[1:])
            if root.ground is not None:
                root.ground = _ground(root.ground)
            self.root = root
            for (kind, month), name in root.shards.items():
                if kind == "notes":
                    for values in self._shard(kind, month, name).values():
                        note = Note(*values)
                        self.notes[note.id] = note
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            self.root, self.notes = Root(self.code), {}

    def _shard(self, kind: str, month: str, name: str | None = None) -> dict[Any, Any]:
        name = name or self.root.shards.get((kind, month))
        body = self._memory.get(name) if self._memory and name else None
        if body is None:
            return {}
        try:
            found = unpack(body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def known(self) -> dict[str, Sight]:
        """Give every file as it was last seen."""
        found = {path: Sight(*sight) for path, sight in self.root.sights.items()}
        for note in self.notes.values():
            for path, mark, sha in note.files:
                found[path] = Sight(mark, sha)
        return found

    def sketch(self, group: str) -> Sketched | None:
        """Give what counts over all incidents of one."""
        month = month_of(group)
        if month not in self._sketches:
            self._sketches[month] = dict(self._shard("sketches", month))
        return self._sketches[month].get(group)

    def put_sketch(self, group: str, kept: Sketched) -> None:
        """Remember what counts over all incidents of one."""
        self.sketch(group)
        self._sketches[month_of(group)][group] = kept
        self.touch("sketches", group)

    def heads(self, group: str) -> Heads | None:
        """Give what lists say of an incident."""
        month = month_of(group)
        if month not in self._heads:
            self._heads[month] = dict(self._shard("heads", month))
        return self._heads[month].get(group)

    def incident(self, group: str) -> Incident | None:
        """Give an incident; None when it is not known."""
        known = self._incidents.get(group)
        if known is None:
            body = self._month_texts(group).get(group)
            try:
                found = unpack(body) if body is not None else None
            except ValueError:
                found = None
            if isinstance(found, Incident):
                known = self._incidents[group] = found
        return known

    def _month_texts(self, group: str) -> dict[str, bytes]:
        month = month_of(group)
        if month not in self._texts:
            self._texts[month] = dict(self._shard("texts", month))
        return self._texts[month]

    def _packed_texts(self, month: str) -> dict[str, bytes]:
        for group in [group for group in self._fresh_texts if month_of(group) == month]:
            if group in self._incidents:
                self._month_texts(group)[group] = pack(self._incidents[group])
            self._fresh_texts.discard(group)
        return self._texts.get(month, {})

    def put(self, note: Note, incident: Incident | None = None) -> None:
        """Remember what is known of an incident now."""
        self.notes[note.id] = note
        self.touch("notes", note.id)
        if incident is not None:
            self._incidents[note.id] = incident
            self._fresh_texts.add(note.id)
            self.touch("texts", note.id)

    def put_heads(self, group: str, kept: Heads) -> None:
        """Remember what lists say of an incident."""
        self.heads(group)
        self._heads[month_of(group)][group] = kept
        self.touch("heads", group)

    def part(self, kind: str, locale: str, group: str) -> Any:  # noqa: ANN401 - see `render.recipe.Kept`
        """Give a part made of an incident, as long as it says the same.

        Raises:
            KeyError: it is not known.
        """
        key, value = self._month_parts(group)[kind, locale, group]
        if key != self._part_key(group):
            raise KeyError(group)
        return value

    def put_part(self, kind: str, locale: str, group: str, value: object) -> None:
        """Remember a part made of an incident."""
        self._month_parts(group)[kind, locale, group] = (self._part_key(group), value)
        self.touch("parts", group)

    def _part_key(self, group: str) -> tuple[str, str]:
        return self.notes[group].key, self.root.ground.key if self.root.ground else ""

    def _month_parts(self, group: str) -> dict[tuple[str, str, str], tuple[tuple[str, str], Any]]:
        month = month_of(group)
        if month not in self._parts:
            self._parts[month] = dict(self._shard("parts", month))
        return self._parts[month]

    def forget(self, group: str) -> None:
        """Drop an incident that is no more."""
        self.notes.pop(group, None)
        self._incidents.pop(group, None)
        self.sketch(group)
        self._sketches[month_of(group)].pop(group, None)
        self.heads(group)
        self._heads[month_of(group)].pop(group, None)
        self._month_texts(group).pop(group, None)
        for key in [key for key in self._month_parts(group) if key[2] == group]:
            del self._month_parts(group)[key]
        for kind in _KINDS:
            self.touch(kind, group)

    def touch(self, kind: str, group: str) -> None:
        """Note that a shard has to be written anew."""
        self._changed.add((kind, month_of(group)))

    def touch_root(self) -> None:
        """Note that the root has to be written anew."""
        self._root_changed = True

    def header_number(self, headers: tuple[tuple[str, str], ...]) -> int:
        """Number a set of headers."""
        if headers not in self.root.headers:
            self.root.headers.append(headers)
            self._root_changed = True
        return self.root.headers.index(headers)

    def save(self) -> None:
        """Write what changed, the root last. What cannot be written is worked out again by the next run."""
        if self._memory is None or not (self._changed or self._root_changed):
            return
        notes = self._changed_notes()
        for kind, month in sorted(self._changed):
            held = notes.get(month, {}) if kind == "notes" else self._held(kind, month)
            if not held:
                self.root.shards.pop((kind, month), None)
                continue
            body = pack(held)
            name = f"{kind}-{month}-{sha256(body)[:24]}"
            if self.root.shards.get((kind, month)) != name:
                self._memory.put(name, body)
                self.root.shards[kind, month] = name
        self._memory.put(_ROOT, pack(self.root.packed()))
        self._memory.keep([_ROOT, *self.root.shards.values()])
        self._changed.clear()
        self._root_changed = False

    def _changed_notes(self) -> dict[str, dict[str, tuple[object, ...]]]:
        """Give, by month, all notes of months in which one changed."""
        months = {month for kind, month in self._changed if kind == "notes"}
        found: dict[str, dict[str, tuple[object, ...]]] = {}
        for note in self.notes.values():
            if (month := month_of(note.id)) in months:
                found.setdefault(month, {})[note.id] = note.packed()
        return found

    def _held(self, kind: str, month: str) -> Mapping[Any, object]:
        """Give all of one kind and month, but notes."""
        if kind == "texts":
            return self._packed_texts(month)
        shards: dict[str, Mapping[str, Mapping[Any, object]]] = {
            "sketches": self._sketches,
            "heads": self._heads,
            "parts": self._parts,
        }
        return shards[kind].get(month, {})

    def __iter__(self) -> Iterator[Note]:
        return iter(self.notes.values())
