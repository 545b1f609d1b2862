"""Which duties an incident brings, who owes them, and whom. What it brings follows from what is written of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from publisher.model.duty import TURNED, Checked, Clock, Debtor, Duty, Recipient
from publisher.model.incident import Incident
from publisher.model.obligations import Contract, Direction, Enabled, Obligations, Vendor
from publisher.obligations.reckoning import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One duty in one incident.

    Attributes:
        id: `regime/step`; `regime/step@vendor` where a vendor owes it; `contract/notice` for a contract.
        who: who owes whom, a sentence.
        scopes: whose events count, the most telling first; an event of no scope counts where it is listed as None.
        version: of the row or contract; its day of review where it has no other.
        unclear: what the incident does not say and the duty depends on; None when all is said.
        refused: why its clock cannot be set up.
        classified: whether taking back a classification ends it.
    """

    id: str
    title: str
    who: str
    direction: Direction
    recipient: Recipient
    meaning: str
    clock: Clock
    backstop: Clock | None
    scopes: tuple[str | None, ...]
    source: str
    version: str
    reviewed: date
    review_by: date
    checked: Checked | None
    in_force_from: date | None = None
    zone: str | None = None
    calendar: str | None = None
    enabled: Enabled | None = None
    unclear: str | None = None
    refused: Refusal | None = None
    classified: bool = False
    note: str = ""
    overridden: bool = False


def owed_by(incident: Incident, obligations: Obligations) -> tuple[Owed, ...]:
    """Give every duty that an incident brings, or may bring, in the order of policy."""
    return (*_from_rules(incident, obligations), *_from_contracts(incident, obligations))


def _from_rules(incident: Incident, obligations: Obligations) -> Iterator[Owed]:
    house = obligations.house
    vendor = obligations.vendor(incident.cause.vendor)
    theirs = set(_listed(incident, "jurisdictions"))
    for duty in obligations.duties:
        # A rule for what we are binds us wherever it happened; a rule about data, where the people are.
        where = (
            theirs | set(house.jurisdictions) if duty.debtor is Debtor.ENTITY else theirs or set(house.jurisdictions)
        )
        if duty.jurisdictions and where and not where & set(duty.jurisdictions):
            continue
        if duty.personal_data and _personal_data(incident) is False:
            continue
        if house.owes(duty):
            yield _ruled(duty, incident, obligations, vendor=None)
        if vendor is not None and duty.debtor in TURNED and duty.debtor in vendor.roles:
            yield _ruled(duty, incident, obligations, vendor=vendor)


def _ruled(duty: Duty, incident: Incident, obligations: Obligations, *, vendor: Vendor | None) -> Owed:
    enabled = obligations.enabling(duty.regime)
    house = obligations.house.name
    if vendor is not None:
        direction, who = Direction.FROM_VENDOR, f"{vendor.name} owes this to {house}: it is our {vendor_part(duty)}."
    elif duty.recipient in {Recipient.CUSTOMERS, Recipient.COUNTERPARTY}:
        direction, who = Direction.TO_CUSTOMERS, f"{house} owes this to {duty.to}."
    else:
        direction, who = Direction.TO_AUTHORITY, f"{house} owes this to {duty.to}."
    return Owed(
        id=f"{duty.id}@{vendor.id}" if vendor else duty.id,
        title=f"{duty.title}, {duty.regime_name}",
        who=who[0].upper() + who[1:],
        direction=direction,
        recipient=duty.recipient,
        meaning=duty.meaning,
        clock=duty.clock,
        backstop=duty.backstop,
        # what a vendor knows is no knowledge of ours: its clocks count from its own events alone
        scopes=(vendor.id,) if vendor else (duty.regime, None),
        source=duty.source,
        version=duty.version,
        reviewed=duty.reviewed,
        review_by=duty.review_by,
        checked=duty.checked,
        in_force_from=duty.in_force_from,
        zone=(enabled.zone if enabled else None) or duty.zone,
        calendar=enabled.calendar if enabled else None,
        enabled=enabled,
        unclear=_unclear(incident, duty.personal_data),
        classified=any("classification" in one.events for one in obligations.duties if one.regime == duty.regime),
        note=duty.note,
        overridden=enabled is not None and enabled.override is not None,
    )


def vendor_part(duty: Duty) -> str:
    """Say what a vendor is to us in a duty of its."""
    return "processor" if duty.debtor is Debtor.PROCESSOR else "service provider"


def _from_contracts(incident: Incident, obligations: Obligations) -> Iterator[Owed]:
    accounts = _listed(incident, "accounts")
    for contract in obligations.contracts:
        if contract.account is not None and contract.account not in accounts:
            continue
        if contract.vendor is not None and contract.vendor != incident.cause.vendor:
            continue
        if contract.severities and incident.severity not in contract.severities:
            continue
        if contract.categories and incident.category not in contract.categories:
            continue
        if contract.personal_data and _personal_data(incident) is False:
            continue
        yield _agreed(contract, incident, obligations)


def _agreed(contract: Contract, incident: Incident, obligations: Obligations) -> Owed:
    house = obligations.house.name
    to_us = contract.direction is Direction.FROM_VENDOR
    who = f"{contract.other} owes this to {house}." if to_us else f"{house} owes this to {contract.other}."
    own: tuple[str | None, ...] = (contract.id, *((contract.vendor,) if to_us and contract.vendor else ()))
    return Owed(
        id=f"{contract.id}/notice",
        title=contract.title,
        who=who[0].upper() + who[1:],
        direction=contract.direction,
        recipient=Recipient.COUNTERPARTY if to_us else Recipient.CUSTOMERS,
        meaning=f"{contract.other} is aware of it" if to_us else f"{house} is aware of it",
        clock=Clock(event=contract.event, within=contract.within),
        backstop=None,
        scopes=own if to_us else (*own, None),
        source=contract.source,
        version=f"{contract.reviewed}",
        reviewed=contract.reviewed,
        review_by=contract.review_by,
        checked=None,
        calendar=contract.calendar,
        unclear=_unclear(incident, contract.personal_data),
    )


def _personal_data(incident: Incident) -> bool | None:
    said = incident.internal.fields.get("personal_data")
    return None if said is None else said.lower() == "true"


def _unclear(incident: Incident, depends: bool) -> str | None:  # noqa: FBT001 -- the row's own flag
    if depends and _personal_data(incident) is None:
        return "The incident does not say whether personal data is involved (`personal_data:`)."
    return None


def _listed(incident: Incident, name: str) -> tuple[str, ...]:
    said = incident.internal.fields.get(name, "")
    return tuple(part for part in (one.strip() for one in said.split(",")) if part)
