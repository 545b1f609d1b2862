"""What a page says of itself to chats, networks and search engines: Open Graph, a card for X, rules for robots.

The words are those of the page. Where others show a link to it, they show the page's own title, its first words, and
the picture of `picture.py`. https://ogp.me
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlsplit

from babel import Locale
from babel.core import get_global

from publisher.model.site import Site
from publisher.render.characters import one_line
from publisher.render.i18n import language
from publisher.render.picture import HEIGHT, WIDTH, Picture, colour_of

NOINDEX = '<meta name="robots" content="noindex">'


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What others show of a page.

    Attributes:
        url: the page's canonical address.
        published, modified: of an article; None for a page that is none.
    """

    title: str
    description: str
    url: str
    picture: Picture
    published: datetime | None = None
    modified: datetime | None = None


def render_card(card: Card, site: Site, locale: str) -> str:
    """Write a card as elements of a page's head."""
    kind = "article" if card.published else "website"
    said = [
        ("og:site_name", site.name),
        ("og:type", kind),
        ("og:title", card.title),
        ("og:description", card.description),
        ("og:url", card.url),
        ("og:locale", og_locale(locale)),
        *(("og:locale:alternate", og_locale(other)) for other in site.locales if other != locale),
        ("og:image", site.url + card.picture.path),
        ("og:image:type", "image/png"),
        ("og:image:width", str(WIDTH)),
        ("og:image:height", str(HEIGHT)),
        ("og:image:alt", card.picture.alt),
    ]
    if card.published:
        said.append(("article:published_time", _moment(card.published)))
        said.append(("article:modified_time", _moment(card.modified or card.published)))
    # X reads all else from Open Graph
    return _elements("property", said) + '<meta name="twitter:card" content="summary_large_image">'


def site_picture(site: Site, locale: str) -> Picture:
    """Give the picture of the site as such, which no state changes; the same before and after a view cleans names."""
    called = one_line(site.name) or urlsplit(site.url).hostname or site.url
    name = one_line(site.brand.company) or called
    title = (one_line(site.description) if locale == site.locale else "") or called
    return Picture(
        impact=None,
        name=name if name != title else "",
        title=title,
        rtl=language(locale).direction == "rtl",
        colour=colour_of(site, None),
        alt=title if name == title else f"{name}: {title}",
    )


@functools.cache
def og_locale(locale: str) -> str:
    """Give a language as Open Graph names it, with the territory most of its readers live in: `de_DE`."""
    parsed = Locale.parse(locale, sep="-")
    if parsed.territory:
        return f"{parsed.language}_{parsed.territory}"
    likely: str | None = get_global("likely_subtags").get(str(parsed)) or get_global("likely_subtags").get(
        parsed.language
    )
    return f"{parsed.language}_{likely.rpartition('_')[2]}" if likely else parsed.language


def _elements(attribute: str, said: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<meta {attribute}="{name}" content="{escape(value)}">' for name, value in said if value)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
