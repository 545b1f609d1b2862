"""Fill frames with views: every page of the site in every language, the theme's files, and what crawlers ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from xml.sax.saxutils import escape as xml_escape

from publisher.model.component import Impact
from publisher.model.digest import sha256
from publisher.model.release import Artifact, Group
from publisher.model.site import Site
from publisher.render.headers import short_lived
from publisher.render.icons import NAMES, favicon
from publisher.render.pages import Page, environment, pages
from publisher.render.pages_lite import render_lite
from publisher.render.view import IncidentView, View
from publisher.site.frames import Frames
from publisher.site.links import address, head_links, language_links, tree

_ICONS = {impact: f"assets/state-{NAMES[impact]}.{sha256(favicon(impact))[:16]}.svg" for impact in Impact}
"""Impact → the sign a browser's tab shows, under a name that holds its hash."""
_IMMUTABLE = "public, max-age=31536000, immutable"
_PER_SITEMAP = 45_000
"""Addresses in one sitemap; the protocol allows 50,000."""
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


def page_artifacts(views: Mapping[str, View], frames: Frames) -> tuple[Artifact, ...]:
    """Give all HTML pages, the files around them, the sitemap and robots.txt, sorted by path.

    Args:
        views: locale → public view.
        frames: of the same site.
    """
    site = next(iter(views.values())).site
    out = [artifact for view in views.values() for artifact in _pages(view, frames)]
    out += [_file(site, path, body, immutable=path in frames.immutable) for path, body in frames.files.items()]
    out += [_file(site, path, favicon(impact), immutable=True) for impact, path in _ICONS.items()]
    out += [render_lite(view, environment()) for view in views.values()]
    out += _for_crawlers(site, views, [path for path in frames.files if path.endswith(".html")])
    return tuple(sorted(out, key=lambda artifact: artifact.path))


def page_headers(site: Site, path: str, *, immutable: bool = False) -> tuple[tuple[str, str], ...]:
    """Give the headers a file is served with: its type, and how long caches may keep it."""
    suffix = path[path.rfind(".") :] if "." in path else ""
    kind = _TYPES.get(suffix, "application/octet-stream")
    if immutable:
        return (("cache-control", _IMMUTABLE), ("content-type", kind))
    return short_lived(site, kind)


def _pages(view: View, frames: Frames) -> Iterator[Artifact]:
    site = view.site
    prefix = tree(site, view.locale)
    html = page_headers(site, "index.html")
    for page in pages(view):
        front = page.stamped
        yield Artifact(
            path=prefix + page.path,
            body=frames.frames[view.locale][page.kind].fill(_words(page, site, view.locale)),
            headers=html,
            group=Group.FRONT if front else Group.PAGES,
            stamped=page.stamped,
        )


def _words(page: Page, site: Site, locale: str) -> dict[str, bytes]:
    lost = page.kind == "404"
    links = "" if lost else head_links(site, page.path, locale)
    return {
        "title": escape(page.title).encode(),
        "description": escape(page.description).encode(),
        "topic": escape(page.topic).encode(),
        "links": links.encode(),
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


def _for_crawlers(site: Site, views: Mapping[str, View], others: list[str]) -> list[Artifact]:
    """Give `robots.txt` and the sitemap, split when it grows beyond what the protocol allows."""
    lines = [_url(site.url + address(path), tongues=_tongues(site, path)) for path in sorted(others)]
    for locale, view in views.items():
        lines += [_url(site.href(path, locale), day) for path, day in _addresses(view)]
    sheets = [lines[i : i + _PER_SITEMAP] for i in range(0, len(lines), _PER_SITEMAP)] or [[]]
    made: list[Artifact] = []
    if len(sheets) == 1:
        made.append(_file(site, "sitemap.xml", _sitemap("urlset", sheets[0])))
    else:
        names = [f"sitemap-{number}.xml" for number in range(1, len(sheets) + 1)]
        made += [_file(site, n, _sitemap("urlset", sheet)) for n, sheet in zip(names, sheets, strict=True)]
        index = [f"<sitemap><loc>{xml_escape(site.url + name)}</loc></sitemap>" for name in names]
        made.append(_file(site, "sitemap.xml", _sitemap("sitemapindex", index)))
    robots = f"User-agent: *\nAllow: /\nSitemap: {site.url}sitemap.xml\n"
    return [*made, _file(site, "robots.txt", robots.encode())]


def _addresses(view: View) -> Iterator[tuple[str, str]]:
    """Give the addresses of a view's pages with the day they last changed, where that is known."""
    everything: tuple[IncidentView, ...] = (*view.incidents, *view.maintenances)
    yield "", ""
    yield "history/", ""
    yield "maintenance/", ""
    yield "subscribe/", ""
    for component in view.components:
        yield f"components/{component.id}/", ""
    for incident in sorted(everything, key=lambda i: i.id):
        yield f"incidents/{incident.id}/", f"{incident.updated:%Y-%m-%d}"


def _tongues(site: Site, path: str) -> str:
    """Give the links to a page of `site_src/` in every language; our own pages carry theirs in their heads."""
    plain = next((path.removeprefix(tree(site, x)) for x in site.locales[1:] if path.startswith(tree(site, x))), path)
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{other}" href="{xml_escape(site.href(address(plain), other))}"/>'
        for other in site.locales
    )


def _url(href: str, day: str = "", tongues: str = "") -> str:
    changed = f"<lastmod>{day}</lastmod>" if day else ""
    return f"<url><loc>{xml_escape(href)}</loc>{changed}{tongues}</url>"


def _sitemap(kind: str, lines: list[str]) -> bytes:
    body = "\n".join(lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        f' xmlns:xhtml="http://www.w3.org/1999/xhtml">\n{body}\n</{kind}>\n'
    ).encode()
