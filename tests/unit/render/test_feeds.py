"""Feeds as readers see them: stable ids, honest times, the right links, and nothing a parser stumbles over."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest
from lxml import etree

from publisher.model.history import History
from publisher.model.incident import Status
from publisher.model.release import Artifact, Group
from publisher.render.artifacts import data_artifacts
from publisher.render.views import project_all
from tests.unit.render.histories import NOW, SITE, busy, history, incident, minutes, update

ATOM = "{http://www.w3.org/2005/Atom}"


def artifacts(whole: History) -> dict[str, Artifact]:
    return {a.path: a for a in data_artifacts(project_all(whole, now=NOW))}


def parsed(whole: History, path: str) -> feedparser.FeedParserDict:
    return feedparser.parse(
        artifacts(whole)[path].body, response_headers={"content-type": "application/xml; charset=utf-8"}
    )


def is_feed(path: str) -> bool:
    return path.endswith((".atom", ".rss"))


def test_every_feed_is_there_in_every_language() -> None:
    found = {p for p in artifacts(busy()) if is_feed(p) or p.endswith("feed.json")} - {"schema/feed.json"}
    one = {"history.atom", "history.rss", "updates.atom", "feed.json"}
    one |= {f"components/{c}.atom" for c in ("checkout", "payments", "reports", "website")}
    assert found == one | {f"de/{p}" for p in one} | {f"ar/{p}" for p in one}


@pytest.mark.parametrize("whole", [busy(), history()], ids=["busy", "empty"])
def test_every_feed_parses_without_complaint(whole: History) -> None:
    for path, artifact in artifacts(whole).items():
        if is_feed(path):
            found = feedparser.parse(artifact.body, response_headers={"content-type": "application/xml; charset=utf-8"})
            assert found.bozo == 0, path
            assert found.version == ("rss20" if path.endswith("rss") else "atom10")
            assert found.feed.title
            assert found.feed.language == (path.split("/")[0] if path[:3] in {"de/", "ar/"} else "en")


def test_one_entry_an_incident_updated_with_each_update() -> None:
    begun = NOW - minutes(60)
    first = update(begun, Status.INVESTIGATING, "First words.")
    second = update(begun + minutes(10), Status.RESOLVED, "Second words.")
    [before] = parsed(history(incident(begun, [first])), "history.atom").entries
    [after] = parsed(history(incident(begun, [first, second])), "history.atom").entries
    assert before.id == after.id == "tag:status.example.com,2026:incident/2026-11-20-trouble"
    assert before.published == after.published
    assert before.updated < after.updated
    assert after.content[0].value.index("Second words.") < after.content[0].value.index("First words.")


def test_one_entry_an_update_in_the_feed_of_updates() -> None:
    found = parsed(busy(), "updates.atom").entries
    assert len({e.id for e in found}) == len(found) == 13
    assert [e.updated for e in found] == sorted((e.updated for e in found), reverse=True)
    assert found[0].title.startswith("In progress: ") or found[0].title.startswith("Identified: ")


def test_maintenance_is_in_the_feeds() -> None:
    """LambStatus#127: maintenance was missing from the feed."""
    assert "2026-11-22-work" in " ".join(e.id for e in parsed(busy(), "history.atom").entries)


def test_a_component_s_feed_holds_what_reaches_it() -> None:
    """netlify-statuskit#31: a feed per system."""
    heard = [e.id.rpartition("/")[2] for e in parsed(busy(), "components/checkout.atom").entries]
    assert "2026-11-20-payments" in heard, "payments fail, and checkout leans on them"
    assert "2026-11-17-website" not in heard


def test_the_channel_s_link_is_the_page() -> None:
    found = parsed(busy(), "de/history.rss").feed
    assert found.link == "https://status.example.com/de/history/"
    assert {(li.rel, li.href) for li in found.links if li.rel == "self"} == {
        ("self", "https://status.example.com/de/history.rss")
    }


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_feeds_link_their_twins_in_other_languages(kind: str) -> None:
    root = etree.fromstring(artifacts(busy())[f"history.{kind}"].body)
    twins = {
        (li.get("hreflang"), li.get("href")) for li in root.iter(f"{ATOM}link") if li.get("hreflang") in {"de", "ar"}
    }
    assert twins == {(locale, f"https://status.example.com/{locale}/history.{kind}") for locale in ("de", "ar")}


