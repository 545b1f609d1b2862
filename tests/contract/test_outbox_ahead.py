"""Looking ahead changes no claim: an outbox that does and one that does not give the same messages in the same order.

Random lives of an outbox: news for some, people who leave, answers of every kind, time that passes, and a second worker on
the same file. Whatever was read ahead must be thrown away when it is no longer true.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.adapters import sqlite_ahead
from publisher.adapters.sqlite_outbox import SqliteOutbox
from publisher.model.delivery import FINAL, Outcome, Receipt
from publisher.model.errors import ConflictError
from publisher.model.release import Said
from publisher.model.subscriber import Consent
from publisher.ports import Job
from tests.contract.books import Book, book, said, tell
from tests.unit.deliver.samples import NOW, subscriber

LIVES = 60 if os.environ.get("TIDINGS_TEST_DEPTH") == "nightly" else 6
STEPS = 60
PEOPLE = [f"p{number:02}" for number in range(12)]


@contextmanager
def lived(folder: Path, most: int) -> Iterator[tuple[Book, Book]]:
    """Open one file twice, as two workers do, with everybody on the list."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(sqlite_ahead, "MOST", most)
        one = stack.enter_context(book("file", folder))
        two = stack.enter_context(book("file", folder))
        with one.database.transaction():
            for name in PEOPLE:
                one.subscribers.add(subscriber(name))
        yield one, two


def life(folder: Path, seed: int, most: int) -> list[object]:
    """Live one life and say all that was claimed, and what stood in the end."""
    dice = random.Random(seed)
    story: list[object] = []
    now = NOW
    told: list[Said] = []
    held: list[tuple[int, Job]] = []
    with lived(folder, most) as workers:
        for step in range(STEPS):
            who = dice.choices([0, 1], weights=[6, 1])[0]
            match dice.choices(["claim", "settle", "tell", "leave", "wait"], weights=[40, 40, 6, 3, 8])[0]:
                case "claim":
                    job = workers[who].outbox.claim(now, worker=f"w{who}", lease_s=dice.choice([30, 600]))
                    story.append(job)
                    if job is not None:
                        held.append((who, job))
                case "settle" if held:
                    who, job = held.pop(dice.randrange(len(held)))
                    outcome = dice.choice(
                        [*[Outcome.ACCEPTED] * 8, *FINAL, Outcome.DEFERRED, Outcome.IN_DOUBT, Outcome.OWED]
                    )
                    due = (
                        now + timedelta(seconds=dice.choice([5, 60]))
                        if outcome not in FINAL and dice.random() < 0.8
                        else None
                    )
                    try:
                        workers[who].outbox.settle(job, Receipt(outcome=outcome, at=now, detail="so"), due=due)
                    except ConflictError as error:
                        story.append((step, str(error)))
                case "tell":
                    new = said(f"u{step}", f"2026-11-20-{dice.choice('ab')}")
                    people = [f"id-{name}" for name in dice.sample(PEOPLE, dice.randint(1, len(PEOPLE)))]
                    due = now + timedelta(seconds=dice.choice([0, 0, 20, 300]))
                    tell(workers[who], len(told) + 1, [new], people, carried=told, due=due)
                    told.append(new)
                case "leave":
                    someone = workers[who].subscribers.find(address=f"{dice.choice(PEOPLE)}@example.org")
                    assert someone is not None
                    workers[who].subscribers.save(replace(someone, consent=Consent.UNSUBSCRIBED, ended=now))
                case _:
                    now += timedelta(seconds=dice.choice([1, 10, 100]))
        story.append(workers[0].outbox.counts())
        outbox = workers[0].outbox
        assert isinstance(outbox, SqliteOutbox)
        story.append(outbox.parked())
    return story


def test_what_is_claimed_does_not_depend_on_looking_ahead(tmp_path: Path) -> None:
    claimed = 0
    for seed in range(LIVES):
        plain = life(tmp_path / f"{seed}-plain", seed, 1)
        assert life(tmp_path / f"{seed}-ahead", seed, 256) == plain, seed
        claimed += sum(isinstance(item, Job) for item in plain)
    assert claimed > LIVES * 8, "the control: much was claimed"


def test_it_does_look_ahead_and_one_worker_alone_asks_rarely(tmp_path: Path) -> None:
    """Two hundred messages: the queries that look for the next one run a few times, not two hundred times."""
    with book("file", tmp_path) as where:
        names = [f"q{number:03}" for number in range(200)]
        with where.database.transaction():
            for name in names:
                where.subscribers.add(subscriber(name))
        tell(where, 1, [said("u1")], [f"id-{name}" for name in names])
        asked: list[str] = []
        with where.database.reading() as db:
            db.set_trace_callback(asked.append)
        while (job := where.outbox.claim(NOW, worker="w", lease_s=600)) is not None:
            where.outbox.settle(job, Receipt(outcome=Outcome.ACCEPTED, at=NOW))
        with where.database.reading() as db:
            db.set_trace_callback(None)
        assert where.outbox.counts() == {Outcome.ACCEPTED: 200}
        looks = [statement for statement in asked if "ORDER BY due, seq" in statement]
        assert 4 <= len(looks) <= 8
        assert len(asked) < 200 * 14
