"""An edit costs what changed, and what comes out is what a clean build gives, byte for byte.

Ten sequences of edits, five hundred and twenty steps; at night five thousand. After every step a build that remembers
is compared with one that does not: paths, bytes, headers, groups, findings, and what counts as said. To be cheap all
builds of one process share what is pure by definition, the schemas of what people type and how a schema is written, and
pictures are compared before points are made of them: as the drawing they are made from. Two sequences end with builds
that spare nothing; one runs on disk with the program's own parts, and ends with `mkdocs build`.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from publisher import app
from publisher.adapters.site_folder import MARK, write_site
from publisher.building import Built
from publisher.model import digest
from publisher.model.finding import Finding, blocking
from publisher.model.release import Said
from publisher.recall.state import State
from tests.faults.incremental_kit import OFTEN, RARE, SELDOM, Desk, DictMemory, Shown, shown
from tests.faults.incremental_sparing import sparing

SEEDS, STEPS = range(10), 52
LANGUAGES = {
    3: (("en", "de"), ("de", "en"), ("en",)),
    7: (("en", "ar"), ("en", "ja"), ("en",)),
}
"""Seed → the languages of its site; the others are mostly in one, so that a step is cheap."""


DRAWN = (0, 3)
"""Seeds that end with pictures as points: some are drawn twice."""


def desk_of(seed: int) -> Desk:
    languages = LANGUAGES.get(seed)
    return Desk(seed, locales=languages[0], languages=languages) if languages else Desk(seed)


@dataclass(frozen=True, slots=True)
class Seen:
    """All of a build that leaves it."""

    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    said: tuple[Said, ...]
    shown: Shown


def seen(built: Built) -> Seen:
    artifacts = shown(built.artifacts)
    return Seen(built.findings, built.warnings, built.said, artifacts)


def compare(ours: Seen, theirs: Seen, told: str) -> None:
    """See that two builds are the same."""
    assert ours.findings == theirs.findings, told
    assert ours.warnings == theirs.warnings, told
    paths = ours.shown.keys() | theirs.shown.keys()
    different = sorted(path for path in paths if ours.shown.get(path) != theirs.shown.get(path))
    assert not different, f"{told}: {different[:8]}"
    assert ours.said == theirs.said, told


def walk(desk: Desk, steps: int) -> None:
    """Edit and build; each build is a new process with the memory of the last, or the same one going on."""
    memory, dice = DictMemory(), random.Random(desk.seed)
    state = State(memory, code="one")
    inputs, clean = (dict(desk.files), desk.now, desk.theme), seen(desk.clean())
    for number in range(steps):
        done = desk.step()
        if dice.random() < 0.7:
            state = State(memory, code="one")
        built = desk.build(state)
        ours = seen(built)
        state.save()
        told = f"seed {desk.seed}, step {number}, {done}; before: {desk.log[-8:]}"
        # where nothing was changed, another clean build would be the last one again
        if inputs != (inputs := (dict(desk.files), desk.now, desk.theme)):
            clean = seen(desk.clean())
        compare(ours, clean, told)
        if dice.random() < 0.05:
            # what is known by its hash alone can be made whenever somebody asks
            again = desk.build(State(memory, code="one")).artifacts
            assert all(digest.sha256(a.body) == ours.shown[a.path][0] for a in again), told


@pytest.mark.parametrize("seed", SEEDS)
def test_edits_in_a_row_give_what_clean_builds_give(seed: int) -> None:
    desk = desk_of(seed)
    with sparing():
        walk(desk, STEPS)
    if seed in DRAWN:
        desk.drawn.clear()
        compare(seen(desk.build(State(None, code="one"))), seen(desk.clean()), "with real pictures")


def test_the_sequences_hold_every_kind_of_edit_many_times() -> None:
    done: Counter[str] = Counter()
    for seed in SEEDS:
        desk = desk_of(seed)
        for _ in range(STEPS):
            desk.step()
        done.update(desk.log)
    assert len(SEEDS) * STEPS >= 500
    assert {edit: done[edit] for edit in {*OFTEN, *SELDOM, *RARE} if done[edit] < 5} == {}, done


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 150))
def test_a_hundred_edits_in_a_row_give_what_clean_builds_give(seed: int) -> None:
    languages = LANGUAGES.get(seed % 10, (("en",), ("en", "de"), ("de",)))
    with sparing():
        walk(Desk(seed, locales=languages[0], languages=languages), 100)


ON_DISK = """
    say retitle touch add translate override say rename policy say component catalogue remove say locale translate
    refolder say break_one maintenance reword mend brand severity say override hide show revert edge add say
""".split()  # noqa: SIM905 - a list of thirty strings is harder to read


def test_a_sequence_on_disk_ends_with_the_folder_that_mkdocs_build_gives(tmp_path: Path) -> None:
    """The program's own parts: files and their marks, the cache in its folder, frames of MkDocs, the folder it writes."""
    desk = Desk(5, standing=True, languages=(("en", "de"),))
    root, other, out = tmp_path / "root", tmp_path / "other", tmp_path / "out"

    def build() -> tuple[Finding, ...]:
        lay(desk, root)
        built = app.build(root, now=desk.now)
        write_site(out, app.unpublished(built), memory=app.memory(root, of="folders-1"))
        return blocking(built.findings)

    for edit in ON_DISK:
        getattr(desk, edit)()
        if edit == "edge":
            desk._site()
        build()
    while stopping := build():
        # what MkDocs would refuse
        del desk.files[stopping[0].place.path]
    lay(desk, other)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", "made"],
        cwd=other,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ours, theirs = held(out), held(other / "made")
    assert len(ours) > 100
    assert sorted(p for p in ours.keys() | theirs.keys() if ours.get(p) != theirs.get(p)) == []


def lay(desk: Desk, root: Path) -> None:
    """Make a folder hold a desk's files, touching those alone that differ."""
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    for path in there - desk.files.keys():
        if not path.startswith("."):
            (root / path).unlink()
    for path, body in desk.files.items():
        file = root / path
        if path not in there or file.read_bytes() != body:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)


def held(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MARK)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
