"""A whole site in a plain folder, for `tidings build`.

## What it promises
- The folder holds the old site or the new one. What changed is staged beside it first; then a few files are renamed
  into place with signals held back, and when it is many, the whole folder is exchanged. A full disk, a read-only parent
  or a signal before that leaves the old site as it was. A machine that dies in between leaves whole files, some old,
  some new, and the next build sets them right.
- An edit costs what changed: what was written last is known by the file system's own marks, and a file that anybody
  touched since is looked at byte by byte.
- A folder that it did not make itself is never touched.

## What it cannot do
- Serve readers while it exchanges the folder: between two renames there is a moment without one. Publishing to readers
  is the work of `deliver.site` on a `FolderStore`.

## How to try it by hand
    tidings build --out /tmp/site && ls /tmp/site
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from publisher.adapters._marks import mark_of, settled_mark
from publisher.model.digest import ContentHash, sha256
from publisher.model.errors import RefusedError, StorageError
from publisher.model.release import Release
from publisher.ports import Memory
from publisher.recall.codec import pack, unpack

_FEW = 500
"""So many files are renamed into place one by one, however small the site."""
MARK = ".tidings-build"
"""Lies in a folder that we made, so that we know we may replace it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a build did to its folder: files written, and files that are gone."""

    written: int
    removed: int


def write_site(folder: Path, release: Release, *, memory: Memory | None = None) -> Written:
    """Make `folder` hold exactly a release's files.

    Args:
        folder: made when missing.
        release: what it is to hold.
        memory: where it is remembered what was written; without it every file is compared.

    Raises:
        RefusedError: the folder holds something that is not ours.
        StorageError: the disk is full, or the place cannot be written.
    """
    folder = folder.absolute()
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise RefusedError(f"{folder} is not a folder.", "Name another with --out.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise RefusedError(
            f"{folder} holds something that tidings did not make, and a build replaces all of it.",
            "Name an empty folder with --out.",
        )
    known = _Known(folder, memory)
    try:
        if folder.is_dir() and (plan := _compare(folder, release, known)) is not None:
            return _change(folder, release, known, plan)
    except OSError as error:
        raise _in_words(folder, error) from error
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise _in_words(folder, error) from error
    try:
        written = _stage(fresh, folder, release)
        removed = _count_gone(folder, release)
        _swap(fresh, folder)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise _in_words(folder, error) from error
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if memory is not None:
        known.remember(release, _look(folder) or {})
    return Written(written=written, removed=removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What must be done to a folder.

    Attributes:
        there: path → what the file system says of it, of every file.
        written, removed: paths, sorted.
        unsure: whether something is not as it was remembered.
    """

    there: dict[str, os.stat_result]
    written: list[str]
    removed: list[str]
    unsure: bool


class _Known:
    """What was written to a folder last: path → (SHA-256, mark). Stamped files change each time and are apart."""

    def __init__(self, folder: Path, memory: Memory | None) -> None:
        self._memory = memory
        self._names = [f"{kind}-{sha256(str(folder).encode())[:24]}" for kind in ("written", "stamped")]
        self._parts: list[dict[str, tuple[ContentHash, tuple[int, ...]]]] = [self._read(name) for name in self._names]
        self.files = {**self._parts[0], **self._parts[1]}

    def _read(self, name: str) -> dict[str, tuple[ContentHash, tuple[int, ...]]]:
        body = self._memory.get(name) if self._memory else None
        try:
            found = unpack(body) if body else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def remember(self, release: Release, there: Mapping[str, os.stat_result]) -> None:
        """Note what lies in the folder now."""
        if self._memory is None:
            return
        now = time.time_ns()
        parts: list[dict[str, tuple[ContentHash, tuple[int, ...]]]] = [{}, {}]
        for path, entry in release.manifest.entries.items():
            found = there.get(path)
            mark = settled_mark(found, now) if found is not None else None
            if mark is not None:
                parts[entry.sha256 != entry.unstamped][path] = (entry.sha256, mark)
        for name, part, before in zip(self._names, parts, self._parts, strict=True):
            if part != before:
                self._memory.put(name, pack(part))


