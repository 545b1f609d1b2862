"""What others show of a page: cards, pictures and structured data of a view with one of everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from lxml import html

from publisher.model.component import Impact
from publisher.model.history import History
from publisher.model.incident import Status
from publisher.model.site import Brand, Robots, Site
from publisher.render.cards import MOST_OPEN, NEWEST, Cards, Told
from publisher.render.opengraph import og_locale, site_picture
from publisher.render.pages import Page, pages
from publisher.render.structured import block
from publisher.render.views import project
from tests.unit.render.histories import DOWN, NOW, OK, SITE, at, busy, history, incident, maintenance, minutes, update


def told(of: History, *, locale: str = "en") -> Mapping[str, tuple[Page, Told]]:
    view = project(of, locale=locale, now=NOW)
    cards = Cards(view)
    return {page.path: (page, cards.of(page)) for page in pages(view) if page.kind != "404"}


def metas(said: Told) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in html.fragment_fromstring(said.html, create_parent="div").iter("meta"):
        found.setdefault(node.get("property") or node.get("name") or "", []).append(node.get("content") or "")
    return found


def graph(said: Told) -> list[dict[str, Any]]:
    (node,) = html.fragment_fromstring(said.html, create_parent="div").xpath("//script")
    assert dict(node.attrib) == {"type": "application/ld+json"}
    data = json.loads(node.text)
    assert data["@context"] == "https://schema.org"
    nodes: list[dict[str, Any]] = data["@graph"]
    return nodes


def test_every_page_has_a_whole_card() -> None:
    for locale in SITE.locales:
        for path, (page, said) in told(busy(), locale=locale).items():
            found = metas(said)
            folder = "" if locale == "en" else f"{locale}/"
            assert found["og:url"] == [f"{SITE.url}{folder}{path.removesuffix('index.html')}"], path
            assert found["og:title"] == [page.topic]
            assert found["og:description"] == [page.description]
            assert found["og:site_name"] == ["Example status"]
            assert found["og:image"] == [SITE.url + said.picture.path]
            assert (found["og:image:width"], found["og:image:height"]) == (["1200"], ["630"])
            assert found["og:image:alt"] == [said.picture.alt] != [""]
            assert found["twitter:card"] == ["summary_large_image"]
            assert found["og:type"] == ["article" if page.kind == "incident" else "website"]
            assert {*found["og:locale"], *found["og:locale:alternate"]} == {"en_US", "de_DE", "ar_EG"}
            assert found["og:locale"] == [og_locale(locale)]
            assert "robots" not in found


def test_languages_have_the_territory_most_readers_live_in() -> None:
    assert [og_locale(x) for x in ("en", "pt-BR", "pt", "zh-Hant", "ja", "es", "fr-CA")] == [
        "en_US", "pt_BR", "pt_BR", "zh_TW", "ja_JP", "es_ES", "fr_CA",
    ]  # fmt: skip


def test_a_site_not_to_be_found_says_so_on_every_page() -> None:
    hidden = replace(SITE, robots=Robots(index=False))
    assert all(metas(said)["robots"] == ["noindex"] for _, said in told(busy(hidden)).values())


def test_an_open_incident_has_a_picture_of_its_own_state_and_words() -> None:
    begun = NOW - minutes(60)
    made = incident(begun, [update(begun, Status.IDENTIFIED, components={"payments": DOWN})], title="Nobody can pay")
    picture = told(history(made))[f"incidents/{made.id}/index.html"][1].picture
    assert (picture.title, picture.impact) == ("Nobody can pay", Impact.MAJOR_OUTAGE)
    assert picture.state == "Major outage · Identified"
    assert picture.date == "20 November 2026"
    assert picture.alt == "Example & Sons · Nobody can pay · Major outage · Identified · 20 November 2026"
    over = replace(
        made, updates=(*made.updates, update(NOW - minutes(5), Status.RESOLVED, components={"payments": OK}))
    )
    after = told(history(over))[f"incidents/{made.id}/index.html"][1].picture
    assert (after.impact, after.state) == (Impact.OPERATIONAL, "Resolved")
    assert after.path != picture.path


def test_pictures_do_not_grow_with_the_history_nor_with_a_disaster() -> None:
    def ended(day: int) -> Any:
        begun = at("2026-01-01 10:00") + timedelta(days=day)
        return incident(begun, [update(begun + minutes(5), Status.RESOLVED)], slug=f"n{day}", title=f"Number {day}")

    old = told(history(*(ended(day) for day in range(60))))
    own = {said.picture.title for path, (_, said) in old.items() if path.startswith("incidents/")}
    assert own == {*(f"Number {day}" for day in range(60 - NEWEST, 60)), "Example status"}
    assert len({said.picture.path for _, said in old.values()}) <= NEWEST + 3
    begun = NOW - minutes(60)
    bad = [incident(begun, [update(begun, Status.INVESTIGATING)], slug=f"x{n}", title=f"X {n}") for n in range(40)]
    many = told(history(*bad))
    assert len({said.picture.path for path, (_, said) in many.items() if "incidents" in path}) == MOST_OPEN + 1


def test_arabic_pictures_are_mirrored_and_what_is_not_translated_is_drawn_as_written() -> None:
    begun = NOW - minutes(60)
    made = incident(begun, [update(begun, Status.INVESTIGATING)], title="Nobody can pay")
    picture = told(history(made), locale="ar")[f"incidents/{made.id}/index.html"][1].picture
    assert picture.rtl
    assert picture.title == "Nobody can pay"
    assert "قيد" in picture.state


def test_an_incident_is_a_text_that_grows() -> None:
    of = busy()
    view = project(of, locale="en", now=NOW)
    (open_one, *_) = view.open_incidents
    said = told(of)[f"incidents/{open_one.id}/index.html"][1]
    crumbs, posting = graph(said)
    assert [(x["position"], x["name"]) for x in crumbs["itemListElement"]] == [
        (1, "Example status"), (2, "History"), (3, open_one.title),
    ]  # fmt: skip
    assert posting["@type"] == "LiveBlogPosting"
    assert posting["coverageStartTime"] == f"{open_one.started:%Y-%m-%dT%H:%M:%SZ}"
    assert "coverageEndTime" not in posting
    assert posting["publisher"]["name"] == "Example & Sons"
    assert posting["image"] == SITE.url + said.picture.path
    entries = posting["liveBlogUpdate"]
    assert [e["url"].rpartition("#u-")[2] for e in entries] == [u.id for u in open_one.updates]
    assert posting["datePublished"] == entries[-1]["datePublished"]
    assert "Found it <at last>." in entries[0]["articleBody"]
    page = next(p for p in pages(view) if p.path == f"incidents/{open_one.id}/index.html")
    assert all(f'id="u-{u.id}"' in page.body for u in open_one.updates), "the addresses are there"


def test_a_maintenance_is_an_event_online() -> None:
    begins = NOW + minutes(600)
    made = maintenance(begins, begins + minutes(60), [update(NOW - minutes(60), Status.SCHEDULED)])
    _, event = graph(told(history(made))[f"incidents/{made.id}/index.html"][1])
    assert event["@type"] == "Event"
    assert (event["startDate"], event["endDate"]) == ("2026-11-21T01:00:00Z", "2026-11-21T02:00:00Z")
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["location"]["@type"] == "VirtualLocation"
    picture = told(history(made))[f"incidents/{made.id}/index.html"][1].picture
    assert picture.impact is Impact.UNDER_MAINTENANCE


def test_the_home_page_says_whose_it_is() -> None:
    brand = Brand(
        company="Contoso",
        logo="logo.svg",
        contact="help@contoso.example",
        links=(("Shop", "https://contoso.example/"), ("Blog", "https://blog.contoso.example/"), ("Call", "tel:1")),
        colours={"ok": "#0a5c36"},
    )
    said = told(history(site=replace(SITE, brand=brand)))["index.html"][1]
    website, house = graph(said)
    assert (website["@type"], website["name"], website["inLanguage"]) == ("WebSite", SITE.name, ["en", "de", "ar"])
    assert website["publisher"] == {"@id": house["@id"]}
    assert house == {
        "@type": "Organization",
        "@id": "https://status.example.com/#organization",
        "name": "Contoso",
        "url": "https://contoso.example/",
        "sameAs": ["https://blog.contoso.example/"],
        "logo": "https://status.example.com/logo.svg",
        "contactPoint": {"@type": "ContactPoint", "contactType": "customer support", "email": "help@contoso.example"},
    }
    assert said.picture.name == "Contoso"
    assert said.picture.colour == "#0a5c36"
    bare = graph(told(history(site=Site(name="S", url="https://s.example/")))["index.html"][1])[1]
    assert bare == {"@type": "Organization", "@id": "https://s.example/#organization", "name": "S"}


HOSTILE = "</script><script>alert(1)</script><!--\u2028&amp;\"'\\"


def test_nothing_that_people_type_ends_a_block_or_an_attribute() -> None:
    begun = NOW - minutes(60)
    made = incident(begun, [update(begun, Status.INVESTIGATING, "`" + HOSTILE + "`")], title=HOSTILE, headline=HOSTILE)
    brand = Brand(company=HOSTILE, links=((HOSTILE, 'https://x.example/"></script>'),), contact=HOSTILE)
    site = replace(SITE, name=HOSTILE, description=HOSTILE, brand=brand)
    for locale in ("en", "ar"):
        for path, (_, said) in told(history(made, site=site), locale=locale).items():
            root = html.fragment_fromstring(said.html, create_parent="div")
            assert {node.tag for node in root.iter()} == {"div", "meta", "script"}, path
            assert len(root.xpath("//script")) == 1
            assert not set("<>&\u2028\u2029") & set(root.xpath("//script")[0].text), path
            assert graph(said)
    posting = graph(told(history(made, site=site))[f"incidents/{made.id}/index.html"][1])[1]
    assert "</script><script>alert(1)</script>" in posting["headline"], "said as written, to those who parse it"


def test_no_facts_make_no_block() -> None:
    assert block([]) == ""


def test_a_page_around_the_incidents_shows_the_site() -> None:
    picture = site_picture(SITE, "en")
    assert (picture.impact, picture.title, picture.name) == (None, "How Example is doing.", "Example & Sons")
    assert site_picture(SITE, "ar").title == "Example status", "the description is in the source language"
    assert site_picture(Site(name="S", url="https://s.example/"), "en").alt == "S"


def test_pages_made_before_the_view_name_the_picture_that_is_drawn_after_it() -> None:
    """Frames know the site as it was typed, pages as a view cleaned it; both must name one file."""
    brand = Brand(company="A\x00 \u2028B")
    for site in (replace(SITE, name=" S\x07\tT ", description="D\x00\nE", brand=brand), replace(SITE, name="\x01")):
        for locale in SITE.locales:
            view = project(history(site=site), locale=locale, now=NOW)
            assert view.site != site
            assert site_picture(site, locale).path == site_picture(view.site, locale).path
