"""Where findings about one file are collected while it is read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TypeAlias

from publisher.model.codes import finding
from publisher.model.finding import Finding, Place

Spot: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""


MOST = 100
"""Findings listed for one file: more would help nobody, and a hostile file must not fill the memory with them."""


class Report:
    """Collects findings about one file, `MOST` at the most.

    Args:
        path: POSIX path relative to the repository's root.
    """

    __slots__ = ("findings", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Finding] = []

    def add(self, code: str, what: str, fix: str, spot: Spot = (1, 1)) -> None:
        """Note one problem."""
        if self.full:
            return
        self.findings.append(finding(code, self.place(spot), what, fix))
        if len(self.findings) == MOST:
            more = "More may be wrong with this file than is listed."
            self.findings.append(finding(code, self.place(spot), more, "Mend these first."))

    @property
    def full(self) -> bool:
        """Say whether there is no use in looking further."""
        return len(self.findings) > MOST

    def place(self, spot: Spot = (1, 1)) -> Place:
        """Give a position in this file."""
        return Place(path=self.path, line=spot[0], col=spot[1])


def nearest(word: str, known: Iterable[str]) -> str:
    """Give `Did you mean "…"? ` for the nearest known word, or nothing."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"? ' if close else ""


def clipped(text: str, most: int = 60) -> str:
    """Quote what somebody wrote, on one line and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
