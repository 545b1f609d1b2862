"""Ids and names: one each, the id's day that of the start, and no two that look alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from publisher.checks.confusables import mixed_word, skeleton
from publisher.model.codes import finding
from publisher.model.component import Registry
from publisher.model.finding import Finding, Place
from publisher.model.incident import Incident, Kind, Status
from publisher.model.site import Site


def same_identifiers(incidents: Iterable[Incident]) -> Iterator[Finding]:
    """Find ids given twice."""
    seen: dict[str, Incident] = {}
    for incident in sorted(incidents, key=lambda i: i.place):
        folded = unicodedata.normalize("NFKC", incident.id).casefold()
        other = seen.setdefault(folded, incident)
        if other is not incident:
            what = f'"{incident.id}" is already the id of {other.place.path}.'
            yield finding("TID103", incident.place, what, "Rename one of the two files.")


def incident_identifier(incident: Incident, zone: ZoneInfo) -> Iterator[Finding]:
    """Find an id whose day is wrong, and a title that can be taken for another."""
    yield from _day(incident, zone)
    word = mixed_word(incident.title)
    if word:
        yield _mixed(incident.at("title"), word)


def _day(incident: Incident, zone: ZoneInfo) -> Iterator[Finding]:
    moments = [incident.started]
    if incident.kind is Kind.MAINTENANCE and incident.updates:
        # a maintenance may be filed under the day it was announced
        moments.append(incident.updates[0].at)
        if sum(update.status is Status.SCHEDULED for update in incident.updates) > 1:
            # it was announced again, so it may have been moved; its address stays
            return
    days = {f"{moment:%Y-%m-%d}" for moment in moments} | {f"{m.astimezone(zone):%Y-%m-%d}" for m in moments}
    if incident.id[:10] not in days:
        what = f"The id says {incident.id[:10]}, and it started on {incident.started:%Y-%m-%d}."
        place = incident.at("started" if "started" in incident.places else "window.from")
        yield finding("TID104", place, what, "Mend the time; once published, leave the id as it is.")


def registry_names(site: Site, registry: Registry) -> Iterator[Finding]:
    """Find names of components, groups and the company that can be taken for another."""
    named: list[tuple[str, str, Place]] = [("the company", site.brand.company, Place(path="mkdocs.yml"))]
    named += [(f'group "{g.id}"', g.name, g.place) for g in registry.groups]
    named += [(f'component "{c.id}"', c.name, c.place) for c in registry.components]
    yield from look_alikes(named)
    for _, name, place in named:
        word = mixed_word(name)
        if word:
            yield _mixed(place, word)


def look_alikes(named: Iterable[tuple[str, str, Place]]) -> Iterator[Finding]:
    """Find names that readers may take for an earlier one.

    Args:
        named: (what it is, its name, where it stands).
    """
    seen: dict[str, tuple[str, str]] = {}
    for what, name, place in named:
        if not name:
            continue
        who, other = seen.setdefault(skeleton(name), (what, name))
        if other != name:
            text = f'The name "{name}" can be taken for "{other}" of {who}.'
            yield finding("TID109", place, text, "Choose names that differ to the eye.")


def _mixed(place: Place, word: str) -> Finding:
    letters = " and ".join(dict.fromkeys(unicodedata.name(c).split()[0].capitalize() for c in word if c.isalpha()))
    what = f'The word "{word}" mixes {letters} letters that look the same.'
    return finding("TID109", place, what, "Type the word again in one script.")
