"""Damaged, foreign, shared and half-written state: it may cost time, and never gives a wrong page."""

from __future__ import annotations

import os
import pickle
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher.adapters.folder_memory import FolderMemory
from publisher.adapters.site_folder import write_site
from publisher.model.component import Impact
from publisher.recall.codec import pack, unpack
from publisher.recall.state import State
from publisher.release.bundle import bundle
from tests.faults.incremental_kit import BEGIN, Desk, DictMemory, Shown, shown
from tests.faults.incremental_sparing import sparing


@pytest.fixture(autouse=True)
def _sparing() -> Iterator[None]:
    with sparing():
        yield


def damaged(body: bytes, dice: random.Random) -> bytes:
    """Cut a file off, change a byte, or put other bytes in its place."""
    if not body:
        return b"x"
    place = dice.randrange(len(body))
    return dice.choice([body[:place], body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], b"", b"garbage"])


@pytest.mark.parametrize("seed", range(4))
def test_damaged_memory_costs_time_and_nothing_else(seed: int, tmp_path: Path) -> None:
    """On disk, where each file is checked by its hash: any damage is as if the file were not there."""
    desk, dice = Desk(seed), random.Random(seed)
    for _ in range(6):
        desk.step()
        state = State(FolderMemory(tmp_path), code="one")
        built = desk.build(state)
        state.save()
        assert shown(built.artifacts) == shown(desk.clean().artifacts)
        for path in sorted(tmp_path.iterdir()):
            if dice.random() < 0.4:
                path.write_bytes(damaged(path.read_bytes(), dice))
            elif dice.random() < 0.1:
                path.unlink()


def test_each_file_of_the_state_cut_off_changed_or_exchanged_for_another_never_gives_a_wrong_page(
    tmp_path: Path,
) -> None:
    """Each file alone, and files of the same kind for each other: those of another month, and of an earlier day."""
    desk, kept = Desk(11), tmp_path / "kept"
    for _ in range(3):
        desk.add()
        desk.reword()
        state = State(FolderMemory(kept), code="one")
        desk.build(state)
        state.save()
    former = {path.name: path.read_bytes() for path in kept.iterdir()}
    # a word that many pages show, so that what is remembered of the day before would be seen
    desk.retitle()
    desk.reword()
    state = State(FolderMemory(kept), code="one")
    desk.build(state)
    state.save()
    now = {path.name: path.read_bytes() for path in kept.iterdir()}
    wanted: dict[int, Shown] = {}
    for desk.theme in (1, 2):
        wanted[desk.theme] = shown(desk.clean().artifacts)
    live = {"root", *state.root.shards.values()}
    everything = former | now

    def holds(name: str, body: bytes, told: str) -> None:
        (kept / name).write_bytes(body)
        # the same site once more, and one whose theme is another, so that every page is made from what is remembered
        for desk.theme, right in wanted.items():
            ours = shown(desk.build(State(FolderMemory(kept), code="one")).artifacts)
            assert sorted(p for p in ours.keys() | right.keys() if ours.get(p) != right.get(p)) == [], told
        (kept / name).write_bytes(now[name])

    assert len(live) > 8
    for name in sorted(live):
        body = now[name]
        middle = len(body) // 2
        holds(name, body[:middle], f"{name} cut off")
        holds(name, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :], f"{name} with a bit changed")
        like = [other for other in everything if everything[other] != body and other[:5] == name[:5]]
        # its own month's of an earlier day, and one of another month
        for other in [*[o for o in like if o[:13] == name[:13]][:1], *[o for o in like if o[:13] != name[:13]][:1]]:
            holds(name, everything[other], f"{other} in place of {name}")


def test_state_of_another_program_is_not_read() -> None:
    desk, memory = Desk(1), DictMemory()
    state = State(memory, code="one")
    desk.build(state)
    state.save()
    assert State(memory, code="one").notes
    assert not State(memory, code="another").notes
    assert not State(memory, code="another").root.collective


def test_foreign_bytes_in_memory_build_nothing_but_plain_values() -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (exec, ("raise SystemExit(99)",))

    with pytest.raises(ValueError, match="not a value"):
        unpack(pickle.dumps(Evil()))
    assert unpack(pack((1, "a", BEGIN, Impact.MAJOR_OUTAGE))) == (1, "a", BEGIN, Impact.MAJOR_OUTAGE)


def test_two_processes_on_one_memory_do_each_other_no_harm(tmp_path: Path) -> None:
    """Each saves between the other's reading and saving; whatever is left is right or is not used."""
    desk = Desk(7)
    for _ in range(8):
        one, other = State(FolderMemory(tmp_path), code="one"), State(FolderMemory(tmp_path), code="one")
        desk.build(one)
        desk.step()
        desk.build(other)
        other.save()
        one.save()
        state = State(FolderMemory(tmp_path), code="one")
        assert shown(desk.build(state).artifacts) == shown(desk.clean().artifacts), desk.log
        state.save()


def test_a_folder_that_somebody_touched_is_set_right(tmp_path: Path) -> None:
    """Same size, times set back as far as they can be, files added, removed, exchanged for folders and links."""
    desk, out = Desk(3), tmp_path / "site"
    memory = FolderMemory(tmp_path / "memory")

    def build() -> None:
        write_site(
            out, bundle(desk.build(State(None, code="x")).artifacts, generation=0, parent=0, built=BEGIN), memory=memory
        )

    def wanted() -> dict[str, bytes]:
        release = bundle(desk.clean().artifacts, generation=0, parent=0, built=BEGIN)
        return {path: release.bodies[entry.sha256] for path, entry in release.manifest.entries.items()}

    def there() -> dict[str, bytes]:
        files = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
        return {path: body for path, body in files.items() if path != ".tidings-build"}

    build()
    assert there() == wanted()
    page = out / "index.html"
    deep = out / "more" / "deep"
    vandals: list[list[Callable[[], object]]] = [
        [lambda: page.write_bytes(page.read_bytes().replace(b"e", b"3"))],
        [lambda: page.write_bytes(page.read_bytes()[::-1]), lambda: os.utime(page, (1, 1))],
        [lambda: deep.mkdir(parents=True), lambda: (deep / "x.txt").write_text("x")],
        [page.unlink],
        [page.unlink, page.mkdir],
        [page.unlink, lambda: page.symlink_to("/etc/hostname")],
        [lambda: shutil.rmtree(out / "history"), lambda: (out / "history").write_text("a file")],
        [desk.step],
    ]
    for vandal in vandals:
        for deed in vandal:
            deed()
        build()
        assert there() == wanted(), vandal
        build()
        assert not page.is_symlink()
        assert there() == wanted(), vandal
