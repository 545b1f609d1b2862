"""The last look at the bytes that go out, after rendering and stamping: whatever way a word took, here it comes by.

The checks have looked at what people typed, and say where it stands. This looks at what readers get: pages around the
incidents, pictures' texts, feeds, JSON, calendars, plain text. It finds what no check of a field can: something that
came from a template, a theme, a plugin, or a mistake of ours.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from publisher.checks.redaction import CODES, described, public_before
from publisher.checks.redactor import Redactor, own_names
from publisher.model.codes import CODES as KNOWN
from publisher.model.codes import finding
from publisher.model.finding import Finding, Level, Place
from publisher.model.incident import Incident
from publisher.model.policy import Policy
from publisher.model.redaction import Sort
from publisher.model.release import Manifest, Release
from publisher.model.site import Site

_TEXTUAL = re.compile(r"text/|json|xml|javascript|calendar", re.IGNORECASE)
_CODE = re.compile(r"text/css|javascript", re.IGNORECASE)
_UNSEEN = re.compile(r"<style\b.*?</style\s*>|<!--.*?-->|<!\[CDATA\[|\]\]>", re.DOTALL | re.IGNORECASE)
_DATA = re.compile(
    r"<script\b[^>]*\bapplication/(?:ld\+)?json\b[^>]*>(?P<json>.*?)</script\s*>", re.DOTALL | re.IGNORECASE
)
_SAID = re.compile(
    r"\b(?:alt|title|content|value|placeholder|aria-label|summary|label)\s*=\s*(\"[^\"]*\"|'[^']*')"
    r"|\bhref\s*=\s*(\"(?:mailto:|tel:|[a-z]+://)[^\"]*\")",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?P<name>/?[A-Za-z!?][^\s<>/]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_INLINE = frozenset(
    (
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "code",
        "em",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
    )
) | {"time", "u", "wbr"}
_FOLD = re.compile(r"\r?\n[ \t]")
_INVISIBLE = dict.fromkeys(
    (0xAD, 0x34F, 0x61C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))
)
_ALIKE = "schema/"
"""What lies there is ours, and the same for every house: it says what people may type, with examples."""
_MOST = 5
"""So many findings a file."""


def leaking(
    release: Release,
    live: Manifest | None,
    *,
    site: Site,
    policy: Policy,
    incidents: Iterable[Incident] = (),
) -> tuple[Finding, ...]:
    """Say which files of a release hold what must not leave the house.

    Args:
        release: what would go out.
        live: what is public; files that are the same there are not looked at again.
        site: what it says of itself may be said.
        policy: what must not be said.
        incidents: those of the release; what an import brought from a public page is public already. They are
            looked at when something is found.

    Returns:
        Findings TID759 with the file's path. They never repeat a secret.
    """
    redactor = Redactor(policy.redaction, own_names(site, policy))
    stopping = {sort for sort, code in CODES.items() if policy.levels.get(code, KNOWN[code].level) is Level.ERROR}
    stopping.add(Sort.SECRET)
    found: dict[str, list[str]] = {}
    for path, entry in release.manifest.entries.items():
        before = live.entries.get(path) if live is not None else None
        if path.startswith(_ALIKE) or (before is not None and before.unstamped == entry.unstamped):
            continue
        kind = next((value for name, value in entry.headers if name == "content-type"), "")
        if _TEXTUAL.search(kind) and not _CODE.search(kind):
            said = _in_file(kind, release.bodies[entry.sha256], redactor, stopping)
            if said:
                found[path] = said
    known = public_before(incidents, redactor) if found else frozenset()
    fix = "Find where it comes from: a page in site_src/, a name in policy/, mkdocs.yml, or a template."
    return tuple(
        finding("TID759", Place(path=path), f"This file would go out with {one}.", fix)
        for path, said in found.items()
        for one in [one for one in said if one not in known][:_MOST]
    )


def _in_file(kind: str, body: bytes, redactor: Redactor, stopping: set[Sort]) -> list[str]:
    """Give what a file holds that stops it, each once."""
    text = readable(body.decode(errors="replace"), kind)
    hits = [(hit, text) for hit in redactor.shaped(text)]
    if redactor.may_hold(text):
        hits += [(hit, line) for line in text.split("\n") for hit in redactor.named(line)]
    return list(dict.fromkeys(described(hit, where) for hit, where in hits if hit.sort in stopping))


def readable(text: str, kind: str) -> str:
    """Give what readers and programs find in a file: words, without markup, escapes and disguise.

    Args:
        text: the file.
        kind: its content type.
    """
    if "json" in kind:
        text = "\n".join(_strings(text))
    elif "calendar" in kind:
        text = re.sub(r"\\([,;\\])", r"\1", _FOLD.sub("", text)).replace("\\n", "\n")
    else:
        text = _DATA.sub(lambda block: "\n".join(("", *_strings(block["json"]), "")), text)
    text = _bare(text)
    if "xml" in kind or "json" in kind:
        # feeds and the API carry pages within them
        text = _bare(text)
    if "%" in text:
        text = unquote(text)
    return unicodedata.normalize("NFKC", text.translate(_INVISIBLE))


def _bare(text: str) -> str:
    """Take tags out, keeping what they say, and undo entities."""
    if "<" in text:
        text = _UNSEEN.sub("", text)
        said = [one.strip("\"'") for pair in _SAID.findall(text) for one in pair if one]
        text = "\n".join([_TAG.sub(_gap, text), *said])
    return html.unescape(text) if "&" in text else text


def _gap(tag: re.Match[str]) -> str:
    """Tags within a line part no word; all others do."""
    return "" if tag["name"].lstrip("/").lower() in _INLINE else "\n"


def _strings(text: str) -> Iterator[str]:
    try:
        waiting = [json.loads(text)]
    except ValueError:
        yield text
        return
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
