"""The repository as commands see it: what people typed, what is wrong with it, and which incident somebody means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from publisher.model.errors import UsageError
from publisher.model.finding import Finding
from publisher.model.history import History
from publisher.model.incident import Incident
from publisher.ports import SourceFile


def typed_files(root: Path) -> dict[str, SourceFile]:
    """Read what people typed, by path."""
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.load.roots import MAX_SOURCE_BYTES, PUBLIC_ROOTS  # noqa: PLC0415

    if not (root / "mkdocs.yml").is_file():
        raise UsageError(
            f"{root} is no status repository: it has no mkdocs.yml.", "Go to one, or run `tidings init DIR`."
        )
    files, _ = app.sources(root).read(roots=PUBLIC_ROOTS, max_bytes=MAX_SOURCE_BYTES)
    return {file.path: file for file in files}


def judged(files: Sequence[SourceFile], now: datetime) -> tuple[History, tuple[Finding, ...]]:
    """Read what was typed, and say everything that is wrong with it."""
    from publisher.checks import check  # noqa: PLC0415 - see LazyGroup
    from publisher.load.history import load_history  # noqa: PLC0415

    history, problems = load_history(files)
    findings = {finding.sort_key: finding for finding in (*problems, *check(history, now=now))}
    return history, tuple(findings[key] for key in sorted(findings))


def named(history: History, name: str, root: Path) -> Incident:
    """Find an incident by id, by a part of an id that no other has, or by its file.

    Raises:
        UsageError: there is none, or more than one.
    """
    path = Path(name)
    if path.suffix == ".md" or "/" in name:
        full = path if path.is_absolute() else Path.cwd() / path
        wanted = {str(full.resolve())}
        found = [i for i in history.incidents if str((root / i.place.path).resolve()) in wanted]
        name = path.parent.name if path.stem == "index" else path.stem
    else:
        found = []
    found = found or [i for i in history.incidents if i.id == name] or [i for i in history.incidents if name in i.id]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(i.id for i in found[:5])
        raise UsageError(f"'{name}' is part of {len(found)} ids: {shown}.", "Write more of the one you mean.")
    # people mistype the words, seldom the date: compare what they wrote with as much of each id's words
    ids = {i.id[len("2026-01-01-") :][: len(name)]: i.id for i in history.incidents} | {
        i.id: i.id for i in history.incidents
    }
    near = [ids[match] for match in get_close_matches(name, list(ids), n=1)]
    raise UsageError(
        f"There is no incident '{name}' that can be read.",
        f"Did you mean '{near[0]}'?" if near else "See incidents/ for their ids, or run `tidings check`.",
    )
