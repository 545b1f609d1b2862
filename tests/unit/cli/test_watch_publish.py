"""`tidings publish --watch`: saved to live without another command, and nothing a writer does ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PATIENCE_S = 90.0
INCIDENT = """---
title: Payments fail
category: outage
severity: sev2
started: 2026-11-20T12:00:00Z
components: {pay: major_outage}
---

## 2026-11-20 12:05 UTC · Investigating

We look.
"""


@dataclass
class Watching:
    """A running command and its repository."""

    root: Path
    process: subprocess.Popen[bytes]

    @property
    def page(self) -> str:
        path = self.root / "out/site/incidents/2026-11-20-payments/index.html"
        return path.read_text("utf-8") if path.is_file() else ""

    @property
    def said(self) -> str:
        return (self.root / "log.txt").read_text("utf-8")

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)

    def save(self, text: str) -> None:
        (self.root / "incidents/2026-11-20-payments.md").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    root = tmp_path_factory.mktemp("watched")
    for folder in ("incidents", "policy", "site_src"):
        (root / folder).mkdir()
    (root / "mkdocs.yml").write_text(
        "site_name: Status\nsite_url: https://status.example.org/\ndocs_dir: site_src\n"
        "theme: {name: material}\nplugins:\n  - tidings: {locales: [en]}\n",
        "utf-8",
    )
    (root / "site_src/about.md").write_text("# About\n", "utf-8")
    (root / "policy/components.yml").write_text("components: {pay: {name: Payments}}\n", "utf-8")
    (root / "policy/channels.yml").write_text(
        "page: {targets: {here: {kind: folder, path: out/site}}}\nemail: {enabled: false}\n", "utf-8"
    )
    (root / "incidents/2026-11-20-payments.md").write_text(INCIDENT, "utf-8")
    with (root / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "publisher", "--root", str(root), "publish", "--watch"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "TIDINGS_NOW": "2026-11-20T13:00:00Z"},
            stdout=log,
            stderr=log,
        )
    try:
        yield Watching(root, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_a_save_is_published(watching: Watching) -> None:
    watching.until(lambda: "We look." in watching.page)
    watching.save(INCIDENT.replace("We look.", "We look closely."))
    watching.until(lambda: "We look closely." in watching.page)
    watching.until(lambda: watching.said.count("is live") == 2)


def test_a_broken_text_is_told_and_the_live_page_stays(watching: Watching) -> None:
    watching.until(lambda: "We look" in watching.page)
    before = watching.page
    watching.save(INCIDENT.replace("severity: sev2", "severity: dreadful"))
    watching.until(lambda: "TID015" in watching.said)
    assert watching.page == before
    watching.save(INCIDENT.replace("We look.", "We found it."))
    watching.until(lambda: "We found it." in watching.page)


def test_it_ends_politely(watching: Watching) -> None:
    watching.until(lambda: bool(watching.page))
    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(timeout=PATIENCE_S) == 0, watching.said
    assert "Traceback" not in watching.said


@pytest.mark.parametrize("more", [["--dry-run"], ["--commit", "HEAD"]])
def test_it_watches_files_and_nothing_else(more: list[str], tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text("site_name: Status\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "--root", str(tmp_path), "publish", "--watch", *more],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "--watch" in done.stderr
