"""A house with a status page: files on disk, and what readers get from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asks.house import House


@pytest.fixture(scope="session")
def frame_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames")


@pytest.fixture
def house(tmp_path: Path, frame_cache: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("TIDINGS_CACHE", str(frame_cache))
    return House(tmp_path / "house")
