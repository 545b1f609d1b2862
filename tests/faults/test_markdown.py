"""T57 and T68: whatever is written in an update, nothing in it runs, and nothing in it holds up a publish."""

from __future__ import annotations

import re
import time

import pytest
from lxml import html as lxml_html

from publisher.load.report import Report
from publisher.load.updates import MAX_BODY, parse_updates
from publisher.render.markdown import SCHEMES, render, words
from tests.faults.vectors import VECTORS

BASE = "https://status.example.com/incidents/2026-11-20-x/"
BOUND_S = 2.0

# T57: nothing runs

TAGS = {"a", "blockquote", "br", "code", "em", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s", "strong"} | {
    *("ul", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"class"},
    "td": {"class"},
}


def harm(html: str) -> list[str]:
    """Give whatever in a piece of HTML could run, load or dress up something."""
    found = []
    for element in lxml_html.fragment_fromstring(html, create_parent="div").iterdescendants():
        tag = element.tag if isinstance(element.tag, str) else "a comment or instruction"
        if tag not in TAGS:
            found.append(tag)
        for name, value in element.attrib.items():
            if name not in ATTRIBUTES.get(tag, set()):
                found.append(f"{tag} {name}")
            if name in {"href", "src"}:
                address = re.sub(r"[\x00-\x20]", "", str(value))
                if address.partition(":")[0].lower() not in SCHEMES:
                    found.append(f"{tag} {name}={value}")
            if tag == "img" and name == "src" and not str(value).startswith("https://status.example.com/"):
                found.append(f"a request to another host: {value}")
    return found


def test_there_are_at_least_three_hundred_vectors() -> None:
    assert len({vector for _, vector in VECTORS}) == len(VECTORS) >= 300


@pytest.mark.parametrize(
    "case", ["<script>x</script>", "<p onclick=x>a</p>", "<a href='java&#10;script:x'>a</a>", "<img src=//x.example/>"]
)
def test_the_walk_sees_what_it_should(case: str) -> None:
    """The control."""
    assert harm(case)


def test_no_vector_leaves_anything_that_runs() -> None:
    """T57, at the level of the one function through which every written word goes."""
    left = {name: found for name, vector in VECTORS if (found := harm(words(vector, locale="en", base_url=BASE).html))}
    assert left == {}


def test_vectors_that_are_joined_leave_nothing_that_runs() -> None:
    """One may open what another closes."""
    whole = [vector for _, vector in VECTORS]
    for start in range(0, len(whole) - 7, 3):
        for glue in ("", " ", "\n", "\n\n"):
            found = harm(words(glue.join(whole[start : start + 7]), locale="en", base_url=BASE).html)
            assert found == [], whole[start : start + 7]


# T68: nothing takes long

UNITS: dict[str, str] = {
    "words": "word ", "brackets": "[", "image brackets": "![", "links": "[a](", "references": "[a][b]",
    "stars": "*", "emphasis": "*a ", "mixed emphasis": "*a _b ", "strong": "**a *b* ", "struck": "~~a ", "tildes": "~",
    "quotes": ">", "quoted lines": "> a\n", "lists": "- ", "list lines": "- a\n", "numbers": "1. ", "backticks": "`a ",
    "entities": "&", "references to characters": "&#1;", "tags": "<a ", "comments": "<!--", "autolinks": "<a@b",
    "backslashes": "\\", "rows": "| a | b |\n", "headings": "# a\n", "underlines": "a\n=\n", "definitions": "[x]: <\n",
    "blank lines": "\n", "tabs": "\t", "exclamation marks": "!",
}  # fmt: skip


def hostile(name: str, size: int) -> str:
    """Repeat a form until it has `size` characters."""
    if name == "closed brackets":
        return "[" * (size // 2) + "]" * (size // 2)
    if name == "one wide table":
        return "|a" * (size // 5) + "|\n" + "|-" * (size // 5) + "|\n|x|"
    if name == "one long table":
        return "| a | b |\n|---|---|\n" + "| x | y |\n" * (size // 10)
    if name == "backticks of every length":
        lengths = range(1, int((2 * size) ** 0.5))
        return " ".join("`" * n for n in lengths)
    if name == "nested lists":
        return "\n".join(" " * (2 * (n % 90)) + "- x" for n in range(size // 94))
    unit = UNITS[name]
    return unit * (size // len(unit))


CASES = (*UNITS, "closed brackets", "one wide table", "one long table", "backticks of every length", "nested lists")


def cost(text: str) -> float:
    """Give the processor seconds that a text's HTML and plain text take."""
    begun = time.process_time()
    found = render(text, BASE)
    assert isinstance(found.html, str)
    assert isinstance(found.text, str)
    return time.process_time() - begun


@pytest.mark.parametrize("case", CASES)
def test_ten_thousand_deep_takes_at_most_two_seconds(case: str) -> None:
    """T68: 10,000 of each mark, one within the other as far as they nest."""
    text = hostile(case, 10_000 * len(UNITS.get(case, "[]")))
    assert cost(text) <= BOUND_S


@pytest.mark.parametrize("case", sorted({*CASES} - {"blank lines", "tabs", "comments"}))
def test_a_mebibyte_in_one_update_is_refused_and_what_is_kept_is_cheap(case: str) -> None:
    """T68: what a file may hold beyond one text's limit is cut off with a finding, so the bound holds for any form.

    Left out are the forms that are no text: blanks, and a comment under the heading.
    """
    report = Report("f.md")
    lines = ["## 2026-11-20 14:05 UTC · Investigating", "", "Words.", "", *hostile(case, 2**20).split("\n")]
    [section] = parse_updates(lines, first=1, report=report)
    assert len(section.body.encode()) <= MAX_BODY
    assert "TID312" in {f.code for f in report.findings} or report.full
    assert cost(section.body) <= 2 * BOUND_S, "the largest text that is ever rendered, on a busy machine"


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES)
def test_time_grows_with_length_to_a_mebibyte(case: str) -> None:
    """T68: eight times the text, about eight times the work."""
    small = cost(hostile(case, 2**17))
    large = cost(hostile(case, 2**20))
    assert large < 16 * max(small, 0.05)
