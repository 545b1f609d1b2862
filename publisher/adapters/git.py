"""Sources at one commit, read by the `git` program.

What it promises: what is read is what was committed, whatever lies in the work tree; nothing is checked out and no
hook, filter or file-system monitor of the repository is run. Links and submodules are findings and are never followed.

What it cannot do: read files that Git LFS keeps elsewhere: the pointer is what is committed; work without a `git`
program.

To try it by hand: `python -c "from pathlib import Path; from publisher.adapters.git import GitSources;
print(GitSources(Path('.'), 'HEAD').read(roots=['incidents'], max_bytes=10**6))"`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from publisher.adapters import _names as names
from publisher.model.codes import finding
from publisher.model.digest import sha256
from publisher.model.errors import OutsideError, UsageError
from publisher.model.finding import Finding, Place
from publisher.ports import Sight, SourceFile

_TIMEOUT_S = 60
_PLAIN = ("100644", "100755", "100664")
_LINK = "120000"


class GitSources:
    """Reads a repository at a commit.

    Args:
        root: the work tree's folder, or a folder in it: paths are relative to it.
        commit: anything that names a commit; it is resolved once, at the first use.
    """

    def __init__(self, root: Path, commit: str = "HEAD") -> None:
        self._root = root
        self._commit = commit
        self._resolved: str | None = None

    def read(self, *, roots: Sequence[str], max_bytes: int) -> tuple[tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Read all regular files at or below `roots`; see the port."""
        roots = names.checked_roots(roots)
        blobs, findings = self._blobs(roots, max_bytes)
        bodies = self._bodies(list(blobs.values()))
        return tuple(SourceFile(path=path, body=bodies[blob]) for path, blob in blobs.items()), findings

    def look(
        self, *, roots: Sequence[str], max_bytes: int, known: Mapping[str, Sight]
    ) -> tuple[Mapping[str, Sight], tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Look at all regular files at or below `roots`; see the port. A file's mark is its blob's name."""
        blobs, findings = self._blobs(names.checked_roots(roots), max_bytes)
        unknown = {path: blob for path, blob in blobs.items() if path not in known or known[path].mark != blob}
        bodies = self._bodies(list(unknown.values()))
        read = tuple(SourceFile(path=path, body=bodies[blob]) for path, blob in unknown.items())
        fresh = {file.path: Sight(blobs[file.path], sha256(file.body)) for file in read}
        return {path: fresh.get(path) or known[path] for path in blobs}, read, findings

    def _blobs(self, roots: Sequence[str], max_bytes: int) -> tuple[dict[str, str], tuple[Finding, ...]]:
        listing = _git(self._root, "ls-tree", "-r", "-z", "-l", self.revision(), "--", *roots)
        findings: list[Finding] = []
        blobs: dict[str, str] = {}
        for line in filter(None, listing.split(b"\0")):
            about, _, raw = line.partition(b"\t")
            mode, _, blob, size = about.decode().split()
            path = raw.decode("utf-8", "surrogateescape")
            if names.is_hidden(path):
                continue
            problems = names.path_findings(path)
            if problems:
                findings.extend(problems)
            elif mode not in _PLAIN:
                findings.append(_odd(mode, path))
            elif int(size) > max_bytes:
                findings.append(names.oversize(path, int(size), max_bytes))
            else:
                blobs[path] = blob
        kept = names.without_twins(blobs, findings.append)
        return {path: blobs[path] for path in kept}, names.sorted_findings(findings)

    def revision(self) -> str:
        """Name the commit by its full hash."""
        if self._resolved is None:
            name = f"{self._commit}^{{commit}}"
            try:
                answer = _git(self._root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
            except OutsideError as error:
                raise UsageError(
                    f'"{self._commit}" names no commit here.', "Check the name; fetch it first."
                ) from error
            self._resolved = answer.decode().strip()
        return self._resolved

    def _bodies(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """Read blobs in one call: the batch format of git-cat-file(1)."""
        wanted = list(dict.fromkeys(blobs))
        if not wanted:
            return {}
        answer = memoryview(_git(self._root, "cat-file", "--batch", stdin="".join(f"{b}\n" for b in wanted).encode()))
        bodies: dict[str, bytes] = {}
        start = 0
        for blob in wanted:
            end = bytes(answer[start : start + 200]).index(b"\n") + start
            about = bytes(answer[start:end]).split()
            if len(about) != 3 or about[1] != b"blob":  # noqa: PLR2004 -- name, type, size
                raise OutsideError(
                    f"Git cannot give object {blob[:12]}.", "Fetch the whole history, or run `git fsck`."
                )
            size = int(about[2])
            bodies[blob] = bytes(answer[end + 1 : end + 1 + size])
            start = end + 1 + size + 1
        return bodies


def _odd(mode: str, path: str) -> Finding:
    place = Place(path=names.shown(path))
    if mode == _LINK:
        what = "This is a symbolic link, and links are not followed."
        return finding("TID030", place, what, "Put the file itself here.")
    return finding("TID031", place, "This is a submodule, not a file with words.", "Remove it.")


def clean_head(root: Path, roots: Sequence[str]) -> str | None:
    """Name the checked-out commit when nothing at or below `roots` differs from it; None otherwise or without git."""
    if not roots:
        return None
    try:
        changed = _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored=no", "--", *roots)
        head = None if changed else _git(root, "rev-parse", "--verify", "--quiet", "HEAD").decode().strip()
    except OutsideError:
        return None
    return head


def authors(root: Path, paths: Sequence[str], *, commit: str | None = None) -> frozenset[str]:
    """Give the addresses of all who wrote something in files, in small letters: authors, co-authors, and us.

    Args:
        root: the work tree's folder, or a folder in it.
        paths: files or folders below it.
        commit: up to which; files that were changed since count as written by whoever git says we are.

    Returns:
        Nobody, where there is no repository.
    """
    try:
        said = _git(
            root,
            "log",
            "--format=%ae%n%(trailers:key=Co-authored-by,valueonly)",
            commit or "HEAD",
            "--",
            *paths,
        ).decode(errors="replace")
    except OutsideError:
        said = ""
    found = {line.rpartition("<")[2].rstrip("> \t").lower() for line in said.splitlines() if "@" in line}
    if commit is None:
        with contextlib.suppress(OutsideError):
            if _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--", *paths):
                found.add(_git(root, "config", "user.email").decode(errors="replace").strip().lower())
    return frozenset(found)


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git without anything of the repository's or user's that could run or change the answer."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-C", str(root), *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1"}
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, env=environment, timeout=_TIMEOUT_S, check=False
        )
    except FileNotFoundError as error:
        raise OutsideError("There is no git program.", "Install git.") from error
    except subprocess.TimeoutExpired as error:
        raise OutsideError(f"Git gave no answer within {_TIMEOUT_S} seconds.", "Try again.") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise OutsideError(f"Git says: {said[-1] if said else 'no'}.", "Check the repository with `git status`.")
    return done.stdout
