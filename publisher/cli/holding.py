"""`tidings hold`: keep words back for a while; and what publish and deliver ask of holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, counted, format_option, parse_moment, pass_context
from publisher.cli.repository import named

if TYPE_CHECKING:
    from publisher.app import Records
    from publisher.holding import Waiting
    from publisher.model.digest import Plain
    from publisher.model.policy import Policy
    from publisher.pipeline import Planned
    from publisher.records.holds import Kept

_LENGTH = re.compile(r"([1-9]\d{0,4})\s?(m|min|h|d)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


@click.command()
@click.argument("incident", required=False)
@click.option("--for", "length", metavar="LENGTH", help="How long: `30m`, `2h`.")
@click.option("--until", "until_text", metavar="TIME", help="Until when: ISO 8601 with zone.")
@click.option("--why", metavar="TEXT", help="Why. Colleagues read it wherever something waits.")
@click.option("--by", metavar="NAME", help="Who says so.")
@click.option(
    "--channel",
    "channels",
    multiple=True,
    type=click.Choice(["page", "email"]),
    help="Only this; all otherwise. Repeatable.",
)
@click.option("--end", "ended", type=int, metavar="N", help="End hold N before its time.")
@format_option("text", "json")
@pass_context
def hold(  # noqa: PLR0917 -- one argument an option
    context: Context,
    incident: str | None,
    length: str | None,
    until_text: str | None,
    why: str | None,
    by: str | None,
    channels: tuple[str, ...],
    ended: int | None,
) -> int:
    """Keep words back: mail about INCIDENT, or without one everything. Without options, say what is held.

    What waits goes out together when the hold ends, by the next publish and deliver. Severities and states that
    policy/holds.yml lets pass never wait. The page waits as a whole or not at all.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.model.delivery import Channel  # noqa: PLC0415
    from publisher.model.governance import Hold  # noqa: PLC0415
    from publisher.records.holds import end_hold, holds_on_record, set_hold  # noqa: PLC0415

    now = context.now
    content = app.read_content(context.root, now=now)
    setting = any((length, until_text, why, channels))
    if (setting or ended is not None) and not (by and by.strip()):
        raise click.UsageError("A hold wants --by NAME: somebody must stand for it.")
    if setting and ended is not None:
        raise click.UsageError("--end N goes with --by alone.")
    with app.records(context.root, content.history.policy) as records:
        if ended is not None:
            end_hold(records.ledger, ended, by=(by or "").strip(), now=now)
        elif setting:
            if not (why and why.strip()):
                raise click.UsageError("A hold wants --why TEXT.")
            meant = named(content.history, incident, context.root).id if incident else None
            if meant and "page" in channels:
                raise click.UsageError("The page waits as a whole: hold it without an incident.")
            wanted = [Channel(one) for one in channels] or ([Channel.EMAIL] if meant else [])
            set_hold(
                records.ledger,
                Hold(
                    why=why.strip(),
                    begins=now,
                    ends=_ends(length, until_text, now),
                    channels=tuple(wanted),
                    incidents=(meant,) if meant else (),
                ),
                by=(by or "").strip(),
                now=now,
            )
        kept = [one for one in holds_on_record(records.ledger.archive()) if one.hold.ends > now]
    windows = [one for one in content.history.policy.holds.windows if one.ends > now]
    if context.format == "json":
        context.emit(
            {
                "holds": [_plain(one) for one in kept],
                "windows": [
                    {"name": w.name, "from": w.begins.isoformat(), "until": w.ends.isoformat()} for w in windows
                ],
            }
        )
        return 0
    for one in kept:
        click.echo(_line(one))
    for window in windows:
        click.echo(
            f"window  {window.begins:%Y-%m-%d %H:%M} to {window.ends:%Y-%m-%d %H:%M} UTC  {window.name}: {window.why}"
        )
    context.say(f"{counted(len(kept), 'hold')}, {counted(len(windows), 'window')} to come or under way.")
    return 0


