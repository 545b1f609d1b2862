"""`tidings import`: the history of another status page, as files of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from publisher.cli.context import Context, format_option, pass_context
from publisher.model.errors import StorageError, UsageError
from publisher.model.finding import Finding, Level, Place, blocking
from publisher.ports import SourceFile

if TYPE_CHECKING:
    from publisher.importers.draft import Imported
    from publisher.importers.plan import Plan

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
"""One JSON document; ten thousand incidents of Statuspage are about 30 MB."""
MAX_PAGE_BYTES = 4 * 1024 * 1024
"""One Markdown file of a foreign site."""
TIMEOUT_S = 60
_API = ("components.json", "incidents.json", "scheduled-maintenances.json", "summary.json")


@click.group(name="import")
def import_group() -> None:
    """Bring in the history of another status page.

    Every incident becomes a file under incidents/, every component an entry of policy/components.yml. Words stay as
    they are. What cannot come in, and what had to be decided, is named with file, line and reason. Running it again
    writes nothing twice and leaves alone what you have edited.
    """


_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")


@import_group.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@_dry_run
@format_option("text", "json", "github", "sarif")
@pass_context
def cstate(context: Context, folder: Path, *, dry_run: bool) -> int:
    """Import the cState site in DIR: the folder with config.yml and content/issues."""
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.importers.cstate import CONFIG_NAMES, read_cstate  # noqa: PLC0415

    if not (folder / "content").is_dir():
        raise UsageError(f"{folder} has no folder 'content'.", "Give the folder of the cState site, with config.yml.")
    names = [name for name in (*CONFIG_NAMES, "content") if (folder / name).exists()]
    files, unreadable = app.sources(folder).read(roots=names, max_bytes=MAX_PAGE_BYTES)
    now = context.now
    return _import(context, read_cstate(files, now=now), unreadable, now=now, dry_run=dry_run)


@import_group.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|URL...")
@_dry_run
@format_option("text", "json", "github", "sarif")
@pass_context
def statuspage(context: Context, sources: tuple[str, ...], *, dry_run: bool) -> int:
    """Import what Statuspage's API v2 gives, or a recorded history.

    FILE is incidents.json, scheduled-maintenances.json, summary.json, components.json, or JSON lines with one incident
    each. URL is one of these on the web, or a status page's address, whose API is then asked for all four. The API
    shows the last fifty incidents; for older ones, save its answers over time or use an export.
    """
    from publisher.importers.statuspage import read_statuspage  # noqa: PLC0415 - see LazyGroup

    documents = [document for source in sources for document in _documents(source)]
    return _import(context, read_statuspage(documents), (), now=context.now, dry_run=dry_run)


def _documents(source: str) -> list[SourceFile]:
    if urlsplit(source).scheme in ("http", "https"):
        from publisher.adapters.http_get import get  # noqa: PLC0415 - see LazyGroup

        if source.endswith((".json", ".jsonl")):
            urls = [source]
        else:
            base = source.rstrip("/").removesuffix("/api/v2")
            urls = [f"{base}/api/v2/{name}" for name in _API]
        return [SourceFile(path=url, body=get(url, max_bytes=MAX_DOCUMENT_BYTES, timeout_s=TIMEOUT_S)) for url in urls]
    if "://" in source:
        raise UsageError(f"'{source}' is no web address.", "Give one that begins with https:// or http://, or a file.")
    path = Path(source)
    if not path.is_file():
        raise UsageError(f"{source} is no file.", "Give a file of the API, or an address.")
    try:
        with path.open("rb") as file:
            body = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise StorageError(f"{source} cannot be read: {error.strerror}.", "Give another file.") from error
    if len(body) > MAX_DOCUMENT_BYTES:
        raise UsageError(f"{source} is larger than {MAX_DOCUMENT_BYTES:,} bytes.", "Split it into several files.")
    return [SourceFile(path=path.as_posix(), body=body)]


def _import(
    context: Context, imported: Imported, unreadable: Sequence[Finding], *, now: datetime, dry_run: bool
) -> int:
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.adapters.authored import replace, write_new  # noqa: PLC0415
    from publisher.importers.plan import Fate, plan_import, without  # noqa: PLC0415
    from publisher.load.roots import MAX_SOURCE_BYTES, PUBLIC_ROOTS  # noqa: PLC0415

    root = context.root
    if not (root / "mkdocs.yml").is_file():
        raise UsageError(
            f"{root} is no status repository: it has no mkdocs.yml.",
            "Go to one, or start one with `tidings init --bare DIR`.",
        )
    existing, _ = app.sources(root).read(roots=PUBLIC_ROOTS, max_bytes=MAX_SOURCE_BYTES)
    plan = plan_import(imported, existing)
    plan = without(plan, _refused(plan, existing, now))
    if not dry_run:
        before = {file.path: file.body for file in existing}
        for file in plan.to_write:
            if file.fate is Fate.NEW:
                write_new(root, file.path, file.body, durable=False)
            else:
                replace(root, file.path, file.body, read=before[file.path])
    findings = tuple(sorted({*plan.findings, *unreadable}, key=lambda f: f.sort_key))
    _report(context, plan, findings, dry_run=dry_run)
    return 1 if blocking(findings) else 0


def _refused(plan: Plan, existing: Sequence[SourceFile], now: datetime) -> tuple[Finding, ...]:
    """Give what our own checks would have to refuse in the new incidents: such a file is not written at all."""
    from publisher.checks import check  # noqa: PLC0415 - see LazyGroup
    from publisher.importers.registry import PATH  # noqa: PLC0415
    from publisher.load.history import load_history  # noqa: PLC0415

    new = {file.path: SourceFile(path=file.path, body=file.body) for file in plan.to_write}
    history, problems = load_history([*(f for f in existing if f.path not in new), *new.values()])
    errors = blocking((*problems, *check(history, now=now)))
    return tuple(finding for finding in errors if finding.place.path in new and finding.place.path != PATH)


def _report(context: Context, plan: Plan, findings: Sequence[Finding], *, dry_run: bool) -> None:
    from publisher.checks.formats import Form, render  # noqa: PLC0415 - see LazyGroup
    from publisher.importers.plan import Fate  # noqa: PLC0415

    shown = [f for f in findings if f.level is not Level.NOTE or context.verbose]
    counts = {str(fate): plan.count(fate) for fate in Fate}
    missing = plan.found - sum(counts.values())
    if context.format == "json":
        context.emit(
            {
                "found": plan.found,
                **counts,
                "left_out": missing,
                "components_added": list(plan.components_added),
                "dry_run": dry_run,
                "files": [
                    {"path": file.path, "fate": str(file.fate), "id": file.source_id}
                    for file in plan.files
                    if file.source_id is not None
                ],
                "findings": [_plain(finding) for finding in findings],
            }
        )
        return
    forms: tuple[Form, ...] = ("text", "github", "sarif")
    form: Form = next((known for known in forms if known == context.format), "text")
    text = render(tuple(shown), form).rstrip("\n")
    if text:
        click.echo(text)
    would = "would be " if dry_run else ""
    levels = Counter(finding.level for finding in findings)
    context.say(
        f"{plan.found} incidents found: {counts['new']} {would}new, {counts['renewed']} {would}renewed, "
        f"{counts['same']} there already, {counts['kept']} kept because they were edited, {missing} left out.",
        f"{len(plan.components_added)} components and groups {would}added to policy/components.yml.",
    )
    if levels[Level.NOTE] and not context.verbose:
        context.say(
            f"{levels[Level.NOTE]} notes say what stands in another form now; `tidings --verbose import` shows them."
        )


def _plain(finding: Finding) -> dict[str, str | int]:
    place: Place = finding.place
    return {
        "code": finding.code,
        "level": str(finding.level),
        "path": place.path,
        "line": place.line,
        "column": place.col,
        "what": finding.what,
        "fix": finding.fix,
    }
