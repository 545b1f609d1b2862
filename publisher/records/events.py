"""What starts and ends clocks, as entries of the archive: events, submissions, and what was recorded in error.

An entry is on disk before anybody is told that it was recorded, and nothing takes it out again. So how a duty stands
can be worked out at any time, anywhere the log is, whatever died or moved meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from publisher.model.digest import Plain
from publisher.model.duty import Event
from publisher.model.errors import RefusedError
from publisher.model.occurrence import Occurred, Occurrences, Submitted, Withdrawn
from publisher.ports import ArchiveEntry, Ledger
from publisher.records.archive import moment, stamp

EVENT: Final = "event"
SUBMISSION: Final = "submission"
WITHDRAWAL: Final = "withdrawal"

_SLACK: Final = timedelta(minutes=1)
"""People type minutes: what they say may be this much later than the present."""


def record_event(
    ledger: Ledger,
    *,
    incident: str,
    event: Event,
    scope: str | None,
    at: datetime,
    by: str,
    now: datetime,
    note: str = "",
) -> ArchiveEntry:
    """Put an event on record.

    Args:
        ledger: where.
        incident: its id.
        event: what happened.
        scope: the regime, contract or vendor it is of; None for all.
        at: when, aware.
        by: who says so.
        now: when it is recorded.
        note: a line for colleagues.

    Raises:
        RefusedError: it lies in the future.
    """
    _not_yet(at, now)
    body: dict[str, Plain] = {"incident": incident, "event": str(event), "scope": scope, "at": stamp(at), "by": by}
    return ledger.append(EVENT, {**body, "note": note} if note else body, now)


def record_submission(  # noqa: D417 -- as above
    ledger: Ledger, *, incident: str, duty: str, at: datetime, by: str, now: datetime, reference: str = ""
) -> ArchiveEntry:
    """Put on record that something was handed in.

    Args:
        duty: `regime/step`, with `@vendor` where a vendor owed it.
        at: when, aware. The next step's clock counts from here.
        reference: what the recipient calls it.

    Raises:
        RefusedError: it lies in the future.
    """
    _not_yet(at, now)
    body: dict[str, Plain] = {"incident": incident, "duty": duty, "at": stamp(at), "by": by, "reference": reference}
    return ledger.append(SUBMISSION, body, now)


def record_withdrawal(ledger: Ledger, *, incident: str, entry: int, why: str, by: str, now: datetime) -> ArchiveEntry:
    """Put on record that an entry was made in error. It stays, and counts no more.

    Raises:
        RefusedError: the incident has no such entry, or it was withdrawn already.
    """
    known = occurrences(ledger.archive(), incident)
    counting = {one.seq for one in known.events} | {one.seq for one in known.submissions}
    if entry not in counting:
        listed = ", ".join(str(seq) for seq in sorted(counting)) or "none"
        raise RefusedError(
            f"Entry {entry} of the log is no event or submission of {incident} that counts.",
            f"Those that count: {listed}.",
        )
    body: Plain = {"incident": incident, "entry": entry, "why": why, "by": by}
    return ledger.append(WITHDRAWAL, body, now)


def occurrences(entries: Iterable[ArchiveEntry], incident: str) -> Occurrences:
    """Give what counts of one incident's record, in the log's order."""
    return all_occurrences(entries).get(incident, Occurrences())


def all_occurrences(entries: Iterable[ArchiveEntry]) -> Mapping[str, Occurrences]:
    """Give what counts, by incident."""
    events: list[Occurred] = []
    handed: list[Submitted] = []
    back: list[Withdrawn] = []
    for entry in entries:
        if entry.kind not in {EVENT, SUBMISSION, WITHDRAWAL} or not isinstance(entry.body, Mapping):
            continue
        if entry.kind == EVENT:
            events.append(_event(entry, entry.body))
        elif entry.kind == SUBMISSION:
            handed.append(_submission(entry, entry.body))
        else:
            back.append(_withdrawal(entry, entry.body))
    gone = {(one.incident, one.entry) for one in back}
    names = dict.fromkeys([*(e.incident for e in events), *(s.incident for s in handed), *(b.incident for b in back)])
    return {
        name: Occurrences(
            events=tuple(o for o in events if o.incident == name and (name, o.seq) not in gone),
            submissions=tuple(o for o in handed if o.incident == name and (name, o.seq) not in gone),
            withdrawn=tuple(o for o in back if o.incident == name),
        )
        for name in names
    }


def _not_yet(at: datetime, now: datetime) -> None:
    if at > now + _SLACK:
        raise RefusedError(
            f"{at:%Y-%m-%d %H:%M} UTC is in the future; it is {now:%Y-%m-%d %H:%M} UTC.",
            "Record what has happened. If the time is right, look at this machine's clock.",
        )


def _event(entry: ArchiveEntry, body: Mapping[str, Plain]) -> Occurred:
    scope = body.get("scope")
    return Occurred(
        seq=entry.seq,
        incident=str(body["incident"]),
        event=Event(str(body["event"])),
        scope=None if scope is None else str(scope),
        at=moment(str(body["at"])),
        by=str(body["by"]),
        received=entry.at,
        note=str(body.get("note") or ""),
    )


def _submission(entry: ArchiveEntry, body: Mapping[str, Plain]) -> Submitted:
    return Submitted(
        seq=entry.seq,
        incident=str(body["incident"]),
        duty=str(body["duty"]),
        at=moment(str(body["at"])),
        by=str(body["by"]),
        received=entry.at,
        reference=str(body.get("reference") or ""),
    )


def _withdrawal(entry: ArchiveEntry, body: Mapping[str, Plain]) -> Withdrawn:
    number = body["entry"]
    return Withdrawn(
        seq=entry.seq,
        incident=str(body["incident"]),
        entry=number if isinstance(number, int) else 0,
        why=str(body["why"]),
        by=str(body["by"]),
        received=entry.at,
    )
