"""Which old releases go, so that the last few stay whole: old pages find their assets, and rollback works.

Usually the last publisher's memory says it all, and nothing is listed or read. After a run that was cut off, or when
the memory is gone, manifests are read and the target's own folders listed, and what nobody names goes too.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from publisher.deliver.lease import Lease, Memory
from publisher.deliver.live import Live, history, read_live
from publisher.deliver.upload import used
from publisher.model.digest import ContentHash
from publisher.model.release import Manifest
from publisher.ports import ObjectStore
from publisher.release.pointer import OBJECTS, RELEASES, Pointer, object_key

Dropped = tuple[tuple[int, tuple[ContentHash, ...]], ...]


def drop(dropped: Dropped, *, old: Manifest, new: Manifest, generation: int) -> Dropped:
    """Carry the list of unused bodies over a release: add what it no longer uses, strike what it uses again."""
    needed = used(new)
    carried = ((number, tuple(sha for sha in hashes if sha not in needed)) for number, hashes in dropped)
    fresh = tuple(sorted(used(old) - needed))
    return tuple((number, hashes) for number, hashes in (*carried, (generation, fresh)) if hashes)


def forget(memory: Memory, *, keep: int) -> tuple[Memory, tuple[str, ...]]:
    """Say what goes when only the newest `keep` releases stay.

    Returns:
        The memory without what goes, and the keys that go.
    """
    kept, gone = memory.releases[-keep:], memory.releases[:-keep]
    oldest = kept[0][0] if kept else 0
    stays = tuple((number, hashes) for number, hashes in memory.dropped if number > oldest)
    # a body may have been dropped, used again and dropped again: the later mention decides
    still = {sha for _, hashes in stays for sha in hashes}
    bodies = sorted({sha for number, hashes in memory.dropped if number <= oldest for sha in hashes} - still)
    keys = (*(key for _, key in gone), *(object_key(sha) for sha in bodies))
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
    for _, record in kept:
        named |= {object_key(sha) for sha in used(record.release.manifest)}
    keys = [key for prefix in (OBJECTS, RELEASES) for key in store.list(prefix) if key not in named]
    memory = Memory(releases=tuple((record.release.generation, key) for key, record in kept), dropped=dropped)
    return memory, keys
