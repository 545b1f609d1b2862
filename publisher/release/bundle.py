"""Artifacts become one frozen `Release`: stamped, hashed, checked for paths that must not exist.

Generation and build time enter bytes here and nowhere else. Whether a release differs from another is a question for
`Manifest.content`, which looks at the bytes before stamping.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from publisher.model.digest import ContentHash
from publisher.model.errors import RefusedError
from publisher.model.release import (
    BUILT_TOKEN,
    GENERATION_TOKEN,
    Artifact,
    Entry,
    Manifest,
    Release,
    Said,
    entry_of,
)
from publisher.release.pointer import OBJECTS, POINTER, PRIVATE, RELEASES, written_time

MAX_PATH_BYTES = 900
"""S3 keys hold 1,024 bytes; a prefix must fit beside the path."""


class SpokenUpdate(Protocol):
    """What `said` needs of an update's view."""

    @property
    def key(self) -> str:
        """The model's key."""

    @property
    def said(self) -> ContentHash:
        """Revision of the source wording."""


class SpokenIncident(Protocol):
    """What `said` needs of an incident's view."""

    @property
    def id(self) -> str:
        """As in the address."""

    @property
    def updates(self) -> Sequence[SpokenUpdate]:
        """Its updates."""


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
                Said(incident=incident.id, update=update.key, revision=update.said)
                for incident in (*view.incidents, *view.maintenances)
                for update in incident.updates
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
    for artifact in artifacts:
        if artifact.path in entries:
            raise RefusedError(
                f"Two artifacts claim the address {artifact.path!r}.", "Rename one of the pages or incidents behind it."
            )
        _check_path(artifact.path)
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
        bodies=bodies,
        said=said,
        source=source,
        rollback_of=rollback_of,
    )


def stamp(body: bytes, *, generation: int, built: datetime) -> bytes:
    """Put generation and time where their tokens stand."""
    time = written_time(built.astimezone(UTC)).encode()
    return body.replace(GENERATION_TOKEN, str(generation).encode()).replace(BUILT_TOKEN, time)


def _check_path(path: str) -> None:
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
    for path in sorted(files):
        parts = path.split("/")
        for end in range(1, len(parts)):
            if (folder := "/".join(parts[:end])) in files:
                raise RefusedError(
                    f"{folder!r} cannot be both a file and a folder that holds {path!r}.", "Rename one of the two."
                )
