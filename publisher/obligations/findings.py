"""What the gate and `tidings check --inside` say of duties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from publisher.model.codes import finding
from publisher.model.duty import LABEL, Recipient
from publisher.model.finding import Finding
from publisher.model.incident import Incident
from publisher.model.obligations import Direction, Obligations
from publisher.obligations.standing import Standing, State, is_stale
from publisher.obligations.wording import footing


def about_duties(incident: Incident, found: Sequence[Standing], *, now: datetime) -> tuple[Finding, ...]:
    """Say what is late with one incident, cannot be reckoned, or depends on what the incident does not say.

    Args:
        incident: the incident.
        found: its duties, from `obligations.standing.standings`.
        now: the run's present.
    """
    return tuple(_about(incident, found, now))


def _about(incident: Incident, found: Sequence[Standing], now: datetime) -> Iterator[Finding]:
    for one in found:
        owed = one.owed
        tail = f" {footing(one, now)}."
        if one.state is State.OVERDUE and one.due is not None:
            to_customers = owed.recipient is Recipient.CUSTOMERS and owed.direction is Direction.TO_CUSTOMERS
            what = f"{owed.title} was due at {one.due:%Y-%m-%d %H:%M} UTC. {owed.who}{tail}"
            fix = f"Hand it in, then record it with `tidings obligations {incident.id} --submit {owed.id}`."
            yield finding("TID786" if to_customers else "TID785", incident.place, what, fix)
        elif one.state is State.REFUSED and one.refusal is not None:
            yield finding("TID787", incident.place, f"{owed.title}: {one.refusal.why}{tail}", one.refusal.fix)
    unclear = next((one for one in found if one.owed.unclear is not None), None)
    if unclear is not None:
        what = f"{unclear.owed.unclear} {unclear.owed.id} depends on it ({LABEL})."
        yield finding("TID788", incident.place, what, "Write `personal_data: true` or `personal_data: false`.")


def about_reviews(obligations: Obligations, *, now: datetime) -> tuple[Finding, ...]:
    """Say which rules and contracts that count nobody has looked at for too long: one finding for each regime."""
    found: list[Finding] = []
    for enabled in obligations.enabled:
        rows = [row for row in obligations.duties if row.regime == enabled.regime]
        old = [row for row in rows if is_stale(row.reviewed, row.review_by, now)]
        if old:
            what = (
                f'"{enabled.regime}" was reviewed on {old[0].reviewed}, version {old[0].version} ({LABEL}; '
                f"{old[0].source})."
            )
            fix = "Hold it against its source and write today's date into `reviewed:`."
            found.append(finding("TID784", enabled.place, what, fix))
    for contract in obligations.contracts:
        if is_stale(contract.reviewed, contract.review_by, now):
            what = f'"{contract.id}" was reviewed on {contract.reviewed} ({LABEL}; {contract.source}).'
            fix = "Hold it against the contract and write today's date into `reviewed:`."
            found.append(finding("TID784", contract.place, what, fix))
    return tuple(found)
