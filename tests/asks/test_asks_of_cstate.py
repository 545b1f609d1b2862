"""What users of cState ask for: https://github.com/cstate/cstate."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from lxml import html

from tests.asks.house import NOW, House, Site, at, text_of

OUTAGE = """
title: Card payments fail
category: outage
severity: sev2
components: {payments: partial_outage}
started: 2026-11-20T14:00:00Z
"""
WORK = """
title: New card terminals
kind: maintenance
components: {payments: under_maintenance}
window: {from: 2026-11-22T05:00:00Z, until: 2026-11-22T06:00:00Z}
"""
ANNOUNCED = "2026-11-20 09:00 UTC · Scheduled | We change the terminals on Sunday morning."


def test_cstate_45_email_subscription(house: House) -> None:
    """https://github.com/cstate/cstate/issues/45, open since 2018."""
    house.subscribe("reader@example.com", now=NOW - timedelta(days=1))
    house.incident("2026-11-20-cards", OUTAGE, "2026-11-20 14:05 UTC · Investigating | Some card payments fail.")
    house.publish(NOW)
    [first] = house.mails()
    assert first["To"] == "reader@example.com"
    assert "Card payments fail" in first["Subject"]
    assert "Some card payments fail." in text_of(first)
    assert "https://status.crumb.example/incidents/2026-11-20-cards/" in text_of(first)
    assert first["List-Unsubscribe"]
    house.publish(NOW)
    assert house.mails() == [], "nothing new was said"
    house.incident(
        "2026-11-20-cards",
        OUTAGE,
        "2026-11-20 14:05 UTC · Investigating | Some card payments fail.",
        "2026-11-20 15:10 UTC · Resolved | All card payments work.",
    )
    house.publish(at("2026-11-20 15:11"))
    [second] = house.mails()
    assert "All card payments work." in text_of(second)
    assert second["References"] == first["References"], "one thread an incident"


def test_cstate_45_nobody_is_mailed_who_did_not_confirm(house: House) -> None:
    from publisher import app
    from publisher.records.subscribers import subscribe

    with app.records(house.root, app.read_policy(house.root)) as records:
        subscribe(records.subscribers, "victim@example.com", now=NOW - timedelta(days=1))
    house.incident("2026-11-20-cards", OUTAGE, "2026-11-20 14:05 UTC · Investigating | Some card payments fail.")
    house.publish(NOW)
    assert house.mails() == []


def standing(site: Site) -> tuple[object, ...]:
    """Give everything that says how things are now."""
    summary = site.v2("summary.json")
    own = site.json("api/status.json")
    return (
        summary["status"],
        summary["incidents"],
        [(c["name"], c["status"]) for c in summary["components"]],
        own["status"],
        [(c["id"], c["impact"], round(c["uptime"], 4)) for c in own["components"]],
        site.page().xpath("string((//h1)[1])").strip(),
        site.page().xpath("string(//title)"),
    )


def test_cstate_205_future_maintenance_does_not_change_today(house: House) -> None:
    """https://github.com/cstate/cstate/issues/205, open."""
    house.incident(
        "2026-11-13-past", OUTAGE.replace("11-20", "11-13"), "2026-11-13 14:05 UTC · Resolved | It works again."
    )
    before = house.build(NOW)
    house.incident("2026-11-22-terminals", WORK, ANNOUNCED)
    planned = house.build(NOW)
    assert standing(planned) == standing(before)
    assert "New card terminals" in planned.says(), "it is announced all the same"
    assert [m["name"] for m in planned.v2("summary.json")["scheduled_maintenances"]] == ["New card terminals"]
    begun = house.build(at("2026-11-22 05:00"))
    statuses = {c["name"]: c["status"] for c in begun.v2("components.json")["components"]}
    assert statuses["Card payments"] == "under_maintenance", "the control: once it has begun, it shows"
    over = house.build(at("2026-11-22 06:00"))
    assert {c["status"] for c in over.v2("components.json")["components"]} == {"operational"}


@pytest.mark.parametrize(
    "started",
    ["2026-11-20T14:00:00Z", "2026-11-20T15:00:00+01:00", "2026-11-20 09:30:00-04:30", "2026-11-20T19:45:00+05:45"],
)
def test_cstate_123_the_front_matter_is_safe_in_every_zone(house: House, started: str) -> None:
    """https://github.com/cstate/cstate/issues/123: the same moment, however it is written, gives the same page."""
    update = "2026-11-20 14:05 UTC · Investigating | Some card payments fail."
    house.incident("2026-11-20-cards", OUTAGE, update)
    expected = house.build(NOW).bodies
    house.incident(
        "2026-11-20-cards", OUTAGE.replace("2026-11-20T14:00:00Z", started), update.replace("14:05 UTC", "15:05 +01:00")
    )
    assert house.build(NOW).bodies == expected


def test_cstate_123_a_time_without_a_zone_is_refused(house: House) -> None:
    house.incident(
        "2026-11-20-cards", OUTAGE.replace("14:00:00Z", "14:00:00"), "2026-11-20 14:05 · Investigating | Words."
    )
    assert {"TID016", "TID023"} <= set(house.findings())


CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")


def test_cstate_123_every_time_on_every_page_can_be_shown_in_the_readers_zone(house: House) -> None:
    """A script may put each into the reader's zone: it stands in `<time>`, with its moment in UTC beside it."""
    house.incident(
        "2026-11-20-cards",
        OUTAGE,
        "2026-11-20 14:05 UTC · Investigating | Some card payments fail.",
        "2026-11-20 14:20 UTC · Identified | We know why.",
    )
    house.incident(
        "2026-11-13-past", OUTAGE.replace("11-20", "11-13"), "2026-11-13 14:05 UTC · Resolved | It works again."
    )
    house.incident("2026-11-22-terminals", WORK, ANNOUNCED)
    site = house.build(NOW)
    seen = 0
    for path in sorted(p for p in site.bodies if p.endswith(".html") and not p.startswith("about")):
        page = site.page(path)
        for moment in page.iter("time"):
            stamp = moment.get("datetime") or ""
            if "T" in stamp:
                assert datetime.fromisoformat(stamp).utcoffset() == timedelta(0), (path, stamp)
                seen += 1
        if "lite/" in path:
            # It runs no script, so nothing can move a time: each says its zone instead.
            assert page.xpath("//script") == []
            assert [text for text in bare_times(page) if not re.search(r"UTC|CES?T", text)] == []
            continue
        assert bare_times(page) == [], path
    assert seen > 20


def bare_times(page: html.HtmlElement) -> list[str]:
    """Give the times in a page's text that stand outside `<time>`."""
    found = []
    for text in page.xpath("//body//text()[not(ancestor::time) and not(ancestor::script) and not(ancestor::style)]"):
        found += [str(text).strip() for _ in CLOCK.findall(str(text))]
    return found
