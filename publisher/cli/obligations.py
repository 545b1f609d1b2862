"""`tidings obligations`: whom we have to tell, by when; and what starts and ends those clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, counted, format_option, parse_moment, pass_context
from publisher.cli.repository import named
from publisher.model.duty import LABEL
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from publisher.model.digest import Plain
    from publisher.model.duty import Event
    from publisher.model.history import History
    from publisher.model.incident import Incident
    from publisher.model.obligations import Obligations
    from publisher.model.occurrence import Occurred, Occurrences, Submitted
    from publisher.obligations.standing import Standing
    from publisher.ports import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """What somebody wants put on record; at most one of the three."""

    record: str | None
    submit: str | None
    withdraw: int | None
    at: datetime | None
    by: str | None
    reference: str | None
    note: str | None
    why: str | None


@click.command()
@click.argument("incident", required=False)
@click.option(
    "--record", metavar="EVENT", help="Put an event on record: `awareness`, or `eu-dora/classification` for one."
)
@click.option("--submit", metavar="REGIME/STEP", help="Put on record that something was handed in.")
@click.option("--withdraw", type=click.IntRange(1), metavar="ENTRY", help="Say that an entry was made in error.")
@click.option("--at", "at_text", metavar="TIME", help="When it happened: ISO 8601 with zone. Clocks count from here.")
@click.option("--by", metavar="NAME", help="Who says so.")
@click.option("--reference", help="What the recipient calls it; with --submit.")
@click.option("--note", help="A line for colleagues; with --record.")
@click.option("--why", help="Why an entry is withdrawn.")
@click.option("--regimes", is_flag=True, help="List the rules that ship, with source and date of review.")
@format_option("text", "json")
@pass_context
def obligations(  # noqa: PLR0917 -- one argument an option
    context: Context,
    incident: str | None,
    record: str | None,
    submit: str | None,
    withdraw: int | None,
    at_text: str | None,
    by: str | None,
    reference: str | None,
    note: str | None,
    why: str | None,
    *,
    regimes: bool,
) -> int:
    """Say whom we have to tell of INCIDENT and by when, what is overdue first; without INCIDENT, of all open ones.

    Clocks start at events that somebody records, never at the incident's beginning, and the next step counts from the
    submission before it. All of it is a configurable default, not legal advice: policy/obligations.yml says which rules
    count here. Corrections are new entries: nothing is ever taken out of the record.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.records.events import all_occurrences  # noqa: PLC0415

    now = context.now
    wishes = _Wishes(
        record=record,
        submit=submit,
        withdraw=withdraw,
        at=parse_moment(at_text) if at_text else None,
        by=by,
        reference=reference,
        note=note,
        why=why,
    )
    _judge(wishes, incident)
    if regimes:
        _list_regimes(context, app.read_policy(context.root).obligations, now)
        return 0
    history = app.read_content(context.root, now=now).history
    meant = named(history, incident, context.root) if incident else None
    with app.records(context.root, history.policy) as records:
        if meant is not None:
            _write(context, records.ledger, history, meant, wishes, now)
        occurred = all_occurrences(records.ledger.archive())
    _tell(context, history, meant, occurred, now)
    return 0


def _judge(wishes: _Wishes, incident: str | None) -> None:
    """Refuse what does not go together, before anything is read."""
    asked = [name for name in ("record", "submit", "withdraw") if getattr(wishes, name) is not None]
    if len(asked) > 1:
        raise click.UsageError(f"--{asked[0]} and --{asked[1]} are two entries: record them one by one.")
    if not asked:
        if wishes.at or wishes.by or wishes.reference or wishes.note or wishes.why:
            raise click.UsageError("--at, --by and the rest belong to --record, --submit or --withdraw.")
        return
    if incident is None:
        raise click.UsageError(f"--{asked[0]} wants an INCIDENT.")
    if not wishes.by or not wishes.by.strip():
        raise click.UsageError(f"--{asked[0]} wants --by NAME: somebody must stand for it.")
    if asked != ["withdraw"] and wishes.at is None:
        raise click.UsageError(f"--{asked[0]} wants --at TIME: clocks count from when it happened.")
    if asked == ["withdraw"] and not wishes.why:
        raise click.UsageError("--withdraw wants --why: the entry stays in the record, with what you say here.")


def _write(  # noqa: PLR0917 -- what is written, where, for what
    context: Context, ledger: Ledger, history: History, incident: Incident, wishes: _Wishes, now: datetime
) -> None:
    from publisher.records import events  # noqa: PLC0415 - see LazyGroup

    by = (wishes.by or "").strip()
    if wishes.record is not None:
        scope, event = _event(wishes.record, history.policy.obligations)
        entry = events.record_event(
            ledger,
            incident=incident.id,
            event=event,
            scope=scope,
            at=wishes.at or now,
            by=by,
            now=now,
            note=wishes.note or "",
        )
    elif wishes.submit is not None:
        entry = events.record_submission(
            ledger,
            incident=incident.id,
            duty=_duty(wishes.submit, incident, history.policy.obligations),
            at=wishes.at or now,
            by=by,
            now=now,
            reference=wishes.reference or "",
        )
    elif wishes.withdraw is not None:
        entry = events.record_withdrawal(
            ledger, incident=incident.id, entry=wishes.withdraw, why=wishes.why or "", by=by, now=now
        )
    else:
        return
    context.say(f"Recorded as entry {entry.seq} of the log.", "")


