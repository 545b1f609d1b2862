"""Atom (RFC 4287) and RSS 2.0 through feedgen, with what it leaves out put in afterwards.

`history` has one entry an incident, updated with each update, so a reader shows an incident once and marks it unread
again; `updates` has one entry an update, for bots that post what is new. Ids never change. An entry's times are those
of what was said, never of the build.

feedgen 1.0: the channel's `<link>` in RSS is the last link added, so the page comes last; it writes neither
`hreflang` links, nor a hub in RSS, nor languages of entries; it takes the present where no time is given. Until it
does, `_completed` and explicit times do.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from publisher.model.release import Artifact
from publisher.render.characters import legal
from publisher.render.entries import Entry, feed_id, incident_entry, tagged, update_entry, values
from publisher.render.headers import data, prefix
from publisher.render.i18n import language
from publisher.render.recipe import Kept, Recipe, ids, kept
from publisher.render.view import ComponentView, IncidentView, View

if TYPE_CHECKING:
    from feedgen.feed import FeedGenerator
    from lxml import etree

INCIDENTS, UPDATES = 50, 100
"""How many entries a feed holds."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was last updated: Atom wants a time, and the build's would differ each day."""

_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One feed in one language, in no format yet.

    Attributes:
        path: without the language's folder and the extension.
        home: path of the page it belongs to, in the same way.
    """

    path: str
    home: str
    title: str
    entries: tuple[Entry, ...]


def is_topic(path: str) -> bool:
    """Say whether a path of the site is a feed that names a hub, if the site has one."""
    folder, _, name = path.rpartition("/")
    return path.endswith((".atom", ".rss")) or (name == "feed.json" and folder != "schema")


def newest(view: View) -> list[IncidentView]:
    """Give incidents and maintenances by their last word, newest first."""
    found = [*view.incidents, *view.maintenances]
    return sorted(found, key=lambda i: (i.updated, i.id), reverse=True)


def _told(view: View, incident: IncidentView, store: Kept | None) -> Entry:
    """Tell an incident; an old one as it was told before."""
    return Entry(*kept(store, "entry", view.locale, incident.id, lambda: values(incident_entry(view, incident))))


def _each(view: View, incident: IncidentView, store: Kept | None) -> list[Entry]:
    """Tell each update of an incident, in its order."""

    def made() -> tuple[tuple[Any, ...], ...]:
        return tuple(values(update_entry(view, incident, update)) for update in incident.updates)

    return [Entry(*each) for each in kept(store, "updates", view.locale, incident.id, made)]


def history_feed(view: View, store: Kept | None = None) -> Feed:
    """Give the feed with one entry an incident; `store` as for `feed_recipes`."""
    return Feed(
        path="history",
        home="history/",
        title=_title(view, language(view.locale, view.site).gettext("Incident history")),
        entries=tuple(_told(view, i, store) for i in newest(view)[:INCIDENTS]),
    )


def updates_feed(view: View, store: Kept | None = None) -> Feed:
    """Give the feed with one entry an update; `store` as for `feed_recipes`."""
    said: list[tuple[datetime, str, str, Entry]] = []
    for incident in newest(view)[:UPDATES]:
        if len(said) >= UPDATES and said[UPDATES - 1][0] > incident.updated:
            # what comes now said its last word before all that is told
            break
        said += [(entry.updated, incident.id, entry.id, entry) for entry in _each(view, incident, store)]
        said.sort(key=lambda each: each[:3], reverse=True)
    return Feed(
        path="updates",
        home="history/",
        title=_title(view, language(view.locale, view.site).gettext("All updates")),
        entries=tuple(entry for *_, entry in said[:UPDATES]),
    )


def component_feed(
    view: View,
    component: ComponentView,
    touching: Sequence[IncidentView],
    known: Mapping[str, Entry],
    store: Kept | None = None,
) -> Feed:
    """Give one component's feed: what names it, and what reaches it through what it depends on."""
    latest = touching[:INCIDENTS]
    return Feed(
        path=f"components/{component.id}",
        home=f"components/{component.id}/",
        title=_title(view, component.name),
        entries=tuple(known.get(i.id) or _told(view, i, store) for i in latest),
    )


def render_feeds(view: View, locales: Sequence[str]) -> tuple[Artifact, ...]:
    """Write all Atom and RSS feeds of one view.

    Args:
        view: what is told.
        locales: all languages of the site, for the links between them.
    """
    return tuple(artifact for recipe in feed_recipes(view, locales) for artifact in recipe.make())


