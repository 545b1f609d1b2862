"""What one edit costs, counted and not timed: no work may grow with the history that does not have to.

Two sites, a hundred incidents and five hundred, over the same months. The same edits at both: what is parsed, rendered,
hashed, opened and written must be as much at the one as at the other. What grows by design, looking at each file once,
has a bound a file. Whoever adds work for every incident to the path of an edit fails here.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import BuiltinFunctionType, FrameType

import pytest

from publisher.adapters.clock import SystemClock
from publisher.adapters.folder_memory import FolderMemory
from publisher.adapters.memory import MemoryStore
from publisher.adapters.site_folder import write_site
from publisher.adapters.worktree import WorkTree
from publisher.deliver.site import publish_all, survey
from publisher.load.incidents import load_incident
from publisher.model import digest
from publisher.model.policy import PagePolicy
from publisher.ports import Headers, Holds, StoredObject, Version
from publisher.recall.state import State
from publisher.release.bundle import bundle
from publisher.render import markdown
from publisher.render.entries import incident_entry
from publisher.render.pages import Book
from publisher.render.timeline import course
from tests.faults.incremental_kit import BEGIN, Desk, DictMemory, shown

SMALL, LARGE = 100, 500
GROWS = {"looked at": 3, "folders listed": 1}
"""What grows, and how much an incident: whether its text, its page and its document are as they were; one folder."""
CALLS = {"newest": 230, "old": 45, "new": 230, "nothing": 60, "touched": 60}
"""Edit → function calls an incident that there is: lists are gone through. A tenth more than measured: lower
it when it becomes less."""
WATCHED = {
    load_incident.__code__: "incidents parsed",
    course.__code__: "incidents followed",
    Book._render.__code__: "pages rendered",
    markdown.render.__wrapped__.__code__: "texts rendered",
    digest.sha256.__code__: "hashes",
    incident_entry.__code__: "feed entries",
    FolderMemory.get.__code__: "state read",
    FolderMemory.put.__code__: "state written",
}
CALLED = {
    "DirEntry.stat": "looked at",
    "stat": "looked at",
    "lstat": "looked at",
    "fstat": "looked at",
    "open": "files opened",
    "scandir": "folders listed",
    "listdir": "folders listed",
    "replace": "files renamed",
    "rename": "files renamed",
    "unlink": "files removed",
}
"""Calls into the operating system by their names in C."""


def counted(work: Callable[[], object]) -> Counter[str]:
    """Do some work and count what costs, wherever it is called from."""
    counts: Counter[str] = Counter()

    def look(frame: FrameType, event: str, called: object) -> None:
        if event == "call":
            counts["calls"] += 1
            if frame.f_code in WATCHED:
                counts[WATCHED[frame.f_code]] += 1
        elif event == "c_call" and isinstance(called, BuiltinFunctionType) and called.__qualname__ in CALLED:
            counts[CALLED[called.__qualname__]] += 1

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counts


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


class Workshop:
    """A site on disk that is built, edited and built again, each time as a process of its own would."""

    def __init__(self, root: Path, count: int) -> None:
        self.root, self.out = root / "site", root / "out"
        self.memory, self.folders = FolderMemory(root / "memory"), FolderMemory(root / "folders")
        self.desk = Desk(0)
        self.files = many(count)
        for path, body in self.files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(body)
        self.incidents = sorted(path for path in self.files if path.startswith("incidents/"))
        for _ in range(2):
            time.sleep(0.1)  # younger files are looked at again, since they could change once more without a sign
            self.build()

    def build(self) -> None:
        # texts that this process rendered before shall not look free
        markdown.render.cache_clear()
        state = State(self.memory, code="one")
        built = self.desk.build(state, WorkTree(self.root))
        release = bundle(built.artifacts, generation=2, parent=1, built=self.desk.now, said=built.said)
        write_site(self.out, release, memory=self.folders)
        state.save()

    def word(self, which: int) -> None:
        """Write one more sentence into an incident."""
        with (self.root / self.incidents[which]).open("ab") as file:
            file.write(b"\n### More\n\nOne *more* word.\n")

    def add(self) -> None:
        """Begin an incident."""
        started = BEGIN - timedelta(hours=1)
        text = self.files[self.incidents[-1]].decode().replace("title: Case", "title: New case")
        first = f"{started:%Y-%m-%dT%H:%M:%SZ}"
        lines = [f"started: {first}" if line.startswith("started:") else line for line in text.split("\n")]
        head = "\n".join(lines).split("\n## ")[0]
        name = f"incidents/{started:%Y-%m-%d}-fresh.md"
        (self.root / name).write_text(f"{head}\n## {started:%Y-%m-%d %H:%M:%S} UTC · Investigating\n\nWe look.\n")

    def cost(self, edit: Callable[[], object]) -> Counter[str]:
        """Edit, and count what the build after it does; then let it be known to all."""
        edit()
        counts = counted(self.build)
        time.sleep(0.1)
        self.build()
        return counts


@pytest.fixture(scope="module")
def workshops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workshop, Workshop]:
    folder = tmp_path_factory.mktemp("work")
    return Workshop(folder / "small", SMALL), Workshop(folder / "large", LARGE)


EDITS: dict[str, Callable[[Workshop], object]] = {
    "newest": lambda shop: shop.word(-1),
    "old": lambda shop: shop.word(3),
    "new": lambda shop: shop.add(),
    "nothing": lambda _shop: None,
    "touched": lambda shop: os.utime(shop.root / shop.incidents[7]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_work_for_one_edit_does_not_grow_with_the_history(edit: str, workshops: tuple[Workshop, Workshop]) -> None:
    small, large = (shop.cost(lambda shop=shop: EDITS[edit](shop)) for shop in workshops)  # type: ignore[misc]
    edited = edit in {"newest", "old", "new"}
    for costs in (small, large):
        assert costs["incidents parsed"] == edited, costs
        assert (0 < costs["pages rendered"] < 12) is edited, costs
        assert costs["texts rendered"] <= 2, costs
    for what in (small | large).keys() - GROWS.keys() - {"calls"}:
        assert large[what] <= small[what] + 2, (what, small, large)
    for what, most in (GROWS | {"calls": CALLS[edit]}).items():
        assert large[what] - small[what] <= most * (LARGE - SMALL), (what, small, large)


def test_a_build_without_a_change_makes_nothing() -> None:
    memory, desk = DictMemory(), Desk(0)
    desk.files = many(60)
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
    assert counts.keys() <= {"hashes", "calls"}, counts


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
    (small, few), (large, many_) = published(SMALL), published(LARGE)
    assert 0 < many_ <= few, "an old incident has left its component's page of two hundred"
    assert all(large[what] <= small[what] for what in small | large), (small, large)
    assert large["list"] == 0
