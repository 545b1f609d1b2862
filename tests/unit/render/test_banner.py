"""What applications are told: what is shown, in which words, and when it is news."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from publisher.model.component import Impact
from publisher.model.history import History
from publisher.model.incident import Status
from publisher.render.artifacts import data_artifacts
from publisher.render.banner import LINE, banner_document, notices
from publisher.render.views import project, project_all
from tests.unit.render.histories import (
    DOWN,
    NOW,
    OK,
    PARTIAL,
    SITE,
    SLOW,
    WORK,
    busy,
    history,
    incident,
    maintenance,
    minutes,
    update,
)


def told(whole: History, locale: str = "en", *, later: timedelta = timedelta()) -> Mapping[str, Any]:
    return banner_document(project(whole, locale=locale, now=NOW + later))


def one(body: str = "Words.", impact: Impact = PARTIAL, **options: Any) -> History:
    said = [update(NOW - minutes(5), Status.INVESTIGATING, body, components={"payments": impact})]
    return history(incident(NOW - minutes(9), said, **options))


def test_a_quiet_page_tells_applications_to_show_nothing() -> None:
    document = told(history())
    assert (document["show"], document["items"], document["revisions"]) == (False, [], [])
    assert (document["state"], document["headline"], document["impact"]) == (
        "Operational",
        "Everything works.",
        "operational",
    )
    assert document["url"].startswith("https://status.example.com/?utm_source=in_app&")


def test_incidents_come_before_maintenance_and_the_gravest_is_told_in_short() -> None:
    document = told(busy())
    assert [(i["kind"], i["show"], i["impact"]) for i in document["items"]] == [
        ("incident", True, "major_outage"),
        ("maintenance", True, "under_maintenance"),
    ]
    first = document["items"][0]
    for same in ("impact", "state", "headline", "headline_locale", "line", "note", "url", "next_update"):
        assert document[same] == first[same]
    assert document["revisions"] == [i["revision"] for i in document["items"]]
    assert first["note"] == "We write again by 15:20 UTC"
    assert document["items"][1]["note"] == "Friday, 20 November 2026, 14:30 to 16:30 UTC"
    assert document["items"][1]["until"] == "2026-11-20T16:30:00Z"


def test_planned_maintenance_is_told_from_its_beginning_to_its_end_only() -> None:
    said = [update(NOW - minutes(600), Status.SCHEDULED, "We will.")]
    whole = history(maintenance(NOW + minutes(10), NOW + minutes(70), said))
    assert [told(whole, later=minutes(m))["show"] for m in (0, 11, 71)] == [False, True, False]


@pytest.mark.parametrize(("impact", "show"), [(OK, False), (SLOW, True), (PARTIAL, True), (DOWN, True)])
def test_nobody_is_bothered_with_what_works(impact: Impact, *, show: bool) -> None:
    document = told(one(impact=impact, components={"payments": impact}))
    assert document["show"] is show
    assert [i["show"] for i in document["items"]] == [show], "who asks still hears of it"


def test_components_are_those_that_do_not_work_now() -> None:
    said = [
        update(NOW - minutes(9), Status.INVESTIGATING, components={"payments": DOWN, "website": DOWN}),
        update(NOW - minutes(5), Status.UPDATE, components={"payments": OK}),
    ]
    whole = history(incident(NOW - minutes(9), said, components={"payments": DOWN, "website": DOWN}))
    assert told(whole)["items"][0]["components"] == ["website"]
    assert told(busy())["items"][0]["components"] == ["payments", "checkout", "reports"], "through others too"


def key(whole: History, **options: Any) -> str:
    return str(told(whole, **options)["items"][0]["key"])


def test_a_key_changes_with_the_words_and_with_the_impact_and_with_nothing_else() -> None:
    usual = key(one())
    assert key(one("Other words.")) != usual
    assert key(one(impact=DOWN)) != usual
    assert key(one(), locale="ar") == usual, "whoever changes the language has read it"
    assert key(one(), later=timedelta(days=1)) == usual
    assert key(one(), later=minutes(5)) == usual


def test_the_next_window_of_a_recurring_maintenance_is_news() -> None:
    said = [update(NOW - timedelta(days=9), Status.SCHEDULED, "Each Friday.")]
    whole = history(
        maintenance(NOW - minutes(5), NOW + minutes(25), said, rrule="FREQ=WEEKLY", components={"website": WORK})
    )
    assert key(whole) != key(whole, later=timedelta(days=7))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("One.\n\nTwo.", "One."),
        ("A **bold** word\nand a [link](https://a.example/).", "A bold word and a link (https://a.example/)."),
        ("Two things:\n\n- one\n- two", "Two things…"),
        ("word " * 60, "word " * 30 + "word…"),
        ("語" * 300, "語" * (LINE - 1) + "…"),
        ("a\tb", "a b"),
    ],
)
def test_the_line_is_one_line(body: str, line: str) -> None:
    found = told(one(body))["line"]
    assert found == line
    assert len(found) <= LINE


def test_an_incident_nobody_wrote_about_yet_is_told_by_its_headline() -> None:
    [item] = told(history(incident(NOW - minutes(9), headline="Something is wrong.")))["items"]
    assert (item["headline"], item["line"], item["revision"]) == ("Something is wrong.", "", None)


def test_each_language_has_its_own_and_says_which_words_are_not_its() -> None:
    german, arabic = told(busy(), "de"), told(busy(), "ar")
    assert (german["headline"], german["headline_locale"]) == ("Zahlungen schlagen fehl.", "de")
    assert (german["items"][0]["line"], german["items"][0]["line_locale"]) == ("Found it <at last>.", "en")
    assert (german["direction"], arabic["direction"]) == ("ltr", "rtl")
    assert (arabic["headline_locale"], arabic["labels"]["dismiss"]) == ("en", "إخفاء")
    paths = {a.path for a in data_artifacts(project_all(busy(), now=NOW))}
    assert {"api/banner.json", "de/api/banner.json", "ar/api/banner.json"} <= paths


def test_links_say_where_they_were_followed_and_never_by_whom() -> None:
    item = told(busy(), "de")["items"][0]
    parts = urlsplit(item["url"])
    assert parts.path == "/de/incidents/2026-11-20-payments/"
    query = parse_qs(parts.query)
    assert (query["utm_source"], query["utm_medium"]) == (["in_app"], ["banner"])
    assert (query["utm_campaign"], set(query)) == (
        ["2026-11-20-payments"],
        {"utm_source", "utm_medium", "utm_campaign", "utm_content"},
    )
    untagged = told(busy(replace(SITE, utm=False)))
    assert [untagged["items"][0]["url"], untagged["site"]["url"]] == [
        "https://status.example.com/incidents/2026-11-20-payments/",
        "https://status.example.com/",
    ]
    [frame, _] = notices(project(busy(), locale="en", now=NOW), medium="iframe")
    assert "utm_medium=iframe" in frame.url


def test_the_same_input_gives_the_same_bytes() -> None:
    def bodies() -> dict[str, bytes]:
        return {a.path: a.body for a in data_artifacts(project_all(busy(), now=NOW))}

    first = bodies()
    assert bodies() == first
    assert json.loads(first["api/banner.json"])["as_of"] == "2026-11-20T14:40:00Z"
