"""Pages: one view in one language → the body and head of every HTML page, to be put into a frame by `site.fill`.

Bytes depend on the view alone. Incident and history pages never mention today, so a new day changes home, component
and maintenance pages only. Home and the page for unknown addresses carry the release's stamp.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from publisher.model.component import Impact
from publisher.model.incident import Kind, Status
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN
from publisher.render import compiled
from publisher.render.icons import NAMES, SPRITE, icon
from publisher.render.pages_bars import bar, troubled_days
from publisher.render.pages_home import fortnight, overall, planned, sign, tree
from publisher.render.pages_parts import Parts
from publisher.render.pages_speech import Speech
from publisher.render.recipe import ids
from publisher.render.view import ComponentView, IncidentView, View

TEMPLATES = Path(__file__).parent / "templates" / "pages"

_SYMBOLS = {
    Impact.OPERATIONAL: "✓",
    Impact.UNDER_MAINTENANCE: "◷",
    Impact.DEGRADED_PERFORMANCE: "■",
    Impact.PARTIAL_OUTAGE: "▲",
    Impact.MAJOR_OUTAGE: "⬢",
}
"""For a browser's tab, where there is no colour."""
_DESCRIPTION = 200
"""Characters of a page's description, after which search engines cut anyway."""
_COSTLY_FIRST = tuple(sorted(set(Impact) - {Impact.OPERATIONAL}, key=lambda impact: -impact.rank))
_NEWEST = 3
"""Months whose incidents the history's first page lists."""
_PER_COMPONENT = 200
"""Past incidents a component's page lists; the history has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of one language, without its frame.

    Attributes:
        path: the page's file within its language's tree.
        kind: which frame it goes into.
        title, description, topic: plain text.
        head, body, stamp: HTML, UTF-8. Links in them are relative to the page, except on the page for unknown
            addresses.
        stamped: whether `stamp` holds the release's tokens.
        state: what the browser's tab shows by its sign; None on pages that are about no state.
    """

    path: str
    kind: str
    title: str
    description: str
    topic: str
    body: str
    head: str = ""
    stamp: str = ""
    stamped: bool = False
    state: Impact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A page that tells of many incidents, before it is made; see `render.recipe.Recipe`.

    Attributes:
        path: as the page's.
    """

    path: str
    make: Callable[[], Page]
    of: tuple[str, ...] | None = None
    facts: str = ""


def pages(view: View) -> Iterator[Page]:
    """Render every page of a view: home, history, incidents, components, maintenance, subscribe, unknown address."""
    book = Book(view)
    yield from (draft.make() for draft in book.drafts())
    yield from (book.incident(incident) for incident in (*view.incidents, *view.maintenances))


@functools.cache
def environment() -> Environment:
    """Give the templates of all pages."""
    return compiled.environment(TEMPLATES, FileSystemLoader(TEMPLATES))


class Book:
    """All pages of one view, with what they share worked out once."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.speech = Speech(view)
        self._shared: dict[str, object] = {
            "v": view,
            "site": view.site,
            "s": self.speech,
            "_": self.speech.say,
            "ngettext": self.speech.count,
            "parts": Parts(self.speech),
            "icon": icon,
            "cls": NAMES,
            "bar": functools.partial(bar, speech=self.speech),
            "troubled_days": functools.partial(troubled_days, speech=self.speech),
            "Impact": Impact,
            "Kind": Kind,
            "Status": Status,
            "sign": sign,
            "components": {c.id: c for c in view.components},
        }

    @functools.cached_property
    def months(self) -> Mapping[date, Sequence[IncidentView]]:
        """Everything that has begun, by month."""
        return _months(self.view, self.speech)

    def drafts(self) -> Iterator[Draft]:
        """Give every page but those of single incidents."""
        yield Draft(path="index.html", make=self.home)
        months = sorted(self.months, reverse=True)
        counted = [(f"{month:%Y-%m}", len(self.months[month])) for month in months]
        newest = tuple(i.id for month in months[:_NEWEST] for i in self.months[month])
        yield Draft(path="history/index.html", make=self.history, of=newest, facts=repr(counted))
        for index, month in enumerate(months):
            newer = months[index - 1] if index else None
            older = months[index + 1] if index + 1 < len(months) else None
            yield Draft(
                path=f"history/{month:%Y-%m}/index.html",
                make=functools.partial(self.month, month, newer, older),
                of=ids(self.months[month]),
                facts=f"{newer} {older}",
            )
        yield from self.component_drafts()
        yield Draft(path="maintenance/index.html", make=self.maintenance)
        yield Draft(path="subscribe/index.html", make=self.subscribe)
        if self.view.locale == self.view.site.locale:
            yield Draft(path="404.html", make=self.not_found)

    def home(self) -> Page:
        """Make the first page."""
        state = overall(self.view, self.speech)
        name = self.view.site.name
        return Page(
            path="index.html",
            kind="home",
            title=f"{_symbol(state.impact)}{state.sentence.rstrip('.')} · {name}",
            description=_short(f"{state.sentence} {self.view.site.description}"),
            topic=state.sentence,
            body=self._body(
                "home.html",
                "",
                state=state,
                planned=planned(self.view),
                tree=tree(self.view),
                days=fortnight(self.view, self.speech),
            ),
            head=self._feeds(""),
            stamp=self._stamp(),
            stamped=True,
            state=state.impact,
        )

    def incident(self, incident: IncidentView) -> Page:
        """Make the page of one incident."""
        latest = incident.updates[0].words.text if incident.updates else incident.headline
        impact = _shown(incident)
        return Page(
            path=f"incidents/{incident.id}/index.html",
            kind="incident",
            title=f"{_symbol(impact)}{incident.title} · {self.view.site.name}",
            description=_short(latest),
            topic=incident.title,
            body=self._body("incident.html", "../../", i=incident, month=self.speech.month_of(incident)),
            head=self._feeds("../../"),
            state=impact,
        )

    def history(self) -> Page:
        """Make the page with the newest months and the list of all."""
        title = self.speech.gettext("History")
        months = sorted(self.months, reverse=True)
        return Page(
            path="history/index.html",
            kind="history",
            title=f"{title} · {self.view.site.name}",
            description=self.speech.gettext("Every incident and every maintenance, by month."),
            topic=title,
            body=self._body(
                "history.html",
                "../",
                months=months,
                entries=self.months,
                newest=months[:_NEWEST],
                choices=self.view.components,
            ),
            head=self._feeds("../"),
        )

    def month(self, month: date, newer: date | None, older: date | None) -> Page:
        """Make the page of a month."""
        name = self.speech.language.month(month)
        return Page(
            path=f"history/{month:%Y-%m}/index.html",
            kind="month",
            title=f"{name} · {self.view.site.name}",
            description=self.speech.gettext("Every incident and every maintenance in {month}.", month=name),
            topic=name,
            body=self._body("month.html", "../../", month=month, entries=self.months[month], newer=newer, older=older),
        )

    def component_drafts(self) -> Iterator[Draft]:
        """Give the pages of all components."""
        touched: dict[str, list[IncidentView]] = {}
        for incident in sorted(
            (*self.view.incidents, *self.view.maintenances), key=lambda i: (i.started, i.id), reverse=True
        ):
            for name in incident.named:
                touched.setdefault(name, []).append(incident)
        for component in self.view.components:
            entries = touched.get(component.id, [])
            shown = entries[:_PER_COMPONENT]
            more = len(entries) > _PER_COMPONENT
            named = dict.fromkeys(name for day in component.days for name in day.incidents if name in self.view.by_id)
            yield Draft(
                path=f"components/{component.id}/index.html",
                make=functools.partial(self.component, component, shown, more=more),
                of=(*ids(shown), *named),
                facts=self._facts(component, more=more),
            )

    def _facts(self, component: ComponentView, *, more: bool) -> str:
        """Say what a component's page shows of it. The day counts: the page tells of the last ninety."""
        days = [(str(d.day), str(d.impact), d.minutes, d.incidents) for d in component.days if d.minutes]
        unknown = sum(d.impact is None for d in component.days)
        share = "" if component.uptime is None else self.speech.language.percent(component.uptime)
        return repr((str(self.view.today), component.impact, component.through, days, unknown, share, more))

    def component(self, component: ComponentView, entries: Sequence[IncidentView], *, more: bool) -> Page:
        """Make the page of a component."""
        return Page(
            path=f"components/{component.id}/index.html",
            kind="component",
            title=f"{_symbol(component.impact)}{component.name} · {self.view.site.name}",
            description=_short(component.description or component.name),
            topic=component.name,
            body=self._body(
                "component.html",
                "../../",
                c=component,
                group=next((g for g in self.view.groups if g.id == component.group), None),
                entries=entries,
                more=more,
                days=[d for d in reversed(component.days) if d.minutes],
                weights=[(i, self.view.uptime.weights.get(i, 0.0)) for i in _COSTLY_FIRST],
            ),
            head=f'<link rel="alternate" type="application/atom+xml" title="{escape(component.name)}"'
            f' href="../../components/{component.id}.atom">',
            state=component.impact,
        )

    def maintenance(self) -> Page:
        """Make the page of planned maintenance."""
        title = self.speech.gettext("Planned maintenance")
        past = [m for m in self.view.maintenances if not m.open]
        return Page(
            path="maintenance/index.html",
            kind="maintenance",
            title=f"{title} · {self.view.site.name}",
            description=self.speech.gettext("What we are going to change, and when."),
            topic=title,
            body=self._body(
                "maintenance.html",
                "../",
                running=[m for m in self.view.maintenances if m.active],
                planned=planned(self.view, limit=None),
                past=past[:20],
            ),
            head='<link rel="alternate" type="text/calendar" href="../maintenance.ics">',
            state=Impact.UNDER_MAINTENANCE if any(m.active for m in self.view.maintenances) else None,
        )

    def subscribe(self) -> Page:
        """Make the page with every way to follow."""
        title = self.speech.gettext("Follow")
        return Page(
            path="subscribe/index.html",
            kind="subscribe",
            title=f"{title} · {self.view.site.name}",
            description=self.speech.gettext("Every way to hear from us: feeds, calendar and API."),
            topic=title,
            body=self._body("subscribe.html", "../", tree=tree(self.view)),
            head=self._feeds("../"),
        )

    def not_found(self) -> Page:
        """Make the page for unknown addresses."""
        title = self.speech.gettext("This page does not exist")
        return Page(
            path="404.html",
            kind="404",
            title=f"{title} · {self.view.site.name}",
            description=title,
            topic=title,
            body=self._body("404.html", self.speech.base, state=overall(self.view, self.speech)),
            head='<meta name="robots" content="noindex">',
            stamp=self._stamp(),
            stamped=True,
            state=self.view.overall,
        )

    def _body(self, name: str, up: str, **values: object) -> str:
        return self._render(environment().get_template(name), up, **values)

    def _render(self, template: Template, up: str, **values: object) -> str:
        root = up if self.view.locale == self.view.site.locale else f"{up}../"
        return f"{SPRITE}{template.render(self._shared, up=up, root=root, **values)}"

    def _feeds(self, up: str) -> str:
        name = escape(self.view.site.name)
        return (
            f'<link rel="alternate" type="application/atom+xml" title="{name}" href="{up}history.atom">'
            f'<link rel="alternate" type="application/rss+xml" title="{name}" href="{up}history.rss">'
            f'<link rel="alternate" type="application/feed+json" title="{name}" href="{up}feed.json">'
        )

    def _stamp(self) -> str:
        built = BUILT_TOKEN.decode()
        words = self.speech.say(
            "Release {number}, built {time}",
            number=Markup(GENERATION_TOKEN.decode()),  # noqa: S704 - a constant of the model
            time=Markup(f'<time datetime="{built}" data-ago>{built}</time>'),  # noqa: S704
        )
        return f'<p class="td-stamp" data-generation="{GENERATION_TOKEN.decode()}">{words}</p>'


def _symbol(impact: Impact) -> str:
    return "" if impact is Impact.OPERATIONAL else f"{_SYMBOLS[impact]} "


def _shown(incident: IncidentView) -> Impact:
    """Say what an incident's tab shows: its impact now; nothing amiss before it begins and once it is over."""
    if not incident.active:
        return Impact.OPERATIONAL
    if incident.kind is Kind.MAINTENANCE:
        return max(incident.impact_now, Impact.UNDER_MAINTENANCE, key=lambda impact: impact.rank)
    return sign(incident)


def _months(view: View, speech: Speech) -> Mapping[date, Sequence[IncidentView]]:
    """Sort incidents, and maintenances that have begun or are over, into months of the site's zone, newest first."""
    months: dict[date, list[IncidentView]] = {}
    begun = [m for m in view.maintenances if m.active or not m.open or m.started <= view.as_of]
    for incident in sorted((*view.incidents, *begun), key=lambda i: (i.started, i.id), reverse=True):
        months.setdefault(speech.month_of(incident), []).append(incident)
    return months


def _short(text: str) -> str:
    """Give the beginning of a text, cut between words."""
    line = " ".join(text.split())
    if len(line) <= _DESCRIPTION:
        return line
    return line[:_DESCRIPTION].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
