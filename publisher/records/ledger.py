"""What every ledger does alike: writing a release down, reading it back, and letting words go without a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.model.digest import ContentHash, Plain
from publisher.model.release import Entry, Group, Manifest, Release, Said
from publisher.ports import Ledger
from publisher.records.archive import moment, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a newly live generation does to words that wait.

    Attributes:
        go: wordings whose messages may leave now.
        withdrawn: wordings that the generation does not carry: their unsent messages are cancelled.
    """

    go: frozenset[Said]
    withdrawn: frozenset[Said]


def reworded(waiting: Iterable[Said], carried: Sequence[Said]) -> Mapping[Said, Said]:
    """Say which words that wait were mended before they were sent: what waited → what the new release says instead.

    Args:
        waiting: wordings that somebody is owed and nobody was sent.
        carried: what the release that is being recorded says.
    """
    now = {(said.incident, said.update): said for said in carried}
    found = {old: now.get((old.incident, old.update), old) for old in waiting}
    return {old: new for old, new in found.items() if new != old}


def fate(waiting: frozenset[Said], carried: Sequence[Said], *, newest: bool) -> Fate:
    """Decide which waiting words go.

    Args:
        waiting: wordings recorded with this generation or an earlier one and not sent.
        carried: what the generation that is live now says.
        newest: whether no higher generation was live before; a late target's older one withdraws nothing.
    """
    live = frozenset(carried)
    return Fate(go=waiting & live, withdrawn=waiting - live if newest else frozenset())


def release_words(ledger: Ledger, generation: int, at: datetime) -> None:
    """Let a release's messages go although no target could be reached: the mail still goes when the page cannot."""
    ledger.live(None, generation, at)


def frozen(release: Release) -> Plain:
    """Write all of a release but its bodies as plain data."""
    return {
        "generation": release.generation,
        "parent": release.parent,
        "built": stamp(release.built),
        "entries": {
            path: [entry.sha256, entry.unstamped, entry.size, [list(h) for h in entry.headers], int(entry.group)]
            for path, entry in release.manifest.entries.items()
        },
        "said": [[said.incident, said.update, said.revision] for said in release.said],
        "source": release.source,
        "rollback_of": release.rollback_of,
    }


def thawed(plain: Plain, bodies: Mapping[ContentHash, bytes]) -> Release:
    """Read back what `frozen` wrote."""
    top = _mapping(plain)
    source, rollback_of = top["source"], top["rollback_of"]
    return Release(
        generation=_int(top["generation"]),
        parent=_int(top["parent"]),
        built=moment(str(top["built"])),
        manifest=Manifest(entries={path: _entry(entry) for path, entry in _mapping(top["entries"]).items()}),
        bodies=bodies,
        said=tuple(
            Said(incident=str(incident), update=str(update), revision=str(revision))
            for incident, update, revision in (_list(item) for item in _list(top["said"]))
        ),
        source=None if source is None else str(source),
        rollback_of=None if rollback_of is None else _int(rollback_of),
    )


def _entry(plain: Plain) -> Entry:
    sha256, unstamped, size, headers, group = _list(plain)
    return Entry(
        sha256=str(sha256),
        unstamped=str(unstamped),
        size=_int(size),
        headers=tuple((str(name), str(value)) for name, value in (_list(header) for header in _list(headers))),
        group=Group(_int(group)),
    )


def _mapping(plain: Plain) -> Mapping[str, Plain]:
    if not isinstance(plain, Mapping):
        raise TypeError("expected a mapping")
    return plain


def _list(plain: Plain) -> Sequence[Plain]:
    if not isinstance(plain, Sequence) or isinstance(plain, str):
        raise TypeError("expected a list")
    return plain


def _int(plain: Plain) -> int:
    if not isinstance(plain, int):
        raise TypeError("expected a whole number")
    return plain
