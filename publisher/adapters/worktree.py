"""Sources as they lie in a folder.

What it promises: only plain files below the roots asked for are opened, each part of the way without following a link,
so that nothing from elsewhere is read, even when somebody swaps a folder for a link meanwhile. What is a link, pipe,
socket, device or hard link, is too large or badly named becomes a finding and is not opened. It never waits.

What it cannot do: see what `.gitignore` leaves out; tell hard links made by a backup from hostile ones; read names that
begin with a dot, which are skipped.

To try it by hand: `python -c "from pathlib import Path; from publisher.adapters.worktree import WorkTree;
print(WorkTree(Path('.')).read(roots=['incidents'], max_bytes=10**6))"`.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from publisher.adapters import _names as names
from publisher.adapters._marks import mark_of, settled_mark
from publisher.adapters.git import clean_head
from publisher.model.codes import finding
from publisher.model.digest import sha256
from publisher.model.errors import UsageError
from publisher.model.finding import Finding, Place
from publisher.ports import Mark, Sight, SourceFile

_MAX_DEPTH = 16
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: should a file become a pipe between looking and opening, opening must not wait for a writer
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class WorkTree:
    """Reads a folder.

    Args:
        root: the repository's folder; may itself be reached through links.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._roots: tuple[str, ...] = ()

    def read(self, *, roots: Sequence[str], max_bytes: int) -> tuple[tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Read all regular files at or below `roots`; see the port."""
        walk = self._walk(roots, _Walk(max_bytes, {}))
        return walk.files(), walk.found()

    def look(
        self, *, roots: Sequence[str], max_bytes: int, known: Mapping[str, Sight]
    ) -> tuple[Mapping[str, Sight], tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Look at all regular files at or below `roots`; see the port.

        A file's mark is what the file system says of it: number, size, and when bytes and name were last changed. One
        that was changed within the last moments has none, since it could change once more without a sign.
        """
        walk = self._walk(roots, _Walk(max_bytes, known))
        files = walk.files()
        fresh = {file.path: Sight(walk.marks[file.path], sha256(file.body)) for file in files}
        return walk.same | fresh, files, walk.found()

    def _walk(self, roots: Sequence[str], walk: _Walk) -> _Walk:
        self._roots = names.checked_roots(roots)
        try:
            top = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            cause = f"{self._root} cannot be opened: {error.strerror}."
            raise UsageError(cause, "Name the folder of a status repository.") from error
        try:
            for root in self._roots:
                walk.enter(top, root)
        finally:
            os.close(top)
        return walk

    def revision(self) -> str | None:
        """Name the commit, if what was read is exactly what is committed."""
        return clean_head(self._root, self._roots)


class _Walk:
    """One reading: files and findings so far."""

    def __init__(self, max_bytes: int, known: Mapping[str, Sight]) -> None:
        self.max_bytes = max_bytes
        self.known = known
        self.read: dict[str, SourceFile] = {}
        self.marks: dict[str, Mark] = {}
        self.same: dict[str, Sight] = {}
        self.findings: list[Finding] = []
        self.begun = time.time_ns()

    def files(self) -> tuple[SourceFile, ...]:
        """Give what was read, less the twins of others."""
        if self.read.keys() <= self.known.keys():
            # among names that had no twin there is none
            return tuple(self.read[path] for path in sorted(self.read))
        kept = names.without_twins([*self.read, *self.same], self.findings.append)
        self.same = {path: self.same[path] for path in kept if path in self.same}
        return tuple(self.read[path] for path in kept if path in self.read)

    def found(self) -> tuple[Finding, ...]:
        return names.sorted_findings(self.findings)

    def mark(self, found: os.stat_result) -> Mark:
        return settled_mark(found, self.begun)

    def enter(self, top: int, root: str) -> None:
        """Go down to a root part by part, so that no part of the way is a link."""
        parts = root.split("/")
        opened: list[int] = []
        folder = top
        try:
            for count, part in enumerate(parts[:-1], start=1):
                path = "/".join(parts[:count])
                inner = self.folder(folder, part, path)
                if inner is None:
                    return
                opened.append(inner)
                folder = inner
            self.entry(folder, parts[-1], root, depth=0)
        finally:
            for number in opened:
                os.close(number)

    def note(self, code: str, path: str, what: str, fix: str) -> None:
        self.findings.append(finding(code, Place(path=names.shown(path)), what, fix))

    def unreadable(self, path: str, error: OSError) -> None:
        if error.errno == errno.ENOENT:
            return  # gone since the folder was listed, or a root that does not exist: there is nothing to read
        if error.errno == errno.ELOOP:
            self.link(path)
            return
        self.note("TID036", path, f"It cannot be read: {error.strerror}.", "Give yourself the right to read it.")

    def link(self, path: str) -> None:
        self.note("TID030", path, "This is a symbolic link, and links are not followed.", "Put the file itself here.")

    def folder(self, parent: int, name: str, path: str) -> int | None:
        """Open a folder without following a link; None when it cannot be, with a finding."""
        try:
            if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                self.link(path)
                return None
            return os.open(name, _FOLDER, dir_fd=parent)
        except OSError as error:
            self.unreadable(path, error)
            return None

    def entry(self, parent: int, name: str, path: str, *, depth: int) -> None:
        """Look at one name in a folder, and read it or go into it."""
        problem = names.unsafe(name)
        if problem is not None:
            self.note("TID034", path, *problem)
            return
        try:
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except OSError as error:
            self.unreadable(path, error)
            return
        if stat.S_ISLNK(found.st_mode):
            self.link(path)
        elif stat.S_ISDIR(found.st_mode):
            self.inside(parent, name, path, depth=depth)
        elif self.is_plain(found, path):
            self.file(parent, name, path)

    def is_plain(self, found: os.stat_result, path: str) -> bool:
        if not stat.S_ISREG(found.st_mode):
            kind = next((word for test, word in _KINDS if test(found.st_mode)), "no regular file")
            self.note("TID031", path, f"This is {kind}, not a file with words.", "Remove it.")
        elif found.st_nlink > 1:
            what = "This file is a hard link: the same bytes have another name elsewhere."
            self.note("TID032", path, what, "Replace it by a copy of its own.")
        elif found.st_size > self.max_bytes:
            self.findings.append(names.oversize(path, found.st_size, self.max_bytes))
        else:
            return True
        return False

    def inside(self, parent: int, name: str, path: str, *, depth: int) -> None:
        if depth >= _MAX_DEPTH:
            what = f"Folders are nested deeper than {_MAX_DEPTH} levels."
            self.note("TID034", path, what, "Move the files up.")
            return
        folder = self.folder(parent, name, path)
        if folder is None:
            return
        try:
            with os.scandir(folder) as listed:
                found = sorted(listed, key=attrgetter("name"))
            for inner in found:
                if not names.is_hidden(inner.name) and not self.is_same(inner, f"{path}/{inner.name}"):
                    self.entry(folder, inner.name, f"{path}/{inner.name}", depth=depth + 1)
        except OSError as error:
            self.unreadable(path, error)
        finally:
            os.close(folder)

    def is_same(self, entry: os.DirEntry[str], path: str) -> bool:
        """Say whether a file is as it was when it was last seen, and take it as such.

        A file of another kind, size or number of names would have another mark.
        """
        sight = self.known.get(path)
        if sight is None or sight.mark is None:
            return False
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return False
        if sight.mark != mark_of(found):
            return False
        self.same[path] = sight
        return True

    def file(self, parent: int, name: str, path: str) -> None:
        """Read a file that looked plain, looking again once it is open: its name may have passed to something else."""
        try:
            number = os.open(name, _FILE, dir_fd=parent)
        except OSError as error:
            self.unreadable(path, error)
            return
        try:
            found = os.fstat(number)
            if self.is_plain(found, path):
                body = _bytes(number, self.max_bytes + 1)
                if len(body) > self.max_bytes:
                    self.findings.append(names.oversize(path, len(body), self.max_bytes))
                else:
                    self.read[path] = SourceFile(path=path, body=body)
                    self.marks[path] = self.mark(found)
        except OSError as error:
            self.unreadable(path, error)
        finally:
            os.close(number)


def _bytes(number: int, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := os.read(number, min(most, 1 << 20))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)
