"""What a screen reader is given, from the bytes of every page: titles, headings, landmarks, links, languages."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from publisher.render.pages_lite import LIMIT
from tests.site.accessibility_kit import UNFRAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page as its bytes have it: address, language, tree."""

    path: str
    locale: str
    tree: Any


@pytest.fixture(scope="module")
def sheets(example_folder: Path) -> list[Sheet]:
    made = []
    for file in sorted(example_folder.rglob("*.html")):
        path = file.relative_to(example_folder).as_posix()
        locale = path.split("/")[0] if path.startswith(("de/", "ar/")) else "en"
        tree = html.document_fromstring(file.read_text(encoding="utf-8"))
        made.append(Sheet(path=path, locale=locale, tree=tree))
    assert len(made) > 200
    return made


def test_titles_tell_pages_apart(sheets: list[Sheet]) -> None:
    """WCAG 2.4.2, in each language; the state in one page's title is not the only difference."""
    titles = Counter(
        (sheet.locale, re.sub(r"^[✓◷■▲⬢] ", "", str(sheet.tree.findtext(".//title")).strip()))
        for sheet in sheets
        if not any(part in f"/{sheet.path}" for part in ("/calm.html", "/lite/", "/embed/"))
    )
    assert all(title for _, title in titles)
    assert [title for title, count in titles.items() if count > 1] == []


def framed(sheet: Sheet) -> bool:
    """Say whether a page has header, navigation and foot around it."""
    return not sheet.path.removeprefix(f"{sheet.locale}/").startswith(UNFRAMED)


def test_the_navigation_says_which_page_is_open_and_which_entry_it_stands_under(sheets: list[Sheet]) -> None:
    """WCAG 1.3.1: `page` where the link leads to this very page, `true` where the page only stands under it."""
    said = {sheet.path: set(sheet.tree.xpath("//header//*[@aria-current]/@aria-current")) for sheet in sheets}
    for tree in ("", "de/", "ar/"):
        assert said[f"{tree}history/index.html"] == said[f"{tree}maintenance/index.html"] == {"page"}
        for under in ("incidents/2026-11-20-card-payments-eu/", "history/2026-11/"):
            assert said[f"{tree}{under}index.html"] == {"true"}


def levels_of(sheet: Sheet) -> list[int]:
    return [int(heading.tag[1]) for heading in sheet.tree.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]


def test_headings_give_every_page_a_plan(sheets: list[Sheet]) -> None:
    """WCAG 1.3.1: one of the first level, which comes first, and none left out below it."""
    plans = {sheet.path: levels_of(sheet) for sheet in sheets if framed(sheet) or "lite/" in sheet.path}
    assert not [path for path, levels in plans.items() if levels[:1] != [1] or levels.count(1) != 1]
    assert not [path for path, levels in plans.items() if any(b > a + 1 for a, b in itertools.pairwise(levels))]


def test_landmarks_lead_to_every_part(sheets: list[Sheet]) -> None:
    """WCAG 1.3.1 and 2.4.1: one main part, one header, one foot, navigations told apart, and a way past the header."""
    for sheet in filter(framed, sheets):
        for part in ("main", "header[not(ancestor::main)]", "footer[not(ancestor::main)]"):
            assert len(sheet.tree.xpath(f"//{part}")) == 1, (sheet.path, part)
        names = [nav.get("aria-label") for nav in sheet.tree.xpath("//nav")]
        assert all(names), sheet.path
        assert len(set(names)) == len(names), (sheet.path, names)
        (skip,) = sheet.tree.xpath("//a[@class='md-skip']/@href")
        assert skip.startswith("#"), sheet.path
        assert sheet.tree.xpath("//main//*[@id=$id]", id=skip[1:]), (sheet.path, skip)


