"""Who has to agree before words go out, who did, and what counts: rules and log in, needs and findings out. Pure.

Signatures are looked at by whoever calls: `holds` is handed in. What is approved is what leaves the house: incidents
come here with marked spans gone and names replaced.

Rules and people count as they stood at the last publish and as they stand now, both: who changes words cannot change
in the same breath who has to agree to them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.load.approvals import is_approval, load_signed
from publisher.model.approval import Signed, content_of
from publisher.model.codes import finding
from publisher.model.digest import ContentHash
from publisher.model.finding import Finding, Place
from publisher.model.governance import Approval, Need
from publisher.model.history import History
from publisher.model.incident import Incident
from publisher.model.people import Approvals, Person
from publisher.ports import ArchiveEntry, SourceFile
from publisher.records.approvals import overdue_reviews, proof_of, received
from publisher.records.rules import Rules, address_digest, in_force, typed_rules

Holds = Callable[[Signed, Person], str | None]
"""Gives the key that made a signature, or None when none of the person's keys that count did."""
Authors = Callable[[Incident], Collection[str]]
"""Gives the addresses of those who wrote an incident, in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Where agreement stands.

    Attributes:
        needs: everything that rules ask for, met or not.
        approvals: those that count: received, by somebody who may, and who did not write the words.
        fresh: signed statements that hold and were not received yet, with the key that made each.
        findings: statements that do not count, and reviews that are overdue.
    """

    needs: tuple[Need, ...] = ()
    approvals: tuple[Approval, ...] = ()
    fresh: tuple[tuple[Signed, str], ...] = ()
    findings: tuple[Finding, ...] = ()


def agreement(
    history: History,
    files: Iterable[SourceFile],
    entries: Sequence[ArchiveEntry],
    *,
    holds: Holds,
    authors: Authors,
    now: datetime,
) -> Agreement:
    """Say where agreement stands.

    Args:
        history: what would go out.
        files: those below `internal/`.
        entries: the archive, whole.
        holds: looks at a signature.
        authors: says who wrote an incident.
        now: the run's present.
    """
    rules = standing_rules(history, entries)
    if not any(one.approvals.asks for one in rules):
        return Agreement()
    contents = {
        one.id: content_of(one, history.site)
        for one in history.incidents
        if any(_is_asked_about(one, each.approvals) for each in rules)
    }
    needs = tuple(
        need
        for name, content in contents.items()
        if (one := history.incident(name))
        for need in needs_of(one, content, rules)
    )
    known = received(entries)
    proofs = {one.proof for one in known}
    fresh: list[tuple[Signed, str]] = []
    found: list[Finding] = list(_overdue(entries, now))
    for signed in _signed(files, found):
        if proof_of(signed) in proofs or signed.statement.content != contents.get(signed.statement.incident):
            # received before, or over words that are no longer said: either way there is nothing to do
            continue
        key = _key_of(signed, history, rules, holds, found, now=now)
        if key is not None:
            fresh.append((signed, key))
    given = [
        *(one.approval for one in known),
        *(
            Approval(person=s.statement.person, role=s.statement.role, content=s.statement.content, received=now)
            for s, _ in fresh
        ),
    ]
    return Agreement(
        needs=needs,
        approvals=tuple(_counting(given, needs, history, rules, authors, found)),
        fresh=tuple(fresh),
        findings=tuple(found),
    )


def standing_rules(history: History, entries: Iterable[ArchiveEntry]) -> tuple[Rules, ...]:
    """Give the rules to go by: the policy's as they stand, and those of the last publish."""
    typed, before = typed_rules(history), in_force(entries)
    return (typed,) if before is None else (typed, before)


def needs_of(incident: Incident, content: ContentHash, rules: Iterable[Rules]) -> Iterator[Need]:
    """Say whose agreement an incident's words need."""
    asked: dict[str, Need] = {}
    for each in rules:
        if each.approvals.asks and _is_asked_about(incident, each.approvals):
            for need in _needs(incident, content, each):
                before = asked.get(need.role)
                if before is None or before.count < need.count:
                    asked[need.role] = need
    yield from asked.values()


