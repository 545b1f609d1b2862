"""A store in memory, for drills and tests.

What it promises: all of `ports.ObjectStore`, with versions that are a hash of the bytes, as weak as an S3 ETag: bytes
that come back have their old version back.
What it cannot do: outlive the process.
How to try it by hand: nothing to set up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

from publisher.model.digest import ContentHash, sha256
from publisher.model.errors import ConflictError
from publisher.ports import Headers, Holds, StoredObject, Version


class MemoryStore:
    """Objects in a dictionary."""

    def __init__(self, name: str = "memory") -> None:
        self._name = name
        self._objects: dict[str, StoredObject] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Say which place this is."""
        return self._name

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        """Read an object, or a part of it; None when there is none."""
        with self._lock:
            there = self._objects.get(key)
        if there is None or span is None:
            return there
        return replace(there, body=there.body[span[0] : sum(span)])

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        """Write an object, whatever was there."""
        with self._lock:
            return self._write(key, body, headers)

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        """Write an object if its version is still `expected`."""
        if isinstance(expected, Holds):
            expected = _version(expected.sha256)
        with self._lock:
            there = self._objects.get(key)
            if (there.version if there else None) != expected:
                raise ConflictError(f"{key} on {self._name} is not what was expected.", "Publish again.")
            return self._write(key, body, headers)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""
        with self._lock:
            for key in keys:
                self._objects.pop(key, None)

    def list(self, prefix: str) -> Iterator[str]:
        """Give the keys that begin with `prefix`, sorted."""
        with self._lock:
            keys = sorted(key for key in self._objects if key.startswith(prefix))
        return iter(keys)

    def _write(self, key: str, body: bytes, headers: Headers) -> Version:
        version = _version(sha256(body))
        self._objects[key] = StoredObject(
            body=bytes(body), version=version, headers=tuple(sorted((n.lower(), v) for n, v in headers))
        )
        return version


def _version(sha: ContentHash) -> Version:
    return sha[:32]
