"""What only colleagues may read, weighed before anything goes out: decisions against words, and duties that are late.

A public build never comes here and never opens `internal/`: the gate can say no because of what lies there, and no
byte of a page depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.checks.decisions import contradictions
from publisher.load.decisions import incident_of, load_decisions, path_of
from publisher.model.codes import levelled
from publisher.model.decision import Decision
from publisher.model.finding import Finding
from publisher.model.history import History
from publisher.model.incident import Incident
from publisher.model.occurrence import Occurrences
from publisher.obligations.findings import about_duties, about_reviews
from publisher.obligations.standing import Standing, standings
from publisher.ports import ArchiveEntry, SourceFile
from publisher.records.decisions import recorded, tampered
from publisher.records.events import all_occurrences


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What the inside says.

    Attributes:
        decisions: incident → its decisions, in the file's order.
        occurrences: incident → what counts of its record.
        findings: at the policy's levels, sorted by place.
    """

    decisions: Mapping[str, tuple[Decision, ...]]
    occurrences: Mapping[str, Occurrences]
    findings: tuple[Finding, ...]


def look_inside(
    history: History,
    files: Sequence[SourceFile],
    entries: Iterable[ArchiveEntry],
    *,
    now: datetime,
    thoroughly: bool = False,
) -> Inside:
    """Weigh decisions and duties.

    Args:
        history: what would go out.
        files: those below `internal/`; others than decisions are left alone.
        entries: the archive, whole.
        now: the run's present.
        thoroughly: also look at duties of open incidents of which nothing is on record yet. Reads every incident.
    """
    log = tuple(entries)
    decisions: dict[str, tuple[Decision, ...]] = {}
    found: list[Finding] = []
    for file in files:
        incident = incident_of(file.path)
        if incident is not None:
            decisions[incident], problems = load_decisions(file)
            found += problems
    for name, known in recorded(log).items():
        found += tampered(decisions.get(name, ()), known, path=path_of(name))
    for name, bound in decisions.items():
        about = history.incident(name)
        if about is not None:
            found += contradictions(about, bound, now=now)
    occurred = all_occurrences(log)
    for one in _with_duties(history, occurred, thoroughly=thoroughly):
        found += about_duties(one, duties(history, one, occurred.get(one.id, Occurrences()), now=now), now=now)
    found += about_reviews(history.policy.obligations, now=now)
    return Inside(decisions=decisions, occurrences=occurred, findings=levelled(found, history.policy.levels))


def duties(history: History, incident: Incident, occurred: Occurrences, *, now: datetime) -> tuple[Standing, ...]:
    """Say how an incident's duties stand, overdue ones first."""
    policy, zone = history.policy.obligations, history.site.time_zone
    return standings(incident, policy, occurred, site_zone=zone, now=now)


def _with_duties(history: History, occurred: Mapping[str, Occurrences], *, thoroughly: bool) -> Iterable[Incident]:
    obligations = history.policy.obligations
    if not obligations.duties and not obligations.contracts:
        return ()
    if thoroughly:
        return [one for one in history.incidents if one.is_open or one.id in occurred]
    return [one for name in occurred if (one := history.incident(name)) is not None]
