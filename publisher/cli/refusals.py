"""What stops a publish: shown in the form asked for, and put on record where it would have told too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context
from publisher.model.finding import blocking

if TYPE_CHECKING:
    from publisher.model.finding import Finding
    from publisher.model.policy import Policy
    from publisher.release.gate import Verdict


def refuse(context: Context, findings: Sequence[Finding]) -> bool:
    """Show what blocks, in the form asked for, and say whether anything does."""
    from publisher.checks.formats import render  # noqa: PLC0415 - see LazyGroup

    found = blocking(tuple(findings))
    if not found:
        return False
    click.echo(render(found, context.format).rstrip("\n"))
    context.say(
        f"Stopped: {len(found)} {'things' if len(found) != 1 else 'thing'} must be mended first. "
        "What is live stays as it is."
    )
    return True


def stopped(context: Context, verdict: Verdict, policy: Policy, *, commit: str | None) -> None:
    """Show why the gate said no, and put near misses on record; most often it was only a slip, and there are none."""
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.records.near_misses import is_near_miss, record_near_misses  # noqa: PLC0415

    if not refuse(context, verdict.findings):
        for reason in verdict.reasons:
            click.echo(reason)
    missed = [one for one in verdict.findings if is_near_miss(one)]
    if missed:
        with app.records(context.root, policy) as records:
            record_near_misses(records.ledger, missed, now=context.now, commit=commit)
        context.say("It is on record: `tidings report near-misses`.")
