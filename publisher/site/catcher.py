"""Take MkDocs' pages out of its hands: our empty frames in, rendered pages out, nothing left where it puts them.

The hooks of one run, in MkDocs' order: files, navigation, environment, each page's words, each page as rendered.
"""
# ruff: noqa: ARG002 - the arguments of hooks are MkDocs' to name

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from html import escape
from pathlib import Path
from typing import cast

from jinja2 import Environment
from markupsafe import escape as safe
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin
from mkdocs.structure import StructureItem
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

from publisher.model.site import Site
from publisher.render.i18n import language
from publisher.render.i18n import message as _
from publisher.render.opengraph import NOINDEX, Card, render_card, site_picture
from publisher.site.links import address, head_links, language_links, tree, up
from publisher.site.mending import mended, tidied, uncommented
from publisher.site.slots import SLOTS, mark

KINDS = {
    "home": ("index.md", "index.md"),
    "incident": ("incidents/frame.md", "history/index.md"),
    "history": ("history/index.md", "history/index.md"),
    "month": ("history/frame.md", "history/index.md"),
    "component": ("components/frame.md", "index.md"),
    "maintenance": ("maintenance/index.md", "maintenance/index.md"),
    "subscribe": ("subscribe/index.md", "subscribe/index.md"),
}
"""Kind of page → (where its frame stands, which entry of the navigation it belongs to)."""
NOT_FOUND = "404"
"""One more kind, made from the theme's own template because its links start at the site's root."""

_OURS = {
    "index.md": _("Status"),
    "history/index.md": _("History"),
    "maintenance/index.md": _("Planned maintenance"),
    "subscribe/index.md": _("Follow"),
}


class _NoOptions(Config):  # type: ignore[no-untyped-call]
    """The catcher has nothing to set."""


