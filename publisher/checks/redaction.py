"""Words for readers against what must not leave the house, with the place of each, before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from publisher.checks.detectors import Hit
from publisher.checks.redactor import Redactor
from publisher.checks.texts import Text, place_in, texts_of
from publisher.model.codes import finding
from publisher.model.component import Component, Group, Registry
from publisher.model.finding import Finding, Level
from publisher.model.incident import Incident, Translation, Update, source_revision
from publisher.model.redaction import Sort

CODES: Final[Mapping[Sort, str]] = {
    Sort.SECRET: "TID750",
    Sort.NETWORK: "TID751",
    Sort.HOST: "TID752",
    Sort.PATH: "TID753",
    Sort.PERSON: "TID754",
    Sort.TICKET: "TID755",
    Sort.CUSTOMER: "TID756",
    Sort.WORD: "TID757",
}
_FIXES: Final[Mapping[Sort, str]] = {
    Sort.SECRET: "Take it out, and have it revoked: whoever reads the repository has it.",
    Sort.NETWORK: "Say what customers notice; if they need it, list it under `allow` in policy/redaction.yml.",
    Sort.HOST: "Name the component that customers know; a host that may be named belongs under `allow`.",
    Sort.PATH: "Say what it is for, not where it lies.",
    Sort.PERSON: "Take it out; an address that is for customers belongs under `allow` in policy/redaction.yml.",
    Sort.TICKET: "Leave it to internal/, where colleagues look for it.",
    Sort.CUSTOMER: "Say which customers are affected without naming one.",
    Sort.WORD: "Say it in words that customers know.",
}


_BY_SHAPE: Final = frozenset((Sort.NETWORK, Sort.HOST, Sort.PATH, Sort.PERSON))
"""What is found by its looks. The rest is a secret, or the house has named it."""


def leaks(incident: Incident, redactor: Redactor) -> Iterator[Finding]:
    """Say which of an incident's words must not leave the house.

    What policy replaces is noted, so that the writer knows what readers get; it stops nothing. Nor does what an import
    brought from a page where everybody could read it: that is said, and left to the house.
    """
    for text in texts_of(incident):
        if text.words:
            yield from _found(text, redactor, public=_was_public(incident, text))


def _was_public(incident: Incident, text: Text) -> bool:
    # translations and messages beside an imported file are the house's own
    return incident.as_imported and text.place.path == incident.place.path


def public_before(incidents: Iterable[Incident], redactor: Redactor) -> frozenset[str]:
    """Give what imported incidents show of the inside, as `described` says it: readers know it from the old page."""
    return frozenset(
        described(hit, text.words)
        for incident in incidents
        if incident.as_imported
        for text in texts_of(incident)
        if _was_public(incident, text)
        for hit in redactor.hits(text.words)
        if hit.sort in _BY_SHAPE
    )


def leaks_in_registry(registry: Registry, redactor: Redactor) -> Iterator[Finding]:
    """Say which names and descriptions of components must not leave the house."""
    listed: tuple[Component | Group, ...] = (*registry.components, *registry.groups)
    for one in listed:
        for words in (one.name, one.description or "", *one.names.values(), *one.descriptions.values()):
            yield from _found(Text(words=words, place=one.place, name=f'What is said of "{one.id}"'), redactor)


def _found(text: Text, redactor: Redactor, *, public: bool = False) -> Iterator[Finding]:
    for hit in redactor.hits(text.words):
        instead = redactor.instead(hit, text.words)
        place = place_in(text, hit.start)
        if instead is None:
            said = f"{text.name} holds {described(hit, text.words)}"
            if public and hit.sort in _BY_SHAPE:
                noted = finding(CODES[hit.sort], place, f"{said}, as it did on the old page.", _FIXES[hit.sort])
                yield replace(noted, level=Level.WARNING)
            else:
                yield finding(CODES[hit.sort], place, f"{said}.", _FIXES[hit.sort])
        else:
            what = f'{text.name} holds {described(hit, text.words)}; readers get "{instead}".'
            noted = finding(CODES[hit.sort], place, what, "Write what readers are to get, or leave it to policy.")
            yield replace(noted, level=Level.NOTE)


def described(hit: Hit, text: str) -> str:
    """Say what was found in a text. Of a secret nothing is repeated: findings go into logs and pull requests."""
    if hit.sort is Sort.SECRET:
        return hit.name
    said = text[hit.start : hit.end]
    if hit.sort is Sort.PERSON:
        return f"{hit.name} ({said[:2]}…)"
    return f"{hit.name} ({said})"


def public_words(incident: Incident, redactor: Redactor) -> Incident:
    """Give an incident with what policy replaces replaced, in every text and language. Its id stays as it is."""
    clean = redactor.replaced

    def maybe(words: str | None) -> str | None:
        return None if words is None else clean(words)

    def of_update(update: Update) -> Update:
        return replace(
            update,
            body=clean(update.body),
            who=maybe(update.who),
            meanwhile=maybe(update.meanwhile),
            revises=maybe(update.revises),
            slots={name: clean(words) for name, words in update.slots.items()},
        )

    def of_translation(translation: Translation) -> Translation:
        return replace(
            translation,
            title=clean(translation.title),
            headline=maybe(translation.headline),
            bodies={key: clean(body) for key, body in translation.bodies.items()},
            facts={key: (maybe(who), maybe(meanwhile)) for key, (who, meanwhile) in translation.facts.items()},
        )

    shown = replace(
        incident,
        title=clean(incident.title),
        headline=maybe(incident.headline),
        tags=tuple(clean(tag) for tag in incident.tags),
        regions=tuple(clean(region) for region in incident.regions),
        updates=tuple(of_update(update) for update in incident.updates),
        translations={locale: of_translation(one) for locale, one in incident.translations.items()},
        private={segment: clean(body) for segment, body in incident.private.items()},
    )
    return replace(shown, translations=_still_bound(incident, shown))


def _still_bound(incident: Incident, shown: Incident) -> Mapping[str, Translation]:
    """Bind translations to the words as shown, where they were bound to the words as written."""
    before, after = source_revision(incident), source_revision(shown)
    return {locale: replace(one, of=after) if one.of == before else one for locale, one in shown.translations.items()}
