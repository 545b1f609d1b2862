"""What `tidings publish` and `tidings rollback` tell of what they would do, do, and did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, counted, is_terminal
from publisher.cli.exits import EXIT_DEGRADED, EXIT_NOTHING_REACHED, EXIT_REFUSED

if TYPE_CHECKING:
    from publisher.building import Built
    from publisher.deliver.site import SiteReceipt, TargetPlan
    from publisher.model.digest import Plain
    from publisher.pipeline import Planned


def warn(context: Context, built: Built) -> None:
    """Tell what MkDocs says of the pages around the incidents; it keeps nothing from going out."""
    for warning in built.warnings:
        context.say(f"warning: {' '.join(warning.split())}")


@contextmanager
def upload_progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Show how far an upload is, on a terminal and only there."""
    if not is_terminal():
        yield None
        return
    import threading  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    lock, tasks = threading.Lock(), dict[str, object]()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:

        def tell(target: str, done: int, total: int) -> None:
            with lock:
                if target not in tasks:
                    tasks[target] = bar.add_task(target, total=total)
                bar.update(tasks[target], completed=done, total=total)  # type: ignore[arg-type]

        yield tell


def tell_plan(context: Context, planned: Planned) -> None:
    """Say what a publish would do."""
    if context.format == "json":
        context.emit(
            {
                "generation": planned.release.generation,
                "unchanged": planned.unchanged,
                "owed": len(planned.owed.deliveries),
                "targets": [_target_plain(target) for target in planned.targets],
            }
        )
        return
    for target in planned.targets:
        if target.error is not None:
            click.echo(f"{target.target}: cannot be reached. {target.error}")
            continue
        click.echo(
            f"{target.target}: generation {target.generation} is live; "
            f"{counted(len(target.changes), 'file')} would change."
        )
        for change in target.changes:
            click.echo(f"  {change.reason:<8} {change.path}")
    click.echo(
        f"{counted(len(planned.owed.deliveries), 'mail')} would become owed."
        if not planned.unchanged
        else "Nothing to do."
    )


def _target_plain(target: TargetPlan) -> Plain:
    return {
        "target": target.target,
        "generation": target.generation,
        "error": str(target.error) if target.error else None,
        "changes": [{"path": change.path, "reason": str(change.reason)} for change in target.changes],
    }


def receipt_plain(receipt: SiteReceipt) -> Plain:
    """Give what was done to a target, for programs."""
    return {
        "target": receipt.target,
        "outcome": str(receipt.outcome),
        "generation": receipt.generation,
        "changed": len(receipt.changes),
        "error": str(receipt.error) if receipt.error else None,
        "leftover": str(receipt.leftover) if receipt.leftover else None,
    }


def tell_receipts(context: Context, receipts: Sequence[SiteReceipt]) -> None:
    """Say what was done to each target."""
    for receipt in receipts:
        match str(receipt.outcome):
            case "unchanged":
                context.say(f"{receipt.target}: nothing changed; generation {receipt.generation} stays.")
            case "live":
                files = "1 file" if len(receipt.changes) == 1 else f"{len(receipt.changes)} files"
                context.say(f"{receipt.target}: generation {receipt.generation} is live, {files} changed.")
            case outcome:
                click.echo(f"{receipt.target}: {outcome}. {receipt.error or ''}".rstrip(), err=True)
        if receipt.leftover:
            context.say(
                f"{receipt.target}: the cleaning up was cut short; the next publish finishes it. {receipt.leftover}"
            )


def exit_of(receipts: Sequence[SiteReceipt]) -> int:
    """Give the exit code that receipts mean."""
    good = sum(receipt.good for receipt in receipts)
    if good == len(receipts):
        return 0
    if good:
        return EXIT_DEGRADED
    return EXIT_REFUSED if any(str(r.outcome) == "superseded" for r in receipts) else EXIT_NOTHING_REACHED
