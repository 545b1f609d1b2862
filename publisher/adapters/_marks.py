"""How a file system says that a file is still what it was: shared by all who ask it instead of reading."""

from __future__ import annotations

import os

_FINE_NS = 50_000_000
"""Clocks of file systems with fine times tick at least so often."""
_COARSE_NS = 2_500_000_000
"""Some keep times to one or two seconds only."""
_WHOLE = 10_000_000


def mark_of(found: os.stat_result) -> tuple[int, ...]:
    """Give number, size, and when bytes and name were last changed."""
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def settled_mark(found: os.stat_result, now_ns: int) -> tuple[int, ...] | None:
    """Give a file's mark; None when it was changed so lately that it could change once more without a sign.

    Args:
        found: what the file system says.
        now_ns: the present, nanoseconds since 1970; no later than the look at the file.
    """
    coarse = found.st_mtime_ns % _WHOLE == 0 and found.st_ctime_ns % _WHOLE == 0
    changed = max(found.st_mtime_ns, found.st_ctime_ns)
    return None if changed > now_ns - (_COARSE_NS if coarse else _FINE_NS) else mark_of(found)
