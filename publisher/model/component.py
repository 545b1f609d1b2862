"""What customers use: components, their groups, their owners and what they depend on."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
        public: whether anybody outside may know that it exists.
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
    public: bool = True
    place: Place = field(default=Place(path="policy/components.yml"), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Components shown together. Groups may nest; the Statuspage API shows the outermost only.

    Attributes:
        public: whether anybody outside may know of it and of what is in it.
    """

    id: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    descriptions: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    public: bool = True
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

    def hidden(self) -> frozenset[str]:
        """Give the components and groups that nobody outside may know of.

        What lies in a hidden group is hidden, and so is a group that holds nothing but hidden components: its name
        alone would tell of them.
        """
        groups = {g.id: g for g in self.groups}
        gone = {g.id for g in self.groups if any(not groups[above].public for above in self._enclosing(g.id))}
        gone_components = {c.id for c in self.components if not c.public or c.group in gone}
        holding: dict[str, set[bool]] = {}
        for component in self.components:
            for above in self._enclosing(component.group):
                holding.setdefault(above, set()).add(component.id in gone_components)
        return frozenset(gone | gone_components | {g for g, inside in holding.items() if inside == {True}})

    def outside(self) -> Registry:
        """Give the registry as people outside may know it.

        What depends on something hidden depends, for them, on what that depends on.
        """
        hidden = self.hidden()
        if not hidden:
            return self
        needs = {c.id: c.depends_on for c in self.components}

        def shown(names: Iterable[str], seen: frozenset[str]) -> Iterator[str]:
            for name in names:
                if name not in hidden:
                    yield name
                elif name not in seen:
                    yield from shown(needs.get(name, ()), seen | {name})

        return Registry(
            components=tuple(
                replace(c, depends_on=tuple(dict.fromkeys(n for n in shown(c.depends_on, frozenset()) if n != c.id)))
                for c in self.components
                if c.id not in hidden
            ),
            groups=tuple(g for g in self.groups if g.id not in hidden),
        )

    def _enclosing(self, group_id: str | None) -> Iterator[str]:
        """Give a group and those it lies in, innermost first; circles are walked once."""
        seen: set[str] = set()
        while group_id is not None and group_id not in seen:
            seen.add(group_id)
            found = self.group(group_id)
            if found is None:
                return
            yield group_id
            group_id = found.parent
