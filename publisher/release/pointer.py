"""Where things lie on a target, and the two documents that say what is live: the pointer and the release's manifest.

    <path>                       what readers open; changes from release to release
    objects/<sha256>             every body once, under its hash; never changes
    releases/<g>-<hash>.json     the manifest of generation g; never changes
    release.json                 the pointer: which manifest is live
    .tidings/lease.json          who is publishing (`deliver.lease`)

None of them names the commit a release was made from: a commit covers internal files too, and two repositories that
differ only there must publish the same bytes. The ledger knows it.

A reader who goes pointer → manifest → objects sees one release, whole, at any moment. Web servers and CDNs serve no
dot-folders by default, and the lease holds nothing secret if one does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher.model.digest import ContentHash, Plain, canonical_json, sha256
from publisher.model.errors import StorageError
from publisher.model.release import Entry, Group, Manifest, Release, Said

POINTER = "release.json"
OBJECTS = "objects/"
RELEASES = "releases/"
PRIVATE = ".tidings/"
LEASE = f"{PRIVATE}lease.json"

FORMAT = 1
_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError)
_RECOVER = "Look at the file; removing release.json makes the next publish write the whole site anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Which release is live.

    Attributes:
        manifest: key of its manifest.
        sha256: of the manifest's bytes.
        second_url: the same page on an unrelated host.
    """

    generation: int
    id: str
    built: datetime
    manifest: str
    sha256: ContentHash
    second_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A release as its manifest tells it, without bodies.

    Attributes:
        previous: (key, SHA-256) of the manifest that was live on this target before, or None for the first.
    """

    release: Release
    previous: tuple[str, ContentHash] | None


def object_key(sha: ContentHash) -> str:
    """Say where a body lies."""
    return f"{OBJECTS}{sha}"


def manifest_key(generation: int, sha: ContentHash) -> str:
    """Say where a manifest lies. Its hash is in the name, so that two publishers of one generation never meet."""
    return f"{RELEASES}{generation}-{sha[:16]}.json"


def written_time(moment: datetime) -> str:
    """Write a moment as `YYYY-MM-DDTHH:MM:SSZ`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def render_manifest(release: Release, *, previous: tuple[str, ContentHash] | None) -> bytes:
    """Write a release's manifest. Header sets are listed once and named by number."""
    sets = sorted({entry.headers for entry in release.manifest.entries.values()})
    number = {headers: n for n, headers in enumerate(sets)}
    files: dict[str, Plain] = {}
    for path, entry in release.manifest.entries.items():
        line: dict[str, Plain] = {
            "group": entry.group.name.lower(),
            "headers": number[entry.headers],
            "sha256": entry.sha256,
            "size": entry.size,
        }
        if entry.unstamped != entry.sha256:
            line["unstamped"] = entry.unstamped
        files[path] = line
    return _document(
        {
            "format": FORMAT,
            "generation": release.generation,
            "id": release.id,
            "parent": release.parent,
            "built": written_time(release.built),
            "rollback_of": release.rollback_of,
            "previous": list(previous) if previous else None,
            "said": [[one.incident, one.update, one.revision] for one in release.said],
            "headers": [[list(pair) for pair in headers] for headers in sets],
            "files": files,
        }
    )


def parse_manifest(body: bytes, *, where: str) -> Record:
    """Read a manifest.

    Raises:
        StorageError: it is not one of ours.
    """
    try:
        data = json.loads(body)
        _check_format(data)
        sets = [tuple((str(name), str(value)) for name, value in pairs) for pairs in data["headers"]]
        entries = {
            str(path): Entry(
                sha256=str(line["sha256"]),
                unstamped=str(line.get("unstamped", line["sha256"])),
                size=int(line["size"]),
                headers=sets[line["headers"]],
                group=Group[line["group"].upper()],
            )
            for path, line in sorted(data["files"].items())
        }
        release = Release(
            generation=int(data["generation"]),
            parent=int(data["parent"]),
            built=_read_time(data["built"]),
            manifest=Manifest(entries=entries),
            said=tuple(Said(incident=str(i), update=str(u), revision=str(r)) for i, u, r in data["said"]),
            rollback_of=None if data["rollback_of"] is None else int(data["rollback_of"]),
        )
        previous = None if data["previous"] is None else (str(data["previous"][0]), str(data["previous"][1]))
    except _UNREADABLE as error:
        raise StorageError(f"The manifest {where} cannot be read.", _RECOVER) from error
    return Record(release=release, previous=previous)


def point_at(release: Release, manifest: bytes, *, second_url: str | None) -> Pointer:
    """Make the pointer to a release whose manifest reads `manifest`."""
    sha = sha256(manifest)
    return Pointer(
        generation=release.generation,
        id=release.id,
        built=release.built,
        manifest=manifest_key(release.generation, sha),
        sha256=sha,
        second_url=second_url,
    )


def render_pointer(pointer: Pointer) -> bytes:
    """Write the pointer."""
    return _document(
        {
            "format": FORMAT,
            "generation": pointer.generation,
            "id": pointer.id,
            "built": written_time(pointer.built),
            "manifest": pointer.manifest,
            "manifest_sha256": pointer.sha256,
            "second_url": pointer.second_url,
        }
    )


def parse_pointer(body: bytes, *, where: str) -> Pointer:
    """Read the pointer.

    Raises:
        StorageError: it is not one of ours.
    """
    try:
        data = json.loads(body)
        _check_format(data)
        return Pointer(
            generation=int(data["generation"]),
            id=str(data["id"]),
            built=_read_time(data["built"]),
            manifest=str(data["manifest"]),
            sha256=str(data["manifest_sha256"]),
            second_url=_text(data["second_url"]),
        )
    except _UNREADABLE as error:
        raise StorageError(f"The pointer {where} cannot be read.", _RECOVER) from error


def _document(data: Mapping[str, Plain]) -> bytes:
    return canonical_json(data) + b"\n"


def _check_format(data: Mapping[str, object]) -> None:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _read_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
