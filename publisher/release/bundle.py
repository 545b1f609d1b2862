"""Artifacts become one frozen `Release`: stamped, hashed, checked for paths that must not exist.

Generation and build time enter bytes here and nowhere else. Whether a release differs from another is a question for
`Manifest.content`, which looks at the bytes before stamping.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from publisher.model.digest import ContentHash
from publisher.model.errors import RefusedError
from publisher.model.release import (
    BUILT_TOKEN,
    GENERATION_TOKEN,
    Artifact,
    Entry,
    KeptArtifact,
    Manifest,
    Release,
    Said,
    entry_of,
    kept_entry,
)
from publisher.release.manifest import written_time
from publisher.release.pointer import OBJECTS, POINTER, PRIVATE, RELEASES

MAX_PATH_BYTES = 900
"""S3 keys hold 1,024 bytes; a prefix must fit beside the path."""


class SpokenIncident(Protocol):
    """What `said` needs of an incident's view."""

    @property
    def id(self) -> str:
        """As in the address."""

    @property
    def spoken(self) -> tuple[tuple[str, ContentHash], ...]:
        """(key, revision of the source wording) of its updates."""


class Spoken(Protocol):
    """What `said` needs of a `render.view.View`; by shape, for rooms beside each other do not import each other."""

    @property
    def incidents(self) -> Sequence[SpokenIncident]:
        """Incidents."""

    @property
    def maintenances(self) -> Sequence[SpokenIncident]:
        """Planned work."""


def said(view: Spoken) -> tuple[Said, ...]:
    """List every wording a view carries, sorted by incident and update."""
    return tuple(
        sorted(
            (
                Said(incident=incident.id, update=key, revision=revision)
                for incident in (*view.incidents, *view.maintenances)
                for key, revision in incident.spoken
            ),
            key=lambda one: (one.incident, one.update),
        )
    )


def bundle(
    artifacts: Iterable[Artifact],
    *,
    generation: int,
    parent: int,
    built: datetime,
    said: tuple[Said, ...] = (),
    source: str | None = None,
    rollback_of: int | None = None,
) -> Release:
    """Freeze artifacts into a release.

    Its bodies hold, besides what is served, the unstamped form of stamped files: a rollback stamps them anew.

    Raises:
        RefusedError: two artifacts claim one path, or a path is unsafe or reserved.
    """
    entries: dict[str, Entry] = {}
    bodies: dict[ContentHash, bytes] = {}
    kept: dict[ContentHash, KeptArtifact] = {}
    for artifact in artifacts:
        if artifact.path in entries:
            raise RefusedError(
                f"Two artifacts claim the address {artifact.path!r}.", "Rename one of the pages or incidents behind it."
            )
        _check_path(artifact.path)
        if isinstance(artifact, KeptArtifact) and not artifact.stamped:
            entry = entries[artifact.path] = kept_entry(artifact)
            kept[entry.sha256] = artifact
            continue
        body = stamp(artifact.body, generation=generation, built=built) if artifact.stamped else artifact.body
        entry = entry_of(artifact, body)
        entries[artifact.path] = entry
        bodies[entry.sha256] = body
        bodies[entry.unstamped] = artifact.body
    _check_folders(entries)
    return Release(
        generation=generation,
        parent=parent,
        built=built,
        manifest=Manifest(entries={path: entries[path] for path in sorted(entries)}),
        bodies=Bodies(bodies, kept) if kept else bodies,
        said=said,
        source=source,
        rollback_of=rollback_of,
    )


class Bodies(Mapping[ContentHash, bytes]):
    """A release's bodies, of which those that are kept are made when somebody asks.

    Args:
        ready: those that are there.
        kept: those that can be made.
    """

    def __init__(self, ready: Mapping[ContentHash, bytes], kept: Mapping[ContentHash, KeptArtifact]) -> None:
        self._ready = ready
        self._kept = kept

    def __getitem__(self, sha: ContentHash) -> bytes:
        if sha in self._ready:
            return self._ready[sha]
        return self._kept[sha].body

    def __iter__(self) -> Iterator[ContentHash]:
        return iter(dict.fromkeys([*self._ready, *self._kept]))

    def __len__(self) -> int:
        return len(self._ready.keys() | self._kept.keys())

    def __contains__(self, sha: object) -> bool:
        return sha in self._ready or sha in self._kept


def stamp(body: bytes, *, generation: int, built: datetime) -> bytes:
    """Put generation and time where their tokens stand."""
    time = written_time(built.astimezone(UTC)).encode()
    return body.replace(GENERATION_TOKEN, str(generation).encode()).replace(BUILT_TOKEN, time)


_ORDINARY = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""What nearly all paths look like."""


def _check_path(path: str) -> None:
    if len(path) <= MAX_PATH_BYTES and _ORDINARY.fullmatch(path) and not path.startswith(("release", "objects")):
        return
    parts = path.split("/")
    if (
        not path
        or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES
        or any(part in {"", ".", ".."} for part in parts)
        or any(char == "\\" or unicodedata.category(char) in {"Cc", "Cs"} for char in path)
    ):
        raise RefusedError(f"{path!r} cannot be an address of the site.", "Rename the page or incident behind it.")
    if path == POINTER or f"{parts[0]}/" in {OBJECTS, RELEASES, PRIVATE}:
        raise RefusedError(
            f"The address {path!r} is taken: the publisher keeps its own record of releases there.",
            "Give the page another name.",
        )


def _check_folders(entries: Iterable[str]) -> None:
    """Refuse `a` beside `a/b`: a bucket could hold both, a folder cannot, and targets must be alike."""
    files = set(entries)
    folders: dict[str, str] = {}
    for path in sorted(files):
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders[folder] = path
            folder = folder.rpartition("/")[0]
    for folder in sorted(files & folders.keys()):
        raise RefusedError(
            f"{folder!r} cannot be both a file and a folder that holds {folders[folder]!r}.", "Rename one of the two."
        )