def test_an_entry_in_another_language_says_so() -> None:
    root = etree.fromstring(artifacts(busy())["de/history.atom"].body)
    spoken = {
        e.findtext(f"{ATOM}title"): e.get("{http://www.w3.org/XML/1998/namespace}lang")
        for e in root.iter(f"{ATOM}entry")
    }
    assert spoken["Zahlungen schlagen fehl"] is None
    assert spoken["Website slow"] == "en"


@pytest.mark.parametrize(("path", "medium"), [("history.atom", "atom"), ("history.rss", "rss"), ("feed.json", "json")])
def test_links_to_ourselves_are_tagged_and_no_others(path: str, medium: str) -> None:
    said = update(
        NOW - minutes(5), Status.INVESTIGATING, "[plan](../plan/?a=1#top) and [out](https://elsewhere.example/?b=2)"
    )
    body = artifacts(history(incident(NOW - minutes(9), [said])))[path].body.decode()
    if path.endswith("json"):
        item = json.loads(body)["items"][0]
        link, html = item["url"], item["content_html"]
    else:
        entry = feedparser.parse(body.encode()).entries[0]
        link, html = entry.link, (entry.get("content") or [{"value": entry.description}])[0]["value"]
    marks = {"utm_source": ["feed"], "utm_medium": [medium], "utm_campaign": ["2026-11-20-trouble"]}
    query = parse_qs(urlsplit(link).query)
    assert re.fullmatch("[0-9a-f]{12}", query.pop("utm_content")[0])
    assert query == marks
    plan, out = re.findall(r'href="([^"]+)"', html)
    inner = urlsplit(plan.replace("&amp;", "&"))
    assert {k: v for k, v in parse_qs(inner.query).items() if k != "utm_content"} == marks | {"a": ["1"]}
    assert (inner.path, inner.fragment) == ("/incidents/plan/", "top")
    assert out == "https://elsewhere.example/?b=2"


def test_tags_can_be_switched_off() -> None:
    for path, artifact in artifacts(busy(replace(SITE, utm=False))).items():
        assert b"utm_" not in artifact.body, path


def test_ids_carry_no_tags() -> None:
    for path, artifact in artifacts(busy()).items():
        if is_feed(path):
            assert all("utm_" not in e.id for e in feedparser.parse(artifact.body).entries)


def test_json_feed_has_the_keys_of_version_1_1() -> None:
    found = json.loads(artifacts(busy())["feed.json"].body)
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["feed_url"] == "https://status.example.com/feed.json"
    assert len(found["items"]) == 6
    required = {"id", "url", "title", "content_html", "content_text", "date_published", "date_modified"}
    assert all(required <= item.keys() for item in found["items"])


def test_at_most_fifty_incidents_the_latest_word_first() -> None:
    many = [
        incident(NOW - minutes(60 * n + 60), [update(NOW - minutes(60 * n + 50), Status.RESOLVED)], slug=f"n{n}")
        for n in range(60)
    ]
    ids = [e.id for e in parsed(history(*many), "history.atom").entries]
    assert len(ids) == 50
    assert ids[0].endswith("-n0")


def test_headers_and_groups() -> None:
    types = {a.path: dict(a.headers)["content-type"] for a in artifacts(busy()).values()}
    assert types["history.atom"] == "application/atom+xml; charset=utf-8"
    assert types["history.rss"] == "application/rss+xml; charset=utf-8"
    assert types["feed.json"] == "application/feed+json; charset=utf-8"
    assert types["maintenance.ics"] == "text/calendar; charset=utf-8"
    assert types["status.txt"] == "text/plain; charset=utf-8"
    assert types["api/v2/summary.json"] == "application/json; charset=utf-8"
    for artifact in artifacts(busy()).values():
        if not artifact.path.endswith((".atom", ".rss", ".ics", ".txt", ".json")):
            continue  # what other sites load has tests of its own
        assert dict(artifact.headers)["cache-control"] == "public, max-age=15, stale-if-error=604800"
        assert list(artifact.headers) == sorted(artifact.headers)
        front = artifact.path == "api/status.json" or artifact.path.endswith("status.txt")
        assert (artifact.stamped, artifact.group) == (front, Group.FRONT if front else Group.FEEDS), artifact.path
        assert (b"@@tidings:" in artifact.body) == artifact.stamped, artifact.path


def test_no_byte_depends_on_the_clock() -> None:
    """A second build of the same day gives the same bytes, whatever happened in between: nothing."""
    first = data_artifacts(project_all(busy(), now=NOW))
    later = data_artifacts(project_all(busy(), now=NOW + minutes(80)))
    assert [a.path for a in first] == [a.path for a in later]
    assert [a.path for a, b in zip(first, later, strict=True) if a != b] == []