def held_back(context: Context, records: Records, planned: Planned, *, dry_run: bool, silent: bool = False) -> Waiting:
    """Say what of a publish waits, and put on record what does; words that pass every hold take the page with them."""
    from publisher.holding import waiting  # noqa: PLC0415 - see LazyGroup
    from publisher.records.holds import note_held  # noqa: PLC0415

    built = planned.built
    waits = waiting(built.history, records.ledger.archive(), now=context.now)
    if planned.unchanged or (waits.page is None and not waits.mail):
        return replace(waits, page=None)
    fresh = _fresh(planned, records)
    passed = sorted(fresh & set(waits.passing))
    if waits.page is not None and passed:
        waits = replace(waits, page=None)
    quiet = sorted(fresh if waits.page is not None else fresh & set(waits.held))
    if not dry_run and (quiet or passed):
        why = (waits.page or waits.mail[0][1]).why if waits.page or waits.mail else ""
        note_held(records.ledger, why=why, waits=quiet, passed=passed, now=context.now)
    if waits.page is not None and not silent:
        _tell_held(context, waits.page.ends, waits.page.why, quiet)
    return waits


def still(context: Context, records: Records, policy: Policy) -> Sequence[str]:
    """Give the incidents about which no mail goes now. The texts are read only if anything can be held at all."""
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.holding import waiting  # noqa: PLC0415
    from publisher.records.holds import holds_on_record  # noqa: PLC0415

    log = tuple(records.ledger.archive())
    now = context.now
    active = any(one.hold.begins <= now < one.hold.ends for one in holds_on_record(log))
    windows = any(one.begins <= now < one.ends for one in policy.holds.windows)
    if not active and not windows and not policy.holds.states:
        return ()
    held = waiting(app.read_content(context.root, now=now).history, log, now=now).held
    if held:
        context.say(f"Mail about {counted(len(held), 'incident')} waits: `tidings hold` says why.")
    return held


def _fresh(planned: Planned, records: Records) -> set[str]:
    """Give the incidents of which this release would say something that was not said before."""
    announced = records.ledger.announced()
    return {one.incident for one in planned.built.said if (one.incident, one.update, one.revision) not in announced}


def _tell_held(context: Context, ends: datetime, why: str, quiet: Sequence[str]) -> None:
    if context.format == "json":
        context.emit({"held": {"until": ends.isoformat(), "why": why, "incidents": list(quiet)}})
        return
    click.echo(f"Held until {ends:%Y-%m-%d %H:%M} UTC: {why} Nothing went out; publish again when it is over.")


def _ends(length: str | None, until_text: str | None, now: datetime) -> datetime:
    if (length is None) == (until_text is None):
        raise click.UsageError("Say how long: --for LENGTH or --until TIME.")
    if until_text is not None:
        ends = parse_moment(until_text)
    else:
        found = _LENGTH.fullmatch((length or "").strip())
        if found is None:
            raise click.UsageError(f"'{length}' is no length of time: write `30m` or `2h`.")
        ends = now + timedelta(**{_UNITS[found[2]]: int(found[1])})
    if ends <= now:
        raise click.UsageError("It would be over already.")
    return ends


def _line(one: Kept) -> str:
    what = ", ".join(one.hold.incidents) or "everything"
    where = ", ".join(one.hold.channels) or "page and mail"
    return f"{one.seq:>6}  until {one.hold.ends:%Y-%m-%d %H:%M} UTC  {what} ({where}): {one.hold.why} ({one.by})"


def _plain(one: Kept) -> Plain:
    return {
        "entry": one.seq,
        "from": one.hold.begins.isoformat(),
        "until": one.hold.ends.isoformat(),
        "incidents": list(one.hold.incidents),
        "channels": [str(channel) for channel in one.hold.channels],
        "why": one.hold.why,
        "by": one.by,
    }
