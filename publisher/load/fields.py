"""The kinds of value a field can want, each reading the text as it was typed: nothing is converted silently."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from publisher.load.report import clipped
from publisher.load.yaml import Quoted

PUBLIC: Final[JsonDict] = {"x-audience": "public"}
INTERNAL: Final[JsonDict] = {"x-audience": "internal"}

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<fraction>[.,]\d+)?"
    r" ?(?P<zone>Z|z|UTC|[+-]\d{2}:?\d{2})?\Z",
    re.ASCII,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z", re.ASCII)
_SHARE = re.compile(r"(?:0|1|[01]?\.[0-9]{1,6})\Z", re.ASCII)
_LENGTH = re.compile(r"(?P<count>[1-9][0-9]{0,5}) ?(?P<unit>s|m|min|h|d)\Z", re.ASCII)
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z", re.ASCII)
SLUG = r"[a-z0-9][a-z0-9-]{0,63}"
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def problem(code: str, what: str, fix: str) -> PydanticCustomError:
    """Make a validation error that already is a finding."""
    return PydanticCustomError("tid", "{what}", {"code": code, "what": what, "fix": fix})


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 time with its zone, to the second; give it in UTC.

    Raises:
        PydanticCustomError: carrying code, what and fix of a finding.
    """
    match = _MOMENT.match(text)
    if match is None:
        if _DAY.match(text):
            raise problem(
                "TID016", f'"{text}" is a day, not a moment.', f"Add time and zone, as in `{text}T14:05:00Z`."
            )
        raise problem("TID016", f'"{clipped(text)}" is not a time.', "Write it as in `2026-11-20T14:05:00Z`.")
    if match["zone"] is None:
        fix = f"Add the zone: `{match['day']}T{match['time']}Z` for UTC, or an offset such as `+01:00`."
        raise problem("TID016", f'"{text}" has no time zone.', fix)
    if match["fraction"]:
        fix = f"Write `{match['day']}T{match['time']}` and the zone."
        raise problem("TID016", f'"{text}" is finer than a second.', fix)
    zone = "+00:00" if match["zone"] in ("Z", "z", "UTC") else match["zone"]
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{match['time']}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise problem("TID016", f'"{text}" does not exist in the calendar.', "Check day, hour and offset.") from None
    if not _EARLIEST <= moment < _LATEST:
        raise problem("TID016", f'"{text}" is too far from today.', "Check the year.")
    return moment


def _moment(value: object) -> object:
    return parse_moment(value) if isinstance(value, str) else value


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        # other ISO forms that Python reads, such as week dates, are not what people mean
        return date.fromisoformat(value if _DAY.match(value) else "")
    except ValueError:
        raise problem("TID016", f'"{clipped(value)}" is not a day.', "Write it as in `2026-11-20`.") from None


def _flag(value: object) -> object:
    if not isinstance(value, str):
        return value
    if isinstance(value, Quoted):
        raise problem("TID017", f'"{clipped(value)}" stands in quotes, so it is text.', "Write true or false, bare.")
    if value in ("true", "false"):
        return value == "true"
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower(), value.lower())
    fix = f"Write `{meant}`." if meant in ("true", "false") else "Write `true` or `false`."
    raise problem("TID017", f'"{clipped(value)}" is neither true nor false here.', fix)


def _whole(value: object) -> object:
    if not isinstance(value, str):
        return value
    if isinstance(value, Quoted):
        raise problem(
            "TID017", f'"{clipped(value)}" stands in quotes, so it is text.', "Write the number without quotes."
        )
    if not _WHOLE.match(value):
        fix = "Write a whole number in plain decimal digits, without zeros in front."
        raise problem("TID017", f'"{clipped(value)}" is not a whole number here.', fix)
    return int(value)


def _share(value: object) -> object:
    if not isinstance(value, str):
        return value
    if isinstance(value, Quoted) or not _SHARE.match(value) or float(value) > 1:
        raise problem("TID017", f'"{clipped(value)}" is not a share from 0 to 1.', "Write it as in `0.25`.")
    return float(value)


