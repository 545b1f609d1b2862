"""A builder in a process of its own that may be killed: python build_worker.py ROOT OUT

Each line it reads is a task as JSON, done in a child that begins warm; it answers with the child's number when that
begins, and with its exit code when it has ended. A task edits incidents of its own and builds, so many times.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from publisher import app
from publisher.adapters.site_folder import write_site
from publisher.model.errors import RefusedError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def edit(root: Path, name: str, dice: random.Random) -> None:
    """Write one more sentence into an incident, as editors do: beside it, then renamed."""
    file = root / "incidents" / f"{name}.md"
    text = file.read_text().rstrip("\n").split("\n\nWord ")[0]
    fresh = file.with_name(f".{name}.new")
    fresh.write_text(f"{text}\n\nWord {dice.randrange(10**9)}.\n")
    fresh.replace(file)


def build(root: Path, out: Path) -> None:
    """Build as `tidings build` does; again when a file was changed under its hands."""
    for _ in range(50):
        try:
            built = app.build(root, now=NOW)
        except RefusedError:
            continue
        write_site(out, app.unpublished(built), memory=app.memory(root, of="folders-1"))
        return
    raise AssertionError("never left alone")


def die(step: str, number: int, root: Path) -> None:
    """Arrange to be killed at the n-th renaming of a written file: before it, after it, or with half of it written."""
    done = 0

    def hooked(real: Callable[..., object]) -> Callable[..., object]:
        def rename(source: str | Path, target: str | Path) -> None:
            nonlocal done
            ours = str(target).startswith(str(root / ".tidings"))
            done += ours
            if ours and done == number:
                if step == "half":
                    os.truncate(source, Path(source).stat().st_size // 2)
                if step != "before":
                    real(source, target)
                os.kill(os.getpid(), signal.SIGKILL)
            real(source, target)

        return rename

    os.replace = hooked(os.replace)  # type: ignore[assignment]


def work(task: dict[str, str | int], root: Path, out: Path) -> None:
    dice = random.Random(int(task["seed"]))
    if "step" in task:
        die(str(task["step"]), int(task["number"]), root)
    for _ in range(int(task["rounds"])):
        edit(root, str(task["name"]), dice)
        build(root, out)


def main() -> None:
    root, out = Path(sys.argv[1]), Path(sys.argv[2])
    build(root, out)
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(json.loads(line), root, out)
            except BaseException as error:  # noqa: BLE001 - told to whoever started it
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
