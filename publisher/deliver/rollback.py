"""Bring an old release's words back: a new release, with old bodies and a new generation.

A target holds every body of the last releases under its hash, stamped files also as they were before stamping. So a
rollback needs no local state and no build: the old manifest says what there was, and only the stamps are made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from publisher.deliver.live import history, read_live
from publisher.deliver.upload import PARALLEL
from publisher.model.digest import ContentHash, sha256
from publisher.model.errors import RefusedError, StorageError
from publisher.model.release import Artifact, Release
from publisher.ports import ObjectStore
from publisher.release.bundle import bundle
from publisher.release.pointer import object_key

_DEPTH = 1000
"""How many releases back to look, at most."""


def kept_releases(store: ObjectStore, *, limit: int = _DEPTH) -> tuple[Release, ...]:
    """List the releases a target can go back to, newest first; the first is live. Without bodies."""
    live = read_live(store)
    return () if live is None else tuple(record.release for _, record in history(store, live, limit=limit))


def rollback(
    store: ObjectStore,
    to: int,
    *,
    generation: int,
    built: datetime,
    have: Mapping[ContentHash, bytes] | None = None,
) -> Release:
    """Make a release that says again what generation `to` said.

    Args:
        store: a target that still holds it.
        to: the generation to go back to.
        generation: of the new release, see `live.next_generation`.
        built: the run's `now`.
        have: bodies already at hand (the ledger's), which are not read again.

    Raises:
        RefusedError: the target does not hold that generation, or it is the live one.
        OutsideError: it cannot be read.
    """
    kept = kept_releases(store)
    old = next((release for release in kept if release.generation == to), None)
    if old is None:
        held = ", ".join(str(release.generation) for release in kept) or "none"
        raise RefusedError(f"{store.name} does not hold generation {to}.", f"Choose one it holds: {held}.")
    if to == kept[0].generation:
        raise RefusedError(f"Generation {to} is live on {store.name} already.", "Choose an older one.")
    entries = old.manifest.entries
    bodies = _read(store, {entry.unstamped for entry in entries.values()}, have or {})
    return bundle(
        (
            Artifact(
                path=path,
                body=bodies[entry.unstamped],
                headers=entry.headers,
                group=entry.group,
                stamped=entry.unstamped != entry.sha256,
            )
            for path, entry in entries.items()
        ),
        generation=generation,
        parent=kept[0].generation,
        built=built,
        said=old.said,
        rollback_of=to,
    )


def _read(
    store: ObjectStore, wanted: Iterable[ContentHash], have: Mapping[ContentHash, bytes]
) -> dict[ContentHash, bytes]:
    def one(sha: ContentHash) -> bytes:
        if sha in have:
            return have[sha]
        there = store.get(object_key(sha))
        if there is None or sha256(there.body) != sha:
            raise StorageError(
                f"{object_key(sha)} on {store.name} is {'missing' if there is None else 'damaged'}.",
                "Go back to another generation, or to this one from another target.",
            )
        return there.body

    hashes = sorted(wanted)
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        return dict(zip(hashes, pool.map(one, hashes), strict=True))
