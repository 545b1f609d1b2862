"""What crawlers are told: robots.txt as RFC 9309 reads it, and a sitemap of what is public."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree

from publisher.model.component import Registry
from publisher.model.history import History
from publisher.model.incident import Status
from publisher.model.site import Robots, Site
from publisher.render.view import View
from publisher.render.views import project_all
from publisher.site.crawlers import robots_text, sitemap_files
from tests.unit.render.histories import NOW, SITE, at, busy, history, incident, maintenance, minutes, update

SPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def reader(robots: Robots) -> RobotFileParser:
    parser = RobotFileParser()
    parser.parse(robots_text(replace(SITE, robots=robots)).splitlines())
    return parser


def may(robots: Robots, agent: str, path: str = "/") -> bool:
    return reader(robots).can_fetch(agent, f"https://status.example.com{path}")


def test_without_rules_everybody_may_read_everything() -> None:
    assert robots_text(SITE) == "User-agent: *\nAllow: /\n\nSitemap: https://status.example.com/sitemap.xml\n"
    assert reader(Robots()).site_maps() == ["https://status.example.com/sitemap.xml"]


def test_rules_reach_whom_they_are_for() -> None:
    rules = Robots(disallow=("/api/",), agents={"GPTBot": False, "Googlebot": True})
    assert not may(rules, "GPTBot/1.2")
    assert may(rules, "Googlebot", "/history/")
    assert not may(rules, "Googlebot", "/api/status.json"), "a group of its own does not free a crawler from the rest"
    assert may(rules, "bingbot", "/history/")
    assert not may(rules, "bingbot", "/api/status.json")


def test_a_site_not_to_be_found_has_no_sitemap_and_lets_nobody_in() -> None:
    hidden = Robots(index=False, disallow=("/api/",), agents={"Googlebot": True})
    for agent in ("Googlebot", "bingbot", "curl"):
        assert not may(hidden, agent)
    assert reader(hidden).site_maps() is None
    site = replace(SITE, robots=hidden)
    assert sitemap_files(site, project_all(busy(site), now=NOW), []) == {}


def views(of: History) -> dict[str, View]:
    return dict(project_all(of, now=NOW))


def entries(body: bytes) -> dict[str, Any]:
    root: Any = etree.fromstring(body)
    return {entry.xpath("string(s:loc)", namespaces=SPACE): entry for entry in root}


def test_pages_carry_the_moment_their_newest_words_are_of() -> None:
    begun = at("2026-11-03 10:00")
    made = incident(begun, [update(begun, Status.INVESTIGATING), update(begun + minutes(90), Status.RESOLVED)])
    found = entries(sitemap_files(SITE, views(history(made)), [])["sitemap.xml"])
    moment = "2026-11-03T11:30:00Z"
    base = "https://status.example.com/"
    for path in (
        "",
        "history/",
        "history/2026-11/",
        "components/payments/",
        f"incidents/{made.id}/",
        f"ar/incidents/{made.id}/",
    ):
        assert found[base + path].xpath("string(s:lastmod)", namespaces=SPACE) == moment, path
    assert found[f"{base}components/website/"].xpath("s:lastmod", namespaces=SPACE) == []
    assert not [address for address in found if "search" in address or "lite" in address or "404" in address]


def test_a_month_stands_in_the_sitemap_once_something_began_in_it() -> None:
    later = NOW + minutes(60 * 24 * 40)
    made = maintenance(later, later + minutes(60), [update(NOW - minutes(5), Status.SCHEDULED)])
    found = entries(sitemap_files(SITE, views(history(made)), [])["sitemap.xml"])
    assert f"https://status.example.com/incidents/{made.id}/" in found
    assert not [address for address in found if "/history/20" in address], "that page is not there yet"


def test_pages_of_the_house_name_all_their_languages_and_the_one_for_all_others() -> None:
    found = entries(
        sitemap_files(SITE, views(history()), ["about/index.html", "de/about/index.html", "a&b/x y.html"])[
            "sitemap.xml"
        ]
    )
    for address in ("https://status.example.com/about/", "https://status.example.com/de/about/"):
        links = found[address].xpath("x:link", namespaces=SPACE)
        assert [(link.get("hreflang"), link.get("href")) for link in links] == [
            ("en", "https://status.example.com/about/"),
            ("de", "https://status.example.com/de/about/"),
            ("ar", "https://status.example.com/ar/about/"),
            ("x-default", "https://status.example.com/about/"),
        ]
    assert "https://status.example.com/a%26b/x%20y.html" in found


@pytest.mark.parametrize(("most", "files"), [(1000, 1), (10, None)])
def test_a_large_sitemap_is_split_and_the_index_names_each_part(most: int, files: int | None) -> None:
    whole = entries(sitemap_files(SITE, views(busy()), ["about/index.html"])["sitemap.xml"])
    made = sitemap_files(SITE, views(busy()), ["about/index.html"], most=most)
    if files == 1:
        assert list(made) == ["sitemap.xml"]
        return
    index = entries(made["sitemap.xml"])
    assert set(index) == {SITE.url + name for name in made if name != "sitemap.xml"}
    parts = [entries(body) for name, body in made.items() if name != "sitemap.xml"]
    assert max(len(part) for part in parts) == most
    assert {address for part in parts for address in part} == set(whole)
    assert sum(len(part) for part in parts) == len(whole)


def test_one_language_and_nothing_told_is_a_sitemap_too() -> None:
    alone = Site(name="S", url="https://s.example/st%20atus/")
    made = sitemap_files(
        alone, views(history(site=alone, registry=Registry(groups=(), components=()))), ["about/index.html"]
    )
    found = entries(made["sitemap.xml"])
    assert set(found) == {alone.url + path for path in ("", "about/", "history/", "maintenance/", "subscribe/")}
    assert b"hreflang" not in made["sitemap.xml"]
