"""What a web server has to know of a built site: its kinds of files, and what its pages hold inline."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from publisher.hosting.inline import read_inline
from publisher.model.release import Artifact
from publisher.release.pointer import OBJECTS, POINTER, PRIVATE, RELEASES

IMMUTABLE = "public, max-age=31536000, immutable"
HASHED_NAME = r"\.[0-9a-f]{8,64}\.(?:min\.)?[a-z0-9]+$"
"""A file whose name holds the hash of its content, as a regular expression that nginx, too, understands."""
EMBED = "embed/"


class Kind(enum.StrEnum):
    """What a file is to a browser, as far as headers differ."""

    PAGE = "page"
    EMBED = "embed"
    """A page that other sites may put into a frame."""
    ASSET = "asset"
    """Sheets, scripts and typefaces of our own pages."""
    PICTURE = "picture"
    """SVG: a picture in a page, and a document when opened alone."""
    OPEN = "open"
    """Feeds, JSON, text, photographs: read by programs and pages of any origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Something in a page that the policy makes browsers ignore."""

    path: str
    what: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a web server has to know of a site.

    Attributes:
        scripts: hashes of inline scripts, as a policy names them, sorted.
        styles: the same of `<style>` elements in pages.
        picture_styles: the same of those in SVG.
        types: extension → media type, with its charset.
        named_types: file name → media type where it is not its extension's (`feed.json`).
        cache: `cache-control` of all that is not named elsewhere.
        named_cache: path → `cache-control` where it is another.
        embeds: folders that hold pages for other sites' frames (`embed/`, `de/embed/`).
        page_folders: folders of pages within each language's tree (`history/`, `de/history/`), sorted.
        page_files: pages beside them, as addresses (``, `404.html`, `de/`), sorted.
        asset_folders: folders in which every file is immutable.
        blocked: what browsers will ignore.
    """

    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    picture_styles: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    named_types: Mapping[str, str] = field(default_factory=dict)
    cache: str = "no-cache"
    named_cache: Mapping[str, str] = field(default_factory=dict)
    embeds: tuple[str, ...] = ()
    page_folders: tuple[str, ...] = ()
    page_files: tuple[str, ...] = ()
    asset_folders: tuple[str, ...] = ()
    blocked: tuple[Blocked, ...] = ()


def survey(
    artifacts: Iterable[Artifact],
    *,
    locales: Sequence[str],
    pointer_cache: str,
    pictures: Iterable[bytes] = (),
) -> Survey:
    """Look at a built site.

    Args:
        artifacts: all of it.
        locales: of the site, the source's first.
        pointer_cache: `cache-control` of `release.json`, which publishing writes beside the artifacts.
        pictures: further SVG that the site may hold on another day: a badge of every state.
    """
    files = sorted((a for a in artifacts if not _for_hosts(a.path)), key=lambda artifact: artifact.path)
    scripts: set[str] = set()
    styles: set[str] = set()
    picture_styles = {style for picture in pictures for style in read_inline(picture).styles}
    blocked: list[Blocked] = []
    for artifact in files:
        if artifact.path.endswith(".html"):
            inline = read_inline(artifact.body)
            scripts.update(inline.scripts)
            styles.update(inline.styles)
            blocked += [_handler(artifact.path, text) for text in inline.handlers]
            blocked += [_style(artifact.path, text) for text in inline.style_attributes]
        elif artifact.path.endswith(".svg"):
            picture_styles.update(read_inline(artifact.body).styles)
    types, named_types = _types(files)
    cache, named_cache = _caches(files)
    folders, singles = _pages(files, locales)
    embeds = tuple(f"{tree}{EMBED}" for tree in ("", *(f"{x}/" for x in locales[1:])))
    return Survey(
        scripts=tuple(sorted(scripts)),
        styles=tuple(sorted(styles)),
        picture_styles=tuple(sorted(picture_styles)),
        types=types,
        named_types=named_types,
        cache=cache,
        named_cache={**named_cache, POINTER: pointer_cache},
        embeds=tuple(folder for folder in embeds if any(a.path.startswith(folder) for a in files)),
        page_folders=tuple(folder for folder in folders if folder not in embeds),
        page_files=singles,
        asset_folders=(*_immutable_folders(files), OBJECTS, RELEASES),
        blocked=tuple(blocked),
    )