def _needs(incident: Incident, content: ContentHash, rules: Rules) -> Iterator[Need]:
    touched = {*incident.components, *(name for update in incident.updates for name in update.components or ())}
    for rule in rules.approvals.rules:
        if (
            (not rule.severities or incident.severity in rule.severities)
            and (not rule.categories or incident.category in rule.categories)
            and (not rule.components or touched & set(rule.components))
            and (not rule.audiences or set(incident.private) & set(rule.audiences))
        ):
            for role in rule.roles:
                yield Need(incident=incident.id, role=role, content=content, why=f"rule {rule.name}", count=rule.count)
    for component, owner in rules.owned.items():
        if component in touched:
            yield Need(incident=incident.id, role=owner, content=content, why=f"owner of {component}")


def _is_asked_about(incident: Incident, policy: Approvals) -> bool:
    return policy.since is None or any(update.at >= policy.since for update in incident.updates)


def _signed(files: Iterable[SourceFile], found: list[Finding]) -> Iterator[Signed]:
    for file in files:
        if is_approval(file.path):
            signed, problems = load_signed(file)
            found += problems
            if signed is not None:
                yield signed


def _key_of(
    signed: Signed, history: History, rules: Sequence[Rules], holds: Holds, found: list[Finding], *, now: datetime
) -> str | None:
    """Give the key that made a signature which counts; otherwise say why it does not."""
    said, place = signed.statement, Place(path=signed.path)
    person = history.policy.approvals.people.get(said.person)
    why = None
    if said.site != history.site.url:
        why = f"It is about the site {said.site}."
    elif person is None:
        why = f'Nobody in policy/people.yml is called "{said.person}".'
    elif said.role not in person.roles and said.role != person.id:
        why = f'{person.name} may not agree as "{said.role}".'
    elif (key := holds(signed, person)) is None:
        why = f"The signature is not one of {person.name}'s keys that count now."
    elif not all(_knows(each, said.person, said.role, key, now=now) for each in rules):
        why = f"{person.name}'s role or key is new in policy/people.yml; it counts from the next publish."
    else:
        return key
    found.append(finding("TID761", place, why, "Let somebody who may sign these words with `tidings approve`."))
    return None


def _knows(rules: Rules, person: str, role: str, key: str, *, now: datetime) -> bool:
    """Say whether rules let somebody agree in a role, with a key."""
    known = rules.approvals.people.get(person)
    return (
        known is not None
        and (role in known.roles or role == known.id)
        and any(one.line == key and one.counts(now) for one in known.keys)
    )


def _counting(  # noqa: PLR0917 -- what has to be known of each
    given: Iterable[Approval],
    needs: Sequence[Need],
    history: History,
    rules: Sequence[Rules],
    authors: Authors,
    found: list[Finding],
) -> Iterator[Approval]:
    """Leave out approvals of those who wrote the words, and of those who may no longer."""
    incident_of = {need.content: need.incident for need in needs}
    people = history.policy.approvals.people
    wrote: dict[str, frozenset[ContentHash]] = {}
    for one in given:
        incident = incident_of.get(one.content)
        person = people.get(one.person)
        if incident is None or person is None:
            continue
        if incident not in wrote:
            about = history.incident(incident)
            wrote[incident] = frozenset(map(address_digest, authors(about))) if about is not None else frozenset()
        if any(each.written_by.get(person.id, frozenset()) & wrote[incident] for each in rules):
            what = f"{person.name} wrote some of these words and cannot agree to them."
            found.append(
                finding("TID762", Place(path=f"incidents/{incident}"), what, "Ask somebody else with this role.")
            )
            continue
        yield one


def _overdue(entries: Sequence[ArchiveEntry], now: datetime) -> Iterator[Finding]:
    for seq, incident in overdue_reviews(entries, now=now):
        what = "Words went out without agreement, and nobody has reviewed that in time."
        fix = f"Review it: `tidings report near-misses --review {seq} --by NAME --note …`."
        yield finding("TID766", Place(path=f"incidents/{incident}"), what, fix)
