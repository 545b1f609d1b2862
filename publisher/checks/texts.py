"""Every text of an incident that can reach anybody outside, with where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from publisher.model.finding import Place
from publisher.model.incident import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Something that readers get to see, with where it stands and what it is called."""

    words: str
    place: Place
    name: str
    block: bool = False
    """Whether it has lines of its own in the file; otherwise its place is all that is known."""


def place_in(text: Text, start: int) -> Place:
    """Say where a character of a text stands in its file, as far as that is known."""
    if not text.block:
        return text.place
    line = text.place.line + text.words.count("\n", 0, start)
    return Place(path=text.place.path, line=line, col=start - text.words.rfind("\n", 0, start))


def texts_of(incident: Incident) -> Iterator[Text]:
    """Give every text of an incident that can reach anybody outside, its id included: that is in the address."""
    yield Text(words=incident.id, place=incident.place, name="The incident's address")
    yield Text(words=incident.title, place=incident.at("title"), name="The title")
    yield Text(words=incident.headline or "", place=incident.at("headline"), name="The headline")
    for field, listed in (("tags", incident.tags), ("regions", incident.regions)):
        for number, one in enumerate(listed):
            place = incident.places.get(f"{field}.{number}") or incident.at(field)
            yield Text(words=one, place=place, name=f"One of the {field}")
    for number, update in enumerate(incident.updates):
        name = f"The update of {update.at:%Y-%m-%d %H:%M} UTC"
        yield Text(words=update.body, place=incident.at(f"updates.{number}.body"), name=name, block=True)
        for field, fact in (("who", update.who), ("meanwhile", update.meanwhile), ("revises", update.revises)):
            place = incident.places.get(f"updates.{number}.{field}") or update.place
            yield Text(words=fact or "", place=place, name=f"{name} ({field})")
        for slot, words in update.slots.items():
            yield Text(words=words, place=update.place, name=f"{name} (slot {slot})")
    for locale in incident.translations:
        yield from _translated(incident, locale)
    for segment, body in incident.private.items():
        place = incident.at(f"private.{segment}")
        yield Text(words=body, place=place, name=f"The message for {segment}", block=True)


def _translated(incident: Incident, locale: str) -> Iterator[Text]:
    translation = incident.translations[locale]
    root = f"translations.{locale}"

    def at(name: str) -> Place:
        return incident.places.get(name) or translation.place

    yield Text(words=translation.title, place=at(f"{root}.title"), name=f"The title ({locale})")
    yield Text(words=translation.headline or "", place=at(f"{root}.headline"), name=f"The headline ({locale})")
    for key, body in translation.bodies.items():
        name = f"The update of {key[:10]} {key[11:16]} UTC ({locale})"
        yield Text(words=body, place=at(f"{root}.{key}.body"), name=name, block=True)
        for number, fact in enumerate(translation.facts.get(key, ())):
            word = ("who", "meanwhile")[number]
            yield Text(words=fact or "", place=at(f"{root}.{key}"), name=f"{name}, {word}")
