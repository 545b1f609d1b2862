"""What a release holds and where each body of it lies: a root document and its shards.

The root is small whatever the size of the site. It names shards, each with the files, or the words said, of a fixed
part of the site, so that an edit writes the shards it touches and no others. All lie in packs; every one is named with
its SHA-256 by what names it, up to the pointer.

None of them names the commit a release was made from: a commit covers internal files too, and two repositories that
differ only there must publish the same bytes. The ledger knows it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from publisher.model.digest import ContentHash, Plain, canonical_json
from publisher.model.errors import StorageError
from publisher.model.release import Entry, Group, Manifest, Release, Said
from publisher.release.pack import HERE, RELEASES, Blob

OBJECTS = "objects/"
FORMAT = 2
FORMER_FORMAT = 1
"""One document per release, every body an object of its own under `objects/`. Read, never written."""
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError)
RECOVER = "Look at the file; removing release.json makes the next publish write the whole site anew."
MAX_SHARDS = 1024
_PER_SHARD = 128
"""Lines of a shard on average, at the most that a site of ordinary size has."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A release as its manifest tells it, without bodies.

    Attributes:
        release: what was published.
        spots: where each body lies, as served and unstamped.
        files: the shards of files, by number; None for an empty one.
        said: the shards of words, likewise.
        kept: (generation, root) of the older releases that are kept whole, oldest first.
        dropped: (generation, keys): what this generation and later ones no longer use, but kept ones do.
        waste: keys that no kept release uses, not yet removed.
        removing: whether its publisher was to remove them. If it came to its end, they are gone.
        former: whether it was written by the former protocol, which knew no kept, dropped and waste.
    """

    release: Release
    spots: Mapping[ContentHash, Blob] = field(default_factory=dict)
    files: tuple[Blob | None, ...] = ()
    said: tuple[Blob | None, ...] = ()
    kept: tuple[tuple[int, Blob], ...] = ()
    dropped: tuple[tuple[int, tuple[str, ...]], ...] = ()
    waste: tuple[str, ...] = ()
    removing: bool = False
    former: bool = False

    @property
    def shards(self) -> tuple[Blob, ...]:
        """Every shard there is."""
        return tuple(blob for blob in (*self.files, *self.said) if blob is not None)

    @property
    def keys(self) -> frozenset[str]:
        """Every object it needs, but for its root's."""
        return frozenset(blob.key for blob in (*self.shards, *self.spots.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A root as read: everything but what its shards say."""

    generation: int
    parent: int
    built: datetime
    rollback_of: int | None
    files: tuple[Blob | None, ...]
    said: tuple[Blob | None, ...]
    kept: tuple[tuple[int, Blob], ...]
    dropped: tuple[tuple[int, tuple[str, ...]], ...]
    waste: tuple[str, ...]
    removing: bool

    @property
    def shards(self) -> tuple[Blob, ...]:
        """Every shard there is."""
        return tuple(blob for blob in (*self.files, *self.said) if blob is not None)


def shard_count(lines: int, *, before: int) -> int:
    """Say how many shards so many lines want: a power of two, and as before unless that is far off."""
    want = 1
    while want < MAX_SHARDS and lines > want * _PER_SHARD:
        want *= 2
    return before if before and before <= want * 2 and want <= before * 2 else want


def shard_of(name: str, count: int) -> int:
    """Say in which shard a path or an incident is."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % count


def render_files(entries: Iterable[tuple[str, Entry]], spots: Mapping[ContentHash, Blob]) -> bytes:
    """Write a shard of files. Header sets and objects are listed once and named by number."""
    lines = list(entries)
    sets = sorted({entry.headers for _, entry in lines})
    needed = sorted({spots[sha].key for _, entry in lines for sha in (entry.sha256, entry.unstamped)} - {HERE})
    # bodies of the former protocol lie under their hash; their keys need no list
    keys = [HERE, *(key for key in needed if not key.startswith(OBJECTS))]
    set_number = {headers: n for n, headers in enumerate(sets)}
    key_number = {key: n for n, key in enumerate(keys)}
    files: dict[str, Plain] = {}
    for path, entry in lines:
        spot = spots[entry.sha256]
        line: dict[str, Plain] = {
            "group": entry.group.name.lower(),
            "headers": set_number[entry.headers],
            "sha256": entry.sha256,
            "size": entry.size,
        }
        if (at := _where(spot, key_number)) is not None:
            line["at"] = at
        if spot.md5 is not None:
            line["md5"] = spot.md5
        if entry.unstamped != entry.sha256:
            line["unstamped"] = entry.unstamped
            if (at := _where(spots[entry.unstamped], key_number)) is not None:
                line["unstamped_at"] = at
        files[path] = line
    return document({"headers": [[list(pair) for pair in headers] for headers in sets], "in": keys, "files": files})


def parse_files(body: bytes, *, key: str) -> tuple[dict[str, Entry], dict[ContentHash, Blob]]:
    """Read a shard of files that lies in the object `key`.

    Raises:
        StorageError: it is not one of ours.
    """
    try:
        data = json.loads(body)
        sets = [tuple((str(name), str(value)) for name, value in pairs) for pairs in data["headers"]]
        keys = [str(one) or key for one in data["in"]]
        entries: dict[str, Entry] = {}
        spots: dict[ContentHash, Blob] = {}
        for path, line in data["files"].items():
            sha = str(line["sha256"])
            unstamped = str(line.get("unstamped", sha))
            entries[str(path)] = Entry(
                sha256=sha,
                unstamped=unstamped,
                size=int(line["size"]),
                headers=sets[line["headers"]],
                group=Group[line["group"].upper()],
            )
            if unstamped != sha and unstamped not in spots:
                spots[unstamped] = _spot(unstamped, line.get("unstamped_at"), keys, None)
            if sha not in spots or spots[sha].md5 is None:
                spots[sha] = _spot(sha, line.get("at"), keys, line.get("md5"))
    except UNREADABLE as error:
        raise StorageError(f"A part of the manifest in {key} cannot be read.", RECOVER) from error
    return entries, spots


def render_said(said: Sequence[Said]) -> bytes:
    """Write a shard of words."""
    return document({"said": [[one.incident, one.update, one.revision] for one in said]})


def parse_said(body: bytes, *, key: str) -> tuple[Said, ...]:
    """Read a shard of words.

    Raises:
        StorageError: it is not one of ours.
    """
    try:
        return tuple(Said(incident=str(i), update=str(u), revision=str(r)) for i, u, r in json.loads(body)["said"])
    except UNREADABLE as error:
        raise StorageError(f"A part of the manifest in {key} cannot be read.", RECOVER) from error


def render_root(record: Record) -> bytes:
    """Write the root of a release."""
    release = record.release
    return document(
        {
            "format": FORMAT,
            "generation": release.generation,
            "id": release.id,
            "parent": release.parent,
            "built": written_time(release.built),
            "rollback_of": release.rollback_of,
            "files": [_named(blob) for blob in record.files],
            "said": [_named(blob) for blob in record.said],
            "kept": [[generation, _named(root)] for generation, root in record.kept],
            "dropped": [[generation, list(keys)] for generation, keys in record.dropped],
            "waste": list(record.waste),
            "removing": record.removing,
        }
    )


def parse_root(body: bytes, *, key: str) -> Root:
    """Read a root that lies in the object `key`.

    Raises:
        StorageError: it is not one of ours.
    """
    try:
        data = json.loads(body)
        check_format(data, FORMAT)
        return Root(
            generation=int(data["generation"]),
            parent=int(data["parent"]),
            built=read_time(data["built"]),
            rollback_of=None if data["rollback_of"] is None else int(data["rollback_of"]),
            files=_each(data["files"], lambda one: _blob(one, key)),
            said=_each(data["said"], lambda one: _blob(one, key)),
            kept=tuple((int(generation), _certain(_blob(root, key))) for generation, root in data["kept"]),
            dropped=tuple((int(generation), tuple(map(str, keys))) for generation, keys in data["dropped"]),
            waste=tuple(map(str, data["waste"])),
            removing=bool(data["removing"]),
        )
    except UNREADABLE as error:
        raise StorageError(f"The manifest in {key} cannot be read.", RECOVER) from error


def assemble(root: Root, read: Callable[[Blob], bytes]) -> Record:
    """Put a root and its shards together."""
    entries: dict[str, Entry] = {}
    spots: dict[ContentHash, Blob] = {}
    for blob in root.files:
        if blob is not None:
            some, where = parse_files(read(blob), key=blob.key)
            entries |= some
            spots |= {sha: spot for sha, spot in where.items() if sha not in spots or spot.md5 is not None}
    said = [one for blob in root.said if blob is not None for one in parse_said(read(blob), key=blob.key)]
    return Record(
        release=Release(
            generation=root.generation,
            parent=root.parent,
            built=root.built,
            manifest=Manifest(entries=dict(sorted(entries.items()))),
            said=tuple(sorted(said, key=lambda one: (one.incident, one.update))),
            rollback_of=root.rollback_of,
        ),
        spots=spots,
        files=root.files,
        said=root.said,
        kept=root.kept,
        dropped=root.dropped,
        waste=root.waste,
        removing=root.removing,
    )


def parse_former(body: bytes, *, where: str) -> Record:
    """Read a manifest of the former protocol. What it says of bodies: each is an object of its own.

    Raises:
        StorageError: it is not one of ours.
    """
    try:
        data = json.loads(body)
        check_format(data, FORMER_FORMAT)
        sets = [tuple((str(name), str(value)) for name, value in pairs) for pairs in data["headers"]]
        entries = {
            str(path): Entry(
                sha256=str(line["sha256"]),
                unstamped=str(line.get("unstamped", line["sha256"])),
                size=int(line["size"]),
                headers=sets[line["headers"]],
                group=Group[line["group"].upper()],
            )
            for path, line in sorted(data["files"].items())
        }
        release = Release(
            generation=int(data["generation"]),
            parent=int(data["parent"]),
            built=read_time(data["built"]),
            manifest=Manifest(entries=entries),
            said=tuple(Said(incident=str(i), update=str(u), revision=str(r)) for i, u, r in data["said"]),
            rollback_of=None if data["rollback_of"] is None else int(data["rollback_of"]),
        )
        kept: tuple[tuple[int, Blob], ...] = ()
        if data["previous"] is not None:
            key, sha = map(str, data["previous"])
            kept = ((int(key.removeprefix(RELEASES).partition("-")[0]), Blob(sha256=sha, key=key)),)
    except UNREADABLE as error:
        raise StorageError(f"The manifest {where} cannot be read.", RECOVER) from error
    hashes = {sha for entry in entries.values() for sha in (entry.sha256, entry.unstamped)}
    spots = {sha: Blob(sha256=sha, key=object_key(sha)) for sha in hashes}
    return Record(release=release, spots=spots, kept=kept, former=True)


def object_key(sha: ContentHash) -> str:
    """Say where the former protocol put a body."""
    return f"{OBJECTS}{sha}"


def settled_at(blob: Blob, key: str) -> Blob:
    """Give a blob its pack's name, now that it is known."""
    return replace(blob, key=key) if blob.key == HERE else blob


def document(data: Mapping[str, Plain]) -> bytes:
    """Write a document."""
    return canonical_json(data) + b"\n"


def check_format(data: Mapping[str, object], *known: int) -> None:
    """See that a document has a format we know."""
    if data["format"] not in known:
        raise ValueError(f"format {data['format']!r}")


def written_time(moment: datetime) -> str:
    """Write a moment as `YYYY-MM-DDTHH:MM:SSZ`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: str) -> datetime:
    """Read what `written_time` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def named(blob: Blob) -> list[Plain]:
    """Write where a document lies: key, offset, length, SHA-256."""
    return [blob.key, blob.offset, blob.length, blob.sha256]


def read_named(data: object, key: str) -> Blob:
    """Read what `named` wrote in the object `key`."""
    if not isinstance(data, list):
        raise TypeError("a blob is a list")
    where, offset, length, sha = data
    return Blob(
        key=str(where) or key,
        offset=int(offset),
        length=None if length is None else int(length),
        sha256=str(sha),
    )


def _named(blob: Blob | None) -> Plain:
    return None if blob is None else named(blob)


def _blob(data: object, key: str) -> Blob | None:
    return None if data is None else read_named(data, key)


def _certain(blob: Blob | None) -> Blob:
    if blob is None:
        raise TypeError("no root")
    return blob


def _each(data: Iterable[object], read: Callable[[object], _T]) -> tuple[_T, ...]:
    return tuple(read(one) for one in data)


def _where(spot: Blob, numbers: Mapping[str, int]) -> list[Plain] | None:
    """Write where a body lies: number of its object, offset, length. None for an object under the body's hash."""
    return [numbers[spot.key], spot.offset, spot.length] if spot.key in numbers else None


def _spot(sha: ContentHash, at: Sequence[int] | None, keys: Sequence[str], md5: str | None) -> Blob:
    if at is None:
        return Blob(sha256=sha, key=object_key(sha), md5=md5)
    number, offset, length = at
    return Blob(sha256=sha, key=keys[number], offset=int(offset), length=int(length), md5=md5)
