"""A shelf of bytes that cost time to make, on disk, by the digest of what they follow from.

What it promises: what is taken from it is what was put there, checked by hash; damage, a full disk or a folder that
cannot be written only mean that things are made again. Any number of processes may use one folder at once. It keeps
what was wanted most recently, a bounded number of them.

What it cannot do: tell whether what was put there was right. A key must name everything its bytes depend on.

By hand: the files in `.tidings/cache/pictures-1/` are a line with the hash, then the picture; in `manifests-2/`, what
lies on targets. Remove them at any time.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from publisher.model.digest import ContentHash, sha256

MOST = 500
"""Files to keep, some 15 MB of pictures."""
_SPARE = 100
"""Files beyond `MOST` before anything is removed, so that a full shelf is not looked through every time."""
_NAME = re.compile(r"[0-9a-f]{64}\Z")
_HASH = 64


class Shelf(MutableMapping[ContentHash, bytes]):
    """The folder as a mapping; made when first written to.

    Args:
        folder: of its own.
        most: files to keep.
    """

    def __init__(self, folder: Path, *, most: int = MOST) -> None:
        self._folder = folder
        self._most = most

    def __getitem__(self, key: ContentHash) -> bytes:
        """Give what lies there.

        Raises:
            KeyError: nothing, or nothing whole.
        """
        path = self._path(key)
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise KeyError(key) from error
        body = raw[_HASH + 1 :]
        if raw[:_HASH].decode("ascii", "replace") != sha256(body):
            raise KeyError(key)
        with contextlib.suppress(OSError):
            # what was wanted last is kept longest
            path.touch()
        return body

    def __setitem__(self, key: ContentHash, body: bytes) -> None:
        """Put something there, whole or not at all."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(sha256(body).encode() + b"\n" + body)
                Path(name).replace(path)
            finally:
                Path(name).unlink(missing_ok=True)
            self._forget()

    def __delitem__(self, key: ContentHash) -> None:
        """Take something away."""
        try:
            self._path(key).unlink()
        except OSError as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[ContentHash]:
        """Name all that is there, sorted."""
        yield from sorted(path.name for path in self._files())

    def __len__(self) -> int:
        """Count what is there."""
        return len(self._files())

    def _path(self, key: ContentHash) -> Path:
        if not _NAME.match(key):
            raise KeyError(key)
        return self._folder / key

    def _files(self) -> list[Path]:
        try:
            return [path for path in self._folder.iterdir() if _NAME.match(path.name)]
        except OSError:
            return []

    def _forget(self) -> None:
        files = self._files()
        if len(files) > self._most + _SPARE:
            ages = sorted(((path.stat().st_mtime_ns, path.name, path) for path in files), reverse=True)
            for _age, _name, path in ages[self._most :]:
                path.unlink(missing_ok=True)
