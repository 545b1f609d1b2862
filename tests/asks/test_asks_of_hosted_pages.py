"""What users of LambStatus, netlify-statuskit, Uptime Kuma and of Statuspage's ecosystem ask for."""

from __future__ import annotations

from tests.asks.house import COMPONENTS, NOW, House, at

OUTAGE = """
title: Card payments fail
category: outage
severity: sev2
components: {payments: partial_outage}
started: 2026-11-20T14:00:00Z
"""
SAID = "2026-11-20 14:05 UTC · Investigating | Some card payments fail."
WORK = """
title: New vans
kind: maintenance
components: {delivery: under_maintenance}
window: {from: 2026-11-22T05:00:00Z, until: 2026-11-22T06:00:00Z}
"""
ANNOUNCED = "2026-11-20 09:00 UTC · Scheduled | New vans on Sunday morning."


def test_netlify_statuskit_31_a_feed_for_each_system(house: House) -> None:
    """https://github.com/netlify/netlify-statuskit/issues/31."""
    house.incident("2026-11-20-cards", OUTAGE, SAID)
    house.incident("2026-11-22-vans", WORK, ANNOUNCED)
    site = house.build(NOW)
    titles = {
        c: [e.title for e in site.feed(f"components/{c}.atom").entries] for c in ("ordering", "payments", "delivery")
    }
    assert titles == {
        "ordering": ["Card payments fail"],
        "payments": ["Card payments fail"],
        "delivery": ["New vans"],
    }, "ordering leans on payments, so its readers hear of it too"
    links = site.page("components/delivery/index.html").xpath("//a/@href | //link/@href")
    assert any(str(link).endswith("delivery.atom") for link in links), "readers find it"


def test_lambstatus_127_maintenance_is_in_the_feed(house: House) -> None:
    """https://github.com/ks888/LambStatus/issues/127."""
    house.incident("2026-11-22-vans", WORK, ANNOUNCED)
    site = house.build(NOW)
    for path in ("history.atom", "history.rss", "components/delivery.atom"):
        [entry] = site.feed(path).entries
        assert entry.title == "New vans"
        shown = entry.content[0].value if "content" in entry else entry.summary
        assert "New vans on Sunday morning." in shown
        assert "22 November" in shown, "with its time, not only that of the announcement"
    assert [i["title"] for i in site.json("feed.json")["items"]] == ["New vans"]


def test_uptime_kuma_7418_an_update_is_an_entry_of_its_own(house: House) -> None:
    """https://github.com/louislam/uptime-kuma/issues/7418."""
    house.incident("2026-11-20-cards", OUTAGE, SAID, "2026-11-20 14:30 UTC · Identified | We know why.")
    entries = house.build(NOW).feed("updates.atom").entries
    assert ["We know why." in e.content[0].value for e in entries] == [True, False]
    assert len({e.link for e in entries}) == 2, "each links to its own place on the page"


def test_terraform_statuspage_42_group_membership_is_what_the_file_says(house: House) -> None:
    """https://github.com/yannh/terraform-provider-statuspage/issues/42: no state beside the file that could drift."""
    house.build(NOW)
    moved = COMPONENTS.replace("delivery: {name: Delivery}", "delivery: {name: Delivery, group: shop}")
    house.write("policy/components.yml", moved)
    house.publish(NOW)

    def members() -> dict[str, str | None]:
        rows = house.build(NOW).v2("components.json")["components"]
        names = {r["id"]: r["name"] for r in rows}
        return {r["name"]: names.get(r["group_id"]) for r in rows if not r["group"]}

    assert members() == {"Ordering": "Web shop", "Card payments": "Web shop", "Delivery": "Web shop"}
    house.write("policy/components.yml", COMPONENTS)
    assert members() == {"Ordering": "Web shop", "Card payments": "Web shop", "Delivery": None}


def test_terraform_statuspage_30_what_is_taken_out_of_the_files_is_gone_from_the_page(house: House) -> None:
    """https://github.com/yannh/terraform-provider-statuspage/issues/30: an API that could neither change nor delete."""
    house.write("policy/components.yml", COMPONENTS.replace("uptime:", "  kiosk: {name: Kiosk}\nuptime:"))
    house.publish(NOW)
    page = house.root / "out/site/components/kiosk/index.html"
    assert page.exists()
    house.write("policy/components.yml", COMPONENTS.replace("name: Delivery", "name: Vans"))
    house.publish(at("2026-11-20 15:05"))
    assert not page.exists()
    summary = (house.root / "out/site/api/v2/summary.json").read_text(encoding="utf-8")
    assert "Kiosk" not in summary
    assert "Vans" in summary


def test_heroku_roadmap_210_maintenance_as_icalendar(house: House) -> None:
    """https://github.com/heroku/roadmap/issues/210, open."""
    house.incident("2026-11-22-vans", WORK, ANNOUNCED)
    site = house.build(NOW)
    [event] = site.events()
    assert str(event["summary"]) == "New vans"
    assert (event["dtstart"].dt, event["dtend"].dt) == (at("2026-11-22 05:00"), at("2026-11-22 06:00"))
    assert str(event["url"]).startswith("https://status.crumb.example/incidents/2026-11-22-vans/")
    assert "New vans on Sunday morning." in str(event["description"])
    links = site.page("subscribe/index.html").xpath("//a/@href")
    assert any(str(link).endswith("maintenance.ics") for link in links), "readers find it"
    house.incident("2026-11-22-vans", WORK, ANNOUNCED, "2026-11-20 16:00 UTC · Completed | Called off.")
    [cancelled] = house.build(at("2026-11-20 16:01")).events()
    assert (str(cancelled["status"]), cancelled["uid"]) == ("CANCELLED", event["uid"])
