"""What every outbox promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from publisher.adapters.sqlite_due import NEXT, NEXT_AGAIN
from publisher.model.delivery import Outcome, Receipt
from publisher.model.errors import ConflictError, RefusedError
from publisher.model.subscriber import Consent
from publisher.ports import Job
from tests.contract.books import KINDS, Book, book, minutes, said, tell
from tests.unit.deliver.samples import NOW, subscriber


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    with book(request.param, tmp_path) as opened:
        opened.subscribers.add(subscriber("ann"))
        opened.subscribers.add(subscriber("ben"))
        yield opened


def claim(store: Book, now: datetime = NOW, *, worker: str = "w", lease_s: float = 60) -> Job:
    job = store.outbox.claim(now, worker=worker, lease_s=lease_s)
    assert job is not None
    return job


def receipt(outcome: Outcome, at: datetime = NOW) -> Receipt:
    return Receipt(outcome=outcome, at=at, detail="so it was", provider_id="p1")


def updates(job: Job) -> list[str]:
    return [d.update for d in job.deliveries]


def test_what_is_due_together_is_one_message_in_order(store: Book) -> None:
    tell(store, 1, [said("u1"), said("u2")], ["id-ann"])
    tell(store, 2, [said("x", "2026-11-20-other")], ["id-ann"], carried=[said("u1"), said("u2")])
    job = claim(store)
    assert updates(job) == ["u1", "u2", "x"]
    assert job.words == ({"update": "u1"}, {"update": "u2"}, {"update": "x"})
    assert job.recipient == subscriber("ann")
    assert (job.attempt, job.doubtful) == (1, False)
    store.outbox.settle(job, receipt(Outcome.ACCEPTED))
    assert store.outbox.counts() == {Outcome.ACCEPTED: 3}
    assert store.outbox.claim(minutes(9999), worker="w", lease_s=60) is None


def test_a_claim_is_exclusive(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann", "id-ben"])
    first, second = claim(store, worker="a"), claim(store, worker="b")
    assert {first.recipient.id, second.recipient.id} == {"id-ann", "id-ben"}
    assert store.outbox.claim(NOW, worker="c", lease_s=60) is None
    assert store.outbox.counts() == {Outcome.SENDING: 2}


def test_while_a_message_is_under_way_the_same_person_gets_no_other(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    first = claim(store)
    tell(store, 2, [said("u2")], ["id-ann"], carried=[said("u1")])
    assert store.outbox.claim(NOW, worker="b", lease_s=60) is None
    store.outbox.settle(first, receipt(Outcome.ACCEPTED))
    assert updates(claim(store)) == ["u2"]


def test_digest_rows_wait_until_they_are_due(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"], due=minutes(600))
    assert store.outbox.claim(minutes(599), worker="w", lease_s=60) is None
    assert updates(claim(store, minutes(600))) == ["u1"]


def test_resolved_never_overtakes_an_earlier_update_that_waits_for_a_digest(store: Book) -> None:
    tell(store, 1, [said("u1"), said("x", "2026-11-20-other")], ["id-ann"], due=minutes(600))
    tell(store, 2, [said("u2")], ["id-ann"], carried=[said("u1"), said("x", "2026-11-20-other")])
    job = claim(store)
    assert updates(job) == ["u1", "u2"], "of the same incident, nothing else"


def test_a_deferred_message_keeps_later_ones_back_and_then_takes_them_along(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    first = claim(store)
    store.outbox.settle(first, receipt(Outcome.DEFERRED), due=minutes(5))
    tell(store, 2, [said("u2")], ["id-ann"], carried=[said("u1")])
    assert store.outbox.claim(minutes(4), worker="w", lease_s=60) is None
    again = claim(store, minutes(5))
    assert updates(again) == ["u1", "u2"]
    assert again.id != first.id, "it says more, so it is another message"


def test_a_deferred_message_alone_keeps_its_name_and_counts_attempts(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    names = set()
    for attempt in range(1, 5):
        job = claim(store, minutes(attempt))
        names.add(job.id)
        assert job.attempt == attempt
        store.outbox.settle(job, receipt(Outcome.DEFERRED), due=minutes(attempt + 1))
    assert len(names) == 1
    assert store.outbox.counts() == {Outcome.DEFERRED: 1}


def test_an_attempt_that_was_none_does_not_count(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    for _ in range(3):
        job = claim(store)
        assert job.attempt == 1
        store.outbox.settle(job, receipt(Outcome.OWED))
        assert store.outbox.counts() == {Outcome.OWED: 1}


def test_the_claim_of_a_dead_worker_comes_back_doubtful_with_the_same_name_and_rows(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    first = claim(store, lease_s=60)
    tell(store, 2, [said("u2")], ["id-ann"], carried=[said("u1")])
    assert store.outbox.claim(minutes(0.9), worker="b", lease_s=60) is None
    again = claim(store, minutes(1), worker="b")
    assert (again.id, updates(again), again.attempt, again.doubtful) == (first.id, ["u1"], 2, True)
    store.outbox.settle(again, receipt(Outcome.ACCEPTED))
    assert updates(claim(store, minutes(1))) == ["u2"]


def test_a_doubtful_message_that_is_put_off_stays_doubtful_whole_and_first(store: Book) -> None:
    """The refusal speaks for the second attempt; the first may still have gone out under this Message-ID."""
    tell(store, 1, [said("u1")], ["id-ann"])
    first = claim(store)
    again = claim(store, minutes(2))
    store.outbox.settle(again, receipt(Outcome.DEFERRED), due=minutes(5))
    tell(store, 2, [said("u2")], ["id-ann"], carried=[said("u1")])
    assert store.outbox.claim(minutes(4), worker="w", lease_s=60) is None
    third = claim(store, minutes(5))
    assert (third.id, updates(third), third.doubtful) == (first.id, ["u1"], True)


def test_in_doubt_with_a_time_comes_back_and_without_one_is_parked(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann", "id-ben"])
    one, two = claim(store), claim(store)
    store.outbox.settle(one, receipt(Outcome.IN_DOUBT), due=minutes(5))
    store.outbox.settle(two, receipt(Outcome.IN_DOUBT))
    assert store.outbox.counts() == {Outcome.IN_DOUBT: 2}
    assert [job.id for job in store.outbox.parked()] == [two.id]
    back = claim(store, minutes(5))
    assert (back.id, back.doubtful) == (one.id, True)


def test_a_parked_message_lets_later_ones_pass(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    store.outbox.settle(claim(store), receipt(Outcome.IN_DOUBT))
    tell(store, 2, [said("u2")], ["id-ann"], carried=[said("u1")])
    assert updates(claim(store)) == ["u2"]


def test_a_person_decides_to_send_again(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    first = claim(store)
    store.outbox.settle(first, receipt(Outcome.IN_DOUBT))
    store.outbox.decide(first.id, resend=True)
    assert store.outbox.parked() == ()
    again = claim(store)
    assert (again.id, again.doubtful) == (first.id, False), "the doubt is decided"
    store.outbox.settle(again, receipt(Outcome.ACCEPTED))
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1}


def test_a_person_decides_to_leave_it(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    job = claim(store)
    store.outbox.settle(job, receipt(Outcome.IN_DOUBT))
    store.outbox.decide(job.id, resend=False)
    assert store.outbox.counts() == {Outcome.CANCELLED: 1}
    assert store.outbox.claim(minutes(9999), worker="w", lease_s=60) is None


@pytest.mark.parametrize("resend", [True, False])
def test_only_what_is_parked_can_be_decided(store: Book, resend: bool) -> None:  # noqa: FBT001 - a case
    tell(store, 1, [said("u1")], ["id-ann"])
    job = claim(store)
    for name in ("no-such-message", job.id):
        with pytest.raises(RefusedError, match="waits for a decision"):
            store.outbox.decide(name, resend=resend)
    assert store.outbox.counts() == {Outcome.SENDING: 1}


def test_a_late_worker_cannot_settle_what_was_taken_over(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    late = claim(store)
    again = claim(store, minutes(2))
    with pytest.raises(ConflictError, match="taken over"):
        store.outbox.settle(late, receipt(Outcome.FAILED))
    store.outbox.settle(again, receipt(Outcome.ACCEPTED))
    with pytest.raises(ConflictError, match="taken over"):
        store.outbox.settle(again, receipt(Outcome.FAILED))
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1}


def test_a_late_worker_whose_message_nobody_took_over_may_still_say_what_became_of_it(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    late = claim(store)
    store.outbox.settle(late, receipt(Outcome.ACCEPTED, minutes(30)))
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1}


@pytest.mark.parametrize("consent", [Consent.UNSUBSCRIBED, Consent.SUPPRESSED])
def test_who_left_meanwhile_gets_nothing(store: Book, consent: Consent) -> None:
    tell(store, 1, [said("u1")], ["id-ann", "id-ben"])
    store.subscribers.save(replace(subscriber("ann"), consent=consent, ended=NOW))
    assert claim(store).recipient.id == "id-ben"
    assert store.outbox.claim(NOW, worker="w", lease_s=60) is None
    assert store.outbox.counts() == {Outcome.CANCELLED: 1, Outcome.SENDING: 1}


def test_who_left_while_a_message_was_in_doubt_is_not_written_to_again(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    claim(store)
    store.subscribers.save(replace(subscriber("ann"), consent=Consent.UNSUBSCRIBED, ended=NOW))
    assert store.outbox.claim(minutes(5), worker="w", lease_s=60) is None
    assert store.outbox.counts() == {Outcome.CANCELLED: 1}


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.FAILED, Outcome.DELIVERED, Outcome.CANCELLED])
def test_what_is_final_stays_so(store: Book, outcome: Outcome) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    store.outbox.settle(claim(store), receipt(outcome))
    assert store.outbox.counts() == {outcome: 1}
    assert store.outbox.claim(minutes(99999), worker="w", lease_s=60) is None


def test_names_of_messages_do_not_depend_on_who_claims_or_when(tmp_path: Path) -> None:
    names = set()
    for place, worker, at in (("a", "w1", NOW), ("b", "w2", minutes(3))):
        with book("file", tmp_path / place) as store:
            store.subscribers.add(subscriber("ann"))
            tell(store, 1, [said("u1")], ["id-ann"])
            names.add(claim(store, at, worker=worker).id)
    assert len(names) == 1
    assert all(name.isalnum() and name == name.lower() for name in names)


def test_a_claim_costs_the_same_however_much_was_sent(store: Book) -> None:
    """No query of a claim walks a whole table: five thousand readers would take hours."""
    with store.database.reading() as db:
        for query in (NEXT_AGAIN, NEXT):
            steps = [
                str(row[3])
                for row in db.execute(f"EXPLAIN QUERY PLAN {query}", {"now": "2026", "held": "[]"}).fetchall()
            ]
            assert any(step.startswith("SEARCH") for step in steps)
            # the list of what is held is no table of ours
            assert [step for step in steps if step.startswith("SCAN") and "json_each" not in step] == []
