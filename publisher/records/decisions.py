"""Decisions in the archive: not their words, which stay in one place, but proof that those were not changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from publisher.model.codes import finding
from publisher.model.decision import Decision
from publisher.model.digest import ContentHash, Plain, digest
from publisher.model.finding import Finding, Place
from publisher.ports import ArchiveEntry, Ledger
from publisher.records.archive import stamp

DECISION: Final = "decision"


def fingerprint(decision: Decision) -> ContentHash:
    """Hash all that a decision says."""
    return digest(
        {
            "id": decision.id,
            "at": stamp(decision.at),
            "by": decision.by,
            "text": decision.text,
            "forbids": list(decision.forbids),
            "requires": list(decision.requires),
            "until": stamp(decision.until) if decision.until else None,
            "supersedes": list(decision.supersedes),
        }
    )


def record_decision(ledger: Ledger, decision: Decision, *, incident: str, now: datetime) -> ArchiveEntry:
    """Put on record that something was decided, and what it is known by."""
    body: Plain = {
        "incident": incident,
        "id": decision.id,
        "at": stamp(decision.at),
        "by": decision.by,
        "sha256": fingerprint(decision),
        "supersedes": list(decision.supersedes),
    }
    return ledger.append(DECISION, body, now)


def recorded(entries: Iterable[ArchiveEntry]) -> Mapping[str, Mapping[str, ContentHash]]:
    """Give incident → decision's id → hash of what was recorded."""
    found: dict[str, dict[str, ContentHash]] = {}
    for entry in entries:
        if entry.kind == DECISION and isinstance(entry.body, Mapping):
            body = entry.body
            found.setdefault(str(body["incident"]), {})[str(body["id"])] = str(body["sha256"])
    return found


def tampered(decisions: Sequence[Decision], known: Mapping[str, ContentHash], *, path: str) -> tuple[Finding, ...]:
    """Say which recorded decisions no longer stand in the file as they were recorded.

    One that was written by hand is in no log, and nothing is said of it.
    """
    now = {one.id: one for one in decisions}
    found: list[Finding] = []
    for name, sha256 in known.items():
        if name not in now:
            what = f"{name} was recorded and stands here no longer."
            found.append(finding("TID794", Place(path=path), what, "Put it back; a later decision may replace it."))
        elif fingerprint(now[name]) != sha256:
            fix = "Put it back as it was, and record a decision that replaces it."
            found.append(finding("TID794", now[name].place, f"{name} was changed since it was recorded.", fix))
    return tuple(found)
