"""The rules of agreement in force: those that the last publish went by, kept in the archive.

Who changes words may change `policy/people.yml` in the same breath. So rules are put on record when something was
published under them, and the next publish goes by those besides its own. Addresses are kept as digests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from publisher.model.digest import ContentHash, Plain, canonical_json, sha256
from publisher.model.history import History
from publisher.model.incident import Category, Severity
from publisher.model.people import ApprovalRule, Approvals, Key, Person
from publisher.ports import ArchiveEntry, Ledger
from publisher.records.archive import moment, stamp

RULES: Final = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Who has to agree, and who may.

    Attributes:
        owned: component → who has to agree to words about it, where owners are asked.
        written_by: person → digests of the addresses by which git knows them.
    """

    approvals: Approvals = field(default_factory=Approvals)
    owned: Mapping[str, str] = field(default_factory=dict)
    written_by: Mapping[str, frozenset[ContentHash]] = field(default_factory=dict)


def typed_rules(history: History) -> Rules:
    """Give the rules as the policy has them now."""
    approvals = history.policy.approvals
    owned = {c.id: c.owner for c in history.policy.registry.components if c.owner} if approvals.owners else {}
    emails = {one.id: frozenset(address_digest(email) for email in one.emails) for one in approvals.people.values()}
    return Rules(approvals=approvals, owned=owned, written_by=emails)


def address_digest(address: str) -> ContentHash:
    """Hash an address as git has it, in small letters."""
    return sha256(address.lower().encode())


def take_effect(ledger: Ledger, rules: Rules, *, now: datetime) -> ArchiveEntry | None:
    """Put rules on record that something was published under, unless they are those on record.

    A house without any has nothing to record, unless it had some before.
    """
    last = _last(ledger.archive())
    body = _plain(rules)
    if (last is None and not rules.approvals.asks) or (
        last is not None and canonical_json(last) == canonical_json(body)
    ):
        return None
    return ledger.append(RULES, body, now)


def in_force(entries: Iterable[ArchiveEntry]) -> Rules | None:
    """Give the rules of the last publish; None where there never were any."""
    body = _last(entries)
    return _read(body) if body is not None else None


def _last(entries: Iterable[ArchiveEntry]) -> Mapping[str, Plain] | None:
    found = None
    for entry in entries:
        if entry.kind == RULES and isinstance(entry.body, Mapping):
            found = entry.body
    return found


def _plain(rules: Rules) -> Mapping[str, Plain]:
    approvals = rules.approvals
    return {
        "people": {
            one.id: {
                "name": one.name,
                "roles": sorted(one.roles),
                "addresses": sorted(rules.written_by.get(one.id, ())),
                "keys": [
                    [key.line, *(None if at is None else stamp(at) for at in (key.since, key.until, key.revoked))]
                    for key in one.keys
                ],
            }
            for one in approvals.people.values()
        },
        "rules": [
            {
                "name": rule.name,
                "roles": list(rule.roles),
                "count": rule.count,
                "severities": [str(one) for one in rule.severities],
                "categories": [str(one) for one in rule.categories],
                "components": list(rule.components),
                "audiences": list(rule.audiences),
            }
            for rule in approvals.rules
        ],
        "since": None if approvals.since is None else stamp(approvals.since),
        "owners": approvals.owners,
        "owned": dict(rules.owned),
        "review_within_s": int(approvals.review_within.total_seconds()),
    }


def _read(body: Mapping[str, Plain]) -> Rules:
    people = {name: _person(name, one) for name, one in _map(body["people"]).items()}
    since = body["since"]
    return Rules(
        approvals=Approvals(
            people={name: person for name, (person, _) in people.items()},
            rules=tuple(_rule(one) for one in _list(body["rules"])),
            since=moment(str(since)) if since is not None else None,
            owners=bool(body["owners"]),
            review_within=timedelta(seconds=int(str(body["review_within_s"]))),
        ),
        owned={name: str(role) for name, role in _map(body["owned"]).items()},
        written_by={name: addresses for name, (_, addresses) in people.items()},
    )


def _person(name: str, plain: Plain) -> tuple[Person, frozenset[ContentHash]]:
    body = _map(plain)
    person = Person(
        id=name,
        name=str(body["name"]),
        roles=_texts(body["roles"]),
        keys=tuple(_key(_list(one)) for one in _list(body["keys"])),
    )
    return person, frozenset(_texts(body["addresses"]))


def _key(plain: list[Plain]) -> Key:
    line, *bounds = plain
    since, until, revoked = (None if at is None else moment(str(at)) for at in bounds)
    return Key(line=str(line), since=since, until=until, revoked=revoked)


def _rule(plain: Plain) -> ApprovalRule:
    body = _map(plain)
    return ApprovalRule(
        name=str(body["name"]),
        roles=_texts(body["roles"]),
        count=int(str(body["count"])),
        severities=tuple(Severity(one) for one in _texts(body["severities"])),
        categories=tuple(Category(one) for one in _texts(body["categories"])),
        components=_texts(body["components"]),
        audiences=_texts(body["audiences"]),
    )


def _map(plain: Plain) -> Mapping[str, Plain]:
    if not isinstance(plain, Mapping):
        raise TypeError("not a mapping")
    return plain


def _list(plain: Plain) -> list[Plain]:
    if not isinstance(plain, list):
        raise TypeError("not a list")
    return plain


def _texts(plain: Plain) -> tuple[str, ...]:
    return tuple(str(one) for one in _list(plain))
