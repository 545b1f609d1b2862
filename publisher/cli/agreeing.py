"""The gate, with who agreed: approvals that came in are put on record, and a broken glass is too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.cli.context import Context, counted

if TYPE_CHECKING:
    from publisher.app import Records
    from publisher.building import Built
    from publisher.model.finding import Finding
    from publisher.release.gate import Verdict


def agreed(
    context: Context,
    built: Built,
    records: Records,
    inside: Sequence[Finding],
    *,
    commit: str | None,
    glass: tuple[str, str] | None,
    dry_run: bool,
) -> Verdict:
    """Ask the gate.

    Args:
        context: as ever.
        built: what would go out.
        records: where approvals are received.
        inside: what the inside says.
        commit: from which approvals are read.
        glass: (why, by whom) words go out without the agreement they need.
        dry_run: whether nothing may be put on record.
    """
    from publisher import app, pipeline  # noqa: PLC0415 - see LazyGroup
    from publisher.model.codes import levelled  # noqa: PLC0415
    from publisher.records.approvals import break_glass, receive  # noqa: PLC0415

    policy = built.history.policy
    stand = app.agreement(context.root, built.history, records.ledger, now=context.now, commit=commit)
    found = levelled(stand.findings, policy.levels)
    verdict = pipeline.weigh(built, inside=(*inside, *found), needs=stand.needs, approvals=stand.approvals)
    if dry_run:
        return replace(verdict, missing=()) if glass else verdict
    for signed, key in stand.fresh:
        receive(records.ledger, signed, key=key, now=context.now)
    if glass is not None and verdict.missing and not verdict.findings:
        due = context.now + policy.approvals.review_within
        break_glass(records.ledger, verdict.missing, why=glass[0], by=glass[1], due=due, now=context.now)
        context.say(
            f"The glass is broken: {counted(len(verdict.missing), 'approval')} missing. It is on record; review it by "
            f"{due:%Y-%m-%d %H:%M} UTC: `tidings report near-misses`."
        )
        return replace(verdict, missing=())
    return verdict
