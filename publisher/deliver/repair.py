"""Put right what a publisher did after its lease was already lost.

A publisher that was frozen and wakes may find that its last few writes went out when it no longer held the lease. It
takes the lease again, as any publisher would, reads what is live by now, and gives exactly those keys the bytes the
live manifest names. It touches nothing else and publishes nothing of its own.
"""

from __future__ import annotations

from collections.abc import Collection

from publisher.deliver.lease import Lease, take
from publisher.deliver.live import read_live
from publisher.deliver.upload import OBJECT_HEADERS, used
from publisher.model.digest import sha256
from publisher.model.release import Manifest
from publisher.ports import Clock, ObjectStore
from publisher.release.pointer import OBJECTS, object_key


def repair(store: ObjectStore, clock: Clock, *, keys: Collection[str], ttl_s: float, wait_s: float) -> tuple[str, ...]:
    """Give `keys` what the live release says, and say which of them were wrong.

    Args:
        store: the target.
        clock: to wait by.
        keys: live paths and bodies touched while the lease was in doubt.
        ttl_s: of our own short lease.
        wait_s: how long to wait for the other publisher to end.

    Raises:
        TidingsError: it could not be done; the next publish does it, as it finds the keys in the lease's intent.
    """
    paths = tuple(sorted(key for key in keys if not key.startswith(OBJECTS)))
    lease = take(
        store,
        clock,
        intent=lambda before: tuple(sorted({*paths, *(before.intent if before else ())})),
        ttl_s=ttl_s,
        wait_s=wait_s,
        meanwhile=lambda: None,
    )
    live = read_live(store)
    manifest = live.manifest if live else Manifest()
    wrong = [path for path in paths if _restore(store, lease, path, manifest)]
    lost = sorted(key for key in keys if key.startswith(OBJECTS))
    wrong += [key for key in lost if _bring_back(store, lease, key, manifest)]
    before = lease.before
    lease.free(
        intent=tuple(path for path in before.intent if path not in paths) if before else (),
        memory=before.memory if before else None,
    )
    return tuple(wrong)


def _restore(store: ObjectStore, lease: Lease, path: str, manifest: Manifest) -> bool:
    there, entry = store.get(path), manifest.entries.get(path)
    if entry is None:
        if there is None:
            return False
        with lease.changing([path]):
            store.delete([path])
        return True
    if there is not None and sha256(there.body) == entry.sha256 and there.headers == entry.headers:
        return False
    kept = store.get(object_key(entry.sha256))
    if kept is None:
        return False
    with lease.changing([path]):
        store.put_if(path, kept.body, entry.headers, expected=there.version if there else None)
    return True


def _bring_back(store: ObjectStore, lease: Lease, key: str, manifest: Manifest) -> bool:
    """Copy a body that a late removal took from under the live release back from the path that serves it."""
    if key not in {object_key(sha) for sha in used(manifest)} or store.get(key) is not None:
        return False
    for path, entry in manifest.entries.items():
        if object_key(entry.sha256) == key and (there := store.get(path)) and sha256(there.body) == entry.sha256:
            with lease.changing([key]):
                store.put(key, there.body, OBJECT_HEADERS)
            return True
    return False
