"""Which card each page has: the words, the picture and the structured data that others read of it.

Open incidents and maintenances and the newest of the rest have a picture of their own; it takes 30 ms to draw one, and
nobody passes on what is years old. The others of one state share a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from publisher.model.component import Impact
from publisher.model.digest import Plain
from publisher.model.incident import Kind
from publisher.render.opengraph import NOINDEX, Card, render_card, site_picture
from publisher.render.pages import Page
from publisher.render.pages_speech import Speech
from publisher.render.picture import Picture, colour_of
from publisher.render.structured import block, breadcrumbs, incident, organization, website
from publisher.render.view import IncidentView, View

NEWEST = 5
"""Incidents and maintenances that keep a picture of their own when they are over."""
MOST_OPEN = 20
"""Open ones that have a picture of their own, gravest first: when all is broken, one picture says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a page's head says to others: elements of HTML, and the picture they name."""

    html: str
    picture: Picture


class Cards:
    """Cards of all pages of one view, with what they share worked out once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._site = view.site
        self._speech = Speech(view)
        self.own = with_own_picture(view)
        self._incidents: Mapping[str, IncidentView] = {
            f"incidents/{one.id}/index.html": one for one in (*view.incidents, *view.maintenances)
        }
        self._sites = site_picture(view.site, view.locale)

    def of(self, page: Page) -> Told:
        """Give a page's card. The page for unknown addresses has none: it has no address."""
        told = self._incidents.get(page.path) if page.kind == "incident" else None
        picture = self._picture(page, told)
        url = self._address(page.path.removesuffix("index.html"))
        first = min((update.at for update in told.updates), default=told.started) if told else None
        card = Card(
            title=page.topic,
            description=page.description,
            url=url,
            picture=picture,
            published=first,
            modified=told.updated if told else None,
        )
        html = render_card(card, self._site, self._view.locale) + block(self._nodes(page, told, picture))
        return Told(html=html if self._site.robots.index else NOINDEX + html, picture=picture)

    def _address(self, path: str) -> str:
        return self._site.href(path, self._view.locale)

    def _nodes(self, page: Page, told: IncidentView | None, picture: Picture) -> list[Mapping[str, Plain]]:
        if page.kind == "home":
            return [website(self._view), organization(self._site)]
        nodes: list[Mapping[str, Plain]] = [breadcrumbs(self._trail(page))]
        if told is not None:
            image = self._site.url + picture.path
            nodes.append(incident(self._view, told, description=page.description, picture=image))
        return nodes

    def _trail(self, page: Page) -> list[tuple[str, str]]:
        trail = [(self._site.name, self._address(""))]
        if page.kind in {"incident", "month"}:
            trail.append((self._speech.gettext("History"), self._address("history/")))
        return [*trail, (page.topic, self._address(page.path.removesuffix("index.html")))]

    def _picture(self, page: Page, told: IncidentView | None) -> Picture:
        impact = page.state or Impact.OPERATIONAL
        if told is not None:
            return self._incident(told, impact)
        if page.kind == "home":
            return self._made(impact, page.topic, self._speech.language.impact(impact))
        return self._sites

    def _incident(self, told: IncidentView, impact: Impact) -> Picture:
        state = self._speech.language.status(told.status)
        if told.id not in self.own:
            return self._made(impact, self._site.name, state)
        if told.active and told.impact_now is not Impact.OPERATIONAL:
            state = f"{self._speech.language.impact(told.impact_now)} · {state}"
        elif told.open and told.kind is Kind.MAINTENANCE:
            impact = Impact.UNDER_MAINTENANCE
        date = self._speech.language.date(self._speech.local(told.started))
        return self._made(impact, told.title, state, date)

    def _made(self, impact: Impact, title: str, state: str, date: str = "") -> Picture:
        name = self._site.brand.company or self._site.name
        return Picture(
            impact=impact,
            name=name if name != title else "",
            title=title,
            state=state,
            date=date,
            rtl=self._speech.language.direction == "rtl",
            colour=colour_of(self._site, impact),
            alt=" · ".join(part for part in (name, title, state, date) if part),
        )


def with_own_picture(view: View) -> frozenset[str]:
    """Name the incidents and maintenances that have a picture of their own."""
    everything = (*view.incidents, *view.maintenances)
    newest = sorted(everything, key=lambda one: (one.started, one.id), reverse=True)
    open_ones = [*view.open_incidents, *(one for one in newest if one.open and one not in view.open_incidents)]
    closed = [one for one in newest if not one.open]
    return frozenset(one.id for one in (*open_ones[:MOST_OPEN], *closed[:NEWEST]))
