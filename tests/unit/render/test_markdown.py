"""Texts come out safe and faithful; `tests/faults/test_markdown.py` does its worst to them."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as lxml_html

from publisher.render import markdown
from publisher.render.characters import legal
from publisher.render.markdown import SCHEMES, relink, render, words
from publisher.render.view import Words

BASE = "https://status.example.com/incidents/2026-11-20-x/"


def shown(markdown: str) -> Words:
    return words(markdown, locale="en", base_url=BASE)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("**b** *e* `c`", "<p><strong>b</strong> <em>e</em> <code>c</code></p>"),
        ("### Why", "<h4>Why</h4>"),
        ("# Loud", "<h4>Loud</h4>"),
        ("##### Deep", "<h6>Deep</h6>"),
        ("###### Deepest", "<h6>Deepest</h6>"),
        ("[a](https://x.example/)", '<p><a href="https://x.example/" rel="noopener">a</a></p>'),
        ("[a](../y/)", '<p><a href="https://status.example.com/incidents/y/" rel="noopener">a</a></p>'),
        ("[a]\n\n[a]: #below", f'<p><a href="{BASE}#below" rel="noopener">a</a></p>'),
        ("<https://x.example/>", '<p><a href="https://x.example/" rel="noopener">https://x.example/</a></p>'),
        ("![map](map.png)", f'<p><img src="{BASE}map.png" alt="map"></p>'),
        ("![spy](https://x.example/p.gif)", '<p><a href="https://x.example/p.gif" rel="noopener">spy</a></p>'),
        ("![spy](x:y)", "<p>spy</p>"),
        (
            "[![spy](https://x.example/p.gif)](https://y.example/)",
            '<p><a href="https://y.example/" rel="noopener">spy</a></p>',
        ),
        ("[![spy](https://x.example/p.gif)](x:y)", '<p><a href="https://x.example/p.gif" rel="noopener">spy</a></p>'),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>"),
        ("<!-- note -->", "<p>&lt;!-- note --&gt;</p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[call](tel:123)", "<p>call</p>"),
        ("It is ~~fixed~~ not fixed.", "<p>It is <s>fixed</s> not fixed.</p>"),
        (
            "~~a **b** [c](https://x.example/)~~",
            '<p><s>a <strong>b</strong> <a href="https://x.example/" rel="noopener">c</a></s></p>',
        ),
        ("a ~~ b ~~ c, ~d~", "<p>a ~~ b ~~ c, ~d~</p>"),
        ("`~~a~~`", "<p><code>~~a~~</code></p>"),
        (
            "| ~~a~~ |\n|---|\n| ~~b~~ |",
            "<table>\n<thead>\n<tr>\n<th><s>a</s></th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td><s>b</s></td>\n</tr>\n</tbody>\n</table>",
        ),
        ("~~~html\n<i>\n~~~", "<pre><code>&lt;i&gt;\n</code></pre>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
    ],
)
def test_html(markdown: str, html: str) -> None:
    assert shown(markdown).html == html


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("soft\nbreak", "soft break"),
        ("hard  \nbreak", "hard\nbreak"),
        ("[words](https://x.example/)", "words (https://x.example/)"),
        ("<https://x.example/>", "https://x.example/"),
        ("<me@x.example>", "me@x.example"),
        ("![map](map.png)", f"map ({BASE}map.png)"),
        ("### Why\n\nBecause.", "Why\n\nBecause."),
        ("intro\n\n- a\n- b\n\nend", "intro\n\n- a\n- b\n\nend"),
        ("- a\n  1. x\n  2. y\n- b", "- a\n  1. x\n  2. y\n- b"),
        ("- a\n\n  more\n- b", "- a\n\n  more\n\n- b"),
        ("> q\n>\n> r\n\nend", "> q\n>\n> r\n\nend"),
        ("a\n\n> q", "a\n\n> q"),
        ("```\nx\n  y\n```", "    x\n      y"),
        ("| a | b |\n|---|---|\n| 1 | **2** |", "a | b\n1 | 2"),
        ("a\n\n---\n\nb", "a\n\n-----\n\nb"),
        ("9. i\n10. j", "9. i\n10. j"),
        ("-\n- b", "-\n- b"),
        ("&lt;&amp; \\*", "<& *"),
        ("It is ~~fixed~~ not fixed.", "It is ~~fixed~~ not fixed."),
        ("~~a [b](https://x.example/)~~", "~~a b (https://x.example/)~~"),
        ("see https://x.example/", "see https://x.example/"),
        ("", ""),
    ],
)
def test_text(markdown: str, text: str) -> None:
    assert shown(markdown).text == text


def test_words_deep_inside_lists_are_not_lost() -> None:
    deep = "\n".join(f"{'  ' * level}- level {level}" for level in range(30))
    assert all(f"level {level}" in shown(deep).text for level in range(30))
    assert all(f"level {level}" in shown(deep).html for level in range(30))


def test_words_are_equal_when_they_say_the_same() -> None:
    plain = Words(markdown="a", html="<p>a</p>", text="a", locale="en")
    assert shown("a") == plain
    assert plain == shown("a")
    assert shown("a") != shown("b")
    assert shown("a") != words("a", locale="de", base_url=BASE)


def test_control_characters_are_dropped() -> None:
    assert shown("a\x00b\x0bc\ufffe\ud800d").html == "<p>abcd</p>"


def test_relinking_changes_links_and_nothing_else() -> None:
    before = shown("[a](https://x.example/) ![m](m.png) | *b*\n\n> c").html
    assert relink(before, lambda url: url) == before
    assert 'href="https://x.example/?t"' in relink(before, lambda url: url + "?t")
    assert 'src="' + BASE + 'm.png"' in relink(before, lambda url: url + "?t")


HARMLESS = {"a", "blockquote", "br", "code", "em", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s", "strong", "ul"} | {
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@given(st.text(alphabet="<>&\"'[]()!*_`#-|:\\\n \tajsx/=0\u202e", max_size=120) | st.text(max_size=60))
def test_whatever_is_typed_only_harmless_html_comes_out(markdown: str) -> None:
    safe = shown(markdown).html
    for element in lxml_html.fragment_fromstring(safe, create_parent="div").iterdescendants():
        assert element.tag in HARMLESS
        assert set(element.attrib) <= {"href", "title", "rel", "src", "alt", "start", "class"}
        for name in ("href", "src"):
            if name in element.attrib:
                assert element.attrib[name].split(":")[0].lower() in SCHEMES


ORDINARY = st.lists(
    st.sampled_from(
        [
            "We ",
            "know",
            "1.",
            "2) ",
            "14:05 ",
            "\n",
            "\n\n",
            " ",
            "  ",
            "don't",
            '"yes"',
            "é",
            "(a)",
            "- ",
            "#",
            "!",
            "=",
        ]
    )
    | st.characters(exclude_characters="\r"),
    max_size=14,
).map("".join)


@given(ORDINARY)
@example("1. one")
@example("a\n===")
@example("a\n1.\nb")
@example("1)")
@example("a \nb")
@example("a\u3000\nb\x85\xa0")
def test_ordinary_paragraphs_come_out_as_the_engine_would_have_them(text: str) -> None:
    """The short way for plain paragraphs must not be told from the long one."""
    text = legal(text)
    quick = render.__wrapped__(text, "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown, "_ORDINARY", re.compile(r"(?!)"))
        assert render.__wrapped__(text, "") == quick


def test_most_updates_take_the_short_way() -> None:
    for text in (
        "We know why.\nIt was DNS.\n\nMore by 15:30 UTC (at the latest).",
        "Größe: 3 °C, 50 % – “so”.",
        "2 of 3 work.",
    ):
        assert markdown._ORDINARY.fullmatch(text), text


@given(st.text(alphabet="ab \n-*>1.`|#[]()", max_size=80))
def test_the_text_says_every_word_of_the_html(markdown: str) -> None:
    both = shown(markdown)
    heard = lxml_html.fragment_fromstring(both.html, create_parent="div").text_content()
    written = both.text
    for word in "".join(c if c in "ab" else " " for c in heard).split():
        assert word in written
