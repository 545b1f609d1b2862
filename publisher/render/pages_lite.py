"""`/lite/`: the state in one request under ten kibibytes, for slow lines, old browsers and a full network.

Plain HTML: no style sheet, no script, no picture. A browser shows it as it would a letter. What does not fit is left
to the full version, the least important first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment
from markupsafe import Markup, escape

from publisher.model.component import Impact
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Artifact, Group
from publisher.render.headers import data, prefix
from publisher.render.i18n import language
from publisher.render.i18n import message as _
from publisher.render.pages_home import overall, planned, sign
from publisher.render.pages_speech import Speech
from publisher.render.view import IncidentView, View

LIMIT = 10 * 1024
"""Bytes, uncompressed, in any language."""
_BODY = LIMIT - 2600
"""Bytes for what is between the sentence for the whole and the links at the end; those are short and bounded."""
_WORDS = 1400
"""Bytes of one incident's latest words, above which only their beginning is told."""
_UP = "../"
_HEADLINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tongue:
    locale: str
    name: str
    direction: str
    href: str


def render_lite(view: View, environment: Environment) -> Artifact:
    """Write the page of one language: UTF-8, at most `LIMIT` bytes, stamped."""
    speech = Speech(view)
    state = overall(view, speech)
    page = environment.get_template("lite.html").render(
        v=view,
        site=view.site,
        s=speech,
        _=speech.say,
        up=_UP,
        state=state,
        title=f"{_cut(state.sentence.rstrip('.'), _HEADLINE)} · {view.site.name}",
        body=Markup(_fitting(view, speech)),  # noqa: S704 - made of escaped parts below
        generation=Markup(GENERATION_TOKEN.decode()),  # noqa: S704 - constants of the model
        built=Markup(f'<time datetime="{BUILT_TOKEN.decode()}">{BUILT_TOKEN.decode()}</time>'),  # noqa: S704
        tongues=_tongues(view),
    )
    folder = prefix(view.site, view.locale)
    return data(view.site, f"{folder}lite/index.html", page.encode(), stamped=True, group=Group.FRONT)


def _fitting(view: View, speech: Speech) -> str:
    """Put the parts together, most important first, as long as they fit; no heading stands without a part."""
    told, left = "", _BODY
    for heading, parts in _parts(view, speech):
        open_ = f"<h2>{speech.say(heading)}</h2>\n"
        for part in parts:
            piece = open_ + part
            if len(piece.encode()) > left:
                continue
            told, left, open_ = told + piece, left - len(piece.encode()), ""
    return told


def _parts(view: View, speech: Speech) -> Iterator[tuple[str, Iterator[str]]]:
    running = tuple(m for m in view.maintenances if m.active)
    first = view.open_incidents[:1]
    yield _("Open incidents"), (_incident(i, speech, again=i not in first) for i in view.open_incidents)
    yield _("Maintenance under way"), (_incident(m, speech) for m in running)
    yield _("Not working as it should"), iter([_troubled(view, speech)] if _troubled(view, speech) else [])
    yield (
        _("Planned maintenance"),
        (f"<p>{_link(p.maintenance, speech)}<br>{speech.span(*p.windows[0]).striptags()}</p>\n" for p in planned(view)),
    )


def _incident(incident: IncidentView, speech: Speech, *, again: bool = True) -> str:
    """Tell one incident; `again` says when we write next, where the top line has not said so."""
    lines = [f"<h3>{_link(incident, speech)}</h3>\n"]
    if incident.updates:
        latest = incident.updates[0]
        status = speech.language.status(latest.state)
        if sign(incident) is incident.impact_now:
            status = f"{speech.language.impact(incident.impact_now)} · {status}"
        lines.append(f"<p>{escape(status)} · {speech.clock(latest.at)}</p>\n")
        html, tag = latest.words.html, speech.of(latest.words.locale)
        if len(html.encode()) > _WORDS:
            html = f"<p>{escape(_cut(latest.words.text, _WORDS))}</p>"
        lines.append(f"<div{tag}>{html}</div>\n")
        lines += [
            f"<p>{speech.say(label)}: <span{tag}>{escape(_cut(text, _HEADLINE))}</span></p>\n"
            for label, text in ((_("Who"), latest.who), (_("Meanwhile"), latest.meanwhile))
            if text
        ]
    if incident.next and again:
        lines.append(f"<p>{speech.say('We write again by {time}', time=speech.clock(incident.next))}</p>\n")
    return "".join(lines)


def _troubled(view: View, speech: Speech) -> str:
    rows = []
    for c in view.components:
        if c.impact is not Impact.OPERATIONAL:
            rows.append(f"<li>{escape(speech.language.pair(c.name, speech.language.impact(c.impact)))}</li>\n")
        elif c.through:
            why = speech.gettext("affected through {names}", names=speech.language.list(c.through))
            rows.append(f"<li>{escape(speech.language.pair(c.name, why))}</li>\n")
    kept = rows[:30]
    return f"<ul>\n{''.join(kept)}{'<li>…</li>' if len(rows) > len(kept) else ''}</ul>\n" if rows else ""


def _link(incident: IncidentView, speech: Speech) -> str:
    tag = speech.of(incident.locale)
    return f'<a href="{_UP}incidents/{escape(incident.id)}/"{tag}>{escape(incident.title)}</a>'


def _cut(text: str, size: int) -> str:
    """Give the beginning of a text in at most `size` bytes, cut between words where there are blanks."""
    line = " ".join(text.split())
    if len(line.encode()) <= size:
        return line
    head = line.encode()[: size - 4].decode(errors="ignore")
    cut = head.rpartition(" ")[0]
    return (cut if len(cut) > len(head) // 2 else head) + " …"


def _tongues(view: View) -> list[_Tongue]:
    root = _UP if view.locale == view.site.locale else f"{_UP}../"
    return [
        _Tongue(
            locale=other,
            name=language(other).name,
            direction=language(other).direction,
            href=f"{root}{prefix(view.site, other)}lite/",
        )
        for other in view.site.locales
        if other != view.locale
    ]
