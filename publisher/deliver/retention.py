"""Which old releases go, so that the last few stay whole: old pages find their assets, and rollback works.

A page may be read long after the next release: from a cache, in an open tab, saved to disk. So an asset stays where it
is, under the name that holds its hash, until no kept release names it.

Manifests say it all: which older releases are kept, what each no longer used, and what nobody needs any more but still
lies there, because removing is worth a request only once some of it has gathered. After a run that was cut off, the
target's own folders are listed as well, and what no kept release names goes too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from publisher.deliver.live import Live, history
from publisher.deliver.reading import read_blobs
from publisher.model.errors import StorageError
from publisher.model.release import Group, Manifest
from publisher.ports import ObjectStore
from publisher.release.manifest import OBJECTS, assemble, parse_former, parse_root
from publisher.release.pack import RELEASES, Blob, pack_size, take_apart
from publisher.release.packing import Kept

GATHERED = 16
"""Objects that nobody needs, at which they are worth removing."""
GATHERED_BYTES = 1024 * 1024
"""Their bytes, at which they are, where that is more than all that is needed."""

Dropped = tuple[tuple[int, tuple[str, ...]], ...]
Releases = tuple[tuple[int, Blob], ...]


def assets(manifest: Manifest) -> frozenset[str]:
    """Give the live paths that outlast their release: those whose name holds their content's hash."""
    return frozenset(path for path, entry in manifest.entries.items() if entry.group is Group.ASSETS)


def drop(dropped: Dropped, *, old: Iterable[str], new: frozenset[str], generation: int) -> Dropped:
    """Carry the list of unused objects over a release: add what it no longer uses, strike what it uses again."""
    carried = ((number, tuple(key for key in keys if key not in new)) for number, keys in dropped)
    fresh = tuple(sorted(set(old) - new))
    return tuple((number, keys) for number, keys in (*carried, (generation, fresh)) if keys)


def forget(releases: Releases, dropped: Dropped, *, oldest: int) -> tuple[Dropped, tuple[str, ...]]:
    """Say what goes when no release before `oldest` stays.

    Returns:
        What remains of `dropped`, and the keys that go.
    """
    stays = tuple((number, keys) for number, keys in dropped if number > oldest)
    still = {key for _, keys in stays for key in keys}
    gone = {key for number, keys in dropped if number <= oldest for key in keys}
    gone |= {root.key for number, root in releases if number < oldest}
    return stays, tuple(sorted(gone - still))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """What becomes of older releases when a new one goes live.

    Attributes:
        older: for the new manifest.
        keys: to be removed once it is live.
        sweep: whether the target's folders are to be listed for what nobody names.
    """

    older: Kept
    keys: tuple[str, ...]
    sweep: bool


def retirement(
    store: ObjectStore,
    live: Live | None,
    *,
    new: frozenset[str],
    generation: int,
    keep: int,
    tidy: bool,
    busy: bool,
) -> Retirement:
    """Plan what goes, before anything is written.

    Args:
        store: the target.
        live: what is live before.
        new: the older objects that the new release still needs, and its assets.
        generation: of the new release.
        keep: releases to keep, at least two: a reader may be in the middle of the last.
        tidy: whether the last publisher came to its end.
        busy: whether something is to be removed anyway.
    """
    if live is None:
        return Retirement(older=Kept(), keys=(), sweep=not tidy)
    keep = max(keep, 2)
    releases, dropped, waste = _kept(store, live, keep=keep)
    if live.record.removing and tidy:
        waste = ()
    releases = (*releases, (live.generation, live.pointer.root))
    dropped = drop(dropped, old=live.keys | assets(live.manifest), new=new, generation=generation)
    staying = releases[-(keep - 1) :]
    dropped, gone = forget(releases, dropped, oldest=staying[0][0])
    waste = tuple(sorted({*waste, *gone} - new))
    heavy = sum(pack_size(key) or 0 for key in waste) > max(GATHERED_BYTES, sum(pack_size(key) or 0 for key in new))
    # assets go at once: they are what readers can open
    seen = any(not key.startswith((OBJECTS, RELEASES)) for key in waste)
    removing = not tidy or busy or heavy or seen or len(waste) >= GATHERED
    return Retirement(
        older=Kept(kept=staying, dropped=dropped, waste=waste, removing=removing),
        keys=waste if removing else (),
        sweep=not tidy,
    )


def _kept(store: ObjectStore, live: Live, *, keep: int) -> tuple[Releases, Dropped, tuple[str, ...]]:
    record = live.record
    if not record.former:
        return record.kept, record.dropped, record.waste
    # the former protocol's manifests name only the one before: the chain is read once
    chain = list(reversed(list(history(store, live, limit=keep))))
    dropped: Dropped = ()
    for (root, before), (_, after) in itertools.pairwise(chain):
        dropped = drop(
            dropped,
            old=before.keys | {root.key} | assets(before.release.manifest),
            new=after.keys | assets(after.release.manifest),
            generation=after.release.generation,
        )
    return tuple((one.release.generation, root) for root, one in chain[:-1]), dropped, ()


def left_behind(store: ObjectStore) -> frozenset[str]:
    """Give the live paths of the newest release that lies on a target whose pointer somebody removed."""
    keys = [key for key in store.list(RELEASES) if pack_size(key) is not None]
    for key in sorted(keys, key=lambda one: int(one.removeprefix(RELEASES).partition("-")[0]), reverse=True):
        if (manifest := _manifest_in(store, key)) is not None:
            return frozenset(manifest.entries)
    return frozenset()


def _manifest_in(store: ObjectStore, key: str) -> Manifest | None:
    """Read the manifest that a pack, or an object of the former protocol, holds; None for none, or a damaged one."""
    try:
        if (there := store.get(key)) is None:
            return None
        if pack_size(key) is None:
            return parse_former(there.body, where=key).release.manifest
        *_, last = take_apart(there.body, where=key).values()
        head = parse_root(last, key=key)
        shards = read_blobs(store, head.shards)
        return assemble(head, lambda blob: shards[blob.sha256]).release.manifest
    except (StorageError, ValueError):
        return None


def unnamed(store: ObjectStore, live: Live, *, keep: int) -> Sequence[str]:
    """List what lies in the target's own folders and is named by no kept release.

    Raises:
        StorageError: a kept release cannot be read; then nobody knows what it names.
    """
    named: set[str] = set()
    paths: set[str] = set()
    found = 0
    for root, record in history(store, live, limit=max(keep, 2)):
        named |= record.keys | {root.key}
        paths |= record.release.manifest.entries.keys()
        found += 1
    if found <= len(live.record.kept[-(max(keep, 2) - 1) :]):
        # what it names could be anything: rather too much kept than too little
        raise StorageError(
            f"A kept release on {store.name} is missing or damaged; nothing old was removed.",
            "This ends by itself once that release is too old to be kept.",
        )
    old = [key for key in store.list(RELEASES) if key not in named]
    # only what our own manifests name: whatever else lies beside the assets is not ours to remove
    gone = {path for key in old if (manifest := _manifest_in(store, key)) for path in assets(manifest)}
    return [*sorted(gone - paths), *(key for key in store.list(OBJECTS) if key not in named), *old]
