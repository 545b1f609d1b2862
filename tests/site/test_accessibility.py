"""Everybody can read and use every page: WCAG 2.2 AA, by axe-core and by the hand list, in Chromium.

**The matrix.** Page types × languages (left to right, right to left) × light, dark, forced colours × widths. 200 % zoom
is what a browser makes of it: half as many CSS pixels, each drawn twice as wide. So a screen of 1280, 768 and 320 pixels
at 200 % is a viewport of 640, 384 and 160 CSS pixels at a device scale factor of 2; beside these stands 1280 CSS pixels,
the only width with the wide header. Ordinarily each page is looked at in each language, in light at two of the four
widths and in the other schemes at one, taken in turn, so that every pair of conditions occurs; `nightly` takes the
full product, German with it.

**The hand list.** What rules cannot see: reflow and text spacing, focus, keyboard, words of another language, news.
docs/reference/accessibility.md says which criterion is met how, and which test here shows it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from publisher import app
from publisher.adapters.site_folder import write_site
from tests.site.accessibility_kit import (
    CUT,
    INCIDENT,
    SCHEMES,
    SEVEN,
    TAGS,
    WIDTHS,
    opened,
    pages_of,
    serving,
    wide,
    write_locale,
)
from tests.site.workspace import EXAMPLE, NOW, copy_example

pytestmark = pytest.mark.chromium

AXE = EXAMPLE / "node_modules" / "axe-core" / "axe.min.js"


CANVAS = (
    "document.body.appendChild(Object.assign(document.createElement('i'), {style: 'background: Canvas'})) && "
    "getComputedStyle(document.body.lastChild).backgroundColor"
)


def look(
    chromium: Browser, address: str, scheme: str, plan: Iterable[tuple[str, tuple[int, ...]]]
) -> tuple[list[str], Counter[str]]:
    """Run the rules over pages at widths; give what they found, and how often each rule had something to pass."""
    rules, found, passed = AXE.read_text(encoding="utf-8"), [], Counter[str]()
    question = """(tags) => axe.run({
        runOnly: {type: "tag", values: tags}, rules: {"target-size": {enabled: true}}, iframes: false,
        resultTypes: ["violations"],
    }).then(({violations, passes}) => ({
        violations: violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(
            n => n.html.slice(0, 160) + " " + n.any.concat(n.all).map(c => c.message).join("; ").slice(0, 200)
        ).join("\\n    ")),
        passes: passes.map(p => p.id),
    }))"""
    with opened(chromium, device_scale_factor=2, **SCHEMES[scheme]) as context:
        page = context.new_page()
        for path, widths in plan:
            answer = page.goto(address + path)
            assert answer is not None
            assert answer.ok, path
            page.evaluate(rules)
            for width in widths:
                wide(page, width)
                looked = page.evaluate(question, list(TAGS))
                if scheme == "dark" and path.endswith("lite/"):
                    # A page without a sheet stands on the browser's own dark canvas, which axe takes for white.
                    assert page.evaluate(CANVAS) == "rgb(18, 18, 18)"
                    looked["violations"] = [v for v in looked["violations"] if not v.startswith("color-contrast:")]
                passed.update(looked["passes"])
                found += [f"/{path} {scheme} {width}: {violation}" for violation in looked["violations"]]
    return found, passed


@pytest.mark.npm
@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_the_rules_find_nothing_on_any_page(chromium: Browser, example_address: str, scheme: str) -> None:
    turn = list(SCHEMES).index(scheme)
    plan = [
        (path, (WIDTHS[(number + turn) % 4], WIDTHS[(number + turn + 2) % 4])[: 1 if turn else 2])
        for locale, first in (("en", 0), ("ar", 1))
        for number, path in enumerate(pages_of(locale), start=first)
    ]
    found, passed = look(chromium, example_address, scheme, plan)
    assert not found, "\n".join(found)
    for rule in ("target-size", "heading-order", "landmark-unique", "region", "color-contrast", "valid-lang"):
        assert passed[rule] > 20, f"{rule} was looked at"


@pytest.mark.npm
@pytest.mark.nightly
@pytest.mark.parametrize("scheme", list(SCHEMES))
@pytest.mark.parametrize("locale", ["en", "ar", "de"])
def test_the_rules_find_nothing_in_the_full_product(
    chromium: Browser, example_address: str, scheme: str, locale: str
) -> None:
    found, passed = look(chromium, example_address, scheme, [(path, (*WIDTHS, 320, 768)) for path in pages_of(locale)])
    assert not found, "\n".join(found)
    assert passed["target-size"] > 50


@pytest.mark.npm
def test_the_rules_would_notice(chromium: Browser, tmp_path: Path) -> None:
    """A page with a link too small, a word too faint, a level left out and a tongue that does not exist."""
    (tmp_path / "bad.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title><main><h1>a</h1><h4>b</h4>'
        '<p style="color:#bbb">faint</p><p lang="zz-zz">who</p>'
        '<button style="width:9px;height:9px;padding:0" aria-label="x"></button>'
        '<button style="width:9px;height:9px;padding:0" aria-label="y"></button></main></html>',
        encoding="utf-8",
    )
    with serving(tmp_path) as url:
        found, _ = look(chromium, url, "light", [("bad.html", (640,))])
    for rule in ("color-contrast", "heading-order", "target-size", "valid-lang"):
        assert any(f": {rule}: " in line for line in found), (rule, found)


SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    " p { margin-block-end: 2em !important }"
)
"""WCAG 1.4.12, all of it at once."""


def test_every_page_reflows_and_survives_wider_spacing(chromium: Browser, example_address: str) -> None:
    """320 CSS pixels are 1280 at 400 % (1.4.10); 160 are a small phone at 200 %. Spacing as in 1.4.12."""
    wrong: list[str] = []
    with opened(chromium, 320) as context:
        page = context.new_page()
        for path in itertools.chain.from_iterable(pages_of(locale) for locale in ("en", "de", "ar")):
            page.goto(example_address + path)
            wide(page, 320)
            wrong += [f"/{path} 320: {line}" for line in page.evaluate(CUT)]
            if not path.endswith("lite/"):  # it has no sheet that could break words
                wide(page, 160)
                wrong += [f"/{path} 160: {line}" for line in page.evaluate(CUT) if line.startswith("scrolls")]
                wide(page, 320)
                page.add_style_tag(content=SPACED)
                wrong += [f"/{path} spaced: {line}" for line in page.evaluate(CUT)]
    assert not wrong, "\n".join(wrong)


STILL = """() => Promise.all(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime < Infinity)
    .map(one => one.finished.catch(() => null)))"""
"""Waits until nothing moves any more: what slides in may end where it is too wide."""


def test_letters_twice_as_large_cut_nothing(chromium: Browser, example_address: str) -> None:
    """Text alone at 200 % (1.4.4), as phones and Firefox offer it, in the two narrower widths."""
    wrong: list[str] = []
    with opened(chromium) as context:
        page = context.new_page()
        for path in ("", INCIDENT, "de/", f"de/{INCIDENT}", "ar/", "de/subscribe/", "de/accessibility/"):
            page.goto(example_address + path)
            page.add_style_tag(content="html { font-size: 250% !important }")  # the theme's own is 125 %
            for width in (768, 384):
                wide(page, width)
                cut: list[str] = []
                page.evaluate(STILL)
                for _ in range(20):  # the script's counted times may still be on their way
                    if not (cut := page.evaluate(CUT)):
                        break
                    page.wait_for_timeout(100)
                wrong += [f"/{path} {width}: {line}" for line in cut]
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example in seven languages, one of them the company's own file."""
    made = tmp_path_factory.mktemp("seven")
    root = copy_example(made / "root")
    config = root / "mkdocs.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[en, de, ar]", f"[{', '.join(SEVEN)}]"), encoding="utf-8")
    write_locale(root, "he")
    built = app.build(root, now=NOW)
    assert tuple(built.views) == SEVEN
    write_site(made / "out", app.unpublished(built))
    with serving(made / "out") as url:
        yield url


