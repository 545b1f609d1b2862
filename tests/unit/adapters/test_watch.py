"""A save is reported once, however the editor saves; reading is not reported."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.adapters.watch import Watch, is_scratch

LONG_S = 10.0
SHORT_S = 0.6


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "incidents" / "2026-01-01-a").mkdir(parents=True)
    (tmp_path / "incidents" / "2026-01-01-a" / "index.md").write_text("a")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n")
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.fixture
def watch(root: Path) -> Iterator[Watch]:
    with Watch(root, folders=("incidents", "policy"), files=("mkdocs.yml",)) as started:
        yield started


def test_a_file_written_in_place_is_reported(root: Path, watch: Watch) -> None:
    (root / "incidents/2026-01-01-a/index.md").write_text("b")
    assert watch.wait(LONG_S) == {"incidents/2026-01-01-a/index.md"}


def test_an_editor_that_renames_a_new_file_over_the_old_is_heard(root: Path, watch: Watch) -> None:
    scratch = root / "incidents/2026-01-01-a/.index.md.swp"
    scratch.write_text("b")
    scratch.replace(root / "incidents/2026-01-01-a/index.md")
    assert watch.wait(LONG_S) == {"incidents/2026-01-01-a/index.md"}


def test_the_settings_file_is_watched_and_its_neighbours_are_not(root: Path, watch: Watch) -> None:
    (root / "out" / "index.html").write_text("built")
    (root / "notes.txt").write_text("mine")
    (root / "mkdocs.yml").write_text("site_name: y\n")
    assert watch.wait(LONG_S) == {"mkdocs.yml"}


def test_a_folder_that_appears_later_is_watched_with_all_it_holds(root: Path, watch: Watch) -> None:
    (root / "policy").mkdir()
    assert "policy" in watch.wait(LONG_S)
    (root / "policy" / "components.yml").write_text("components: {}\n")
    assert "policy/components.yml" in watch.wait(LONG_S)


def test_a_folder_put_in_anothers_place_is_watched(root: Path, watch: Watch) -> None:
    """What `git checkout` and careful tools do: the new folder is not the one the kernel was asked about."""
    shutil.copytree(root / "incidents", root / "next")
    shutil.rmtree(root / "incidents")
    (root / "next").rename(root / "incidents")
    assert watch.wait(LONG_S)
    while watch.wait(SHORT_S):
        pass
    (root / "incidents/2026-01-01-a/index.md").write_text("c")
    assert "incidents/2026-01-01-a/index.md" in watch.wait(LONG_S)


def test_reading_is_no_change(root: Path, watch: Watch) -> None:
    """Else every build would set off the next."""
    for _ in range(3):
        (root / "incidents/2026-01-01-a/index.md").read_bytes()
        list((root / "incidents").iterdir())
    assert watch.wait(SHORT_S) == frozenset()


def test_a_burst_is_one_report(root: Path, watch: Watch) -> None:
    for number in range(20):
        (root / f"incidents/{number}.md").write_text("x")
        time.sleep(0.005)
    assert len(watch.wait(LONG_S)) == 20
    assert watch.wait(SHORT_S) == frozenset()


def test_polling_hears_the_same(root: Path) -> None:
    with Watch(root, folders=("incidents",), files=(), poll=True) as watch:
        (root / "incidents/2026-01-01-a/index.md").write_text("longer than before")
        assert "incidents/2026-01-01-a/index.md" in watch.wait(LONG_S)


@pytest.mark.parametrize("name", [".index.md.swp", "index.md~", "4913", "#index.md#", "x.tmp"])
def test_working_files_of_editors_are_no_texts(name: str) -> None:
    assert is_scratch(f"incidents/{name}")
    assert not is_scratch("incidents/2026-01-01-a/index.md")
