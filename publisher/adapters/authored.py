"""Files that a command writes for people: whole or not at all, below one folder.

What it promises: a file appears with all its bytes or not at all, also when the machine stops; a new file never
replaces one that is there; a changed one replaces only what was read; nothing is written through a link.

What it cannot do: undo several files at once. Write the file that others depend on first.

To try it by hand: `python -c "from pathlib import Path; from publisher.adapters.authored import write_new;
write_new(Path('/tmp'), 'try/me.txt', b'hello')"`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath

from publisher.model.errors import ConflictError, RefusedError, StorageError

_MODE = 0o644


def write_new(root: Path, path: str, body: bytes, *, durable: bool = True) -> None:
    """Write a file that must not exist yet, and the folders above it.

    Args:
        root: the folder everything stays in.
        path: POSIX, relative to it.
        body: the whole file.
        durable: wait until the disk has it. An import of many files can be run again instead.

    Raises:
        ConflictError: something of that name is there.
        RefusedError: the path leaves the folder, or a part of it is a link.
        StorageError: the disk would not take it.
    """
    target = _place(root, path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = _written(target, body, mode=_MODE, durable=durable)
        try:
            # unlike a rename, a link never replaces what is there
            os.link(temporary, target)
        finally:
            temporary.unlink()
    except FileExistsError as error:
        raise ConflictError(f"{path} is there already.", "Choose another name, or move it away.") from error
    except OSError as error:
        raise _disk(path, error) from error


def replace(root: Path, path: str, body: bytes, *, read: bytes) -> None:
    """Replace a file by a new version of itself.

    Args:
        root: the folder everything stays in.
        path: POSIX, relative to it.
        body: the whole new file.
        read: the bytes the new version was made from.

    Raises:
        ConflictError: the file holds something else by now.
        RefusedError, StorageError: as `write_new`.
    """
    target = _place(root, path)
    try:
        temporary = _written(target, body, mode=target.stat().st_mode & 0o777, durable=True)
        try:
            if target.read_bytes() != read:
                raise ConflictError(f"{path} was changed by somebody else just now.", "Look at it, then try again.")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _disk(path, error) from error


def _place(root: Path, path: str) -> Path:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise RefusedError(f"{path} would leave the folder.", "Give a path inside the repository.")
    place = root
    for part in parts:
        place /= part
        if place.is_symlink():
            raise RefusedError(f"{place} is a link, and links are not followed.", "Put a real file or folder there.")
    return place


def _written(target: Path, body: bytes, *, mode: int, durable: bool) -> Path:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".tidings-", suffix=".new")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.chmod(mode)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _disk(path: str, error: OSError) -> StorageError:
    return StorageError(
        f"{path} cannot be written: {error.strerror}.", "Make room or give the right to write, then try again."
    )
