"""The page's few signs: a shape beside every colour, so that neither colour nor word stands alone.

Drawn once in a hidden sprite at the top of a page and used by reference; they take the colour of the text around them.
"""

from __future__ import annotations

from markupsafe import Markup

from publisher.model.component import Impact

SHAPES = {
    "ok": '<circle cx="8" cy="8" r="6.9"/><path d="m4.9 8.3 2.2 2.2 4.1-4.8"/>',
    "maint": '<circle cx="8" cy="8" r="6.9"/><path d="M8 4.2V8l2.7 1.7"/>',
    "deg": '<rect x="1.4" y="1.4" width="13.2" height="13.2" rx="3.4"/><path d="M4.6 8h6.8"/>',
    "part": '<path d="M8 1.7 14.9 14H1.1Z"/><path d="M8 6.2v3.6m0 1.7v.5"/>',
    "major": '<path d="M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2Z"/><path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8"/>',
}
"""Short name → SVG elements on a field of 16 by 16, to be stroked."""

NAMES = {
    Impact.OPERATIONAL: "ok",
    Impact.UNDER_MAINTENANCE: "maint",
    Impact.DEGRADED_PERFORMANCE: "deg",
    Impact.PARTIAL_OUTAGE: "part",
    Impact.MAJOR_OUTAGE: "major",
}
"""Impact → short name, for shapes and for classes in the style sheet."""

SPRITE = Markup(  # noqa: S704 - constants of this module
    '<svg width="0" height="0" class="td-sprite" aria-hidden="true">'
    + "".join(f'<symbol id="td-{name}" viewBox="0 0 16 16">{shape}</symbol>' for name, shape in SHAPES.items())
    + "</svg>"
)


COLOURS = {"ok": "#1d7a4c", "maint": "#2456a6", "deg": "#8a5c00", "part": "#b54708", "major": "#b42318"}
"""Short name → colour on which white can be read, for signs outside a page."""


def favicon(impact: Impact) -> bytes:
    """Draw an impact's sign for a browser's tab: white on the impact's colour, for tabs are light or dark."""
    name = NAMES[impact]
    outline, sign = SHAPES[name].split("/>", 1)
    fill = COLOURS[name]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" stroke-width="1.8" stroke-linejoin="round">'
        f'{outline} fill="{fill}" stroke="{fill}"/><g fill="none" stroke="#fff">{sign}</g></svg>\n'
    ).encode()


def icon(impact: Impact) -> Markup:
    """Draw an impact's sign. It says nothing to a screen reader: the word stands beside it."""
    return _ICONS[impact]


_ICONS = {
    impact: Markup(f'<svg class="td-icon" aria-hidden="true"><use href="#td-{name}"/></svg>')  # noqa: S704
    for impact, name in NAMES.items()
}
