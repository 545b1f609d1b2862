"""Holds in the archive: set, ended, and what waited or passed meanwhile. What the log says is what counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from publisher.model.delivery import Channel
from publisher.model.digest import Plain
from publisher.model.errors import RefusedError
from publisher.model.governance import Hold
from publisher.ports import ArchiveEntry, Ledger
from publisher.records.archive import moment, stamp

HOLD: Final = "hold"
END: Final = "hold-end"
HELD: Final = "held"
"""A publish waited, or part of it passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A hold on record.

    Attributes:
        seq: its entry's number, by which people name it.
        hold: what waits, until when; ends when it was ended, if it was.
        by: who set it.
        ended_by: who ended it before its time, if somebody did.
    """

    seq: int
    hold: Hold
    by: str
    ended_by: str = ""


def set_hold(ledger: Ledger, hold: Hold, *, by: str, now: datetime) -> ArchiveEntry:
    """Put a hold on record. It counts from then on, for whoever publishes or delivers."""
    body: Plain = {
        "why": hold.why,
        "begins": stamp(hold.begins),
        "ends": stamp(hold.ends),
        "channels": [str(channel) for channel in hold.channels],
        "incidents": list(hold.incidents),
        "by": by,
    }
    return ledger.append(HOLD, body, now)


def end_hold(ledger: Ledger, seq: int, *, by: str, now: datetime) -> ArchiveEntry:
    """Put on record that a hold is over before its time.

    Raises:
        RefusedError: there is no such hold, or it is over.
    """
    known = {one.seq: one for one in holds_on_record(ledger.archive())}
    if seq not in known:
        raise RefusedError(f"{seq} is no hold.", "`tidings hold` lists those on record.")
    if known[seq].hold.ends <= now:
        raise RefusedError(f"Hold {seq} is over since {known[seq].hold.ends:%Y-%m-%d %H:%M} UTC.", "Leave it as it is.")
    return ledger.append(END, {"of": seq, "by": by, "at": stamp(now)}, now)


def holds_on_record(entries: Iterable[ArchiveEntry]) -> tuple[Kept, ...]:
    """Give all holds that were ever set, oldest first."""
    found: dict[int, Kept] = {}
    for entry in entries:
        body = entry.body
        if not isinstance(body, Mapping):
            continue
        if entry.kind == HOLD:
            found[entry.seq] = Kept(seq=entry.seq, hold=_hold(body), by=str(body["by"]))
        elif entry.kind == END and (before := found.get(int(str(body["of"])))) is not None:
            ended = min(before.hold.ends, moment(str(body["at"])))
            found[before.seq] = replace(before, hold=replace(before.hold, ends=ended), ended_by=str(body["by"]))
    return tuple(found.values())


def note_held(
    ledger: Ledger, *, why: str, waits: Sequence[str], passed: Sequence[str], now: datetime
) -> ArchiveEntry | None:
    """Put on record what waits for a hold and what passed it, once for the same."""
    body: Plain = {"why": why, "waits": sorted(waits), "passed": sorted(passed)}
    last = None
    for entry in ledger.archive():
        if entry.kind in {HELD, HOLD, END, "release"}:
            last = entry
    if last is not None and last.kind == HELD and last.body == body:
        return None
    return ledger.append(HELD, body, now)


def _hold(body: Mapping[str, Plain]) -> Hold:
    channels, incidents = body["channels"], body["incidents"]
    return Hold(
        why=str(body["why"]),
        begins=moment(str(body["begins"])),
        ends=moment(str(body["ends"])),
        channels=tuple(Channel(str(one)) for one in channels) if isinstance(channels, list | tuple) else (),
        incidents=tuple(str(one) for one in incidents) if isinstance(incidents, list | tuple) else (),
    )
