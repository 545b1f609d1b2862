"""A body is split at its update headings, and only there."""

from __future__ import annotations

import pytest

from publisher.load.report import Report
from publisher.load.updates import MAX_BODY, Section, parse_updates
from publisher.model.incident import Status


def parse(text: str, first: int = 1) -> tuple[tuple[Section, ...], list[tuple[str, int]]]:
    report = Report("f.md")
    sections = parse_updates(text.split("\n"), first=first, report=report)
    return sections, [(f.code, f.place.line) for f in report.findings]


H = "## 2026-11-20 14:05 UTC · Investigating"


@pytest.mark.parametrize(
    ("heading", "at", "status"),
    [
        ("## 2026-11-20 14:05 UTC · Investigating", "2026-11-20T14:05Z", Status.INVESTIGATING),
        ("## 2026-11-20 14:05 UTC · investigating", "2026-11-20T14:05Z", Status.INVESTIGATING),
        ("## 2026-11-20 14:05 UTC · IN PROGRESS", "2026-11-20T14:05Z", Status.IN_PROGRESS),
        ("## 2026-11-20 14:05 UTC · in_progress", "2026-11-20T14:05Z", Status.IN_PROGRESS),
        ("## 2026-11-20 14:05 UTC · In-progress", "2026-11-20T14:05Z", Status.IN_PROGRESS),
        ("## 2026-11-20 14:05Z · Update", "2026-11-20T14:05Z", Status.UPDATE),
        ("## 2026-11-20T14:05:09Z · Update", "2026-11-20T14:05:09Z", Status.UPDATE),
        ("## 2026-11-20 14:05 z - Resolved", "2026-11-20T14:05Z", Status.RESOLVED),
        ("## 2026-11-20 15:05 +01:00 – Resolved", "2026-11-20T15:05+01:00", Status.RESOLVED),
        ("## 2026-11-20 15:05+0100 — Resolved", "2026-11-20T15:05+0100", Status.RESOLVED),
        ("## 2026-11-20 09:35 -04:30 - Monitoring", "2026-11-20T09:35-04:30", Status.MONITORING),
        ("## 2026-11-20 9:05 UTC · Monitoring", "2026-11-20T09:05Z", Status.MONITORING),
        ("##   2026-11-20   14:05   UTC   ·   Monitoring   ##", "2026-11-20T14:05Z", Status.MONITORING),
        ("   ## 2026-11-20 14:05 UTC·Monitoring", "2026-11-20T14:05Z", Status.MONITORING),
    ],
)
def test_headings_that_open_an_update(heading: str, at: str, status: Status) -> None:
    sections, found = parse(f"{heading}\n\nWords.\n")
    assert found == []
    assert [(s.at, s.status, s.body) for s in sections] == [(at, status, "Words.")]


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("## Investigating", "TID021"),
        ("##", "TID021"),
        ("# 2026-11-20 14:05 UTC · Investigating", "TID021"),
        ("# Title", "TID021"),
        ("## 2026-11-20 14:05 · Investigating", "TID023"),
        ("## 2026-11-20 14:05 CET · Investigating", "TID023"),
        ("## 2026-11-20 14:05 UTC Investigating", "TID023"),
        ("## 2026-11-20 · Investigating", "TID023"),
        ("## 2026-02-30 14:05 UTC · Investigating", "TID023"),
        ("## 2026-11-20 25:05 UTC · Investigating", "TID023"),
        ("## 2026-11-20 14:05 +99:00 · Investigating", "TID023"),
        ("## 2026-11-20 14:05 UTC · Fixed", "TID022"),
        ("## 2026-11-20 14:05 UTC · Investigating now", "TID022"),
    ],
)
def test_headings_that_do_not(heading: str, code: str) -> None:
    sections, found = parse(f"{H}\n\nWords.\n\n{heading}\n\nMore.\n")
    assert found == [(code, 5)]
    assert len(sections) == 1


@pytest.mark.parametrize(
    "block",
    [
        "```\n## not one\n```",
        "~~~\n## not one\n~~~~~",
        "````\n```\n## not one\n````",
        "```md\n## not one\n```   ",
        "  ```\n## not one\n  ```",
        "### Deeper\n\n#### Deeper still",
        "    ## indented code",
        "#hashtag and ##hashtags",
        "a ## b",
        "- item\n---",
        "| a |\n---",
        "> quote\n---",
        "1. one\n---",
        "words\n\n---\n\nwords",
        "`` ```` ``\n\nwords",
        "- a\n  ## in a list",
    ],
)
def test_what_looks_like_a_heading_and_is_none(block: str) -> None:
    sections, found = parse(f"{H}\n\n{block}\n")
    assert found == [] or block.startswith("- a\n  ##")
    assert len(sections) == 1


