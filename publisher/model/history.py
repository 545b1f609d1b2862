"""All incidents and the policy at one moment of the repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from publisher.model.component import Impact
from publisher.model.incident import Incident
from publisher.model.policy import Policy
from publisher.model.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything a build is made from.

    Attributes:
        incidents: newest first by start, then by id.
    """

    site: Site
    policy: Policy = field(default_factory=Policy)
    incidents: tuple[Incident, ...] = ()

    def incident(self, incident_id: str) -> Incident | None:
        """Find an incident by id."""
        return next((i for i in self.incidents if i.id == incident_id), None)


def newest_first(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Sort incidents the way a history holds them."""
    return tuple(sorted(sorted(incidents, key=lambda i: i.id), key=lambda i: i.started, reverse=True))


def outside(history: History) -> History:
    """Give the history as if the components that are not public had never been written down.

    Of what names them, everything else stays. Where nothing is hidden, this is the history itself.
    """
    hidden = history.policy.registry.hidden()
    if not hidden:
        return history

    def without(impacts: Mapping[str, Impact]) -> dict[str, Impact]:
        return {component: impact for component, impact in impacts.items() if component not in hidden}

    def seen(incident: Incident) -> Incident:
        named = {*incident.components, *(c for u in incident.updates for c in u.components or ())}
        if not named & hidden:
            return incident
        updates = tuple(
            replace(u, components=without(u.components) or None) if u.components else u for u in incident.updates
        )
        return replace(incident, components=without(incident.components), updates=updates)

    return replace(
        history,
        policy=replace(history.policy, registry=history.policy.registry.outside()),
        incidents=tuple(seen(i) for i in history.incidents),
    )
