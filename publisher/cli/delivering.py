"""`tidings deliver`: send what is due, and settle what is in doubt."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, counted, format_option, is_terminal, pass_context
from publisher.cli.exits import EXIT_DEGRADED, EXIT_NOTHING_REACHED
from publisher.cli.holding import still

if TYPE_CHECKING:
    from publisher.app import Records
    from publisher.deliver.messages import DeliverySummary
    from publisher.model.digest import Plain
    from publisher.model.policy import EmailPolicy
    from publisher.model.site import Site


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what is owed, and send nothing.")
@click.option("--limit", type=click.IntRange(1), help="Send at most so many messages.")
@click.option("--resend", "resend", multiple=True, metavar="JOB", help="Send a parked message again; may be repeated.")
@click.option("--drop", "drop", multiple=True, metavar="JOB", help="Give a parked message up; may be repeated.")
@format_option("text", "json")
@pass_context
def deliver(
    context: Context, *, dry_run: bool, limit: int | None, resend: tuple[str, ...], drop: tuple[str, ...]
) -> int:
    """Send the messages that are due: immediate ones left over, digests whose hour has come, and retries.

    Run it as often as you like, from a timer say; what is not due stays. Messages of which nobody can tell whether they
    went out are sent again with the same Message-ID, or parked for a person, as policy/channels.yml says.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup

    policy, site = app.read_policy(context.root), app.read_site(context.root)
    with app.records(context.root, policy) as records:
        for job in resend:
            records.outbox.decide(job, resend=True)
        for job in drop:
            records.outbox.decide(job, resend=False)
        if dry_run:
            counts = {str(outcome): count for outcome, count in sorted(records.outbox.counts().items())}
            parked = [job.id for job in records.outbox.parked()]
            if context.format == "json":
                context.emit({"rows": dict(counts), "parked": list(parked)})
            else:
                for outcome, count in counts.items():
                    click.echo(f"{count:>8}  {outcome}")
                for job_id in parked:
                    click.echo(f"parked: {job_id} (tidings deliver --resend {job_id}, or --drop)")
            return 0
        held = still(context, records, policy)
        summary = send_due(context, records, site, policy.email, held=held, limit=limit)
    if context.format == "json":
        context.emit(summary_plain(summary))
    else:
        for line in summary_lines(summary):
            context.say(line)
    if summary.complete:
        return 0
    return EXIT_DEGRADED if any(_went(summary)) else EXIT_NOTHING_REACHED


def send_due(
    context: Context,
    records: Records,
    site: Site,
    email: EmailPolicy,
    *,
    held: Sequence[str] = (),
    limit: int | None = None,
) -> DeliverySummary:
    """Send what is due through the transport that policy names, but what `held` incidents are about."""
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.adapters.clock import SystemClock  # noqa: PLC0415
    from publisher.deliver.messages import deliver_due  # noqa: PLC0415

    transport = app.mail_transport(context.root, email)
    try:
        with _counting() as progress:
            return deliver_due(
                records.outbox,
                records.subscribers,
                transport,
                site=site,
                policy=email,
                clock=SystemClock(),
                worker=f"cli-{secrets.token_hex(4)}",
                now=context.fixed_now,
                limit=limit,
                held=held,
                progress=progress,
            )
    finally:
        transport.close()


def summary_plain(summary: DeliverySummary) -> Plain:
    """Write a summary as plain data."""
    return {
        "messages": summary.messages,
        "updates": summary.updates,
        "outcomes": {str(outcome): count for outcome, count in sorted(summary.outcomes.items())},
        "errors": list(summary.errors),
        "complete": summary.complete,
    }


def summary_lines(summary: DeliverySummary) -> tuple[str, ...]:
    """Write a summary for people."""
    if not summary.messages and summary.complete:
        return ("No mail is due.",)
    by = ", ".join(f"{count} {str(outcome).replace('_', ' ')}" for outcome, count in sorted(summary.outcomes.items()))
    lines = [f"{counted(summary.messages, 'mail')} with {counted(summary.updates, 'update')}: {by}."]
    lines += [f"  {error}" for error in summary.errors]
    if not summary.complete:
        lines.append("The rest stays owed; run `tidings deliver` once the cause is mended.")
    return tuple(lines)


def _went(summary: DeliverySummary) -> Iterator[bool]:
    from publisher.model.delivery import Outcome  # noqa: PLC0415 - see LazyGroup

    yield from (
        outcome in {Outcome.ACCEPTED, Outcome.DELIVERED} and count > 0 for outcome, count in summary.outcomes.items()
    )


@contextmanager
def _counting() -> Iterator[Callable[[int], None] | None]:
    """Count messages on a terminal, and only there."""
    if not is_terminal():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress, SpinnerColumn, TextColumn  # noqa: PLC0415

    with Progress(
        SpinnerColumn(), TextColumn("{task.completed:.0f} mails"), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("mails", total=None)
        yield lambda done: bar.update(task, completed=done)
