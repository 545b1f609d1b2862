"""Near misses in the archive: what was stopped on its way out, recorded by itself, for the review afterwards.

An entry says what sort of thing it was and where it stood, and never repeats it: the log outlives every page, so a
second copy there of what was kept inside would be the leak itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from publisher.model.codes import CODES
from publisher.model.digest import Plain
from publisher.model.errors import RefusedError
from publisher.model.finding import Finding
from publisher.ports import ArchiveEntry, Ledger
from publisher.records.archive import moment, stamp

NEAR_MISS: Final = "near-miss"
REVIEW: Final = "near-miss-review"

_GOVERNED: Final = "TID7"
"""Findings of this family stop what would have been public; all others are mistakes of writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """Something that was stopped.

    Attributes:
        seq: its entry's number, by which people name it.
        first, last: when it was first and last stopped.
        attempts: how often.
        code: the finding's.
        title: what the finding is called.
        path, line: where it stood.
        commit: what was to be published, where that is known.
        reviewed: when somebody looked at it; None while nobody has.
        by, note: who did, and what came of it.
    """

    seq: int
    first: datetime
    last: datetime
    attempts: int
    code: str
    title: str
    path: str
    line: int
    commit: str | None = None
    reviewed: datetime | None = None
    by: str = ""
    note: str = ""


def is_near_miss(finding: Finding) -> bool:
    """Say whether what was stopped would have told readers what they must not read, or without leave."""
    return finding.code.startswith(_GOVERNED)


def record_near_misses(
    ledger: Ledger, findings: Iterable[Finding], *, now: datetime, commit: str | None = None
) -> tuple[ArchiveEntry, ...]:
    """Put on record what stopped a publish, as far as it would have told readers what they must not read.

    Args:
        ledger: where.
        findings: what stopped it; those that only say that a text cannot be read are left out.
        now: when.
        commit: what was to be published.
    """
    places = dict.fromkeys((one.code, one.place.path, one.place.line) for one in findings if is_near_miss(one))
    return tuple(
        ledger.append(NEAR_MISS, {"code": code, "path": path, "line": line, "commit": commit}, now)
        for code, path, line in places
    )


def near_misses(entries: Iterable[ArchiveEntry]) -> tuple[NearMiss, ...]:
    """Give what was stopped, oldest first. What was tried again before anybody looked is one, with a count."""
    found: dict[int, NearMiss] = {}
    waiting: dict[tuple[str, str, int], int] = {}
    for entry in entries:
        body = entry.body
        if not isinstance(body, Mapping):
            continue
        if entry.kind == NEAR_MISS:
            _add(found, waiting, entry, body)
        elif entry.kind == REVIEW:
            seq = int(str(body["of"]))
            if seq in found:
                one = found[seq]
                found[seq] = replace(
                    one, reviewed=moment(str(body["at"])), by=str(body["by"]), note=str(body.get("note") or "")
                )
                waiting.pop((one.code, one.path, one.line), None)
    return tuple(found.values())


def review(ledger: Ledger, seqs: Sequence[int], *, by: str, note: str, now: datetime) -> tuple[ArchiveEntry, ...]:
    """Put on record that somebody looked at near misses, and what came of it.

    Raises:
        RefusedError: one of them is none, or was reviewed before. Nothing is recorded then.
    """
    known = {one.seq: one for one in near_misses(ledger.archive())}
    for seq in seqs:
        if seq not in known:
            listed = ", ".join(str(one.seq) for one in known.values() if one.reviewed is None)
            raise RefusedError(f"{seq} is no near miss.", f"Open are: {listed}." if listed else "None is open.")
        if known[seq].reviewed is not None:
            raise RefusedError(f"{seq} was reviewed by {known[seq].by}.", "Leave it as it is.")
    return tuple(ledger.append(REVIEW, {"of": seq, "by": by, "note": note, "at": stamp(now)}, now) for seq in seqs)


def _add(
    found: dict[int, NearMiss],
    waiting: dict[tuple[str, str, int], int],
    entry: ArchiveEntry,
    body: Mapping[str, Plain],
) -> None:
    code, path, line = str(body["code"]), str(body["path"]), int(str(body["line"]))
    seq = waiting.get((code, path, line))
    if seq is not None:
        found[seq] = replace(found[seq], last=entry.at, attempts=found[seq].attempts + 1)
        return
    waiting[code, path, line] = entry.seq
    found[entry.seq] = NearMiss(
        seq=entry.seq,
        first=entry.at,
        last=entry.at,
        attempts=1,
        code=code,
        title=CODES[code].title if code in CODES else code,
        path=path,
        line=line,
        commit=str(body["commit"]) if body.get("commit") else None,
    )
