"""Packs: many bodies in one object, so that a release needs one write instead of one per body.

    <body><body>…<shard><shard>…<root>⏎<index>⏎

The index is the last line, JSON: `{"blobs": [[sha256, length], …], "format": 2}`, in the order in which they lie from
the first byte on. Readers do not need it, as manifests say where everything lies; it lets a person, or a test, take a
pack apart that no manifest names.

A pack's name holds its generation, its hash and its size: it never changes, and what share of it is still needed can
be said without asking the store.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from publisher.model.digest import ContentHash, canonical_json, md5, sha256
from publisher.model.errors import StorageError

RELEASES = "releases/"
HERE = ""
"""The key, inside a pack, of that pack itself: its name holds its hash, so it cannot hold its name."""
PACK_BYTES = 8 * 1024 * 1024
"""Bodies of one pack, together, unless one alone is larger. A first publish writes several."""
_FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Bytes that lie somewhere on a target, and their hash.

    Attributes:
        key: of the object they lie in.
        offset: of their first byte.
        length: None for the whole object, however long it is.
        md5: where it is known: what S3 makes a version from.
    """

    sha256: ContentHash
    key: str
    offset: int = 0
    length: int | None = None
    md5: str | None = None


class Pack:
    """A pack in the making."""

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._parts: list[bytes] = []
        self._blobs: list[Blob] = []
        self.size = 0

    def add(self, body: bytes, *, sha: ContentHash | None = None, fingerprint: bool = False) -> Blob:
        """Append bytes and say where they will lie: `HERE`, until the pack is closed."""
        blob = Blob(
            sha256=sha or sha256(body),
            key=HERE,
            offset=self.size,
            length=len(body),
            md5=md5(body) if fingerprint else None,
        )
        self._parts.append(body)
        self._blobs.append(blob)
        self.size += len(body)
        return blob

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """What was added."""
        return tuple(self._blobs)

    def close(self) -> tuple[str, bytes]:
        """Give the pack's name and bytes."""
        index = canonical_json({"format": _FORMAT, "blobs": [[blob.sha256, blob.length] for blob in self._blobs]})
        body = b"".join((*self._parts, b"\n", index, b"\n"))
        return pack_key(self._generation, sha256(body), len(body)), body


def pack_key(generation: int, sha: ContentHash, size: int) -> str:
    """Say where a pack lies. Its hash is in the name, so that two publishers of one generation never meet."""
    return f"{RELEASES}{generation}-{sha[:16]}-{size}.pack"


def pack_size(key: str) -> int | None:
    """Read a pack's size from its name; None for what is no pack."""
    size = key.removesuffix(".pack").rpartition("-")[2]
    return int(size) if key.startswith(RELEASES) and key.endswith(".pack") and size.isdecimal() else None


def take_apart(body: bytes, *, where: str) -> dict[ContentHash, bytes]:
    """Give what a pack holds, by hash, each seen to have it.

    Raises:
        StorageError: it is cut off or damaged.
    """
    damaged = StorageError(
        f"The pack {where} is damaged.", "Publish again; where that does not help, remove release.json first."
    )
    try:
        index = json.loads(body.removesuffix(b"\n").rpartition(b"\n")[2])
        known, listed = index["format"] == _FORMAT, [(str(sha), int(length)) for sha, length in index["blobs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged from error
    found: dict[ContentHash, bytes] = {}
    start = 0
    for sha, length in listed:
        found[sha] = body[start : start + length]
        start += length
    if not known or any(sha256(part) != sha for sha, part in found.items()):
        raise damaged
    return found
