"""Put right what a publisher did after its lease was already lost.

A publisher that was frozen and wakes may find that its last few writes went out when it no longer held the lease. It
takes the lease again, as any publisher would, reads what is live by now, and gives exactly those paths the bytes the
live manifest names. It touches nothing else and publishes nothing of its own.

Packs need no repair: what a late removal can take are packs that no later release names.
"""

from __future__ import annotations

from collections.abc import Collection

from publisher.deliver.lease import Lease, take
from publisher.deliver.live import Live, read_live
from publisher.deliver.reading import read_blobs
from publisher.model.digest import sha256
from publisher.model.errors import StorageError
from publisher.ports import Clock, ObjectStore


def repair(store: ObjectStore, clock: Clock, *, keys: Collection[str], ttl_s: float, wait_s: float) -> tuple[str, ...]:
    """Give live paths what the live release says, and say which of them were wrong.

    Args:
        store: the target.
        clock: to wait by.
        keys: live paths touched while the lease was in doubt.
        ttl_s: of our own short lease.
        wait_s: how long to wait for the other publisher to end.

    Raises:
        TidingsError: it could not be done; the next publish does it, as it finds the keys in the lease's intent.
    """
    paths = tuple(sorted(keys))
    lease = take(
        store,
        clock,
        intent=lambda before: tuple(sorted({*paths, *(before.intent if before else ())})),
        ttl_s=ttl_s,
        wait_s=wait_s,
        meanwhile=lambda: None,
    )
    live = read_live(store)
    wrong = [path for path in paths if _restore(store, lease, path, live)]
    before = lease.before
    lease.free(
        intent=tuple(path for path in before.intent if path not in paths) if before else (),
        tidy=before is not None and before.tidy,
    )
    return tuple(wrong)


def _restore(store: ObjectStore, lease: Lease, path: str, live: Live | None) -> bool:
    there = store.get(path)
    entry = live.manifest.entries.get(path) if live else None
    if live is None or entry is None:
        if there is None:
            return False
        with lease.changing([path]):
            store.delete([path])
        return True
    if there is not None and sha256(there.body) == entry.sha256 and there.headers == entry.headers:
        return False
    try:
        body = read_blobs(store, [live.record.spots[entry.sha256]])[entry.sha256]
    except StorageError:
        return False
    with lease.changing([path]):
        store.put_if(path, body, entry.headers, expected=there.version if there else None)
    return True
