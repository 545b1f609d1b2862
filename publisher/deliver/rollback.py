"""Bring an old release's words back: a new release, with old bodies and a new generation.

A target holds every body of the last releases in packs, stamped files also as they were before stamping. So a rollback
needs no local state and no build: the old manifest says what there was and where, and only the stamps are made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from publisher.deliver.live import history, read_live
from publisher.deliver.reading import read_blobs
from publisher.model.digest import ContentHash
from publisher.model.errors import RefusedError
from publisher.model.release import Artifact, Release
from publisher.ports import ObjectStore
from publisher.release.bundle import bundle

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
    live = read_live(store)
    records = [] if live is None else [record for _, record in history(store, live, limit=_DEPTH)]
    found = next((record for record in records if record.release.generation == to), None)
    if live is None or found is None:
        held = ", ".join(str(record.release.generation) for record in records) or "none"
        raise RefusedError(f"{store.name} does not hold generation {to}.", f"Choose one it holds: {held}.")
    if to == live.generation:
        raise RefusedError(f"Generation {to} is live on {store.name} already.", "Choose an older one.")
    old, at_hand = found.release, have or {}
    entries = old.manifest.entries
    wanted = {entry.unstamped for entry in entries.values()}
    bodies = read_blobs(store, [found.spots[sha] for sha in sorted(wanted) if sha not in at_hand])
    bodies |= {sha: at_hand[sha] for sha in wanted if sha in at_hand}
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
        parent=live.generation,
        built=built,
        said=old.said,
        rollback_of=to,
    )
