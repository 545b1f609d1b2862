"""Badges: well-formed, named, in both lights and both directions, and as wide as computed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import etree

from publisher.model.component import Impact
from publisher.render.badge import HEIGHT, LABEL, badge, render_badges, width
from publisher.render.i18n import language
from publisher.render.views import project
from tests.unit.render.histories import NOW, busy

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawn: str) -> Any:
    return etree.fromstring(drawn.encode())


def draw(label: str = "Checkout", impact: Impact = Impact.OPERATIONAL, *, locale: str = "en") -> Any:
    return parsed(badge(label, impact, language(locale).impact(impact), locale=locale))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_component_has_one_in_every_language() -> None:
    for locale, folder in (("en", ""), ("de", "de/")):
        made = render_badges(project(busy(), locale=locale, now=NOW))
        names = ["", "/checkout", "/payments", "/reports", "/website"]
        assert [a.path for a in made] == [f"{folder}badge{n}.svg" for n in names]
        assert {dict(a.headers)["content-type"] for a in made} == {"image/svg+xml; charset=utf-8"}


def test_a_badge_says_what_the_page_says() -> None:
    made = {a.path: parsed(a.body.decode()) for a in render_badges(project(busy(), locale="en", now=NOW))}
    titles = {path: svg.find(f"{SVG}title").text for path, svg in made.items()}
    assert titles == {
        "badge.svg": "Example status: Major outage",
        "badge/checkout.svg": "Checkout: Affected",
        "badge/payments.svg": "Payments: Major outage",
        "badge/reports.svg": "Reports: Under maintenance",
        "badge/website.svg": "Website: Operational",
    }


@pytest.mark.parametrize("impact", list(Impact))
def test_a_shape_and_a_word_stand_beside_the_colour_and_can_be_read_in_both_lights(impact: Impact) -> None:
    svg = draw(impact=impact)
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == svg.find(f"{SVG}title").text
    [_label, word] = svg.iter(f"{SVG}text")
    assert word.text == language("en").impact(impact)
    shapes = {each: etree.tostring(draw(impact=each)[-1]) for each in Impact}
    plain = {re.sub(rb'#[0-9a-f]{6}|class="[^"]*"', b"", shape) for shape in shapes.values()}
    assert len(plain) == len(Impact), "told apart without any colour"
    rules = dict(re.findall(r"\.(\w+)\{fill:(#\w{6})\}", svg.find(f"{SVG}style").text))
    paper = svg.find(f"{SVG}rect").get("fill")
    for text in svg.iter(f"{SVG}text"):
        assert contrast(text.get("fill"), paper) >= 4.5
        assert contrast(rules[text.get("class")], rules["paper"]) >= 4.5


def test_all_badges_have_one_style_so_that_one_hash_admits_it() -> None:
    assert len({draw(impact=impact).find(f"{SVG}style").text for impact in Impact}) == 1


def test_right_to_left_begins_on_the_right() -> None:
    for locale, order in (("de", [0, 1]), ("ar", [1, 0])):
        svg = draw("Checkout", Impact.PARTIAL_OUTAGE, locale=locale)
        places = [float(t.get("x")) for t in svg.iter(f"{SVG}text")]
        assert sorted(range(2), key=lambda n: places[n]) == order
        assert all(0 < place < int(svg.get("width")) for place in places)
        assert svg.get("{http://www.w3.org/XML/1998/namespace}lang") == locale


def test_joined_letters_are_not_set_apart() -> None:
    svg = draw("الدفع", locale="ar")
    assert [t.get("textLength") for t in svg.iter(f"{SVG}text")] == [None, None]
    assert all(t.get("textLength") for t in draw().iter(f"{SVG}text"))


def test_names_of_any_kind_are_names() -> None:
    name = '<script>alert(1)</script>"&'
    svg = draw(name)
    assert svg.find(f"{SVG}title").text == f"{name}: Operational"
    assert svg.find(f".//{SVG}script") is None


def test_a_long_name_is_cut_and_its_title_is_not() -> None:
    svg = draw("long " * 40)
    label = next(svg.iter(f"{SVG}text")).text
    assert len(label) <= LABEL
    assert label.endswith("long…")
    assert svg.find(f"{SVG}title").text.startswith("long " * 40)
    assert svg.get("height") == str(HEIGHT)


def test_widths_follow_the_letters() -> None:
    assert width("") == 0
    assert width("iii") < width("nnn") < width("mmm") < width("語語語")
    assert width("é") == width("e\u0301") == width("e")
    assert width("a\u200d") == width("a")
    assert width("Word", bold=True) >= width("Word")
