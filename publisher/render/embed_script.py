"""`/embed.js`: one line on an application's page, and its users see what is wrong now.

The source is `embed/banner.js`. Served are its bytes without comments and blanks: few enough that no application
hesitates to load them, and still plain enough to be read by whoever wants to know what they do.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from publisher.model.release import Artifact, Group
from publisher.model.site import Site

SOURCE = Path(__file__).parent / "embed" / "banner.js"
BUDGET = 5 * 1024
"""Bytes, uncompressed."""

_MAX_AGE_S = 3600
"""How long browsers keep the script. It changes with our versions, not with incidents."""
_STALE_S = 7 * 24 * 3600

_TEXTS = re.compile(r"""("[^"\n]*"|`[^`]*`)""")
_AROUND = re.compile(r" ?([=,{}()\[\]:?<>&|+!-]+) ?")
_BREAK = re.compile(r"([;{,(&|?:])\n")


def render_script(site: Site) -> Artifact:
    """Write the script, with the languages it may ask for, the source's first."""
    body = _small().replace('"@@locales@@"', json.dumps(list(site.locales), separators=(",", ":")))
    headers = (
        ("cache-control", f"public, max-age={_MAX_AGE_S}, stale-if-error={_STALE_S}"),
        ("content-type", "text/javascript; charset=utf-8"),
    )
    return Artifact(path="embed.js", body=body.encode(), headers=headers, group=Group.FEEDS)


@functools.cache
def _small() -> str:
    """Leave out comment lines, indents, and blanks beside signs; texts stay as they are.

    It relies on how the source is written: comments have lines of their own, no text holds a quotation mark of its own
    kind, and no regular expression holds a quotation mark or a blank.
    """
    lines = (line.strip() for line in SOURCE.read_text("utf-8").splitlines())
    parts = _TEXTS.split("\n".join(line for line in lines if line and not line.startswith("//")))
    code = (_BREAK.sub(r"\1", _AROUND.sub(r"\1", part)) for part in parts[::2])
    texts = (part.replace("\n", "") if part.startswith("`\n") else part for part in parts[1::2])
    return "".join(a + b for a, b in zip(code, [*texts, ""], strict=True)) + "\n"
