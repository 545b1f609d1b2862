"""Cases T27, T28, T38 and T39 of the fault list: mail under kill -9, and nobody else's address.

Ordinary figures: T27 at each of five named points and 20 kills at random moments, under each policy; T28 at every SQL
statement of recording a release; nightly 1,000 random kills. T39 at its full 5,000. T38 here 300 messages over the wire; its
10,000 texts are in `tests/unit/render/test_mail.py`.
"""

from __future__ import annotations

import email
import multiprocessing
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from publisher.adapters.clock import ManualClock
from publisher.adapters.smtp import SmtpServer, SmtpTransport
from publisher.deliver.messages import deliver_due
from publisher.deliver.plan import plan_owed
from publisher.model.delivery import Outcome
from publisher.model.release import Said
from publisher.records.archive import verify
from publisher.render.mail import render_mail
from publisher.render.views import project_all
from tests.contract.books import Book, book
from tests.faults import mail_worker
from tests.faults.mail_worker import POINTS
from tests.servers.smtp import Sink, smtp_sink
from tests.unit.deliver.samples import EMAIL, NOW, SITE, history, incident, release, subscriber
from tests.unit.render.test_mail import EVIL, HEADER, TOLD

NIGHTLY = os.environ.get("TIDINGS_TEST_DEPTH") == "nightly"
KILLS = 500 if NIGHTLY else 20
"""Under each of two policies."""

COMES_OF_IT = {
    ("claimed", "resend"): (6, 0),
    ("claimed", "hold"): (5, 1),
    ("before-send", "resend"): (6, 0),
    ("before-send", "hold"): (3, 3),
    ("after-send", "resend"): (9, 0),
    ("after-send", "hold"): (6, 3),
    ("before-settle", "resend"): (9, 0),
    ("before-settle", "hold"): (6, 1),
    ("after-settle", "resend"): (6, 0),
    ("after-settle", "hold"): (6, 0),
    ("held", "resend"): (6, 0),
    ("held", "hold"): (6, 0),
}
"""(point, policy) → messages that arrived and messages parked, of six owed, after three deaths there and one whole run.

Under `resend` each new worker takes up what the last one left, so one person gets it up to four times; under `hold` it parks
that message and dies over the next one, unless it died before it could park.
"""


def fill(where: Book, count: int) -> None:
    """Owe one update to so many people."""
    people = [subscriber(f"p{n:04}") for n in range(count)]
    with where.database.transaction():
        for someone in people:
            where.subscribers.add(someone)
    told = history(incident())
    plan = plan_owed(told, project_all(told, now=NOW), frozenset(), people, policy=EMAIL, now=NOW)
    carried = [Said(incident=d.incident, update=d.update, revision=d.revision) for d in plan.deliveries[:1]]
    where.ledger.record(release(1, carried), plan)
    where.ledger.live("local", 1, NOW)


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    """Give a way to start workers that have their modules imported."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([mail_worker.__name__, "tests.faults.publishing_kit"])
    return made


class Workers:
    """Starts workers in processes of their own."""

    def __init__(self, context: ForkServerContext, database: Path) -> None:
        self._context = context
        self.database = database

    def deliver(self, port: int, in_doubt: str, point: str) -> ForkServerProcess:
        """Start one that delivers, and dies at a point or goes on to the end."""
        return self._start(mail_worker.deliver, port, in_doubt, point)

    def record(self, generation: int, statement: int = 0) -> ForkServerProcess:
        """Start one that records a release, and dies before a statement or goes on to the end."""
        return self._start(mail_worker.record, generation, statement)

    def _start(self, work: Callable[..., None], *arguments: str | int) -> ForkServerProcess:
        process = self._context.Process(target=work, args=(self.database, *arguments))
        process.start()
        return process


@pytest.fixture
def workers(context: ForkServerContext, tmp_path: Path) -> Workers:
    return Workers(context, tmp_path / "tidings.db")


def finished(process: ForkServerProcess) -> int:
    """Wait for a worker's end; its complaint, if it ended by itself and badly, is on standard error."""
    process.join(timeout=60)
    code = process.exitcode
    assert code in {0, -signal.SIGKILL}, f"the worker ended with {code}"
    process.close()
    return code


def received(sink: Sink) -> Counter[tuple[str, str]]:
    """Count what arrived by recipient and Message-ID."""
    return Counter((kept.recipients[0], str(email.message_from_bytes(kept.wire)["Message-ID"])) for kept in sink.kept)


