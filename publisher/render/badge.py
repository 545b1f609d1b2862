"""Badges: the state of the whole, or of one component, as a small picture for readme files, intranets and footers.

A shape and a word beside every colour, a title for screen readers, light and dark by the reader's wish. Texts are set
to computed widths, so that the same bytes fit whatever typeface the reader has.
"""

from __future__ import annotations

import unicodedata
from html import escape

from publisher.model.component import Impact
from publisher.model.release import Artifact, Group
from publisher.render.headers import prefix, short_lived
from publisher.render.i18n import language
from publisher.render.icons import NAMES, SHAPES
from publisher.render.view import ComponentView, View

HEIGHT = 24
"""Pixels."""
LABEL = 60
"""Characters of a name that a badge shows; its title has all."""

_SIZE = 12
_PAD = 9
_GAP = 5
_SIGN = 14

# Widths of a common sans-serif's letters, hundredths of an em. Texts are stretched to what is computed from them.
_WIDTHS = {
    **dict.fromkeys("ijl'|", 24),
    **dict.fromkeys("I.,:;!/ft()[]{}\\-\u2010\u2013·", 31),
    **dict.fromkeys(" ", 28),
    **dict.fromkeys('rs*"^cJkvxyz', 51),
    **dict.fromkeys("ABDEKPSVXYZ&", 67),
    **dict.fromkeys("CGHNOQRU", 74),
    **dict.fromkeys("Mmw%@", 87),
    **dict.fromkeys("W—…", 97),
}
_BOLD = 105
"""How much wider bold letters are, per cent."""
_OTHER = 57
_WIDE = 102
_NARROW_SCRIPT = 48

_COLOURS = {
    "paper": ("#ffffff", "#1a1d22"),
    "line": ("#d5d1c9", "#3a3f48"),
    "soft": ("#565b63", "#a9aeb6"),
    "ok": ("#1d7a4c", "#4cc38a"),
    "deg": ("#855800", "#e0b03a"),
    "part": ("#b04506", "#f4a259"),
    "major": ("#b42318", "#ff8577"),
    "maint": ("#2456a6", "#8ab4f8"),
}
"""Meaning → light, dark."""

_DARK = (
    "@media(prefers-color-scheme:dark){"
    f".paper{{fill:{_COLOURS['paper'][1]}}}.line{{stroke:{_COLOURS['line'][1]}}}.soft{{fill:{_COLOURS['soft'][1]}}}"
    + "".join(
        f".{name}{{fill:{_COLOURS[name][1]}}}.sign.{name}{{fill:none;stroke:{_COLOURS[name][1]}}}"
        for name in NAMES.values()
    )
    + "}"
)
"""The same in every badge and state, so that one hash admits it where a content policy names hashes."""


def render_badges(view: View) -> tuple[Artifact, ...]:
    """Write the badges of one language: `badge.svg` for the whole, `badge/<id>.svg` for each component."""
    tongue = language(view.locale, view.site)
    folder = prefix(view.site, view.locale)
    whole = badge(view.site.name, view.overall, tongue.impact(view.overall), locale=view.locale)
    out = [_artifact(view, f"{folder}badge.svg", whole)]
    for component in view.components:
        impact, word = _state(view, component)
        drawn = badge(component.name, impact, word, locale=view.locale)
        out.append(_artifact(view, f"{folder}badge/{component.id}.svg", drawn))
    return tuple(out)


def badge(label: str, impact: Impact, word: str, *, locale: str) -> str:
    """Draw a badge: the name at the beginning of the line, then sign and word.

    Args:
        label: name of the whole or of a component.
        impact: decides on shape and colour.
        word: the state in `locale`.
        locale: decides on the direction.
    """
    direction = language(locale).direction
    name = NAMES[impact]
    shown = label if len(label) <= LABEL else label[: LABEL - 1].rstrip() + "…"
    first, second = width(shown), width(word, bold=True)
    split = _PAD + first + _PAD
    total = split + _PAD + _SIGN + _GAP + second + _PAD
    sign, text = split + _PAD, split + _PAD + _SIGN + _GAP

    def place(left: int, wide: int) -> int:
        return left if direction == "ltr" else total - left - wide

    title = escape(f"{label}: {word}")
    scale = _SIGN / 16
    top = (HEIGHT - _SIGN) / 2
    edge = place(split, 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{HEIGHT}" viewBox="0 0 {total} {HEIGHT}"'
        f' role="img" aria-label="{title}" xml:lang="{locale}">\n'
        f"<title>{title}</title>\n"
        f"<style>{_DARK}</style>\n"
        f'<rect class="paper line" x=".5" y=".5" width="{total - 1}" height="{HEIGHT - 1}" rx="6"'
        f' fill="{_COLOURS["paper"][0]}" stroke="{_COLOURS["line"][0]}"/>\n'
        f'<path class="line" d="M{edge}.5 1v{HEIGHT - 2}" stroke="{_COLOURS["line"][0]}"/>\n'
        f'<g font-family="system-ui,-apple-system,&quot;Segoe UI&quot;,Roboto,Helvetica,Arial,sans-serif"'
        f' font-size="{_SIZE}" text-anchor="middle" direction="{direction}">\n'
        f"{_text(shown, place(_PAD, first), first, 'soft')}\n"
        f"{_text(word, place(text, second), second, name)}\n"
        f"</g>\n"
        f'<g class="sign {name}" transform="translate({place(sign, _SIGN)} {top:g}) scale({scale:g})" fill="none"'
        f' stroke="{_COLOURS[name][0]}" stroke-width="1.7" stroke-linejoin="round">{SHAPES[name]}</g>\n'
        "</svg>\n"
    )


def width(text: str, *, bold: bool = False) -> int:
    """Say how wide a text shall be, in pixels: the sum of its characters', rounded up."""
    hundredths = sum(_of(character) for character in text) * (_BOLD if bold else 100) // 100
    return -(-hundredths * _SIZE // 100)


def _of(character: str) -> int:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return _WIDE
    if unicodedata.bidirectional(character) in {"R", "AL"}:
        return _NARROW_SCRIPT
    base = unicodedata.normalize("NFD", character)[0]
    if base != character and not unicodedata.combining(base):
        return _of(base)
    return 67 if character.isupper() else _OTHER


def _text(text: str, left: int, wide: int, name: str) -> str:
    # Letters that join each other must not be set apart, so those keep the width that their typeface gives them.
    joined = any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text)
    fitted = "" if joined else f' textLength="{wide}" lengthAdjust="spacingAndGlyphs"'
    weight = ' font-weight="600"' if name != "soft" else ""
    return (
        f'<text class="{name}" x="{left + wide / 2:g}" y="16" fill="{_COLOURS[name][0]}"{weight}{fitted}>'
        f"{escape(text)}</text>"
    )


def _state(view: View, component: ComponentView) -> tuple[Impact, str]:
    """Say how a component is, the way pages do: working by itself, but through another in trouble, it is affected."""
    tongue = language(view.locale, view.site)
    if component.through and component.impact is Impact.OPERATIONAL:
        return Impact.DEGRADED_PERFORMANCE, tongue.gettext("Affected")
    return component.impact, tongue.impact(component.impact)


def _artifact(view: View, path: str, drawn: str) -> Artifact:
    headers = short_lived(view.site, "image/svg+xml; charset=utf-8")
    return Artifact(path=path, body=drawn.encode(), headers=headers, group=Group.FEEDS)
