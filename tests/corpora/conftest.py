"""Recorded histories of real status pages. They are not part of this repository: without them these tests are left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def corpora() -> Path:
    """The folder of recorded histories: `TIDINGS_CORPORA`, else `shared/corpora` beside the repository."""
    return Path(os.environ.get("TIDINGS_CORPORA") or ROOT.parent / "shared" / "corpora")


@pytest.fixture(scope="session")
def jenkins() -> Path:
    folder = corpora() / "cstate-jenkins"
    if not folder.is_dir():
        pytest.skip("needs the recorded cState history; name its folder in TIDINGS_CORPORA")
    return folder


@pytest.fixture(scope="session")
def github() -> Path:
    file = corpora() / "statuspage-github" / "parsed" / "incidents.jsonl"
    if not file.is_file():
        pytest.skip("needs the recorded Statuspage history; name its folder in TIDINGS_CORPORA")
    return file
