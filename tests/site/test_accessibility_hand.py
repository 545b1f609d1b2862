"""The hand list of WCAG 2.2 AA, in Chromium: focus, keyboard, status messages, no colour alone, the reader's own settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from publisher.render.icons import SHAPES
from tests.site.accessibility_kit import INCIDENT, opened

pytestmark = pytest.mark.chromium

STOP = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const shown = at.matches("input.md-option") ? at.nextElementSibling : at;
    const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
    const points = [[.5, .5], [.1, .5], [.9, .5]].map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
    const seen = points.some(([x, y]) => {
        const top = document.elementFromPoint(x, y);
        return top && (shown.contains(top) || top.contains(shown) && top !== document.body && !top.matches("html, main"));
    });
    return {
        name: (at.getAttribute("aria-label") || at.textContent).trim().replace(/\\s+/g, " ").slice(0, 60),
        place: [...document.querySelectorAll("*")].indexOf(at),
        seen, marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""


def walk(page: Page, key: str, most: int = 400) -> list[dict[str, Any]]:
    """Press a key until the focus leaves the page; give each stop."""
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press(key)
        stop = page.evaluate(STOP)
        if stop is None or (stops and stop["place"] == stops[0]["place"]):
            return stops
        stops.append(stop)
    raise AssertionError(f"still on the page after {most} stops: {stops[-3:]}")


@pytest.mark.parametrize(
    ("path", "width"), [("", 1280), (INCIDENT, 640), ("ar/", 384), ("accessibility/", 640), ("subscribe/", 1280)]
)
def test_each_stop_of_the_keyboard_is_marked_uncovered_and_in_order(
    chromium: Browser, example_address: str, path: str, width: int
) -> None:
    with opened(chromium, width, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(example_address + path)
        forth = walk(page, "Tab")
        assert len(forth) > 12
        assert page.locator(".md-skip").inner_text().strip() == forth[0]["name"], "the first leads to the content"
        places = [stop["place"] for stop in forth]
        assert places == sorted(places), "as the page reads"
        # Backwards the sticky header is what could cover it.
        page.evaluate("scrollTo(0, document.body.scrollHeight); document.activeElement.blur()")
        page.locator(".td-footer a:visible").last.focus()
        back = walk(page, "Shift+Tab")
        assert len(back) >= len(forth) - 2
        wrong = [stop for stop in (*forth, *back) if not (stop["seen"] and stop["marked"] and stop["name"])]
        assert not wrong, wrong


def test_news_covers_nothing_that_has_the_focus(chromium: Browser, example_address: str) -> None:
    with opened(chromium, 640, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(example_address)
        page.locator(".td-live").evaluate("live => { live.innerHTML = '<span>News.</span> <a href=\"#x\">Show</a>' }")
        assert not [stop for stop in walk(page, "Tab") if not stop["seen"]]


def test_the_menu_opens_is_left_and_closes_by_keyboard_without_scripts(chromium: Browser, example_address: str) -> None:
    for path, name in (("", "Navigation"), ("ar/accessibility/", "")):
        with opened(chromium, 384, java_script_enabled=False) as context:
            page = context.new_page()
            page.goto(example_address + path)
            menu, drawer = page.locator(".td-menu"), page.locator(".td-drawer")
            assert drawer.is_hidden()
            if name:
                expect(menu).to_have_accessible_name(name)
            menu.focus()
            page.keyboard.press("Enter")
            assert drawer.is_visible()
            page.keyboard.press("Tab")
            expect(drawer.locator("a").first).to_be_focused()
            page.keyboard.press("Escape")
            assert drawer.is_hidden()
            expect(menu).to_be_focused()
            menu.press("Enter")
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.wait_for_url("**/history/")


def test_groups_days_filter_and_languages_work_by_keyboard(chromium: Browser, example_address: str) -> None:
    with opened(chromium, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(example_address)
        group = page.locator("details.td-group").filter(has=page.locator(".td-gname", has_text="Shops"))
        for inside in (False, True, False):
            assert group.locator(".td-comp").first.is_visible() is inside
            group.locator("> summary").press("Enter" if not inside else "Space")
        days = page.locator("details.td-days").first
        days.locator("summary").press("Space")
        days.locator("summary").press("Tab")
        expect(days.locator("li a").first).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{INCIDENT}")

        page.goto(f"{example_address}history/")
        choice = page.locator(".td-filter")
        choice.locator("summary").press("Enter")
        choice.locator("summary").press("Tab")
        wanted = choice.locator("a").first
        expect(wanted).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/components/*/#incidents")

        page.locator(".td-header a[hreflang=ar]").press("Enter")
        page.wait_for_url("**/ar/components/**")


def live_regions(page: Page) -> list[dict[str, Any]]:
    """Give every status region as assistive technology is told of it."""
    session = page.context.new_cdp_session(page)
    session.send("Accessibility.enable")
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    told = [node for node in nodes if node.get("role", {}).get("value") in {"status", "alert", "log"}]
    return [
        {"role": node["role"]["value"]} | {p["name"]: p["value"].get("value") for p in node["properties"]}
        for node in told
    ]


def test_news_and_copied_links_are_status_messages(chromium: Browser, example_address: str) -> None:
    """WCAG 4.1.3: polite, whole, there before they speak, and without taking the focus.

    That news of a release is told, and when, is shown in test_pages_browser.py.
    """
    with opened(chromium, permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        for path, count in (("", 1), (INCIDENT, 2), ("ar/history/", 1)):
            page.goto(example_address + path)
            regions = live_regions(page)
            assert len(regions) == count, path
            assert {(r["role"], r["live"], r["atomic"]) for r in regions} == {("status", "polite", True)}, path
            assert page.get_by_role("status").all_inner_texts() == [""] * count
        page.goto(example_address + INCIDENT)
        button = page.locator(".td-copy").first
        button.press("Enter")
        expect(page.locator("p[role=status]")).to_have_text("Link copied")
        expect(button).to_be_focused()


def test_no_state_is_told_by_colour_alone(chromium: Browser, example_address: str) -> None:
    """WCAG 1.4.1: each state has a shape of its own and a word; each bar a sentence, each of its days in trouble words."""
    assert len(set(SHAPES.values())) == len(SHAPES) == 5
    with opened(chromium) as context:
        page = context.new_page()
        for path in ("", "calm.html", INCIDENT, "components/checkout/", "ar/"):
            page.goto(example_address + path)
            states = page.locator(".td-state, .td-eyebrow:has(svg)")
            texts = states.all_text_contents()
            assert texts, path
            assert all(text.strip() for text in texts), path
            bare = states.evaluate_all(
                "all => all.filter(s => !(s.closest('.td-summary') || s).querySelector('svg use'))"
            )
            assert not bare, path
            bars = page.locator(".td-bar").evaluate_all(
                "all => all.map(bar => [bar.role, bar.ariaLabel, bar.querySelectorAll('i[class]:not(.none):not([title])').length])"
            )
            assert not [bar for bar in bars if bar[0] != "img" or not re.search(r"\d|day", bar[1]) or bar[2]], path
            assert bars or path in {"calm.html", INCIDENT}
        page.goto(example_address)
        for component in page.locator(".td-comp").all():
            if component.locator(".td-bar i[title]").count():
                assert component.locator(".td-days li").count(), "the bar's days again, as a list"


def test_less_motion_means_none(chromium: Browser, example_address: str) -> None:
    with opened(chromium, reduced_motion="reduce") as context:
        page = context.new_page()
        for path in ("", "accessibility/"):
            page.goto(example_address + path)
            moving = page.evaluate(
                "[...document.querySelectorAll('*')].flatMap(n => ['', '::before', '::after'].map(p => getComputedStyle(n, p)))"
                ".filter(s => !/^(0s(, )?)+$/.test(s.transitionDuration) && s.transitionProperty !== 'none'"
                " || s.scrollBehavior === 'smooth' || s.animationName !== 'none').length"
            )
            assert moving == 0, path


def test_more_contrast_is_given_to_who_asks(chromium: Browser, example_address: str) -> None:
    soft = "getComputedStyle(document.querySelector('.td-footer a')).color"
    ink = "getComputedStyle(document.body).color"
    with opened(chromium) as context:
        page = context.new_page()
        page.goto(example_address)
        assert page.evaluate(soft) != page.evaluate(ink)
        context.new_cdp_session(page).send(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-contrast", "value": "more"}]}
        )
        assert page.evaluate(soft) == page.evaluate(ink)


def test_paper_shows_all_words_and_none_of_the_controls(chromium: Browser, example_address: str) -> None:
    with opened(chromium) as context:
        page = context.new_page()
        for path in ("", INCIDENT, "ar/history/"):
            page.goto(example_address + path)
            page.emulate_media(media="print")
            for control in (".md-header", ".md-skip", ".td-live", ".td-copy", ".td-filter", ".td-drawer"):
                for found in page.locator(control).all():
                    assert found.is_hidden(), (path, control)
            assert page.locator("h1").is_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.emulate_media(media="screen")