def _look(folder: Path) -> dict[str, os.stat_result] | None:
    """Look at every file below a folder; None when something lies there that is neither file nor folder."""
    found: dict[str, os.stat_result] = {}
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(f"{folder}/{below}") as listed:
            for entry in listed:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{below}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    found[below + entry.name] = entry.stat(follow_symlinks=False)
                else:
                    return None
    return found


def _compare(folder: Path, release: Release, known: _Known) -> _Plan | None:
    """Say what must be done; None when it is so much, or so odd, that the folder is better made anew."""
    there = _look(folder)
    if there is None:
        return None
    entries, files = release.manifest.entries, known.files
    written = []
    unsure = len(files) != len(entries)
    for path, entry in entries.items():
        found = there.get(path)
        if found is not None and files.get(path) == (entry.sha256, mark_of(found)):
            continue
        unsure = True
        if found is None or found.st_size != entry.size or not _hashes(folder / path, entry.sha256):
            written.append(path)
    removed = sorted(there.keys() - entries.keys() - {MARK})
    if len(written) + len(removed) > max(len(entries) // 4, _FEW):
        return None
    if any(_in_the_way(folder, path) for path in written):
        return None
    return _Plan(there=there, written=written, removed=removed, unsure=unsure)


def _hashes(place: Path, sha: ContentHash) -> bool:
    return sha256(place.read_bytes()) == sha


def _in_the_way(folder: Path, path: str) -> bool:
    """Say whether a folder lies where a file is to be, or a file where a folder is to be."""
    return (folder / path).is_dir() or any((folder / up).is_file() for up in PurePosixPath(path).parents)


def _change(folder: Path, release: Release, known: _Known, plan: _Plan) -> Written:
    """Change a few files of a folder."""
    if plan.written or plan.removed:
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for number, path in enumerate(plan.written):
                (fresh / str(number)).write_bytes(release.bodies[release.manifest.entries[path].sha256])
            with _undisturbed():
                for number, path in enumerate(plan.written):
                    place = folder / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    (fresh / str(number)).replace(place)
                    plan.there[path] = place.stat()
                for path in plan.removed:
                    (folder / path).unlink()
                    del plan.there[path]
                    _tidy(folder, path)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    if plan.unsure:
        known.remember(release, plan.there)
    return Written(written=len(plan.written), removed=len(plan.removed))


def _tidy(folder: Path, path: str) -> None:
    """Remove the folders that a removed file leaves empty."""
    with contextlib.suppress(OSError):
        for up in list(PurePosixPath(path).parents)[:-1]:
            (folder / up).rmdir()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold polite ends back: they are heard afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stage(fresh: Path, old: Path, release: Release) -> int:
    written = 0
    made: set[Path] = set()
    for path, entry in release.manifest.entries.items():
        place, before = fresh / path, old / path
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        body = release.bodies[entry.sha256]
        if _holds(before, body):
            os.link(before, place)
            continue
        place.write_bytes(body)
        written += 1
    (fresh / MARK).write_text("Made by `tidings build`, which replaces this folder.\n", encoding="utf-8")
    fresh.chmod(0o755)
    return written


def _holds(place: Path, body: bytes) -> bool:
    """Say whether a plain file holds just these bytes."""
    try:
        return not place.is_symlink() and place.stat().st_size == len(body) and place.read_bytes() == body
    except OSError:
        return False


def _count_gone(folder: Path, release: Release) -> int:
    if not folder.is_dir():
        return 0
    there = {(Path(base) / name).relative_to(folder).as_posix() for base, _, names in os.walk(folder) for name in names}
    return len(there - set(release.manifest.entries) - {MARK})


def _swap(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    aside = fresh.with_name(f"{fresh.name}-old")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _in_words(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The site could not be written to {folder}: {error.strerror or error}. What was there is unchanged.",
        "Free space or choose another folder with --out, then run it again.",
    )
