"""What every outbox does alike: which rows leave together, what their message is called, when to try again.

Order rules, per recipient:
1. A message under way, or in doubt and to be sent again, goes before all others.
2. A message that was refused for now keeps later ones back until it is tried again; then all that is due goes as one.
3. A row that is due takes along earlier rows of the same incident that are not due yet: "resolved" never overtakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.model.delivery import Delivery, Outcome
from publisher.model.digest import ContentHash, short_id

MESSAGE_ID_LENGTH = 25
"""Characters of base 36: 129 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery as an outbox keeps it.

    Attributes:
        seq: order in which rows were written.
        attempts: how often it was tried.
    """

    seq: int
    delivery: Delivery
    attempts: int = 0


def message_id(keys: Iterable[ContentHash]) -> str:
    """Name the message that carries these rows; the same rows give the same name."""
    return short_id("message", *sorted(keys), length=MESSAGE_ID_LENGTH)


def due_together(rows: Sequence[Row], now: datetime) -> tuple[Row, ...]:
    """Choose the rows of one recipient that leave as one message now, in the order they were written.

    Args:
        rows: all the recipient's rows that are owed or deferred and let go.
        now: the present.
    """
    if any(row.delivery.outcome is Outcome.DEFERRED and row.delivery.due > now for row in rows):
        return ()
    due = [row for row in rows if row.delivery.due <= now]
    last: dict[str, int] = {}
    for row in due:
        last[row.delivery.incident] = max(row.seq, last.get(row.delivery.incident, 0))
    taken = [row for row in rows if row.delivery.due <= now or row.seq < last.get(row.delivery.incident, 0)]
    return tuple(sorted(taken, key=lambda row: row.seq))


def attempt(rows: Sequence[Row]) -> int:
    """Count the attempt that a message of these rows would be: by its newest row: fresh news is not given up."""
    return min(row.attempts for row in rows) + 1


def backoff_s(attempt: int, *, base_s: float = 60.0, cap_s: float = 4 * 3600.0) -> float:
    """Give how long to wait after attempt number `attempt`: doubling from a minute, at most four hours. Seconds."""
    return float(min(cap_s, base_s * 2.0 ** max(0, min(attempt, 32) - 1)))
