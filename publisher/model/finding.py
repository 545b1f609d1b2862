"""Something a writer must know: where, what, and how to mend it.

The one printed form is `path:line:col: CODE what is wrong. How to fix it.`, so that editors and CI can jump there.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """Blocks publishing."""
    WARNING = "warning"
    """Shown, does not block."""
    NOTE = "note"
    """Shown on request."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A position in a file of the repository.

    Attributes:
        path: POSIX path relative to the repository's root.
        line: from 1.
        col: from 1, in characters.
    """

    path: str
    line: int = 1
    col: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.col}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem in a text.

    Attributes:
        code: `TIDnnn`, listed in `model.codes`; never reused.
        level: weight after policy.
        place: where the writer should look.
        what: what is wrong, a sentence in the writer's words, ending in a full stop.
        fix: what to do, a sentence that starts with a verb, ending in a full stop.
    """

    code: str
    level: Level
    place: Place
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.code} {self.what} {self.fix}"

    @property
    def sort_key(self) -> tuple[Place, str, str]:
        """Order by file, line, column, then code."""
        return (self.place, self.code, self.what)


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Give the findings that must be mended before anything is published."""
    return tuple(f for f in findings if f.level is Level.ERROR)
