"""Measure what a writer waits for, on the example site: each figure is a whole cold process, wall and CPU seconds.

    make bench              three rounds, medians
    make bench ROUNDS=9     more

Nothing here fails: figures are for reading. The machine should be quiet; CPU seconds and ratios travel better than wall
time.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("ROUNDS") or 3)
CONTENT = ("incidents", "policy", "site_src", "mkdocs.yml")


def run(folder: Path, *words: str) -> tuple[float, float]:
    """Run the command once; give wall and CPU seconds."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "publisher", "--root", str(folder), "--quiet", *words],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def edit(folder: Path, number: int) -> None:
    """Change one sentence of the open incident."""
    (source,) = (folder / "incidents").glob("*card-payments-eu/index.md")
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("Since 13:52 UTC", f"Since 13:52 UTC, as {number} of us saw"), encoding="utf-8")


def measure() -> list[tuple[str, list[tuple[float, float]]]]:
    """Go through a morning's work `ROUNDS` times, each in a fresh copy."""
    figures: dict[str, list[tuple[float, float]]] = {}
    steps: list[tuple[str, Callable[[Path, int], None], tuple[str, ...]]] = [
        ("check", lambda *_: None, ("check",)),
        ("first publish, nothing cached", lambda *_: None, ("publish",)),
        ("publish, nothing changed", lambda *_: None, ("publish",)),
        ("publish, one sentence changed", edit, ("publish",)),
        ("rollback", lambda *_: None, ("rollback", "1")),
    ]
    for number in range(1, ROUNDS + 1):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for part in CONTENT:
                source = ROOT / part
                (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
            for title, prepare, words in steps:
                prepare(folder, number)
                figures.setdefault(title, []).append(run(folder, *words))
    return list(figures.items())


def main() -> None:
    """Print the table."""
    print(f"{'the example site, to a folder':<34}{'wall s':>8}{'CPU s':>8}   medians of {ROUNDS}")
    for title, taken in measure():
        wall, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
        print(f"{title:<34}{wall:>8.2f}{cpu:>8.2f}")


if __name__ == "__main__":
    main()
