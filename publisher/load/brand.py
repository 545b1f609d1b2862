"""How the company looks: `brand` in `mkdocs.yml`, judged because pages and the style sheet take it as it is."""

from __future__ import annotations

import re
from typing import Final

from publisher.load.report import Report, clipped, nearest
from publisher.load.schema import BrandTyped
from publisher.load.yaml import Document, Loc
from publisher.model.site import Brand

_STATES = ("ok", "maint", "deg", "part", "major")
COLOURS: Final = (
    *("accent", "paper", "card", "ink", "soft", "line", "none", "notice", "brand"),
    *_STATES,
    *(f"bar-{state}" for state in _STATES),
    *(f"tint-{state}" for state in _STATES),
)
"""Names of colours that pages, mails or pictures use."""
CSS_VALUE: Final = re.compile(r"[#a-zA-Z0-9(),.%/ -]{1,60}")
"""What a colour may be made of: nothing that ends a declaration."""
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\\\"'<>]+\Z", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@:/\\\"'<>]+@[^\s@:/\\\"'<>]+\Z")
_FILE = re.compile(r"[^\s/\\:?#][^\\:?#]*\Z")


def read_brand(typed: BrandTyped | None, document: Document, loc: Loc, report: Report) -> Brand:
    """Judge the brand.

    Args:
        typed: what was typed.
        document: the file it stands in.
        loc: where in the file `brand` stands.
        report: takes what is wrong.

    Returns:
        The brand, without what cannot be used.
    """
    if typed is None:
        return Brand()
    return Brand(
        company=typed.company or "",
        logo=_logo(typed.logo, document, (*loc, "logo"), report),
        contact=_contact(typed.contact, document, (*loc, "contact"), report),
        links=_links(typed.links or {}, document, (*loc, "links"), report),
        colours=_colours(typed.colours or {}, document, (*loc, "colours"), report),
    )


def _logo(path: str | None, document: Document, loc: Loc, report: Report) -> str | None:
    if path is None:
        return None
    if not _FILE.match(path) or any(part in {"", ".", ".."} for part in path.split("/")):
        what = f'"{clipped(path)}" is not the path of a file below site_src/.'
        report.add("TID034", what, "Put the picture there and write its path, as in `logo.svg`.", document.spot(loc))
        return None
    return path


def _contact(contact: str | None, document: Document, loc: Loc, report: Report) -> str | None:
    if contact is None:
        return None
    if not _ADDRESS.match(contact) and not _MAIL.match(contact):
        what = f'"{clipped(contact)}" is neither a mail address nor one of the web.'
        fix = "Write it as in `help@example.com` or `https://example.com/help`."
        report.add("TID306", what, fix, document.spot(loc))
        return None
    return contact


def _links(links: dict[str, str], document: Document, loc: Loc, report: Report) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    for label, href in links.items():
        if _ADDRESS.match(href):
            kept.append((label, href))
        else:
            what = f'"{clipped(href)}" is not an address that a link may have.'
            fix = "Begin it with `https://`, `http://` or `mailto:`."
            report.add("TID306", what, fix, document.spot((*loc, label)))
    return tuple(kept)


def _colours(colours: dict[str, str], document: Document, loc: Loc, report: Report) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in colours.items():
        if name not in COLOURS:
            fix = f"{nearest(name, COLOURS)}Known here: {', '.join(COLOURS)}."
            report.add("TID012", f'The colour "{clipped(name)}" is not known.', fix, document.key_spot((*loc, name)))
        elif not CSS_VALUE.fullmatch(value):
            what = f'"{clipped(value)}" is not a colour.'
            report.add("TID014", what, "Write it as in `#0a3d62` or `rgb(10 61 98)`.", document.spot((*loc, name)))
        else:
            kept[name] = value
    return kept
