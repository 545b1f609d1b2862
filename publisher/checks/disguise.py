"""What a term looks like, however it is written: for finding it where somebody, or a habit, has disguised it.

Undone are entities and percent signs, marks of Markdown, blanks and dots within, invisible characters, accents, full
width, letters of other scripts that look the same, and base64. What runs backwards by a control character needs no
undoing here: no text with such a character is published at all (TID302).
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from publisher.checks.confusables import skeleton

_WRITTEN = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});|(?:%[0-9a-fA-F]{2})+")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,4096}={0,2}")
_OPEN_END = 5
"""A last word this long is found with an ending too: `Lindmarks`, `Lieferantenausfall`."""
_PAIRS = {("r", "n"): "m", ("v", "v"): "w"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text as it looks.

    Attributes:
        chars: letters and digits alone, each in its plainest form.
        starts: for each, where it stands in the text.
        parted: for each, whether something else than a letter or digit stands before it.
    """

    chars: str
    starts: tuple[int, ...]
    parted: tuple[bool, ...]


def fold(text: str) -> Folded:
    """Give a text as it looks to a hurried reader."""
    chars: list[str] = []
    starts: list[int] = []
    parted: list[bool] = []
    gap = True
    for char, start in decoded(text):
        plain = _plainest(char)
        if not plain:
            # an accent or an invisible character parts no word
            gap = gap or unicodedata.category(char)[0] not in "MC"
        for one in plain:
            pair = _PAIRS.get((chars[-1], one)) if chars and not gap else None
            if pair is not None:
                chars[-1] = pair
                continue
            chars.append(one)
            starts.append(start)
            parted.append(gap)
            gap = False
    return Folded(chars="".join(chars), starts=tuple(starts), parted=tuple(parted))


def decoded(text: str) -> Iterator[tuple[str, int]]:
    """Give the characters that a text stands for, each with its place."""
    last = 0
    for found in _WRITTEN.finditer(text):
        yield from ((char, last + n) for n, char in enumerate(text[last : found.start()]))
        for char in _meant(found[0]):
            yield char, found.start()
        last = found.end()
    yield from ((char, last + n) for n, char in enumerate(text[last:]))


def _meant(written: str) -> str:
    if written.startswith("&"):
        return html.unescape(written)
    return bytes.fromhex(written.replace("%", "")).decode(errors="replace")


@lru_cache(maxsize=4096)
def _plainest(char: str) -> str:
    """Give what a character looks like, as letters and digits; nothing for all others."""
    if char.isascii() and not char.isalnum() and char != "|":
        return ""
    return "".join(one for one in skeleton(char) if one.isalnum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Something to look for."""

    words: str
    folded: str
    open_end: bool


def term(words: str) -> Term:
    """Make a term to look for."""
    last = re.split(r"[^\w]+", words.strip())[-1]
    return Term(words=words, folded=fold(words).chars, open_end=len(last) >= _OPEN_END)


def find(sought: Term, text: str, folded: Folded | None = None) -> int | None:
    """Say where a term stands in a text, however disguised; None when it does not.

    Args:
        sought: the term.
        text: what is searched.
        folded: the same, from `fold`, where several terms are sought.
    """
    return next((start for start, _end in spans(sought, text, folded)), None)


def spans(sought: Term, text: str, folded: Folded | None = None) -> Iterator[tuple[int, int]]:
    """Give where a term begins and ends, as often as it stands in a text; see `find`."""
    folded = folded or fold(text)
    if not sought.folded:
        return
    place = folded.chars.find(sought.folded)
    while place >= 0:
        end = place + len(sought.folded)
        ends_well = sought.open_end or end == len(folded.chars) or folded.parted[end]
        if folded.parted[place] and ends_well:
            yield folded.starts[place], _end_of(text, folded.starts[end - 1])
        place = folded.chars.find(sought.folded, place + 1)
    for start, stop, inner in hidden(text):
        if find(sought, inner) is not None:
            yield start, stop


def _end_of(text: str, start: int) -> int:
    """Say where a character ends that was written as an entity or with percent signs, or plainly."""
    written = _WRITTEN.match(text, start)
    return written.end() if written else start + 1


def letters(text: str) -> str:
    """Give the letters and digits of a text, each in its plainest form, quickly and without their places."""
    if "&" in text or "%" in text:
        text = "".join(char for char, _start in decoded(text))
    return text.translate(_PLAINEST)


def merged(plain: str) -> str:
    """Take two letters for the one they look like: `rn` for `m`."""
    for pair, one in _PAIRS.items():
        plain = plain.replace("".join(pair), one)
    return plain


class _Plainest(dict[int, str]):
    """Character → what it looks like; worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        return self.setdefault(code, _plainest(chr(code)))


_PLAINEST = _Plainest()


def hidden(text: str) -> Iterator[tuple[int, int, str]]:
    """Give what stands in base64, as far as it is text."""
    for found in _BASE64.finditer(text):
        packed = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            inner = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
        except (binascii.Error, ValueError):
            continue
        if inner.isprintable():
            yield found.start(), found.end(), inner
