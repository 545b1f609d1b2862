"""What a mail shows: subject, HTML and text of updates, in one language. No headers, no recipients' names.

The HTML is tables with inlined CSS, because that is what mail programs draw; nothing is loaded from anywhere. Dark
colours come by media query, the direction of writing by language. Every colour has its word beside it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import css_inline
import jinja2
from lxml import html as lxml_html
from markupsafe import Markup

from publisher.model.component import Impact
from publisher.model.incident import CLOSED, Status
from publisher.model.site import Site
from publisher.render.characters import legal, one_line
from publisher.render.i18n import Language, language
from publisher.render.utm import tagger
from publisher.render.view import MailUpdate

SOURCE = "email"
"""`utm_source` of every link to our own pages."""
_TEMPLATES = Path(__file__).parent / "templates" / "mail"
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_TAIL = ".,;:!?)]}»”"
"""What ends a sentence does not belong to an address in it."""
_PREHEADER = 140
_TONES = {
    Impact.OPERATIONAL: "ok",
    Impact.UNDER_MAINTENANCE: "maintenance",
    Impact.DEGRADED_PERFORMANCE: "degraded",
    Impact.PARTIAL_OUTAGE: "partial",
    Impact.MAJOR_OUTAGE: "major",
}
_SIGNS = {"ok": "✓", "maintenance": "●", "degraded": "◆", "partial": "▲", "major": "▲"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPage:
    """A mail's words, ready for its envelope."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """How a reader gets out.

    Attributes:
        address: the reader's own.
        unsubscribe: address of the page that ends the mails, or None.
        answer_to: where an answer goes, when there is no such page.
        token: what such an answer must hold.
    """

    address: str
    answer_to: str
    token: str
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One update, as a template shows it."""

    status: str
    at: str
    at_iso: str
    words: Markup
    text: str
    lang: str
    direction: str
    facts: tuple[tuple[str, str], ...]
    correction: str | None
    foreign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One incident's updates in this mail, oldest first."""

    title: str
    href: str
    tone: str
    sign: str
    impact: str
    affected: str
    began: tuple[str, str]
    told: tuple[Told, ...]


def mail_page(updates: Sequence[MailUpdate], *, site: Site, locale: str, footing: Footing) -> MailPage:
    """Show updates in one mail, by incident; each incident's own oldest first.

    Args:
        updates: at least one.
        site: whose page it is.
        locale: language of all words that are ours.
        footing: the way out.
    """
    speech = language(locale, site)
    medium = "digest" if len({u.incident for u in updates}) > 1 else "update"
    by_incident = _by_incident(updates)
    stories = tuple(_story(told, site, speech, medium) for told in by_incident.values())
    subject = _subject(by_incident, site, speech)
    context = {
        "site": site,
        "speech": speech,
        "_": speech.gettext,
        "locale": locale,
        "direction": speech.direction,
        "start": "right" if speech.direction == "rtl" else "left",
        "subject": subject,
        "stories": stories,
        "footing": footing,
        "home": tagger(site, source=SOURCE, medium=medium, campaign="home", content="")(site.href("", locale)),
        "brand": site.brand.company or site.name,
        "preheader": one_line(stories[0].told[-1].text)[:_PREHEADER],
    }
    return _page("update", subject, context)


def confirmation_page(*, site: Site, locale: str, footing: Footing, confirm_url: str | None) -> MailPage:
    """Show the mail that asks somebody to confirm; with a link if there is a page for it, else with the code."""
    speech = language(locale, site)
    subject = speech.gettext("Confirm your subscription to {site}", site=site.name)
    context = {
        "site": site,
        "speech": speech,
        "_": speech.gettext,
        "locale": locale,
        "direction": speech.direction,
        "start": "right" if speech.direction == "rtl" else "left",
        "subject": subject,
        "footing": footing,
        "confirm_url": confirm_url,
        "home": site.href("", locale),
        "brand": site.brand.company or site.name,
        "preheader": subject,
    }
    return _page("confirm", subject, context)


def _page(name: str, subject: str, context: dict[str, object]) -> MailPage:
    environment = _environment()
    drawn = environment.get_template(f"{name}.html.j2").render(context)
    plain = environment.get_template(f"{name}.txt.j2").render(context)
    return MailPage(subject=subject, html=_inliner().inline(legal(drawn)).strip() + "\n", text=_tidy(legal(plain)))


