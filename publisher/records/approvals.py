"""Approvals in the archive: what was received, and what went out without. The only time that counts is the log's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from publisher.model.approval import Signed
from publisher.model.digest import ContentHash, sha256
from publisher.model.governance import Approval, Need
from publisher.ports import ArchiveEntry, Ledger
from publisher.records.archive import moment, stamp
from publisher.records.near_misses import near_misses

APPROVAL: Final = "approval"
BREAK_GLASS: Final = "near-miss"
GLASS_CODE: Final = "TID766"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An approval that was received.

    Attributes:
        incident: what it is about.
        proof: hash of statement and signature: the same is not received twice.
    """

    incident: str
    approval: Approval
    proof: ContentHash


def proof_of(signed: Signed) -> ContentHash:
    """Hash a statement with its signature."""
    return sha256(signed.statement.text + signed.signature.encode())


def receive(ledger: Ledger, signed: Signed, *, key: str, now: datetime) -> ArchiveEntry:
    """Put on record that an approval was received; somebody has looked at the signature."""
    said = signed.statement
    body = {
        "incident": said.incident,
        "content": said.content,
        "role": said.role,
        "person": said.person,
        "site": said.site,
        "key": key,
        "signature": signed.signature,
        "proof": proof_of(signed),
    }
    return ledger.append(APPROVAL, body, now)


def received(entries: Iterable[ArchiveEntry]) -> tuple[Received, ...]:
    """Give what was received, in the log's order."""
    return tuple(
        Received(
            incident=str(body["incident"]),
            approval=Approval(
                person=str(body["person"]),
                role=str(body["role"]),
                content=str(body["content"]),
                received=entry.at,
            ),
            proof=str(body["proof"]),
        )
        for entry in entries
        if entry.kind == APPROVAL and isinstance(body := entry.body, Mapping)
    )


def break_glass(
    ledger: Ledger, missing: Iterable[Need], *, why: str, by: str, due: datetime, now: datetime
) -> tuple[ArchiveEntry, ...]:
    """Put on record that words went out without the agreement they need: loud, by name, to be reviewed in time."""
    by_incident: dict[str, list[str]] = {}
    for need in missing:
        by_incident.setdefault(need.incident, []).append(need.role)
    return tuple(
        ledger.append(
            BREAK_GLASS,
            {
                "code": GLASS_CODE,
                "path": f"incidents/{incident}",
                "line": 1,
                "commit": None,
                "roles": sorted(roles),
                "why": why,
                "by": by,
                "due": stamp(due),
            },
            now,
        )
        for incident, roles in sorted(by_incident.items())
    )


def overdue_reviews(entries: Iterable[ArchiveEntry], *, now: datetime) -> tuple[tuple[int, str], ...]:
    """Give (entry, incident) of publishes without agreement that nobody has reviewed in time."""
    log = tuple(entries)
    open_ones = {one.seq for one in near_misses(log) if one.reviewed is None and one.code == GLASS_CODE}
    return tuple(
        (entry.seq, str(body["path"]).removeprefix("incidents/"))
        for entry in log
        if entry.seq in open_ones and isinstance(body := entry.body, Mapping) and moment(str(body["due"])) <= now
    )
