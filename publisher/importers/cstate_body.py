"""The body of a cState issue, cut into the updates it tells of.

Two habits are known. cState's own: paragraphs, newest first, `*Status* - words {{< track "2018-07-13 14:27:00" >}}`.
And labels on a line of their own or at its beginning: `[Final message]`, `[Update - 2023-03-29 15h50 UTC]`,
`[Initial message]`, `Final message:`, `**2021-06-08 07:37:00**`. A label becomes the update's heading when its moment
is known: written in it, or the issue's own beginning and end. An update whose moment nobody wrote down stays, label and
all, in the text beside it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from publisher.importers.hugo_markdown import code_lines
from publisher.model.incident import Status

ReadTime: TypeAlias = Callable[[str], datetime | None]
"""Reads a written moment, in the site's zone where it names none; None where it is no moment."""


class Role(enum.Enum):
    """What a label says of its text's place in the story."""

    FIRST = "first"
    LAST = "last"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a body that was said at one time.

    Attributes:
        text: as written, without its label.
        whole: as written, with it.
        label: as written; empty where there is none.
        line: from 0, within the body.
    """

    text: str
    whole: str
    label: str = ""
    role: Role | None = None
    status: Status | None = None
    at: datetime | None = None
    line: int = 0


_STATUS_WORDS = {
    "investigating": Status.INVESTIGATING,
    "identified": Status.IDENTIFIED,
    "monitoring": Status.MONITORING,
    "watching": Status.MONITORING,
    "resolved": Status.RESOLVED,
    "fixed": Status.RESOLVED,
    "completed": Status.RESOLVED,
    "postmortem": Status.POSTMORTEM,
    "post-mortem": Status.POSTMORTEM,
    "update": Status.UPDATE,
    "scheduled": Status.SCHEDULED,
    "in progress": Status.IN_PROGRESS,
}
_TRACK = re.compile(r"\{\{[<%]\s*track\s+[\"'`]?(?P<time>[^\"'`<>%{}]+?)[\"'`]?\s*/?[>%]\}\}")
_STATUS_LABEL = re.compile(
    r"\A\s*(?:\*\*|__|[*_])(?P<word>[A-Za-z][A-Za-z -]*?)(?:\*\*|__|[*_])[ \t]*[-\u2013\u2014:][ \t]*"
)
_LABEL = re.compile(
    r"""^[ ]{0,3}(?:
        \[(?P<bracket>[^\]\[\n]+)\](?![(:\[])[ \t]*(?:-->)?[ \t]*:?
      | \*\*(?P<bold>[^*\n]+)\*\*[ \t]*:?[ \t]*$
      | (?P<bare>(?:final|initial|closing|opening)[ ]message)[ \t]*:[ \t]*$
    )[ \t]*""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_FIRST = re.compile(r"^(?:initial|opening|open)\b", re.IGNORECASE)
_LAST = re.compile(r"^(?:final|closing|close|end of|resolved|solved|fixed)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"^(?:update|updated|edit|edited)\b", re.IGNORECASE)


def sections(body: str, read_time: ReadTime) -> tuple[Section, ...]:
    """Cut a body into sections, in the order of the file. Text without any label is one section."""
    tracks = list(_TRACK.finditer(body))
    found = _tracked(body, tracks, read_time) if tracks else _labelled(body, read_time)
    return tuple(section for section in found if section.whole.strip())


def _tracked(body: str, tracks: list[re.Match[str]], read_time: ReadTime) -> list[Section]:
    out: list[Section] = []
    start = 0
    for track in tracks:
        out.append(
            _with_status(
                Section(
                    text=body[start : track.start()],
                    whole=body[start : track.end()],
                    at=read_time(track["time"].strip()),
                    label=track[0],
                    line=body.count("\n", 0, start),
                )
            )
        )
        start = track.end()
    rest = body[start:]
    if rest.strip():
        out.append(_with_status(Section(text=rest, whole=rest, line=body.count("\n", 0, start))))
    return out


def _with_status(section: Section) -> Section:
    """Take a status word in front of the text into the section; any other word in front stays text."""
    label = _STATUS_LABEL.match(section.text)
    status = _STATUS_WORDS.get(label["word"].strip().lower()) if label else None
    if label is None or status is None:
        return section
    return replace(section, status=status, text=section.text[label.end() :], label=label[0].strip() + section.label)


def _labelled(body: str, read_time: ReadTime) -> list[Section]:
    code = code_lines(body)
    marks: list[tuple[re.Match[str], Role | None, datetime | None]] = []
    for match in _LABEL.finditer(body):
        if body.count("\n", 0, match.start()) in code:
            continue
        words = (match["bracket"] or match["bold"] or match["bare"]).strip()
        at = _time_in(words, read_time)
        role = _role(words)
        if role is not None or (at is not None and match["bracket"] is None):
            marks.append((match, role, at))
    if not marks:
        return [_with_status(Section(text=body, whole=body))]
    out = []
    if body[: marks[0][0].start()].strip():
        lead = body[: marks[0][0].start()]
        out.append(_with_status(Section(text=lead, whole=lead)))
    for number, (match, role, at) in enumerate(marks):
        end = marks[number + 1][0].start() if number + 1 < len(marks) else len(body)
        out.append(
            Section(
                text=body[match.end() : end],
                whole=body[match.start() : end],
                label=match[0].strip(),
                role=role,
                at=at,
                line=body.count("\n", 0, match.start()),
            )
        )
    return out


def _role(words: str) -> Role | None:
    if _FIRST.match(words):
        return Role.FIRST
    if _LAST.match(words):
        return Role.LAST
    return Role.BETWEEN if _BETWEEN.match(words) else None


_WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[ T](?P<hour>\d{1,2})[:h](?P<minute>\d\d)(?P<second>:\d\d)?"
    r"[ ]?(?P<zone>UTC|Z|[+-]\d\d:?\d\d)?\Z"
)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SPOKEN = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:[ ]of)?[ ](?P<month>[A-Za-z]+)[ ](?P<year>\d{4})(?:[ ]-|,|[ ]at)?[ ]"
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d\d)[ ]?(?P<zone>UTC|Z|[+-]\d\d:?\d\d)?\Z"
)


