"""The light page: what it says, and that it stays light."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html
from lxml.html import HtmlElement

from publisher.model.history import History
from publisher.model.incident import Kind, Status, Window
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Group
from publisher.render.pages import environment
from publisher.render.pages_lite import LIMIT, render_lite
from publisher.render.views import project
from tests.unit.render.histories import DOWN, NOW, PARTIAL, SLOW, WORK, at, history, incident, update

LONG = " ".join(f"We moved shard {n} to another room and looked at it for a while." for n in range(200))


def lite(told: History, *, locale: str = "en") -> bytes:
    return render_lite(project(told, locale=locale, now=NOW), environment()).body


def parsed(body: bytes) -> HtmlElement:
    return html.fromstring(body.decode())


def text(body: bytes) -> str:
    return " ".join(str(parsed(body).xpath("string()")).split())


def troubled(count: int, words: str) -> History:
    return history(
        *(
            incident(
                at("2026-11-20 12:00") + timedelta(minutes=n),
                [
                    replace(
                        update(at("2026-11-20 13:00"), Status.IDENTIFIED, words),
                        who="Shops in the EU",
                        meanwhile="Offer bank transfer",
                        next=at("2026-11-20 15:05"),
                    )
                ],
                slug=f"trouble-{n}",
                title=f"Trouble {n} <&>",
                components={("payments", "reports", "website")[n % 3]: (PARTIAL, SLOW, DOWN)[n % 3]},
            )
            for n in range(count)
        ),
        *(
            replace(
                incident(
                    at("2026-11-22 02:00"),
                    [update(at("2026-11-18 09:00"), Status.SCHEDULED)],
                    slug="upgrade",
                    title="Database upgrade",
                    components={"reports": WORK},
                ),
                kind=Kind.MAINTENANCE,
                window=Window(begins=at("2026-11-22 02:00"), ends=at("2026-11-22 04:00"), rrule=None),
            )
            for _ in range(1)
        ),
    )


def test_it_says_what_a_worried_reader_needs() -> None:
    said = text(lite(troubled(1, "We found it.")))
    for part in (
        "Partial outage",
        "We found it.",
        "Identified · 13:00 UTC",
        "Who: Shops in the EU",
        "Meanwhile: Offer bank transfer",
        "We will tell you more by 15:05 UTC.",
        "Payments: Partial outage",
        "Checkout: affected through Payments",
        "Database upgrade",
        "Sunday, 22 November 2026, 02:00 to 04:00 UTC",
        "As of 20 November 2026",
    ):
        assert part in said, part
    assert said.count("15:05") == 1, "said once"


def test_calm_is_said_in_a_few_lines() -> None:
    body = lite(history())
    assert "Everything works." in text(body)
    assert "Not working as it should" not in text(body)
    assert len(body) < 2500


@pytest.mark.parametrize("locale", ["en", "de", "ar", "fr", "es", "ja"])
def test_three_long_incidents_stay_below_ten_kibibytes(locale: str) -> None:
    told = troubled(3, LONG)
    body = lite(replace(told, site=replace(told.site, locales=("en", "de", "ar", "fr", "es", "ja"))), locale=locale)
    assert len(body) <= LIMIT
    assert all(f"trouble-{n}/".encode() in body for n in range(3)), "each incident is told"


def test_whatever_happens_it_stays_below_ten_kibibytes_and_names_the_full_version() -> None:
    body = lite(troubled(80, "صيانة " * 900))
    assert len(body) <= LIMIT
    assert "Full version" in text(body)


def test_nothing_is_fetched_and_nothing_is_inline() -> None:
    body = lite(troubled(3, "Plain."))
    root = parsed(body)
    assert not root.xpath("//script | //style | //img | //iframe | //link[@rel='stylesheet'] | //*[@style]")
    assert root.xpath("//link[@rel='icon']/@href") == ["data:,"], "no request for a favicon either"
    assert not [a for node in root.iter() for a in node.attrib if str(a).startswith("on")]


def test_it_is_stamped_and_goes_out_with_the_front_pages() -> None:
    artifact = render_lite(project(troubled(1, "x"), locale="de", now=NOW), environment())
    assert artifact.path == "de/lite/index.html"
    assert artifact.stamped
    assert artifact.group is Group.FRONT
    assert GENERATION_TOKEN in artifact.body
    assert BUILT_TOKEN in artifact.body


def test_what_people_type_is_never_markup() -> None:
    body = lite(troubled(1, "Plain."))
    assert b"Trouble 0 &lt;&amp;&gt;" in body
    levels = [int(h.tag[1]) for h in parsed(body).iter("h1", "h2", "h3")]
    assert levels[:3] == [1, 2, 3]
