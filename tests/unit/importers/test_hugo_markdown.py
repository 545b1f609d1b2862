"""Markdown of Hugo keeps its words and loses what only Hugo, or only a browser, could make of it."""

from __future__ import annotations

import pytest

from publisher.importers.hugo_markdown import from_hugo, without_comments


@pytest.mark.parametrize(
    ("hugo", "ours"),
    [
        pytest.param("plain *words* and [a link](https://a.example/)", None, id="Markdown stays"),
        pytest.param("see https://a.example/x_y.", "see <https://a.example/x_y>.", id="bare addresses stay links"),
        pytest.param("[https://a.example/](https://b.example/)", None, id="but not within a link"),
        pytest.param("[ref]: https://a.example/", None, id="nor in a definition"),
        pytest.param("`https://a.example/ <b>`", None, id="code stays"),
        pytest.param("```\n<b> {{< x >}} https://a.example/\n## x\n```", None, id="code blocks stay"),
        pytest.param("one<br>two<br/>three", "one\\\ntwo\\\nthree", id="line breaks"),
        pytest.param("| a<br>b | c |\n|---|---|", "| a b | c |\n|---|---|", id="no line break in a table"),
        pytest.param("<b>x</b> <em>y</em>", "**x** *y*", id="bold and italic"),
        pytest.param("<strike>old </strike>new", "~~old~~ new", id="struck out"),
        pytest.param("<span style='x'>y</span>", "\\<span style='x'>y\\</span>", id="other tags stay visible"),
        pytest.param("ports <IP:PORT>", None, id="what only looks like an address stays"),
        pytest.param("id <ID>", "id \\<ID>", id="placeholders stay visible"),
        pytest.param("<repo.example.org> is down", None, id="no tag at all"),
        pytest.param("<https://a.example/>", None, id="links in brackets stay"),
        pytest.param('{{< figure src="x" >}}', '{{\\< figure src="x" >}}', id="other shortcodes stay visible"),
        pytest.param(
            "![chart](https://a.example/c.png)", "[chart](https://a.example/c.png)", id="pictures become links"
        ),
        pytest.param("[![b](https://a.example/b.svg)](https://c.example/)", "[b](https://c.example/)", id="badges too"),
        pytest.param("# One\n\n## Two", "### One\n\n#### Two", id="headings go below ours"),
        pytest.param("One\n===\n\nTwo\n---", "### One\n\n#### Two", id="underlined headings too"),
        pytest.param("words\n\n---\n\nmore", None, id="a rule is no heading"),
        pytest.param("### Fine", None, id="deep enough already"),
        pytest.param("a \\<b> c", None, id="escaped stays escaped"),
    ],
)
def test_form(hugo: str, ours: str | None) -> None:
    assert from_hugo(hugo).markdown == (hugo if ours is None else ours)


@pytest.mark.parametrize("text", ["<b>x</b>", "<br>", "![a](b.png)", "{{< x >}}", "# x", "a\u202eb", "<i class=x>"])
def test_every_change_is_named(text: str) -> None:
    assert from_hugo(text).notes != ()


def test_words_without_change_need_no_note() -> None:
    assert from_hugo("Fine *words*.\n\n- one\n- two").notes == ()


def test_comments_go_and_every_line_keeps_its_number() -> None:
    text = "one <!-- a\nb --> two\n\n```\n<!-- code -->\n```\n<!-- last -->"
    left, gone = without_comments(text)
    assert left == "one \n two\n\n```\n<!-- code -->\n```\n"
    assert gone == ((0, "<!-- a\nb -->"), (6, "<!-- last -->"))
