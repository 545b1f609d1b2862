"""The folder keeps the port's promises, and its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.adapters.folder import FolderStore
from publisher.model.errors import ConflictError, OutsideError, StorageError
from publisher.ports import ObjectStore
from tests.contract.object_store import HTML, JSON, ObjectStoreContract


class TestFolderStore(ObjectStoreContract):
    """The suite on a disk."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        """Give a folder that does not exist yet."""
        return FolderStore(tmp_path / "site", durable=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give the folder to serve, inside one that must stay as it is."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("s")
    return tmp_path / "site"


@pytest.mark.parametrize(
    "key",
    ["../x", "a/../../x", "/etc/passwd", "", "a//b", "./a", "a/.", "a\0b", "..", "a\\b", "a/", "x" * 300],
)
def test_a_key_that_would_leave_the_folder_is_refused(root: Path, key: str) -> None:
    store = FolderStore(root)
    before = sorted(root.parent.rglob("*"))
    for act in (
        lambda: store.put(key, b"x", JSON),
        lambda: store.put_if(key, b"x", JSON, expected=None),
        lambda: store.delete([key]),
    ):
        with contextlib.suppress(StorageError):
            act()
            pytest.fail(f"{key!r} was accepted") if "x" * 300 not in key else None
    assert [p for p in sorted(root.parent.rglob("*")) if root not in p.parents and p != root] == before


@pytest.mark.parametrize("key", [".tidings/lock", ".tidings/tmp/x", ".tidings/headers/aa/x.json"])
def test_its_own_files_are_no_keys(root: Path, key: str) -> None:
    with pytest.raises(StorageError):
        FolderStore(root).put(key, b"x", JSON)


def test_a_link_inside_is_neither_followed_nor_replaced(root: Path) -> None:
    store = FolderStore(root)
    store.put("page", b"x", HTML)
    (root / "folder").symlink_to(root.parent / "outside")
    (root / "file").symlink_to(root.parent / "outside" / "secret")
    for key in ("folder/secret", "folder/new", "file"):
        with pytest.raises(StorageError):
            store.get(key)
        with pytest.raises(StorageError):
            store.put(key, b"changed", HTML)
        with pytest.raises(StorageError):
            store.delete([key])
    assert (root.parent / "outside" / "secret").read_text() == "s"
    assert sorted(p.name for p in (root.parent / "outside").iterdir()) == ["secret"]


def test_pipes_and_devices_are_not_read(root: Path) -> None:
    store = FolderStore(root)
    store.put("page", b"x", HTML)
    os.mkfifo(root / "pipe")
    assert store.get("pipe") is None
    assert list(store.list("")) == ["page"]


def test_a_file_where_a_folder_must_be_is_told_in_words(root: Path) -> None:
    store = FolderStore(root)
    store.put("a", b"x", HTML)
    with pytest.raises(StorageError) as caught:
        store.put("a/b", b"x", HTML)
    assert caught.value.next_step
    assert (root / "a").read_bytes() == b"x"


def test_bytes_changed_behind_our_back_lose_their_headers_and_version(root: Path) -> None:
    store = FolderStore(root)
    version = store.put("page", b"ours", HTML)
    (root / "page").write_bytes(b"theirs")
    there = store.get("page")
    assert there is not None
    assert (there.body, there.headers) == (b"theirs", ())
    with pytest.raises(ConflictError):
        store.put_if("page", b"new", HTML, expected=version)


def test_what_a_killed_writer_left_goes_and_what_a_living_one_holds_stays(root: Path) -> None:
    FolderStore(root).put("page", b"x", HTML)
    left, held = root / ".tidings" / "tmp" / "left", root / ".tidings" / "tmp" / "held"
    left.write_bytes(b"half")
    with held.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        FolderStore(root).put("page", b"y", HTML)
        assert not left.exists()
        assert held.exists()


RACER = """
import sys
from pathlib import Path
from publisher.adapters.folder import FolderStore
from publisher.model.errors import ConflictError
store = FolderStore(Path(sys.argv[1]), durable=False)
print("ready", flush=True)
sys.stdin.readline()
won = 0
for number in range(50):
    try:
        store.put_if(f"race/{number}", sys.argv[2].encode(), (), expected=None)
        won += 1
    except ConflictError:
        pass
print(won)
"""


def test_put_if_holds_between_processes(root: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(root), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    assert sum(int(racer.communicate()[0]) for racer in racers) == 50


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_leaves_the_old_file_whole(small_disk: Path) -> None:
    store = FolderStore(small_disk / "site")
    store.put("page", b"old" * 1000, HTML)
    with pytest.raises(StorageError) as caught:
        store.put("page", b"n" * 2_000_000, HTML)
    assert "full" in caught.value.cause
    assert "Make room" in caught.value.next_step
    there = store.get("page")
    assert there is not None
    assert (there.body, there.headers) == (b"old" * 1000, HTML)
    assert list((small_disk / "site" / ".tidings" / "tmp").iterdir()) == []


def test_a_read_only_disk_is_told_in_words(small_disk: Path) -> None:
    store = FolderStore(small_disk / "site")
    store.put("page", b"old", HTML)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OutsideError) as caught:
        FolderStore(small_disk / "site").put("page", b"new", HTML)
    assert caught.value.next_step
    assert (small_disk / "site" / "page").read_bytes() == b"old"
