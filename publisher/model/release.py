"""Bytes with a path and headers, and the frozen set of all of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.digest import ContentHash, digest, sha256

GENERATION_TOKEN = b"@@tidings:generation@@"
"""Stands in a stamped artifact where the release's generation goes."""
BUILT_TOKEN = b"@@tidings:built@@"
"""Stands in a stamped artifact where the release's time goes, `YYYY-MM-DDTHH:MM:SSZ`."""


class Group(enum.IntEnum):
    """Upload order: a group is complete before the next begins. The pointer comes after all, deletes last."""

    ASSETS = 1
    """Content-addressed: theme, pictures, anything whose name holds its hash."""
    PAGES = 2
    """Incident, history, component and other pages."""
    FEEDS = 3
    """Feeds, calendars and the API."""
    FRONT = 4
    """What people and programs open first: home pages and `status.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file of the site.

    Attributes:
        path: POSIX, relative to the site's root, no leading slash (`incidents/2026-…/index.html`).
        body: the bytes, maybe with the two stamp tokens in them.
        headers: `content-type`, `cache-control` and so on; lower-case names, sorted.
        stamped: whether the body holds stamp tokens. Few do: each changes with every release.
    """

    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    group: Group
    stamped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a manifest says of one path.

    Attributes:
        sha256: of the bytes as served.
        unstamped: SHA-256 before stamping; equal to `sha256` where nothing is stamped.
        size: bytes.
    """

    sha256: ContentHash
    unstamped: ContentHash
    size: int
    headers: tuple[tuple[str, str], ...]
    group: Group

    @property
    def content(self) -> ContentHash:
        """Identity of bytes-before-stamping and headers: changes only when something was changed."""
        return digest([self.unstamped, [list(h) for h in self.headers]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Path → what is there, sorted by path."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def content(self) -> ContentHash:
        """Identity of the whole site without stamps: equal means nothing to publish."""
        return digest({path: entry.content for path, entry in self.entries.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One update's wording that a release carries, and how it is known."""

    incident: str
    update: str
    revision: ContentHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A frozen set of artifacts, ready to go out.

    Attributes:
        generation: place in the sequence, from 1; 0 for a build that was not published.
        parent: generation it was planned against.
        built: the run's `now`.
        bodies: SHA-256 → bytes as served.
        said: every update's revision it carries, source locale.
        source: commit it was made from, or None.
        rollback_of: generation whose bodies it brings back, or None.
    """

    generation: int
    parent: int
    built: datetime
    manifest: Manifest
    bodies: Mapping[ContentHash, bytes] = field(default_factory=dict, repr=False)
    said: tuple[Said, ...] = ()
    source: str | None = None
    rollback_of: int | None = None

    @property
    def id(self) -> str:
        """Short name of a release: generation and the first of its content hash."""
        return f"{self.generation}-{self.manifest.content[:12]}"


def entry_of(artifact: Artifact, body: bytes) -> Entry:
    """Describe an artifact whose stamped bytes are `body`."""
    return Entry(
        sha256=sha256(body),
        unstamped=sha256(artifact.body) if artifact.stamped else sha256(body),
        size=len(body),
        headers=artifact.headers,
        group=artifact.group,
    )
