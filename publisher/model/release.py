"""Bytes with a path and headers, and the frozen set of all of them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.digest import ContentHash, digest, sha256
from publisher.model.errors import RefusedError

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


class KeptArtifact(Artifact):
    """A file that is known without being made: its bytes are made when somebody asks for them.

    Attributes:
        sha256: of the body, before stamping.
        size: of the body, bytes.
    """

    __slots__ = ("_make", "sha256", "size")

    sha256: ContentHash
    size: int
    _make: Callable[[], bytes]

    def __init__(
        self,
        *,
        path: str,
        headers: tuple[tuple[str, str], ...],
        group: Group,
        stamped: bool,
        sha256: ContentHash,
        size: int,
        make: Callable[[], bytes],
    ) -> None:
        put = object.__setattr__
        put(self, "path", path)
        put(self, "headers", headers)
        put(self, "group", group)
        put(self, "stamped", stamped)
        put(self, "sha256", sha256)
        put(self, "size", size)
        put(self, "_make", make)

    @property
    def body(self) -> bytes:
        """The bytes.

        Raises:
            RefusedError: they are not those that are known.
        """
        made = self._make()
        if sha256(made) != self.sha256:
            raise RefusedError(
                f"{self.path} does not come out as it did before.",
                "Something changed while the site was built: run it again. Remove .tidings/cache if it stays so.",
            )
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Artifact) and _whole(self) == _whole(other)

    def __hash__(self) -> int:
        return hash((self.path, self.sha256))

    def __repr__(self) -> str:
        return f"KeptArtifact(path={self.path!r}, sha256={self.sha256!r})"


def _whole(artifact: Artifact) -> tuple[object, ...]:
    return (artifact.path, artifact.body, artifact.headers, artifact.group, artifact.stamped)


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


def kept_entry(artifact: KeptArtifact) -> Entry:
    """Describe a kept artifact that is not stamped, without making it."""
    return Entry(
        sha256=artifact.sha256,
        unstamped=artifact.sha256,
        size=artifact.size,
        headers=artifact.headers,
        group=artifact.group,
    )


def entry_of(artifact: Artifact, body: bytes) -> Entry:
    """Describe an artifact whose stamped bytes are `body`."""
    return Entry(
        sha256=sha256(body),
        unstamped=sha256(artifact.body) if artifact.stamped else sha256(body),
        size=len(body),
        headers=artifact.headers,
        group=artifact.group,
    )
