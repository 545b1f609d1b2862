"""Notices when a writer saves a file.

What it promises: every save below the watched folders is reported, also by editors that write a new file and rename it
over the old; a burst of events is one report; reading files reports nothing, so a rebuild cannot set off the next.

What it cannot do: hear of changes on network file systems, where the kernel sends no events: ask it to `poll` there.
Where the kernel's watches are used up, it polls of itself, once a second.

How to try it by hand: `tidings preview`, then save something under `incidents/`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

WATCHED_FOLDERS = ("incidents", "policy", "locale", "site_src")
WATCHED_FILES = ("mkdocs.yml",)
"""What a site is made from."""

QUIET_S = 0.05
"""A burst has ended when nothing has happened for so long."""

LONGEST_BURST_S = 2.0
"""A report is made after so long even while events go on."""

_TELLING = frozenset({"created", "modified", "moved", "deleted", "closed"})


def is_scratch(path: str) -> bool:
    """Say whether a name is an editor's working file rather than a text."""
    name = PurePosixPath(path).name
    return name.startswith((".", "#")) or name.endswith(("~", ".swp", ".swx", ".tmp", ".part")) or name == "4913"


class Watch(FileSystemEventHandler):
    """Watches some folders and files of a repository. Use as a context manager.

    Args:
        root: the repository.
        folders: watched with all they hold; those that do not exist yet are watched from their creation.
        files: single files directly in `root`.
        poll: look every second instead of listening.
    """

    def __init__(self, root: Path, *, folders: Sequence[str], files: Sequence[str], poll: bool = False) -> None:
        self._root = root.resolve()
        self._folders = tuple(folders)
        self._files = frozenset(files)
        self._changed: set[str] = set()
        self._moved_at = 0.0
        self._wake = threading.Condition()
        self._observer: BaseObserver = PollingObserver(timeout=1) if poll else Observer()
        self._watched: dict[str, ObservedWatch] = {}

    def __enter__(self) -> Self:
        """Begin to watch."""
        try:
            self._begin(self._observer)
        except OSError:
            # the kernel's watches are used up (fs.inotify.max_user_watches), or it has none
            self._observer = PollingObserver(timeout=1)
            self._watched.clear()
            self._begin(self._observer)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._observer.stop()
        self._observer.join(timeout=5)

    def _begin(self, observer: BaseObserver) -> None:
        observer.schedule(self, str(self._root), recursive=False)
        for folder in self._folders:
            self._add(folder)
        observer.start()

    def _add(self, folder: str) -> None:
        if folder not in self._watched and (self._root / folder).is_dir():
            self._watched[folder] = self._observer.schedule(self, str(self._root / folder), recursive=True)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Take note of one event of the file system (called on the observer's thread)."""
        if event.event_type not in _TELLING or (event.is_directory and event.event_type == "modified"):
            return
        found = {path for raw in (event.src_path, event.dest_path) if raw and (path := self._mine(str(raw)))}
        if not found:
            return
        for folder in self._folders:
            if folder in found:
                # a folder that was put in another's place is another folder: its old watch hears nothing any more
                if folder in self._watched and event.event_type in {"deleted", "moved", "created"}:
                    self._observer.unschedule(self._watched.pop(folder))
                self._add(folder)
        with self._wake:
            self._changed |= found
            self._moved_at = time.monotonic()
            self._wake.notify_all()

    def _mine(self, path: str) -> str | None:
        try:
            relative = Path(path).relative_to(self._root).as_posix()
        except ValueError:
            return None
        top = relative.partition("/")[0]
        if (top in self._folders or relative in self._files) and not is_scratch(relative):
            return relative
        return None

    def wait(self, timeout_s: float) -> frozenset[str]:
        """Give the paths that changed, once the burst has ended; empty after `timeout_s` seconds without a change."""
        with self._wake:
            if not self._wake.wait_for(lambda: bool(self._changed), timeout=timeout_s):
                return frozenset()
            until = time.monotonic() + LONGEST_BURST_S
            while (left := self._moved_at + QUIET_S - time.monotonic()) > 0 and time.monotonic() < until:
                self._wake.wait(timeout=left)
            changed = frozenset(self._changed)
            self._changed.clear()
        return changed
