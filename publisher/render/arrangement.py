"""How components and groups hang together: what leans on what, what is inside what, and in which order they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from publisher.model.component import Component, Registry


def leaning(registry: Registry) -> dict[str, tuple[str, ...]]:
    """Give, for each component, those that depend on it, directly or through others, in file order."""
    direct: dict[str, list[str]] = {}
    for component in registry.components:
        for needed in component.depends_on:
            direct.setdefault(needed, []).append(component.id)
    places = {c.id: index for index, c in enumerate(registry.components)}
    return {
        needed: tuple(sorted(_reach(needed, direct), key=places.__getitem__)) for needed in direct if needed in places
    }


def leans_on(component: str, components: Mapping[str, Component]) -> list[str]:
    """Give what a component needs, directly or through others, in file order."""
    needs = {c.id: [d for d in c.depends_on if d in components] for c in components.values()}
    return sorted(_reach(component, needs), key=list(components).index)


def _reach(start: str, edges: Mapping[str, Sequence[str]]) -> set[str]:
    """Follow edges as far as they go; circles are walked once, and the start is not part of the answer."""
    reached = {start}
    waiting = [start]
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached - {start}


def below(group: str, registry: Registry) -> set[str]:
    """Give a group and all groups inside it."""
    inner: dict[str, list[str]] = {}
    for g in registry.groups:
        if g.parent is not None:
            inner.setdefault(g.parent, []).append(g.id)
    return _reach(group, inner) | {group}


def order(registry: Registry) -> tuple[tuple[str, ...], dict[str, int]]:
    """Give ids as pages show them, and each one's place among its siblings, from 1.

    A group comes with its components, then its inner groups; components of no group come last. What hangs in no tree
    (an unknown or circular parent) comes at the top.
    """
    groups = {g.id: g for g in registry.groups}
    inner: dict[str | None, list[str]] = {}
    for g in registry.groups:
        rooted = g.parent in groups and g.id not in _reach(
            g.parent or "", {x.id: [x.parent or ""] for x in groups.values()}
        )
        inner.setdefault(g.parent if rooted else None, []).append(g.id)
    members: dict[str | None, list[str]] = {}
    for c in registry.components:
        members.setdefault(c.group if c.group in groups else None, []).append(c.id)
    ordered: list[str] = []
    positions: dict[str, int] = {}

    def walk(parent: str | None) -> None:
        own = members.get(parent, [])
        groups_below = inner.get(parent, [])
        both = [*own, *groups_below] if parent is not None else [*groups_below, *own]
        for place, child in enumerate(both, start=1):
            positions[child] = place
            ordered.append(child)
            if child in groups:
                walk(child)

    walk(None)
    return tuple(ordered), positions
