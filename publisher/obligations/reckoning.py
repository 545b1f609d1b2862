"""From an event to the moment at which something is due. Refuses instead of guessing.

- Hours run through: across a change of the clocks they are elapsed hours.
- Days and months keep the time of the wall clock. Where the clocks jump over that time, the jump itself is meant; where
  it comes twice, the first. A month without that day gives its last one.
- Business days need a calendar. The day of the event does not count; the last one ends when the calendar says.

Of two readings this takes the earlier one: a clock that rings too soon costs less than one that rings too late.
"""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.model.duty import Calendar, Unit, Within


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why no moment can be given. `why` is a sentence, `fix` says what to do."""

    why: str
    fix: str


def due(start: datetime, within: Within, *, zone: str, calendar: Calendar | None = None) -> datetime | Refusal:
    """Reckon when a time limit ends.

    Args:
        start: when the event happened, aware.
        within: the limit.
        zone: IANA name of the zone in which days and months are counted.
        calendar: for business days; it brings its own zone.

    Returns:
        The end, UTC; or why there is none.
    """
    if within.unit is Unit.HOURS:
        return start.astimezone(UTC) + timedelta(hours=within.amount)
    if within.unit is Unit.BUSINESS_DAYS:
        if calendar is None:
            return Refusal(
                why=f"{within} cannot be counted without a calendar.",
                fix="Name one with `calendar:` in policy/obligations.yml, and write it in policy/calendars/.",
            )
        return _business_days(start, within.amount, calendar)
    wall = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    moved = wall + timedelta(days=within.amount) if within.unit is Unit.DAYS else _months_on(wall, within.amount)
    return at_wall(moved, zone)


def moved_off_rest_days(end: datetime, until: time, calendar: Calendar | None) -> datetime | Refusal:
    """Move an end that falls on a rest day to a time of the next working day; leave any other."""
    if calendar is None:
        return Refusal(
            why="Relief for rest days cannot be reckoned without a calendar.",
            fix="Name one with `calendar:` in policy/obligations.yml, or take `rest_days_until` out.",
        )
    day = end.astimezone(ZoneInfo(calendar.zone)).date()
    works = _works(day, calendar)
    if works is True:
        return end
    while works is False:
        day += timedelta(days=1)
        works = _works(day, calendar)
    return works if isinstance(works, Refusal) else at_wall(datetime.combine(day, until), calendar.zone)


def at_wall(wall: datetime, zone: str) -> datetime:
    """Give the moment at which a wall clock shows a time; see the module for times that come twice or never.

    Args:
        wall: without zone.
        zone: IANA name.
    """
    place = ZoneInfo(zone)
    first = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
    if first.astimezone(place).replace(tzinfo=None) == wall:
        return first
    # The clocks jump over it. By the offset that holds after the jump, it lies before; somewhere between is the jump.
    before = wall.replace(tzinfo=place, fold=1).astimezone(UTC)
    old = before.astimezone(place).utcoffset()
    while first - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(first - before) // timedelta(seconds=2))
        if middle.astimezone(place).utcoffset() == old:
            before = middle
        else:
            first = middle
    return first


def _months_on(wall: datetime, amount: int) -> datetime:
    count = wall.month - 1 + amount
    year, month = wall.year + count // 12, count % 12 + 1
    return wall.replace(year=year, month=month, day=min(wall.day, months.monthrange(year, month)[1]))


def _business_days(start: datetime, amount: int, calendar: Calendar) -> datetime | Refusal:
    day = start.astimezone(ZoneInfo(calendar.zone)).date()
    known = _works(day, calendar)
    left = amount
    while left and not isinstance(known, Refusal):
        day += timedelta(days=1)
        known = _works(day, calendar)
        left -= known is True
    return known if isinstance(known, Refusal) else at_wall(datetime.combine(day, calendar.closes), calendar.zone)


def _works(day: date, calendar: Calendar) -> bool | Refusal:
    if not calendar.begins <= day <= calendar.ends:
        return Refusal(
            why=f'The calendar "{calendar.id}" knows {calendar.begins} to {calendar.ends}, and {day} is needed.',
            fix=f"Write that year's holidays into policy/calendars/{calendar.id}.yml, and move its end.",
        )
    return day.weekday() not in calendar.weekend and day not in calendar.holidays
