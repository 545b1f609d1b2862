"""Slots: the marks a frame carries where words will go, and how a page is cut at them."""

from __future__ import annotations

import re
from dataclasses import dataclass

SLOTS = ("title", "description", "links", "topic", "languages", "head", "body", "stamp", "icon")
"""What a frame leaves open: the title, the description, canonical and alternate links, the header's topic, links to the
same page in other languages, more of the head, the body, the footer's line on the release,
and which of our icons the browser's tab shows."""

_MARK = re.compile(rb"@@td:([a-z]+)@@")


def mark(slot: str) -> str:
    """Give the text that stands for a slot while MkDocs renders; no template or filter changes it."""
    return f"@@td:{slot}@@"


@dataclass(frozen=True, slots=True)
class Frame:
    """A page with holes: `parts[0] slots[0] parts[1] … parts[n]`."""

    parts: tuple[bytes, ...]
    slots: tuple[str, ...]

    def fill(self, words: dict[str, bytes]) -> bytes:
        """Put words into the slots; a slot that `words` lacks stays empty."""
        out = [self.parts[0]]
        for slot, part in zip(self.slots, self.parts[1:], strict=True):
            out.append(words.get(slot, b""))
            out.append(part)
        return b"".join(out)


def split(page: bytes) -> Frame:
    """Cut a rendered page at its marks."""
    pieces = _MARK.split(page)
    return Frame(parts=tuple(pieces[::2]), slots=tuple(name.decode() for name in pieces[1::2]))
