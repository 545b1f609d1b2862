"""What a file of the site follows from, said before it is made: so that a builder can tell whether it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from publisher.model.release import Artifact
from publisher.render.view import IncidentView, View

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Some files that tell of many incidents, or of none.

    Site, policy, theme and program stand behind all files and are not named here.

    Attributes:
        name: one each.
        make: gives them.
        of: ids of the incidents they follow from, in the order they show them; None when they follow from all there
            are, from the day, and from the moment the site is true of.
        facts: what else they follow from.
    """

    name: str
    make: Callable[[], tuple[Artifact, ...]]
    of: tuple[str, ...] | None = None
    facts: str = ""


Kept: TypeAlias = MutableMapping[tuple[str, str, str], Any]
"""What was made of single incidents for files that tell of many: (kind, locale, incident) → plain values. It holds as
long as the incident, site and policy say the same; whoever hands it in sees to that."""


def kept(store: Kept | None, kind: str, locale: str, incident: str, make: Callable[[], T]) -> T:
    """Give what is kept of an incident, making it where it is not."""
    if store is None:
        return make()
    try:
        found: T = store[kind, locale, incident]
    except KeyError:
        found = store[kind, locale, incident] = make()
    return found


def ids(incidents: Iterable[IncidentView]) -> tuple[str, ...]:
    """Name incidents."""
    return tuple(incident.id for incident in incidents)


def standing(view: View) -> str:
    """Say how every component stands: what follows from this alone changes with nothing else."""
    return repr([(str(view.overall), [(c.id, str(c.impact), c.through) for c in view.components])])
