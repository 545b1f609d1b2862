"""Names from free text: slugs, and which spellings mean the same component."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

MAX_SLUG = 72
"""Characters: with the date before it and a twin's number behind it an id stays below 100."""

# Letters that NFKD does not take apart, as their languages write them without the sign
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o"}
    | {"ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)


def slug(text: str, *, fallback: str = "incident") -> str:
    """Make `[a-z0-9]+(-[a-z0-9]+)*` from any text; the fallback where nothing of it can be written so.

    >>> slug("Störung: API & Größe")
    'storung-api-grosse'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    out = ""
    for word in words:
        longer = f"{out}-{word}" if out else word[:MAX_SLUG]
        if len(longer) > MAX_SLUG:
            break
        out = longer
    return out or fallback


def free_name(wish: str, taken: Collection[str]) -> str:
    """Give the wish, or the wish with the first number from 2 that nobody has."""
    name, number = wish, 2
    while name in taken:
        name, number = f"{wish}-{number}", number + 1
    return name


def same_name(name: str) -> str:
    """Give the form in which two spellings of a component's name are the same: case, hyphen or underscore or space.

    >>> same_name("Artifact Caching Proxy") == same_name("artifact-caching_proxy")
    True
    """
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", name)).strip().casefold()
