"""Which program this is: our own files, and every package beside them.

What it promises: another identity after any change of our code, templates, catalogues or assets, and after any package
of the environment was installed, upgraded or removed.

What it cannot do: notice a file whose bytes were changed while size and times were set back.

How to try it by hand: `python -c "from publisher.adapters.installed import identity; print(identity())"`, then touch
a file of ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from publisher.model.digest import digest

_OURS = Path(__file__).parent.parent
_LEFT_OUT = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache"})


@cache
def identity() -> str:
    """Give a name that another program, or this one with other libraries, does not have."""
    return digest([sys.version, sorted(_files(str(_OURS))), sorted(_packages())])


def _files(folder: str) -> Iterator[list[str | int]]:
    with os.scandir(folder) as listed:
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _LEFT_OUT:
                    yield from _files(entry.path)
            else:
                found = entry.stat()
                yield [entry.path, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _packages() -> Iterator[str]:
    """Name every installed package with its version, as its folder of metadata does."""
    for folder in sys.path:
        try:
            yield from (name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info")))  # noqa: PTH208 - a list of names is all that is wanted
        except OSError:
            continue