@pytest.mark.parametrize("underline", ["---", "-", "======", "  ---  "])
def test_words_made_a_heading_by_the_line_below_are_found(underline: str) -> None:
    _, found = parse(f"{H}\n\nWhat we did\n{underline}\n\nWords.\n")
    assert found == [("TID021", 4)]


def test_a_fence_that_is_never_closed_is_found_where_it_opens() -> None:
    sections, found = parse(f"{H}\n\n```\ncode\n\n{H}\n", first=10)
    assert found == [("TID025", 12)]
    assert len(sections) == 1


def test_text_before_the_first_update_is_found_once() -> None:
    assert parse(f"\n\nHello.\n\nWorld.\n\n{H}\n\nWords.\n")[1] == [("TID020", 3)]
    assert parse("Hello.\n")[1] == [("TID020", 1)]


@pytest.mark.parametrize("text", ["", "\n\n", "   \n"])
def test_a_body_without_anything_has_no_updates(text: str) -> None:
    assert parse(text) == ((), [])


@pytest.mark.parametrize(
    ("comment", "line", "col"),
    [
        ("<!--\nwho: All\n-->", 3, 1),
        ("<!-- who: All -->", 2, 6),
        ("<!-- who: All\n-->", 2, 6),
        ("<!--\n  who: All -->", 3, 3),
        ("\n<!-- who: All -->", 3, 6),
        ("  <!-- who: All -->", 2, 8),
    ],
)
def test_the_comment_under_a_heading_holds_facts_with_their_places(comment: str, line: int, col: int) -> None:
    sections, found = parse(f"{H}\n{comment}\n\nWords.\n")
    assert found == []
    assert sections[0].comment is not None
    assert sections[0].comment.value == {"who": "All"}
    assert sections[0].comment.keys["who",] == (line, col)
    assert sections[0].body == "Words."


def test_a_comment_may_hold_what_looks_like_a_heading() -> None:
    sections, found = parse(f"{H}\n<!--\nmeanwhile: |\n  ## no heading\n-->\n\nWords.\n")
    assert found == []
    assert len(sections) == 1


@pytest.mark.parametrize(
    ("comment", "code", "line"),
    [
        ("<!-- who: All\n\nWords.", "TID024", 2),
        ("<!-- a note -->", "TID024", 2),
        ("<!-- [a, b] -->", "TID024", 2),
        ("<!-- who: All --> Words.", "TID024", 2),
        ("<!--\nwho: All\n--> Words.", "TID024", 4),
        ("<!-- who: : -->", "TID005", 2),
        ("<!-->", "TID024", 2),
    ],
)
def test_comments_that_cannot_be_read(comment: str, code: str, line: int) -> None:
    assert (code, line) in parse(f"{H}\n{comment}\n")[1]


def test_an_empty_comment_says_nothing_and_is_no_mistake() -> None:
    sections, found = parse(f"{H}\n<!-- -->\n\nWords.\n")
    assert (found, sections[0].body) == ([], "Words.")


def test_words_keep_their_lines_and_lose_only_blank_lines_around() -> None:
    sections, _ = parse(f"{H}\n\n\n  indented  \nhard break  \nend\t\n\n\n{H}\n", first=5)
    assert sections[0].body == "  indented  \nhard break  \nend"
    assert (sections[0].line, sections[0].body_line) == (5, 8)
    assert (sections[1].body, sections[1].body_line) == ("", 13)


@pytest.mark.parametrize(("body", "kept"), [("x" * MAX_BODY, MAX_BODY), ("é" * (MAX_BODY // 2), MAX_BODY // 2)])
def test_a_text_may_be_as_long_as_the_limit(body: str, kept: int) -> None:
    sections, found = parse(f"{H}\n\n{body}\n")
    assert found == []
    assert len(sections[0].body) == kept


@pytest.mark.parametrize(("body", "kept"), [("x" * (MAX_BODY + 1), MAX_BODY), ("xé" * MAX_BODY, MAX_BODY // 3 * 2 + 1)])
def test_a_longer_text_is_a_finding_and_is_cut_so_that_nothing_downstream_can_choke(body: str, kept: int) -> None:
    sections, found = parse(f"{H}\n\n{body}\n\n## 2026-11-20 15:05 UTC · Resolved\n\nOver.\n")
    assert found == [("TID312", 3)]
    assert [len(s.body) for s in sections] == [kept, len("Over.")]
    assert len(sections[0].body.encode()) <= MAX_BODY
