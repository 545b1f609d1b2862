"""A time limit as people type it: `72 hours`, `30 days`, `4 business days`, `1 month`."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

from publisher.load.fields import problem
from publisher.load.report import clipped
from publisher.model.duty import Unit, Within

_LIMIT = re.compile(r"(?P<amount>[1-9][0-9]{0,3}) (?P<unit>hour|day|business day|week|month)s?\Z", re.ASCII)
_SCHEMA = r"^[1-9][0-9]{0,3} (hour|day|business day|week|month)s?$"
_WEEK = 7


def _limit(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _LIMIT.match(value)
    if match is None:
        fix = "Write it as in `24 hours`, `30 days`, `4 business days` or `1 month`."
        raise problem("TID017", f'"{clipped(value)}" is not a time limit.', fix)
    amount = int(match["amount"])
    if match["unit"] == "week":
        return Within(amount=amount * _WEEK, unit=Unit.DAYS)
    return Within(amount=amount, unit=Unit(match["unit"].replace(" ", "_") + "s"))


def _limit_or_none(value: object) -> object:
    return None if value == "none" else _limit(value)


Limit: TypeAlias = Annotated[Within, BeforeValidator(_limit), WithJsonSchema({"type": "string", "pattern": _SCHEMA})]
"""A time limit."""
LimitOrNone: TypeAlias = Annotated[
    Within | None,
    BeforeValidator(_limit_or_none),
    WithJsonSchema({"type": "string", "pattern": f"^none$|{_SCHEMA}"}),
]
"""A time limit, or `none` where the law names no figure."""
