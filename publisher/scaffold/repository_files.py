"""A new status repository: which files `tidings init` writes, and what is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from urllib.parse import urlsplit

from publisher.ports import SourceFile
from publisher.scaffold.templates import filled, template, tree

_SAMPLES = ("policy/components.yml",)
"""Left out of a bare repository, which an import fills."""


def repository_files(
    *, name: str, url: str, locales: Sequence[str], now: datetime, bare: bool = False
) -> tuple[SourceFile, ...]:
    """Give the files of a new status repository.

    Args:
        name: what the page is called.
        url: its address; a slash at the end is added.
        locales: languages, the incidents' own first.
        now: the example incident ended before it, within the last hour.
        bare: without example incident and sample components.
    """
    url = url if url.endswith("/") else f"{url}/"
    host = re.sub(r"^(status|www)\.", "", urlsplit(url).hostname or "localhost")
    words = {
        "name": name,
        "name_yaml": _quoted(name),
        "company": _quoted(re.sub(r"\s+status(?: page)?$", "", name, flags=re.IGNORECASE)),
        "url": url,
        "description": _quoted(f"What works at {name}, what does not, and what is planned."),
        "locales": f"[{', '.join(locales)}]",
        "mail_host": host if "." in host else "localhost",
        "version": ".".join(version("tidings").split(".")[:2]),
    }
    files = []
    for path, text in tree("repository"):
        if bare and path in _SAMPLES:
            continue
        own = words | ({"name": _quoted(name), "url": _quoted(url)} if path.endswith(".yml") else {})
        files.append(SourceFile(path=path, body=filled(text, own).encode()))
    if not bare:
        files.append(example_incident(now))
    return tuple(sorted(files, key=lambda file: file.path))


def example_incident(now: datetime) -> SourceFile:
    """Give an incident to learn from, over since ten minutes."""
    end = now.replace(second=0, microsecond=0) - timedelta(minutes=10)
    started = end - timedelta(minutes=40)
    first, second = started + timedelta(minutes=4), started + timedelta(minutes=24)
    text = filled(
        template("incidents/example.md"),
        {
            "started": f"{started:%Y-%m-%dT%H:%M:%SZ}",
            "detected": f"{started + timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}",
            "next": f"{first + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
            "first": f"{first:%Y-%m-%d %H:%M} UTC",
            "second": f"{second:%Y-%m-%d %H:%M} UTC",
            "third": f"{end:%Y-%m-%d %H:%M} UTC",
            "started_clock": f"{started:%H:%M}",
            "second_clock": f"{second:%H:%M}",
            "next_clock": f"{first + timedelta(minutes=30):%H:%M}",
        },
    )
    return SourceFile(path=f"incidents/{started:%Y-%m-%d}-website-slow.md", body=text.encode())


def _quoted(text: str) -> str:
    """Write a YAML text that nothing can take for anything else; plain where it plainly is one."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?: [A-Za-z0-9]+)*", text) and text.lower() not in (
        "true",
        "false",
        "null",
        "yes",
        "no",
        "on",
        "off",
    ):
        return text
    return json.dumps(text, ensure_ascii=False)
