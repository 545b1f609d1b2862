"""`tidings report`: what the record says, for the review afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, counted, format_option, pass_context

if TYPE_CHECKING:
    from publisher.model.digest import Plain
    from publisher.records.near_misses import NearMiss


@click.group()
def report() -> None:
    """Reports for the review after an incident."""


@report.command("near-misses")
@click.option("--review", "reviewed", multiple=True, type=int, metavar="N", help="Mark N as looked at. Repeatable.")
@click.option("--by", metavar="NAME", help="Who looked at it; with --review.")
@click.option("--note", default="", metavar="TEXT", help="What came of it; with --review.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nobody has looked at.")
@format_option("text", "json")
@pass_context
def near_misses(context: Context, *, reviewed: tuple[int, ...], by: str | None, note: str, only_open: bool) -> int:
    """List what `publish` stopped on its way out: leaks, contradictions, what nobody approved.

    Each is on record by itself, with what sort of thing it was and where it stood, and never with the thing. With
    --review, somebody puts on record that it was looked at. Exit code 0, also when some are open.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.records.near_misses import near_misses as listed  # noqa: PLC0415
    from publisher.records.near_misses import review  # noqa: PLC0415

    if reviewed and not (by and by.strip()):
        raise click.UsageError("A review wants --by NAME: somebody must stand for it.")
    if not reviewed and (by or note):
        raise click.UsageError("--by and --note go with --review N.")
    with app.records(context.root, app.read_policy(context.root)) as records:
        if reviewed:
            review(records.ledger, reviewed, by=(by or "").strip(), note=note, now=context.now)
        found = [one for one in listed(records.ledger.archive()) if not only_open or one.reviewed is None]
    if context.format == "json":
        context.emit([_plain(one) for one in found])
        return 0
    for one in found:
        click.echo(_line(one))
    waiting = sum(one.reviewed is None for one in found)
    context.say(f"{counted(len(found), 'near miss', 'near misses')}, {waiting} to be looked at.")
    return 0


def _line(one: NearMiss) -> str:
    times = "" if one.attempts == 1 else f", {one.attempts} times, last {one.last:%Y-%m-%d %H:%M} UTC"
    state = f"reviewed by {one.by}, {one.reviewed:%Y-%m-%d}" if one.reviewed else "open"
    note = f": {one.note}" if one.note else ""
    where = one.path if one.line <= 1 else f"{one.path}:{one.line}"
    head = f"{one.seq:>6}  {one.first:%Y-%m-%d %H:%M} UTC  {one.code} {one.title}"
    return f"{head}\n        {where}{times}\n        {state}{note}"


def _plain(one: NearMiss) -> Plain:
    return {
        "entry": one.seq,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "attempts": one.attempts,
        "code": one.code,
        "title": one.title,
        "path": one.path,
        "line": one.line,
        "commit": one.commit,
        "reviewed": one.reviewed.isoformat() if one.reviewed else None,
        "by": one.by,
        "note": one.note,
    }
