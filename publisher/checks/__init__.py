"""Every rule looks at a history; the writer sees all it has to say at once. Pure: no clock, no files."""

from __future__ import annotations

from datetime import datetime

from publisher.checks.identifiers import check_identifiers
from publisher.checks.recurrence import check_recurrence
from publisher.checks.references import check_references
from publisher.checks.secrecy import check_secrecy
from publisher.checks.text import check_text
from publisher.checks.timeline import check_timeline
from publisher.checks.translations import check_translations
from publisher.model.codes import levelled
from publisher.model.finding import Finding
from publisher.model.history import History


def check(history: History, *, now: datetime) -> tuple[Finding, ...]:
    """Give all findings about a history, at the policy's levels, sorted by place.

    Args:
        history: what was read, maybe with gaps.
        now: the run's one moment, aware.
    """
    found = [
        *check_references(history),
        *check_identifiers(history),
        *check_secrecy(history),
        *check_timeline(history, now=now),
        *check_recurrence(history),
        *check_text(history),
        *check_translations(history),
    ]
    return levelled(found, history.policy.levels)
