"""Translations against their source: which are missing, stale, too long or too short."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.model.codes import finding
from publisher.model.component import Component, Group, Registry
from publisher.model.finding import Finding
from publisher.model.incident import Incident, Translation, source_revision
from publisher.model.site import Site


def check_translations(incident: Incident, site: Site) -> Iterator[Finding]:
    """Find what an incident's translations lack or have too much."""
    yield from _missing(incident, site)
    for translation in incident.translations.values():
        yield from _translation(incident, translation, site)


def _missing(incident: Incident, site: Site) -> Iterator[Finding]:
    """Old incidents that nobody ever translated are left in peace."""
    if not incident.is_open and not incident.translations:
        return
    for locale in site.locales:
        if locale not in (incident.locale, *incident.translations):
            what = f'There is no translation into "{locale}".'
            fix = f"Add {incident.id}/index.{locale}.md; until then readers see the source text."
            yield finding("TID401", incident.place, what, fix)


def _translation(incident: Incident, translation: Translation, site: Site) -> Iterator[Finding]:
    locale = translation.locale
    if locale == incident.locale:
        what = f'"{locale}" is the source language, which stands in index.md.'
        yield finding("TID402", translation.place, what, "Remove this file.")
        return
    if locale not in site.locales:
        fix = f"Add it to `locales` in mkdocs.yml, or remove the file. Known: {', '.join(site.locales)}."
        yield finding("TID402", translation.place, f'The site has no language "{locale}".', fix)
    keys = {update.key: update for update in incident.updates}
    for key in translation.bodies:
        if key not in keys:
            at, status, _ = key.split("/")
            what = f"The source has no update of {at} with status {status}."
            fix = "Give the heading the time and the English status word of the source."
            yield finding("TID403", incident.at(f"translations.{locale}.{key}"), what, fix)
    for key, update in keys.items():
        if key not in translation.bodies:
            what = f"The update of {update.at:%Y-%m-%d %H:%M} UTC · {update.status} is not translated."
            yield finding("TID404", translation.place, what, "Add its heading and words.")
    yield from _freshness(incident, translation)


def _freshness(incident: Incident, translation: Translation) -> Iterator[Finding]:
    current = source_revision(incident)
    if translation.of is None:
        fix = f"Add `of: {current}` to its front matter once the words agree."
        yield finding("TID406", translation.place, "The file does not say which wording it translates.", fix)
    elif translation.of != current:
        what = "The source was changed since this was translated."
        fix = f"Bring the words up to date, then write `of: {current}`."
        yield finding("TID405", incident.at(f"translations.{translation.locale}.of"), what, fix)


def translated_names(site: Site, registry: Registry) -> Iterator[Finding]:
    """Find names of components and groups in languages that the site does not have."""
    locales = site.locales
    items: list[Group | Component] = [*registry.groups, *registry.components]
    for item in items:
        for locale in sorted({*item.names, *item.descriptions}):
            if locale not in locales:
                what = f'"{item.id}" has words in "{locale}", a language the site does not have.'
                fix = f"Add it to `locales` in mkdocs.yml, or remove it. Known: {', '.join(locales)}."
                yield finding("TID402", item.place, what, fix)
