"""`tidings check`: everything that is wrong with the texts, all at once."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.context import Context, counted, format_option, pass_context


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option("--inside", is_flag=True, help="Also weigh what only colleagues read: decisions, late duties, approvals.")
@format_option("text", "json", "github", "sarif")
@pass_context
def check(context: Context, paths: tuple[Path, ...], *, strict: bool, inside: bool) -> int:
    """Say everything that is wrong with the texts.

    Reads the whole repository, because one file's words can contradict another's; with PATHS, only findings in those
    files or folders are told. Exit code 1 when something must be mended.
    """
    from publisher.app import agreement, look_inside, read_content, records  # noqa: PLC0415 - see LazyGroup
    from publisher.checks.formats import render  # noqa: PLC0415
    from publisher.model.codes import levelled  # noqa: PLC0415
    from publisher.model.finding import Level  # noqa: PLC0415

    now = context.now
    content = read_content(context.root, now=now)
    findings = content.findings
    if inside:
        with records(context.root, content.history.policy) as opened:
            looked = look_inside(context.root, content.history, opened.ledger, now=now, thoroughly=True).findings
            stand = agreement(context.root, content.history, opened.ledger, now=now)
        looked = (*looked, *levelled(stand.findings, content.history.policy.levels))
        findings = tuple(sorted({*findings, *looked}, key=lambda finding: finding.sort_key))
    wanted = tuple(_relative(context.root, path) for path in paths)
    for path, name in zip(paths, wanted, strict=True):
        if not (context.root / name).exists() and not any(_within(f.place.path, name) for f in findings):
            raise click.UsageError(f"There is no {path} to check.")
    shown = tuple(
        finding
        for finding in findings
        if (not wanted or any(_within(finding.place.path, path) for path in wanted))
        and (context.verbose or finding.level is not Level.NOTE)
    )
    text = render(shown, context.format)
    if text:
        click.echo(text.rstrip("\n"))
    errors = sum(1 for f in shown if f.level is Level.ERROR)
    warnings = sum(1 for f in shown if f.level is Level.WARNING)
    if context.format == "text":
        incidents = counted(len(content.history.incidents), "incident")
        context.say(
            f"{incidents} read: {errors} must be mended, {warnings} should be looked at."
            if errors or warnings
            else f"{incidents} read: nothing to mend."
        )
    return 1 if errors or (strict and warnings) else 0


def _relative(root: Path, path: Path) -> str:
    """Say where a path lies below the repository's root, in findings' words."""
    full = path if path.is_absolute() else Path.cwd() / path
    try:
        return full.relative_to(root).as_posix()
    except ValueError:
        try:
            return full.resolve().relative_to(root).as_posix()
        except ValueError as error:
            raise click.UsageError(f"{path} is not in this repository ({root}).") from error


def _within(path: str, folder: str) -> bool:
    return folder in {".", path} or path.startswith(f"{folder}/")
