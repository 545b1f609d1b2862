"""The template files beside this module, and putting words into them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

_SLOT = re.compile(r"@([a-z][a-z_]*)@")


def filled(text: str, words: Mapping[str, str]) -> str:
    """Put words into a template's slots.

    Raises:
        KeyError: the template has a slot that `words` does not know.
    """
    return _SLOT.sub(lambda match: words[match[1]], text)


def template(path: str) -> str:
    """Read one template; `path` is relative to this package."""
    return (files("publisher.scaffold") / path).read_text(encoding="utf-8")


def tree(folder: str) -> Iterator[tuple[str, str]]:
    """Give every template of a folder: where it goes, relative to a repository, and its text. Sorted by path."""
    yield from sorted(_walk(files("publisher.scaffold") / folder, ""))


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for item in folder.iterdir():
        name = re.sub(r"^dot-", ".", item.name)
        if item.is_dir():
            if item.name != "__pycache__":
                yield from _walk(item, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", item.read_text(encoding="utf-8")
