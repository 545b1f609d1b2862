"""The one list of everything a site consists of that is not a page."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from publisher.model.digest import ContentHash, Plain
from publisher.model.release import Artifact
from publisher.render.api import render_api, source
from publisher.render.badge import render_badges
from publisher.render.banner import render_banner
from publisher.render.calendar import render_calendar
from publisher.render.embed_page import render_page, render_sheet
from publisher.render.embed_script import render_script
from publisher.render.feeds import render_feeds
from publisher.render.jsonfeed import render_jsonfeed
from publisher.render.openapi import render_openapi
from publisher.render.search import render_script as render_search_script
from publisher.render.search import render_search
from publisher.render.statuspage import render_statuspage
from publisher.render.textpage import render_textpage
from publisher.render.view import View


def data_artifacts(
    views: Mapping[str, View],
    *,
    schemas: Mapping[str, Plain] | None = None,
    kept: MutableMapping[ContentHash, bytes] | None = None,
) -> tuple[Artifact, ...]:
    """Write feeds, calendars, both APIs, the text page and the schemas. Sorted by path.

    Args:
        views: one audience's views by locale; the Statuspage API is written from the source locale's.
        schemas: schemas of what people type, published beside our own.
        kept: bodies of incidents' documents from earlier runs, by what they follow from; looked up and added to.
    """
    main = source(views)
    locales = tuple(views)
    out: list[Artifact] = []
    for view in views.values():
        out += render_feeds(view, locales)
        out += [render_jsonfeed(view), render_calendar(view), render_textpage(view)]
        out += [render_banner(view), render_page(view), *render_badges(view)]
        out += render_search(view)
    out += [render_script(main.site), render_sheet(), render_search_script()]
    out += render_statuspage(main)
    out += render_api(views, kept=kept)
    out += render_openapi(main.site, schemas or {})
    return tuple(sorted(out, key=lambda artifact: artifact.path))
