"""Messages on their way: what a run does with every answer, and with none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.adapters.clock import ManualClock
from publisher.adapters.maildir import MemoryTransport
from publisher.deliver.messages import MAX_ATTEMPTS, DeliverySummary, deliver_due
from publisher.deliver.plan import plan_owed
from publisher.model.delivery import Envelope, Outcome, Receipt
from publisher.model.errors import UnreachableError
from publisher.model.policy import EmailPolicy
from publisher.model.release import Said
from publisher.model.subscriber import Consent
from publisher.ports import MailTransport
from publisher.render.views import project_all
from tests.contract.books import Book, book, owed, said
from tests.unit.deliver.samples import EMAIL, NOW, SITE, history, incident, release, subscriber


class Scripted:
    """A transport that answers as it is told and keeps what it was given."""

    name = "scripted"

    def __init__(
        self, answer: Callable[[Envelope], Outcome | Receipt | Exception], *, idempotent: bool = False
    ) -> None:
        self.answer = answer
        self.idempotent = idempotent
        self.given: list[Envelope] = []

    def send(self, envelope: Envelope) -> Receipt:
        self.given.append(envelope)
        said = self.answer(envelope)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Receipt) else Receipt(outcome=said, at=NOW, detail="so it was")

    def close(self) -> None:
        pass


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Book]:
    """Two readers, one update each."""
    with book("memory", tmp_path) as opened:
        people = [subscriber("ann"), subscriber("ben")]
        for someone in people:
            opened.subscribers.add(someone)
        told = history(incident())
        plan = plan_owed(told, project_all(told, now=NOW), frozenset(), people, policy=EMAIL, now=NOW)
        carried = [Said(incident=d.incident, update=d.update, revision=d.revision) for d in plan.deliveries[:1]]
        opened.ledger.record(release(1, carried), plan)
        opened.ledger.live("local", 1, NOW)
        yield opened


def run(
    store: Book,
    transport: MailTransport,
    clock: ManualClock,
    *,
    policy: EmailPolicy = EMAIL,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> DeliverySummary:
    return deliver_due(
        store.outbox,
        store.subscribers,
        transport,
        site=SITE,
        policy=policy,
        clock=clock,
        worker="w",
        limit=limit,
        progress=progress,
    )


def test_everyone_gets_their_own_and_a_second_run_sends_nothing(store: Book, clock: ManualClock) -> None:
    transport = MemoryTransport(clock=clock)
    seen: list[int] = []
    done = run(store, transport, clock, progress=seen.append)
    assert done == DeliverySummary(outcomes={Outcome.ACCEPTED: 2}, updates=2)
    assert (done.messages, seen) == (2, [1, 2])
    assert sorted(e.recipient for e in transport.sent.values()) == ["ann@example.org", "ben@example.org"]
    assert run(store, transport, clock) == DeliverySummary()


def test_a_limit_is_kept(store: Book, clock: ManualClock) -> None:
    assert run(store, MemoryTransport(clock=clock), clock, limit=1).messages == 1
    assert run(store, MemoryTransport(clock=clock), clock, limit=0).messages == 0
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1, Outcome.OWED: 1}


def test_put_off_messages_wait_longer_each_time_and_are_given_up_at_last(store: Book, clock: ManualClock) -> None:
    transport = Scripted(lambda _: Outcome.DEFERRED)
    waits = []
    done = DeliverySummary()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        done = run(store, transport, clock)
        assert done.messages == 2, attempt
        before = clock.now()
        if attempt < MAX_ATTEMPTS:
            assert run(store, transport, clock).messages == 0
            wait = min(60 * 2 ** (attempt - 1), 4 * 3600)
            clock.advance(wait - 1)
            assert run(store, transport, clock).messages == 0
            clock.advance(1)
        waits.append((clock.now() - before).total_seconds())
    assert waits == [60, 120, 240, 480, 960, 1920, 3840, 7680, 14400, 14400, 14400, 0]
    assert store.outbox.counts() == {Outcome.FAILED: 2}
    assert done.outcomes == {Outcome.FAILED: 2}
    assert done.errors == (f"given up after {MAX_ATTEMPTS} attempts: so it was",)
    assert len({e.message_id for e in transport.given}) == 2


def test_never_sooner_than_the_server_asks(store: Book, clock: ManualClock) -> None:
    transport = Scripted(lambda _: Receipt(outcome=Outcome.DEFERRED, at=NOW, retry_after_s=900))
    run(store, transport, clock)
    clock.advance(899)
    assert run(store, transport, clock).messages == 0
    clock.advance(1)
    assert run(store, transport, clock).messages == 2


@pytest.mark.parametrize(
    ("detail", "consent"),
    [
        ("5.1.1 no such user", Consent.SUPPRESSED),
        ("5.1.2 no such host", Consent.SUPPRESSED),
        ("5.1.10 null MX", Consent.SUPPRESSED),
        ("5.1.7 bad sender", Consent.CONFIRMED),
        ("5.1.8 bad sender's domain", Consent.CONFIRMED),
        ("5.7.1 policy", Consent.CONFIRMED),
        ("5.2.2 mailbox full", Consent.CONFIRMED),
        ("550 no", Consent.CONFIRMED),
        ("554 mentions 5.1.1 later", Consent.CONFIRMED),
    ],
)
def test_only_an_address_that_does_not_exist_is_suppressed(
    store: Book, clock: ManualClock, detail: str, consent: Consent
) -> None:
    run(store, Scripted(lambda _: Receipt(outcome=Outcome.REJECTED, at=NOW, detail=detail)), clock)
    assert store.outbox.counts() == {Outcome.REJECTED: 2}
    assert {s.consent for s in store.subscribers.all()} == {consent}


def test_one_readers_trouble_is_not_anothers(store: Book, clock: ManualClock) -> None:
    transport = Scripted(lambda e: Outcome.REJECTED if e.recipient.startswith("ann") else Outcome.ACCEPTED)
    assert run(store, transport, clock).outcomes == {Outcome.REJECTED: 1, Outcome.ACCEPTED: 1}


def test_a_transport_out_of_order_ends_the_run_and_everything_stays_owed(store: Book, clock: ManualClock) -> None:
    transport = Scripted(lambda _: UnreachableError("smtp localhost:25 cannot be reached.", "Check email.host."))
    for _ in range(20):
        done = run(store, transport, clock)
        assert (done.outcomes, done.complete) == ({}, False)
        assert done.errors == ("smtp localhost:25 cannot be reached. Check email.host.",)
        assert store.outbox.counts() == {Outcome.OWED: 2}
    job = store.outbox.claim(clock.now(), worker="x", lease_s=1)
    assert job is not None
    assert job.attempt == 1, "twenty outages are no attempt"


def test_in_doubt_is_sent_again_with_the_same_name_under_resend(store: Book, clock: ManualClock) -> None:
    answers = iter([Outcome.IN_DOUBT, Outcome.IN_DOUBT, Outcome.ACCEPTED, Outcome.ACCEPTED])
    transport = Scripted(lambda _: next(answers))
    run(store, transport, clock)
    assert store.outbox.counts() == {Outcome.IN_DOUBT: 2}
    clock.advance(60)
    run(store, transport, clock)
    assert store.outbox.counts() == {Outcome.ACCEPTED: 2}
    assert {e.message_id for e in transport.given[:2]} == {e.message_id for e in transport.given[2:]}
    assert len({(e.message_id, e.recipient) for e in transport.given}) == 2


def test_in_doubt_waits_for_a_person_under_hold(store: Book, clock: ManualClock) -> None:
    policy = replace(EMAIL, in_doubt="hold")
    transport = Scripted(lambda _: Outcome.IN_DOUBT)
    run(store, transport, clock, policy=policy)
    clock.advance(1e6)
    assert run(store, transport, clock, policy=policy).messages == 0
    assert len(transport.given) == 2
    one, two = store.outbox.parked()
    store.outbox.decide(one.id, resend=True)
    store.outbox.decide(two.id, resend=False)
    transport.answer = lambda _: Outcome.ACCEPTED
    assert run(store, transport, clock, policy=policy).outcomes == {Outcome.ACCEPTED: 1}
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1, Outcome.CANCELLED: 1}


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("in_doubt", ["resend", "hold"])
def test_what_a_dead_worker_left_behind(store: Book, clock: ManualClock, in_doubt: str, idempotent: bool) -> None:  # noqa: FBT001
    left = store.outbox.claim(NOW, worker="dead", lease_s=60)
    assert left is not None
    clock.advance(61)
    transport = Scripted(lambda _: Outcome.ACCEPTED, idempotent=idempotent)
    run(store, transport, clock, policy=replace(EMAIL, in_doubt=in_doubt))
    parked = in_doubt == "hold" and not idempotent
    assert store.outbox.counts() == ({Outcome.ACCEPTED: 1, Outcome.IN_DOUBT: 1} if parked else {Outcome.ACCEPTED: 2})
    assert len(store.outbox.parked()) == parked
    assert (left.recipient.address in {e.recipient for e in transport.given}) is not parked


def test_doubt_without_end_is_given_to_a_person(store: Book, clock: ManualClock) -> None:
    transport = Scripted(lambda _: Outcome.IN_DOUBT)
    for _ in range(MAX_ATTEMPTS + 3):
        run(store, transport, clock)
        clock.advance(5 * 3600)
    assert len(transport.given) == 2 * MAX_ATTEMPTS
    assert len(store.outbox.parked()) == 2


def test_words_that_cannot_be_read_fail_alone(tmp_path: Path, clock: ManualClock) -> None:
    with book("memory", tmp_path) as store:
        store.subscribers.add(subscriber("ann"))
        store.ledger.record(release(1, [said("u1")]), owed([said("u1")], ["id-ann"]))
        store.ledger.live("local", 1, NOW)
        done = run(store, MemoryTransport(clock=clock), clock)
        assert done.outcomes == {Outcome.FAILED: 1}
        assert "frozen words" in done.errors[0]


def test_what_the_guard_refuses_is_not_sent(store: Book, clock: ManualClock) -> None:
    transport = MemoryTransport(clock=clock)
    done = run(store, transport, clock, policy=replace(EMAIL, sender="no address"))
    assert done.outcomes == {Outcome.FAILED: 2}
    assert "no address" in done.errors[0]
    assert transport.sent == {}


def test_a_message_taken_over_by_another_worker_is_said_and_survived(store: Book, clock: ManualClock) -> None:
    def slow(_: Envelope) -> Outcome:
        clock.advance(500)
        taken = store.outbox.claim(clock.now(), worker="other", lease_s=60)
        assert taken is not None
        assert taken.doubtful
        return Outcome.ACCEPTED

    done = run(store, Scripted(slow), clock, limit=1)
    assert "taken over" in done.errors[0]
    assert store.outbox.counts() == {Outcome.SENDING: 1, Outcome.OWED: 1}


def test_who_leaves_between_plan_and_sending_gets_nothing(store: Book, clock: ManualClock) -> None:
    ann = store.subscribers.find(address="ann@example.org")
    assert ann is not None
    store.subscribers.save(replace(ann, consent=Consent.UNSUBSCRIBED, ended=NOW + timedelta(seconds=1)))
    transport = MemoryTransport(clock=clock)
    run(store, transport, clock)
    assert [e.recipient for e in transport.sent.values()] == ["ben@example.org"]
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1, Outcome.CANCELLED: 1}