def _by_incident(updates: Sequence[MailUpdate]) -> dict[str, tuple[MailUpdate, ...]]:
    """Sort updates into incidents: what customers feel now, gravest first; then what is planned; then what is over."""
    order = dict.fromkeys(update.incident for update in updates)
    found = {name: tuple(sorted((u for u in updates if u.incident == name), key=lambda u: u.at)) for name in order}

    def weight(name: str) -> int:
        last = found[name][-1]
        return len(Impact) if last.state in CLOSED else -last.impact.rank

    return {name: found[name] for name in sorted(found, key=weight)}


def _story(updates: Sequence[MailUpdate], site: Site, speech: Language, medium: str) -> Story:
    last = updates[-1]
    closed = last.state in CLOSED
    planned = last.state is Status.SCHEDULED
    tone = "ok" if closed else "maintenance" if planned else _TONES[last.impact]
    label = speech.status(last.state) if closed or planned else speech.impact(last.impact)
    tag = tagger(site, source=SOURCE, medium=medium, campaign=last.incident, content=last.revision)
    label_began = speech.gettext("Begins") if last.started > last.at else speech.gettext("Began")
    return Story(
        title=last.title,
        href=tag(f"{site.url}{last.path}"),
        tone=tone,
        sign=_SIGNS[tone],
        impact=label,
        affected=speech.list(last.affected),
        began=(label_began, speech.datetime(last.started, site.time_zone)),
        told=tuple(_told(update, site, speech, medium, last=update is last) for update in updates),
    )


def _told(update: MailUpdate, site: Site, speech: Language, medium: str, *, last: bool) -> Told:
    tag = tagger(site, source=SOURCE, medium=medium, campaign=update.incident, content=update.revision)
    facts = [(speech.gettext("Who"), update.who), (speech.gettext("Meanwhile"), update.meanwhile)]
    if last and update.next and update.state not in CLOSED:
        facts.append((speech.gettext("Next update"), speech.datetime(update.next, site.time_zone)))
    correction = None
    if update.revises:
        correction = speech.gettext("This corrects what we wrote before: {why}", why=update.revises)
    return Told(
        status=speech.status(update.status),
        at=speech.datetime(update.at, site.time_zone),
        at_iso=update.at.isoformat(),
        words=Markup(_links_tagged(update.html, tag)),  # noqa: S704 - made safe by render.markdown
        text=_text_tagged(update.text, tag),
        lang=update.text_locale,
        direction=language(update.text_locale).direction,
        facts=tuple((name, value) for name, value in facts if value),
        correction=correction,
        foreign=update.text_locale.partition("-")[0] != speech.locale.partition("-")[0],
    )


def _subject(by_incident: dict[str, tuple[MailUpdate, ...]], site: Site, speech: Language) -> str:
    if len(by_incident) > 1:
        count = sum(len(updates) for updates in by_incident.values())
        return speech.ngettext("{site}: {n} update", "{site}: {n} updates", count, site=site.name)
    last = next(iter(by_incident.values()))[-1]
    state = speech.gettext("Correction") if last.revises else speech.status(last.status)
    return speech.gettext("{state}: {title}", state=state, title=last.title)


def _links_tagged(html: str, tag: Callable[[str], str]) -> str:
    """Tag the addresses of links to our own pages."""
    if "href" not in html:
        return html
    root = lxml_html.fragment_fromstring(html, create_parent="div")
    for link in root.iter("a"):
        href = link.get("href")
        if href:
            link.set("href", tag(href))
    inner = [lxml_html.tostring(child, encoding="unicode") for child in root]
    return "".join([_escaped(root.text or ""), *inner])


def _escaped(text: str) -> str:
    return str(Markup.escape(text))


def _text_tagged(text: str, tag: Callable[[str], str]) -> str:
    def change(found: re.Match[str]) -> str:
        address = found.group().rstrip(_TAIL)
        return tag(address) + found.group()[len(address) :]

    return _ADDRESS.sub(change, text)


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).strip("\n") + "\n"


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
