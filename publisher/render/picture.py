"""The picture others show beside a link to a page: PNG, 1200 by 630 points, drawn from words alone.

A picture's name is a digest of what it shows and of how it is drawn, so a picture need not be drawn to be named, and
one that was drawn before is taken from `kept`. The renderer (resvg) links everything it needs, and the typefaces are
ours: the same words give the same bytes on every machine with the same lock. Words in letters that the typefaces lack
are left out; the state's colour, sign and the rest stand.
"""

from __future__ import annotations

import functools
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from importlib.metadata import version

from publisher.model.component import Impact
from publisher.model.digest import ContentHash, digest
from publisher.model.release import Artifact, Group
from publisher.model.site import Site
from publisher.render.icons import COLOURS, NAMES, SHAPES
from publisher.render.typeface import drawable, needed, width

WIDTH, HEIGHT = 1200, 630
_VERSION = 1
"""Part of every name: raise it when the drawing changes."""
_MARGIN = 80
_BAND = 150
_ROOM = WIDTH - 2 * _MARGIN
_SIZES = (72, 64, 56)
_LINES = 3
_INK, _SOFT, _PAPER = "#1a1a1a", "#5c5c5c", "#ffffff"
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")
_TOKEN = re.compile(r"[^\s\u3000-\u9fff\uff00-\uffef]+|[\u3000-\u9fff\uff00-\uffef]|\s+")
_CLOSING = frozenset("、。，．・：；？！ー）」』】〕〉》ぁぃぅぇぉっゃゅょァィゥェォッャュョ々％")  # noqa: RUF001 - they are what is meant
"""What Japanese does not begin a line with."""
_READABLE = 3.0
"""Contrast that large letters need (WCAG 2.2, 1.4.3)."""
_IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a picture shows.

    Attributes:
        impact: gives colour and sign; None is a picture of the site as such.
        name: of the company or the site.
        title: what it is about.
        state: in words; empty when there is none.
        date: in words; may be empty.
        rtl: whether its language is written from right to left.
        colour: of the band.
        alt: all of it in words, for those who do not see it.
    """

    impact: Impact | None
    name: str
    title: str
    state: str = ""
    date: str = ""
    rtl: bool = False
    colour: str
    alt: str

    @property
    def key(self) -> ContentHash:
        """Name what it shows and how it is drawn."""
        return _key(self)

    @property
    def path(self) -> str:
        """Give where it lies on the site, the same in all languages' trees."""
        return f"assets/card.{self.key[:16]}.png"


@functools.lru_cache(maxsize=1024)
def _key(picture: Picture) -> ContentHash:
    shown = [str(getattr(picture, field.name)) for field in fields(picture)]
    return digest(["picture", _VERSION, _renderer(), shown])


@functools.cache
def _renderer() -> str:
    """Name the renderer: another version may draw other bytes, and those must not have the same name."""
    return version("resvg-py")


def colour_of(site: Site, impact: Impact | None) -> str:
    """Give the colour of a state, or of the site: the house's own where it named one that can be drawn."""
    name = NAMES[impact] if impact is not None else "brand"
    own = site.brand.colours.get(name, "")
    return own.lower() if _HEX.match(own) else COLOURS.get(name, _INK)


def picture_artifacts(
    pictures: Sequence[Picture], kept: MutableMapping[ContentHash, bytes] | None = None
) -> list[Artifact]:
    """Draw pictures, each once.

    Args:
        pictures: any, in any order, also the same one again.
        kept: drawings of earlier runs by `Picture.key`; looked up and added to.
    """
    headers = (("cache-control", _IMMUTABLE), ("content-type", "image/png"))
    made = []
    for picture in {one.path: one for one in sorted(pictures, key=lambda one: one.path)}.values():
        body = kept.get(picture.key) if kept is not None else None
        if body is None:
            body = draw(picture)
            if kept is not None:
                kept[picture.key] = body
        made.append(Artifact(path=picture.path, body=body, headers=headers, group=Group.ASSETS))
    return made


@functools.lru_cache(maxsize=128)
def draw(picture: Picture) -> bytes:
    """Draw one picture: some 30 ms, most of it for packing the points. Four megabytes of them are remembered."""
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - a library of three megabytes, wanted only here

    svg = compose(picture)
    shown = (drawable(text) or "" for text in (picture.name, picture.title, picture.state, picture.date, "…"))
    faces = needed(" ".join(shown))
    return bytes(svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=[str(face.path) for face in faces]))


