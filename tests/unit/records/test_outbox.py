"""Which rows leave together, what their message is called, and when to try again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from publisher.model.delivery import Channel, Delivery, Outcome
from publisher.records.outbox import Row, attempt, backoff_s, due_together, message_id
from tests.unit.deliver.samples import NOW


def row(seq: int, incident: str = "a", *, minutes: int = 0, deferred: bool = False, attempts: int = 0) -> Row:
    return Row(
        seq=seq,
        delivery=Delivery(
            incident=incident,
            update=f"u{seq}",
            revision=f"{seq:064x}",
            channel=Channel.EMAIL,
            recipient="id-ann",
            locale="en",
            due=NOW + timedelta(minutes=minutes),
            outcome=Outcome.DEFERRED if deferred else Outcome.OWED,
        ),
        attempts=attempts,
    )


def test_nothing_due_is_nothing() -> None:
    assert due_together([], NOW) == ()
    assert due_together([row(1, minutes=1)], NOW) == ()


def test_an_earlier_row_of_the_same_incident_goes_along_a_later_or_foreign_one_does_not() -> None:
    rows = [row(1, minutes=9), row(2, "b", minutes=9), row(3), row(4, minutes=9)]
    assert [r.seq for r in due_together(rows, NOW)] == [1, 3]


def test_a_deferred_row_holds_all_back() -> None:
    assert due_together([row(1, deferred=True, minutes=1), row(2, "b")], NOW) == ()
    assert [r.seq for r in due_together([row(1, deferred=True), row(2, "b")], NOW)] == [1, 2]


def test_a_name_depends_on_the_rows_alone() -> None:
    assert message_id(["a", "b"]) == message_id(["b", "a"])
    assert message_id(["a"]) != message_id(["a", "b"])
    assert len(message_id(["a"])) == 25


def test_fresh_news_is_not_given_up_with_old() -> None:
    assert attempt([row(1, attempts=7), row(2)]) == 1
    assert attempt([row(1, attempts=7)]) == 8


def test_waits_double_up_to_four_hours() -> None:
    assert [backoff_s(n) for n in (1, 2, 3, 8, 9, 10, 10_000)] == [60, 120, 240, 7680, 14400, 14400, 14400]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 3), st.booleans()), max_size=12))
def test_within_an_incident_no_row_ever_overtakes_another(plan: list[tuple[str, int, bool]]) -> None:
    """T30, the choice: whatever is taken, what came before it in its incident is taken too."""
    rows = [row(n, i, minutes=m, deferred=d) for n, (i, m, d) in enumerate(plan, start=1)]
    taken = due_together(rows, NOW)
    assert [r.seq for r in taken] == sorted(r.seq for r in taken)
    for one in rows:
        later = [r for r in taken if r.delivery.incident == one.delivery.incident and r.seq > one.seq]
        assert one in taken or not later
    if any(r.delivery.outcome is Outcome.DEFERRED and r.delivery.due > NOW for r in rows):
        assert taken == ()
    else:
        assert all(r in taken for r in rows if r.delivery.due <= NOW)
