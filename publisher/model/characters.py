"""Characters that have no business in a text people publish: control, reordering and invisible ones.

The sets follow Unicode 15: category Cc, the noncharacters, the directional embeddings, overrides and isolates of UAX #9
section 2 ("Trojan Source", CVE-2021-42574), the tag block and the invisible fillers. Left-to-right and right-to-left
*marks* and the joiners are left alone: Arabic, Persian and emoji need them, and they neither reorder nor hide other
text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

CONTROL = "TID301"
REORDERING = "TID302"
INVISIBLE = "TID303"

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff"
_REORDERING = "\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
_INVISIBLE = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
_HIGH_NONCHARACTERS = "".join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))

SUSPICIOUS = re.compile(f"[{_CONTROL}{_HIGH_NONCHARACTERS}{_REORDERING}{_INVISIBLE}]")
_IS_REORDERING = re.compile(f"[{_REORDERING}]")
_IS_INVISIBLE = re.compile(f"[{_INVISIBLE}]")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_COMMON_NAMES = {
    "\x00": "NULL",
    "\x07": "BELL",
    "\x08": "BACKSPACE",
    "\x0b": "VERTICAL TAB",
    "\x0c": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}


# What str.isprintable lets through of the above: letters and marks without a shape.
_SHAPELESS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"


def is_plain(text: str) -> bool:
    """Say that no suspicious character can be in a text: quick, and right for most; False says to look closer."""
    seen = text.replace("\n", " ").replace("\t", " ").isprintable()
    return seen and not any(char in text for char in _SHAPELESS)


def code_of(char: str) -> str:
    """Say which finding a suspicious character is."""
    if _IS_REORDERING.match(char):
        return REORDERING
    if _IS_INVISIBLE.match(char):
        return INVISIBLE
    return CONTROL


def name_of(char: str) -> str:
    """Name a character for a person who cannot see it: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    name = unicodedata.name(char, "") or _COMMON_NAMES.get(char, "control character")
    return f"U+{ord(char):04X} {name}"


def written_out(text: str) -> Iterator[tuple[int, str, str]]:
    """Find suspicious characters written as HTML character references (`&#8238;`).

    Yields:
        (index, reference as typed, the character it stands for).
    """
    for match in _REFERENCE.finditer(text):
        number = match[0]
        # html.unescape maps C1 numbers to Windows-1252 and NULL to U+FFFD, as HTML does: then nothing bad is left
        char = html.unescape(number)
        if len(char) == 1 and SUSPICIOUS.match(char):
            yield match.start(), number, char
