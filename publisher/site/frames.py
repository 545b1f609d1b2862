"""Frames: what MkDocs and Material make of the pages around the incidents, with empty slots where our words go.

    mkdocs.yml, site_src/  ─ MkDocs + Material, once per language ─▶  Frames  ─ fill ─▶  pages

A frame serves one kind of page at one depth, because the theme's links are relative. Filling one is joining bytes.
Frames are kept on disk under a digest of everything they are made from, and while they are kept MkDocs is not even
imported. What is on disk is checked by hash when it is read; anything missing, changed or unreadable is made again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from publisher.model.digest import ContentHash, Plain, digest, sha256
from publisher.model.errors import UsageError
from publisher.model.site import Site
from publisher.site.keep import keep, restore
from publisher.site.slots import Frame, split

_PACKAGE = Path(__file__).parent
_MADE_OF = ("engine.py", "frames.py", "links.py", "slots.py")
"""Our own modules whose code enters a frame's bytes."""
_MAX_FILE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """All that MkDocs contributes to a site.

    Attributes:
        frames: locale → kind of page → frame.
        files: path → bytes: the theme's assets, and the pages and files of `site_src/`. Sorted by path.
        immutable: those of `files` whose name holds their content's hash.
        warnings: what MkDocs had to say about `site_src/` and `mkdocs.yml`, for the writer.
        digest: of everything the frames were made from.
    """

    frames: Mapping[str, Mapping[str, Frame]]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    immutable: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    digest: ContentHash = ""


def load_frames(root: Path, site: Site, *, cache: Path | None) -> Frames:
    """Give the frames of a site, from the cache when nothing they depend on has changed.

    Args:
        root: folder that holds `mkdocs.yml`.
        site: what `mkdocs.yml` says of the site.
        cache: folder to keep frames in, made when missing; None keeps nothing. Several processes may share it.

    Raises:
        RefusedError: MkDocs cannot build `site_src/` as `mkdocs.yml` asks.
        UsageError: there is no `mkdocs.yml`, or it cannot be read.
    """
    made_of = ingredients(root, site)
    if cache is not None:
        kept = restore(cache, made_of)
        if kept is not None:
            frames = _from_blobs(kept[0], kept[1], made_of)
            if frames is not None:
                return frames
    from publisher.site.engine import make  # noqa: PLC0415 - MkDocs costs a third of a second, paid only here

    made = make(root, site)
    index: dict[str, Plain] = {
        "frames": {
            locale: {kind: sha256(body) for kind, body in kinds.items()} for locale, kinds in made.frames.items()
        },
        "files": {path: sha256(body) for path, body in sorted(made.files.items())},
        "immutable": sorted(made.immutable),
        "warnings": list(made.warnings),
    }
    blobs = {sha256(b): b for b in made.files.values()}
    blobs |= {sha256(b): b for kinds in made.frames.values() for b in kinds.values()}
    if cache is not None:
        keep(cache, made_of, index, blobs)
    frames = _from_blobs(index, blobs, made_of)
    if frames is None:
        raise AssertionError("frames just made do not read back")
    return frames


def ingredients(root: Path, site: Site) -> ContentHash:
    """Hash everything that a frame's bytes depend on: configuration, pages, theme, our own code, versions."""
    config = root / "mkdocs.yml"
    try:
        raw = config.read_bytes()
        names = _names(raw)
    except OSError as error:
        raise UsageError(
            f"There is no readable mkdocs.yml in {root}.", "Run in the folder of a status site, or `tidings init`."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError("mkdocs.yml is not valid YAML.", "Mend it; `tidings check` says where.") from error
    files: dict[str, str] = {"mkdocs.yml": sha256(raw)}
    for name in names:
        for path in _walk(root / name):
            files[path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)] = sha256(
                path.read_bytes()
            )
    own = {path.relative_to(_PACKAGE.parent).as_posix(): sha256(path.read_bytes()) for path in _own_files()}
    return digest(
        {
            "files": files,
            "own": own,
            "site": repr(site),
            "versions": {
                name: _version(name)
                for name in (
                    "mkdocs",
                    "mkdocs-material",
                    "Markdown",
                    "Jinja2",
                    "pymdown-extensions",
                    "Babel",
                    "resvg-py",
                )
            },
        }
    )


def _names(raw: bytes) -> list[str]:
    """Give the files and folders a configuration names: pages, theme overrides, hooks, an inherited configuration."""

    class Loader(yaml.SafeLoader):
        """Reads MkDocs' own tags (`!ENV`, `!!python/name:…`) as nothing: only a few plain names are wanted."""

    Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)
    found = yaml.load(raw, Loader)  # noqa: S506 - a SafeLoader that knows even less
    config = found if isinstance(found, dict) else {}
    theme = config.get("theme")
    names = [config.get("docs_dir", "docs"), config.get("INHERIT")]
    names += [theme.get("custom_dir")] if isinstance(theme, dict) else []
    names += config["hooks"] if isinstance(config.get("hooks"), list) else []
    return sorted({name for name in names if isinstance(name, str)})


def _walk(top: Path) -> Iterator[Path]:
    """Give a file, or all regular files of a folder, sorted; links are not followed."""
    if top.is_file():
        yield top
    elif top.is_dir():
        for path in sorted(top.iterdir()):
            if path.is_symlink():
                continue
            if path.is_dir():
                yield from _walk(path)
            elif path.is_file() and path.stat().st_size <= _MAX_FILE_BYTES:
                yield path


def _own_files() -> Iterator[Path]:
    for name in _MADE_OF:
        yield _PACKAGE / name
    yield from _walk(_PACKAGE / "theme")
    yield from _walk(_PACKAGE / "assets")
    for name in ("i18n.py", "icons.py", "opengraph.py", "picture.py"):
        yield _PACKAGE.parent / "render" / name
    yield from (p for p in _walk(_PACKAGE.parent / "render" / "locale") if p.suffix == ".po")


def _version(name: str) -> str:
    """Give an installed package's version, by the name of the folder that describes it: nothing is imported."""
    wanted = f"{name.lower().replace('-', '_')}-"
    return next((found[len(wanted) :] for found in _described() if found.startswith(wanted)), "")


def _described() -> Iterator[str]:
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder or "."))  # noqa: PTH208 - a list of names is all that is wanted
        except OSError:
            continue
        for name in names:
            if name.endswith(".dist-info"):
                yield name.removesuffix(".dist-info").lower()


def _from_blobs(index: Plain, blobs: Mapping[ContentHash, bytes], made_of: ContentHash) -> Frames | None:
    """Read an index back; None when it is not one of ours."""
    try:
        if not isinstance(index, dict):
            return None
        return Frames(
            frames={
                locale: {kind: split(blobs[name]) for kind, name in sorted(kinds.items())}
                for locale, kinds in sorted(index["frames"].items())
            },
            files={path: blobs[name] for path, name in sorted(index["files"].items())},
            immutable=frozenset(index["immutable"]),
            warnings=tuple(index["warnings"]),
            digest=made_of,
        )
    except (KeyError, TypeError, AttributeError):
        return None
