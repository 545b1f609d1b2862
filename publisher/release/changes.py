"""What differs between two manifests, with a reason per path, and the guard against a site that vanishes.

Compared are SHA-256 of bytes and headers, never sizes or times: a same-length edit and a changed `cache-control` are
changes.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

from publisher.model.release import Entry, Manifest


class Reason(enum.StrEnum):
    """Why a path is written or removed."""

    NEW = "new"
    BYTES = "bytes"
    HEADERS = "headers"
    STAMP = "stamp"
    """Only generation and build time differ."""
    REMOVED = "removed"
    UNSURE = "unsure"
    """An earlier run was cut off while it was changing this path; nobody knows which bytes are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One path of the site that is to be written (`entry`) or removed (`entry` is None)."""

    path: str
    reason: Reason
    entry: Entry | None


def changes(old: Manifest, new: Manifest, *, unsure: Collection[str] = ()) -> tuple[Change, ...]:
    """Say what must be done to turn `old` into `new`, sorted by path.

    Args:
        old: what is live.
        new: what is to be live.
        unsure: live paths whose bytes cannot be relied on: written or removed in any case.
    """
    found = []
    for path in sorted({*old.entries, *new.entries, *unsure}):
        was, entry = old.entries.get(path), new.entries.get(path)
        reason = _reason(was, entry) or (Reason.UNSURE if path in unsure else None)
        if reason is not None:
            found.append(Change(path=path, reason=reason, entry=entry))
    return tuple(found)


def _reason(was: Entry | None, entry: Entry | None) -> Reason | None:
    if entry is None:
        return None if was is None else Reason.REMOVED
    if was is None:
        return Reason.NEW
    if was.unstamped != entry.unstamped:
        return Reason.BYTES
    if was.headers != entry.headers:
        return Reason.HEADERS
    return None if was.sha256 == entry.sha256 else Reason.STAMP


def shrinks(old: Manifest, new: Manifest, *, max_shrink: float) -> str | None:
    """Say why a release looks like an accident, or None when it does not.

    Args:
        old: what is live.
        new: what is to be live.
        max_shrink: share of live paths that may go, 0 to 1.
    """
    if not any(path.endswith(".html") for path in new.entries):
        return "The release has no pages at all."
    gone = sum(path not in new.entries for path in old.entries)
    if old.entries and gone / len(old.entries) > max_shrink:
        return (
            f"The release removes {gone} of {len(old.entries)} live files ({gone / len(old.entries):.0%}); "
            f"the policy allows {max_shrink:.0%}."
        )
    return None
