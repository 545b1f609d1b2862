"""The chain: whole it holds, and any change breaks it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from publisher.ports import ArchiveEntry
from publisher.records.archive import GENESIS, chained, moment, stamp, verify
from tests.unit.deliver.samples import NOW


def chain(count: int) -> list[ArchiveEntry]:
    entries: list[ArchiveEntry] = []
    for number in range(count):
        entries.append(
            chained(
                entries[-1] if entries else None,
                at=NOW + timedelta(seconds=number),
                kind="note",
                body={"n": number, "list": [1, None, "ü"]},
            )
        )
    return entries


def test_a_whole_chain_holds() -> None:
    assert verify([]) == ()
    assert verify(chain(1)) == ()
    assert verify(chain(200)) == ()


def test_the_first_link_follows_the_beginning() -> None:
    (first,) = chain(1)
    assert first.seq == 1
    assert first.link != GENESIS


def test_every_change_to_any_entry_is_found_and_named() -> None:
    entries = chain(30)
    for index, entry in enumerate(entries):
        for other in (
            replace(entry, body={"n": -1}),
            replace(entry, kind="other"),
            replace(entry, at=entry.at + timedelta(microseconds=1)),
            replace(entry, link="0" * 64),
        ):
            changed = [*entries[:index], other, *entries[index + 1 :]]
            assert f"Entry {index + 1} " in verify(changed)[0]


def test_a_thousand_dropped_moved_doubled_or_inserted_entries_are_found() -> None:
    dice = random.Random(45)
    entries = chain(20)
    for _ in range(1000):
        changed = list(entries)
        at = dice.randrange(19)
        match dice.randrange(4):
            case 0:
                del changed[at]
            case 1:
                changed[at], changed[at + 1] = changed[at + 1], changed[at]
            case 2:
                changed.insert(at, changed[at])
            case _:
                changed.insert(at, chained(changed[at - 1] if at else None, at=NOW, kind="x", body=None))
        assert verify(changed)


def test_moments_sort_as_text_and_come_back() -> None:
    far = datetime(2026, 11, 20, 20, 4, 10, 5, tzinfo=timezone(timedelta(hours=5)))
    assert stamp(far) == "2026-11-20T15:04:10.000005Z"
    assert moment(stamp(far)) == far
    assert stamp(NOW) < stamp(far)
