"""An edit costs what changed, and what comes out is what a clean build gives, byte for byte."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest

from publisher.adapters.clock import SystemClock
from publisher.adapters.folder_memory import FolderMemory
from publisher.adapters.memory import MemoryStore
from publisher.adapters.site_folder import write_site
from publisher.adapters.worktree import WorkTree
from publisher.deliver.site import publish_all, survey
from publisher.load.incidents import load_incident
from publisher.model import digest
from publisher.model.component import Impact
from publisher.model.policy import PagePolicy
from publisher.ports import Headers, Holds, StoredObject, Version
from publisher.recall.codec import pack, unpack
from publisher.recall.state import State
from publisher.release.bundle import bundle
from publisher.render import markdown
from publisher.render.entries import incident_entry
from publisher.render.pages import Book
from publisher.render.timeline import course
from tests.faults.incremental_kit import BEGIN, Desk, DictMemory, shown


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
            assert all(
                digest.sha256(a.body) == ours[a.path][0] for a in desk.build(State(memory, code="one")).artifacts
            ), told


@pytest.mark.parametrize("seed", range(5))
def test_fifty_edits_in_a_row_give_what_clean_builds_give(seed: int) -> None:
    walk(Desk(seed), 50)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 150))
def test_a_hundred_edits_in_a_row_give_what_clean_builds_give(seed: int) -> None:
    walk(Desk(seed), 100)


def many(count: int) -> dict[str, bytes]:
    """A repository with `count` incidents over two years, the same two months long ago and lately at any count."""
    files = {
        "mkdocs.yml": b"site_name: Status\nsite_url: https://status.example.org/\nplugins:\n  - tidings: {locales: [en]}\n",
        "policy/components.yml": b"components:\n  web: {name: Web}\n  pay: {name: Pay}\n",
    }
    for number in range(count):
        started = BEGIN - timedelta(days=2) - timedelta(days=700) * number / count
        files[f"incidents/{started:%Y-%m-%d}-case-{number:04}.md"] = (
            f"---\ntitle: Case {number}\ncategory: outage\nseverity: sev2\nstarted: {started:%Y-%m-%dT%H:%M:%SZ}\n"
            f"components: {{{'web' if number % 2 else 'pay'}: major_outage}}\n---\n\n"
            f"## {started:%Y-%m-%d %H:%M:%S} UTC · Investigating\n\nWe *look*.\n\n"
            f"## {started + timedelta(minutes=5):%Y-%m-%d %H:%M:%S} UTC · Resolved\n\nDone.\n"
        ).encode()
    return files


def counted(work: Callable[[], object]) -> Counter[str]:
    """Do some work and count what costs: parses, renders, hashes, courses, wherever they are called from."""
    watched = {
        load_incident.__code__: "incidents parsed",
        course.__code__: "incidents followed",
        Book._render.__code__: "pages rendered",
        markdown.render.__wrapped__.__code__: "texts rendered",
        digest.sha256.__code__: "hashes",
        incident_entry.__code__: "feed entries",
    }
    counts: Counter[str] = Counter()

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in watched:
            counts[watched[frame.f_code]] += 1

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counts


def edited(count: int, which: int, root: Path) -> Counter[str]:
    """Build, edit one incident of many, build again as another process; count what the second build did."""
    files, memory = many(count), DictMemory()
    for path, body in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(body)
    time.sleep(0.1)  # younger files are read again, since they could change once more without a sign
    desk = Desk(0)
    first = State(memory, code="one")
    desk.build(first, WorkTree(root))
    first.save()
    path = sorted(path for path in files if path.startswith("incidents/"))[which]
    with (root / path).open("ab") as file:
        file.write(b"\n### More\n\nOne *more* word.\n")
    # texts that this process rendered before shall not look free
    markdown.render.cache_clear()

    def again() -> None:
        state = State(memory, code="one")
        built = desk.build(state, WorkTree(root))
        bundle(built.artifacts, generation=2, parent=1, built=desk.now, said=built.said)
        state.save()

    return counted(again)


@pytest.mark.parametrize("which", [-1, 3], ids=["newest", "old"])
def test_work_for_one_edit_does_not_grow_with_the_history(which: int, tmp_path: Path) -> None:
    small, large = edited(100, which, tmp_path / "small"), edited(500, which, tmp_path / "large")
    assert large["incidents parsed"] == small["incidents parsed"] == 1
    assert 0 < large["pages rendered"] <= small["pages rendered"] < 12
    for what in small | large:
        assert large[what] <= small[what] + 5, (what, small, large)
    assert large["hashes"] < 500


def test_a_build_without_a_change_makes_nothing() -> None:
    files, memory = many(60), DictMemory()
    desk = Desk(0, files={}, locales=("en",))
    desk.files = files
    state = State(memory, code="one")
    before = shown(desk.build(state).artifacts)
    state.save()
    kept = dict(memory.kept)
    found: dict[str, object] = {}

    def again() -> None:
        fresh = State(memory, code="one")
        found.update(shown(desk.build(fresh).artifacts))
        fresh.save()

    counts = counted(again)
    assert found == before
    assert memory.kept == kept
    assert {what for what in counts if what != "hashes"} == set(), counts


def test_files_that_were_checked_out_again_are_not_parsed_again(tmp_path: Path) -> None:
    files, memory, desk = many(30), DictMemory(), Desk(0)
    for path, body in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(body)
    for number in range(3):
        state = State(memory, code="one")
        counts = counted(lambda state=state: desk.build(state, WorkTree(tmp_path)))  # type: ignore[misc]
        state.save()
        assert counts["incidents parsed"] == (0 if number else 30)
        for path in files:
            os.utime(tmp_path / path, (number, number))
    time.sleep(0.1)
    # the marks are remembered: now the files are not even opened
    state = State(memory, code="one")
    desk.build(state, WorkTree(tmp_path))
    state.save()
    _, read, _ = WorkTree(tmp_path).look(roots=("incidents",), max_bytes=10**6, known=State(memory, code="one").known())
    assert [file.path for file in read] == []


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


class CountingStore(MemoryStore):
    """A store that counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        self.asked["get"] += 1
        return super().get(key, span=span)

    def put(self, key: str, body: bytes, headers: Headers) -> str:
        self.asked["put"] += 1
        return super().put(key, body, headers)

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> str:
        self.asked["put_if"] += 1
        return super().put_if(key, body, headers, expected=expected)

    def list(self, prefix: str) -> Iterator[str]:
        self.asked["list"] += 1
        return super().list(prefix)


def published(count: int) -> tuple[Counter[str], int]:
    """Publish many incidents, edit an old one, publish again; count the requests of the second time."""
    desk, state, store = Desk(0), State(None, code="one"), CountingStore()
    desk.files = many(count)
    path = sorted(path for path in desk.files if path.startswith("incidents/"))[3]
    changed = 0
    for generation in (1, 2):
        store.asked.clear()
        built = desk.build(state)
        release = bundle(built.artifacts, generation=generation, parent=generation - 1, built=BEGIN, said=built.said)
        [receipt] = publish_all(release, survey([store]), policy=PagePolicy(), clock=SystemClock())
        assert receipt.good
        changed = len(receipt.changes)
        desk.files[path] += b"\n### More\n\nOne more word.\n"
    return store.asked, changed


def test_requests_for_one_edit_do_not_grow_with_the_history() -> None:
    (small, few), (large, many_) = published(60), published(300)
    assert 0 < many_ <= few, "an old incident has left its component's page of two hundred"
    assert all(large[what] <= small[what] for what in small | large), (small, large)
    assert large["list"] == 0
