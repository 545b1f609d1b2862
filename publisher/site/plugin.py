"""The MkDocs plugin: `mkdocs build` and `mkdocs serve` give the site that `tidings build` gives, byte for byte.

MkDocs' own build is left nothing to do. The site is made before it starts (so that a text that cannot be built leaves
the last good site standing) and written in its place when it is done. Frames are made by MkDocs too, in runs of their
own without this plugin; see `site.engine`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mkdocs.config import config_options
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.structure.files import Files

from publisher import app
from publisher.adapters.clock import SystemClock
from publisher.model.errors import TidingsError
from publisher.model.finding import Level, blocking
from publisher.model.release import Release
from publisher.site.frames import load_frames

if TYPE_CHECKING:
    from mkdocs.livereload import LiveReloadServer

WATCHED = ("incidents", "policy", "locale")
"""Folders beside `site_src/` and `mkdocs.yml`, which MkDocs watches by itself."""

log = get_plugin_logger("tidings")


class TidingsConfig(Config):  # type: ignore[no-untyped-call]
    """The names `plugins: tidings:` may hold. What they mean, and whether it makes sense, is `load.site`'s to say."""

    locales = config_options.Optional(config_options.Type(object))
    time_zone = config_options.Optional(config_options.Type(object))
    second_url = config_options.Optional(config_options.Type(object))
    websub = config_options.Optional(config_options.Type(object))
    clock = config_options.Optional(config_options.Type(object))
    utm = config_options.Optional(config_options.Type(object))
    max_age_s = config_options.Optional(config_options.Type(object))
    brand = config_options.Optional(config_options.Type(object))
    robots = config_options.Optional(config_options.Type(object))


class TidingsPlugin(BasePlugin[TidingsConfig]):  # type: ignore[no-untyped-call]
    """Puts the site of the incidents where MkDocs would have put its own."""

    def __init__(self) -> None:
        super().__init__()
        self._serving = False
        self._release: Release | None = None
        self._incidents = 0

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002
        """Remember whether somebody is looking: then a broken text is shown, not refused."""
        self._serving = command == "serve"

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Take from MkDocs what it would build by itself."""
        config.nav = None
        config.theme.static_templates = set()
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Make the site, before MkDocs empties the folder.

        Raises:
            PluginError: something blocks, or the site cannot be made.
        """
        root = _root(config)
        try:
            now = app.site_clock(root) or SystemClock().now()
            built = app.build(root, now=now)
            self._release, self._incidents = app.unpublished(built), len(built.history.incidents)
            frames = load_frames(root, built.history.site, cache=app.cache_folder(root))
        except TidingsError as error:
            raise PluginError(str(error)) from error
        for warning in frames.warnings:
            log.warning(warning)
        says = {Level.ERROR: log.error, Level.WARNING: log.warning, Level.NOTE: log.info}
        for finding in built.findings:
            says[finding.level](str(finding))
        stopping = blocking(built.findings)
        if stopping and not self._serving:
            things = "things" if len(stopping) > 1 else "thing"
            raise PluginError(f"{len(stopping)} {things} must be mended first; see above.")

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:  # noqa: ARG002
        """Leave MkDocs no files: the frames hold those of `site_src/` already."""
        return Files([])

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Write the site, and nothing else, into MkDocs' folder."""
        folder = Path(config.site_dir)
        if self._release is None:
            raise PluginError("There is no site to write.")
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.name.startswith("."):
                # Like MkDocs, which leaves a checkout's `.git` alone.
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        for path, entry_of in self._release.manifest.entries.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(self._release.bodies[entry_of.sha256])
        log.info("%d files, of %d incidents' words", len(self._release.manifest.entries), self._incidents)

    def on_serve(
        self,
        server: LiveReloadServer,
        *,
        config: MkDocsConfig,
        builder: Callable[..., None],  # noqa: ARG002
    ) -> LiveReloadServer:
        """Build again when an incident, the policy or a translation changes."""
        for name in WATCHED:
            if (_root(config) / name).is_dir():
                server.watch(str(_root(config) / name))
        return server


def _root(config: MkDocsConfig) -> Path:
    """Give the repository's folder: where `mkdocs.yml` is."""
    path = Path(config.config_file_path)
    if path.name != "mkdocs.yml":
        raise PluginError(f"Tidings reads mkdocs.yml, not {path.name}. Call the configuration mkdocs.yml.")
    return path.parent
