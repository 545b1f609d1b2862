"""Run MkDocs with Material, once per language, and take what it makes out of its hands.

Imported only when frames have to be made. Each run sees the pages of `site_src/` (a page's translation `about.de.md`
instead of `about.md` where there is one) and one empty page per kind of ours, whose slots our theme marks. Nothing is
left where MkDocs puts it: pages are caught as they are rendered (`catcher`), assets are read from a temporary folder.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TypeAlias

os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")

from markupsafe import escape as safe
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.utils.yaml import yaml_load

from publisher.load.brand import CSS_VALUE
from publisher.load.site import THEME
from publisher.model.digest import sha256
from publisher.model.errors import RefusedError
from publisher.model.site import Site
from publisher.render.i18n import Language, language
from publisher.site.catcher import Catcher
from publisher.site.mending import seal_of, sealed, squeezed

_HERE = Path(__file__).parent

_HASHED = re.compile(r"\.[0-9a-f]{8}\.min\.(?:css|js)$")
_UNUSED = re.compile(r"(\.map$|^assets/javascripts/(lunr|workers)/|^search/|^sitemap\.xml)")
"""Search runs over our own words or not at all; source maps would be half of the upload."""
_NO_PLUGINS = frozenset({"tidings", "search", "material/search"})

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
    catcher = Catcher(site=site, locale=locale, assets=assets, seal=seal_of(made.files[assets["script"]]))
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
    made.files.update({dest: sealed(page, dest, made.files) for dest, page in catcher.pages.items()})


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
