"""What users of Cachet ask for: https://github.com/cachethq/cachet (core)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher import app
from tests.asks.house import COMPONENTS, NOW, House, at, text_of

OUTAGE = """
title: Card payments fail
category: outage
severity: sev2
components: {payments: partial_outage}
started: 2026-11-20T14:00:00Z
"""
SAID = "2026-11-20 14:05 UTC · Investigating | Some card payments fail."


def test_cachet_3230_nested_groups_on_the_page_and_flattened_for_clients(house: House) -> None:
    """https://github.com/cachethq/cachet/issues/3230: groups within groups."""
    deep = COMPONENTS.replace(
        "components:\n", "  belts: {name: Belts, parent: tills}\ncomponents:\n  belt: {name: Belt one, group: belts}\n"
    )
    house.write("policy/components.yml", deep)
    house.incident("2026-11-20-cards", OUTAGE, SAID)
    site = house.build(NOW)
    words = site.says().partition("Components")[2]
    order = [words.index(name) for name in ("Web shop", "Ordering", "Tills", "Belts")]
    assert order == sorted(order), "the outer group, its component, the groups inside"
    own = site.json("api/status.json")
    assert {g["id"]: (g["parent"], g["impact"]) for g in own["groups"]} == {
        "shop": (None, "partial_outage"),
        "tills": ("shop", "partial_outage"),
        "belts": ("tills", "operational"),
    }
    rows = site.v2("components.json")["components"]
    assert [(r["name"], r["group"]) for r in rows] == [
        ("Web shop", True),
        ("Ordering", False),
        ("Card payments", False),
        ("Belt one", False),
        ("Delivery", False),
    ], "one level, as the clients of that API know it"
    shop = rows[0]
    assert shop["components"] == [r["id"] for r in rows if r["group_id"] == shop["id"]]
    assert shop["status"] == "partial_outage"


WEEKLY = """
title: Oven cleaning
kind: maintenance
components: {ordering: under_maintenance}
window: {from: 2026-11-03T05:00:00Z, until: 2026-11-03T05:30:00Z, rrule: FREQ=WEEKLY;BYDAY=TU}
"""
TOLD = "2026-10-20 09:00 UTC · Scheduled | Each Tuesday morning we clean the ovens."


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-20 15:00", "operational"),
        ("2026-11-24 04:59", "operational"),
        ("2026-11-24 05:00", "under_maintenance"),
        ("2026-11-24 05:29", "under_maintenance"),
        ("2026-11-24 05:30", "operational"),
        ("2026-12-29 05:10", "under_maintenance"),
    ],
)
def test_cachet_674_recurring_maintenance(house: House, moment: str, status: str) -> None:
    """https://github.com/cachethq/cachet/issues/674, asked in 2015: each window begins and ends by itself."""
    house.incident("2026-11-03-ovens", WEEKLY, TOLD)
    site = house.build(at(moment))
    assert {c["name"]: c["status"] for c in site.v2("components.json")["components"]}["Ordering"] == status
    assert site.v2("status.json")["status"]["indicator"] == "none"
    assert bool(site.v2("scheduled-maintenances/active.json")["scheduled_maintenances"]) == (status != "operational")


