"""Sources held in memory, for drills and tests.

What it promises: what the other readers promise, for files that it was given.

What it cannot do: forget; show links other than those it is told of.

To try it by hand: `MemorySources({"mkdocs.yml": b"site_name: A"}).read(roots=["mkdocs.yml"], max_bytes=100)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from publisher.adapters import _names as names
from publisher.model.codes import finding
from publisher.model.digest import sha256
from publisher.model.finding import Finding, Place
from publisher.ports import Sight, SourceFile


class MemorySources:
    """Reads a mapping.

    Args:
        files: path → bytes.
        links: paths that are symbolic links.
        revision: the commit these files claim to be from.
    """

    def __init__(self, files: Mapping[str, bytes], *, links: Sequence[str] = (), revision: str | None = None) -> None:
        self._files = dict(files)
        self._links = tuple(links)
        self._revision = revision

    def read(self, *, roots: Sequence[str], max_bytes: int) -> tuple[tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Read all regular files at or below `roots`; see the port."""
        roots = names.checked_roots(roots)
        findings: list[Finding] = []
        good: dict[str, bytes] = {}
        for path in sorted({*self._files, *self._links}):
            if not names.below(path, roots) or names.is_hidden(path):
                continue
            problems = names.path_findings(path)
            if problems:
                findings.extend(problems)
            elif path in self._links:
                what = "This is a symbolic link, and links are not followed."
                findings.append(finding("TID030", Place(path=path), what, "Put the file itself here."))
            elif len(self._files[path]) > max_bytes:
                findings.append(names.oversize(path, len(self._files[path]), max_bytes))
            else:
                good[path] = self._files[path]
        kept = names.without_twins(good, findings.append)
        return tuple(SourceFile(path=path, body=good[path]) for path in kept), names.sorted_findings(findings)

    def look(
        self, *, roots: Sequence[str], max_bytes: int, known: Mapping[str, Sight]
    ) -> tuple[Mapping[str, Sight], tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Look at all regular files at or below `roots`; see the port."""
        files, findings = self.read(roots=roots, max_bytes=max_bytes)
        seen = {file.path: sha256(file.body) for file in files}
        return (
            {path: Sight(sha, sha) for path, sha in seen.items()},
            tuple(file for file in files if file.path not in known or known[file.path].sha256 != seen[file.path]),
            findings,
        )

    def revision(self) -> str | None:
        """Name the commit these files claim to be from."""
        return self._revision
