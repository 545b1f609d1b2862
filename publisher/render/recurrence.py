"""When a maintenance takes place: its window, or each of its windows if it recurs (RFC 5545 section 3.3.10)."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from dateutil.rrule import DAILY, rrule, rruleset, rrulestr

from publisher.model.incident import Window

Occurrence = tuple[datetime, datetime]
"""Begin and end, UTC; the end is the first moment after it."""

_MOST = 4000
"""Occurrences of one series that are looked at: eleven years of every day."""


@functools.lru_cache(maxsize=512)
def occurrences(window: Window, *, until: datetime) -> tuple[Occurrence, ...]:
    """Give every occurrence that begins at or before `until`, earliest first, then the next three after it.

    The first window always counts, whether its rule names it or not, as in iCalendar. A rule that cannot be read, or
    that recurs more often than daily, counts as none: the loader has told the writer.
    """
    length = max(window.ends - window.begins, timedelta(0))
    first = (window.begins, window.ends)
    rule = _rule(window)
    if rule is None:
        return (first,)
    found = {window.begins}
    later = 0
    for begin in itertools.islice(rule, _MOST):
        found.add(begin)
        later += begin > until
        if later > _NEXT:
            break
    return tuple((begin, begin + length) for begin in sorted(found))


_NEXT = 3


def around(found: Sequence[Occurrence], moment: datetime) -> tuple[Occurrence, ...]:
    """Give the occurrence that is on, if one is, and the next three; the last one when all are over."""
    coming = [o for o in found if o[1] > moment]
    return tuple(coming[: _NEXT + (1 if coming and coming[0][0] <= moment else 0)]) or tuple(found[-1:])


def followed(rule: str, begins: datetime) -> bool:
    """Say whether a rule is one we can follow; others count as none everywhere."""
    return _rule(Window(begins=begins, ends=begins, rrule=rule)) is not None


def _rule(window: Window) -> rrule | None:
    if not window.rrule:
        return None
    try:
        rule = rrulestr(window.rrule, dtstart=window.begins)
    except (ValueError, TypeError, KeyError, AttributeError):  # dateutil raises each of these for broken rules
        return None
    if isinstance(rule, rruleset) or rule._freq > DAILY:  # type: ignore[attr-defined] # noqa: SLF001 (no public name for it)
        return None
    return rule
