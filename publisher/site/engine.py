"""Run MkDocs with Material, once per language, and take what it makes out of its hands.

Imported only when frames have to be made. Each run sees the pages of `site_src/` (a page's translation `about.de.md`
instead of `about.md` where there is one) and one empty page per kind of ours, whose slots our theme marks. Nothing is
left where MkDocs puts it: pages are caught as they are rendered, assets are read from a temporary folder.
"""
# ruff: noqa: ARG002 - the arguments of hooks are MkDocs' to name

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import posixpath
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TypeAlias, cast

os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")

from jinja2 import Environment
from markupsafe import escape as safe
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.plugins import BasePlugin
from mkdocs.structure import StructureItem
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext
from mkdocs.utils.yaml import yaml_load

from publisher.load.brand import CSS_VALUE
from publisher.load.site import THEME
from publisher.model.digest import sha256
from publisher.model.errors import RefusedError
from publisher.model.site import Site
from publisher.render.i18n import Language, language
from publisher.render.i18n import message as _
from publisher.render.opengraph import NOINDEX, Card, render_card, site_picture
from publisher.site.links import address, head_links, language_links, tree, up
from publisher.site.slots import SLOTS, mark

_HERE = Path(__file__).parent

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
_HASHED = re.compile(r"\.[0-9a-f]{8}\.min\.(?:css|js)$")
_UNUSED = re.compile(r"(\.map$|^assets/javascripts/(lunr|workers)/|^search/|^sitemap\.xml)")
"""Search runs over our own words or not at all; source maps would be half of the upload."""
_NO_PLUGINS = frozenset({"tidings", "search", "material/search"})
_COMMENT = re.compile(r"(<(script|style)\b.*?</\2\s*>)|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_SCRIPT = re.compile(rb"""(<script\b[^>]*\ssrc="([^":?#]+)")(?![^>]*\sintegrity=)""")

NavItem: TypeAlias = "str | dict[str, str | list[NavItem]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the runs gave: rendered frames with their marks, files, the immutable ones among them, and warnings."""

    frames: dict[str, dict[str, bytes]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    immutable: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def make(root: Path, site: Site) -> Made:
    """Run MkDocs for every language of a site.

    Raises:
        RefusedError: it would not build; the cause is its own first complaint.
    """
    made = Made()
    assets = _assets(site)
    made.files.update(dict(assets.values()))
    made.immutable.update(path for path, _body in assets.values())
    for locale in site.locales:
        with tempfile.TemporaryDirectory(prefix="tidings-frames-") as out, _quiet() as said:
            try:
                _run(
                    root,
                    site,
                    locale,
                    out=Path(out),
                    made=made,
                    assets={n: path for n, (path, _body) in assets.items()},
                )
            except (MkDocsException, SystemExit) as error:
                why = next((text for level, text in said if level >= logging.ERROR), "") or str(error)
                raise RefusedError(
                    f"The pages around the incidents cannot be built: {_one_line(why)}",
                    "Mend mkdocs.yml or site_src/, then run again.",
                ) from error
            made.warnings.extend(text for level, text in said if level >= logging.WARNING)
    made.warnings[:] = list(dict.fromkeys(made.warnings))
    return made


def _run(root: Path, site: Site, locale: str, *, out: Path, made: Made, assets: dict[str, str]) -> None:
    config_file = root / "mkdocs.yml"
    with config_file.open("rb") as source:
        raw = yaml_load(source)
    config = load_config(
        config_file=str(config_file),
        site_dir=str(out),
        plugins=_other_plugins(raw.get("plugins")),
        nav=_nav(raw.get("nav"), source=locale == site.locale, tongue=language(locale, site)),
        use_directory_urls=True,
        strict=False,
        theme=raw.get("theme") or {"name": THEME},
    )
    config.theme["language"] = _theme_language(config, locale)
    config.theme["direction"] = language(locale).direction
    config.theme["font"] = False
    config.theme["palette"] = _palette(language(locale, site))
    config.theme.static_templates = {"404.html"}
    # Behind the writer's own overrides, before Material's.
    config.theme.dirs.insert(1 if config.theme.custom_dir else 0, str(_HERE / "theme"))
    catcher = _Catcher(site=site, locale=locale, assets=assets, seal=_seal(made.files[assets["script"]]))
    config.plugins["tidings/frames"] = catcher
    config.plugins.on_startup(command="build", dirty=False)
    try:
        build(config)
    finally:
        config.plugins.on_shutdown()
    made.frames[locale] = catcher.frames
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        name = path.relative_to(out).as_posix()
        if _UNUSED.search(name) or name in made.files or name in catcher.pages or name == "assets/images/favicon.png":
            continue
        made.files[name] = path.read_bytes()
        if _HASHED.search(name) and name in catcher.theirs:
            made.immutable.add(name)
    made.files.update({dest: _sealed(page, dest, made.files) for dest, page in catcher.pages.items()})


class _NoOptions(Config):  # type: ignore[no-untyped-call]
    """The catcher has nothing to set."""


class _Catcher(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]
    """Adds our frames to MkDocs' files, gives each page its words or marks, and catches what is rendered."""

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
            page.file.dest_uri, page if not kind else None, section, absolute=False
        )
        return context

    def on_template_context(
        self, context: TemplateContext, *, template_name: str, config: MkDocsConfig
    ) -> TemplateContext:
        """Give the template of the page for unknown addresses its marks."""
        cast("dict[str, object]", context)["td"] = self._words("404.html", None, "", absolute=True)
        return context

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        """Catch a rendered page; MkDocs writes nothing."""
        kind = _kind(page)
        if kind:
            self.frames[kind] = _tidy(output, self._locale).encode()
        else:
            self.pages[page.file.dest_uri] = _uncommented(_mend(output, self._locale)).encode()
        return ""

    def on_post_template(self, output_content: str, *, template_name: str, config: MkDocsConfig) -> str:
        """Catch the page for unknown addresses."""
        self.frames[NOT_FOUND] = _tidy(output_content, self._locale).encode()
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

    def _words(self, dest: str, page: Page | None, section: str, *, absolute: bool) -> dict[str, object]:
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


def _assets(site: Site) -> dict[str, tuple[str, bytes]]:
    """Give our style sheet and icon under names that hold their hash, the brand's colours included."""
    css = (_HERE / "assets" / "tidings.css").read_bytes()
    colours = "".join(
        f"--td-{name}:{value};"
        for name, value in sorted(site.brand.colours.items())
        if re.fullmatch(r"[a-z][a-z0-9-]*", name) and CSS_VALUE.fullmatch(value)
    )
    if colours:
        css += f"body[dir]{{{colours}}}\n".encode()
    made = {"css": (css, "css")}
    for name, file in (("icon", "icon.svg"), ("script", "tidings.js")):
        body = (_HERE / "assets" / file).read_bytes()
        made[name] = (squeezed(body.decode()).encode() if name == "script" else body, file.rpartition(".")[2])
    return {name: (f"assets/tidings.{sha256(body)[:16]}.{ending}", body) for name, (body, ending) in made.items()}


def squeezed(script: str) -> str:
    """Take comments and blanks out of our own script, which a reader on a slow line would pay for.

    Lines stay lines, strings stay as they are. Good for how that script is written, not for scripts at large: no
    blanks in regular expressions, no comment with a quote in it or without a blank before it.
    """
    script = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
    lines = (re.sub(r"(^|\s)//\s[^\"`]*$", "", line).strip() for line in script.splitlines())
    pieces = re.split(r"""("(?:[^"\\]|\\.)*"|`[^`]*`)""", "\n".join(line for line in lines if line))
    pieces[::2] = [re.sub(r" *([=(){}<>?:,;&|+*/-]) *", r"\1", piece) for piece in pieces[::2]]
    return "".join(pieces) + "\n"


def _other_plugins(raw: object) -> list[object]:
    """Give the writer's other plugins as MkDocs wants them. Ours would recurse; search is not MkDocs' to feed."""
    if isinstance(raw, dict):
        raw = [{name: options} for name, options in raw.items()]
    entries = raw if isinstance(raw, list) else []
    return [e for e in entries if (next(iter(e), "") if isinstance(e, dict) else e) not in _NO_PLUGINS]


def _nav(raw: object, *, source: bool, tongue: Language) -> list[NavItem] | None:
    """Give the navigation for a language: the writer's own labels stand in the source language only.

    Without a `nav` in `mkdocs.yml`, MkDocs makes one, which `on_nav` puts into order.
    """
    if not isinstance(raw, list):
        return None
    items: list[NavItem] = []
    for item in raw:
        if not isinstance(item, dict):
            items.append(str(item))
            continue
        for label, target in item.items():
            if isinstance(target, list):
                said = tongue.gettext(label)
                name = label if said == label else escape(said)
                items.append({name: _nav(target, source=source, tongue=tongue) or []})
            elif source or "://" in str(target):
                items.append({label: str(target)})
            else:
                items.append(str(target))
    return items


def _theme_language(config: MkDocsConfig, locale: str) -> str:
    """Give the name Material has for a language, English where it has none."""
    names = (locale, locale.replace("_", "-"), locale.replace("-", "_").partition("_")[0])
    for name in names:
        for folder in config.theme.dirs:
            if (Path(folder) / "partials" / "languages" / f"{name}.html").is_file():
                return name
    return "en"


def _palette(tongue: Language) -> list[dict[str, object]]:
    """Give the theme's three settings of light: as the system says, light, dark."""
    return [
        {
            "media": "(prefers-color-scheme)",
            "toggle": {"icon": "material/brightness-auto", "name": safe(tongue.gettext("Switch to light mode"))},
        },
        {
            "media": "(prefers-color-scheme: light)",
            "scheme": "default",
            "toggle": {"icon": "material/weather-sunny", "name": safe(tongue.gettext("Switch to dark mode"))},
        },
        {
            "media": "(prefers-color-scheme: dark)",
            "scheme": "slate",
            "toggle": {"icon": "material/weather-night", "name": safe(tongue.gettext("Switch to system preference"))},
        },
    ]


def _mend(html: str, locale: str) -> str:
    """Mend the theme's HTML.

    `autocomplete` belongs on text fields, the direction on the whole document, and the language is all of its tag:
    the theme says `zh` of Chinese in either script, and a browser would have to guess the typeface.
    """
    html = re.sub(r'(<html\b[^>]*?) lang="[^"]*"', rf'\1 lang="{locale}"', html, count=1)
    html = re.sub(r'(<input class="md-toggle"[^>]*?) autocomplete="off"', r"\1", html)
    direction = re.search(r'<body dir="(ltr|rtl)"', html)
    return re.sub(r"<html ", f'<html dir="{direction[1]}" ', html, count=1) if direction else html


def _uncommented(html: str) -> str:
    """Take comments out of a page: they are notes among writers, and anybody can read a page's source."""
    return _COMMENT.sub(lambda found: found[1] or "", html)


def _seal(body: bytes) -> str:
    """Say which bytes a browser may take for a file (Subresource Integrity, section 3.1)."""
    return f"sha256-{base64.b64encode(bytes.fromhex(sha256(body))).decode()}"


def _sealed(page: bytes, dest: str, files: Mapping[str, bytes]) -> bytes:
    """Name the hash of every script of ours in a page of the theme's.

    Sheets have none: browsers refuse whatever has one on a page that was saved to disk. Without scripts such a page is
    complete, without its sheets it would not be.
    """

    def seal(found: re.Match[bytes]) -> bytes:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(dest), found[2].decode()))
        return found[0] if path not in files else b'%s integrity="%s"' % (found[1], _seal(files[path]).encode())

    return _SCRIPT.sub(seal, page)


def _tidy(html: str, locale: str) -> str:
    """Take the templates' indentation out of a frame: it is paid for once per incident. Frames hold no `<pre>`."""
    return "\n".join(line.strip() for line in _mend(html, locale).splitlines() if line.strip()) + "\n"


@contextlib.contextmanager
def _quiet() -> Iterator[list[tuple[int, str]]]:
    """Collect what MkDocs says instead of printing it: an outer `mkdocs build` may be listening to the same logger."""
    said: list[tuple[int, str]] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append((record.levelno, record.getMessage()))

    logger = logging.getLogger("mkdocs")
    before = logger.handlers[:], logger.propagate, logger.level
    logger.handlers, logger.propagate = [Collect(level=logging.WARNING)], False
    try:
        yield said
    finally:
        logger.handlers, logger.propagate = before[0], before[1]
        logger.setLevel(before[2])


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;]*m", "", text)).strip()[:300]
