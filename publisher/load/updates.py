"""A Markdown body to its updates: headings, the comments under them, and the words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pydantic_core import PydanticCustomError

from publisher.load.fields import parse_moment
from publisher.load.report import Report, Spot, clipped, nearest
from publisher.load.yaml import Document, read_yaml
from publisher.model.incident import Status

_HEADING = re.compile(r" {0,3}(#{1,2})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)\Z")
_SETEXT = re.compile(r" {0,3}(?:-+|=+)[ \t]*\Z")
_NOT_PARAGRAPH = re.compile(r"[ \t]*(?:$|[-*+>|#]|\d{1,9}[.)](?:[ \t]|$)|<)| {4}|\t")
_TIMED = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[T \t]+(?P<time>\d{1,2}:\d{2}(?::\d{2})?)"
    r"(?:[ \t]*(?P<zone>[A-Za-z]{1,5}|[+-]\d{1,2}:?\d{2}))?"
    r"(?:[ \t]*·|[ \t]+[-\u2013\u2014](?=[ \t]))[ \t]*(?P<status>.+?)\Z",
    re.ASCII,
)
_COMMENT = "<!--"
MAX_BODY = 64 * 1024
"""Bytes of UTF-8 in one text. Some Markdown costs 25 µs a byte; this keeps the worst of it under two seconds."""
STATUS_WORDS = {str(s): s for s in Status}
FORM = "`## 2026-11-20 14:05 UTC · Investigating`"


@dataclass(slots=True, kw_only=True)
class Section:
    """One update as it stands in a file.

    Attributes:
        at, status: from the heading, as text and already understood.
        comment: the YAML under the heading, or None.
        body: the words, LF, without blank lines around.
        line: the heading's, from 1.
        body_line: the first line with words; the heading's when there are none.
        ordinal: place among sections of the same moment and status; set once they are in order.
    """

    at: str
    status: Status
    comment: Document | None
    body: str
    line: int
    body_line: int
    ordinal: int = 0


@dataclass(slots=True)
class _Heading:
    index: int
    at: str
    status: Status | None


def parse_updates(lines: Sequence[str], *, first: int, report: Report) -> tuple[Section, ...]:
    """Split a body into its updates, in the file's order.

    Args:
        lines: the body.
        first: number of its first line in the file.
        report: where findings go.
    """
    headings = _headings(lines, first, report)
    before = lines[: headings[0].index] if headings else lines
    for number, line in enumerate(before):
        if line.strip():
            fix = f"Put it under a heading such as {FORM}."
            report.add("TID020", "Text stands before the first update.", fix, (first + number, 1))
            break
    sections = []
    for heading, after in zip_longest(headings, headings[1:]):
        end = after.index if after else len(lines)
        comment, start = _comment(lines, heading.index + 1, end, first, report)
        while start < end and not lines[start].strip():
            start += 1
        words = bounded("\n".join(lines[start:end]).rstrip(), (first + start, 1), report)
        if heading.status is not None and heading.at:
            sections.append(
                Section(
                    at=heading.at,
                    status=heading.status,
                    comment=comment,
                    body=words,
                    line=first + heading.index,
                    body_line=first + (start if words else heading.index),
                )
            )
    return tuple(sections)


def bounded(words: str, spot: Spot, report: Report) -> str:
    """Give a text back, or as much of it as may be, with a finding."""
    size = len(words) if words.isascii() else len(words.encode())
    if size <= MAX_BODY:
        return words
    what = f"This text has {size:,} bytes; one update holds at most {MAX_BODY:,}."
    report.add("TID312", what, "Shorten it, or put the rest on a page in site_src/ and link to it.", spot)
    return words.encode()[:MAX_BODY].decode(errors="ignore").rstrip()


class _Fences:
    """Follows code blocks and comments through a body, because headings within them are none."""

    def __init__(self) -> None:
        self.fence = ""
        self.opened = 0
        self.comment = False

    def hides(self, index: int, line: str) -> bool:
        """Say whether a line is code or comment."""
        if self.comment:
            self.comment = "-->" not in line
            return True
        match = _FENCE.match(line)
        if self.fence:
            if match and match[1].startswith(self.fence) and not match[2].strip():
                self.fence = ""
            return True
        if match and not (match[1][0] == "`" and "`" in match[2]):
            self.fence, self.opened = match[1], index
            return True
        if line.lstrip(" ").startswith(_COMMENT):
            self.comment = "-->" not in line
            return True
        return False


def _headings(lines: Sequence[str], first: int, report: Report) -> list[_Heading]:
    found: list[_Heading] = []
    fences = _Fences()
    for index, line in enumerate(lines):
        if (not line or line[0] not in " #`~-=<") and not fences.fence and not fences.comment:
            continue
        if fences.hides(index, line):
            continue
        if report.full:
            break
        match = _HEADING.match(line)
        if match:
            heading = _heading(match[1], match[2] or "", index, (first + index, 1), report)
            if heading is not None:
                found.append(heading)
        elif _SETEXT.match(line) and index and not _NOT_PARAGRAPH.match(lines[index - 1]):
            fix = "Leave a blank line above it for a rule, or write `### …` for a heading within an update."
            what = f'The line below "{clipped(lines[index - 1], 40)}" makes it a heading, and not of an update.'
            report.add("TID021", what, fix, (first + index, 1))
    if fences.fence:
        what = "The code block that begins here is never closed, so it hides all that follows."
        report.add("TID025", what, f"Close it with a line `{fences.fence}`.", (first + fences.opened, 1))
    return found


def _heading(marks: str, text: str, index: int, spot: Spot, report: Report) -> _Heading | None:
    """Read a heading; None when it opens no update. One with a bad time or status does, for its words stay with it."""
    match = _TIMED.match(text)
    if marks == "#" or match is None:
        if marks == "##" and re.match(r"\d{4}-\d{2}-\d{2}", text):
            report.add("TID023", f'"{clipped(text)}" is not a time and a status.', f"Write it as in {FORM}.", spot)
            return _Heading(index, "", None)
        fix = f"Write `### …` for a heading within an update, or {FORM} to begin one."
        report.add("TID021", f'"{clipped(text)}" is not the heading of an update.', fix, spot)
        return None
    time, zone = match["time"], match["zone"] or ""
    at = f"{match['day']}T{time.zfill(5) if time.count(':') == 1 else time.zfill(8)}"
    status = _status(match["status"], spot, report)
    if zone and zone[0].isalpha() and zone.upper() not in ("UTC", "Z"):
        fix = "Write the time in UTC, or give the offset as in `+01:00`."
        report.add("TID023", f'"{clipped(zone)}" is not a time zone that everybody reads the same.', fix, spot)
        return _Heading(index, "", status)
    at += "Z" if zone.upper() in ("UTC", "Z") else zone
    try:
        parse_moment(at)
    except PydanticCustomError as error:
        context = error.context or {}
        fix = str(context["fix"]) if zone else f"Write it as in {FORM}."
        shown = f"{match['day']} {time}"
        what = f'"{shown}" has no time zone.' if not zone else str(context["what"])
        report.add("TID023", what, fix, spot)
        return _Heading(index, "", status)
    return _Heading(index, at, status)


def _status(text: str, spot: Spot, report: Report) -> Status | None:
    word = re.sub(r"[\s_-]+", "_", text.strip().lower())
    status = STATUS_WORDS.get(word)
    if status is None:
        listed = f"Use one of {', '.join(STATUS_WORDS)}."
        report.add("TID022", f'"{clipped(text)}" is not a status.', nearest(word, STATUS_WORDS) + listed, spot)
    return status


def _comment(lines: Sequence[str], start: int, end: int, first: int, report: Report) -> tuple[Document | None, int]:
    """Read the comment under a heading; give it and the index of the first line after it."""
    index = start
    while index < end and not lines[index].strip():
        index += 1
    if index == end or not lines[index].lstrip(" ").startswith(_COMMENT):
        return None, start
    indent = len(lines[index]) - len(lines[index].lstrip(" ")) + len(_COMMENT)
    close = next((n for n in range(index, end) if "-->" in lines[n][indent if n == index else 0 :]), None)
    spot = (first + index, 1)
    if close is None:
        report.add("TID024", "The comment that begins here is never closed.", "Close it with `-->`.", spot)
        return None, end
    inner = list(lines[index : close + 1])
    inner[-1], _, after = inner[-1][indent if close == index else 0 :].partition("-->")
    if close != index:
        inner[0] = inner[0][indent:]
    if after.strip():
        what = f'"{clipped(after)}" stands behind the end of the comment.'
        report.add("TID024", what, "Begin the words on a new line.", (first + close, 1))
    document = read_yaml("\n".join(inner), report=report, offset=(first + index, indent + 1))
    if document is not None and document.value is not None and not isinstance(document.value, dict):
        fix = "Write `key: value` lines, or remove it: readers of the repository see it, readers of the page do not."
        report.add("TID024", "The comment under the heading holds no keys.", fix, spot)
        document = None
    return document, close + 1
