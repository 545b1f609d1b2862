"""The goal table, and what a measured figure is worth against it. Pure: nothing here measures."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """Where a figure lies."""

    STRETCH = "within stretch"
    BOUND = "within bound"
    OVER = "over bound"
    MISSING = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One line of the table. Smaller is better, always.

    Attributes:
        id: for `ONLY=`.
        words: what is compared; `{n}` is the number of incidents.
        unit: `×` for a ratio of ours to theirs, else what the figure counts.
        stretch: None where the bound is all there is to reach.
    """

    id: str
    words: str
    bound: float
    stretch: float | None
    unit: str = "×"


GOALS: tuple[Goal, ...] = (
    Goal(id="edit-wall", words="rebuild after one edit / lean Hugo's rebuild, wall", bound=0.08, stretch=0.04),
    Goal(id="edit-cpu", words="the same, CPU", bound=0.06, stretch=0.03),
    Goal(id="cstate", words="one edit / cState's build, both at 1,000, wall", bound=0.04, stretch=0.02),
    Goal(id="live", words="edit to live on S3 / lean Hugo's build and `hugo deploy`, wall", bound=0.10, stretch=0.05),
    Goal(id="requests", words="requests for k changed objects, beyond k", bound=4, stretch=3, unit="requests"),
    Goal(id="identical", words="uploads after a byte-identical rebuild", bound=0, stretch=None, unit="objects"),
    Goal(id="cold-hugo", words="cold full build / lean Hugo cold, wall", bound=1.5, stretch=1.0),
    Goal(id="cold-mkdocs", words="cold full build / MkDocs with all incidents as pages, wall", bound=0.5, stretch=0.25),
    Goal(id="scale", words="one edit at ten times as many incidents / one edit, wall", bound=5, stretch=3),
    Goal(id="idle", words="no-change run / bare `python -I`, wall", bound=8, stretch=5),
    Goal(id="memory", words="peak memory / lean Hugo's, cold build", bound=0.4, stretch=0.2),
    Goal(id="warm", words="preview running: saved to served", bound=150, stretch=60, unit="ms"),
    Goal(id="check", words="`tidings check` of one changed file", bound=0.5, stretch=0.25, unit="s"),
    Goal(id="mail", words="personalised mail, ledger kept / plain smtplib, CPU each", bound=2, stretch=1.3),
)
BY_ID = {goal.id: goal for goal in GOALS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A goal and what was found.

    Attributes:
        figure: None when it could not be measured.
        ours, theirs: what the figure was made of, for people: `0.61 s`.
        note: what a reader must know to judge it: sizes, what was not paired, why it is missing.
    """

    goal: Goal
    figure: float | None
    ours: str = ""
    theirs: str = ""
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        """Judge the figure. A figure on the bound is within it."""
        if self.figure is None:
            return Verdict.MISSING
        if self.goal.stretch is not None and self.figure <= self.goal.stretch:
            return Verdict.STRETCH
        return Verdict.BOUND if self.figure <= self.goal.bound else Verdict.OVER


def ratio(ours: float, theirs: float) -> float:
    """Give ours as a share of theirs.

    Raises:
        ValueError: theirs is nothing: something did not run.
    """
    if theirs <= 0:
        raise ValueError("what is compared with took no time at all")
    return ours / theirs


def missing(goal: str, why: str) -> Row:
    """Give the row of a goal that could not be measured."""
    return Row(goal=BY_ID[goal], figure=None, note=why)


def complete(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Give a row for every goal, in the table's order; those that nobody measured say so."""
    found = {row.goal.id: row for row in rows}
    return tuple(found.get(goal.id) or missing(goal.id, "left out of this run") for goal in GOALS)


def number(value: float) -> str:
    """Write a figure with three places that count, at most."""
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
