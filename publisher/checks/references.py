"""Names that must exist: components, groups, dependencies. And no circles among them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from publisher.model.codes import finding
from publisher.model.component import Registry
from publisher.model.finding import Finding, Place
from publisher.model.incident import Incident

REGISTRY = "policy/components.yml"


def incident_references(incident: Incident, known: Collection[str]) -> Iterator[Finding]:
    """Find names of components in an incident that are not `known`."""
    named = [(f"components.{name}", name) for name in incident.components]
    for number, update in enumerate(incident.updates):
        named += [(f"updates.{number}.components.{name}", name) for name in update.components or ()]
    for place, name in named:
        if name not in known:
            fix = f"{_did_you_mean(name, known)}Known ones: {REGISTRY}."
            yield finding("TID102", incident.at(place), f'No component is called "{name}".', fix)


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"? ' if close else ""


def registry_references(registry: Registry) -> Iterator[Finding]:
    """Find names in the registry that nothing is called, and circles among its parts."""
    groups = [group.id for group in registry.groups]
    components = [component.id for component in registry.components]
    for component in registry.components:
        if component.group is not None and component.group not in groups:
            fix = f"{_did_you_mean(component.group, groups)}Groups are listed under `groups:` in {REGISTRY}."
            yield finding("TID105", component.place, f'No group is called "{component.group}".', fix)
        for name in component.depends_on:
            if name not in components:
                what = f'"{component.id}" depends on "{name}", and no component is called that.'
                fix = f"{_did_you_mean(name, components)}Known ones: {REGISTRY}."
                yield finding("TID106", component.place, what, fix)
    for group in registry.groups:
        if group.parent is not None and group.parent not in groups:
            fix = f"{_did_you_mean(group.parent, groups)}Groups are listed under `groups:` in {REGISTRY}."
            yield finding("TID105", group.place, f'No group is called "{group.parent}".', fix)
        if group.id in components:
            what = f'"{group.id}" is a group and a component.'
            yield finding("TID108", group.place, what, "Give one of the two another id; subscribers choose by id.")
    yield from _circles(
        {c.id: c.depends_on for c in registry.components}, {c.id: c.place for c in registry.components}, "depends on"
    )
    yield from _circles(
        {g.id: (g.parent,) if g.parent else () for g in registry.groups},
        {g.id: g.place for g in registry.groups},
        "lies in",
    )


def _circles(edges: Mapping[str, Sequence[str]], places: Mapping[str, Place], verb: str) -> Iterator[Finding]:
    """Find circles, each once, at its member that comes first in the file."""
    graph = {name: [inner for inner in ends if inner in edges] for name, ends in edges.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            # from what is needed to what needs it; turned round it reads "a depends on b"
            circle: list[str] = list(reversed(error.args[1]))
            what = f"This goes round in a circle: {f' {verb} '.join(circle)}."
            yield finding("TID107", min(places[name] for name in circle), what, "Take one of the steps out.")
            graph[circle[0]].remove(circle[1])
        else:
            return
