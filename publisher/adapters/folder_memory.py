"""Disposable state in a folder.

What it promises: a name holds what was put there last, whole, or nothing: bytes are written beside it and renamed, and
begin with a hash of them and their name, which is checked when they are read: a file that lies under another's name is
damaged too. Any number of processes may share a folder.

What it cannot do: keep state when the folder cannot be written; then it keeps nothing and says nothing.

How to try it by hand: `ls .tidings/cache/build-1`, then remove it all: the next build is slower and gives the same.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from publisher.model.digest import sha256

_HASH_BYTES = 32
_GRACE_S = 600
"""What nobody names any more stays so long: another process may have read the old root a moment ago."""


class FolderMemory:
    """The port `Memory` on a folder.

    Args:
        folder: made when something is put.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """Read what was put under a name; None when it is not there or damaged."""
        try:
            # plain `open`: a run reads a hundred of these, and Path.read_bytes costs twice as much
            with open(f"{self._folder}/{name}", "rb") as file:  # noqa: PTH123
                whole = file.read()
        except OSError:
            return None
        body = whole[_HASH_BYTES:]
        return body if whole[:_HASH_BYTES] == _seal(name, body) else None

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes under a name, whole or not at all."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            number, fresh = tempfile.mkstemp(prefix=".new-", dir=self._folder)
            try:
                with open(number, "wb") as file:  # noqa: PTH123 - a descriptor
                    file.write(_seal(name, body))
                    file.write(body)
                os.replace(fresh, self._folder / name)  # noqa: PTH105 - the atomic step
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(fresh)  # noqa: PTH108
                raise

    def keep(self, names: Iterable[str]) -> None:
        """Forget all others that have lain here for a while."""
        kept, old = set(names), time.time() - _GRACE_S
        with contextlib.suppress(OSError), os.scandir(self._folder) as listed:
            for entry in listed:
                if entry.name not in kept and entry.stat(follow_symlinks=False).st_mtime < old:
                    os.unlink(entry.path)  # noqa: PTH108


def _seal(name: str, body: bytes) -> bytes:
    return bytes.fromhex(sha256(f"{sha256(body)} {name}".encode()))
