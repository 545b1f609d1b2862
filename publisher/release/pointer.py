"""Where things lie on a target, and the one document that says what is live: the pointer.

    <path>                             what readers open; changes from release to release
    releases/<g>-<hash>-<size>.pack    what generation g brought: bodies, shards and root of its manifest; never changes
    release.json                       the pointer: where the manifest's root lies; changes last
    .tidings/lease.json                who is publishing (`deliver.lease`)

A reader who goes pointer → root → shards → bodies sees one release, whole, at any moment. Web servers and CDNs serve no
dot-folders by default, and the lease holds nothing secret if one does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.model.digest import Plain
from publisher.model.errors import StorageError
from publisher.model.release import Release
from publisher.release.manifest import (
    FORMAT,
    FORMER_FORMAT,
    OBJECTS,
    RECOVER,
    UNREADABLE,
    check_format,
    document,
    read_time,
    written_time,
)
from publisher.release.pack import RELEASES, Blob

__all__ = ["LEASE", "OBJECTS", "POINTER", "PRIVATE", "RELEASES", "GivenBack", "Pointer", "parse_pointer", "point_at"]

POINTER = "release.json"
PRIVATE = ".tidings/"
LEASE = f"{PRIVATE}lease.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """The lease under which a release was published, and which its pointer gives back.

    Attributes:
        version: of the lease as its holder left it. While it has this version, it is free.
        token: the holder's.
    """

    version: str
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Which release is live.

    Attributes:
        root: of its manifest.
        second_url: the same page on an unrelated host.
        lease: the publisher's, when nothing was left to do for it after this pointer.
        former: whether the former protocol wrote it.
    """

    generation: int
    id: str
    built: datetime
    root: Blob
    second_url: str | None = None
    lease: GivenBack | None = None
    former: bool = False


def point_at(release: Release, root: Blob, *, second_url: str | None = None, lease: GivenBack | None = None) -> Pointer:
    """Make the pointer to a release."""
    return Pointer(
        generation=release.generation,
        id=release.id,
        built=release.built,
        root=root,
        second_url=second_url,
        lease=lease,
    )


def render_pointer(pointer: Pointer) -> bytes:
    """Write the pointer."""
    data: dict[str, Plain] = {
        "format": FORMAT,
        "generation": pointer.generation,
        "id": pointer.id,
        "built": written_time(pointer.built),
        "manifest": pointer.root.key,
        "manifest_offset": pointer.root.offset,
        "manifest_length": pointer.root.length,
        "manifest_sha256": pointer.root.sha256,
        "second_url": pointer.second_url,
        "lease": [pointer.lease.token, pointer.lease.version] if pointer.lease else None,
    }
    return document(data)


def parse_pointer(body: bytes, *, where: str) -> Pointer:
    """Read the pointer, of this or the former protocol.

    Raises:
        StorageError: it is not one of ours.
    """
    try:
        data = json.loads(body)
        check_format(data, FORMAT, FORMER_FORMAT)
        former = data["format"] == FORMER_FORMAT
        return Pointer(
            generation=int(data["generation"]),
            id=str(data["id"]),
            built=read_time(data["built"]),
            root=Blob(
                key=str(data["manifest"]),
                offset=0 if former else int(data["manifest_offset"]),
                length=None if former else int(data["manifest_length"]),
                sha256=str(data["manifest_sha256"]),
            ),
            second_url=None if data["second_url"] is None else str(data["second_url"]),
            lease=None if former else _given_back(data),
            former=former,
        )
    except UNREADABLE as error:
        raise StorageError(f"The pointer {where} cannot be read.", RECOVER) from error


def _given_back(data: Mapping[str, list[object] | None]) -> GivenBack | None:
    if (lease := data["lease"]) is None:
        return None
    token, version = lease
    return GivenBack(token=int(str(token)), version=str(version))
