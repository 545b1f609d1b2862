"""Words for readers against what was decided, often by voice: nobody is to hear what the house agreed not to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.checks.disguise import Folded, find, fold, term
from publisher.model.codes import finding
from publisher.model.decision import Decision, binding
from publisher.model.finding import Finding, Place
from publisher.model.incident import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """Something that readers get to see, with where it stands and what it is called."""

    words: str
    place: Place
    name: str
    block: bool = False
    """Whether it has lines of its own in the file; otherwise its place is all that is known."""


def contradictions(incident: Incident, decisions: Sequence[Decision], *, now: datetime) -> tuple[Finding, ...]:
    """Say which words for readers contradict what was decided about an incident.

    Every text counts that can reach anybody outside: title, headline, updates with their facts, translations, private
    messages, tags, and the id, which is in the address. Words that went out before the decision count too: they still
    stand on the page.

    Args:
        incident: as written.
        decisions: all of the incident's, in the file's order.
        now: decisions past their `until` bind nobody.
    """
    bind = binding(tuple(decisions), now)
    if not any(one.forbids or one.requires for one in bind):
        return ()
    texts = [(text, fold(text.words)) for text in _texts(incident)]
    return (*_forbidden(texts, bind), *_missing(incident, texts, bind))


def _forbidden(texts: Sequence[tuple[_Text, Folded]], bind: Sequence[Decision]) -> Iterator[Finding]:
    for decision in bind:
        for sought in (term(words) for words in decision.forbids):
            for text, folded in texts:
                start = find(sought, text.words, folded)
                if start is None:
                    continue
                what = f'{text.name} says "{sought.words}", and decision {decision.id} of {decision.by} forbids it.'
                fix = f"Say it without, or record a decision that replaces {decision.id}."
                yield finding("TID792", _at(text, start), what, fix)


def _missing(incident: Incident, texts: Sequence[tuple[_Text, Folded]], bind: Sequence[Decision]) -> Iterator[Finding]:
    for decision in bind:
        since = [update for update in incident.updates if update.at >= decision.at]
        if not since:
            continue
        for sought in (term(words) for words in decision.requires):
            if all(find(sought, text.words, folded) is None for text, folded in texts):
                what = f'No words say "{sought.words}", and decision {decision.id} of {decision.by} asks for it.'
                fix = f"Say it, or record a decision that replaces {decision.id}."
                yield finding("TID793", since[-1].place, what, fix)


def _at(text: _Text, start: int) -> Place:
    if not text.block:
        return text.place
    line = text.place.line + text.words.count("\n", 0, start)
    return Place(path=text.place.path, line=line, col=start - text.words.rfind("\n", 0, start))


def _texts(incident: Incident) -> Iterator[_Text]:
    yield _Text(words=incident.id, place=incident.place, name="The incident's address")
    yield _Text(words=incident.title, place=incident.at("title"), name="The title")
    yield _Text(words=incident.headline or "", place=incident.at("headline"), name="The headline")
    for field, listed in (("tags", incident.tags), ("regions", incident.regions)):
        for number, one in enumerate(listed):
            place = incident.places.get(f"{field}.{number}") or incident.at(field)
            yield _Text(words=one, place=place, name=f"One of the {field}")
    for number, update in enumerate(incident.updates):
        name = f"The update of {update.at:%Y-%m-%d %H:%M} UTC"
        yield _Text(words=update.body, place=incident.at(f"updates.{number}.body"), name=name, block=True)
        for field, fact in (("who", update.who), ("meanwhile", update.meanwhile), ("revises", update.revises)):
            place = incident.places.get(f"updates.{number}.{field}") or update.place
            yield _Text(words=fact or "", place=place, name=f"{name} ({field})")
        for slot, words in update.slots.items():
            yield _Text(words=words, place=update.place, name=f"{name} (slot {slot})")
    for locale in incident.translations:
        yield from _translated(incident, locale)
    for segment, body in incident.private.items():
        place = incident.at(f"private.{segment}")
        yield _Text(words=body, place=place, name=f"The message for {segment}", block=True)


def _translated(incident: Incident, locale: str) -> Iterator[_Text]:
    translation = incident.translations[locale]
    root = f"translations.{locale}"

    def at(name: str) -> Place:
        return incident.places.get(name) or translation.place

    yield _Text(words=translation.title, place=at(f"{root}.title"), name=f"The title ({locale})")
    yield _Text(words=translation.headline or "", place=at(f"{root}.headline"), name=f"The headline ({locale})")
    for key, body in translation.bodies.items():
        name = f"The update of {key[:10]} {key[11:16]} UTC ({locale})"
        yield _Text(words=body, place=at(f"{root}.{key}.body"), name=name, block=True)
        for number, fact in enumerate(translation.facts.get(key, ())):
            word = ("who", "meanwhile")[number]
            yield _Text(words=fact or "", place=at(f"{root}.{key}"), name=f"{name}, {word}")
