"""Processes that share one cache, and processes that are killed: the next build is a clean one's equal, and so is its folder."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import app, building
from publisher.adapters.site_folder import MARK, write_site
from publisher.adapters.worktree import WorkTree
from publisher.recall.state import State
from publisher.site.frames import Frames, load_frames
from tests.faults.build_worker import NOW
from tests.faults.incremental_kit import shown

NIGHTLY = os.environ.get("TIDINGS_TEST_DEPTH") == "nightly"
HERS = ("2026-11-19-card-payments", "2026-10-02-mail-late")
THEIRS = ("2026-11-18-shop-slow", "2026-10-04-shop-down")
ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """The other end of `build_worker`."""

    def __init__(self, root: Path, out: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.build_worker", str(root), str(out)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def begin(self, **task: str | int) -> int:
        """Give a task; give the number of the process that does it."""
        assert self.process.stdin
        self.process.stdin.write(f"{json.dumps(task)}\n")
        self.process.stdin.flush()
        return int(self.line())

    def ended(self) -> int:
        return int(self.line())


@contextmanager
def workers(root: Path, *outs: Path) -> Iterator[list[Worker]]:
    started = [Worker(root, out) for out in outs]
    try:
        assert [worker.line() for worker in started] == ["ready"] * len(started)
        yield started
    finally:
        for worker in started:
            assert worker.process.stdin
            worker.process.stdin.close()
        for worker in started:
            worker.process.wait(timeout=60)
            assert worker.process.stdout
            worker.process.stdout.close()


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Frames]:
    """A site with frames of MkDocs, made once, and its cache."""
    root = tmp_path_factory.mktemp("ground")
    for folder in ("incidents", "policy", "site_src"):
        (root / folder).mkdir()
    (root / "mkdocs.yml").write_text(
        "site_name: Status\nsite_url: https://status.example.org/\ndocs_dir: site_src\ntheme: {name: material}\n"
        "plugins:\n  - tidings: {locales: [en]}\n"
    )
    (root / "site_src" / "index.md").write_text("# Status\n")
    (root / "policy" / "components.yml").write_text("components:\n  web: {name: Web}\n")
    for number, name in enumerate((*HERS, *THEIRS)):
        began = NOW - timedelta(days=number * 9, hours=30)
        (root / "incidents" / f"{name}.md").write_text(
            f"---\ntitle: Case {number}\ncategory: outage\nseverity: sev2\nstarted: {began:%Y-%m-%dT%H:%M:%SZ}\n"
            f"components: {{web: major_outage}}\n---\n\n## {began:%Y-%m-%d %H:%M} UTC · Investigating\n\nWe look.\n"
        )
    app.build(root, now=NOW)
    return root, load_frames(root, app.read_site(root), cache=app.cache_folder(root))


@pytest.fixture
def site(ground: tuple[Path, Frames], tmp_path: Path) -> tuple[Path, Frames]:
    root = tmp_path / "root"
    shutil.copytree(ground[0], root)
    return root, ground[1]


def check(root: Path, frames: Frames, out: Path, told: object) -> None:
    """Build with the cache as it lies, and see that this is a clean build, in memory and in its folder."""
    built = app.build(root, now=NOW)
    content = building.read(WorkTree(root), now=NOW, state=State(None, code="clean"))
    clean = building.build(content, frames, now=NOW)
    ours, theirs = shown(built.artifacts), shown(clean.artifacts)
    assert built.findings == clean.findings, told
    assert sorted(p for p in ours.keys() | theirs.keys() if ours.get(p) != theirs.get(p)) == [], told
    write_site(out, app.unpublished(built), memory=app.memory(root, of="folders-1"))
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    wanted = app.unpublished(clean)
    bodies = {path: wanted.bodies[entry.sha256] for path, entry in wanted.manifest.entries.items()}
    files.pop(MARK)
    assert sorted(p for p in files.keys() | bodies.keys() if files.get(p) != bodies.get(p)) == [], told


def test_two_processes_that_edit_and_build_at_once_on_one_cache(site: tuple[Path, Frames], tmp_path: Path) -> None:
    root, frames = site
    with workers(root, tmp_path / "one", tmp_path / "two") as (one, two):
        for checkpoint in range(40 if NIGHTLY else 4):
            one.begin(seed=checkpoint, name=HERS[checkpoint % 2], rounds=5)
            two.begin(seed=checkpoint, name=THEIRS[checkpoint % 2], rounds=5)
            assert (one.ended(), two.ended()) == (0, 0), checkpoint
            check(root, frames, tmp_path / "one", checkpoint)


def test_builds_that_are_killed_at_any_moment(site: tuple[Path, Frames], tmp_path: Path) -> None:
    root, frames = site
    out, dice = tmp_path / "out", random.Random(1)
    killed = 0
    with workers(root, out) as (worker,):
        for turn in range(300 if NIGHTLY else 10):
            number = worker.begin(seed=turn, name=dice.choice([*HERS, *THEIRS]), rounds=40)
            time.sleep(dice.random() * 0.3)
            os.kill(number, signal.SIGKILL)
            killed += worker.ended() == -signal.SIGKILL
            check(root, frames, out, turn)
            leftovers(out)
    assert killed > 7


def leftovers(out: Path) -> None:
    """Nothing that was staged beside a folder is ever in it."""
    assert [path for path in out.rglob(".*") if path.name != MARK] == []


@pytest.mark.parametrize("step", ["before", "half", "after"])
def test_builds_that_are_killed_while_they_write_their_state(
    step: str, site: tuple[Path, Frames], tmp_path: Path
) -> None:
    """`half` is what a loss of power leaves: the name is there, half of the bytes are not."""
    root, frames = site
    out = tmp_path / "out"
    with workers(root, out) as (worker,):
        survived = 0
        for turn in range(60 if NIGHTLY else 7):
            worker.begin(seed=turn, name=(*HERS, *THEIRS)[turn % 4], rounds=1, step=step, number=turn + 1)
            survived += worker.ended() == 0
            check(root, frames, out, (step, turn))
        assert survived <= (30 if NIGHTLY else 2), "builds write seven files of state at least"
