"""All incidents and the policy at one moment of the repository."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import overload

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
    incidents: Sequence[Incident] = ()

    def incident(self, incident_id: str) -> Incident | None:
        """Find an incident by id."""
        if isinstance(self.incidents, Incidents):
            return self.incidents.find(incident_id)
        return next((i for i in self.incidents if i.id == incident_id), None)


class Incidents(Sequence[Incident]):
    """Incidents that are read when they are looked at: one edit looks at few of a long history.

    Args:
        ids: newest first by start, then by id.
        read: gives one whole; called once for each that is looked at.
    """

    def __init__(self, ids: Sequence[str], read: Callable[[str], Incident]) -> None:
        self._ids = tuple(ids)
        self._read = read
        self._known: dict[str, Incident] = {}

    @overload
    def __getitem__(self, place: int) -> Incident: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Incident, ...]: ...
    def __getitem__(self, place: int | slice) -> Incident | tuple[Incident, ...]:
        if isinstance(place, slice):
            return tuple(self._one(incident_id) for incident_id in self._ids[place])
        return self._one(self._ids[place])

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Incident]:
        return (self._one(incident_id) for incident_id in self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def find(self, incident_id: str) -> Incident | None:
        """Give one by its id."""
        try:
            return self._one(incident_id)
        except KeyError:
            return None

    def changed(self, change: Callable[[Incident], Incident]) -> Incidents:
        """Give the same incidents, each changed when it is looked at."""
        return Incidents(self._ids, lambda incident_id: change(self._one(incident_id)))

    def _one(self, incident_id: str) -> Incident:
        found = self._known.get(incident_id)
        if found is None:
            found = self._known[incident_id] = self._read(incident_id)
        return found


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
    seen = outsider(hidden)
    incidents = history.incidents
    return replace(
        history,
        policy=replace(history.policy, registry=history.policy.registry.outside()),
        incidents=incidents.changed(seen) if isinstance(incidents, Incidents) else tuple(seen(i) for i in incidents),
    )


def outsider(hidden: Collection[str]) -> Callable[[Incident], Incident]:
    """Give what turns an incident into how it looks to those who know of no `hidden` component."""

    def without(impacts: Mapping[str, Impact]) -> dict[str, Impact]:
        return {component: impact for component, impact in impacts.items() if component not in hidden}

    def seen(incident: Incident) -> Incident:
        named = {*incident.components, *(c for u in incident.updates for c in u.components or ())}
        if not any(component in hidden for component in named):
            return incident
        updates = tuple(
            replace(u, components=without(u.components) or None) if u.components else u for u in incident.updates
        )
        return replace(incident, components=without(incident.components), updates=updates)

    return seen
