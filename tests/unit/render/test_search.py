"""What can be searched is what can be read, in the reader's language, and stays small."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from publisher.model.component import Component
from publisher.model.history import History
from publisher.model.incident import Status
from publisher.model.site import Robots
from publisher.render.search import render_script, render_search, search_page
from publisher.render.views import project
from tests.unit.render.histories import DOWN, NOW, OK, REGISTRY, SITE, at, busy, history, incident, minutes, update


def index(of: History, locale: str = "en") -> dict[str, list[dict[str, Any]]]:
    made = list(render_search(project(of, locale=locale, now=NOW)))
    return {artifact.path: json.loads(artifact.body)["incidents"] for artifact in made}


def test_every_incident_and_maintenance_is_found_once_in_its_year() -> None:
    view = project(busy(), locale="en", now=NOW)
    found = index(busy())
    ids = [entry["id"] for entries in found.values() for entry in entries]
    assert sorted(ids) == sorted(one.id for one in (*view.incidents, *view.maintenances))
    for path, entries in found.items():
        years = {str(view.by_id[entry["id"]].started.year) for entry in entries} if view.by_id else {path[7:11]}
        assert years == {path[7:11]}
    assert search_page(view).body.count(f'data-years="{" ".join(sorted((p[7:11] for p in found), reverse=True))}"') == 1


def test_the_year_is_that_of_the_sites_zone() -> None:
    begun = at("2025-12-31 23:30")
    made = incident(begun, [update(begun, Status.RESOLVED)])
    assert list(index(history(made))) == ["search/2025.json"]
    berlin = replace(SITE, time_zone="Europe/Berlin")
    assert list(index(history(made, site=berlin))) == ["search/2026.json"]


def test_an_index_speaks_its_language() -> None:
    found = index(busy(), "de")
    entries = {entry["title"]: entry for entry in found["de/search/2026.json"]}
    entry = entries["Zahlungen schlagen fehl"]
    assert (entry["locale"], entry["date"]) == ("de", "20. November 2026")
    assert "Zahlungen schlagen fehl" in entry["text"]
    assert "Kasse" in entry["about"], "through its dependency, by its German name"


def test_what_only_colleagues_read_cannot_be_found() -> None:
    """Private texts and components that are nobody's business; the index is made from the view, as pages are."""
    registry = replace(
        REGISTRY, components=(*REGISTRY.components, Component(id="vault", name="Canary Vault", public=False))
    )
    begun = NOW - minutes(60)
    told = [update(begun, Status.INVESTIGATING, "Public words", components={"payments": DOWN, "vault": DOWN})]
    made = incident(
        begun, told, components={"payments": DOWN, "vault": DOWN}, private={"gold": "Canary words for a few"}
    )
    found = json.dumps(index(history(made, registry=registry)), ensure_ascii=False)
    assert "Public words" in found
    assert "Payments" in found
    assert "anary" not in found
    assert "vault" not in found


def test_an_index_stays_small_however_much_is_said() -> None:
    def long(day: int) -> Any:
        begun = at("2026-01-01 10:00") + timedelta(days=day % 300, minutes=day)
        told = [update(begun + minutes(n), Status.UPDATE, f"Word {day} " * 200) for n in range(20)]
        told.append(update(begun + minutes(60), Status.RESOLVED, components={"payments": OK}))
        return incident(begun, told, slug=f"n{day}", title=f"Number {day}")

    (made,) = render_search(project(history(*(long(day) for day in range(50))), locale="en", now=NOW))
    assert len(made.body) < 50 * 2_000


def test_the_page_works_without_a_script_and_is_no_answer_for_search_engines() -> None:
    view = project(busy(), locale="ar", now=NOW)
    page = search_page(view)
    assert '<form role="search" hidden>' in page.body
    assert '<a href="../history/">' in page.body
    assert '<meta name="robots" content="noindex">' in page.head
    assert f'src="../../{render_script().path}"' in page.head
    hidden = replace(view, site=replace(view.site, robots=Robots(index=False)))
    assert "robots" not in search_page(hidden).head, "its card says it already"


def test_the_script_is_small() -> None:
    assert len(render_script().body) < 4 * 1024


def test_a_site_without_a_history_has_nothing_to_fetch() -> None:
    view = project(history(), locale="en", now=NOW)
    assert list(render_search(view)) == []
    assert 'data-years=""' in search_page(view).body
