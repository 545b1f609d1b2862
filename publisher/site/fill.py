"""Fill frames with views: every page of the site in every language, the theme's files, and what crawlers ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from html import escape

from publisher.model.component import Impact
from publisher.model.digest import ContentHash, sha256
from publisher.model.release import Artifact, Group
from publisher.model.site import Site
from publisher.render.cards import Cards
from publisher.render.headers import short_lived
from publisher.render.icons import NAMES, favicon
from publisher.render.opengraph import NOINDEX, site_picture
from publisher.render.pages import Page, environment, pages
from publisher.render.pages_lite import render_lite
from publisher.render.picture import Picture, picture_artifacts
from publisher.render.search import search_page
from publisher.render.view import View
from publisher.site.crawlers import robots_text, sitemap_files
from publisher.site.frames import Frames
from publisher.site.links import head_links, language_links, tree

_ICONS = {impact: f"assets/state-{NAMES[impact]}.{sha256(favicon(impact))[:16]}.svg" for impact in Impact}
"""Impact → the sign a browser's tab shows, under a name that holds its hash."""
_LOST = "404"
"""The kind of page that stands at no address of its own."""
_IMMUTABLE = "public, max-age=31536000, immutable"
_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""Fixed here: the machine's own list of types must not enter the site."""


def page_artifacts(
    views: Mapping[str, View], frames: Frames, *, kept: MutableMapping[ContentHash, bytes] | None = None
) -> tuple[Artifact, ...]:
    """Give all HTML pages, the files around them, their pictures, the sitemap and robots.txt, sorted by path.

    Args:
        views: locale → public view.
        frames: of the same site.
        kept: pictures of earlier runs by what they show; looked up and added to.
    """
    site = next(iter(views.values())).site
    others = [path for path in frames.files if path.endswith(".html")]
    pictures = [site_picture(site, locale) for locale in views] if others else []
    out: list[Artifact] = []
    for view in views.values():
        out += _pages(view, frames, pictures)
    out += picture_artifacts(pictures, kept)
    out += [_file(site, path, body, immutable=path in frames.immutable) for path, body in frames.files.items()]
    out += [_file(site, path, favicon(impact), immutable=True) for impact, path in _ICONS.items()]
    out += [render_lite(view, environment()) for view in views.values()]
    listed = [path for path in others if NOINDEX.encode() not in frames.files[path]]
    out += [_file(site, path, body) for path, body in sitemap_files(site, views, listed).items()]
    out.append(_file(site, "robots.txt", robots_text(site).encode()))
    return tuple(sorted(out, key=lambda artifact: artifact.path))


def page_headers(site: Site, path: str, *, immutable: bool = False) -> tuple[tuple[str, str], ...]:
    """Give the headers a file is served with: its type, and how long caches may keep it."""
    suffix = path[path.rfind(".") :] if "." in path else ""
    kind = _TYPES.get(suffix, "application/octet-stream")
    if immutable:
        return (("cache-control", _IMMUTABLE), ("content-type", kind))
    return short_lived(site, kind)


def _pages(view: View, frames: Frames, pictures: list[Picture]) -> Iterator[Artifact]:
    """Give the pages of one view, and add the pictures they name."""
    site = view.site
    prefix = tree(site, view.locale)
    html = page_headers(site, "index.html")
    cards = Cards(view)
    for page in (*pages(view), search_page(view)):
        card = ""
        if page.kind != _LOST:
            told = cards.of(page)
            card = told.html
            pictures.append(told.picture)
        front = page.stamped
        yield Artifact(
            path=prefix + page.path,
            body=frames.frames[view.locale][page.kind].fill(_words(page, site, view.locale, card)),
            headers=html,
            group=Group.FRONT if front else Group.PAGES,
            stamped=page.stamped,
        )


def _words(page: Page, site: Site, locale: str, card: str) -> dict[str, bytes]:
    lost = page.kind == _LOST
    links = "" if lost else head_links(site, page.path, locale)
    return {
        "title": escape(page.title).encode(),
        "description": escape(page.description).encode(),
        "topic": escape(page.topic).encode(),
        "links": (links + card).encode(),
        "languages": language_links(site, page.path, locale, absolute=lost).encode(),
        "head": page.head.encode(),
        "body": page.body.encode(),
        "stamp": page.stamp.encode(),
        "icon": _ICONS[page.state or Impact.OPERATIONAL].encode(),
    }


def _file(site: Site, path: str, body: bytes, *, immutable: bool = False) -> Artifact:
    return Artifact(
        path=path,
        body=body,
        headers=page_headers(site, path, immutable=immutable),
        group=Group.ASSETS if immutable else Group.PAGES,
    )
