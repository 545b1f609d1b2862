"""What a release has to bring to one target: its new bodies, and the parts of its manifest that changed, as packs.

What lies there already is named where it lies. When more than half of all that the packs hold is waste, what is needed
of the emptiest is copied into the new one, a bounded piece each time, until nobody needs them: so a target holds about
twice what is live, besides what older releases that are kept need, and waste that has not gathered yet. The same goes
for shards: they lie in a bounded number of packs, so that a publisher that remembers nothing reads them with a bounded
number of requests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias, TypeVar

from publisher.model.digest import ContentHash
from publisher.model.release import Entry, Release, Said
from publisher.release.manifest import (
    Record,
    render_files,
    render_root,
    render_said,
    settled_at,
    shard_count,
    shard_of,
)
from publisher.release.pack import HERE, PACK_BYTES, Blob, Pack, pack_size

MOVED_BYTES = 1024 * 1024
"""Bodies copied out of old packs by one publish, at most, together."""
SHARD_PACKS = 64
"""Packs that shards may lie in."""

_Line = TypeVar("_Line")
_Shards: TypeAlias = "list[Blob | list[_Line] | None]"
"""By number: a shard that stays where it lies, the lines of one to be written, or nothing for an empty one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a manifest says of older releases: see `Record`."""

    kept: tuple[tuple[int, Blob], ...] = ()
    dropped: tuple[tuple[int, tuple[str, ...]], ...] = ()
    waste: tuple[str, ...] = ()
    removing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A release as it will lie on a target.

    Attributes:
        root: where the pointer must point.
        documents: root and new shards, by hash.
    """

    record: Record
    root: Blob
    documents: Mapping[ContentHash, bytes]


