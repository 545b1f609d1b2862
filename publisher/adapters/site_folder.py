"""A whole site in a plain folder, for `tidings build`.

## What it promises
- The folder holds the old site or the new one: files are staged beside it and take its place at the end. A full disk, a
  read-only parent or a signal before that leaves the old one as it was.
- Unchanged files are linked, not copied: an edit costs what changed.
- A folder that it did not make itself is never touched.

## What it cannot do
- Serve readers while it swaps: between two renames there is a moment without a folder. Publishing to readers is the
  work of `deliver.site` on a `FolderStore`.

## How to try it by hand
    tidings build --out /tmp/site && ls /tmp/site
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from publisher.model.errors import RefusedError, StorageError
from publisher.model.release import Release

MARK = ".tidings-build"
"""Lies in a folder that we made, so that we know we may replace it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a build did to its folder: files written, and files that are gone."""

    written: int
    removed: int


def write_site(folder: Path, release: Release) -> Written:
    """Make `folder` hold exactly a release's files.

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
    return Written(written=written, removed=removed)


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
