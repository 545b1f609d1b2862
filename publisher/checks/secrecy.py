"""Components that nobody outside may know of: no incident about them alone, and no words that name them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.model.codes import finding
from publisher.model.component import Registry
from publisher.model.finding import Finding, Place
from publisher.model.incident import Incident

REGISTRY = "policy/components.yml"


class Secrets:
    """What readers must not learn of.

    Args:
        registry: says which components are not public.
    """

    def __init__(self, registry: Registry) -> None:
        self._hidden = hidden = registry.hidden()
        self._sought = _names_of(registry, hidden) if hidden else None

    def told(self, incident: Incident) -> Iterator[Finding]:
        """Find what an incident would tell of them."""
        if not self._hidden:
            return
        named = {*incident.components, *(c for u in incident.updates for c in u.components or ())}
        if named and named <= self._hidden:
            what = f"Nobody outside may know of {_listed(sorted(named))}, and the incident names nothing else."
            fix = f"Name what customers notice, or keep it out of incidents/; {REGISTRY} says what is public."
            yield finding("TID110", incident.at("components"), what, fix)
        if self._sought is not None:
            yield from _told(incident, self._sought)


def _names_of(registry: Registry, hidden: frozenset[str]) -> re.Pattern[str] | None:
    """Give what finds the names of hidden components that are no shown one's too."""
    names = {n for c in registry.components if c.id in hidden for n in (c.name, *c.names.values())}
    shown = {n.casefold() for c in registry.components if c.id not in hidden for n in (c.name, *c.names.values())}
    telling = sorted((n for n in names if n.casefold() not in shown), key=lambda n: (-len(n), n))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, telling))})(?!\w)", re.IGNORECASE) if telling else None


def _told(incident: Incident, sought: re.Pattern[str]) -> Iterator[Finding]:
    for text, name in _texts(incident):
        found = sought.search(text)
        if found is None:
            continue
        place = incident.at(name)
        if name.endswith(".body"):
            line = place.line + text.count("\n", 0, found.start())
            place = Place(path=place.path, line=line, col=found.start() - text.rfind("\n", 0, found.start()))
        what = f'"{found[0]}" is the name of a component that is not public.'
        yield finding("TID311", place, what, "Say it in words that customers know.")


def _texts(incident: Incident) -> Iterator[tuple[str, str]]:
    """Give every text of an incident that everybody reads, with its dotted name."""
    yield incident.title, "title"
    yield incident.headline or "", "headline"
    for number, update in enumerate(incident.updates):
        yield update.body, f"updates.{number}.body"
        yield update.who or "", f"updates.{number}.who"
        yield update.meanwhile or "", f"updates.{number}.meanwhile"
        yield update.revises or "", f"updates.{number}.revises"
    for locale, translation in incident.translations.items():
        yield translation.title, f"translations.{locale}.title"
        yield translation.headline or "", f"translations.{locale}.headline"
        for key, body in translation.bodies.items():
            yield body, f"translations.{locale}.{key}.body"
        for key, facts in translation.facts.items():
            yield "\n".join(fact or "" for fact in facts), f"translations.{locale}.{key}"


def _listed(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