def kind_of(path: str, embeds: Sequence[str] = (EMBED,)) -> Kind:
    """Say what a path is: without its leading slash, of a file or ending in a slash."""
    if path == "" or path.endswith(("/", ".html")):
        return Kind.EMBED if path.removesuffix("index.html") in embeds else Kind.PAGE
    if path.endswith(".svg"):
        return Kind.PICTURE
    if re.search(r"^assets/.*\.(?:css|js|woff2?)$", path):
        return Kind.ASSET
    return Kind.OPEN


def cache_of(path: str, site: Survey) -> str:
    """Say for how long a path may be kept."""
    if path.startswith((OBJECTS, RELEASES)) or re.search(HASHED_NAME, path):
        return IMMUTABLE
    return site.named_cache.get(path, site.cache)


def _for_hosts(path: str) -> bool:
    """Whether a file speaks to a host, not to readers: what we wrote there before must not enter what we write."""
    return path in {"_headers", "_redirects"} or path.startswith(PRIVATE)


def _header(artifact: Artifact, name: str) -> str:
    return dict(artifact.headers).get(name, "")


def _types(files: Sequence[Artifact]) -> tuple[dict[str, str], dict[str, str]]:
    """Give the type most files of an extension have, and the names of those that have another."""
    media_of: dict[str, Counter[str]] = {}
    written: dict[str, set[str]] = {}
    for artifact in files:
        name = artifact.path.rpartition("/")[2]
        if "." in name:
            kind = _header(artifact, "content-type")
            media_of.setdefault(name.rpartition(".")[2], Counter())[media(kind)] += 1
            # the same type with and without its charset is one type; with is better
            written.setdefault(media(kind), set()).add(kind)
    common = {
        extension: max(written[max(sorted(counts), key=lambda kind: counts[kind])], key=len)
        for extension, counts in media_of.items()
    }
    named = {}
    for artifact in files:
        name = artifact.path.rpartition("/")[2]
        kind = _header(artifact, "content-type")
        if "." in name and media(kind) != media(common[name.rpartition(".")[2]]):
            named[name] = kind
    return dict(sorted(common.items())), dict(sorted(named.items()))


def media(kind: str) -> str:
    """Give a content type without its parameters."""
    return kind.partition(";")[0].strip().lower()


def _caches(files: Sequence[Artifact]) -> tuple[str, dict[str, str]]:
    changing = {a.path: _header(a, "cache-control") for a in files if not re.search(HASHED_NAME, a.path)}
    counts = Counter(changing.values())
    common = max(sorted(counts), key=lambda value: counts[value]) if counts else "no-cache"
    return common, {path: value for path, value in changing.items() if value != common}


def _pages(files: Sequence[Artifact], locales: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    trees = tuple(f"{locale}/" for locale in locales[1:])
    folders: set[str] = set()
    singles: set[str] = set()
    for path in (a.path for a in files if a.path.endswith(".html")):
        tree = next((tree for tree in trees if path.startswith(tree)), "")
        folder, inside, _ = path.removeprefix(tree).partition("/")
        if inside:
            folders.add(f"{tree}{folder}/")
        else:
            singles.add(tree + folder.removesuffix("index.html"))
    return tuple(sorted(folders)), tuple(sorted(singles))


def _immutable_folders(files: Sequence[Artifact]) -> tuple[str, ...]:
    folders: dict[str, bool] = {}
    for artifact in files:
        folder, slash, _ = artifact.path.partition("/")
        if slash:
            folders[f"{folder}/"] = folders.get(f"{folder}/", True) and _header(artifact, "cache-control") == IMMUTABLE
    return tuple(sorted(folder for folder, all_of_it in folders.items() if all_of_it))


def _handler(path: str, text: str) -> Blocked:
    return Blocked(
        path=path, what=f"the inline script {text[:60]!r}", next_step="Move it into a file of site_src/ and load that."
    )


def _style(path: str, text: str) -> Blocked:
    if text.strip().lower().startswith("text-align"):
        step = "In mkdocs.yml, under markdown_extensions, write: tables: {use_align_attribute: true}."
    else:
        step = "Give the element a class, and the class a rule in a sheet of site_src/."
    return Blocked(path=path, what=f"style={text[:60]!r}", next_step=step)
