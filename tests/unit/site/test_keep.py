"""What is kept on disk comes back whole or not at all."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from publisher.model.digest import Plain, sha256
from publisher.site.keep import keep, restore

MADE_OF = "a" * 64
BLOBS = {sha256(b"one"): b"one", sha256(b"two"): b"two"}
INDEX: dict[str, Plain] = {"files": {"a": sha256(b"one")}}


def home(cache: Path) -> Path:
    return cache / "frames-1" / MADE_OF


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    assert restore(tmp_path, MADE_OF) is None
    keep(tmp_path, MADE_OF, INDEX, BLOBS)
    assert restore(tmp_path, MADE_OF) == (INDEX, BLOBS)
    assert restore(tmp_path, "b" * 64) is None


def damage_blob(folder: Path) -> None:
    (folder / sha256(b"two")).write_bytes(b"tw0")


def lose_blob(folder: Path) -> None:
    (folder / sha256(b"two")).unlink()


def cut_index(folder: Path) -> None:
    index = folder / "index.json"
    index.write_bytes(index.read_bytes()[:-10])


def change_index(folder: Path) -> None:
    index = folder / "index.json"
    index.write_bytes(index.read_bytes().replace(b'"a"', b'"b"'))


def empty_index(folder: Path) -> None:
    (folder / "index.json").write_bytes(b"[]")


def no_index(folder: Path) -> None:
    (folder / "index.json").unlink()


@pytest.mark.parametrize("harm", [damage_blob, lose_blob, cut_index, change_index, empty_index, no_index])
def test_damage_is_noticed_and_mended(tmp_path: Path, harm: object) -> None:
    keep(tmp_path, MADE_OF, INDEX, BLOBS)
    assert callable(harm)
    harm(home(tmp_path))
    assert restore(tmp_path, MADE_OF) is None
    keep(tmp_path, MADE_OF, INDEX, BLOBS)
    assert restore(tmp_path, MADE_OF) == (INDEX, BLOBS)
    assert [p.name for p in (tmp_path / "frames-1").iterdir()] == [MADE_OF], "nothing is left behind"


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    keep(blocked, MADE_OF, INDEX, BLOBS)
    assert restore(blocked, MADE_OF) is None


def test_old_digests_are_forgotten(tmp_path: Path) -> None:
    for number in range(10):
        keep(tmp_path, f"{number:064}", INDEX, BLOBS)
    assert len(list((tmp_path / "frames-1").iterdir())) == 6
    assert restore(tmp_path, f"{9:064}") is not None


def test_many_at_once_leave_one_whole_copy(tmp_path: Path) -> None:
    seen: list[object] = []

    def work() -> None:
        for _ in range(20):
            keep(tmp_path, MADE_OF, INDEX, BLOBS)
            seen.append(restore(tmp_path, MADE_OF))

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert seen == [(INDEX, BLOBS)] * 120
    assert [p.name for p in (tmp_path / "frames-1").iterdir()] == [MADE_OF]