class Catcher(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]
    """Adds our frames to MkDocs' files, gives each page its words or marks, and catches what is rendered.

    Args:
        site: the site.
        locale: the language of this run.
        assets: name → path of our style sheet, icon and script.
        seal: hash of the script, as browsers want it.

    Attributes:
        frames: kind → rendered frame with its marks.
        pages: path → rendered page of `site_src/`, or of another plugin.
        theirs: files of the theme's own.
    """

    def __init__(self, *, site: Site, locale: str, assets: dict[str, str], seal: str) -> None:
        super().__init__()
        self._site, self._locale, self._assets, self._seal = site, locale, assets, seal
        self._tongue = language(locale, site)
        self.frames: dict[str, bytes] = {}
        self.pages: dict[str, bytes] = {}
        self.theirs: set[str] = set()
        self._translated: set[str] = set()
        self._others: list[Page] = []

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Move pages into the language's tree, exchange them for their translations, add our frames."""
        prefix = tree(self._site, self._locale)
        others = {f".{locale}.md" for locale in self._site.locales[1:]}
        material = str(_material_folder())
        kept: list[File] = [self._frame(kind, config) for kind in KINDS]
        files = _without_links(files, Path(config.docs_dir))
        by_uri = {file.src_uri: file for file in files}
        for file in files:
            if not file.is_documentation_page():
                if file.abs_src_path and str(file.abs_src_path).startswith(material):
                    self.theirs.add(file.src_uri)
                kept.append(file)
                continue
            if any(file.src_uri.endswith(ending) and _source(file.src_uri, ending) in by_uri for ending in others):
                continue
            if file.src_uri in _OURS:
                logging.getLogger("mkdocs.plugins").warning(
                    "%s/%s is not used: that page is made from the incidents.", Path(config.docs_dir).name, file.src_uri
                )
                continue
            translation = by_uri.get(f"{file.src_uri.removesuffix('.md')}.{self._locale}.md")
            if translation is not None:
                self._translated.add(file.src_uri)
            page = File.generated(config, file.src_uri, content=(translation or file).content_string)
            page.dest_uri = prefix + page.dest_uri
            kept.append(page)
        return Files(kept)

    def _frame(self, kind: str, config: MkDocsConfig) -> File:
        """Give the empty page of a kind. Those for many pages have no place in the navigation."""
        uri, _section = KINDS[kind]
        title = json.dumps(escape(self._tongue.gettext(_OURS[uri])) if uri in _OURS else kind, ensure_ascii=False)
        frame = File.generated(
            config,
            uri,
            content=f"---\ntitle: {title}\nhide: [navigation, toc]\ntidings: {kind}\n---\n\n# Content\n",
            inclusion=InclusionLevel.INCLUDED if uri in _OURS else InclusionLevel.NOT_IN_NAV,
        )
        frame.dest_uri = tree(self._site, self._locale) + frame.dest_uri
        return frame

    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:
        """Note the writer's own pages, and keep the empty ones out of what MkDocs calls previous and next."""
        self._others = [p for p in nav.pages if p.file.src_uri not in _OURS]
        if config.nav is None:
            ours = {page.file.src_uri: page for page in nav.pages if page.file.src_uri in _OURS}
            theirs = [item for item in nav.items if not _holds(item, ours.values())]
            nav.items[:] = [*(ours[uri] for uri in _OURS), *theirs]
        for page in nav.pages:
            page.previous_page = page.next_page = None
        return nav

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        """Let templates speak the language."""
        # MkDocs' templates do not escape of themselves, and a house's translations are the house's
        env.globals["say"] = lambda text: safe(self._tongue.gettext(text))
        return env

    def on_page_context(
        self, context: TemplateContext, *, page: Page, config: MkDocsConfig, nav: Navigation
    ) -> TemplateContext:
        """Give the template marks for a frame, words for a page of `site_src/`."""
        kind = _kind(page)
        section = KINDS[kind][1] if kind else page.file.src_uri
        cast("dict[str, object]", context)["td"] = self._words(
            page.file.dest_uri,
            page if not kind else None,
            section,
            absolute=False,
            # the page of one incident stands under an entry, and is not what the entry leads to
            here="true" if kind and KINDS[kind][0] != section else "page",
        )
        return context

    def on_template_context(
        self, context: TemplateContext, *, template_name: str, config: MkDocsConfig
    ) -> TemplateContext:
        """Give the template of the page for unknown addresses its marks."""
        cast("dict[str, object]", context)["td"] = self._words("404.html", None, "", absolute=True, here="page")
        return context

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        """Catch a rendered page; MkDocs writes nothing."""
        kind = _kind(page)
        if kind:
            self.frames[kind] = tidied(output, self._locale).encode()
        else:
            self.pages[page.file.dest_uri] = uncommented(mended(output, self._locale)).encode()
        return ""

    def on_post_template(self, output_content: str, *, template_name: str, config: MkDocsConfig) -> str:
        """Catch the page for unknown addresses."""
        self.frames[NOT_FOUND] = tidied(output_content, self._locale).encode()
        return ""

    def _card(self, page: Page, dest: str) -> str:
        """Give what others show of a page of `site_src/`."""
        site = self._site
        card = Card(
            title=str(page.title),
            description=str(page.meta.get("description") or site.description),
            url=site.url + address(dest),
            picture=site_picture(site, self._locale),
        )
        said = render_card(card, site, self._locale)
        # a page that the writer keeps out of the navigation is for who has its address
        unlisted = page.file.inclusion is InclusionLevel.NOT_IN_NAV
        return NOINDEX + said if unlisted or not site.robots.index else said

    def _words(self, dest: str, page: Page | None, section: str, *, absolute: bool, here: str) -> dict[str, object]:
        site, prefix = self._site, tree(self._site, self._locale)
        root = up(dest, site=site, absolute=absolute)
        words: dict[str, object] = {slot: mark(slot) for slot in SLOTS}
        if page is not None:
            path = dest.removeprefix(prefix)
            untranslated = self._locale != site.locale and page.file.src_uri not in self._translated
            words |= dict.fromkeys(SLOTS, "")
            words |= {
                "title": escape(f"{page.title} · {site.name}"),
                "description": escape(str(page.meta.get("description") or site.description)),
                "links": head_links(site, path, self._locale, alternates=False) + self._card(page, dest),
                "topic": escape(str(page.title)),
                "languages": language_links(site, path, self._locale),
                "source_locale": site.locale if untranslated else "",
                "source_direction": language(site.locale).direction,
            }
        return words | {
            "frame": page is None,
            "section": section,
            "here": here,
            "others": self._others,
            "root": root,
            "home": root + prefix,
            "site": site,
            "css": root + self._assets["css"],
            "icon": root + (mark("icon") if page is None else self._assets["icon"]),
            "script": root + self._assets["script"],
            "seal": self._seal,
            "logo": root + site.brand.logo if site.brand.logo else "",
            "locale": self._locale,
        }


def _without_links(files: Files, docs: Path) -> Files:
    """Leave out what MkDocs found by following a link: it may lie anywhere, and would be public."""
    kept = []
    for file in files:
        ways = [docs.joinpath(*file.src_uri.split("/")[:depth]) for depth in range(1, file.src_uri.count("/") + 2)]
        if file.src_dir == str(docs) and any(way.is_symlink() for way in ways):
            logging.getLogger("mkdocs.plugins").warning(
                "%s/%s is a link and was left out: links are not followed.", docs.name, file.src_uri
            )
        else:
            kept.append(file)
    return Files(kept)


def _holds(item: StructureItem, pages: Collection[Page]) -> bool:
    """Say whether an entry of MkDocs' own navigation is one of these pages, or the section it made for it."""
    return item in pages or (isinstance(item, Section) and any(child in pages for child in item.children))


def _kind(page: Page) -> str:
    return str(page.meta.get("tidings", ""))


def _source(uri: str, ending: str) -> str:
    """Give the page that a translation's file belongs to."""
    return uri.removesuffix(ending) + ".md"


def _material_folder() -> Path:
    import material  # noqa: PLC0415 - a namespace of templates; only its place is wanted

    return Path(next(iter(material.__path__)))