def doubtful(where: Book) -> int:
    """Count messages that were in doubt at some time: their second attempt was one too many or the first one lost."""
    with where.database.reading() as db:
        return int(db.execute("SELECT count(*) FROM job WHERE doubtful = 1").fetchone()[0])


def judge(where: Book, sink: Sink, people: int, in_doubt: str, kills: int) -> None:
    """Check what T27 promises, after the last worker ended by itself."""
    arrived = received(sink)
    by_person = Counter(recipient for recipient, _ in arrived.elements())
    twice = {person for person, count in by_person.items() if count > 1}
    assert len(arrived) == len(by_person), "nobody got it under two Message-IDs"
    counts = where.outbox.counts()
    if in_doubt == "resend":
        assert len(by_person) == people, "nobody is forgotten"
        assert counts == {Outcome.ACCEPTED: people}
        assert len(twice) <= doubtful(where) <= kills, "only what was in doubt came twice"
    else:
        parked = {job.recipient.address for job in where.outbox.parked()}
        assert not twice, "under hold nobody gets it twice"
        assert len(by_person.keys() | parked) == people, "nobody is forgotten: here it arrived or a person is asked"
        assert counts.get(Outcome.ACCEPTED, 0) + counts.get(Outcome.IN_DOUBT, 0) == people
        assert counts.get(Outcome.IN_DOUBT, 0) == len(parked) <= kills


@pytest.mark.parametrize("in_doubt", ["resend", "hold"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_and_run_again(tmp_path: Path, workers: Workers, point: str, in_doubt: str) -> None:
    """T27, where we know what must come of it."""
    with book("file", tmp_path) as where, smtp_sink() as sink:
        fill(where, 6)
        for _ in range(3):
            assert finished(workers.deliver(sink.port, in_doubt, point)) == -signal.SIGKILL
            time.sleep(0.06)
        assert finished(workers.deliver(sink.port, in_doubt, "")) == 0
        judge(where, sink, 6, in_doubt, kills=3)
        assert (sum(received(sink).values()), len(where.outbox.parked())) == COMES_OF_IT[point, in_doubt]


@pytest.mark.parametrize("in_doubt", ["resend", "hold"])
def test_killed_at_random_moments_and_run_again(tmp_path: Path, workers: Workers, in_doubt: str) -> None:
    """T27: kills fall anywhere in a worker's life; the control is that some fell in the middle of its work."""
    dice = random.Random(27)
    people = KILLS * 12
    with book("file", tmp_path) as where, smtp_sink() as sink:
        fill(where, people)
        amid = 0
        for _ in range(KILLS):
            before = len(sink.kept)
            process = workers.deliver(sink.port, in_doubt, "random")
            give_up = time.monotonic() + 30
            while len(sink.kept) == before and process.is_alive() and time.monotonic() < give_up:
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.08))
            process.kill()
            finished(process)
            amid += len(sink.kept) > before
        time.sleep(0.06)
        assert finished(workers.deliver(sink.port, in_doubt, "")) == 0
        assert amid >= KILLS // 2, "the kills fell in the middle of work"
        judge(where, sink, people, in_doubt, KILLS)


def _recorded(context: ForkServerContext, folder: Path) -> Workers:
    """Make a ledger in which one release is on record."""
    with book("file", folder) as where:
        for name in ("ann", "ben"):
            where.subscribers.add(subscriber(name))
    workers = Workers(context, folder / "tidings.db")
    assert finished(workers.record(1)) == 0
    return workers


def test_killed_between_any_two_statements_of_recording(tmp_path: Path, context: ForkServerContext) -> None:
    """T28: never a release without its rows, nor rows without their release, archive entry and words."""
    probe = _recorded(context, tmp_path / "probe")
    assert finished(probe.record(2)) == 0
    statements = int(mail_worker.counted(probe.database).read_text())
    assert statements > 15, "the control: there is something to interrupt"
    workers, killed = _recorded(context, tmp_path / "real"), 0
    for statement in range(1, statements + 1):
        died = finished(workers.record(2, statement)) == -signal.SIGKILL
        killed += died
        with book("file", tmp_path / "real") as where:
            _whole(where)
            if died and 2 in {r.generation for r in where.ledger.releases()}:
                assert where.outbox.counts() == {Outcome.OWED: 4}
    assert killed > 15, "the control: workers died on the way"
    assert finished(workers.record(2)) == 0
    with book("file", tmp_path / "real") as where:
        _whole(where)
        assert where.outbox.counts() == {Outcome.OWED: 4}
        assert [e.kind for e in where.ledger.archive()] == ["release", "live", "release", "live"]
        job = where.outbox.claim(NOW, worker="w", lease_s=60)
        assert job is not None
        assert [d.update for d in job.deliveries] == ["u1", "u2"]


