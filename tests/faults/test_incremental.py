"""An edit costs what changed, and what comes out is what a clean build gives, byte for byte."""

from __future__ import annotations

import pytest

from publisher.model.digest import sha256
from publisher.recall.state import State
from tests.faults.incremental_kit import Desk, DictMemory, shown


def walk(desk: Desk, steps: int) -> None:
    """Edit and build; each build is a new process with the memory of the last, or the same one going on."""
    memory = DictMemory()
    state = State(memory, code="one")
    for number in range(steps):
        desk.step()
        if desk.dice.random() < 0.7:
            state = State(memory, code="one")
        built = desk.build(state)
        state.save()
        clean = desk.clean()
        told = f"seed {desk.seed}, step {number}: {desk.log[-6:]}"
        assert built.findings == clean.findings, told
        ours, theirs = shown(built.artifacts), shown(clean.artifacts)
        different = {path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)}
        assert not different, f"{told}: {sorted(different)[:8]}"
        assert built.said == clean.said, told
        if desk.dice.random() < 0.1:
            # what is known by its hash alone can be made whenever somebody asks
            assert all(sha256(a.body) == ours[a.path][0] for a in desk.build(State(memory, code="one")).artifacts), told


@pytest.mark.parametrize("seed", range(10))
def test_fifty_edits_in_a_row_give_what_clean_builds_give(seed: int) -> None:
    walk(Desk(seed), 50)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 150))
def test_a_hundred_edits_in_a_row_give_what_clean_builds_give(seed: int) -> None:
    walk(Desk(seed), 100)
