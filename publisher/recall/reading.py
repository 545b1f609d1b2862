"""Read a repository, asking of each file only whether it is still what it was.

The same functions as ever: `load_incident`, `Rules.about`. What they gave is remembered under what they were given: the
files' hashes, site and policy, and the interval between two of the incident's own times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from publisher.load.roots import MAX_SOURCE_BYTES, PUBLIC_ROOTS, group_of, is_incidents
from publisher.model.digest import ContentHash, digest, sha256
from publisher.model.errors import RefusedError
from publisher.model.finding import Finding
from publisher.model.history import History, Incidents
from publisher.model.incident import Incident
from publisher.ports import Sight, SourceFile, Sources
from publisher.recall.state import Ground, Note, State

if TYPE_CHECKING:
    from publisher.checks import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read.

    Attributes:
        history: its incidents are read when they are looked at.
        found: every finding, at its code's ordinary level; those of the rules last.
    """

    history: History
    found: tuple[Finding, ...]


def read(sources: Sources, state: State, *, now: datetime) -> Reading:
    """Bring the state up to what the sources hold at a moment."""
    now = now.astimezone(UTC)
    return _Reader(sources, state, now).read()


class _Reader:
    """One reading."""

    def __init__(self, sources: Sources, state: State, now: datetime) -> None:
        self.sources = sources
        self.state = state
        self.now = now
        self.bodies: dict[str, SourceFile] = {}
        self._rules: Rules | None = None

    def read(self) -> Reading:
        known = self.state.known()
        seen, files, unreadable = self.sources.look(roots=PUBLIC_ROOTS, max_bytes=MAX_SOURCE_BYTES, known=known)
        self.bodies = {file.path: file for file in files}
        before = self.state.root.ground
        ground = self._ground(seen)
        everything = before is None or before.key != ground.key
        if before is None or before.site.locale != ground.site.locale:
            # parsing depends on the language incidents are written in, and on nothing else
            changed = {group_of(path) for path in seen if is_incidents(path)} | set(self.state.notes)
        else:
            different = [path for path in (*seen, *known) if is_incidents(path) and seen.get(path) != known.get(path)]
            changed = {group_of(path) for path in different if not _same_bytes(seen.get(path), known.get(path))}
            self._mark_anew({group_of(path) for path in different} - changed, seen)
        if changed:
            self._load(changed, seen, ground)
        for note in list(self.state):
            current = note.since <= self.now and (note.until is None or self.now < note.until)
            if note.readable and note.id not in changed and (everything or not current):
                self._look_again(note, ground)
        return self._reading(ground, unreadable)

    def _reading(self, ground: Ground, unreadable: Sequence[Finding]) -> Reading:
        notes = [note for note in self.state if note.readable]
        notes.sort(key=lambda note: note.id)
        notes.sort(key=lambda note: note.started, reverse=True)
        found: list[Finding] = [*unreadable]
        about: list[Finding] = []
        for note in self.state:
            found += note.found
            about += note.about
        history = History(
            site=ground.site,
            policy=ground.policy,
            incidents=Incidents([note.id for note in notes], shown_of(self.sources, self.state)),
        )
        return Reading(history=history, found=(*found, *ground.found, *about))

    def _ground(self, seen: Mapping[str, Sight]) -> Ground:
        sights = {path: sight for path, sight in seen.items() if not is_incidents(path)}
        root = self.state.root
        if {path: (sight.mark, sight.sha256) for path, sight in sights.items()} != root.sights:
            root.sights = {path: (sight.mark, sight.sha256) for path, sight in sorted(sights.items())}
            self.state.touch_root()
        key = digest([[path, sight.sha256] for path, sight in sorted(sights.items())])
        if root.ground is not None and root.ground.key == key:
            return root.ground
        from publisher.checks import Rules  # noqa: PLC0415 - only a change needs loader and rules
        from publisher.load.history import load_grounds  # noqa: PLC0415

        loaded = load_grounds(self._files(sights, seen))
        rules = self._rules = Rules(loaded.site, loaded.policy)
        found = (*loaded.findings, *rules.about_policy())
        root.ground = Ground(key=key, site=loaded.site, policy=loaded.policy, found=found)
        self.state.touch_root()
        return root.ground

    def _files(self, paths: Iterable[str], seen: Mapping[str, Sight]) -> list[SourceFile]:
        """Give files, reading those that were only looked at."""
        wanted = sorted(paths)
        missing = [path for path in wanted if path not in self.bodies]
        if missing:
            files, _ = self.sources.read(roots=missing, max_bytes=MAX_SOURCE_BYTES)
            for file in files:
                if file.path in seen and seen[file.path].sha256 != sha256(file.body):
                    raise _moved(file.path)
                self.bodies[file.path] = file
        return [self.bodies[path] for path in wanted if path in self.bodies]

    def _mark_anew(self, groups: set[str], seen: Mapping[str, Sight]) -> None:
        """Note that files have other marks and the same bytes: they were checked out again, or read from a commit."""
        for group in groups:
            note = self.state.notes[group]
            files = tuple((path, seen[path].mark, sha) for path, _, sha in note.files)
            if files != note.files:
                note.files = files
                self.state.touch("notes", group)

    def _load(self, groups: set[str], seen: Mapping[str, Sight], ground: Ground) -> None:
        """Read groups of files anew."""
        from publisher.load.incidents import load_incident  # noqa: PLC0415 - see `_ground`

        inside: dict[str, list[str]] = {group: [] for group in groups}
        for path in seen:
            if is_incidents(path) and (mine := inside.get(group_of(path))) is not None:
                mine.append(path)
        for group, paths in sorted(inside.items()):
            if not paths:
                self.state.forget(group)
        # all at once: a reader of commits is asked once
        self._files([path for paths in inside.values() for path in paths], seen)
        for group, paths in sorted(inside.items()):
            files = self._files(paths, seen)
            if not files:
                continue
            marked = tuple((path, seen[path].mark, seen[path].sha256) for path in sorted(paths))
            incident, found = load_incident(group, files, locale=ground.site.locale)
            note = self._note(group, marked, incident, ground)
            note.found = found
            self.state.put(note, incident)

    def _note(
        self, group: str, marked: tuple[tuple[str, object, ContentHash], ...], incident: Incident | None, ground: Ground
    ) -> Note:
        from publisher.render.told import BEGINNING, interval, told_first  # noqa: PLC0415 - see `_ground`

        since, until = interval(incident, self.now) if incident else (BEGINNING, None)
        return Note(
            id=group,
            files=marked,  # type: ignore[arg-type] # marks are opaque here
            readable=incident is not None,
            found=(),
            about=self._about(incident, ground) if incident else (),
            started=incident.started if incident else BEGINNING,
            since=since,
            until=until,
            told=incident is not None and told_first(incident) <= self.now,
            key=digest([group, [[path, sha] for path, _, sha in marked], since.isoformat()])[:32],
        )

    def _about(self, incident: Incident, ground: Ground) -> tuple[Finding, ...]:
        if self._rules is None:
            from publisher.checks import Rules  # noqa: PLC0415 - see `_ground`

            self._rules = Rules(ground.site, ground.policy)
        return self._rules.about(incident, now=self.now)

    def _look_again(self, note: Note, ground: Ground) -> None:
        """One of its times has come, or it stands on other ground."""
        incident = incidents_of(self.sources, self.state)(note.id)
        fresh = self._note(note.id, note.files, incident, ground)
        fresh.found = note.found
        if fresh.key == note.key:
            fresh.made = note.made
        self.state.put(fresh)


