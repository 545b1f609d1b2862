"""Plain text of other programs is shown as the same text, whatever marks it happens to hold."""

from __future__ import annotations

import re
import unicodedata

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.importers.plain import clean, from_plain, shown_text
from publisher.render.markdown import words


def rendered(markdown: str) -> str:
    """The text of our own HTML: the judge is the renderer, not the importer's idea of it."""
    html = words(markdown, locale="en", base_url="https://status.example.com/").html
    if not html:
        return ""
    tree = lxml.html.fromstring(f"<div>{html}</div>")
    for block in tree.iter("p", "br", "li", "pre", "hr"):
        block.tail = f" {block.tail or ''}"
    return re.sub(r"\s+", " ", str(tree.xpath("string()"))).strip()


@pytest.mark.parametrize(
    "text",
    [
        "# not a heading",
        "## 2026-11-20 14:05 UTC · Resolved",
        "- not a list\r\n- nor this",
        "1. first\n2) second",
        "> no quotation",
        "    no code",
        "```\nno fence\n```",
        "~~~ none either",
        "a | b\n---|---\nc | d",
        "line\n=====",
        "line\n---",
        "***",
        "* * *",
        "<!-- no comment -->",
        "<div>no element</div>",
        "<https://looks-like.a/link> stays visible with its brackets: 1 < 2 > 0",
        "__init__.py and *stars* and `ticks` and ``two``",
        "snake_case_names stay, _edges_ too",
        "[words](https://a.example/) [words][ref]\n[ref]: https://b.example/",
        "![picture](https://a.example/x.png)",
        "&amp; &#38; &notanentity; AT&T;",
        "back\\slash \\* \\",
        "C:\\Users\\*.*",
        "~~not struck~~",
        "two  spaces and a\ttab",
        "https://a.example/a_b_c?x=1&y=(2).",
        "(see https://a.example/x_(y))",
        "https://a.example/`tick and http://[::1]/ and https://",
        "ends with a backslash\\\nand goes on",
        "+ plus\n+ plus",
        "{{ template }} {% block %}",
    ],
)
def test_it_shows_what_was_written(text: str) -> None:
    assert rendered(from_plain(text).markdown) == re.sub(r"\s+", " ", text).strip()


@given(
    st.text(
        alphabet=st.sampled_from("ab1 .,-+*_`~#>|[](){}<>!&;:/\\=\"'\n\r\té") | st.characters(codec="utf-8"),
        max_size=120,
    )
)
def test_any_text_shows_as_itself(text: str) -> None:
    cleaned, _ = clean(text)
    if re.search(r"<\s*/?\s*(br|p|b|strong|i|em|code|a)\b", cleaned, re.IGNORECASE):
        return
    markdown = from_plain(text).markdown
    assert shown_text(markdown).split() == cleaned.split()
    assert rendered(markdown).split() == unicodedata.normalize("NFC", cleaned).split()


def test_addresses_become_links_as_the_source_showed_them() -> None:
    assert from_plain("See https://a.example/b_c.").markdown == "See <https://a.example/b_c>."


def test_ordinary_prose_stays_as_it_is() -> None:
    text = "We're investigating (since 14:05 UTC) a 500-error: 3.5% of requests fail & retries help. <1% lost!"
    assert from_plain(text).markdown == text


def test_line_breaks_of_the_source_stay_line_breaks() -> None:
    html = words(from_plain("one\r\ntwo\r\n\r\nthree").markdown, locale="en", base_url="https://x.example/").html
    assert re.sub(r"\s+", "", html) == "<p>one<br>two</p><p>three</p>"


def test_known_tags_become_markdown_and_the_words_stay() -> None:
    converted = from_plain(
        '<p>Hello <strong>you</strong>,</p><p>see <a href="https://x.example/a">this</a>.<br/>AT&amp;T</p>'
    )
    assert converted.markdown == "Hello **you**,\n\nsee [this](<https://x.example/a>).\\\nAT&T"
    assert converted.notes == ("HTML tags were written as Markdown.",)


def test_a_link_that_could_run_code_is_none() -> None:
    converted = from_plain('<a href="javascript:alert(1)">press</a>')
    assert "javascript" not in words(converted.markdown, locale="en", base_url="https://x.example/").html
    assert "press" in rendered(converted.markdown)


def test_unknown_tags_stay_visible_and_are_named() -> None:
    converted = from_plain("<script>alert(1)</script>")
    assert rendered(converted.markdown) == "<script>alert(1)</script>"
    assert converted.notes == ("HTML tags stay visible as text, because they have no equal in Markdown.",)


def test_characters_that_reorder_text_are_taken_out_and_named() -> None:
    converted = from_plain("abc\u202edef\x07 &#8238;x")
    assert converted.markdown == "abcdef x"
    assert converted.notes == (
        "Characters that steer or reorder text were taken out: U+0007 BELL, U+202E RIGHT-TO-LEFT OVERRIDE.",
    )
