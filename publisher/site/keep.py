"""Keep frames on disk: an index and blobs named by hash, in one folder per digest, written whole or not at all.

    <cache>/frames-1/<digest>/index.json     what is there
    <cache>/frames-1/<digest>/<sha256>       one blob each

Any number of processes may read and write at once: a folder appears by one rename, and what is read is checked against
its names. Damage is never an error; it only means that the frames are made again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from publisher.model.digest import ContentHash, Plain, canonical_json, sha256

_FORMAT = "frames-1"
_KEPT = 6
"""Digests to keep: going back and forth between two branches costs nothing, and the folder stays small."""


def restore(cache: Path, made_of: ContentHash) -> tuple[dict[str, Plain], dict[ContentHash, bytes]] | None:
    """Read what is kept under a digest; None when there is nothing, or nothing whole."""
    folder = cache / _FORMAT / made_of
    try:
        wrapped = json.loads((folder / "index.json").read_bytes())
        index, blobs = wrapped["index"], {}
        if sha256(canonical_json(index)) != wrapped["sha256"]:
            return None
        for name in wrapped["blobs"]:
            body = (folder / name).read_bytes()
            if sha256(body) != name:
                return None
            blobs[name] = body
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return index, blobs


def keep(cache: Path, made_of: ContentHash, index: dict[str, Plain], blobs: Mapping[ContentHash, bytes]) -> None:
    """Write an index and its blobs under a digest, replacing what is damaged there.

    A cache that cannot be written (read-only, full) is no reason to stop: the next run makes the frames again.
    """
    home = cache / _FORMAT
    with contextlib.suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
        try:
            for name, body in blobs.items():
                (fresh / name).write_bytes(body)
            wrapped: Plain = {"index": index, "sha256": sha256(canonical_json(index)), "blobs": sorted(blobs)}
            (fresh / "index.json").write_bytes(canonical_json(wrapped))
            _put_in_place(fresh, home / made_of, made_of, cache)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        _forget(home)


def _put_in_place(fresh: Path, folder: Path, made_of: ContentHash, cache: Path) -> None:
    try:
        os.replace(fresh, folder)  # noqa: PTH105 - a folder's rename is the atomic step
    except OSError:
        # Somebody was first. If theirs is whole it is as good as ours; else it makes way.
        if restore(cache, made_of) is not None:
            return
        old = Path(tempfile.mkdtemp(prefix=".old-", dir=folder.parent))
        try:
            os.replace(folder, old / "damaged")  # noqa: PTH105
            os.replace(fresh, folder)  # noqa: PTH105
        finally:
            shutil.rmtree(old, ignore_errors=True)


def _forget(home: Path) -> None:
    """Remove the oldest digests beyond those to keep."""
    kept = [p for p in home.iterdir() if p.is_dir() and not p.name.startswith(".")]
    kept.sort(key=lambda p: (p.stat().st_mtime_ns, p.name), reverse=True)
    for folder in kept[_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
