"""All incidents and the policy at one moment of the repository."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.component import Impact
from publisher.model.incident import Incident, Kind, Status, impact_after
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


def is_active(incident: Incident, now: datetime) -> bool:
    """Say whether an incident affects customers now.

    A maintenance that is only scheduled does not, even when its window has begun: somebody has to say so first,
    except that a window that has begun counts from its beginning (cstate/cstate#205: a future one never counts).
    """
    if not incident.is_open or incident.started > now:
        return False
    if incident.kind is Kind.MAINTENANCE and incident.status is Status.SCHEDULED:
        return incident.window is not None and incident.window.begins <= now < incident.window.ends
    return True


def current_impact(history: History, component_id: str, now: datetime) -> Impact:
    """Give a component's own impact now: the gravest over all active incidents that name it."""
    found = [
        impact_after(i, len(i.updates) - 1).get(component_id, Impact.OPERATIONAL)
        for i in history.incidents
        if is_active(i, now)
    ]
    return max(found, key=lambda impact: impact.rank, default=Impact.OPERATIONAL)
