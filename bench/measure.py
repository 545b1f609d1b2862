"""What a command costs, from outside: seconds by the clock, CPU seconds of it and its children, memory at its peak."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launch.py")
_OURS = ("PYTHON", "TIDINGS_", "AWS_", "MKDOCS", "HUGO_", "VIRTUAL_ENV")
"""Variables that would make a measured program behave otherwise than on a machine of its own."""
TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run cost. `peak_mib`: of the largest process in it, resident."""

    wall_s: float
    cpu_s: float
    peak_mib: float

    def __add__(self, other: Cost) -> Cost:
        """Give the cost of both, one after the other."""
        return Cost(
            wall_s=self.wall_s + other.wall_s,
            cpu_s=self.cpu_s + other.cpu_s,
            peak_mib=max(self.peak_mib, other.peak_mib),
        )

    def plain(self) -> dict[str, float]:
        """Give plain data, rounded to what the clock can tell."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of measured programs: this one's without what steers them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | dict(extra or {})


def run(
    command: Sequence[str | Path], *, cwd: Path, extra: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it ended with another code than those of `codes`; its words are in it.
    """
    read, write = os.pipe()
    words = [str(word) for word in command]
    launch = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_LAUNCHER), str(write), *words],
        cwd=cwd,
        env=environment(extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(write,),
        start_new_session=True,
    )
    os.close(write)
    try:
        said, _ = launch.communicate(timeout=TIMEOUT_S)
    except BaseException:
        # the launcher and what it launched are a group of their own
        os.killpg(launch.pid, signal.SIGKILL)
        launch.wait()
        raise
    with os.fdopen(read, "rb") as result:
        found = json.loads(result.read() or "{}")
    if found.get("code") not in codes:
        tail = said.decode("utf-8", "replace")[-2000:]
        raise RuntimeError(f"{Path(words[0]).name} {' '.join(words[1:4])} ended with {found.get('code')}:\n{tail}")
    return Cost(wall_s=found["wall_s"], cpu_s=found["cpu_s"], peak_mib=found["peak_mib"])


def median(costs: Sequence[Cost]) -> Cost:
    """Give the median of each column; of the memory, the highest."""
    return Cost(
        wall_s=statistics.median(c.wall_s for c in costs),
        cpu_s=statistics.median(c.cpu_s for c in costs),
        peak_mib=max(c.peak_mib for c in costs),
    )


def paired(rounds: int, ours: Callable[[int], Cost], theirs: Callable[[int], Cost]) -> tuple[list[Cost], list[Cost]]:
    """Measure two things in turns, so that a busy minute of the machine meets both: A B, then B A, and so on."""
    taken: tuple[list[Cost], list[Cost]] = ([], [])
    for number in range(1, rounds + 1):
        order = (0, 1) if number % 2 else (1, 0)
        for which in order:
            taken[which].append((ours, theirs)[which](number))
    return taken
