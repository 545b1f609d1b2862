"""The append-only record: how its entries are chained and what a release leaves in it.

Every entry's link is the digest of the link before it and of the entry itself, so a changed, dropped, moved or inserted
entry breaks the chain from there on. Entries hold no personal data: recipients are counted, not named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from publisher.model.digest import ContentHash, Plain, digest
from publisher.model.release import Release
from publisher.ports import ArchiveEntry, Owed

GENESIS: ContentHash = "0" * 64
"""The link before the first entry."""

RELEASE = "release"
LIVE = "live"
UNPUBLISHED = "unpublished"
"""A release whose messages went although no target could be reached."""


def stamp(moment: datetime) -> str:
    """Write a moment so that text order is time order: UTC, microseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def moment(text: str) -> datetime:
    """Read what `stamp` wrote."""
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is no moment of ours")
    # strptime takes ten times as long, and every subscriber and every message has three of these
    return datetime.fromisoformat(text)


def link(previous: ContentHash, *, seq: int, at: datetime, kind: str, body: Plain) -> ContentHash:
    """Give the link of an entry that follows `previous`."""
    return digest([previous, seq, stamp(at), kind, body])


def chained(previous: ArchiveEntry | None, *, at: datetime, kind: str, body: Plain) -> ArchiveEntry:
    """Make the entry that follows `previous`; None begins the record."""
    seq = previous.seq + 1 if previous else 1
    before = previous.link if previous else GENESIS
    return ArchiveEntry(seq=seq, at=at, kind=kind, body=body, link=link(before, seq=seq, at=at, kind=kind, body=body))


def verify(entries: Iterable[ArchiveEntry]) -> tuple[str, ...]:
    """Say what is wrong with the chain, first fault first; empty when it holds.

    A record cut off at its end cannot be told from a shorter one: that needs a checkpoint kept elsewhere.
    """
    problems: list[str] = []
    previous, expected = GENESIS, 1
    for entry in entries:
        if entry.seq != expected:
            problems.append(f"Entry {expected} is missing; {entry.seq} stands in its place.")
        if entry.link != link(previous, seq=entry.seq, at=entry.at, kind=entry.kind, body=entry.body):
            problems.append(f"Entry {entry.seq} was changed, or one before it was.")
        previous, expected = entry.link, entry.seq + 1
    return tuple(problems)


def release_body(release: Release, owed: Owed, *, known: frozenset[tuple[str, str, ContentHash]]) -> Plain:
    """Give what the archive keeps of a release for ever, however soon its bodies are pruned.

    Args:
        release: the release.
        owed: what it owes to whom; recipients are counted by channel.
        known: wordings that earlier entries hold; only new ones are listed.
    """
    words: Mapping[tuple[ContentHash, str], Plain] = owed.words or {}
    channels = Counter(str(delivery.channel) for delivery in owed.deliveries)
    return {
        "generation": release.generation,
        "parent": release.parent,
        "built": stamp(release.built),
        "content": release.manifest.content,
        "paths": len(release.manifest.entries),
        "source": release.source,
        "rollback_of": release.rollback_of,
        "said": [
            [said.incident, said.update, said.revision]
            for said in release.said
            if (said.incident, said.update, said.revision) not in known
        ],
        "words": [
            {"revision": revision, "locale": locale, "words": words[revision, locale]}
            for revision, locale in sorted(words)
        ],
        "owed": dict(sorted(channels.items())),
    }
