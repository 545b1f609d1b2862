"""Marked spans: `[[inside: words]]` is for colleagues who edit the file, and never gets any further than this module.

`[[inside: words | what readers get]]` leaves something in its stead. What is marked is taken out of the text before
anything else reads it, so no field, page, feed, mail or log can hold it. Lines stay lines: findings name the right one.
"""

from __future__ import annotations

import re

from publisher.load.report import Report

OPEN = "[[inside:"
_OPEN = re.compile(r"\[\[\s*inside\s*:", re.IGNORECASE)
_SPAN = re.compile(r"\[\[\s*inside\s*:(?P<words>(?:(?!\[\[|\]\]).)*)\]\]", re.IGNORECASE | re.DOTALL)


def without_spans(text: str, report: Report) -> str:
    """Give a text without its marked spans.

    One that is never closed, or holds another, is reported and takes the rest of the text with it: nothing that
    somebody marked goes on.
    """
    if "[[" not in text or _OPEN.search(text) is None:
        return text
    text = _SPAN.sub(_shown, text)
    left = _OPEN.search(text)
    if left is None:
        return text
    line = text.count("\n", 0, left.start()) + 1
    col = left.start() - text.rfind("\n", 0, left.start())
    fix = "Close it with `]]`; one span cannot hold another."
    report.add("TID758", "The span that is marked here is never closed.", fix, (line, col))
    return text[: left.start()]


def _shown(found: re.Match[str]) -> str:
    """Give what readers get in a span's stead, with as many line ends as it had."""
    _words, bar, shown = found["words"].rpartition("|")
    stays = shown.strip() if bar else ""
    return stays + "\n" * (found[0].count("\n") - stays.count("\n"))
