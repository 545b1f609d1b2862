"""All incidents and the policy at one moment of the repository."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

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
