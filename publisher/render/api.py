"""Our own API: what the Statuspage API has no word for.

Languages, revisions, the promise of a next update, the release. One document holds all languages, so that a client
needs one request whatever it shows. Times are UTC, RFC 3339, seconds. Keys are never removed or given another type;
new ones may appear.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from publisher.model.digest import Plain
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Artifact, Group
from publisher.render.headers import data
from publisher.render.pages_home import overall
from publisher.render.pages_speech import Speech
from publisher.render.view import ComponentView, Freshness, GroupView, IncidentView, UpdateView, View

Views = Mapping[str, View]
Document = dict[str, Plain]

OWN = frozenset({Freshness.SOURCE, Freshness.TRANSLATED})
"""Texts that are in the language asked for."""


def at(moment: datetime) -> str:
    """Write a moment: RFC 3339, UTC, seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def status_document(views: Views) -> Document:
    """Give the whole state: what is open with its latest words, every component, what is planned."""
    view = source(views)
    site = view.site
    planned = sorted((m for m in view.maintenances if m.open), key=lambda m: (m.occurrences[:1], m.id))
    return {
        "generation": GENERATION_TOKEN.decode(),
        "built": BUILT_TOKEN.decode(),
        "as_of": at(view.as_of),
        "site": {
            "name": site.name,
            "url": site.url,
            "second_url": site.second_url,
            "locales": list(views),
            "time_zone": site.time_zone,
        },
        "status": {
            "impact": str(view.overall),
            "indicator": str(view.indicator),
            "summary": {locale: overall(v, Speech(v)).sentence for locale, v in views.items()},
        },
        "incidents": [_incident(views, i, latest=True) for i in view.open_incidents],
        "maintenances": [_incident(views, m, latest=True) for m in planned],
        "components": [_component(views, c, place) for place, c in enumerate(view.components)],
        "groups": [_group(views, g, place) for place, g in enumerate(view.groups)],
    }


def incident_document(views: Views, incident_id: str, *, forms: bool = True) -> Document:
    """Give one incident whole.

    Args:
        views: the same audience's views, all languages.
        incident_id: which.
        forms: also give texts as HTML and plain text, besides the Markdown that both follow from.
    """
    return _incident(views, source(views).by_id[incident_id], latest=False, forms=forms)


def render_api(views: Views) -> tuple[Artifact, ...]:
    """Write the documents as artifacts.

    Args:
        views: the same audience's views, all languages, the source's first.
    """
    return (render_status(views), *(render_incident(views, incident_id) for incident_id in source(views).by_id))


def render_status(views: Views) -> Artifact:
    """Write the state of the whole."""
    status = json.dumps(status_document(views), ensure_ascii=False, indent=1).encode()
    # The stamp is a number. It is the first value of the document, so no writer's text can be meant.
    status = status.replace(b'"' + GENERATION_TOKEN + b'"', GENERATION_TOKEN, 1)
    return data(source(views).site, "api/status.json", status + b"\n", stamped=True, group=Group.FRONT)


def render_incident(views: Views, incident_id: str) -> Artifact:
    """Write one incident."""
    return data(source(views).site, f"api/incidents/{incident_id}.json", _body(incident_document(views, incident_id)))


def source(views: Views) -> View:
    """Give the view in the language incidents are written in."""
    first = next(iter(views.values()))
    return views.get(first.site.locale, first)


def _body(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _incident(views: Views, incident: IncidentView, *, latest: bool, forms: bool = True) -> Document:
    told = {locale: view.by_id[incident.id] for locale, view in views.items()}
    own = {locale: i for locale, i in told.items() if i.freshness in OWN}
    document: Document = {
        "id": incident.id,
        "code": incident.code,
        "kind": str(incident.kind),
        "urls": {locale: view.site.href(f"incidents/{incident.id}/", locale) for locale, view in views.items()},
        "titles": {locale: i.title for locale, i in own.items()},
        "headlines": {locale: i.headline for locale, i in own.items()},
        "translations": {locale: str(i.freshness) for locale, i in told.items()},
        "category": str(incident.category),
        "severity": str(incident.severity),
        "scope": str(incident.scope),
        "regions": list(incident.regions),
        "tags": list(incident.tags),
        "status": str(incident.status),
        "impact": str(incident.impact),
        "impact_now": str(incident.impact_now),
        "active": incident.active,
        "open": incident.open,
        "cause": str(incident.disclosure),
        "started": at(incident.started),
        "detected": _maybe(incident.detected),
        "ended": _maybe(incident.ended),
        "created": at(incident.created),
        "updated": at(incident.updated),
        "next_update": _maybe(incident.next),
        "windows": [{"from": at(begin), "until": at(end)} for begin, end in incident.occurrences],
        "rrule": incident.rrule,
        "affected": [
            {"component": a.id, "impact": str(a.impact), "direct": a.through is None} for a in incident.affected
        ],
    }
    rows = range(len(incident.updates))
    said = [_update({locale: i.updates[row] for locale, i in told.items()}, forms=forms) for row in rows]
    return document | ({"latest": said[0] if said else None} if latest else {"updates": said})


def _update(told: Mapping[str, UpdateView], *, forms: bool) -> Document:
    update = next(iter(told.values()))
    words: dict[str, Plain] = {}
    for locale, each in told.items():
        if each.freshness in OWN:
            text: Document = {"revision": each.revision, "markdown": each.words.markdown}
            if forms:
                text |= {"html": each.words.html, "text": each.words.text}
            words[locale] = text | {"who": each.who, "meanwhile": each.meanwhile}
    return {
        "id": update.id,
        "revision": update.said,
        "at": at(update.at),
        "status": str(update.status),
        "state": str(update.state),
        "next_update": _maybe(update.next),
        "corrected": update.revises,
        "changes": [{"component": c.component, "from": str(c.old), "to": str(c.new)} for c in update.changes],
        "words": words,
    }


def _component(views: Views, component: ComponentView, place: int) -> Plain:
    return {
        "id": component.id,
        "code": component.code,
        "names": {locale: view.components[place].name for locale, view in views.items()},
        "group": component.group,
        "impact": str(component.impact),
        "uptime": component.uptime,
        "since": component.since.isoformat() if component.since else None,
    }


def _group(views: Views, group: GroupView, place: int) -> Plain:
    return {
        "id": group.id,
        "code": group.code,
        "names": {locale: view.groups[place].name for locale, view in views.items()},
        "parent": group.parent,
        "impact": str(group.impact),
    }


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else at(moment)
