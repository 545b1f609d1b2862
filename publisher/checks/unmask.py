"""A text as readers get it, before its shapes are looked at: entities, invisible characters, marks, defanging undone.

What comes out keeps, for each character, where it stands in the text as written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from publisher.checks.disguise import decoded

_PLAIN = re.compile(r"[ -$'-)+-;=-\[\]^_a-{}~\n\t]*\Z")
"""Nothing in here can hide anything: no `&` `%` `*` `<` backtick, backslash or bar, and no letter beyond ASCII."""
_MARKS = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]{0,120}>|[*`|]+|\\(?=[!-/:-@\[-`{-~])|__+", re.DOTALL)
_DEFANGED = re.compile(r"\s?[\[({]\s?(?P<sign>\.|dot|punkt|at|@|:|://)\s?[\])}]\s?", re.IGNORECASE)
_SIGNS = {"dot": ".", "punkt": ".", "at": "@"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasked:
    """A text without disguise.

    Attributes:
        text: what it says.
        starts: for each of its characters, where it stands in the text as written; one more for the end.
    """

    text: str
    starts: Sequence[int]


def unmask(text: str) -> Unmasked:
    """Undo what hides a shape from a pattern."""
    if _PLAIN.match(text) and not _DEFANGED.search(text):
        return Unmasked(text=text, starts=range(len(text) + 1))
    chars: list[str] = []
    starts: list[int] = []
    for char, start in decoded(text):
        for one in _plain(char):
            chars.append(one)
            starts.append(start)
    starts.append(len(text))
    return _without(_without(Unmasked(text="".join(chars), starts=starts), _MARKS), _DEFANGED)


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """Give a character in its compatible form; nothing for one that nobody sees."""
    if char.isascii():
        return char
    if unicodedata.category(char) in {"Cf", "Mn", "Me"}:
        return ""
    return unicodedata.normalize("NFKC", char)


def _without(masked: Unmasked, marks: re.Pattern[str]) -> Unmasked:
    """Take marks out, or put the sign they stand for in their place."""
    text, starts = masked.text, masked.starts
    pieces: list[str] = []
    kept: list[int] = []
    last = 0
    for found in marks.finditer(text):
        pieces.append(text[last : found.start()])
        kept += starts[last : found.start()]
        sign = found.groupdict().get("sign")
        if sign is not None:
            said = _SIGNS.get(sign.lower(), sign)
            pieces.append(said)
            kept += [starts[found.start()]] * len(said)
        last = found.end()
    if not pieces:
        return masked
    return Unmasked(text="".join([*pieces, text[last:]]), starts=[*kept, *starts[last:]])