def _whole(where: Book) -> None:
    """Check that release, archive entry, wordings, words and rows stand or are missing together."""
    generations = {r.generation for r in where.ledger.releases()}
    entries = list(where.ledger.archive())
    assert verify(entries) == ()
    assert len([e for e in entries if e.kind == "release"]) == len(generations)
    assert len(where.ledger.announced()) == len(generations)
    assert sum(where.outbox.counts().values()) == 2 * len(generations)
    with where.database.reading() as db:
        assert db.execute("SELECT count(*) FROM words").fetchone()[0] == len(generations)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        live = {row[0] for row in db.execute("SELECT generation FROM live")}
        gone = {row[0] for row in db.execute("SELECT r.generation FROM delivery d JOIN release r ON r.seq = d.release"
                                             " WHERE d.let_go = 1")}  # fmt: skip
    assert live <= generations
    assert gone == live, "messages go with the page, not before and not without"


def test_two_workers_share_the_work_and_nobody_gets_it_twice(tmp_path: Path, workers: Workers) -> None:
    with book("file", tmp_path) as where, smtp_sink() as sink:
        fill(where, 120)
        two = [workers.deliver(sink.port, "resend", "") for _ in range(2)]
        assert [finished(process) for process in two] == [0, 0]
        assert where.outbox.counts() == {Outcome.ACCEPTED: 120}
        assert set(received(sink).values()) == {1}
        assert len(received(sink)) == 120
        with where.database.reading() as db:
            assert db.execute("SELECT count(DISTINCT worker) FROM job").fetchone()[0] == 2


@pytest.mark.timeout(900)
def test_five_thousand_readers_each_see_their_own_address_alone(tmp_path: Path) -> None:
    """T39, over a real SMTP server: envelope, every header and both bodies."""
    count = 5_000
    clock = ManualClock(NOW)
    with book("file", tmp_path) as where, smtp_sink() as sink:
        fill(where, count)
        transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=sink.port, timeout_s=20), clock=clock)
        done = deliver_due(where.outbox, where.subscribers, transport, site=SITE, policy=EMAIL, clock=clock, worker="w")
        transport.close()
        assert done.outcomes == {Outcome.ACCEPTED: count}
        seen = set()
        ours = {EMAIL.sender, EMAIL.reply_to}
        for kept in sink.kept:
            (recipient,) = kept.recipients
            seen.add(recipient)
            message = email.message_from_bytes(kept.wire)
            assert message["To"] == recipient
            parts = [part.get_payload(decode=True) for part in message.walk()]
            text = str(message).partition("\n\n")[0] + "".join(p.decode() for p in parts if isinstance(p, bytes))
            found = set(re.findall(r"[\w.+-]+@example\.org", text))
            assert found == {recipient}
            assert set(re.findall(r"token-of-p\d+", text)) == {f"token-of-{recipient.split('@')[0]}"}
        assert len(seen) == count
        assert ours.isdisjoint(seen)


def test_three_hundred_hostile_titles_over_the_wire_write_no_header(tmp_path: Path) -> None:
    """T38 at the sink: what the server kept has the header that was meant, for the one recipient."""
    dice = random.Random(38)
    clock = ManualClock(NOW)
    with smtp_sink() as sink:
        transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=sink.port, timeout_s=20), clock=clock)
        for number in range(300):
            evil = dice.choice(EVIL) + dice.choice(EVIL)[:200]
            told = replace(TOLD, title=evil, text=f"{evil}\r\n.\r\nMAIL FROM:<eve@example.org>\r\n", who=evil)
            reader = subscriber(f"p{number}")
            policy = replace(EMAIL, sender_name=evil)
            envelope = render_mail([told], site=SITE, subscriber=reader, policy=policy, job=f"j{number}", now=NOW)
            assert transport.send(envelope).outcome is Outcome.ACCEPTED
        transport.close()
        assert len(sink.kept) == 300, "no message was smuggled in"
        for number, kept in enumerate(sink.kept):
            assert kept.recipients == (f"p{number}@example.org",)
            assert kept.sender == EMAIL.sender
            message = email.message_from_bytes(kept.wire)
            assert message.keys() == HEADER
            assert message["To"] == kept.recipients[0]