def _event(typed: str, obligations: Obligations) -> tuple[str | None, Event]:
    """Read `event` or `scope/event`."""
    from publisher.model.duty import Event  # noqa: PLC0415 - see LazyGroup

    scope, slash, word = typed.rpartition("/")
    if word not in set(Event):
        listed = ", ".join(Event)
        raise UsageError(
            f"'{word}' is not an event that starts a clock.", f"{_near(word, list(Event))}There are {listed}."
        )
    scopes = [
        *(one.regime for one in obligations.enabled),
        *(one.id for one in obligations.contracts),
        *(one.id for one in obligations.vendors),
    ]
    if slash and scope not in scopes:
        listed = ", ".join(scopes) or "none"
        raise UsageError(
            f"No regime, contract or vendor of policy/obligations.yml is called '{scope}'.",
            f"{_near(scope, scopes)}There are {listed}.",
        )
    return scope or None, Event(word)


def _duty(typed: str, incident: Incident, obligations: Obligations) -> str:
    from publisher.obligations.applying import owed_by  # noqa: PLC0415 - see LazyGroup

    ids = [owed.id for owed in owed_by(incident, obligations)]
    if typed not in ids:
        listed = f"There are {', '.join(ids)}." if ids else "Enable a regime in policy/obligations.yml first."
        raise UsageError(f"{incident.id} brings no duty '{typed}'.", f"{_near(typed, ids)}{listed}")
    return typed


def _near(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"Did you mean '{near[0]}'? " if near else ""


def _tell(
    context: Context, history: History, meant: Incident | None, occurred: Mapping[str, Occurrences], now: datetime
) -> None:
    from publisher.inside import duties  # noqa: PLC0415 - see LazyGroup
    from publisher.model.occurrence import Occurrences  # noqa: PLC0415
    from publisher.obligations.wording import plain  # noqa: PLC0415

    wanted = [meant] if meant else [one for one in history.incidents if one.is_open or one.id in occurred]
    nothing = Occurrences()
    found = [(one, duties(history, one, occurred.get(one.id, nothing), now=now)) for one in wanted]
    if context.format == "json":
        shown: list[Plain] = [
            {
                "incident": one.id,
                "now": now.isoformat(),
                "label": LABEL,
                "duties": [plain(duty, now) for duty in stands],
                "entries": _entries(occurred.get(one.id, nothing)),
            }
            for one, stands in found
        ]
        context.emit(shown[0] if meant else shown)
        return
    for number, (one, stands) in enumerate(found):
        if number:
            click.echo()
        _tell_one(one, stands, occurred.get(one.id, nothing), now)
    if not found:
        click.echo("Nothing is open, and nothing is on record.")


def _tell_one(incident: Incident, stands: Sequence[Standing], record: Occurrences, now: datetime) -> None:
    from publisher.obligations.wording import lines  # noqa: PLC0415 - see LazyGroup

    click.echo(f"{incident.id}  {incident.title}, {now:%Y-%m-%d %H:%M} UTC")
    if not stands:
        click.echo("No duty of policy/obligations.yml fits it.")
    for line in lines(stands, now=now):
        click.echo(line)
    entries: list[Occurred | Submitted] = sorted((*record.events, *record.submissions), key=_number)
    if entries or record.withdrawn:
        click.echo("On record:")
    for entry in entries:
        click.echo(f"  {entry.seq:>4}  {entry.at:%Y-%m-%d %H:%M} UTC  {_what(entry)}, {entry.by}")
    for back in record.withdrawn:
        click.echo(f"  {back.seq:>4}  entry {back.entry} withdrawn: {back.why}, {back.by}")


def _what(entry: Occurred | Submitted) -> str:
    from publisher.model.occurrence import Submitted  # noqa: PLC0415 - see LazyGroup

    if isinstance(entry, Submitted):
        return f"{entry.duty} handed in{f' ({entry.reference})' if entry.reference else ''}"
    return f"{entry.scope}/{entry.event}" if entry.scope else str(entry.event)


def _number(entry: Occurred | Submitted) -> int:
    return entry.seq


def _entries(record: Occurrences) -> list[Plain]:
    out: list[Plain] = []
    for event in record.events:
        about: dict[str, Plain] = {"entry": event.seq, "event": str(event.event), "scope": event.scope}
        out.append({**about, **_common(event), "note": event.note or None})
    out += [
        {"entry": one.seq, "submitted": one.duty, **_common(one), "reference": one.reference or None}
        for one in record.submissions
    ]
    out += [{"entry": back.seq, "withdraws": back.entry, "why": back.why, "by": back.by} for back in record.withdrawn]
    return out


def _common(entry: Occurred | Submitted) -> dict[str, Plain]:
    return {"at": entry.at.isoformat(), "by": entry.by, "received": entry.received.isoformat()}


def _list_regimes(context: Context, obligations: Obligations, now: datetime) -> None:
    from publisher.load.regimes import shipped  # noqa: PLC0415 - see LazyGroup
    from publisher.obligations.wording import row_lines, row_plain  # noqa: PLC0415

    enabled = [one.regime for one in obligations.enabled]
    rows = shipped()
    if context.format == "json":
        context.emit([row_plain(row, enabled, now=now) for row in rows])
        return
    click.echo("\n".join(row_lines(rows, enabled, now=now)))
    context.say("", f"{counted(len(rows), 'rule')}. None counts until policy/obligations.yml names its regime.")
