"""The typefaces pictures are drawn with: which characters they have, and how wide a text becomes in them.

They lie in `typefaces/`, cut down from the Noto family by `tools/typefaces.py`, so that a picture is the same on a
machine without any typeface. Of their tables only `cmap`, `hhea` and `hmtx` are read (OpenType 1.9.1); drawing is the
renderer's.
"""

from __future__ import annotations

import functools
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "typefaces"
_FILES = (
    ("Noto Sans", "latin.ttf"),
    ("Noto Sans Arabic", "arabic.ttf"),
    ("Noto Sans Hebrew", "hebrew.ttf"),
    ("Noto Sans CJK JP", "japanese.otf"),
)
_UNICODE = ((3, 10), (0, 4), (3, 1), (0, 3))
"""Kinds of character maps, by platform and encoding; the fuller first."""
_JOINERS = frozenset({0x200C, 0x200D})
_SEGMENTED, _GROUPED = 4, 12
"""Formats of character maps that we read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """One typeface.

    Attributes:
        advances: code point → width, in em.
    """

    family: str
    path: Path
    advances: Mapping[int, float]


@functools.cache
def typefaces() -> tuple[Typeface, ...]:
    """Read all typefaces, once."""
    return tuple(_read(family, FOLDER / name) for family, name in _FILES)


def drawable(text: str) -> str | None:
    """Give a text as our typefaces can draw it: without signs they lack; None when they lack one of its letters."""
    kept = []
    for char in unicodedata.normalize("NFC", text):
        point, kind = ord(char), unicodedata.category(char)
        if kind in {"Cc", "Zl", "Zp"} or char.isspace():
            kept.append(" ")
        elif kind == "Cf":
            kept.append(char if point in _JOINERS else "")
        elif _has(point):
            kept.append(char)
        elif kind not in {"So", "Sk", "Cs", "Mn", "Me"}:
            return None
    return " ".join("".join(kept).split())


def width(text: str) -> float:
    """Give how wide a line is, in em: its letters apart, which joined ones never exceed by much."""
    return sum(_advance(ord(char)) for char in text)


def needed(text: str) -> tuple[Typeface, ...]:
    """Give the typefaces that a text wants, the one most of it wants first; the first of all when it wants none."""
    counts = {face.family: sum(ord(char) in face.advances for char in text) for face in typefaces()}
    wanted: dict[str, Typeface] = {}
    for char in text:
        face = next((f for f in typefaces() if ord(char) in f.advances), None)
        if face is not None:
            wanted[face.family] = face
    ranked = sorted(wanted.values(), key=lambda face: -counts[face.family])
    return tuple(ranked) or typefaces()[:1]


def _has(point: int) -> bool:
    return any(point in face.advances for face in typefaces())


@functools.lru_cache(maxsize=4096)
def _advance(point: int) -> float:
    return next((face.advances[point] for face in typefaces() if point in face.advances), 0.0)


def _read(family: str, path: Path) -> Typeface:
    data = path.read_bytes()
    (count,) = struct.unpack_from(">H", data, 4)
    tables: dict[bytes, int] = {}
    for number in range(count):
        tag, _sum, offset, _length = struct.unpack_from(">4sLLL", data, 12 + 16 * number)
        tables[tag] = offset
    (em,) = struct.unpack_from(">H", data, tables[b"head"] + 18)
    (full,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
    widths = [pair[0] / em for pair in struct.iter_unpack(">Hh", data[tables[b"hmtx"] : tables[b"hmtx"] + 4 * full])]
    points = _points(data, tables[b"cmap"])
    advances = {point: widths[min(glyph, full - 1)] for point, glyph in points.items() if glyph}
    return Typeface(family=family, path=path, advances=advances)


def _points(data: bytes, start: int) -> dict[int, int]:
    """Read code point → glyph from the fullest character map there is."""
    (count,) = struct.unpack_from(">H", data, start + 2)
    maps: dict[tuple[int, int], int] = {}
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHL", data, start + 4 + 8 * number)
        maps[platform, encoding] = start + offset
    at = next(maps[kind] for kind in _UNICODE if kind in maps)
    (form,) = struct.unpack_from(">H", data, at)
    if form == _GROUPED:
        (groups,) = struct.unpack_from(">L", data, at + 12)
        return {
            point: glyph + point - first
            for first, last, glyph in struct.iter_unpack(">LLL", data[at + 16 : at + 16 + 12 * groups])
            for point in range(first, last + 1)
        }
    if form == _SEGMENTED:
        return _segments(data, at)
    raise ValueError(f"character map of format {form}")


def _segments(data: bytes, at: int) -> dict[int, int]:
    (double,) = struct.unpack_from(">H", data, at + 6)
    size = double // 2
    ends = struct.unpack_from(f">{size}H", data, at + 14)
    starts = struct.unpack_from(f">{size}H", data, at + 16 + double)
    deltas = struct.unpack_from(f">{size}H", data, at + 16 + 2 * double)
    ranges_at = at + 16 + 3 * double
    ranges = struct.unpack_from(f">{size}H", data, ranges_at)
    points: dict[int, int] = {}
    for number, (first, last, delta, distance) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = point
            if distance:
                (glyph,) = struct.unpack_from(">H", data, ranges_at + 2 * number + distance + 2 * (point - first))
                if not glyph:
                    continue
            points[point] = (glyph + delta) & 0xFFFF
    return points
