"""A whole small repository in, every artifact out, compared with what was reviewed.

`make golden UPDATE=1` writes the artifacts anew; the diff is then read as prose before it is committed. Left out are the
theme's own files; hashes of theme and style are blotted out, so that only what readers read makes a difference.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
from pathlib import Path

import pytest

from publisher import app
from publisher.model.finding import Level
from publisher.model.release import Artifact, Group

HERE = Path(__file__).resolve().parent
TREE = HERE / "bakery"
REVIEWED = HERE / "bakery.reviewed"
SHOWN_LINES = 60
CANARY = b"must-never-be-seen"

_BLOTS = (
    (re.compile(rb"(\.)[0-9a-f]{8,64}(\.(?:min\.)?[a-z0-9]{2,5}\b)"), rb"\1HASH\2"),
    (re.compile(rb"sha256-[A-Za-z0-9+/]{43}="), b"sha256-HASH"),
)


def blotted(body: bytes) -> bytes:
    """Blot out hashes that change with the theme."""
    for pattern, stand_in in _BLOTS:
        body = pattern.sub(stand_in, body)
    return body


def described(artifact: Artifact) -> bytes:
    """Write an artifact the way it is reviewed: its headers, a blank line, its bytes."""
    headers = "".join(f"{name}: {value}\n" for name, value in artifact.headers)
    stamped = "(stamped)\n" if artifact.stamped else ""
    return blotted(f"{artifact.group.name.lower()}\n{headers}{stamped}\n".encode() + artifact.body)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("golden") / "bakery"
    shutil.copytree(TREE, root)
    now = app.site_clock(root)
    assert now is not None
    built = app.build(root, now=now)
    # one update is left untranslated on purpose: its German page shows the source
    assert {f.code for f in built.findings if f.level is not Level.NOTE} == {"TID404"}
    # schemas are the same for everybody, and have tests of their own
    return {
        a.path: described(a)
        for a in built.artifacts
        if a.group is not Group.ASSETS and not a.path.startswith(("assets/", "schema/"))
    }


def reviewed() -> dict[str, bytes]:
    return {
        path.relative_to(REVIEWED).as_posix().removesuffix(".txt"): path.read_bytes()
        for path in sorted(REVIEWED.rglob("*"))
        if path.is_file()
    }


def write(made: dict[str, bytes]) -> None:
    shutil.rmtree(REVIEWED, ignore_errors=True)
    for path, body in made.items():
        # one more ending, so that no tool takes them for pages or feeds of its own
        file = REVIEWED / f"{path}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)


def test_every_artifact_is_the_one_that_was_reviewed(made: dict[str, bytes]) -> None:
    if os.environ.get("TIDINGS_UPDATE_GOLDEN"):
        write(made)
    before = reviewed()
    told: list[str] = [f"gone: {path}" for path in before.keys() - made.keys()]
    told += [f"new: {path}" for path in made.keys() - before.keys()]
    for path in sorted(before.keys() & made.keys()):
        if before[path] != made[path]:
            old, new = (text.decode(errors="replace").splitlines() for text in (before[path], made[path]))
            told += list(difflib.unified_diff(old, new, f"reviewed/{path}", f"made/{path}", lineterm="", n=1))
    more = f"\n… and {len(told) - SHOWN_LINES} lines more" if len(told) > SHOWN_LINES else ""
    assert told == [], (
        "What readers get has changed. If that is meant: make golden UPDATE=1, then read the diff.\n"
        + "\n".join(told[:SHOWN_LINES])
        + more
    )


def test_nothing_internal_is_in_any_artifact(made: dict[str, bytes]) -> None:
    planted = [p for p in TREE.rglob("*.md") if CANARY in p.read_bytes()]
    assert planted, "the tree holds internal words"
    assert [path for path, body in made.items() if CANARY in body] == []


def test_the_tree_reaches_every_kind_of_output(made: dict[str, bytes]) -> None:
    """Guards against comparing nothing with nothing."""
    for path in (
        *("index.html", "de/index.html", "history.atom", "history.rss", "feed.json", "maintenance.ics", "status.txt"),
        *("api/v2/summary.json", "api/status.json", "incidents/2026-11-20-card-payments/index.html"),
    ):
        assert path in made
