"""Looks at the machine a run happens on: programs, folders, names and doors.

What it promises: it changes nothing (one empty file is written and removed where writing is asked about), every
question is answered within its time limit, and no answer is an exception.

What it cannot do: know whether a thing that answers now will answer later.

How to try it by hand: `tidings doctor`.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ANSWER_S = 5.0


def program_version(*command: str) -> str | None:
    """Give the first line a program prints about itself; None when it is not there or does not answer."""
    found = shutil.which(command[0])
    if found is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed words of ours, no shell
            [found, *command[1:]], capture_output=True, text=True, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else ""


def has_program(name: str) -> bool:
    """Say whether a program can be started by its name."""
    return shutil.which(name) is not None


def git_answer(root: Path, *words: str) -> str | None:
    """Ask git something about a folder; None when there is no git, no repository or no answer."""
    found = shutil.which("git")
    if found is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed words of ours, no shell
            [found, "-C", str(root), *words], capture_output=True, text=True, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def newest_commit(root: Path) -> datetime | None:
    """Give the time of the newest commit, UTC; None when there is none."""
    answer = git_answer(root, "log", "-1", "--format=%ct")
    return datetime.fromtimestamp(int(answer), UTC) if answer else None


def why_not_writable(folder: Path) -> str | None:
    """Say why nothing can be written to a folder, or to the nearest one above it that exists; None when it can."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not existing.is_dir():
        return f"{existing} is a file"
    try:
        with tempfile.TemporaryFile(dir=existing):
            return None
    except OSError as error:
        return error.strerror or str(error)


def free_bytes(folder: Path) -> int | None:
    """Give the free space of the disk a folder is or will be on, bytes."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), None)
    if existing is None:
        return None
    try:
        return shutil.disk_usage(existing).free
    except OSError:
        return None


def why_unresolved(host: str) -> str | None:
    """Say why a name leads nowhere; None when it leads somewhere."""
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def why_closed(host: str, port: int, *, timeout_s: float = ANSWER_S) -> str | None:
    """Say why a door does not open; None when it does."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return None
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or str(error)
