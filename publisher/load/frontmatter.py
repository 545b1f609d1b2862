"""Bytes to text, and a Markdown file to its front matter and body, each with its line."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import islice

from publisher.load.report import Report
from publisher.load.yaml import FRONT_MATTER, Document, read_yaml
from publisher.model.characters import SUSPICIOUS, code_of, is_plain, name_of

MAX_FILE_BYTES = 1024 * 1024
"""No file people type is larger. The reader is told its own limit; this one holds whoever reads."""

_MAX_LINES = 20_000
_MOST_SHOWN = 20
_MOST_BAD = 1000
"""With more bad characters than this a file is no text, and it is not read on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A Markdown file in two parts.

    Attributes:
        front: the YAML between the `---` lines, or None when it cannot be read.
        body: lines after the front matter.
        line: number of the body's first line in the file, from 1.
    """

    front: Document | None
    body: tuple[str, ...]
    line: int


def parse_text(body: bytes, *, report: Report) -> str | None:
    """Decode a file: UTF-8, NFC, LF, suspicious characters reported and replaced by U+FFFD.

    Returns:
        The text, or None when it is not text at all.
    """
    if len(body) > MAX_FILE_BYTES:
        report.add(
            "TID003",
            f"The file has {len(body):,} bytes; at most {MAX_FILE_BYTES:,} are read.",
            "Shorten it or split it.",
        )
        return None
    if body.startswith(b"\xef\xbb\xbf"):
        report.add("TID002", "The file begins with a byte order mark.", "Save it as UTF-8 without BOM.")
        body = body[3:]
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
        report.add(
            "TID001",
            f"Byte 0x{body[error.start]:02X} here is not UTF-8.",
            "Save the file as UTF-8; editors call it an encoding.",
            (line, column),
        )
        return None
    lines = text.count("\n")
    if lines > _MAX_LINES:
        what = f"The file has {lines:,} lines; at most {_MAX_LINES:,} are read."
        report.add("TID003", what, "Shorten it or split it.")
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text if is_plain(text) else _characters(text, report)


def _characters(text: str, report: Report) -> str | None:
    found = list(islice(SUSPICIOUS.finditer(text), _MOST_BAD + 1))
    for match in found[:_MOST_SHOWN]:
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        what = f"Here stands {name_of(match[0])}, which readers cannot see."
        report.add(code_of(match[0]), what, "Delete it.", (line, column))
    if len(found) > _MOST_SHOWN:
        match = found[_MOST_SHOWN]
        line = text.count("\n", 0, match.start()) + 1
        what = "There are more characters of this sort from here on."
        report.add(code_of(match[0]), what, "Paste the words again as plain text.", (line, 1))
    if len(found) > _MOST_BAD:
        return None
    return SUSPICIOUS.sub(lambda match: "\n" if match[0] == "\r" else "\ufffd", text) if found else text


def split_matter(text: str, *, report: Report) -> Matter:
    """Part a Markdown file into front matter and body."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        report.add(
            "TID004",
            "The file does not begin with front matter.",
            "Begin it with a line `---`, then `title:` and the rest, then `---`.",
        )
        # what stands before the first update is, most likely, front matter that lost its line
        start = next((n for n, line in enumerate(lines) if line.startswith("## ")), len(lines))
        return Matter(front=None, body=tuple(lines[start:]), line=start + 1)
    for number in range(1, len(lines)):
        if lines[number].startswith("---") and lines[number].rstrip() == "---":
            front = read_yaml("\n".join(lines[1:number]), report=report, offset=(2, 1), limits=FRONT_MATTER)
            return Matter(front=front, body=tuple(lines[number + 1 :]), line=number + 2)
    report.add("TID004", "The front matter is never closed.", "End it with a line `---`.")
    return Matter(front=None, body=(), line=len(lines))
