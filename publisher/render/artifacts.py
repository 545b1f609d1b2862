"""The one list of everything a site consists of that is not a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from publisher.model.digest import Plain
from publisher.model.release import Artifact
from publisher.render.api import render_incident, render_status, source
from publisher.render.feeds import INCIDENTS, feed_recipes, newest
from publisher.render.headers import prefix
from publisher.render.recipe import Kept, Recipe, ids, standing
from publisher.render.search import search_recipes
from publisher.render.view import View


def data_artifacts(
    views: Mapping[str, View],
    *,
    schemas: Mapping[str, Plain] | None = None,
) -> tuple[Artifact, ...]:
    """Write feeds, calendars, both APIs, the text page and the schemas. Sorted by path.

    Args:
        views: one audience's views by locale; the Statuspage API is written from the source locale's.
        schemas: schemas of what people type, published beside our own.
    """
    out = [artifact for recipe in data_recipes(views, lambda: schemas or {}) for artifact in recipe.make()]
    out += [artifact for incident_id in source(views).by_id for artifact in incident_data(views, incident_id)]
    return tuple(sorted(out, key=lambda artifact: artifact.path))


def data_recipes(
    views: Mapping[str, View],
    schemas: Callable[[], Mapping[str, Plain]],
    store: Kept | None = None,
) -> Iterator[Recipe]:
    """Say how everything is made but the documents of single incidents.

    Args:
        views: as for `data_artifacts`.
        schemas: gives what `data_artifacts` takes.
        store: what is known of single incidents; looked up and added to.

    Renderers are imported when they are needed: most edits touch no calendar and no schema.
    """
    main = source(views)
    locales = tuple(views)
    for view in views.values():
        folder = prefix(view.site, view.locale)
        yield from feed_recipes(view, locales, store)
        yield Recipe(name=f"{folder}feed.json", of=ids(newest(view)[:INCIDENTS]), make=partial(_jsonfeed, view, store))
        planned = ids(m for m in view.maintenances if m.occurrences)
        yield Recipe(name=f"{folder}calendar", of=planned, make=partial(_calendar, view))
        yield Recipe(name=f"{folder}status.txt", make=partial(_textpage, view))
        yield Recipe(name=f"{folder}banner", make=partial(_banner, view))
        yield Recipe(name=f"{folder}badges", of=(), facts=standing(view), make=partial(_badges, view))
        yield from search_recipes(view, store)
    yield Recipe(name="embed", of=(), make=partial(_embed, main))
    yield Recipe(name="api/v2", make=partial(_statuspage, main, store))
    yield Recipe(name="api/status", make=partial(_api, views))
    yield Recipe(name="openapi", of=(), make=lambda: _openapi(main, schemas()))


def incident_data(views: Mapping[str, View], incident_id: str) -> tuple[Artifact, ...]:
    """Write the documents of one incident."""
    return (render_incident(views, incident_id),)


def _jsonfeed(view: View, store: Kept | None) -> tuple[Artifact, ...]:
    from publisher.render.jsonfeed import render_jsonfeed  # noqa: PLC0415 - see `data_recipes`, here and below

    return (render_jsonfeed(view, store),)


def _calendar(view: View) -> tuple[Artifact, ...]:
    from publisher.render.calendar import render_calendar  # noqa: PLC0415

    return (render_calendar(view),)


def _textpage(view: View) -> tuple[Artifact, ...]:
    from publisher.render.textpage import render_textpage  # noqa: PLC0415

    return (render_textpage(view),)


def _banner(view: View) -> tuple[Artifact, ...]:
    from publisher.render.banner import render_banner  # noqa: PLC0415
    from publisher.render.embed_page import render_page  # noqa: PLC0415

    return (render_banner(view), render_page(view))


def _badges(view: View) -> tuple[Artifact, ...]:
    from publisher.render.badge import render_badges  # noqa: PLC0415

    return render_badges(view)


def _embed(view: View) -> tuple[Artifact, ...]:
    from publisher.render.embed_page import render_sheet  # noqa: PLC0415
    from publisher.render.embed_script import render_script  # noqa: PLC0415
    from publisher.render.search import render_script as render_search_script  # noqa: PLC0415

    return (render_script(view.site), render_sheet(), render_search_script())


def _statuspage(view: View, store: Kept | None) -> tuple[Artifact, ...]:
    from publisher.render.statuspage import render_statuspage  # noqa: PLC0415

    return render_statuspage(view, store)


def _api(views: Mapping[str, View]) -> tuple[Artifact, ...]:
    return (render_status(views),)


def _openapi(view: View, schemas: Mapping[str, Plain]) -> tuple[Artifact, ...]:
    from publisher.render.openapi import render_openapi  # noqa: PLC0415

    return tuple(render_openapi(view.site, schemas))