@pytest.mark.npm
def test_seven_languages_leave_room_on_every_screen(chromium: Browser, seven: str) -> None:
    """The menu of languages never widens the page, is complete, and every entry can be hit with a finger."""
    wrong: list[str] = []
    light = [*itertools.product(SEVEN, ("", INCIDENT)), ("de", "subscribe/"), ("he", "accessibility/")]
    for scheme, plan in (("light", light), ("dark", [("fr", ""), ("he", "")])):
        with opened(chromium, has_touch=True, **SCHEMES[scheme]) as context:
            page = context.new_page()
            for locale, path in plan:
                page.goto(f"{seven}{'' if locale == 'en' else locale + '/'}{path}")
                for width in (320, 375, 1280):
                    wide(page, width)
                    where = f"{scheme} {locale}/{path} {width}"
                    wrong += [f"{where}: {line}" for line in page.evaluate(CUT)]
                    tongues = page.locator(".td-tongues a:visible")
                    if sorted(tongues.evaluate_all("all => all.map(a => a.lang)")) != sorted({*SEVEN} - {locale}):
                        wrong.append(f"{where}: languages are missing")
                    small = tongues.evaluate_all("all => all.filter(a => a.getBoundingClientRect().height < 24).length")
                    wrong += [f"{where}: too small for a finger"] * bool(small)
    assert not wrong, "\n".join(wrong)
    found, _ = look(chromium, seven, "light", [("fr/", (384,)), ("he/accessibility/", (1280,))])
    assert not found, "\n".join(found)
