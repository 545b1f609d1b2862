"""The one home of hashing: content hashes and short stable identifiers.

Every hash that Tidings stores or compares is made here, so that "the same" means one thing everywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

ContentHash: TypeAlias = str
"""SHA-256 as 64 lower-case hexadecimal digits."""

Plain: TypeAlias = bool | int | float | str | Sequence["Plain"] | Mapping[str, "Plain"] | None
"""What JSON can hold."""

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(low + high for high in _BASE36 for low in _BASE36)


def sha256(data: bytes) -> ContentHash:
    """Give the SHA-256 of some bytes, as hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def md5(data: bytes) -> str:
    """Give the MD5 of some bytes: what S3 makes an object's version from. Never proof of anything."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def canonical_json(value: Plain) -> bytes:
    """Write a value as JSON with sorted keys, no spaces, UTF-8: equal values, equal bytes."""
    # A lone surrogate cannot be written as UTF-8; a text that holds one still has to have an identity.
    return _CANONICAL.encode(value).encode("utf-8", "surrogatepass")


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(value: Plain) -> ContentHash:
    """Give the SHA-256 of a value's canonical JSON."""
    return sha256(canonical_json(value))


def short_id(*parts: str, length: int = 12) -> str:
    """Give a short identifier that depends on `parts` alone.

    Lower-case base 36, as clients of the Statuspage API expect of an id (12 characters, 62 bits).
    """
    number = int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest(), "big")
    out: list[str] = []
    # Six digits a step, in small numbers: every update of a long history has such an id, and every mail two.
    for _ in range(0, length, 6):
        number, six = divmod(number, 36**6)
        out += (_PAIRS[six % 1296], _PAIRS[six // 1296 % 1296], _PAIRS[six // 1296**2])
    return "".join(out)[:length]
