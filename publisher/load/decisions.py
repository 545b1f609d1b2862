"""`internal/<id>/decisions.md` to the decisions it holds, and a decision to the text that is added to it.

The file is for people: a heading says when and who, the words below say what. A comment under the heading says what a
program is to hold later words against.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import Field
from pydantic_core import PydanticCustomError

from publisher.load.fields import INTERNAL, Line, Moment, parse_moment
from publisher.load.frontmatter import parse_text, split_matter
from publisher.load.report import Report, Spot, clipped
from publisher.load.roots import INTERNAL as INTERNAL_ROOT
from publisher.load.schema import Typed
from publisher.load.validate import validate
from publisher.load.yaml import Document, read_yaml
from publisher.model.decision import Decision
from publisher.model.finding import Finding
from publisher.ports import SourceFile

NAME: Final = "decisions.md"
FORM: Final = "`## 2026-11-20 14:24 UTC · Ines Marques`"

_HEADING = re.compile(
    r"## +(?P<when>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})? ?(?:Z|UTC|[+-]\d{2}:?\d{2})) +· +(?P<by>\S.*?)\s*\Z"
)
_ID = re.compile(r"D[1-9][0-9]{0,4}\Z")
_SHORTEST = 2


class DecisionTyped(Typed):
    """The comment under a decision's heading."""

    id: Line | None = Field(default=None, description="`D1`, in the file's order.", json_schema_extra=INTERNAL)
    forbids: list[Line] | None = Field(
        default=None, description="Terms that no words for readers may have.", json_schema_extra=INTERNAL
    )
    requires: list[Line] | None = Field(
        default=None, description="Terms that the words since must have.", json_schema_extra=INTERNAL
    )
    until: Moment | None = Field(default=None, description="When it stops to bind.", json_schema_extra=INTERNAL)
    supersedes: list[Line] | None = Field(
        default=None, description="Earlier decisions it replaces.", json_schema_extra=INTERNAL
    )


class DecisionsTyped(Typed):
    """Front matter of `internal/<id>/decisions.md`."""

    incident: Line = Field(description="The incident's id.", json_schema_extra=INTERNAL)


def path_of(incident: str) -> str:
    """Say where an incident's decisions lie."""
    return f"{INTERNAL_ROOT}/{incident}/{NAME}"


def incident_of(path: str) -> str | None:
    """Say whose decisions lie in a file; None when it holds none."""
    parts = path.split("/")
    return parts[1] if len(parts) == 3 and parts[0] == INTERNAL_ROOT and parts[2] == NAME else None  # noqa: PLR2004


