"""What was decided, often by voice, and what no public words may say since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.finding import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One entry of `internal/<id>/decisions.md`.

    Attributes:
        id: `D1`, `D2` …, in the file's order.
        by: who decided, as the heading says.
        text: Markdown, as written.
        forbids: terms and phrases that no words for readers may have, however they are disguised.
        requires: terms and phrases that the words since must have somewhere.
        until: from then on it binds nobody, UTC; None: for good.
        supersedes: ids of earlier decisions that no longer bind.
    """

    id: str
    at: datetime
    by: str
    text: str
    forbids: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    until: datetime | None = None
    supersedes: tuple[str, ...] = ()
    place: Place = field(default=Place(path=""), compare=False)


def binding(decisions: tuple[Decision, ...], now: datetime) -> tuple[Decision, ...]:
    """Give those that bind at a moment: not superseded, and not past their end."""
    gone = {old for one in decisions for old in one.supersedes}
    return tuple(one for one in decisions if one.id not in gone and (one.until is None or now < one.until))