class Packing:
    """Packs for one release on one target.

    Args:
        release: with the bodies that are not there yet, at least.
        live: what lies there; None for nothing.
    """

    def __init__(self, release: Release, live: Record | None) -> None:
        self._release = release
        self._live = live
        self._old: Mapping[ContentHash, Blob] = live.spots if live else {}
        served = {entry.sha256 for entry in release.manifest.entries.values()}
        self._served = served
        wanted = dict.fromkeys(
            sha for entry in release.manifest.entries.values() for sha in (entry.sha256, entry.unstamped)
        )
        kept = {sha: self._old[sha] for sha in wanted if sha in self._old}
        self._fresh = [sha for sha in wanted if sha not in kept]
        self._leaving: set[str] = set()
        """Packs to be left, with the shards in them."""
        self._moved = self._worth_moving(kept) if live else []
        for sha in self._moved:
            del kept[sha]
        self._spots = kept
        self._open = Pack(release.generation)

    @property
    def bodies(self) -> int:
        """Bodies to write."""
        return len(self._fresh) + len(self._moved)

    def full(self) -> Iterator[tuple[str, bytes]]:
        """Give the packs of bodies that are full, as (key, bytes). Go through all of them before `last`."""
        for sha in (*self._fresh, *self._moved):
            body = self._release.bodies[sha]
            if self._open.size and self._open.size + len(body) > PACK_BYTES:
                key, packed = self._open.close()
                self._spots |= {blob.sha256: settled_at(self._spots[blob.sha256], key) for blob in self._open.blobs}
                self._open = Pack(self._release.generation)
                yield key, packed
            self._spots[sha] = self._open.add(body, sha=sha, fingerprint=sha in self._served)

    def keys(self) -> frozenset[str]:
        """Say which older objects the release still needs; to be asked after `full`."""
        shards = [blob for shards in self._shards for blob in shards if isinstance(blob, Blob)]
        return frozenset(blob.key for blob in (*self._spots.values(), *shards)) - {HERE}

    def last(self, older: Kept) -> tuple[str, bytes, Packed]:
        """Give the last pack, with the manifest in it: (key, bytes, what it says)."""
        documents: dict[ContentHash, bytes] = {}
        pack = self._open

        def add(body: bytes) -> Blob:
            blob = pack.add(body)
            documents[blob.sha256] = body
            return blob

        files, said = self._shards
        record = Record(
            release=replace(self._release, bodies={}, source=None),
            spots=self._spots,
            files=tuple(self._kept_or_new(one, lambda lines: add(render_files(lines, self._spots))) for one in files),
            said=tuple(self._kept_or_new(one, lambda lines: add(render_said(lines))) for one in said),
            kept=older.kept,
            dropped=older.dropped,
            waste=older.waste,
            removing=older.removing,
        )
        root = add(render_root(record))
        key, body = pack.close()
        settled = replace(
            record,
            spots={sha: settled_at(blob, key) for sha, blob in record.spots.items()},
            files=tuple(blob and settled_at(blob, key) for blob in record.files),
            said=tuple(blob and settled_at(blob, key) for blob in record.said),
        )
        return key, body, Packed(record=settled, root=settled_at(root, key), documents=documents)

    @cached_property
    def _shards(self) -> tuple[_Shards[tuple[str, Entry]], _Shards[Said]]:
        files = self._clean_files()
        said = self._clean_said()
        lying = Counter(blob.key for blob in (*files.values(), *said.values()) if blob is not None)
        left = set(self._leaving)
        if len(lying) >= SHARD_PACKS:
            left |= {key for key, _ in sorted(lying.items(), key=lambda one: (one[1], one[0]))[: SHARD_PACKS // 2]}
        files = {n: blob for n, blob in files.items() if blob is None or blob.key not in left}
        said = {n: blob for n, blob in said.items() if blob is None or blob.key not in left}
        return (
            _dealt(self._release.manifest.entries.items(), lambda line: line[0], self._file_shards, files),
            _dealt(self._release.said, lambda one: one.incident, self._said_shards, said),
        )

    @property
    def _file_shards(self) -> int:
        return shard_count(len(self._release.manifest.entries), before=len(self._live.files) if self._live else 0)

    @property
    def _said_shards(self) -> int:
        return shard_count(len(self._release.said), before=len(self._live.said) if self._live else 0)

    def _clean_files(self) -> dict[int, Blob | None]:
        """Give the shards of files that say what they said."""
        live, count = self._live, self._file_shards
        if live is None or len(live.files) != count:
            return {}
        old, new = live.release.manifest.entries, self._release.manifest.entries
        elsewhere = {*self._fresh, *self._moved}
        dirty = {shard_of(path, count) for path in old.keys() - new.keys()}
        for path, entry in new.items():
            if entry.sha256 in elsewhere or entry.unstamped in elsewhere or old.get(path) != entry:
                dirty.add(shard_of(path, count))
        return {n: blob for n, blob in enumerate(live.files) if n not in dirty}

    def _clean_said(self) -> dict[int, Blob | None]:
        live, count = self._live, self._said_shards
        if live is None or len(live.said) != count:
            return {}
        dirty = {shard_of(one.incident, count) for one in set(live.release.said) ^ set(self._release.said)}
        return {n: blob for n, blob in enumerate(live.said) if n not in dirty}

    def _worth_moving(self, kept: Mapping[ContentHash, Blob]) -> list[ContentHash]:
        """When more than half of all is waste, choose what to copy out of the emptiest packs, shards too."""
        there: dict[str, list[Blob]] = defaultdict(list)
        for blob in (*kept.values(), *(self._live.shards if self._live else ())):
            there[blob.key].append(blob)
        needed = {key: sum(blob.length or 0 for blob in blobs) for key, blobs in there.items()}
        size = {key: pack_size(key) or needed[key] for key in there}
        if sum(size.values()) <= 2 * sum(needed.values()):
            return []
        chosen: list[ContentHash] = []
        room = MOVED_BYTES
        for key in sorted(there, key=lambda one: (needed[one] / max(size[one], 1), one)):
            if needed[key] * 2 >= size[key]:
                break
            for blob in there[key]:
                room -= blob.length or 0
                if room < 0 and chosen:
                    return chosen
                if blob.sha256 in kept and blob.sha256 in self._release.bodies:
                    chosen.append(blob.sha256)
            self._leaving.add(key)
        return chosen

    @staticmethod
    def _kept_or_new(shard: Blob | list[_Line] | None, write: Callable[[list[_Line]], Blob]) -> Blob | None:
        return write(shard) if isinstance(shard, list) else shard


def _dealt(
    lines: Iterable[_Line], name: Callable[[_Line], str], count: int, clean: Mapping[int, Blob | None]
) -> _Shards[_Line]:
    """Deal lines to those shards that are to be written."""
    dealt: dict[int, list[_Line]] = defaultdict(list)
    if len(clean) < count:
        for line in lines:
            if (number := shard_of(name(line), count)) not in clean:
                dealt[number].append(line)
    return [clean[number] if number in clean else dealt.get(number) for number in range(count)]