def _time_in(words: str, read_time: ReadTime) -> datetime | None:
    """Read the moment at the end of a label, where day and time of day are both there."""
    written = _WRITTEN.search(words)
    if written:
        zone = (written["zone"] or "").replace("UTC", "Z")
        return read_time(
            f"{written['day']}T{int(written['hour']):02d}:{written['minute']}{written['second'] or ''}{zone}"
        )
    spoken = _SPOKEN.search(words)
    if spoken and spoken["month"].lower() in _MONTHS:
        month = _MONTHS.index(spoken["month"].lower()) + 1
        zone = (spoken["zone"] or "").replace("UTC", "Z")
        day = f"{spoken['year']}-{month:02d}-{int(spoken['day']):02d}"
        return read_time(f"{day}T{int(spoken['hour']):02d}:{spoken['minute']}{zone}")
    return None


def oldest_first(found: tuple[Section, ...]) -> tuple[Section, ...]:
    """Turn sections round where the file has the newest first: by times, else by labels, else as cState does."""
    times = [s.at for s in found if s.at is not None]
    if len(times) > 1 and times != sorted(times, reverse=True):
        return found
    if len(times) > 1 and times[0] != times[-1]:
        return found[::-1]
    roles = [s.role for s in found]
    if roles and (roles[0] is Role.FIRST or roles[-1] is Role.LAST):
        return found
    if Role.LAST in roles or Role.FIRST in roles:
        return found[::-1]
    # a plain text with "[Edit]" under it was written downwards
    return found if roles and roles[0] is None and found[0].at is None else found[::-1]
