"""Recurring maintenance: rules that everybody's calendar reads the same and that end up somewhere.

A subset of RFC 5545 section 3.3.10 is accepted: DAILY to YEARLY, without the parts for hours, minutes and seconds,
because the window itself says the time of day; and combinations that can be expanded in bounded time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.model.codes import finding
from publisher.model.finding import Finding
from publisher.model.incident import Incident, Window

_PARTS: dict[str, str] = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9][0-9]{0,2}",
    "COUNT": r"[1-9][0-9]{0,3}",
    "UNTIL": r"[0-9]{8}T[0-9]{6}Z",
    "BYDAY": r"[+-]?(?:[1-5]?[0-9])?(?:MO|TU|WE|TH|FR|SA|SU)(?:,[+-]?(?:[1-5]?[0-9])?(?:MO|TU|WE|TH|FR|SA|SU))*",
    "BYMONTH": r"(?:1[0-2]|[1-9])(?:,(?:1[0-2]|[1-9]))*",
    "BYMONTHDAY": r"-?(?:3[01]|[12][0-9]|[1-9])(?:,-?(?:3[01]|[12][0-9]|[1-9]))*",
    "BYSETPOS": r"-?[1-9][0-9]{0,2}(?:,-?[1-9][0-9]{0,2})*",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}
_COARSE_ONLY = ("BYMONTHDAY", "BYSETPOS")
"""With DAILY and WEEKLY these can make rules that never come true, and that takes long to find out."""
_EXAMPLE = "Write it as in `FREQ=WEEKLY;BYDAY=SU;COUNT=8`."


def check_recurrence(incident: Incident) -> Iterator[Finding]:
    """Find a recurrence that cannot be read or never happens."""
    if incident.window is not None and incident.window.rrule is not None:
        problem = problem_of(incident.window, incident.window.rrule)
        if problem is not None:
            yield finding("TID210", incident.at("window.rrule"), *problem)


def problem_of(window: Window, rrule: str) -> tuple[str, str] | None:
    """Say what is wrong with a recurrence and what to do; None when nothing is."""
    parts: dict[str, str] = {}
    for part in rrule.split(";"):
        name, _, value = part.partition("=")
        form = _PARTS.get(name)
        if form is None:
            return f'"{part[:40]}" is not a part of a recurrence that is read here.', _EXAMPLE
        if name in parts:
            return f'"{name}" stands twice in the recurrence.', "Keep one."
        if not re.fullmatch(form, value, re.ASCII):
            return f'"{part[:40]}" cannot be read.', _EXAMPLE
        parts[name] = value
    return _whole(window, rrule, parts)


def _whole(window: Window, rrule: str, parts: dict[str, str]) -> tuple[str, str] | None:  # noqa: PLR0911
    if "FREQ" not in parts:
        return "The recurrence does not say how often.", _EXAMPLE
    if "COUNT" in parts and "UNTIL" in parts:
        return "COUNT and UNTIL say two different ends.", "Keep one of the two."
    if parts["FREQ"] in ("DAILY", "WEEKLY"):
        fine = [name for name in _COARSE_ONLY if name in parts]
        if fine:
            return f"{fine[0]} does not go with {parts['FREQ']}.", "Use FREQ=MONTHLY, or BYDAY."
        if re.search(r"\d", parts.get("BYDAY", "")):
            return f"Numbered days do not go with {parts['FREQ']}.", "Use FREQ=MONTHLY, or days without numbers."
    from dateutil.rrule import rrulestr  # noqa: PLC0415 -- few incidents recur

    try:
        rule = rrulestr(rrule, dtstart=window.begins)
        first = next(iter(rule), None)
    except (ValueError, TypeError, KeyError, OverflowError):
        return f'"{rrule[:60]}" cannot be read.', _EXAMPLE
    if first != window.begins:
        what = "The window's `from` is not one of the times the recurrence gives."
        if first is None:
            return what, "Give `from` a day that the rule allows."
        return what, f"Set `from` to {first:%Y-%m-%dT%H:%M:%SZ}, or change the rule."
    return None
