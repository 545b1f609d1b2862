"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/): the history for programs that would rather not read XML."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from publisher.model.digest import Plain
from publisher.model.release import Artifact
from publisher.render.entries import Entry, tagged
from publisher.render.feeds import history_feed
from publisher.render.headers import data, prefix
from publisher.render.recipe import Kept
from publisher.render.view import View

VERSION = "https://jsonfeed.org/version/1.1"


def document(view: View, store: Kept | None = None) -> dict[str, Plain]:
    """Give the feed as plain data; `store` as for `render.feeds.feed_recipes`."""
    feed = history_feed(view, store)
    author = view.site.brand.company or view.site.name
    return {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": view.site.href(feed.home, view.locale),
        "feed_url": view.site.href("feed.json", view.locale),
        "description": view.site.description or feed.title,
        "language": view.locale,
        "authors": [{"name": author, "url": view.site.href("", view.locale)}],
        **({"hubs": [{"type": "WebSub", "url": view.site.websub}]} if view.site.websub else {}),
        "items": [_item(view, entry) for entry in feed.entries],
    }


def render_jsonfeed(view: View, store: Kept | None = None) -> Artifact:
    """Write the feed as an artifact."""
    body = json.dumps(document(view, store), ensure_ascii=False, indent=1).encode() + b"\n"
    return data(view.site, f"{prefix(view.site, view.locale)}feed.json", body)


def _item(view: View, entry: Entry) -> Plain:
    url, html = tagged(view, entry, "json")
    return {
        "id": entry.id,
        "url": url,
        "title": entry.title,
        "content_html": html,
        "content_text": entry.text,
        "summary": entry.summary,
        "date_published": _at(entry.published),
        "date_modified": _at(entry.updated),
        "tags": list(entry.tags),
        "language": entry.locale,
    }


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
