"""Fill frames with views: every page of the site in every language, the theme's files, and what crawlers ask for."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, MutableMapping
from html import escape

from publisher.model.component import Impact
from publisher.model.digest import ContentHash, sha256
from publisher.model.release import Artifact, Group
from publisher.model.site import Site
from publisher.render.cards import Cards, with_own_picture
from publisher.render.headers import short_lived
from publisher.render.icons import NAMES, favicon
from publisher.render.opengraph import NOINDEX, site_picture
from publisher.render.pages import Book, Draft, Page, environment
from publisher.render.pages_lite import render_lite
from publisher.render.picture import Picture, picture_artifacts
from publisher.render.recipe import Recipe
from publisher.render.search import search_page, search_years
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
    binder = Binder(views, frames, kept=kept)
    out = [artifact for recipe in binder.recipes() for artifact in recipe.make()]
    out += [page for incident_id in next(iter(views.values())).by_id for page in binder.incident(incident_id)]
    return tuple({artifact.path: artifact for artifact in sorted(out, key=lambda artifact: artifact.path)}.values())


class Binder:
    """Puts pages into frames. What pages of one language share is worked out once, when the first of them is made.

    Pages come with the pictures they name; pages that name the same picture all come with it.

    Args:
        views: locale → public view.
        frames: of the same site.
        kept: pictures of earlier runs by what they show; looked up and added to.
    """

    def __init__(
        self, views: Mapping[str, View], frames: Frames, *, kept: MutableMapping[ContentHash, bytes] | None = None
    ) -> None:
        self._views = views
        self._frames = frames
        self._kept = kept
        self._site = next(iter(views.values())).site
        self._books: dict[str, Book] = {}
        self._cards: dict[str, Cards] = {}
        self._pictures: dict[str, Artifact] = {}

    def recipes(self) -> Iterator[Recipe]:
        """Say how everything is made but the pages of single incidents."""
        site = self._site
        yield Recipe(name="theme", of=(), make=self._theme)
        for locale, view in self._views.items():
            drafts = [*self._book(locale).drafts(), _search(view)]
            for draft in drafts:
                yield Recipe(
                    name=f"{tree(site, locale)}{draft.path}",
                    of=draft.of,
                    facts=draft.facts,
                    make=functools.partial(self._drafted, draft, locale),
                )
            yield Recipe(name=f"{tree(site, locale)}lite", make=functools.partial(_lite, view))
        yield Recipe(name="crawlers", make=self._crawlers)

    def incident(self, incident_id: str) -> tuple[Artifact, ...]:
        """Make the pages of one incident, in every language."""
        return tuple(
            artifact
            for locale, view in self._views.items()
            for artifact in self._framed(self._book(locale).incident(view.by_id[incident_id]), locale)
        )

    @functools.cached_property
    def own_pictures(self) -> frozenset[str]:
        """Name the incidents whose pages follow from more than themselves: they have a picture of their own."""
        return with_own_picture(next(iter(self._views.values())))

    def _book(self, locale: str) -> Book:
        if locale not in self._books:
            self._books[locale] = Book(self._views[locale])
        return self._books[locale]

    def _drafted(self, draft: Draft, locale: str) -> tuple[Artifact, ...]:
        return self._framed(draft.make(), locale)

    def _framed(self, page: Page, locale: str) -> tuple[Artifact, ...]:
        card = ""
        pictures: tuple[Artifact, ...] = ()
        if page.kind != _LOST:
            if locale not in self._cards:
                self._cards[locale] = Cards(self._views[locale])
            told = self._cards[locale].of(page)
            card, pictures = told.html, (self._picture(told.picture),)
        framed = Artifact(
            path=tree(self._site, locale) + page.path,
            body=self._frames.frames[locale][page.kind].fill(_words(page, self._site, locale, card)),
            headers=page_headers(self._site, "index.html"),
            group=Group.FRONT if page.stamped else Group.PAGES,
            stamped=page.stamped,
        )
        return (framed, *pictures)

    def _picture(self, picture: Picture) -> Artifact:
        if picture.path not in self._pictures:
            [self._pictures[picture.path]] = picture_artifacts([picture], self._kept)
        return self._pictures[picture.path]

    def _theme(self) -> tuple[Artifact, ...]:
        site, frames = self._site, self._frames
        files = [_file(site, path, body, immutable=path in frames.immutable) for path, body in frames.files.items()]
        icons = [_file(site, path, favicon(impact), immutable=True) for impact, path in _ICONS.items()]
        pictures = [self._picture(site_picture(site, locale)) for locale in self._views] if self._others() else []
        return (*files, *icons, *pictures)

    def _others(self) -> list[str]:
        return [path for path in self._frames.files if path.endswith(".html")]

    def _crawlers(self) -> tuple[Artifact, ...]:
        site = self._site
        listed = [path for path in self._others() if NOINDEX.encode() not in self._frames.files[path]]
        files = [_file(site, path, body) for path, body in sitemap_files(site, self._views, listed).items()]
        return (*files, _file(site, "robots.txt", robots_text(site).encode()))


def _search(view: View) -> Draft:
    return Draft(
        path="search/index.html",
        make=functools.partial(search_page, view),
        of=(),
        facts=repr(search_years(view)),
    )


def _lite(view: View) -> tuple[Artifact, ...]:
    return (render_lite(view, environment()),)


def page_headers(site: Site, path: str, *, immutable: bool = False) -> tuple[tuple[str, str], ...]:
    """Give the headers a file is served with: its type, and how long caches may keep it."""
    suffix = path[path.rfind(".") :] if "." in path else ""
    kind = _TYPES.get(suffix, "application/octet-stream")
    if immutable:
        return (("cache-control", _IMMUTABLE), ("content-type", kind))
    return short_lived(site, kind)


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