def test_nothing_takes_keyboard_zoom_or_page_from_the_reader(sheets: list[Sheet]) -> None:
    """WCAG 1.4.4, 2.1.4, 2.2.1, 2.4.3."""
    for sheet in sheets:
        assert not sheet.tree.xpath(
            "//*[@tabindex > 0] | //*[@accesskey] | //*[@autofocus] | //meta[@http-equiv='refresh'] | //audio | //video"
        ), sheet.path
        viewport = str(sheet.tree.xpath("string(//meta[@name='viewport']/@content)"))
        assert not re.search(r"user-scalable|maximum-scale", viewport), sheet.path


def test_every_link_says_where_it_leads(sheets: list[Sheet]) -> None:
    """WCAG 2.4.4: by its own words, never by an address's alone or by «here»."""
    empty = {"here", "click here", "more", "read more", "link", "hier", "mehr", "weiterlesen", "هنا", "المزيد"}
    wrong: list[str] = []
    for sheet in sheets:
        for link in sheet.tree.iter("a"):
            words = " ".join((link.get("aria-label") or link.text_content()).split())
            if not words or words.lower() in empty or words.startswith("http"):
                wrong.append(f"{sheet.path}: {link.get('href')} is called «{words}»")
    assert not wrong, "\n".join(wrong[:20])


LATIN = re.compile(r"(?:\b[A-Za-z][a-z’'-]{2,}\b[ ,.;:]+){4,}")
ARABIC = re.compile(r"[\u0620-\u064a]{2,}")


def test_words_of_another_language_are_marked_as_such(sheets: list[Sheet]) -> None:
    """WCAG 3.1.2: a sentence of English on an Arabic page stands in `lang="en"`, and the other way round."""
    wrong: list[str] = []
    foreign = 0
    for sheet in sheets:
        assert sheet.tree.get("lang") == sheet.locale, sheet.path
        assert sheet.tree.xpath("string(//body/@dir)") or sheet.tree.get("dir"), sheet.path
        for node in sheet.tree.xpath("//body//text()[normalize-space()][not(ancestor::*[@aria-hidden])]"):
            holder = node.getparent().getparent() if node.is_tail else node.getparent()
            if holder.tag in {"script", "style", "code"}:
                continue
            lang = str(holder.xpath("string(ancestor-or-self::*[@lang][1]/@lang)"))
            text = " ".join(str(node).split())
            if sheet.locale == "ar" and LATIN.search(text):
                foreign += lang != "ar"
                wrong += [f"{sheet.path}: {lang}: {text[:80]}"] * (lang == "ar")
            if ARABIC.search(text):
                wrong += [f"{sheet.path}: {lang}: {text[:80]}"] * (lang != "ar")
    assert foreign > 20, "the example has untranslated words to look at"
    assert not wrong, "\n".join(wrong[:20])


def test_a_page_whose_words_are_not_translated_says_so(sheets: list[Sheet]) -> None:
    """Beside foreign words in an incident stands a notice in the page's own language."""
    looked = 0
    for sheet in sheets:
        if "/incidents/" not in f"/{sheet.path}" or sheet.locale == "en":
            continue
        words = sheet.tree.xpath("//div[contains(concat(' ', @class, ' '), ' td-words ')][@lang='en']")
        if words:
            looked += 1
            assert sheet.tree.xpath("//*[contains(concat(' ', @class, ' '), ' td-notice ')]"), sheet.path
    assert looked > 5


def test_the_statement_says_what_a_statement_must(sheets: list[Sheet]) -> None:
    """Standard, limits, contact, date; in every language, led to from the foot of every page."""
    for sheet in sheets:
        if sheet.path.endswith("accessibility/index.html"):
            words = sheet.tree.xpath("string(//main)")
            for needed in ("2.2", "AA", "EN 301 549", "2026", "support@northwind.example"):
                assert needed in words, (sheet.path, needed)
        if framed(sheet):
            assert sheet.tree.xpath("//footer//a[contains(@href, 'accessibility/')]"), sheet.path


def test_the_light_page_needs_no_sheet_to_be_read(example_folder: Path) -> None:
    for lite in example_folder.rglob("lite/index.html"):
        body = lite.read_bytes()
        assert len(body) <= LIMIT
        assert b"<style" not in body
