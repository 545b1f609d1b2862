"""Every rule looks at a history; the writer sees all it has to say at once. Pure: no clock, no files.

What is wrong with one incident follows from it, from site and policy, and from which of its times have come. So a
builder that knows an incident asks for the findings about it once; only `Rules.about_all` looks at all together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.checks.identifiers import incident_identifier, registry_names, same_identifiers
from publisher.checks.recurrence import check_recurrence
from publisher.checks.redaction import leaks, leaks_in_registry
from publisher.checks.redactor import Redactor, own_names
from publisher.checks.references import incident_references, registry_references
from publisher.checks.secrecy import Secrets
from publisher.checks.text import check_text
from publisher.checks.timeline import check_timeline
from publisher.checks.translations import check_translations, translated_names
from publisher.model.codes import levelled
from publisher.model.finding import Finding
from publisher.model.history import History
from publisher.model.incident import Incident
from publisher.model.policy import Policy
from publisher.model.site import Site


class Rules:
    """All rules, for one site and policy."""

    def __init__(self, site: Site, policy: Policy) -> None:
        self._site = site
        self._registry = policy.registry
        self._known = dict.fromkeys(component.id for component in policy.registry.components)
        self._zone = ZoneInfo(site.time_zone)
        self._secrets = Secrets(policy.registry)
        self._redactor = Redactor(policy.redaction, own_names(site, policy))

    def about(self, incident: Incident, *, now: datetime) -> tuple[Finding, ...]:
        """Say what is wrong with one incident, at the codes' ordinary levels."""
        return (
            *incident_references(incident, self._known),
            *incident_identifier(incident, self._zone),
            *self._secrets.told(incident),
            *leaks(incident, self._redactor),
            *check_timeline(incident, now=now),
            *check_recurrence(incident),
            *check_text(incident),
            *check_translations(incident, self._site),
        )

    def about_policy(self) -> tuple[Finding, ...]:
        """Say what is wrong with site and policy, as far as the loader could not know."""
        return (
            *registry_references(self._registry),
            *registry_names(self._site, self._registry),
            *translated_names(self._site, self._registry),
            *leaks_in_registry(self._registry.outside(), self._redactor),
        )

    @staticmethod
    def about_all(incidents: Iterable[Incident]) -> tuple[Finding, ...]:
        """Say what is wrong among incidents. Nothing is, where each was read from a file that its id names."""
        return tuple(same_identifiers(incidents))


def check(history: History, *, now: datetime) -> tuple[Finding, ...]:
    """Give all findings about a history, at the policy's levels, sorted by place.

    Args:
        history: what was read, maybe with gaps.
        now: the run's one moment, aware.
    """
    rules = Rules(history.site, history.policy)
    found = [*rules.about_policy(), *rules.about_all(history.incidents)]
    for incident in history.incidents:
        found += rules.about(incident, now=now)
    return levelled(found, history.policy.levels)
