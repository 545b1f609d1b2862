"""The example site to test on: as it lies in the repository, or a copy to change."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import html

from publisher.model.digest import digest, sha256
from publisher.model.release import Artifact

EXAMPLE = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 20, 15, 4, 10, tzinfo=UTC)
"""The demonstration's clock."""
KEPT = ("2026-11-20-card-payments-eu", "2026-11-22-reports-database-upgrade", "2025-11-28-checkout-overloaded")
"""What a small copy has: one open, one planned, one over."""


def parsed(page: bytes) -> Any:
    """Parse HTML; lxml's own types know too little of what comes out of a query."""
    return html.fromstring(page)


def copy_example(folder: Path) -> Path:
    """Copy what a public build reads."""
    for name in ("incidents", "policy", "site_src"):
        shutil.copytree(EXAMPLE / name, folder / name)
    shutil.copy(EXAMPLE / "mkdocs.yml", folder / "mkdocs.yml")
    return folder


def copy_small(folder: Path) -> Path:
    """Copy the example company with three of its incidents, so that twenty builds take seconds."""
    for name in ("policy", "site_src"):
        shutil.copytree(EXAMPLE / name, folder / name)
    shutil.copy(EXAMPLE / "mkdocs.yml", folder / "mkdocs.yml")
    (folder / "incidents").mkdir()
    for name in KEPT:
        for found in (EXAMPLE / "incidents").glob(f"{name}*"):
            target = folder / "incidents" / found.name
            shutil.copytree(found, target) if found.is_dir() else shutil.copy(found, target)
    return folder


def artifacts_digest(artifacts: Iterable[Artifact]) -> str:
    """Hash paths, bytes and headers."""
    return digest([[a.path, sha256(a.body), [list(h) for h in a.headers], int(a.group), a.stamped] for a in artifacts])


def tree_digest(folder: Path) -> str:
    """Hash a folder's files by path and content, dot files aside."""
    return digest(
        {
            path.relative_to(folder).as_posix(): sha256(path.read_bytes())
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
    )
