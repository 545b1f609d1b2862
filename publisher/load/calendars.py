"""`policy/calendars/<name>.yml`: which days are working days. Data, so that nothing about them is guessed."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from datetime import time
from functools import cache
from typing import Final, Literal
from zoneinfo import available_timezones

from pydantic import Field

from publisher.load.fields import INTERNAL, Day, Line, TimeOfDay
from publisher.load.frontmatter import parse_text
from publisher.load.report import Report, nearest
from publisher.load.schema import Typed
from publisher.load.validate import validate
from publisher.load.yaml import POLICY, Document, read_yaml
from publisher.model.duty import Calendar
from publisher.model.finding import Finding
from publisher.ports import SourceFile

FOLDER: Final = "policy/calendars"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class CalendarTyped(Typed):
    """`policy/calendars/<name>.yml`."""

    name: Line = Field(description="What people call it.", json_schema_extra=INTERNAL)
    time_zone: Line = Field(description="IANA name of the zone its days are in.", json_schema_extra=INTERNAL)
    first: Day = Field(description="First day it knows.", json_schema_extra=INTERNAL)
    last: Day = Field(description="Last day it knows.", json_schema_extra=INTERNAL)
    weekend: list[Weekday] | None = Field(
        default=None, description="Days of the week without work; Saturday and Sunday.", json_schema_extra=INTERNAL
    )
    closes: TimeOfDay | None = Field(default=None, description="When a working day ends.", json_schema_extra=INTERNAL)
    holidays: dict[Day, Line] | None = Field(default=None, description="Day → name.", json_schema_extra=INTERNAL)
    source: Line = Field(description="Where the days are from.", json_schema_extra=INTERNAL)


def load_calendars(files: Sequence[SourceFile]) -> tuple[Mapping[str, Calendar], tuple[Finding, ...]]:
    """Read every calendar; one that is not good is left out, and what needs it refuses to reckon."""
    calendars: dict[str, Calendar] = {}
    found: list[Finding] = []
    for file in files:
        name, ending = posixpath.splitext(posixpath.basename(file.path))
        if ending != ".yml" or posixpath.dirname(file.path) != FOLDER:
            continue
        report = Report(file.path)
        text = parse_text(file.body, report=report)
        document = read_yaml(text, report=report, limits=POLICY) if text is not None else None
        typed = validate(CalendarTyped, document, report=report, what="file") if document else None
        if typed is not None and document is not None and not report.findings:
            calendar = _calendar(name, typed, document, report)
            if calendar is not None:
                calendars[name] = calendar
        found += report.findings
    return calendars, tuple(found)


def _calendar(name: str, typed: CalendarTyped, document: Document, report: Report) -> Calendar | None:
    if not is_zone(typed.time_zone):
        fix = f"{nearest(typed.time_zone, zones())}Write it as in `America/New_York`."
        report.add("TID780", f'"{typed.time_zone}" is not a time zone.', fix, document.spot(("time_zone",)))
        return None
    if typed.last < typed.first:
        what = f"The calendar ends on {typed.last}, before it begins on {typed.first}."
        report.add("TID016", what, "Turn the two round.", document.spot(("last",)))
        return None
    for day in typed.holidays or {}:
        if not typed.first <= day <= typed.last:
            what = f"{day} lies outside the days this calendar knows, {typed.first} to {typed.last}."
            report.add(
                "TID016", what, "Move `first` or `last`, or take it out.", document.key_spot(("holidays", f"{day}"))
            )
            return None
    weekend = frozenset({5, 6}) if typed.weekend is None else frozenset(_DAYS.index(day) for day in typed.weekend)
    if len(weekend) == len(_DAYS):
        report.add("TID014", "No day of the week is left for work.", "Take one out.", document.spot(("weekend",)))
        return None
    return Calendar(
        id=name,
        name=typed.name,
        zone=typed.time_zone,
        begins=typed.first,
        ends=typed.last,
        weekend=weekend,
        closes=time.fromisoformat(typed.closes) if typed.closes else time(23, 59, 59),
        holidays=typed.holidays or {},
        source=typed.source,
    )


@cache
def zones() -> tuple[str, ...]:
    """Give the names of all time zones."""
    return tuple(sorted(available_timezones()))


def is_zone(name: str) -> bool:
    """Say whether a time zone has this name."""
    return name in zones()