def load_decisions(file: SourceFile) -> tuple[tuple[Decision, ...], tuple[Finding, ...]]:
    """Read an incident's decisions, in the file's order.

    Args:
        file: `internal/<id>/decisions.md`.

    Returns:
        Those that could be read, and what is wrong with the file.
    """
    report = Report(file.path)
    text = parse_text(file.body, report=report)
    if text is None:
        return (), tuple(report.findings)
    matter = split_matter(text, report=report)
    if matter.front is not None:
        front = validate(DecisionsTyped, matter.front, report=report, what="front matter")
        if front is not None and front.incident != incident_of(file.path):
            what = f'The file says it is of "{front.incident}", and it lies in the folder of another.'
            report.add("TID790", what, "Write the folder's name.", matter.front.spot(("incident",)))
    decisions: list[Decision] = []
    for part in _parts(matter.body, matter.line, report):
        decision = _decision(part, len(decisions) + 1, decisions, report)
        if decision is not None:
            decisions.append(decision)
    return tuple(decisions), tuple(report.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A heading and the lines below it; `line` is the heading's."""

    heading: str
    lines: tuple[str, ...]
    line: int


def _parts(lines: Sequence[str], first: int, report: Report) -> Iterable[_Part]:
    starts = [n for n, line in enumerate(lines) if line.startswith("## ")]
    before = lines[: starts[0]] if starts else lines
    for number, line in enumerate(before):
        if line.strip():
            report.add("TID790", "Text stands before the first decision.", f"Put it under {FORM}.", (first + number, 1))
            break
    ends = [*starts[1:], len(lines)][: len(starts)]
    for start, end in zip(starts, ends, strict=True):
        yield _Part(heading=lines[start], lines=tuple(lines[start + 1 : end]), line=first + start)


def _decision(part: _Part, number: int, earlier: Sequence[Decision], report: Report) -> Decision | None:
    match = _HEADING.match(part.heading)
    if match is None:
        what = f'"{clipped(part.heading)}" does not say when and who.'
        report.add("TID790", what, f"Write it as {FORM}.", (part.line, 1))
        return None
    try:
        at = parse_moment(match["when"])
    except PydanticCustomError as error:
        context = error.context or {}
        report.add("TID790", str(context.get("what")), str(context.get("fix")), (part.line, 4))
        return None
    comment, words = _comment(part, report)
    if words is None:
        return None
    if not words:
        report.add("TID790", "The decision says nothing.", "Write what was decided.", (part.line, 1))
        return None
    document = comment or Document()
    typed = validate(DecisionTyped, document, report=report, what="comment") if comment else DecisionTyped()
    if typed is None:
        return None
    name = typed.id or f"D{number}"
    _names(name, typed, earlier, document, report, (part.line, 1))
    _terms(typed, document, report)
    return Decision(
        id=name,
        at=at,
        by=match["by"],
        text=words,
        forbids=_long_enough(typed.forbids),
        requires=_long_enough(typed.requires),
        until=typed.until,
        supersedes=tuple(typed.supersedes or ()),
        place=report.place((part.line, 1)),
    )


def _names(  # noqa: PLR0917 -- one after the other, as they stand in the file
    name: str, typed: DecisionTyped, earlier: Sequence[Decision], document: Document, report: Report, heading: Spot
) -> None:
    """Report ids that are none, are taken, or name nothing."""
    known = {one.id for one in earlier}
    spot = document.spot(("id",)) if typed.id else heading
    free = f"Write D{len(earlier) + 1}."
    if not _ID.match(name):
        report.add("TID791", f'"{clipped(name)}" is not an id of a decision.', free, spot)
    elif name in known:
        report.add("TID791", f"{name} is the id of an earlier decision.", free, spot)
    for place, old in enumerate(typed.supersedes or ()):
        if old not in known:
            listed = ", ".join(one.id for one in earlier) or "none"
            what = f'{name} replaces "{clipped(old)}", and no earlier decision has this id.'
            report.add("TID791", what, f"Earlier ones: {listed}.", document.spot(("supersedes", place)))


def _terms(typed: DecisionTyped, document: Document, report: Report) -> None:
    """Report terms that are found everywhere."""
    for key, terms in (("forbids", typed.forbids), ("requires", typed.requires)):
        for place, term in enumerate(terms or ()):
            if not _long_enough([term]):
                fix = "Write a whole name or phrase."
                report.add("TID790", f'"{clipped(term)}" is too short to look for.', fix, document.spot((key, place)))


def _long_enough(terms: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(term for term in terms or () if sum(char.isalnum() for char in term) >= _SHORTEST)


def _comment(part: _Part, report: Report) -> tuple[Document | None, str | None]:
    """Give the YAML in the comment under a heading, and the words; None where the comment swallows them."""
    lines = part.lines
    start = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines) or not lines[start].lstrip().startswith("<!--"):
        return None, "\n".join(lines).strip()
    end = next((n for n in range(start, len(lines)) if "-->" in lines[n]), None)
    line = part.line + 1 + start
    if end is None:
        report.add("TID790", "The comment is never closed.", "End it with a line `-->`.", (line, 1))
        return None, None
    inner = "\n".join(lines[start : end + 1])
    opened = inner.index("<!--") + len("<!--")
    document = read_yaml(inner[opened : inner.index("-->")], report=report, offset=(line, opened + 1))
    after = inner[inner.index("-->") + len("-->") :]
    return document, "\n".join((after, *lines[end + 1 :])).strip()


def decision_text(decision: Decision) -> str:
    """Write a decision as it is added to its file: heading, comment, words; begins and ends with a newline.

    Raises:
        ValueError: it cannot be written so that it reads back the same.
    """
    fields: list[str] = [f"id: {decision.id}"]
    if decision.forbids:
        fields.append(f"forbids: [{', '.join(_quoted(term) for term in decision.forbids)}]")
    if decision.requires:
        fields.append(f"requires: [{', '.join(_quoted(term) for term in decision.requires)}]")
    if decision.until is not None:
        fields.append(f"until: {decision.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    if decision.supersedes:
        fields.append(f"supersedes: [{', '.join(decision.supersedes)}]")
    comment = "\n".join(fields)
    heading = f"## {_when(decision.at)} · {decision.by}"
    return f"\n{heading}\n<!--\n{comment}\n-->\n\n{decision.text}\n"


def front_of(incident: str) -> str:
    """Give the beginning of a file of decisions."""
    return f"---\nincident: {incident}\n---\n"


def _when(at: datetime) -> str:
    moment = at.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment.second else f"{moment:%Y-%m-%d %H:%M} UTC"


def _quoted(term: str) -> str:
    return '"' + term.replace("\\", "\\\\").replace('"', '\\"') + '"'
