"""Which file names are safe on every system, and which are the same to some: shared by all readers of sources."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from publisher.model.characters import SUSPICIOUS, name_of
from publisher.model.codes import finding
from publisher.model.errors import UsageError
from publisher.model.finding import Finding, Place

_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|\Z)", re.IGNORECASE)
_FORBIDDEN = '<>:"|?*\\%'
_MAX_BYTES = 255


def shown(path: str) -> str:
    """Write a path so that it can be printed: what cannot be seen becomes an escape."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    text = text.replace("\n", "\\n").replace("\t", "\\t")
    return SUSPICIOUS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def unsafe(name: str) -> tuple[str, str] | None:  # noqa: PLR0911 -- one return for each reason
    """Say what is wrong with one part of a path, and what to do; None when it is safe everywhere."""
    quoted = f'"{shown(name)}"'
    if any("\udc80" <= char <= "\udcff" for char in name):
        return f"The name {quoted} is not UTF-8.", "Rename the file."
    bad = SUSPICIOUS.search(name) or re.search(r"[\n\t]", name)
    if bad:
        return f"The name {quoted} contains {name_of(bad[0])}.", "Rename the file with plain characters."
    for char in name:
        if char in _FORBIDDEN:
            return f'The name {quoted} contains "{char}".', "Rename it with letters, digits, dots and hyphens."
    if name in ("", ".", ".."):
        return f"The name {quoted} leaves its folder.", "Rename it."
    if name != name.strip() or name.endswith("."):
        return f"The name {quoted} ends in a dot or a blank.", "Rename it: Windows drops that end."
    if _RESERVED.match(name):
        return f"The name {quoted} is a device on Windows.", "Rename it."
    if len(name.encode()) > _MAX_BYTES:
        return f"The name {quoted[:40]}… is longer than {_MAX_BYTES} bytes.", "Shorten it."
    return None


def is_hidden(path: str) -> bool:
    """Say whether a path, or a folder on its way, begins with a dot. `..` is not hidden but unsafe."""
    return any(part.startswith(".") and part not in (".", "..") for part in path.split("/"))


def checked_roots(roots: Sequence[str]) -> tuple[str, ...]:
    """Give roots as they were asked for, once it is sure that they stay inside the repository.

    Raises:
        UsageError: one does not.
    """
    for root in roots:
        if any(unsafe(part) for part in root.split("/")):
            raise UsageError(f'"{shown(root)}" is not a path inside the repository.', "Name a folder below it.")
    return tuple(dict.fromkeys(roots))


def below(path: str, roots: Iterable[str]) -> bool:
    """Say whether a path is one of the roots or lies below one."""
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def path_findings(path: str) -> list[Finding]:
    """Find what is wrong with a path's parts."""
    place = Place(path=shown(path))
    problems = (unsafe(part) for part in path.split("/"))
    return [finding("TID034", place, *problem) for problem in problems if problem][:1]


def oversize(path: str, size: int, max_bytes: int) -> Finding:
    """Say that a file is too large to be read."""
    what = f"The file has {size:,} bytes; at most {max_bytes:,} are read."
    return finding("TID033", Place(path=shown(path)), what, "Shorten it, or move it out of here.")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def without_twins(paths: Iterable[str], note: Callable[[Finding], None]) -> list[str]:
    """Give sorted paths less those that some systems take for an earlier one, by case or Unicode form.

    Args:
        paths: what is there.
        note: called with a finding for each twin.
    """
    first: dict[str, str] = {}
    kept = []
    for path in sorted(paths):
        parts = path.split("/")
        twin = None
        for count in range(1, len(parts) + 1):
            prefix = "/".join(parts[:count])
            other = first.setdefault(_folded(prefix), prefix)
            if other != prefix:
                twin = other
                break
        if twin is None:
            kept.append(path)
        else:
            what = f'Some systems take this for "{shown(twin)}": only case or Unicode form differs.'
            note(finding("TID035", Place(path=shown(path)), what, "Rename or remove one of the two."))
    return kept


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by place."""
    return tuple(sorted(findings, key=lambda found: found.sort_key))
