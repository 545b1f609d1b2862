"""Moments as other programs write them → aware UTC, to the second."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MOMENT = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[Tt ]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d+)?)?)?"
    r"\s*(?P<zone>[Zz]|UTC|[+-]\d\d:?\d\d)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment that was read.

    Attributes:
        at: UTC, whole seconds.
        zoned: the text named its zone.
        cut: the text was finer than a second.
    """

    at: datetime
    zoned: bool
    cut: bool


def read_moment(text: str, *, zone: tzinfo = UTC) -> Moment | None:
    """Read a date with or without time, zone and fraction; None when it is none.

    >>> read_moment("2024-07-04T6:30:00-00:00").at.isoformat()
    '2024-07-04T06:30:00+00:00'
    """
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        return None
    written = found["zone"]
    try:
        own = _zone(written) if written else zone
        local = datetime(
            int(found["year"]),
            int(found["month"]),
            int(found["day"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            tzinfo=own,
        )
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    cut = bool(found["fraction"] and found["fraction"].strip(".0"))
    return Moment(at=at, zoned=written is not None, cut=cut)


def _zone(written: str) -> tzinfo:
    if written in ("Z", "z", "UTC"):
        return UTC
    minutes = int(written[1:3]) * 60 + int(written[-2:])
    return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))
