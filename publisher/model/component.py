"""What customers use: components, their groups, their owners and what they depend on."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from publisher.model.finding import Place


class Impact(enum.StrEnum):
    """How a component fares, mildest first (Statuspage API v2's five words)."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"

    @property
    def rank(self) -> int:
        """Order by gravity: 0 is operational, 4 a major outage."""
        return _RANKS[self]


_RANKS = {impact: rank for rank, impact in enumerate(Impact)}


def worst(impacts: Iterable[Impact]) -> Impact:
    """Give the gravest impact; operational when there is none."""
    return max(impacts, key=lambda i: i.rank, default=Impact.OPERATIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One thing customers use.

    Attributes:
        id: slug, unique among components and groups.
        name: in the source locale, with translations in `names`.
        group: id of its group, or None at the top.
        depends_on: ids of components it cannot work without.
        owner: role or person that speaks for it (internal).
        since: first day it counts for availability; None means always.
    """

    id: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    descriptions: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    depends_on: tuple[str, ...] = ()
    owner: str | None = None
    since: date | None = None
    showcase: bool = True
    only_show_if_degraded: bool = False
    place: Place = field(default=Place(path="policy/components.yml"), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Components shown together. Groups may nest; the Statuspage API shows the outermost only."""

    id: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    descriptions: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    place: Place = field(default=Place(path="policy/components.yml"), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All components and groups, in the order the file gives, which is the order pages show."""

    components: tuple[Component, ...] = ()
    groups: tuple[Group, ...] = ()

    def component(self, component_id: str) -> Component | None:
        """Find a component by id."""
        return next((c for c in self.components if c.id == component_id), None)

    def group(self, group_id: str) -> Group | None:
        """Find a group by id."""
        return next((g for g in self.groups if g.id == group_id), None)

    def dependants(self, component_id: str) -> tuple[Component, ...]:
        """Give the components that lean on this one, directly or through others, in file order."""
        reached = {component_id}
        grew = True
        while grew:
            more = {c.id for c in self.components if c.id not in reached and reached & set(c.depends_on)}
            grew = bool(more)
            reached |= more
        return tuple(c for c in self.components if c.id in reached and c.id != component_id)
