"""Where in a repository what lies. Light: a run in which nothing changed imports no more of this room."""

from __future__ import annotations

from typing import Final

INCIDENTS: Final = "incidents"
POLICY: Final = "policy"
CATALOGUES: Final = "locale"
SITE: Final = "mkdocs.yml"
INTERNAL: Final = "internal"
"""What only colleagues read. The gate does; a public build never does."""

PUBLIC_ROOTS: Final = (INCIDENTS, POLICY, CATALOGUES, SITE)
"""What a public build reads. Nothing else is ever opened for it."""


MAX_SOURCE_BYTES: Final = 1024 * 1024
"""No text a person writes is longer; larger files are findings, never read."""


def is_incidents(path: str) -> bool:
    """Say whether a file lies where incidents lie."""
    return path.startswith(f"{INCIDENTS}/")


def group_of(path: str) -> str:
    """Say which incident a file below `incidents/` says it belongs to: the name of file or folder, good or not."""
    name = path.split("/", 2)[1]
    return name[:-3] if name.endswith(".md") and path.count("/") == 1 else name
