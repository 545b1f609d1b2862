"""`tidings status`: what is open, what is live, what is owed; and one incident, whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, counted, format_option, pass_context
from publisher.cli.repository import named

if TYPE_CHECKING:
    from publisher.deliver.live import Standing
    from publisher.model.digest import Plain
    from publisher.model.history import History
    from publisher.model.incident import Incident
    from publisher.obligations.standing import Standing as Clock
    from publisher.ports import Ledger
    from publisher.render.view import IncidentView, View


@click.command()
@click.argument("incident", required=False)
@format_option("text", "json")
@pass_context
def status(context: Context, incident: str | None) -> int:
    """Say what is open, what is live on each target and what is owed; with INCIDENT, what was said about that one.

    INCIDENT is an id, a part of it that no other has, or its file.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.deliver.live import survey  # noqa: PLC0415
    from publisher.model.errors import UsageError  # noqa: PLC0415
    from publisher.render.views import project  # noqa: PLC0415

    now = context.now
    content = app.read_content(context.root, now=now)
    history = content.history
    view = project(history, locale=history.site.locale, now=now)
    with app.records(context.root, history.policy) as records:
        announced = records.ledger.announced()
        counts = {str(outcome): count for outcome, count in sorted(records.outbox.counts().items())}
        parked = [job.id for job in records.outbox.parked()]
        meant = named(history, incident, context.root) if incident is not None else None
        clock = _next_duty(history, meant, records.ledger, now) if meant is not None else None
    if meant is not None:
        found = view.by_id.get(meant.id)
        if found is None:
            raise UsageError(f"{meant.id} names only components that are not public.", "It is on no page.")
        said = frozenset((update, revision) for name, update, revision in announced if name == meant.id)
        _tell_incident(context, found, said, clock, now)
        return 0
    standings = survey(list(app.stores(context.root, history.policy).values()))
    if context.format == "json":
        context.emit(
            {
                "now": now.isoformat(),
                "overall": str(view.overall),
                "open": [_incident_plain(one, now) for one in view.open_incidents],
                "targets": [_standing_plain(standing) for standing in standings],
                "rows": dict(counts),
                "parked": list(parked),
                "findings": len(content.findings),
            }
        )
        return 0
    _tell_all(view, standings, now)
    owed = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in counts.items()) or "nothing yet"
    click.echo(f"Mail: {owed}.")
    for job in parked:
        click.echo(f"  parked, wants a decision: {job} (tidings deliver --resend {job}, or --drop {job})")
    if content.findings:
        click.echo(f"{counted(len(content.findings), 'finding')}: tidings check")
    return 0


def _tell_all(view: View, standings: Sequence[Standing], now: datetime) -> None:
    click.echo(f"{view.site.name}, {now:%Y-%m-%d %H:%M} UTC: {str(view.overall).replace('_', ' ')}.")
    for one in view.open_incidents:
        click.echo(
            f"  {one.id}  {str(one.status).replace('_', ' ')}, since {one.started:%d %b %H:%M} UTC{_promise(one, now)}"
        )
    for standing in standings:
        if standing.error is not None:
            click.echo(f"{standing.store.name}: cannot be reached. {standing.error}")
        elif standing.live is None:
            click.echo(f"{standing.store.name}: nothing was published there yet.")
        else:
            built = standing.live.pointer.built
            click.echo(f"{standing.store.name}: generation {standing.generation}, built {built:%Y-%m-%d %H:%M:%S} UTC.")


def _promise(incident: IncidentView, now: datetime) -> str:
    if incident.next is None:
        return ""
    late = incident.next < now
    return f"; next update {'was due' if late else 'promised'} {incident.next:%H:%M} UTC{' (overdue)' if late else ''}"


def _next_duty(history: History, incident: Incident, ledger: Ledger, now: datetime) -> Clock | None:
    """Give what has to be told next to an authority or a partner, where policy knows such duties."""
    obligations = history.policy.obligations
    if not obligations.duties and not obligations.contracts:
        return None
    from publisher.inside import duties  # noqa: PLC0415 - see LazyGroup
    from publisher.obligations.standing import next_due  # noqa: PLC0415
    from publisher.records.events import occurrences  # noqa: PLC0415

    return next_due(duties(history, incident, occurrences(ledger.archive(), incident.id), now=now))


def _tell_incident(
    context: Context, incident: IncidentView, said: frozenset[tuple[str, str]], clock: Clock | None, now: datetime
) -> None:
    from publisher.obligations.wording import plain, summary  # noqa: PLC0415 - see LazyGroup

    if context.format == "json":
        context.emit(
            {
                **_incident_plain(incident, now),
                "updates": [
                    {
                        "at": update.at.isoformat(),
                        "status": str(update.status),
                        "revision": update.said,
                        "recorded": (update.key, update.said) in said,
                    }
                    for update in incident.updates
                ],
                "next_duty": plain(clock, now) if clock else None,
            }
        )
        return
    click.echo(f"{incident.id}  {incident.title}")
    click.echo(
        f"  {str(incident.status).replace('_', ' ')}, {incident.severity}, {incident.category}{_promise(incident, now)}"
    )
    if clock is not None:
        click.echo(f"  next duty: {summary(clock, now)}")
    for update in incident.updates:
        recorded = "recorded" if (update.key, update.said) in said else "not yet recorded"
        at, word = f"{update.at:%Y-%m-%d %H:%M}", str(update.status).replace("_", " ")
        click.echo(f"  {at} UTC  {word:<14} {update.said[:12]}  {recorded}")


def _incident_plain(incident: IncidentView, now: datetime) -> dict[str, Plain]:
    return {
        "id": incident.id,
        "title": incident.title,
        "status": str(incident.status),
        "severity": str(incident.severity),
        "impact": str(incident.impact_now),
        "started": incident.started.isoformat(),
        "next": incident.next.isoformat() if incident.next else None,
        "overdue": bool(incident.next and incident.next < now),
    }


def _standing_plain(standing: Standing) -> Plain:
    return {
        "target": standing.store.name,
        "generation": standing.generation,
        "built": standing.live.pointer.built.isoformat() if standing.live else None,
        "error": str(standing.error) if standing.error else None,
    }