def _same_bytes(one: Sight | None, other: Sight | None) -> bool:
    return one is not None and other is not None and one.sha256 == other.sha256


def _moved(path: str) -> RefusedError:
    return RefusedError(f"{path} was changed while it was read.", "Run it again.")


def incidents_of(sources: Sources, state: State) -> Callable[[str], Incident]:
    """Give what reads an incident of the state: from memory, or from its files where memory fails."""

    def one(group: str) -> Incident:
        known = state.incident(group)
        if known is not None:
            return known
        note, ground = state.notes.get(group), state.root.ground
        if note is None or not note.readable or ground is None:
            raise KeyError(group)
        from publisher.load.incidents import load_incident  # noqa: PLC0415 - memory seldom fails

        files, _ = sources.read(roots=[path for path, _, _ in note.files], max_bytes=MAX_SOURCE_BYTES)
        for file, (_, _, known_sha) in zip(files, note.files, strict=True):
            if sha256(file.body) != known_sha:
                raise _moved(file.path)
        found, _ = load_incident(group, files, locale=ground.site.locale)
        if found is None:
            raise KeyError(group)
        state.put(replace(note), found)
        return found

    return one


def shown_of(sources: Sources, state: State) -> Callable[[str], Incident]:
    """Give what reads an incident as it leaves the house: with what policy replaces replaced."""
    read, ground = incidents_of(sources, state), state.root.ground
    if ground is None or not ground.policy.redaction.replaces:
        return read
    from publisher.checks.redaction import public_words  # noqa: PLC0415 - see `_ground`
    from publisher.checks.redactor import Redactor, own_names  # noqa: PLC0415

    redactor = Redactor(ground.policy.redaction, own_names(ground.site, ground.policy))
    return lambda group: public_words(read(group), redactor)
