"""The script's bytes and the frame's page, as far as they can be judged without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from lxml import html

from publisher.model.history import History
from publisher.render.artifacts import data_artifacts
from publisher.render.embed_page import render_page, render_sheet
from publisher.render.embed_script import BUDGET, SOURCE, render_script
from publisher.render.views import project, project_all
from tests.unit.render.histories import NOW, SITE, busy, history


def frame(whole: History, locale: str = "en") -> Any:
    return html.fromstring(render_page(project(whole, locale=locale, now=NOW)).body)


def test_the_script_keeps_its_budget() -> None:
    assert len(render_script(replace(SITE, locales=("en", "de", "fr", "es", "ja", "ar"))).body) <= BUDGET


def test_the_script_has_no_way_to_turn_text_into_code_or_markup() -> None:
    code = render_script(SITE).body.decode()
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "srcdoc", ".style"):
        assert way not in code
    assert "cookie" not in code


def test_the_script_knows_the_sites_languages_and_loses_only_comments_and_blanks() -> None:
    code = render_script(SITE).body.decode()
    assert 'locales=["en","de","ar"]' in code
    assert "@@" not in code
    assert "// " not in code
    source = "".join(
        line.strip() for line in SOURCE.read_text("utf-8").splitlines() if not line.strip().startswith("//")
    )
    blank = re.compile(r"\s")
    assert blank.sub("", code) == blank.sub("", source.replace('"@@locales@@"', '["en","de","ar"]'))


def test_the_script_may_be_kept_for_an_hour() -> None:
    headers = dict(render_script(SITE).headers)
    assert headers["cache-control"].startswith("public, max-age=3600")
    assert headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(("locale", "folder"), [("en", ""), ("de", "de/"), ("ar", "ar/")])
def test_every_language_has_a_frame_whose_sheet_is_where_it_says(locale: str, folder: str) -> None:
    made = {a.path: a for a in data_artifacts(project_all(busy(), now=NOW))}
    page: Any = html.fromstring(made[f"{folder}embed/index.html"].body)
    assert page.get("lang") == locale
    assert page.get("dir") == ("rtl" if locale == "ar" else "ltr")
    [sheet] = page.xpath("//link[@rel='stylesheet']/@href")
    place = PurePosixPath(f"{folder}embed")
    for part in PurePosixPath(sheet).parts:
        place = place.parent if part == ".." else place / part
    assert str(place) in made
    assert "immutable" in dict(made[str(place)].headers)["cache-control"]


def test_the_frame_asks_for_nothing_else_and_runs_nothing() -> None:
    page = frame(busy())
    assert page.xpath("//script | //img | //iframe | //@style | //style | //@*[starts-with(name(), 'on')]") == []
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert {(a.get("target"), a.get("rel")) for a in page.iter("a")} == {("_blank", "noopener")}


def test_the_frame_says_state_headline_words_and_what_comes_next() -> None:
    page = frame(busy(), "de")
    heading = page.find(".//h1")
    assert heading.text_content() == "Schwerer Ausfall Zahlungen schlagen fehl."
    [line] = page.xpath("//p[@class='line']")
    assert (line.text, line.get("lang")) == ("Found it <at last>.", "en")
    [note] = page.xpath("//p[@class='note']")
    assert note.text_content() == "Wir schreiben wieder bis 15:20 UTC · Example status (+1)"


def test_a_quiet_frame_says_that_all_is_well() -> None:
    page = frame(history())
    assert page.find(".//h1").text_content() == "Operational Everything works."
    assert page.xpath("//p[@class='line']") == []
    assert page.find("body").get("class") == "ok"


def test_the_sheet_is_named_after_its_bytes() -> None:
    sheet = render_sheet()
    assert re.fullmatch(r"embed/page\.[0-9a-f]{8}\.css", sheet.path)
    assert sheet == render_sheet()
