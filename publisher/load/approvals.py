"""`internal/<id>/approvals/*.json` to signed statements. Whether a signature holds is not looked at here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from publisher.load.roots import INTERNAL
from publisher.model.approval import Signed, Statement
from publisher.model.codes import finding
from publisher.model.finding import Finding, Place
from publisher.ports import SourceFile

FOLDER: Final = "approvals"
_FIELDS: Final = ("site", "incident", "content", "role", "person")


def is_approval(path: str) -> bool:
    """Say whether a file is one of ours."""
    parts = path.split("/")
    return len(parts) == 4 and parts[0] == INTERNAL and parts[2] == FOLDER and path.endswith(".json")  # noqa: PLR2004


def path_for(statement: Statement) -> str:
    """Say where a statement is kept: one file for each person, role and wording."""
    name = f"{statement.content[:12]}-{statement.role}-{statement.person}.json"
    return f"{INTERNAL}/{statement.incident}/{FOLDER}/{name}"


def approval_text(statement: Statement, signature: str) -> str:
    """Write a file: the statement's fields, for people to read, and the signature over its one form."""
    fields = {name: getattr(statement, name) for name in _FIELDS}
    return json.dumps({**fields, "signature": signature}, indent=2, ensure_ascii=False) + "\n"


def load_signed(file: SourceFile) -> tuple[Signed | None, tuple[Finding, ...]]:
    """Read one.

    Args:
        file: from `internal/<id>/approvals/`.

    Returns:
        The statement with its signature, or None and why.
    """
    try:
        found = json.loads(file.body)
    except ValueError:
        found = None
    wanted = {*_FIELDS, "signature"}
    if not isinstance(found, Mapping) or found.keys() != wanted or not all(isinstance(v, str) for v in found.values()):
        return None, (_bad(file.path, "This is no approval."),)
    statement = Statement(**{name: found[name] for name in _FIELDS})
    if file.path.split("/")[1] != statement.incident:
        return None, (_bad(file.path, f"It is about {statement.incident}, and lies with another incident."),)
    return Signed(statement=statement, signature=found["signature"], path=file.path), ()


def _bad(path: str, what: str) -> Finding:
    return finding("TID761", Place(path=path), what, "Remove it, and let `tidings approve` write one.")
