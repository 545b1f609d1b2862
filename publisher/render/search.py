"""Search through the history, in the reader's browser: a page, and an index of what is public, a file a year.

The index is written from the view, so it holds what the pages hold and nothing else. A browser fetches the two newest
years when a reader begins to type, and earlier ones when asked. Without a script the page leads to the history.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from markupsafe import Markup

from publisher.model.digest import Plain, sha256
from publisher.model.release import Artifact, Group
from publisher.model.site import Site
from publisher.render.headers import data, prefix
from publisher.render.pages import TEMPLATES, Page, environment
from publisher.render.pages_speech import Speech
from publisher.render.recipe import Kept, Recipe, ids, kept
from publisher.render.structured import shortened
from publisher.render.view import IncidentView, View

FOLDER = "search"
_TEXT = 1500
"""Characters of an incident's updates that can be found, newest first."""


def search_page(view: View) -> Page:
    """Make the page one searches on."""
    speech = Speech(view)
    title = speech.gettext("Search")
    years = search_years(view)
    up = "../" if view.locale == view.site.locale else "../../"
    path, script = _script()
    seal = base64.b64encode(bytes.fromhex(sha256(script))).decode()
    body = (
        environment()
        .get_template("search.html")
        .render(
            _=speech.say,
            title=title,
            years=" ".join(str(year) for year in years),
            found=speech.say("Results: {n}", n=Markup("{n}")),  # the script fills it in
        )
    )
    return Page(
        path=f"{FOLDER}/index.html",
        kind="history",
        title=f"{title} · {view.site.name}",
        description=speech.gettext("Search through every incident and every maintenance."),
        topic=title,
        body=body,
        head=('<meta name="robots" content="noindex">' if view.site.robots.index else "")
        + f'<script src="{up}{path}" integrity="sha256-{seal}" defer></script>',
    )


def render_script() -> Artifact:
    """Write the script, named after its bytes."""
    path, body = _script()
    headers = (
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-type", "text/javascript; charset=utf-8"),
    )
    return Artifact(path=path, body=body, headers=headers, group=Group.ASSETS)


@functools.cache
def _script() -> tuple[str, bytes]:
    lines = (line.strip() for line in (TEMPLATES / "search.js").read_text("utf-8").splitlines())
    body = "\n".join(line for line in lines if line and not line.startswith("//")).encode() + b"\n"
    return f"assets/search.{sha256(body)[:16]}.js", body


def render_search(view: View) -> Iterator[Artifact]:
    """Write the index of one language: one file for each year of the site's zone in which something began."""
    for recipe in search_recipes(view):
        yield from recipe.make()


def search_recipes(view: View, store: Kept | None = None) -> Iterator[Recipe]:
    """Say how the index of one language is made.

    Args:
        view: what can be found.
        store: entries of earlier runs; looked up and added to.
    """
    speech = Speech(view)
    folder = prefix(view.site, view.locale)
    for year, incidents in sorted(_by_year(view, speech).items()):
        path = f"{folder}{FOLDER}/{year}.json"
        yield Recipe(
            name=path, of=ids(incidents), make=functools.partial(_year, view.site, path, year, incidents, speech, store)
        )


def _year(  # noqa: PLR0917 - what a file of one year consists of
    site: Site, path: str, year: int, incidents: Sequence[IncidentView], speech: Speech, store: Kept | None
) -> tuple[Artifact, ...]:
    def written(one: IncidentView) -> str:
        return json.dumps(_entry(one, speech), ensure_ascii=False, separators=(",", ":"))

    entries = [kept(store, "search", speech.view.locale, one.id, partial(written, one)) for one in incidents]
    body = f'{{"year":{year},"incidents":[{",".join(entries)}]}}\n'
    return (data(site, path, body.encode(), group=Group.FEEDS),)


def search_years(view: View) -> tuple[int, ...]:
    """Give the years that can be searched, newest first."""
    return tuple(sorted(_by_year(view, Speech(view)), reverse=True))


def _by_year(view: View, speech: Speech) -> Mapping[int, Sequence[IncidentView]]:
    years: dict[int, list[IncidentView]] = {}
    for one in sorted((*view.incidents, *view.maintenances), key=lambda i: (i.started, i.id), reverse=True):
        years.setdefault(speech.local(one.started).year, []).append(one)
    return years


def _entry(told: IncidentView, speech: Speech) -> dict[str, Plain]:
    components = [affected.name for affected in told.affected]
    words = [told.headline, *(update.words.text for update in told.updates)]
    return {
        "id": told.id,
        "title": told.title,
        "locale": told.locale,
        "date": speech.language.date(speech.local(told.started)),
        "state": speech.language.status(told.status),
        "about": " ".join([*components, *told.tags, *told.regions]),
        "text": shortened(" ".join(words), _TEXT),
    }
