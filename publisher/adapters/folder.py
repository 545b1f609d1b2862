"""A store in a folder that a web server serves.

What it promises: a reader finds the old file or the new, whole, also after a kill or a power cut: bytes are written
beside, synced, and renamed into place. `put_if` is atomic among all processes on this machine. Nothing outside the
folder is ever read or written, whatever the key and whatever links lie inside.

What it cannot do: serve headers. They are kept for us in `.tidings/headers/` (with `.tidings/tmp/` and `.tidings/lock`
the only files that are not keys); the web server has its own rules. The lock is `flock`: two machines that share the
folder over NFS need an NFS that passes it on. A folder cannot hold `a` and `a/b` at once; a bucket can.

How to try it by hand: `python -m http.server --directory out/site`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from publisher.model.digest import canonical_json, sha256
from publisher.model.errors import ConflictError, DeniedError, StorageError
from publisher.ports import Headers, Holds, StoredObject, Version

_STATE = ".tidings"
_OWN = ("headers", "lock", "tmp")
_FILE_MODE = 0o644


class FolderStore:
    """Objects as files below one folder, which is made when the first is written.

    Args:
        root: the folder.
        name: what people call it; the path unless given.
        durable: whether every write waits for the disk. Off only for throw-away previews.
    """

    def __init__(self, root: Path, *, name: str | None = None, durable: bool = True) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow a link at the root's own name
        self._name = f"folder {name or root}"
        self._durable = durable
        self._state = self._root / _STATE
        self._ready = False

    @property
    def name(self) -> str:
        """Say which folder this is."""
        return self._name

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        """Read a file, or a part of it; None when there is none. A version is made from all bytes: all are read."""
        path = self._path(key)
        with self._told(key):
            if not self._state.is_dir():
                there = self._read(key, path)
            else:
                with self._locked(shared=True):
                    there = self._read(key, path)
        if there is None or span is None:
            return there
        return replace(there, body=there.body[span[0] : sum(span)])

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        """Write a file, whatever was there."""
        return self._write(key, body, headers, check=False, expected=None)

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        """Write a file if its version is still `expected`."""
        if isinstance(expected, Holds):
            expected = expected.sha256
        return self._write(key, body, headers, check=True, expected=expected)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files, and folders that become empty; files that are not there are no error."""
        paths = {key: self._path(key) for key in keys}
        if not paths or not self._state.is_dir():
            return
        with self._told(next(iter(paths))), self._locked():
            for key, path in paths.items():
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    path.unlink()
                    self._sync_folder(path.parent)
                self._header_path(key).unlink(missing_ok=True)
                self._prune(path.parent)

    def list(self, prefix: str) -> Iterator[str]:
        """Give the keys that begin with `prefix`, sorted."""
        with self._told(prefix):
            return iter(sorted(key for key in self._walk(self._root, "") if key.startswith(prefix)))

    def _walk(self, folder: Path, prefix: str) -> Iterator[str]:
        try:
            found = list(os.scandir(folder))
        except FileNotFoundError:
            return
        for entry in found:
            key = f"{prefix}{entry.name}"
            if prefix == f"{_STATE}/" and entry.name in _OWN:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(folder / entry.name, f"{key}/")
            elif entry.is_file(follow_symlinks=False):
                yield key

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in {"", ".", ".."} for part in parts) or "\0" in key or "\\" in key:
            raise StorageError(
                f"The key {key!r} would leave {self._name}.", "Nothing was written; report this as a bug."
            )
        if parts[0] == _STATE and len(parts) > 1 and parts[1] in _OWN:
            raise StorageError(f"The key {key!r} is kept for the folder's own files.", "Choose another key.")
        path = self._root
        for part in parts:
            path = path / part
            try:
                linked = stat.S_ISLNK(os.lstat(path).st_mode)
            except (FileNotFoundError, NotADirectoryError):
                break
            except (OSError, UnicodeEncodeError) as error:
                raise StorageError(
                    f"{self._name} cannot hold the key {key!r}: {error}.", "Shorten the name."
                ) from error
            if linked:
                raise StorageError(
                    f"{path} is a link; following it could leave {self._name}.", "Remove the link and publish again."
                )
        return self._root.joinpath(*parts)

    def _header_path(self, key: str) -> Path:
        name = sha256(key.encode())
        return self._state / "headers" / name[:2] / f"{name}.json"

    def _read(self, key: str, path: Path) -> StoredObject | None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            return None
        with os.fdopen(handle, "rb") as file:
            body = file.read()
        version = sha256(body)
        return StoredObject(body=body, version=version, headers=self._headers(key, version))

    def _headers(self, key: str, version: Version) -> Headers:
        """Read the side file. One that tells of other bytes was cut off half-way: then nothing is known."""
        try:
            kept = json.loads(self._header_path(key).read_bytes())
            if kept["sha256"] == version:
                return tuple((str(name), str(value)) for name, value in kept["headers"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            pass
        return ()

    def _write(self, key: str, body: bytes, headers: Headers, *, check: bool, expected: Version | None) -> Version:
        path = self._path(key)
        version = sha256(body)
        kept = canonical_json({"sha256": version, "headers": sorted([n.lower(), v] for n, v in headers)})
        with self._told(key):
            self._prepare()
            with (
                self._beside(body, durable=self._durable) as new,
                self._beside(kept, durable=False) as side,
                self._locked(),
            ):
                there = self._read(key, path) if check else None
                if check and (there.version if there else None) != expected:
                    raise ConflictError(
                        f"{key} in {self._name} is not what was expected.",
                        "Another publisher was here; publish again.",
                    )
                header_path = self._header_path(key)
                header_path.parent.mkdir(parents=True, exist_ok=True)
                path.parent.mkdir(parents=True, exist_ok=True)
                side.replace(header_path)
                new.replace(path)
                self._sync_folder(path.parent)
        return version

    def _prepare(self) -> None:
        if self._ready:
            return
        (self._state / "tmp").mkdir(parents=True, exist_ok=True)
        (self._state / "headers").mkdir(exist_ok=True)
        self._clear_leftovers()
        self._ready = True

    @contextlib.contextmanager
    def _beside(self, body: bytes, *, durable: bool) -> Iterator[Path]:
        """Write bytes to a file of their own, locked by its writer so that left-overs can be told from work."""
        path, handle = self._temporary()
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                yield path
        finally:
            path.unlink(missing_ok=True)

    def _temporary(self) -> tuple[Path, int]:
        while True:
            path = self._state / "tmp" / secrets.token_hex(8)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(handle).st_nlink:
                    return path, handle
            # somebody who clears left-overs was quicker than our lock
            os.close(handle)

    def _clear_leftovers(self) -> None:
        """Remove what killed writers left in `.tidings/tmp`. Files of living ones are locked and stay."""
        for path in sorted((self._state / "tmp").iterdir()):
            with contextlib.suppress(BlockingIOError, FileNotFoundError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    @contextlib.contextmanager
    def _locked(self, *, shared: bool = False) -> Iterator[None]:
        handle = os.open(self._state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _FILE_MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _sync_folder(self, folder: Path) -> None:
        if not self._durable:
            return
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _prune(self, folder: Path) -> None:
        while folder not in (self._root, self._state) and self._root in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    @contextlib.contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Tell the disk's errors in our words."""
        try:
            yield
        except OSError as error:
            where = f"{self._name} ({key})"
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise DeniedError(
                    f"{where} may not be written: {error.strerror}.", "Give this user the right to write there."
                ) from error
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageError(
                    f"The disk of {where} is full; what was there before still stands.", "Make room and publish again."
                ) from error
            raise StorageError(f"{where}: {error.strerror or error}.", "Look at the disk and publish again.") from error
