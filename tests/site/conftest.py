"""The example site as its readers get it, served on this machine, and a browser to read it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from publisher import app
from publisher.adapters.site_folder import write_site
from publisher.render.views import project_all
from publisher.site.fill import page_artifacts
from publisher.site.frames import load_frames
from tests.site.accessibility_kit import serving
from tests.site.workspace import EXAMPLE, NOW


@pytest.fixture(scope="session")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example site; in `calm.html` of each language its home page without anything open, running or planned."""
    made = tmp_path_factory.mktemp("example") / "site"
    built = app.build(EXAMPLE, now=NOW)
    whole, view = built.history, built.views["en"]
    busy = {i.id for i in view.open_incidents} | {m.id for m in view.maintenances if m.active or m.started > NOW}
    quiet = replace(whole, incidents=tuple(i for i in whole.incidents if i.id not in busy))
    frames = load_frames(EXAMPLE, whole.site, cache=app.cache_folder(EXAMPLE))
    homes = [
        replace(page, path=page.path.replace("index.html", "calm.html"))
        for page in page_artifacts(project_all(quiet, now=NOW), frames)
        if page.path in {"index.html", "de/index.html", "ar/index.html"}
    ]
    artifacts = tuple(sorted((*built.artifacts, *homes), key=lambda artifact: artifact.path))
    write_site(made, app.unpublished(replace(built, artifacts=artifacts)))
    return made


@pytest.fixture(scope="session")
def example_address(example_folder: Path) -> Iterator[str]:
    """Where the example is served."""
    with serving(example_folder) as url:
        yield url


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """A browser; one at a time, as playwright has it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield started
        started.close()
