"""Consent, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.model.errors import RefusedError
from publisher.model.subscriber import Consent, Frequency, Wishes
from publisher.records.subscribers import (
    confirm,
    new_subscriber,
    normalised,
    set_wishes,
    subscribe,
    suppress,
    unsubscribe,
)
from tests.contract.books import Book, book
from tests.unit.deliver.samples import NOW

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Book]:
    with book("memory", tmp_path) as opened:
        yield opened


def test_asked_confirmed_ended(store: Book) -> None:
    asked = subscribe(store.subscribers, "Ann@Example.ORG", now=NOW)
    assert (asked.address, asked.consent, asked.asked, asked.confirmed) == (
        "Ann@example.org", Consent.PENDING, NOW, None)  # fmt: skip
    assert len(asked.token) >= 32
    assert "ann" not in asked.id.casefold()
    confirmed = confirm(store.subscribers, asked.token, now=LATER)
    assert (confirmed.consent, confirmed.confirmed, confirmed.id) == (Consent.CONFIRMED, LATER, asked.id)
    assert confirm(store.subscribers, asked.token, now=LATER + timedelta(days=1)) == confirmed, "twice is once"
    left = unsubscribe(store.subscribers, asked.token, now=LATER)
    assert (left.consent, left.ended) == (Consent.UNSUBSCRIBED, LATER)
    assert unsubscribe(store.subscribers, asked.token, now=LATER + timedelta(days=1)) == left


def test_a_token_can_be_typed_after_a_command() -> None:
    made = {new_subscriber("ann@example.org", now=NOW, source="test").token for _ in range(500)}
    assert len(made) == 500
    assert not [token for token in made if token.startswith("-")]


def test_an_old_confirmation_does_not_bring_back_who_left(store: Book) -> None:
    asked = subscribe(store.subscribers, "ann@example.org", now=NOW)
    unsubscribe(store.subscribers, asked.token, now=NOW)
    with pytest.raises(RefusedError, match="left"):
        confirm(store.subscribers, asked.token, now=LATER)
    again = subscribe(store.subscribers, "ann@example.org", now=LATER)
    assert (again.id, again.consent) == (asked.id, Consent.PENDING)
    assert again.token != asked.token
    with pytest.raises(RefusedError, match="Nobody"):
        confirm(store.subscribers, asked.token, now=LATER)
    assert confirm(store.subscribers, again.token, now=LATER).consent is Consent.CONFIRMED


def test_a_stranger_cannot_change_a_confirmed_readers_wishes_by_subscribing_them(store: Book) -> None:
    mine = subscribe(store.subscribers, "ann@example.org", now=NOW, wishes=Wishes(components=("search",)))
    confirm(store.subscribers, mine.token, now=NOW)
    after = subscribe(store.subscribers, "ANN@example.org", now=LATER, wishes=Wishes(frequency=Frequency.WEEKLY))
    assert (after.wishes, after.consent, after.token) == (mine.wishes, Consent.CONFIRMED, mine.token)


def test_who_asks_twice_before_confirming_gets_the_newer_wishes(store: Book) -> None:
    first = subscribe(store.subscribers, "ann@example.org", now=NOW, wishes=Wishes(components=("search",)))
    second = subscribe(store.subscribers, "ann@example.org", now=LATER, wishes=Wishes(locale="de"))
    assert (second.id, second.token, second.wishes, second.asked) == (first.id, first.token, Wishes(locale="de"), LATER)


def test_a_suppressed_address_stays_so(store: Book) -> None:
    asked = subscribe(store.subscribers, "ann@example.org", now=NOW)
    stopped = suppress(store.subscribers, asked, now=LATER)
    assert (stopped.consent, stopped.ended) == (Consent.SUPPRESSED, LATER)
    assert suppress(store.subscribers, stopped, now=NOW) == stopped
    assert unsubscribe(store.subscribers, asked.token, now=NOW) == stopped
    with pytest.raises(RefusedError, match="suppressed"):
        subscribe(store.subscribers, "ANN@example.org", now=LATER)
    with pytest.raises(RefusedError, match="left"):
        confirm(store.subscribers, asked.token, now=LATER)


def test_wishes_are_changed_with_the_token_alone(store: Book) -> None:
    asked = subscribe(store.subscribers, "ann@example.org", now=NOW)
    wishes = Wishes(components=("checkout",), maintenance=False, frequency=Frequency.DAILY, locale="ar")
    assert set_wishes(store.subscribers, asked.token, wishes).wishes == wishes
    assert store.subscribers.find(address="ann@example.org") == set_wishes(store.subscribers, asked.token, wishes)
    for token in ("", asked.token + "x", asked.id):
        with pytest.raises(RefusedError, match="Nobody holds"):
            confirm(store.subscribers, token, now=NOW)
        with pytest.raises(RefusedError, match="Nobody holds"):
            set_wishes(store.subscribers, token, wishes)
        with pytest.raises(RefusedError, match="Nobody holds"):
            unsubscribe(store.subscribers, token, now=NOW)


def test_tokens_and_ids_are_random(store: Book) -> None:
    people = [subscribe(store.subscribers, f"p{n}@example.org", now=NOW) for n in range(200)]
    assert len({p.token for p in people}) == len({p.id for p in people}) == 200


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" ann@example.org ", "ann@example.org"),
        ("Ann@EXAMPLE.org", "Ann@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann+status@example.org", "ann+status@example.org"),
    ],
)
def test_addresses_are_written_one_way(written: str, meant: str) -> None:
    assert normalised(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "ann", "@example.org", "ann@", "a b@example.org", "ann@exa mple.org", "ann@example..org", "änn@example.org",
     "ann@example.org\nBcc: eve@x.org", "ann@example.org,eve@example.org", "Ann <ann@example.org>", "a" * 70 + "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(written: str, store: Book) -> None:
    with pytest.raises(RefusedError) as refused:
        subscribe(store.subscribers, written, now=NOW)
    assert refused.value.cause.endswith(".")
    assert list(store.subscribers.all()) == []