def _length(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _LENGTH.match(value)
    if match is None:
        fix = "Write number and unit, as in `90s`, `15m`, `24h` or `7d`."
        raise problem("TID017", f'"{clipped(value)}" is not a length of time.', fix)
    return timedelta(**{_UNITS[match["unit"]]: int(match["count"])})


def _clock(value: str) -> str:
    if not _CLOCK.match(value):
        raise problem("TID017", f'"{clipped(value)}" is not a time of day.', "Write it as in `08:00`.")
    return value


def _text(value: object) -> object:
    # A plain str for every text: what stood in quotes and what did not are the same words.
    return str(value) if isinstance(value, str) else value


def _not_empty(value: str) -> str:
    if not value.strip():
        raise problem("TID018", "The text is empty.", "Write the words, or leave the line out.")
    return value.strip()


def _one_line(value: str) -> str:
    value = _not_empty(value)
    if "\n" in value:
        raise problem("TID309", "A line break stands where one line is wanted.", "Write it on one line.")
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(SLUG, value):
        fix = "Use a-z, 0-9 and hyphens, at most 64, beginning with a letter or digit."
        raise problem("TID108", f'"{clipped(value)}" is not an id.', fix)
    return value


def _site_path(value: str) -> str:
    if not re.fullmatch(r"/[!-~]{0,255}", value) or "#" in value:
        fix = "Begin it with a slash, as in `/api/`, in plain ASCII (`%20` for a blank)."
        raise problem("TID014", f'"{clipped(value)}" is not the beginning of a path.', fix)
    return value


def _agent_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        fix = "Write its name alone, as in `GPTBot`; for all crawlers use `index` or `disallow`."
        raise problem("TID014", f'"{clipped(value)}" is not the name of a crawler.', fix)
    return value


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@\\]+(?:[/?#][^\s\\]*)?", value):
        raise problem(
            "TID503", f'"{clipped(value)}" is not a web address.', "Write it as in `https://status.example.com/`."
        )
    return value


Text: TypeAlias = Annotated[str, BeforeValidator(_text), AfterValidator(_not_empty)]
"""Words, maybe of several lines."""
Line: TypeAlias = Annotated[str, BeforeValidator(_text), AfterValidator(_one_line)]
"""Words on one line."""
Slug: TypeAlias = Annotated[
    str, BeforeValidator(_text), AfterValidator(_slug), Field(json_schema_extra={"pattern": f"^{SLUG}$"})
]
"""Id of a component, group or segment."""
Address: TypeAlias = Annotated[
    str, BeforeValidator(_text), AfterValidator(_web_address), WithJsonSchema({"type": "string", "format": "uri"})
]
"""An absolute http or https address."""
SitePath: TypeAlias = Annotated[
    str, BeforeValidator(_text), AfterValidator(_site_path), WithJsonSchema({"type": "string", "pattern": "^/"})
]
"""The beginning of a path of the site, as robots.txt takes it: `*` and a closing `$` have their meaning there."""
AgentName: TypeAlias = Annotated[
    str, BeforeValidator(_text), AfterValidator(_agent_name), Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"})
]
"""The product name of a crawler."""
Moment: TypeAlias = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time with its zone."""
Day: TypeAlias = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A day of the calendar."""
Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""`true` or `false`, nothing else."""
Whole: TypeAlias = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0})]
"""A whole number in plain decimal digits."""
Share: TypeAlias = Annotated[
    float, BeforeValidator(_share), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})
]
"""A share from 0 to 1."""
Length: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_length),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,5} ?(s|m|min|h|d)$"}),
]
"""A length of time with its unit."""
TimeOfDay: TypeAlias = Annotated[
    str,
    BeforeValidator(_text),
    AfterValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
"""`HH:MM`, 00:00 to 23:59."""
