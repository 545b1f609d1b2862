"""Makes policies, incidents and records for tests of duties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from publisher.load.regimes import shipped
from publisher.model.duty import Debtor, Event
from publisher.model.incident import Category, Cause, Incident, Internal, Kind, Scope, Severity
from publisher.model.obligations import Enabled, House, Obligations
from publisher.model.occurrence import Occurred, Occurrences, Submitted

INCIDENT = "2026-11-20-card-payments"
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def obligations(*regimes: str) -> Obligations:
    """Enable regimes for a house that is everything they ask for."""
    rows = tuple(row for row in shipped() if row.regime in regimes)
    return Obligations(
        house=House(
            name="Northwind",
            sectors=tuple(sorted({row.sector for row in rows if row.sector})),
            roles=tuple(Debtor),
            zone="Europe/Berlin",
        ),
        enabled=tuple(Enabled(regime=one, by="Amal Haddad", on=date(2026, 6, 1)) for one in regimes),
        duties=rows,
    )


def incident(fields: Mapping[str, str] | None = None, *, vendor: str | None = None) -> Incident:
    """Give an incident; `fields` are the internal ones."""
    return Incident(
        id=INCIDENT,
        kind=Kind.INCIDENT,
        title="Card payments failing",
        category=Category.OUTAGE,
        severity=Severity.SEV2,
        scope=Scope.REGIONAL,
        started=datetime(2026, 11, 20, 9, tzinfo=UTC),
        cause=Cause(vendor=vendor),
        internal=Internal(fields=fields if fields is not None else {"personal_data": "true"}),
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def record(text: str, regime: str = "") -> Occurrences:
    """Read a record, one entry after a semicolon each: `awareness 2026-11-20T10:00; +initial 2026-11-20T12:00`.

    A plus sign marks a submission of the regime's step; a slash, an event of one scope.
    """
    events: list[Occurred] = []
    handed: list[Submitted] = []
    for seq, entry in enumerate((part.strip() for part in text.split(";") if part.strip()), start=1):
        name, _, when = entry.rpartition(" ")
        at = moment(when)
        if name.startswith("+"):
            duty = name[1:] if "/" in name else f"{regime}/{name[1:]}"
            handed.append(Submitted(seq=seq, incident=INCIDENT, duty=duty, at=at, by="Amal", received=at))
        else:
            scope, _, word = name.rpartition("/")
            known = Event(word)
            events.append(
                Occurred(seq=seq, incident=INCIDENT, event=known, scope=scope or None, at=at, by="Ines", received=at)
            )
    return Occurrences(events=tuple(events), submissions=tuple(handed))
