"""What an application tells its own users: open incidents and maintenance under way, gravest first, in one language.

One small document a language, `/api/banner.json`, read by `/embed.js`, by the iframe page and by whoever builds
a banner of their own. Everything in it is ready to be shown as plain text; nothing in it is HTML.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher.model.component import Impact
from publisher.model.digest import Plain, digest
from publisher.model.incident import Kind
from publisher.model.release import Artifact
from publisher.render.characters import one_line
from publisher.render.headers import data, prefix
from publisher.render.i18n import language
from publisher.render.i18n import message as _
from publisher.render.pages_home import overall
from publisher.render.pages_speech import Speech
from publisher.render.utm import tagger
from publisher.render.view import IncidentView, View

Document = dict[str, Plain]

LINE = 160
"""Characters of the one line of text, its ellipsis included."""
_KEY_DIGITS = 16
_LABELS = {"region": _("How things stand now"), "dismiss": _("Dismiss")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing worth telling, in a view's language.

    Attributes:
        key: changes whenever there is something new to say: other words of the source, another impact, the next window
            of a recurring maintenance. Who dismissed this key need not be told again.
        show: whether users are told without having asked: something does not work, or maintenance is under way.
        impact: the gravest now; at least maintenance, where there is one.
        state: the impact in a word.
        line: the latest words on one line, cut at a word; empty where there are none.
        note: when we speak next, or how long the maintenance lasts.
        until: end of the maintenance's present window.
        url: the incident's page, with tracking parameters.
        components: ids of those that do not work now; all it names where all work again.
    """

    incident: IncidentView
    key: str
    show: bool
    impact: Impact
    state: str
    line: str
    line_locale: str
    note: str
    until: datetime | None
    url: str
    components: tuple[str, ...]


def notices(view: View, *, medium: str = "banner") -> tuple[Notice, ...]:
    """Give what is going on: active incidents, gravest first, then maintenance under way.

    Args:
        view: one audience's, one language's.
        medium: where it will be shown, for `utm_medium`.
    """
    speech = Speech(view)
    running = (m for m in view.maintenances if m.active)
    return tuple(_notice(view, speech, incident, medium) for incident in (*view.open_incidents, *running))


def banner_document(view: View) -> Document:
    """Write the document: in short for those who show one line, then each item for those who choose."""
    told = notices(view)
    shown = [n for n in told if n.show]
    state = overall(view, Speech(view))
    first = shown[0] if shown else None
    return {
        "as_of": _at(view.as_of),
        "locale": view.locale,
        "direction": language(view.locale, view.site).direction,
        "site": {"name": view.site.name, "url": home(view, medium="banner")},
        "labels": {name: language(view.locale, view.site).gettext(label) for name, label in _LABELS.items()},
        "show": bool(shown),
        "indicator": str(view.indicator),
        "impact": str(first.impact if first else view.overall),
        "state": first.state if first else language(view.locale, view.site).impact(view.overall),
        "headline": first.incident.headline if first else state.sentence,
        "headline_locale": first.incident.locale if first else state.locale,
        "line": first.line if first else "",
        "note": first.note if first else "",
        "url": first.url if first else home(view, medium="banner"),
        "next_update": _maybe(first.incident.next if first else None),
        "revisions": [n.incident.updates[0].said for n in shown if n.incident.updates],
        "items": [_item(n) for n in told],
    }


def render_banner(view: View) -> Artifact:
    """Write the document as an artifact of its language's tree."""
    body = json.dumps(banner_document(view), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return data(view.site, f"{prefix(view.site, view.locale)}api/banner.json", body)


def home(view: View, *, medium: str) -> str:
    """Give the address of the site's first page in a view's language, with tracking parameters."""
    change = tagger(view.site, source="in_app", medium=medium, campaign="status", content="")
    return change(view.site.href("", view.locale))


def _notice(view: View, speech: Speech, incident: IncidentView, medium: str) -> Notice:
    latest = incident.updates[0] if incident.updates else None
    maintenance = incident.kind is Kind.MAINTENANCE
    window = next((w for w in incident.occurrences if w[0] <= view.as_of < w[1]), None) if maintenance else None
    impact = incident.impact_now
    if maintenance and impact is Impact.OPERATIONAL:
        impact = Impact.UNDER_MAINTENANCE
    note = ""
    if window is not None:
        note = speech.span(*window).striptags()
    elif incident.next is not None:
        note = speech.say("We write again by {time}", time=speech.clock(incident.next)).striptags()
    content = latest.revision if latest else ""
    change = tagger(view.site, source="in_app", medium=medium, campaign=incident.id, content=content)
    ailing = tuple(a.id for a in incident.affected if a.impact is not Impact.OPERATIONAL)
    said = [latest.said if latest else None, str(impact), _at(window[0]) if window else None]
    return Notice(
        incident=incident,
        key=digest(["banner", 1, incident.id, *said])[:_KEY_DIGITS],
        show=maintenance or impact is not Impact.OPERATIONAL,
        impact=impact,
        state=speech.language.impact(impact),
        line=_line(latest.words.text) if latest else "",
        line_locale=latest.words.locale if latest else view.locale,
        note=note,
        until=window[1] if window else None,
        url=change(view.site.href(f"incidents/{incident.id}/", view.locale)),
        components=ailing or tuple(a.id for a in incident.affected),
    )


def _item(notice: Notice) -> Plain:
    incident = notice.incident
    return {
        "id": incident.id,
        "kind": str(incident.kind),
        "key": notice.key,
        "revision": incident.updates[0].said if incident.updates else None,
        "show": notice.show,
        "severity": str(incident.severity),
        "status": str(incident.status),
        "impact": str(notice.impact),
        "state": notice.state,
        "components": list(notice.components),
        "headline": incident.headline,
        "headline_locale": incident.locale,
        "line": notice.line,
        "line_locale": notice.line_locale,
        "note": notice.note,
        "url": notice.url,
        "updated": _at(incident.updated),
        "next_update": _maybe(incident.next),
        "until": _maybe(notice.until),
    }


def _line(text: str) -> str:
    """Put the first paragraph on one line, cut at a word where it is long."""
    line = one_line(text.strip().split("\n\n", 1)[0])
    if len(line) <= LINE:
        # A colon promises a list that does not follow here.
        return line[:-1] + "…" if line.endswith((":", "\uff1a")) else line
    head = line[: LINE - 1]
    # Languages without blanks between words are cut where they stand.
    cut = head.rpartition(" ")[0]
    return (cut if len(cut) > LINE // 2 else head).rstrip(" ,;:\u2013-") + "…"


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else _at(moment)
