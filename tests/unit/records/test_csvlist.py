"""The list as CSV: out, in, and who is kept out."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.model.errors import UsageError
from publisher.model.incident import Severity
from publisher.model.subscriber import Consent, Frequency, Subscriber, Wishes
from publisher.records.csvlist import COLUMNS, Imported, Rejected, export_csv, import_csv
from tests.contract.books import Book, book
from tests.unit.deliver.samples import NOW, subscriber

HEADER = ",".join(COLUMNS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Book]:
    with book("memory", tmp_path) as opened:
        yield opened


def bring(store: Book, text: str | bytes, *, known: frozenset[str] | None = None) -> Imported:
    data = text if isinstance(text, bytes) else text.encode()
    return import_csv(store.subscribers, data, name="old.csv", now=NOW, known_ids=known)


def state(people: Iterator[Subscriber]) -> set[tuple[object, ...]]:
    return {(p.address, p.consent, p.wishes, p.asked, p.confirmed, p.ended, p.source) for p in people}


def crowd(count: int) -> list[Subscriber]:
    dice = random.Random(43)
    people = []
    for number in range(count):
        consent = dice.choice(list(Consent))
        asked = NOW - timedelta(days=dice.randint(2, 400), microseconds=dice.randint(0, 10**6))
        people.append(
            replace(
                subscriber(f"p{number:05}", consent=consent),
                wishes=Wishes(
                    components=tuple(dice.sample(["checkout", "search", "payments"], dice.randint(0, 3))),
                    severity=dice.choice(list(Severity)),
                    maintenance=dice.random() < 0.5,
                    frequency=dice.choice(list(Frequency)),
                    locale=dice.choice(["en", "de", "ar"]),
                ),
                asked=asked,
                confirmed=asked + timedelta(hours=1) if consent is not Consent.PENDING else None,
                ended=NOW - timedelta(days=1) if consent in {Consent.UNSUBSCRIBED, Consent.SUPPRESSED} else None,
                source=dice.choice(["form", "command", "=evil()", "-1+1", "@x", "'quoted", 'a,b\n"c"']),
            )
        )
    return people


def test_ten_thousand_people_go_out_and_in_again_with_everything(tmp_path: Path) -> None:
    """T43: equal set and state; tokens only on request."""
    people = crowd(10_000)
    with book("memory", tmp_path) as one, book("memory", tmp_path) as other, book("memory", tmp_path) as third:
        with one.database.transaction():
            for someone in people:
                one.subscribers.add(someone)
        text = export_csv(one.subscribers.all())
        assert not any(p.token in text for p in people[:50])
        with other.database.transaction():
            assert bring(other, text) == Imported(added=10_000)
        assert state(other.subscribers.all()) == state(one.subscribers.all())
        with third.database.transaction():
            bring(third, export_csv(one.subscribers.all(), tokens=True))
        assert {p.token for p in third.subscribers.all()} == {p.token for p in people}
        assert bring(other, text) == Imported(known=10_000), "the same file twice changes nothing"


CELLS = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "'=1", "''", "'", "plain", ""]


@pytest.mark.parametrize("cell", CELLS)
def test_cells_that_a_spreadsheet_would_run_are_neutral_and_come_back(store: Book, cell: str) -> None:
    """T65."""
    ann = replace(subscriber(), source=cell or "x")
    text = export_csv([ann])
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert not row["source"].startswith(tuple("=+-@\t\r＝＋－＠"))
    bring(store, text)
    (back,) = store.subscribers.all()
    assert back.source == ann.source


def test_an_address_that_looks_like_a_formula_is_neutral_and_comes_back(store: Book) -> None:
    text = export_csv([subscriber(address="=cmd@example.org"), subscriber("b", address="-x@example.org")])
    assert "\n'=cmd@example.org," in text
    assert bring(store, text).added == 2
    assert sorted(p.address for p in store.subscribers.all()) == ["-x@example.org", "=cmd@example.org"]


def test_an_address_column_alone_is_enough_and_nobody_is_confirmed_by_it(store: Book) -> None:
    assert bring(store, "address\nann@example.org\n\n ben@example.org \n") == Imported(added=2)
    for someone in store.subscribers.all():
        assert (someone.consent, someone.confirmed, someone.asked) == (Consent.PENDING, None, NOW)
        assert someone.source == "import:old.csv"
        assert someone.wishes == Wishes()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("ann@example.org,,,,,,confirmed,,,,", "not when"),
        ("ann,,,,,,,,,,", "not a mail address"),
        (",,,,,,pending,,,,", "not a mail address"),
        ("ann@example.org,,hourly,,,,,,,,", "frequency is 'hourly'; it can be immediate, daily, weekly"),
        ("ann@example.org,,,sev9,,,,,,,", "severity is 'sev9'"),
        ("ann@example.org,,,,nope,,,,,,", "called 'nope'"),
        ("ann@example.org,,,,,maybe,,,,,", "maintenance is 'maybe'"),
        ("ann@example.org,,,,,,sure,,,,", "consent is 'sure'"),
        ("ann@example.org,,,,,,confirmed,,2026-01-01 10:00,,", "with its zone"),
        ("ann@example.org,,,,,,confirmed,,yesterday,,", "with its zone"),
        ("ann@example.org,,,,,,confirmed,,2027-01-01T10:00:00Z,,", "future"),
    ],
)
def test_what_cannot_come_in_is_named_with_its_line(store: Book, row: str, why: str) -> None:
    done = bring(store, f"{HEADER}\nben@example.org\n\n{row}\ncy@example.org\n", known=frozenset({"search"}))
    assert done.added == 2
    (rejected,) = done.rejected
    assert rejected.line == 4
    assert why in rejected.why
    assert "ann@example.org" not in rejected.why


def test_lines_are_counted_across_cells_that_span_several(store: Book) -> None:
    text = f'{HEADER}\nben@example.org,,,,,,,,,,"a\nb\nc"\nwrong,,,,,,,,,,\n'
    assert [r.line for r in bring(store, text).rejected] == [5]
    assert isinstance(bring(store, text).rejected[0], Rejected)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no column `address`"),
        (b"name,mail\nann,ann@example.org\n", "no column `address`"),
        (b"address,color\nann@example.org,red\n", "`color`"),
        ("address\nänn@example.org\n".encode("latin-1"), "UTF-8"),
        (b'address,source\nann@example.org,"unfinished\n', "not CSV"),
    ],
)
def test_files_that_are_no_list_are_refused(store: Book, data: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        bring(store, data)


def test_a_byte_order_mark_and_capitals_in_the_header_do_no_harm(store: Book) -> None:
    assert bring(store, "\ufeffAddress , LOCALE\nann@example.org,de\n").added == 1
    assert next(store.subscribers.all()).wishes.locale == "de"


@pytest.mark.parametrize("there", [Consent.UNSUBSCRIBED, Consent.SUPPRESSED])
@pytest.mark.parametrize("written", ["ann@example.org", "ANN@EXAMPLE.ORG"])
def test_an_old_list_brings_nobody_back(store: Book, there: Consent, written: str) -> None:
    gone = store.subscribers.add(replace(subscriber(consent=there), ended=NOW))
    done = bring(store, f"{HEADER}\n{written},,,,,,confirmed,,2026-01-01T00:00:00Z,,\n")
    assert done == Imported(kept_out=1)
    assert list(store.subscribers.all()) == [gone]


@pytest.mark.parametrize("consent", ["unsubscribed", "suppressed"])
def test_an_ending_is_taken_over(store: Book, consent: str) -> None:
    ann = store.subscribers.add(subscriber())
    done = bring(store, f"{HEADER}\nann@example.org,,,,,,{consent},,,2026-11-20T12:00:00Z,\n")
    assert done == Imported(ended=1)
    (after,) = store.subscribers.all()
    assert (after.consent, after.wishes, after.token) == (Consent(consent), ann.wishes, ann.token)


def test_an_ending_older_than_our_consent_is_history(store: Book) -> None:
    ann = store.subscribers.add(subscriber())
    assert bring(store, f"{HEADER}\nann@example.org,,,,,,unsubscribed,,,2025-01-01T00:00:00Z,\n") == Imported(known=1)
    assert list(store.subscribers.all()) == [ann]


def test_somebody_known_keeps_token_wishes_and_consent(store: Book) -> None:
    ann = store.subscribers.add(subscriber(components=("search",)))
    text = f"{HEADER},token\nann@example.org,de,weekly,sev1,checkout,no,pending,,,,,{'t' * 40}\n"
    assert bring(store, text) == Imported(known=1)
    assert list(store.subscribers.all()) == [ann]


def test_short_tokens_are_replaced(store: Book) -> None:
    bring(store, "address,token\nann@example.org,1234\n")
    assert len(next(store.subscribers.all()).token) >= 32


def test_a_list_speaks_the_languages_of_the_site(store: Book) -> None:
    data = b"address,locale\r\nana@example.com,\r\nbob@example.com,ar\r\ncy@example.com,xx\r\n"
    done = import_csv(store.subscribers, data, name="old.csv", now=NOW, locales=("de", "ar"))
    assert [(row.line, row.why) for row in done.rejected] == [(4, "The site does not speak 'xx'; it speaks de, ar.")]
    assert {s.address: s.wishes.locale for s in store.subscribers.all()} == {
        "ana@example.com": "de",
        "bob@example.com": "ar",
    }
