"""Make the site, making anew only what follows from something else than last time.

    recipe or incident ─ key of all it follows from ─▶ equal to the kept key: the file is as it was
                                                    └▶ else: made, hashed, kept

What was kept of a file is its hash, never its bytes: should a store want those, the file is made again. Stamped files
alone are kept whole, for each run stamps them anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from publisher.model.digest import ContentHash, Plain, digest, sha256
from publisher.model.history import History, outsider
from publisher.model.incident import Incident
from publisher.model.release import Artifact, Group, KeptArtifact, Said
from publisher.ports import Sources
from publisher.recall.reading import shown_of
from publisher.recall.state import Made, Note, State

if TYPE_CHECKING:
    from publisher.render.recipe import Recipe
    from publisher.render.told import Told
    from publisher.render.view import View
    from publisher.render.views import Projection
    from publisher.site.fill import Binder
    from publisher.site.frames import Frames


class Views(Mapping[str, "View"]):
    """The public view in each of the site's languages, projected when one is looked at.

    Args:
        locales: the site's, in its order.
        project: gives the projection.
        said: gives every wording.
    """

    def __init__(
        self, locales: Sequence[str], project: Callable[[], Projection], said: Callable[[], tuple[Said, ...]]
    ) -> None:
        self._locales = tuple(locales)
        self._said = said
        self._project = project
        self._made: dict[str, View] = {}

    def __getitem__(self, locale: str) -> View:
        if locale not in self._locales:
            raise KeyError(locale)
        if locale not in self._made:
            self._made[locale] = self._project().view("public", locale)
        return self._made[locale]

    @property
    def said(self) -> tuple[Said, ...]:
        """Every wording they hold, without looking at a view."""
        return self._said()

    def __iter__(self) -> Iterator[str]:
        return iter(self._locales)

    def __len__(self) -> int:
        return len(self._locales)


class Making:
    """One making of a site.

    Args:
        sources: what was read.
        state: brought up to date by `recall.reading.read`.
        history: from there.
        frames: of the site.
        now: the run's moment.
        pictures: those of earlier runs by what they show; looked up and added to.
    """

    def __init__(
        self,
        sources: Sources,
        state: State,
        history: History,
        frames: Frames,
        *,
        now: datetime,
        pictures: MutableMapping[ContentHash, bytes] | None = None,
    ) -> None:
        self._pictures = pictures
        self.state = state
        self.history = history
        self.frames = frames
        self.now = now.astimezone(UTC)
        self.today: date = self.now.astimezone(ZoneInfo(history.site.time_zone)).date()
        self.views = Views(history.site.locales, lambda: self.projection, lambda: self.said)
        self._read = shown_of(sources, state)
        self._ground = state.root.ground.key if state.root.ground else ""
        self._env = digest([self._ground, frames.digest, state.code])
        self._fresh: dict[str, bytes] = {}
        self._told: list[Told] = []
        self._unsketched: set[str] = set()
        self._one_at_a_time = threading.RLock()

    @property
    def said(self) -> tuple[Said, ...]:
        """Give every wording the site carries, sorted by incident and update."""
        self.projection  # noqa: B018 - looks at everything
        return tuple(
            sorted(
                (Said(incident=t.id, update=key, revision=rev) for t in self._told for key, rev in t.spoken),
                key=lambda one: (one.incident, one.update),
            )
        )

    def artifacts(self) -> tuple[Artifact, ...]:
        """Give every file of the site, sorted by path."""
        root, state = self.state.root, self.state
        if root.env != self._env:
            for note in state:
                if note.made is not None:
                    note.made = None
                    state.touch("notes", note.id)
            root.collective, root.stamped, root.world, root.env = {}, {}, "", self._env
            state.touch_root()
        told = [note for note in state if note.readable and note.told]
        world = digest([self._env, str(self.today), sorted(note.key for note in told)])
        if root.world != world or any(note.made is None for note in told):
            self._make(told, world)
        found: dict[str, tuple[Made, str | Note]] = {}
        for name, (_, rows) in root.collective.items():
            found |= {made[0]: (made, name) for made in rows}
        for note in told:
            # pages that name the same picture all come with it
            found |= {made[0]: (made, note) for made in note.made or ()}
        return tuple(self._kept(*found[path]) for path in sorted(found))

    def _make(self, told: Sequence[Note], world: str) -> None:
        root, state = self.state.root, self.state
        keys = {note.id: note.key for note in told}
        collective: dict[str, tuple[str, tuple[Made, ...]]] = {}
        stamped: dict[str, bytes] = {}
        for recipe in self.recipes.values():
            key = self._key(recipe, keys, world)
            kept = root.collective.get(recipe.name)
            if kept is None or kept[0] != key:
                made = recipe.make()
                kept = (key, tuple(self._noted(artifact) for artifact in made))
                stamped |= {artifact.path: artifact.body for artifact in made if artifact.stamped}
            else:
                stamped |= {row[0]: root.stamped[row[0]] for row in kept[1] if row[5]}
            collective[recipe.name] = kept
        root.collective, root.stamped, root.world = collective, stamped, world
        state.touch_root()
        own = self._binder.own_pictures
        for note in told:
            if note.made is None or note.own_picture is not (note.id in own):
                note.own_picture = note.id in own
                note.made = tuple(self._noted(artifact) for artifact in self._of_incident(note.id))
                state.touch("notes", note.id)
        self._keep_heads()

    @staticmethod
    def _key(recipe: Recipe, keys: Mapping[str, str], world: str) -> str:
        if recipe.of is None:
            return digest([world, recipe.facts])
        return digest([[keys[incident_id] for incident_id in recipe.of], recipe.facts])

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """Give every recipe by its name."""
        from publisher.render.artifacts import data_recipes  # noqa: PLC0415 - a run that makes nothing needs none

        found = (*self._binder.recipes(), *data_recipes(self.views, _schemas, _Parts(self.state)))
        return {recipe.name: recipe for recipe in found}

    @cached_property
    def _binder(self) -> Binder:
        from publisher.site.fill import Binder  # noqa: PLC0415 - see `recipes`

        return Binder(self.views, self.frames, kept=self._pictures)

    def _of_incident(self, incident_id: str) -> tuple[Artifact, ...]:
        from publisher.render.artifacts import incident_data  # noqa: PLC0415 - see `recipes`

        return (*self._binder.incident(incident_id), *incident_data(self.views, incident_id))

    def _noted(self, artifact: Artifact) -> Made:
        number = self.state.header_number(artifact.headers)
        self._fresh[artifact.path] = artifact.body
        return (
            artifact.path,
            sha256(artifact.body),
            len(artifact.body),
            number,
            int(artifact.group),
            artifact.stamped,
        )

    def _kept(self, made: Made, origin: str | Note) -> Artifact:
        path, sha, size, headers, group, stamped = made
        return KeptArtifact(
            path=path,
            headers=self.state.root.headers[headers],
            group=_GROUPS[group],
            stamped=stamped,
            sha256=sha,
            size=size,
            make=lambda: self._body(path, origin),
        )

    def _body(self, path: str, origin: str | Note) -> bytes:
        """Make a kept file again."""
        if path in self._fresh:
            return self._fresh[path]
        if path in self.state.root.stamped:
            return self.state.root.stamped[path]
        with self._one_at_a_time:
            return self._again(path, origin)

    def _again(self, path: str, origin: str | Note) -> bytes:
        found = self._of_incident(origin.id) if isinstance(origin, Note) else self.recipes[origin].make()
        # who asks for one page of an incident soon asks for the others
        self._fresh |= {artifact.path: artifact.body for artifact in found}
        return self._fresh[path]

    @cached_property
    def projection(self) -> Projection:
        """Look at everything that has been told of."""
        from publisher.render.views import Projection  # noqa: PLC0415 - see `recipes`

        policy = self.history.policy
        hidden = policy.registry.hidden()
        shown = outsider(hidden) if hidden else None
        if hidden:
            policy = replace(policy, registry=policy.registry.outside())
        notes = [note for note in self.state if note.readable and note.told]
        notes.sort(key=lambda note: note.id)
        notes.sort(key=lambda note: note.started, reverse=True)
        self._told = [self._tell(note, shown) for note in notes]
        return Projection(self.history.site, policy, self._told, self.now)

    @cached_property
    def _told_types(self) -> ModuleType:
        from publisher.render import told  # noqa: PLC0415 - see `recipes`

        return told

    def _tell(self, note: Note, shown: Callable[[Incident], Incident] | None) -> Told:
        def read() -> Incident:
            incident = self._read(note.id)
            return shown(incident) if shown else incident

        kept = self.state.sketch(note.id)
        if kept is not None and kept[0] == self._head_key(note):
            _, values, spoken = kept
            kept_one: Told = self._told_types.Told(
                id=note.id,
                now=self.now,
                read=read,
                sketch=self._told_types.Sketch(*values),
                heads=_Heads(self.state, note.id, self._head_key(note)),
                spoken=spoken,
            )
            return kept_one
        self._unsketched.add(note.id)
        days = timedelta(days=self.history.policy.uptime.days + 2)
        fresh: Told | None = self._told_types.told(read(), self.now, keep_since=self.now - days)
        if fresh is None:
            raise AssertionError(f"{note.id} was told of and is not")
        return fresh

    def _head_key(self, note: Note) -> str:
        return f"{note.key} {self._ground}"

    def _keep_heads(self) -> None:
        """Keep what lists say of incidents, where that is new."""
        for each in self._told:
            key = self._head_key(self.state.notes[each.id])
            if each.id in self._unsketched and each.sketch.touched is not None:
                sketch = tuple(getattr(each.sketch, name) for name in self._told_types.SKETCH)
                self.state.put_sketch(each.id, (key, sketch, each.spoken))
                self._unsketched.discard(each.id)
            if each.headed:
                self.state.put_heads(each.id, (key, dict(each.heads)))
                each.headed = False


class _Heads(MutableMapping[str, tuple[object, ...]]):
    """What lists say of one incident, by language; read when it is first asked for."""

    __slots__ = ("_id", "_key", "_known", "_state")

    def __init__(self, state: State, incident_id: str, key: str) -> None:
        self._state = state
        self._id = incident_id
        self._key = key
        self._known: dict[str, tuple[object, ...]] | None = None

    @property
    def _all(self) -> dict[str, tuple[object, ...]]:
        if self._known is None:
            kept = self._state.heads(self._id)
            self._known = dict(kept[1]) if kept is not None and kept[0] == self._key else {}
        return self._known

    def __getitem__(self, locale: str) -> tuple[object, ...]:
        return self._all[locale]

    def __setitem__(self, locale: str, head: tuple[object, ...]) -> None:
        self._all[locale] = head

    def __delitem__(self, locale: str) -> None:
        del self._all[locale]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


class _Parts(MutableMapping[tuple[str, str, str], Any]):
    """What was made of single incidents; see `render.recipe.Kept`. It is asked by name alone."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __getitem__(self, key: tuple[str, str, str]) -> Any:  # noqa: ANN401 - see `render.recipe.Kept`
        return self._state.part(*key)

    def __setitem__(self, key: tuple[str, str, str], value: object) -> None:
        self._state.put_part(*key, value)

    def __delitem__(self, key: tuple[str, str, str]) -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


def _schemas() -> Mapping[str, Plain]:
    from publisher.load.schema import json_schemas  # noqa: PLC0415 - pydantic, for one file that seldom changes

    return json_schemas()


_GROUPS = {int(group): group for group in Group}