def feed_recipes(view: View, locales: Sequence[str], store: Kept | None = None) -> Iterator[Recipe]:
    """Say how all Atom and RSS feeds of one view are made.

    Args:
        view: as for `render_feeds`.
        locales: as for `render_feeds`.
        store: entries of earlier runs; looked up and added to.
    """
    latest = newest(view)
    history = functools.cache(lambda: history_feed(view, store))
    known = functools.cache(lambda: {entry.campaign: entry for entry in history().entries})
    folder = prefix(view.site, view.locale)
    yield Recipe(
        name=f"{folder}history",
        of=ids(latest[:INCIDENTS]),
        make=lambda: (_atom(view, history(), locales), _rss(view, history(), locales)),
    )
    yield Recipe(
        name=f"{folder}updates",
        of=ids(latest[:UPDATES]),
        make=lambda: (_atom(view, updates_feed(view, store), locales),),
    )
    touching: dict[str, list[IncidentView]] = {}
    for incident in latest:
        for name in incident.touched:
            touching.setdefault(name, []).append(incident)

    def one(component: ComponentView, told: Sequence[IncidentView]) -> tuple[Artifact, ...]:
        return (_atom(view, component_feed(view, component, told, known(), store), locales),)

    for component in view.components:
        told = touching.get(component.id, [])[:INCIDENTS]
        yield Recipe(
            name=f"{folder}components/{component.id}", of=ids(told), make=functools.partial(one, component, told)
        )


def _title(view: View, what: str) -> str:
    return legal(f"{view.site.name} \N{EN DASH} {what}")


def _generator(view: View, feed: Feed, medium: str) -> FeedGenerator:
    from feedgen.feed import FeedGenerator  # noqa: PLC0415 - half the feeds stay as they are when an incident changes

    generator = FeedGenerator()
    address = view.site.href(f"{feed.path}.{medium}", view.locale)
    generator.id(feed_id(view.site, f"{prefix(view.site, view.locale)}{feed.path}"))
    generator.title(feed.title)
    generator.description(legal(view.site.description) or feed.title)
    generator.language(view.locale)
    generator.author({"name": legal(view.site.brand.company or view.site.name)})
    generator.generator("Tidings")
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.updated(max((e.updated for e in feed.entries), default=_NEVER))
    generator.link(href=address, rel="self", type=f"application/{medium}+xml")
    generator.link(href=view.site.href(feed.home, view.locale), rel="alternate", type="text/html")
    for each in feed.entries:
        url, html = tagged(view, each, medium)
        entry = generator.add_entry(order="append")
        entry.id(each.id)
        entry.guid(each.id, permalink=False)
        entry.title(each.title)
        entry.link(href=url, rel="alternate", type="text/html", hreflang=view.locale)
        entry.published(each.published)
        entry.updated(each.updated)
        if medium == "atom":
            entry.summary(each.summary)
            entry.content(html, type="html")
        else:
            # One entry an incident: the date readers sort by is that of the last word (Statuspage does the same).
            entry.pubDate(each.updated)
            entry.description(html)
        for label in each.tags:
            entry.category(term=label, label=label)
    return generator


def _atom(view: View, feed: Feed, locales: Sequence[str]) -> Artifact:
    from lxml import etree  # noqa: PLC0415 - see `_generator`, here and below

    root = etree.fromstring(_generator(view, feed, "atom").atom_str())
    place = root.find(f"{{{_ATOM}}}link[@rel='alternate']")
    for link in reversed([*_hubs(view), *_others(view, feed, "atom", locales)]):
        if place is not None:
            place.addnext(link)
    for node, entry in zip(root.iterfind(f"{{{_ATOM}}}entry"), feed.entries, strict=True):
        _speak(node, view, entry)
    return _artifact(view, feed, "atom", root)


def _rss(view: View, feed: Feed, locales: Sequence[str]) -> Artifact:
    from lxml import etree  # noqa: PLC0415

    root = etree.fromstring(_generator(view, feed, "rss").rss_str())
    place = root.find(f"channel/{{{_ATOM}}}link[@rel='self']")
    for link in reversed([*_hubs(view), *_others(view, feed, "rss", locales)]):
        if place is not None:
            place.addnext(link)
    for node, entry in zip(root.iterfind("channel/item"), feed.entries, strict=True):
        _speak(node, view, entry)
    return _artifact(view, feed, "rss", root)


def _hubs(view: View) -> list[etree._Element]:
    """Name the hub, beside the feed's own address, which is the topic (W3C WebSub, section 4)."""
    from lxml import etree  # noqa: PLC0415

    hub = view.site.websub
    return [etree.Element(f"{{{_ATOM}}}link", href=legal(hub), rel="hub")] if hub else []


def _others(view: View, feed: Feed, medium: str, locales: Sequence[str]) -> list[etree._Element]:
    """Link the same feed in the other languages."""
    from lxml import etree  # noqa: PLC0415

    return [
        etree.Element(
            f"{{{_ATOM}}}link",
            href=view.site.href(f"{feed.path}.{medium}", locale),
            rel="alternate",
            type=f"application/{medium}+xml",
            hreflang=locale,
        )
        for locale in locales
        if locale != view.locale
    ]


def _speak(node: etree._Element, view: View, entry: Entry) -> None:
    """Name the language of an entry whose words are not in the feed's."""
    if entry.locale != view.locale:
        node.set(_LANG, entry.locale)


def _artifact(view: View, feed: Feed, medium: str, root: etree._Element) -> Artifact:
    from lxml import etree  # noqa: PLC0415

    etree.indent(root)
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"
    return data(view.site, f"{prefix(view.site, view.locale)}{feed.path}.{medium}", body)
