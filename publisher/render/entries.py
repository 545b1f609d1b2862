"""What one entry of a feed says, whatever the feed's format: an incident with all its updates, or one update."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from publisher.model.site import Site
from publisher.render.characters import legal
from publisher.render.i18n import Language, language
from publisher.render.markdown import relink
from publisher.render.utm import tagger
from publisher.render.view import IncidentView, UpdateView, View


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        id: a tag URI (RFC 4151), the same in every language and for ever.
        url: of the incident's page in the view's language, without tracking parameters.
        campaign, content: for tracking parameters: the incident, and the revision shown.
        locale: language of the title.
        html: safe HTML in which links to the site are not tagged yet.
        summary: one line.
        tags: category, severity and the names of what is affected.
    """

    id: str
    url: str
    campaign: str
    content: str
    title: str
    locale: str
    html: str
    text: str
    summary: str
    published: datetime
    updated: datetime
    tags: tuple[str, ...]


def values(entry: Entry) -> tuple[Any, ...]:
    """Give an entry's values in order, plain enough to be kept."""
    return tuple(getattr(entry, field.name) for field in fields(entry))


def feed_id(site: Site, name: str) -> str:
    """Name something of this site for feed readers: a tag URI (RFC 4151), dated when the scheme was fixed."""
    return f"tag:{urlsplit(site.url).hostname or 'localhost'},2026:{name}"


def incident_entry(view: View, incident: IncidentView) -> Entry:
    """Tell an incident with all its updates, newest first."""
    said = language(view.locale, view.site)
    return Entry(
        id=feed_id(view.site, f"incident/{incident.id}"),
        url=view.site.href(f"incidents/{incident.id}/", view.locale),
        campaign=incident.id,
        content=incident.updates[0].revision if incident.updates else "",
        title=legal(incident.title),
        locale=incident.locale,
        html=str(_facts(view, said, incident) + Markup("").join(_update(view, said, u) for u in incident.updates)),
        text=legal("\n\n".join(_update_text(view, said, u) for u in incident.updates)),
        summary=legal(incident.headline),
        published=min(incident.created, view.as_of),
        updated=incident.updated,
        tags=_tags(said, incident),
    )


def update_entry(view: View, incident: IncidentView, update: UpdateView) -> Entry:
    """Tell one update."""
    said = language(view.locale, view.site)
    return Entry(
        id=feed_id(view.site, f"incident/{incident.id}/update/{update.id}"),
        url=view.site.href(f"incidents/{incident.id}/#{update.id}", view.locale),
        campaign=incident.id,
        content=update.revision,
        title=legal(said.gettext("{state}: {title}", state=said.status(update.status), title=incident.title)),
        locale=incident.locale,
        html=str(_update(view, said, update)),
        text=legal(_update_text(view, said, update)),
        summary=legal(incident.headline),
        published=update.at,
        updated=update.at,
        tags=_tags(said, incident),
    )


def tagged(view: View, entry: Entry, medium: str) -> tuple[str, str]:
    """Give an entry's address and HTML with tracking parameters on every link to the site."""
    change = tagger(view.site, source="feed", medium=medium, campaign=entry.campaign, content=entry.content)
    return change(entry.url), legal(relink(entry.html, change))


def _tags(said: Language, incident: IncidentView) -> tuple[str, ...]:
    named = [a.name for a in incident.affected if a.through is None]
    return tuple(legal(t) for t in dict.fromkeys([said.category(incident.category), *named]))


def _facts(view: View, said: Language, incident: IncidentView) -> Markup:
    """Say what is planned when; of an incident everything stands in its updates."""
    zone = view.site.time_zone
    if not incident.occurrences:
        return Markup("")
    begin, end = incident.occurrences[0]
    return Markup("<p>{} \N{EN DASH} {}</p>").format(said.datetime(begin, zone), said.datetime(end, zone))


def _update(view: View, said: Language, update: UpdateView) -> Markup:
    zone = view.site.time_zone
    # Feed readers keep <p>, <strong> and <em> and drop most else, so times stand in words, with their zone.
    head = Markup("<p><strong>{}</strong> · {}</p>").format(said.status(update.status), said.datetime(update.at, zone))
    body = Markup(legal(update.words.html))  # noqa: S704 (made safe in render.markdown)
    return (
        head + body + Markup("").join(Markup("<p><em>{}</em>: {}</p>").format(*f) for f in _details(view, said, update))
    )


def _update_text(view: View, said: Language, update: UpdateView) -> str:
    lines = [f"{said.status(update.status)} · {said.datetime(update.at, view.site.time_zone)}", update.words.text]
    return "\n".join([*lines, *(said.pair(*detail) for detail in _details(view, said, update))])


def _details(view: View, said: Language, update: UpdateView) -> list[tuple[str, str]]:
    details: list[tuple[str, str]] = []
    if update.revises:
        details.append((said.gettext("Correction"), legal(update.revises)))
    if update.who:
        details.append((said.gettext("Who"), legal(update.who)))
    if update.meanwhile:
        details.append((said.gettext("Meanwhile"), legal(update.meanwhile)))
    if update.next:
        details.append((said.gettext("Next update"), said.datetime(update.next, view.site.time_zone)))
    return details
