"""Which characters may leave: what XML 1.0 allows, and nothing that UTF-8 cannot write."""

from __future__ import annotations

import re

# XML 1.0 section 2.2, production Char, turned round. U+FFFE and U+FFFF and lone surrogates are among them.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Drop the characters that no XML document may hold (XML 1.0 section 2.2).

    Lone surrogates are among them, so what comes back can always be written as UTF-8.
    """
    return text if text.isascii() and text.isprintable() else _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """Give legal text on one line: every run of white space becomes one space."""
    return " ".join(legal(text).split())
