"""Measure Tidings beside the programs that others use, in one run, and hold the figures against the goals.

    make bench                    5,000 incidents, three rounds, medians
    make bench SIZE=small         500 incidents: a few minutes
    make bench SIZE=large         … and 50,000 for the row on size
    make bench ROUNDS=9           more rounds
    make bench ONLY=mail,warm     these rows alone

Writes `bench/results/latest.json` and, without ONLY, the table and the picture of the manual
(`docs/reference/performance.md`, `docs/reference/bench.svg`). Rows over their bound are shown as such: it fails only
when something cannot be measured at all.
"""

from __future__ import annotations

import compileall
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from _pytest.outcomes import Failed

from bench import report
from bench.goals import BY_ID, Row, complete, missing
from bench.rows import GROUPS, SIZES, Bench
from bench.sites import TOOLS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results" / "latest.json"
PAGE = ROOT / "docs" / "reference" / "performance.md"
PICTURE = ROOT / "docs" / "reference" / "bench.svg"
BEGIN, END = "<!-- figures: written by `make bench` -->\n", "<!-- end of figures -->\n"


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Do what the environment asks for: SIZE, ROUNDS, ONLY."""
    size = SIZES.get(os.environ.get("SIZE") or "full")
    only = [word for word in (os.environ.get("ONLY") or "").split(",") if word]
    strange = [word for word in only if word not in BY_ID]
    if size is None or strange:
        say(f"bench: SIZE is one of {', '.join(SIZES)}; rows of ONLY: {', '.join(BY_ID)}")
        return 2
    if not (TOOLS / "bin" / "aws").exists():
        say("bench: the programs to compare with are missing. Run: make bench")
        return 2
    rounds = int(os.environ.get("ROUNDS") or 3)
    # an installed package is compiled; what lies here may not be
    compileall.compile_dir(str(ROOT / "publisher"), quiet=2)
    # ended from outside, it still stops what it started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    about: dict[str, report.Plain] = {
        "size": size.name,
        "rounds": rounds,
        "at": f"{datetime.now(UTC):%Y-%m-%d}",  # noqa: TID251 - when this was measured
        "machine": report.machine(),
    }
    begun = time.monotonic()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder:
        bench = Bench(size=size, rounds=rounds, folder=Path(folder), say=say)
        for goals, measure in GROUPS:
            if only and not set(goals) & set(only):
                continue
            say(f"{', '.join(goals)} …")
            started = time.monotonic()
            try:
                rows += measure(bench)
            except (Exception, Failed) as error:  # noqa: BLE001 - the other rows are still worth having
                say(f"    could not be measured: {error}")
                rows += [missing(goal, "could not be measured in this run") for goal in goals]
            say(f"    {time.monotonic() - started:.0f} s")
    found = complete(rows)
    shown = [row for row in found if not only or row.goal.id in only]
    text = report.table(shown)
    print(text)
    for what, figure in bench.beside:
        print(f"{what}: {figure}")
    RESULTS.parent.mkdir(exist_ok=True)
    result = report.plain(shown, about=about, samples=bench.samples, beside=bench.beside)
    RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if not only:
        write_manual(found, bench.beside, about)
    say(f"bench: {RESULTS.relative_to(ROOT)} written after {time.monotonic() - begun:.0f} s")
    return 1 if any(row.figure is None for row in shown) else 0


def write_manual(rows: tuple[Row, ...], beside: list[tuple[str, str]], about: dict[str, report.Plain]) -> None:
    """Put the table and the picture into the manual."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(report.picture(rows), encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(head + BEGIN + report.figures(rows, beside, about) + END + tail, encoding="utf-8")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