def compose(picture: Picture) -> str:
    """Write the picture as SVG, every line where it belongs."""
    band = HEIGHT - _BAND
    ink = _paper_on(picture.colour)
    name, date, state = (drawable(text) or "" for text in (picture.name, picture.date, picture.state))
    title = drawable(picture.title)
    if not title:
        name, title = "", name
    rtl, top = picture.rtl, 116
    name = _cut(name, (_ROOM - width(date) * 34 - 40) / 36)
    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_PAPER}"/>',
        f'<rect y="{band}" width="{WIDTH}" height="{_BAND}" fill="{picture.colour}"/>',
        _line(name, y=top, size=36, fill=_SOFT, right=rtl, rtl=rtl),
        _line(date, y=top, size=34, fill=_SOFT, right=not rtl, rtl=rtl),
    ]
    size, lines = _lines(title)
    first = top + (band - top - round(1.24 * size * len(lines))) / 2 + size
    parts += [
        _line(line, y=round(first + 1.24 * size * row), size=size, fill=_INK, right=rtl, rtl=rtl)
        for row, line in enumerate(lines)
    ]
    middle, shift = band + _BAND / 2, 0
    if picture.impact is not None:
        shift = 104
        x = WIDTH - _MARGIN - 72 if rtl else _MARGIN
        parts.append(
            f'<g transform="translate({x} {middle - 36}) scale(4.5)" fill="none" stroke="{ink}" stroke-width="1.7"'
            f' stroke-linejoin="round">{SHAPES[NAMES[picture.impact]]}</g>'
        )
    state = _cut(state, (_ROOM - shift) / 48)
    parts.append(_line(state, y=middle + 17, size=48, fill=ink, right=rtl, rtl=rtl, shift=shift))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'
    )


def _line(text: str, *, y: float, size: int, fill: str, right: bool, rtl: bool, shift: int = 0) -> str:
    """Place one line at the left or the right, reading in its language's direction."""
    if not text:
        return ""
    families = ", ".join(face.family for face in needed(text))
    x, anchor = (WIDTH - _MARGIN - shift, "end") if right else (_MARGIN + shift, "start")
    # the renderer knows no direction of a paragraph; an embedding says it (UAX 9)
    said = f"\u202b{escape(text)}\u202c" if rtl else escape(text)
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-family="{families}" font-weight="700"'
        f' font-size="{size}" fill="{fill}">{said}</text>'
    )


def _lines(shown: str) -> tuple[int, list[str]]:
    """Break a title into at most three lines, as large as they may be."""
    for size in _SIZES:
        lines = _broken(shown, _ROOM / size)
        if len(lines) <= _LINES:
            return size, lines
    size = _SIZES[-1]
    lines = _broken(shown, _ROOM / size)
    return size, [*lines[: _LINES - 1], _cut(" ".join(lines[_LINES - 1 :]), _ROOM / size)]


def _broken(text: str, room: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for token in _TOKEN.findall(text):
        if line and width((line + token).rstrip()) > room and token not in _CLOSING:
            lines.append(line.rstrip())
            line = ""
        line = (line + token).lstrip()
        while width(line.rstrip()) > room and token not in _CLOSING:
            # a word longer than a line
            fits = next(n for n in range(len(line), 0, -1) if n == 1 or width(line[:n]) <= room)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _cut(text: str, room: float) -> str:
    """Give a text, or as much of it as there is room for, in em."""
    if width(text) <= room:
        return text
    fits = next((n for n in range(len(text), 0, -1) if width(text[:n]) + 1 <= room), 0)
    return text[:fits].rstrip(" ,;:") + "…"


def _paper_on(colour: str) -> str:
    """Give white, or black where white could not be read."""
    digits = colour.removeprefix("#")
    pairs = [d * 2 for d in digits] if len(digits) == 3 else [digits[i : i + 2] for i in (0, 2, 4)]  # noqa: PLR2004
    red, green, blue = (_linear(int(pair, 16) / 255) for pair in pairs)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return _PAPER if 1.05 / (light + 0.05) >= _READABLE else _INK


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004
