"""What users of Upptime and Kener ask for: https://github.com/upptime, https://github.com/rajnandan1/kener."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from tests.asks.house import NOW, House, at

HOME = "https://status.crumb.example/"
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
components: {delivery: under_maintenance}
window: {from: 2026-11-16T05:00:00Z, until: 2026-11-16T11:00:00Z}
"""
DONE = (
    "2026-11-15 09:00 UTC · Scheduled | We change the terminals on Monday morning.",
    "2026-11-16 11:00 UTC · Completed | Done.",
)


def test_upptime_pr_308_the_page_is_static_and_no_visitor_asks_another_host(house: House) -> None:
    """https://github.com/upptime/uptime-monitor/pull/308: data fetched by each visitor ran into the API's limits."""
    house.incident("2026-11-20-cards", OUTAGE, "2026-11-20 14:05 UTC · Investigating | Some card payments fail.")
    site = house.build(NOW)
    home = site.page()
    for script in home.xpath("//script | //noscript"):
        script.drop_tree()
    words = home.text_content()
    for told in ("Card payments fail", "Some card payments fail.", "Ordering", "Delivery", "Web shop"):
        assert told in words, "it stands in the page itself, not in what a script would fetch"
    asked = 0
    for path in (p for p in site.bodies if p.endswith(".html")):
        page, base = site.page(path), urljoin(HOME, path)
        loads = page.xpath("//script/@src | //img/@src | //iframe/@src | //source/@src | //@srcset | //video/@src")
        loads += page.xpath("//link[not(contains('canonical alternate next prev', @rel))]/@href")
        for address in loads:
            asked += 1
            host = urlsplit(urljoin(base, str(address)))
            assert host.netloc == urlsplit(HOME).netloc or host.scheme == "data", (path, address)
    assert asked > 20
    for path in (p for p in site.bodies if p.endswith((".css", ".js")) and not p.startswith("assets/javascripts/")):
        assert b"//fonts." not in site.bodies[path]
        assert b"api.github.com" not in site.bodies[path]


def uptime(house: House, component: str, now: str = "2026-11-20 15:00") -> float:
    found = house.build(at(now)).json("api/status.json")["components"]
    return float(next(c["uptime"] for c in found if c["id"] == component))


def test_kener_299_planned_maintenance_is_not_counted_as_downtime(house: House) -> None:
    """https://github.com/rajnandan1/kener/issues/299, open."""
    house.incident("2026-11-16-terminals", WORK, *DONE)
    assert uptime(house, "delivery") == 1.0
    outage = OUTAGE.replace("payments: partial", "delivery: major").replace("2026-11-20T14:00", "2026-11-16T12:00")
    house.incident(
        "2026-11-16-vans",
        outage,
        "2026-11-16 12:05 UTC · Investigating | No vans.",
        "2026-11-16 18:00 UTC · Resolved | Vans.",
    )
    counted = 13 * 24 - 6
    """Hours from the first of the fourteen days until today, without the six of the window."""
    assert abs(uptime(house, "delivery") - (1 - 6 / counted)) < 1e-6
    house.incident("2026-11-16-terminals", WORK.replace("16T11:00", "16T23:00"), DONE[0])
    assert abs(uptime(house, "delivery") - (1 - 6 / (13 * 24 - 12))) < 1e-6, (
        "an outage within a window counts as the outage it is"
    )


def test_kener_299_the_page_says_how_availability_is_counted(house: House) -> None:
    house.incident("2026-11-16-terminals", WORK, *DONE)
    site = house.build(NOW)
    words = site.says("components/delivery/index.html").lower()
    assert "under maintenance: the time is left out of the count" in words
