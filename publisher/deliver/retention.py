"""Which old releases go, so that the last few stay whole: old pages find their assets, and rollback works.

A page may be read long after the next release: from a cache, in an open tab, saved to disk. So an asset stays where it
is, under the name that holds its hash, until no kept release names it.

Usually the last publisher's memory says it all, and nothing is listed or read. After a run that was cut off, or when
the memory is gone, manifests are read and the target's own folders listed, and what nobody names goes too.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from publisher.deliver.lease import Lease, Memory
from publisher.deliver.live import Live, history, read_live
from publisher.deliver.upload import used
from publisher.model.errors import StorageError
from publisher.model.release import Group, Manifest
from publisher.ports import ObjectStore
from publisher.release.pointer import OBJECTS, RELEASES, Pointer, object_key, parse_manifest

Dropped = tuple[tuple[int, tuple[str, ...]], ...]


def assets(manifest: Manifest) -> frozenset[str]:
    """Give the live paths that outlast their release: those whose name holds their content's hash."""
    return frozenset(path for path, entry in manifest.entries.items() if entry.group is Group.ASSETS)


def drop(dropped: Dropped, *, old: Manifest, new: Manifest, generation: int) -> Dropped:
    """Carry the list of what is unused over a release: add what it no longer uses, strike what it uses again."""
    needed = _needed(new)
    carried = ((number, tuple(name for name in names if name not in needed)) for number, names in dropped)
    fresh = tuple(sorted(_needed(old) - needed))
    return tuple((number, names) for number, names in (*carried, (generation, fresh)) if names)


def forget(memory: Memory, *, keep: int) -> tuple[Memory, tuple[str, ...]]:
    """Say what goes when only the newest `keep` releases stay.

    Returns:
        The memory without what goes, and the keys that go.
    """
    kept, gone = memory.releases[-keep:], memory.releases[:-keep]
    oldest = kept[0][0] if kept else 0
    stays = tuple((number, names) for number, names in memory.dropped if number > oldest)
    # a body may have been dropped, used again and dropped again: the later mention decides
    still = {name for _, names in stays for name in names}
    unused = sorted({name for number, names in memory.dropped if number <= oldest for name in names} - still)
    # manifests last: after a run that was cut off they still say what there was
    keys = (*(_key(name) for name in unused), *(key for _, key in gone))
    return Memory(releases=kept, dropped=stays, versions=memory.versions), keys


def retire(
    store: ObjectStore,
    lease: Lease,
    *,
    memory: Memory | None,
    old: Live | None,
    new: Pointer,
    manifest: Manifest,
    keep: int,
) -> Memory:
    """Remove what no kept release needs, after a release went live.

    Args:
        store: the target.
        lease: held.
        memory: of the last publisher; None when nothing may be relied on.
        old: what was live before.
        new: what is live now.
        manifest: of what is live now.
        keep: releases to keep, at least two: a reader may be in the middle of the last.

    Returns:
        The memory for the next publisher.
    """
    keep = max(keep, 2)
    if memory is not None and old is not None and memory.releases[-1:] != ((old.generation, old.pointer.manifest),):
        memory = None
    if memory is None and (old is not None or lease.before is not None):
        memory, keys = _sweep(store, keep=keep)
    else:
        was = memory or Memory()
        grown = Memory(
            releases=(*was.releases, (new.generation, new.manifest)),
            dropped=drop(was.dropped, old=old.manifest if old else Manifest(), new=manifest, generation=new.generation),
        )
        memory, keys = forget(grown, keep=keep)
    if keys:
        lease.confirm()
        with lease.changing(keys):
            store.delete(keys)
    return memory


def _sweep(store: ObjectStore, *, keep: int) -> tuple[Memory, Sequence[str]]:
    """Read the kept manifests and list the target's own folders; whatever no kept release names goes."""
    if (live := read_live(store)) is None:
        return Memory(), ()
    kept = list(reversed(list(history(store, live, limit=keep))))
    dropped: Dropped = ()
    for (_, before), (_, after) in itertools.pairwise(kept):
        dropped = drop(
            dropped, old=before.release.manifest, new=after.release.manifest, generation=after.release.generation
        )
    named = {key for key, _ in kept}
    paths: set[str] = set()
    for _, record in kept:
        named |= {object_key(sha) for sha in used(record.release.manifest)}
        paths |= record.release.manifest.entries.keys()
    old = [key for key in store.list(RELEASES) if key not in named]
    # only what our own manifests name: whatever else lies beside the assets is not ours to remove
    keys = sorted({path for key in old for path in _assets_of(store, key)} - paths)
    keys += [*(key for key in store.list(OBJECTS) if key not in named), *old]
    memory = Memory(releases=tuple((record.release.generation, key) for key, record in kept), dropped=dropped)
    return memory, keys


def _assets_of(store: ObjectStore, key: str) -> frozenset[str]:
    """Read which assets an old release had; nothing where its manifest is no more."""
    there = store.get(key)
    try:
        return assets(parse_manifest(there.body, where=key).release.manifest) if there else frozenset()
    except StorageError:
        return frozenset()


def _needed(manifest: Manifest) -> frozenset[str]:
    """Give what a release needs to stay: bodies by their hash, assets by their live path."""
    return used(manifest) | assets(manifest)


def _key(name: str) -> str:
    return name if "/" in name else object_key(name)
