"""The shelf gives back what was put there, or nothing."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from publisher.adapters import shelf as module
from publisher.adapters.shelf import Shelf
from publisher.model.digest import sha256

KEY = sha256(b"key")


def test_what_was_put_there_comes_back_from_another_process(tmp_path: Path) -> None:
    Shelf(tmp_path / "made" / "here")[KEY] = b"body"
    again = Shelf(tmp_path / "made" / "here")
    assert again[KEY] == b"body"
    assert (list(again), len(again), KEY in again) == ([KEY], 1, True)
    del again[KEY]
    assert again.get(KEY) is None
    assert not list((tmp_path / "made" / "here").iterdir()), "nothing is left lying about"


@pytest.mark.parametrize("damage", [b"", b"x", sha256(b"other").encode() + b"\nbody", b"\xff" * 80])
def test_what_is_damaged_is_not_there(tmp_path: Path, damage: bytes) -> None:
    shelf = Shelf(tmp_path)
    (tmp_path / KEY).write_bytes(damage)
    assert shelf.get(KEY) is None
    shelf[KEY] = b"made again"
    assert shelf[KEY] == b"made again"


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    shelf = Shelf(tmp_path / "file" / "folder")
    shelf[KEY] = b"body"
    assert shelf.get(KEY) is None
    assert (list(shelf), len(shelf)) == ([], 0)
    with pytest.raises(KeyError):
        del shelf[KEY]


@pytest.mark.parametrize("key", ["", "../x", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_only_digests_are_names(tmp_path: Path, key: str) -> None:
    with pytest.raises(KeyError):
        Shelf(tmp_path / "inner")[key] = b""
    with pytest.raises(KeyError):
        Shelf(tmp_path / "inner")[key]


def test_what_was_wanted_least_recently_makes_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SPARE", 1)
    shelf = Shelf(tmp_path, most=3)
    keys = [sha256(str(n).encode()) for n in range(5)]
    for age, key in enumerate(keys[:4]):
        shelf[key] = key.encode()
        os.utime(tmp_path / key, (1000 + age, 1000 + age))
    assert shelf[keys[0]], "wanted again, and so the youngest but for the next"
    shelf[keys[4]] = b"5"
    assert set(shelf) == {keys[0], keys[3], keys[4]}


def test_many_may_write_the_same_at_once(tmp_path: Path) -> None:
    bodies = [bytes([n]) * 100_000 for n in range(8)]

    def put(body: bytes) -> None:
        for _ in range(20):
            Shelf(tmp_path)[KEY] = body

    threads = [threading.Thread(target=put, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        found = Shelf(tmp_path).get(KEY)
        assert found is None or found in bodies
    for thread in threads:
        thread.join()
    assert Shelf(tmp_path)[KEY] in bodies