def test_cachet_674_the_next_windows_are_shown_and_reach_calendars(house: House) -> None:
    house.incident("2026-11-03-ovens", WEEKLY, TOLD)
    site = house.build(NOW)
    [shown] = site.json("api/status.json")["maintenances"]
    assert [w["from"] for w in shown["windows"]] == [f"2026-{day}T05:00:00Z" for day in ("11-24", "12-01", "12-08")]
    [row] = site.v2("scheduled-maintenances/upcoming.json")["scheduled_maintenances"]
    assert (row["scheduled_for"][:16], row["status"]) == ("2026-11-24T06:00", "scheduled")
    [event] = site.events()
    assert event["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=TU"
    stamps = [t.get("datetime") for t in site.page("maintenance/index.html").iter("time")]
    assert any(str(stamp).startswith("2026-11-24T05:00") for stamp in stamps)


WORK = """
title: New card terminals
kind: maintenance
components: {payments: under_maintenance}
window: {from: 2026-11-22T05:00:00Z, until: 2026-11-22T06:00:00Z}
"""
ANNOUNCED = "2026-11-20 09:00 UTC · Scheduled | We change the terminals on Sunday morning."


def test_cachet_3470_maintenance_notices_go_by_component(house: House) -> None:
    """https://github.com/cachethq/cachet/issues/3470, 3409, 4242."""
    before = NOW - timedelta(days=1)
    house.subscribe("cards@example.com", "payments", now=before)
    house.subscribe("group@example.com", "shop", now=before)
    house.subscribe("leans@example.com", "ordering", now=before)
    house.subscribe("vans@example.com", "delivery", now=before)
    house.subscribe("no-work@example.com", maintenance=False, now=before)
    house.incident("2026-11-22-terminals", WORK, ANNOUNCED)
    house.publish(NOW)
    mails = house.mails()
    assert [str(m["To"]) for m in mails] == ["cards@example.com", "group@example.com", "leans@example.com"]
    assert all("New card terminals" in str(m["Subject"]) for m in mails)


def test_cachet_2613_a_changed_date_is_told(house: House) -> None:
    """https://github.com/cachethq/cachet/issues/2613: who knows of a maintenance hears that it was moved."""
    house.subscribe("cards@example.com", "payments", now=NOW - timedelta(days=1))
    house.incident("2026-11-22-terminals", WORK, ANNOUNCED)
    house.publish(NOW)
    [first] = house.mails()
    assert "22 November" in text_of(first)
    [before] = house.build(NOW).events()
    moved = WORK.replace("2026-11-22", "2026-11-29")
    house.incident(
        "2026-11-22-terminals", moved, ANNOUNCED, "2026-11-20 16:00 UTC · Scheduled | We do it a week later."
    )
    assert "TID104" not in house.findings(at("2026-11-20 16:01")), "it keeps its address"
    house.publish(at("2026-11-20 16:01"))
    [second] = house.mails()
    assert "We do it a week later." in text_of(second)
    assert "29 November" in text_of(second), "the mail itself gives the new date"
    assert second["References"] == first["References"]
    site = house.build(at("2026-11-20 16:01"))
    [after] = site.events()
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"], "RFC 5545: calendars replace the old date"
    assert after["dtstart"].dt == at("2026-11-29 05:00")
    [entry] = site.feed("history.atom").entries
    assert "29 November" in entry.content[0].value


HIDDEN = COMPONENTS.replace(
    "components:\n",
    "  machines: {name: Machine room, public: false}\ncomponents:\n"
    "  ledger: {name: Ledger cluster, description: The secret one., group: shop, public: false}\n"
    "  disks: {name: Disk array, group: machines}\n",
).replace("depends_on: [payments]", "depends_on: [ledger]")
BOTH = OUTAGE.replace(
    "{payments: partial_outage}", "{ledger: major_outage, disks: major_outage, payments: partial_outage}"
)


def test_cachet_2577_private_components_do_not_leak_into_the_public_roll_up(house: House) -> None:
    """https://github.com/cachethq/cachet/issues/2577: what is hidden changes no byte that anybody outside can get."""
    house.write("policy/components.yml", COMPONENTS)
    house.incident("2026-11-20-cards", OUTAGE, SAID)
    expected = house.build(NOW).bodies
    house.write(
        "policy/components.yml",
        HIDDEN.replace("public: false}\n  disks", "public: false, depends_on: [payments]}\n  disks"),
    )
    changed = SAID.replace(" | ", "\n<!--\ncomponents: {ledger: major_outage, disks: partial_outage}\n-->\n | ")
    house.incident("2026-11-20-cards", BOTH, changed)
    site = house.build(NOW)
    assert [
        path for path in sorted(expected.keys() | site.bodies.keys()) if expected.get(path) != site.bodies.get(path)
    ] == []
    for secret in (b"ledger", b"Ledger", b"disks", b"Disk array", b"machines", b"Machine room", b"secret one"):
        assert [path for path, body in site.bodies.items() if secret in body and not path.startswith("assets/")] == []


def test_cachet_2577_the_control_made_public_they_do_show(house: House) -> None:
    house.write("policy/components.yml", HIDDEN.replace(", public: false", ""))
    house.incident("2026-11-20-cards", BOTH, SAID)
    site = house.build(NOW)
    assert site.v2("status.json")["status"]["indicator"] == "critical"
    assert "Ledger cluster" in site.says()
    assert "components/disks/index.html" in site.bodies


def test_cachet_2577_nobody_is_mailed_about_what_is_hidden(house: House) -> None:
    before = NOW - timedelta(days=1)
    house.write("policy/components.yml", HIDDEN)
    house.subscribe("guess@example.com", "ledger", now=before)
    house.subscribe("room@example.com", "machines", now=before)
    house.subscribe("cards@example.com", "payments", now=before)
    house.incident("2026-11-20-cards", BOTH, SAID)
    house.publish(NOW)
    [mail] = house.mails()
    assert mail["To"] == "cards@example.com"
    assert "edger" not in mail.as_string()
    # The same words with another hidden impact are the same words.
    house.incident("2026-11-20-cards", BOTH.replace("ledger: major_outage", "ledger: partial_outage"), SAID)
    house.publish(at("2026-11-20 15:05"))
    assert house.mails() == []


def test_cachet_2577_an_incident_about_nothing_else_is_refused(house: House) -> None:
    house.write("policy/components.yml", HIDDEN)
    house.incident("2026-11-20-ledger", OUTAGE.replace("payments", "ledger"), SAID)
    assert "TID110" in house.findings()
    from publisher.pipeline import GateError

    with pytest.raises(GateError):
        house.publish(NOW)
    assert not (house.root / "out/site/index.html").exists()


def test_cachet_2531_feeds_announce_updates_not_only_the_first_post(house: House) -> None:
    """https://github.com/cachethq/cachet/issues/2531: one entry an incident that changes, and one feed of updates."""
    house.incident("2026-11-20-cards", OUTAGE, SAID)
    one = house.build(NOW)
    house.incident("2026-11-20-cards", OUTAGE, SAID, "2026-11-20 15:10 UTC · Resolved | All card payments work.")
    two = house.build(at("2026-11-20 15:11"))
    for path in ("history.atom", "history.rss"):
        [before], [after] = one.feed(path).entries, two.feed(path).entries
        assert before.id == after.id
        shown = after.content[0].value if "content" in after else after.summary
        assert shown.index("All card payments work.") < shown.index("Some card payments fail.")
    assert two.feed("history.atom").entries[0].updated == "2026-11-20T15:10:00+00:00"
    assert two.feed("history.rss").entries[0].published == "Fri, 20 Nov 2026 15:10:00 +0000"
    [item] = two.json("feed.json")["items"]
    assert item["date_modified"] == "2026-11-20T15:10:00Z"
    earlier = {e.id for e in one.feed("updates.atom").entries}
    later = [e.id for e in two.feed("updates.atom").entries]
    assert len(later) == 2
    assert earlier == set(later[1:]), "the new one comes first; ids of the others stay"


def test_a_house_of_tests_reads_what_was_published(house: House) -> None:
    """The control of this folder: what `build` gives is what lies in the published folder."""
    house.incident("2026-11-20-cards", OUTAGE, SAID)
    house.publish(NOW)
    site = house.build(NOW)
    assert (house.root / "out/site/history.atom").read_bytes() == site.bodies["history.atom"]
    assert app.read_policy(house.root).registry.component("payments") is not None
