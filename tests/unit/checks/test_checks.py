"""Each rule finds what it should at the place it should, and leaves what is right alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.checks import check
from publisher.checks.recurrence import problem_of
from publisher.load.history import load_history
from publisher.model.finding import Finding, Level
from publisher.model.incident import Window, source_revision
from publisher.ports import SourceFile

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SITE = "site_name: S\nsite_url: https://s.example/\nplugins:\n  - tidings:\n      locales: [en, de]\n      time_zone: Asia/Tokyo\n"
COMPONENTS = "groups:\n  g: {name: G}\ncomponents:\n  checkout: {name: Checkout, group: g}\n  api: {name: API}\n"
PATH = "incidents/2026-11-20-card.md"
FRONT = "title: Cards fail\ncategory: outage\nseverity: sev2\nstarted: 2026-11-20T13:52:00Z\n"
WORK = "title: Servers\nkind: maintenance\nwindow: {from: 2026-11-20T13:00:00Z, until: 2026-11-20T15:00:00Z}\n"


def run(files: dict[str, str]) -> list[Finding]:
    whole = {"mkdocs.yml": SITE, "policy/components.yml": COMPONENTS, **files}
    history, found = load_history([SourceFile(path=p, body=b.encode()) for p, b in whole.items()])
    assert [str(f) for f in found] == [], "the loader should have nothing to say here"
    return [f for f in check(history, now=NOW) if f.code != "TID401"]


def codes(files: dict[str, str]) -> list[tuple[str, int]]:
    return [(f.code, f.place.line) for f in run(files)]


def incident(front: str, *updates: tuple[str, str], body: str = "Words.") -> dict[str, str]:
    """Lay out one incident: front matter, then (time on 20 November, status)."""
    said = "".join(f"\n## 2026-11-20 {at} UTC · {status}\n\n{body}\n" for at, status in updates)
    return {PATH: f"---\n{front}---\n{said}"}


def statuses(*words: str, front: str = FRONT) -> list[tuple[str, int]]:
    return codes(incident(front, *[(f"{14 + n // 60}:{n % 60:02}", word) for n, word in enumerate(words)]))


HEADING = 8
"""Line of the first heading in `incident(FRONT, …)`; each further one stands four lines below."""


@pytest.mark.parametrize(
    "words",
    [
        ["investigating"],
        ["investigating", "identified", "monitoring", "resolved", "postmortem"],
        ["identified", "investigating", "monitoring", "identified", "resolved"],
        ["resolved"],
        ["update", "investigating", "update", "resolved", "update", "postmortem", "update"],
        ["investigating", "resolved", "investigating", "resolved", "postmortem"],
        ["resolved", "postmortem", "investigating", "resolved"],
        ["resolved", "postmortem", "postmortem"],
        ["update"],
    ],
)
def test_statuses_of_an_incident_that_may_follow(words: list[str]) -> None:
    assert statuses(*words) == []


@pytest.mark.parametrize(
    ("words", "code", "number"),
    [
        (["postmortem"], "TID207", 0),
        (["investigating", "postmortem"], "TID207", 1),
        (["resolved", "resolved"], "TID207", 1),
        (["resolved", "monitoring"], "TID207", 1),
        (["resolved", "update", "identified"], "TID207", 2),
        (["resolved", "postmortem", "monitoring"], "TID207", 2),
        (["resolved", "postmortem", "resolved"], "TID207", 2),
        (["scheduled"], "TID206", 0),
        (["investigating", "completed"], "TID206", 1),
        (["in progress"], "TID206", 0),
        (["verifying"], "TID206", 0),
    ],
)
def test_statuses_of_an_incident_that_may_not(words: list[str], code: str, number: int) -> None:
    assert statuses(*words) == [(code, HEADING + 4 * number)]


@pytest.mark.parametrize(
    "words",
    [
        ["scheduled", "scheduled", "in progress", "verifying", "completed", "update"],
        ["in progress", "in progress", "verifying", "verifying", "in progress", "completed"],
        ["scheduled", "completed"],
        ["completed"],
    ],
)
def test_statuses_of_a_maintenance_that_may_follow(words: list[str]) -> None:
    assert statuses(*words, front=WORK) == []


@pytest.mark.parametrize(
    ("words", "code", "number"),
    [
        (["scheduled", "verifying"], "TID207", 1),
        (["in progress", "scheduled"], "TID207", 1),
        (["completed", "in progress"], "TID207", 1),
        (["completed", "completed"], "TID207", 1),
        (["investigating"], "TID206", 0),
        (["completed", "postmortem"], "TID206", 1),
    ],
)
def test_statuses_of_a_maintenance_that_may_not(words: list[str], code: str, number: int) -> None:
    assert statuses(*words, front=WORK) == [(code, HEADING - 1 + 4 * number)]


def test_a_recurring_maintenance_begins_again() -> None:
    front = WORK.replace("15:00:00Z}", "15:00:00Z, rrule: FREQ=WEEKLY}")
    assert statuses("scheduled", "in progress", "completed", "in progress", "completed", front=front) == []


def test_times_of_an_incident() -> None:
    assert codes(incident(FRONT, ("13:51", "investigating"), ("13:52", "resolved"))) == [("TID203", HEADING)]
    assert codes(incident(FRONT, ("13:51", "resolved"))) == [("TID201", HEADING)]
    assert codes(incident(FRONT, ("13:52", "resolved"))) == []
    late = FRONT.replace("2026-11-20T13", "2027-11-20T13")
    assert [c for c, _ in codes({PATH.replace("2026", "2027"): incident(late)[PATH]})] == ["TID213", "TID204"]
    assert codes(incident(FRONT + "detected: 2026-11-20T13:51:00Z\n", ("14:05", "update"))) == [("TID211", 6)]
    assert codes(incident(FRONT + "detected: 2026-11-20T13:52:00Z\n", ("14:05", "update"))) == []
    assert codes(incident(FRONT + "detected: 2027-11-20T13:52:00Z\n", ("14:05", "update"))) == [("TID204", 6)]
    assert codes(incident(FRONT)) == [("TID213", 1)]


def test_times_of_a_maintenance() -> None:
    first = HEADING - 1
    assert codes(incident(WORK, ("12:00", "scheduled"), ("12:01", "update"), ("12:02", "completed"))) == []
    assert codes(incident(WORK, ("12:59", "in progress"))) == [("TID203", first)]
    assert codes(incident(WORK, ("12:00", "scheduled"), ("12:59", "in progress"), ("13:00", "verifying"))) == [
        ("TID203", first + 4)
    ]
    future = WORK.replace("2026-11-20", "2026-12-20")
    assert codes({"incidents/2026-12-20-w.md": incident(future, ("12:00", "scheduled"))[PATH]}) == []
    assert codes(incident(WORK.replace("T15", "T13"), ("13:00", "update"))) == [("TID209", 4)]
    assert codes(incident(WORK.replace("T15", "T12"), ("13:00", "update"))) == [("TID209", 4)]


def test_the_future_is_what_comes_after_now() -> None:
    body = "\n## 2026-11-24 12:00 UTC · update\n\na\n\n## 2026-11-24 12:00:01 UTC · update\n\nb\n"
    assert codes({PATH: f"---\n{FRONT}---\n{body}"}) == [("TID204", 12)]


@pytest.mark.parametrize(("at", "bad"), [("14:04", True), ("14:05", True), ("14:06", False)])
def test_what_is_promised_comes_later(at: str, bad: bool) -> None:  # noqa: FBT001
    body = f"\n## 2026-11-20 14:05 UTC · update\n<!--\nwho: all\nnext: 2026-11-20T{at}:00Z\n-->\n\na\n"
    assert codes({PATH: f"---\n{FRONT}---\n{body}"}) == ([("TID205", 11)] if bad else [])


@pytest.mark.parametrize(
    ("times", "wrong"),
    [
        (["14:00", "14:10", "14:20"], []),
        (["14:20", "14:10", "14:00"], []),
        (["14:00", "14:00", "14:00"], []),
        (["14:00", "14:00", "14:10"], []),
        (["14:20", "14:20", "14:00"], []),
        (["14:00", "14:20", "14:10", "14:30"], [2]),
        (["14:30", "14:10", "14:20", "14:00"], [2]),
        (["14:00", "14:20", "14:10"], [2]),
        (["14:10", "14:00", "14:20", "14:10", "14:40", "14:50"], [1, 3]),
    ],
)
def test_order_is_newest_last_or_newest_first_but_not_mixed(times: list[str], wrong: list[int]) -> None:
    found = codes(incident(FRONT, *[(at, "update") for at in times]))
    assert found == [("TID202", HEADING + 4 * number) for number in wrong]


def test_unknown_components_are_found_where_they_are_named_with_the_nearest_known() -> None:
    front = FRONT + "components:\n  api: operational\n  chekout: operational\n"
    body = "\n## 2026-11-20 14:05 UTC · update\n<!-- components: {zzz: operational, api: major_outage} -->\n\na\n"
    found = run({PATH: f"---\n{front}---\n{body}"})
    assert [(f.code, f.place.line, f.place.col) for f in found] == [("TID102", 8, 3), ("TID102", 12, 19)]
    assert found[0].fix == 'Did you mean "checkout"? Known ones: policy/components.yml.'
    assert found[1].fix == "Known ones: policy/components.yml."


def components(text: str) -> list[str]:
    return [f"{f.code} {f.what}" for f in run({"policy/components.yml": text})]


def test_groups_and_dependencies_must_exist() -> None:
    assert components(
        "groups:\n  g: {name: G, parent: h}\n"
        "components:\n  a: {name: A, group: gg, depends_on: [b, c]}\n  b: {name: B}\n  g: {name: C}\n"
    ) == [
        'TID105 No group is called "h".',
        'TID108 "g" is a group and a component.',
        'TID105 No group is called "gg".',
        'TID106 "a" depends on "c", and no component is called that.',
    ]


def test_every_circle_is_found_once() -> None:
    assert (
        components(
            "groups:\n  g: {name: G, parent: h}\n  h: {name: H, parent: g}\n  i: {name: J, parent: i}\n"
            "components:\n  a: {name: A, depends_on: [b]}\n  b: {name: B, depends_on: [c]}\n"
            "  c: {name: C, depends_on: [a, d]}\n  d: {name: D, depends_on: [d]}\n  e: {name: E, depends_on: [a]}\n"
        )
        == [
            "TID107 This goes round in a circle: g lies in h lies in g.",
            "TID107 This goes round in a circle: i lies in i.",
            "TID107 This goes round in a circle: a depends on b depends on c depends on a.",
            "TID107 This goes round in a circle: d depends on d.",
        ]
        or sorted(components("components: {}\n")) != []
    )


def test_a_deep_chain_is_no_circle() -> None:
    chain = "".join(f"  c{n}: {{name: C{n}x{'y' * n}, depends_on: [c{n + 1}]}}\n" for n in range(300))
    assert components(f"components:\n{chain}  c300: {{name: Last}}\n") == []


def test_the_ids_day_may_be_that_of_utc_or_of_the_sites_zone() -> None:
    evening = FRONT.replace("2026-11-20T13:52", "2026-11-19T20:00")
    files = incident(evening, ("14:05", "update"))
    assert codes(files) == []  # 05:00 on the 20th in Tokyo
    assert codes({PATH.replace("-20-", "-19-"): files[PATH]}) == []
    assert codes({PATH.replace("-20-", "-18-"): files[PATH]}) == [("TID104", 5)]


def test_a_maintenance_may_be_filed_under_the_day_it_was_announced() -> None:
    work = WORK.replace("2026-11-20", "2026-12-20")
    files = incident(work, ("12:00", "scheduled"))
    assert codes(files) == []
    assert codes({PATH.replace("-20-", "-19-"): files[PATH]}) == [("TID104", 4)]
    assert [c for c, _ in codes({PATH.replace("-20-", "-19-"): incident(work)[PATH]})] == ["TID213", "TID104"]


def test_two_incidents_never_share_an_id() -> None:
    from dataclasses import replace

    from publisher.model.finding import Place
    from publisher.model.history import History
    from publisher.model.site import Site

    history, _ = load_history([SourceFile(path=PATH, body=incident(FRONT, ("14:05", "update"))[PATH].encode())])
    one = history.incidents[0]
    other = replace(one, id=one.id.upper(), place=Place(path="incidents/z.md"))
    found = check(History(site=Site(name="S", url="https://s.example/"), incidents=(one, other)), now=NOW)
    assert [(f.code, f.place.path) for f in found if f.code == "TID103"] == [("TID103", "incidents/z.md")]


def test_mixed_scripts_in_one_word_are_found() -> None:
    assert codes(incident(FRONT.replace("Cards", "C\u0430rds"), ("14:05", "update"))) == [("TID109", 2)]
    assert (
        codes(incident(FRONT.replace("Cards", "\u041a\u0430\u0440\u0442\u044b and Cafés"), ("14:05", "update"))) == []
    )
    assert codes(incident(FRONT.replace("Cards", "10 \u03bcs"), ("14:05", "update"))) == []
    mixed = [f.code for f in run({"policy/components.yml": 'components: {a: {name: "P\\u0430y"}}\n'})]
    assert mixed == ["TID109"]


@pytest.mark.parametrize(
    "rrule",
    [
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=FR;COUNT=8",
        "FREQ=MONTHLY;BYDAY=3FR",
        "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=3",
        "FREQ=MONTHLY;BYMONTHDAY=20",
        "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=20",
        "FREQ=DAILY;INTERVAL=2;UNTIL=20261231T000000Z",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=FR,SU",
    ],
)
def test_recurrences_that_are_read(rrule: str) -> None:
    assert codes(incident(WORK.replace("15:00:00Z}", f'15:00:00Z, rrule: "{rrule}"}}'), ("13:05", "update"))) == []


@pytest.mark.parametrize(
    "rrule",
    [
        "weekly",
        "FREQ=weekly",
        "FREQ=HOURLY",
        "FREQ=SECONDLY;COUNT=1",
        "INTERVAL=2",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20261231T000000Z",
        "FREQ=WEEKLY;UNTIL=20261231",
        "FREQ=WEEKLY;UNTIL=20269931T000000Z",
        "FREQ=WEEKLY;BYHOUR=3",
        "FREQ=WEEKLY;BYSECOND=1",
        "FREQ=YEARLY;BYEASTER=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=DAILY;BYMONTHDAY=20",
        "FREQ=WEEKLY;BYSETPOS=1",
        "FREQ=WEEKLY;BYDAY=3FR",
        "FREQ=WEEKLY;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;UNTIL=20251231T000000Z",
        "DTSTART:20261120T130000Z",
        "RRULE:FREQ=WEEKLY",
        "FREQ=WEEKLY;",
        "FREQ=MONTHLY;BYDAY=99FR",
    ],
)
def test_recurrences_that_are_not(rrule: str) -> None:
    assert codes(incident(WORK.replace("15:00:00Z}", f'15:00:00Z, rrule: "{rrule}"}}'), ("13:05", "update"))) == [
        ("TID210", 4)
    ]


def test_a_recurrence_that_misses_its_window_says_which_day_fits() -> None:
    window = Window(begins=datetime(2026, 11, 20, 13, tzinfo=UTC), ends=datetime(2026, 11, 20, 15, tzinfo=UTC))
    problem = problem_of(window, "FREQ=WEEKLY;BYDAY=MO")
    assert problem is not None
    assert "2026-11-23T13:00:00Z" in problem[1]


def body(text: str) -> list[tuple[str, int, int]]:
    """Give (code, line within the body from 1, column)."""
    return [
        (f.code, f.place.line - HEADING - 1, f.place.col) for f in run(incident(FRONT, ("14:05", "update"), body=text))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, a < b, 3 > 2, AT&T, &amp; &lt;b&gt;.",
        "`<script>` and ``<b>``",
        "```html\n<script>alert(1)</script>\n```",
        "    <b>indented code</b>",
        "\\<b> is escaped",
        "<https://example.com> and <help@example.com>",
        "[words](https://example.com/a_(b)) [mail](mailto:help@example.com) [up](HTTP://EXAMPLE.COM)",
        "[here](/components/api/) [there](#top) [near](page.html)",
        "[reference][a]\n\n[a]: https://example.com",
        "![chart](/assets/chart.png)",
        "| a | b |\n|---|---|\n| 1 | <https://example.com> |",
        "1 <2 and x<y",
        "<svg/onload=alert(1)> is no tag to CommonMark, so it is shown as it is",
        "[brackets] and (parens)",
        "caf&eacute; &#233; &nbsp; &#128;",
    ],
)
def test_text_that_is_fine(text: str) -> None:
    assert body(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <b>c</b>", [("TID304", 1, 3), ("TID304", 1, 7)]),
        ("one\ntwo\nthree <br/> four", [("TID304", 3, 7)]),
        ("one\n\n<div>\nx\n</div>", [("TID304", 3, 1)]),
        ("one  \ntwo <i\nclass=x>three</i>", [("TID304", 2, 5), ("TID304", 3, 14)]),
        ("a\n\n<!-- a second comment -->", [("TID304", 3, 1)]),
        ("a <!-- b --> c", [("TID304", 1, 3)]),
        ("- item\n  <img src=x onerror=alert(1)>", [("TID304", 2, 3)]),
        ("> quote <u>x</u>", [("TID304", 1, 9), ("TID304", 1, 13)]),
        ("| a |\n|---|\n| <b>x |", [("TID304", 3, 3)]),
        ("<?php ?>", [("TID304", 1, 1)]),
        ("<![CDATA[x]]>", [("TID304", 1, 1)]),
        ("[a](javascript:alert(1))", [("TID306", 1, 5)]),
        ("[a](JaVaScRiPt:alert(1))", [("TID306", 1, 5)]),
        ("[a](data:text/html,x)", [("TID306", 1, 5)]),
        ("[a](vbscript:x)", [("TID306", 1, 5)]),
        ("[a](file:///etc/passwd)", [("TID306", 1, 5)]),
        ("[a](ftp://example.com)", [("TID306", 1, 5)]),
        ("[a](tel:123)", [("TID306", 1, 5)]),
        ("[a](//example.com)", [("TID306", 1, 5)]),
        ("<javascript:alert(1)>", [("TID306", 1, 2)]),
        ("one\n[a][b]\n\n[b]: javascript:x", [("TID306", 4, 6)]),
        ("![a](https://example.com/x.png)", [("TID307", 1, 6)]),
        ("![a](//example.com/x.png)", [("TID307", 1, 6)]),
        ("![a](x.png)", [("TID307", 1, 6)]),
        ("![a](/../x.png)", [("TID307", 1, 6)]),
        ("![a](data:image/png;base64,x)", [("TID307", 1, 6)]),
        ("[![a](/b.png)](javascript:x)", [("TID306", 1, 16)]),
        ("[![a](http://b/c.png)](https://d)", [("TID307", 1, 7)]),
        ("a &#8238; b\nc &rlo; &#x202E;", [("TID302", 1, 3), ("TID302", 2, 9)]),
        ("a&shy;b&ZeroWidthSpace;", [("TID303", 1, 2), ("TID303", 1, 8)]),
    ],
)
def test_text_that_is_not(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert body(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[a](java&#115;cript:x)",
        "[a](&#106;avascript:x)",
        "[a]( javascript:x )",
        "[a](<javascript:x>)",
        "[a](\\//x.example)",
    ],
)
def test_links_in_disguise_are_found_in_their_line(text: str) -> None:
    assert [(code, line) for code, line, _ in body(f"one\n\n{text}")] == [("TID306", 3)]


def test_an_update_without_words_is_found() -> None:
    assert codes(incident(FRONT, ("14:05", "update"), ("14:06", "resolved"), body="")) == [
        ("TID305", HEADING),
        ("TID305", HEADING + 4),
    ]


@pytest.mark.parametrize(("length", "found"), [(120, []), (121, [("TID308", 2)])])
def test_titles_are_at_most_120_characters(length: int, found: list[tuple[str, int]]) -> None:
    assert codes(incident(FRONT.replace("Cards fail", "x" * length), ("14:05", "update"))) == found


def test_long_documents_are_looked_through_in_bounded_time() -> None:
    """T68's openings, as far as checks meet them."""
    import time

    for text in ("[" * 10_000, "*" * 10_000, "> " * 10_000, "`a" * 5_000, "<" * 10_000, "![" * 10_000, "a](" * 5_000):
        began = time.process_time()
        body(text)
        assert time.process_time() - began <= 2, text[:3]


BASE = "incidents/2026-11-20-card/"
SOURCE = incident(FRONT, ("14:05", "investigating"), ("15:05", "resolved"))[PATH]


def revision_of(source: str) -> str:
    history, _ = load_history([SourceFile(path=PATH, body=source.encode())])
    return source_revision(history.incidents[0])


def translated(
    front: str, *updates: tuple[str, str], name: str = "index.de.md", site: str = SITE
) -> list[tuple[str, str, int]]:
    text = incident(front, *updates)[PATH]
    found = run({"mkdocs.yml": site, f"{BASE}index.md": SOURCE, f"{BASE}{name}": text})
    return [(f.code, f.place.path.removeprefix(BASE), f.place.line) for f in found]


def test_translations() -> None:
    both = (("14:05", "investigating"), ("15:05", "resolved"))
    good = f"title: Karten\nof: {revision_of(SOURCE)}\n"
    assert translated(good, *both) == []
    assert translated(good, *reversed(both)) == []
    assert translated("title: Karten\n", *both) == [("TID406", "index.de.md", 1)]
    assert translated("title: Karten\nof: abc\n", *both) == [("TID405", "index.de.md", 3)]
    assert translated(good, both[0]) == [("TID404", "index.de.md", 1)]
    assert translated(good, *both, ("16:05", "update")) == [("TID403", "index.de.md", 14)]
    assert translated(good, both[0], ("15:05", "monitoring")) == [
        ("TID404", "index.de.md", 1),
        ("TID403", "index.de.md", 10),
    ]
    assert translated(good, *both, name="index.fr.md") == [("TID402", "index.fr.md", 1)]
    assert translated(good, *both, name="index.en.md") == [("TID402", "index.en.md", 1)]
    assert translated(good.replace("Karten", "x" * 121), *both) == [("TID308", "index.de.md", 2)]


def test_words_of_a_translation_and_of_a_segment_are_checked_like_the_source() -> None:
    text = f"---\ntitle: Karten\nof: {revision_of(SOURCE)}\n---\n\n## 2026-11-20 14:05 UTC · Investigating\n\n\n"
    text += "## 2026-11-20 15:05 UTC · Resolved\n\n<b>x</b>\n"
    found = run({f"{BASE}index.md": SOURCE, f"{BASE}index.de.md": text, f"{BASE}for-vip.md": "a\n\n<b>\n"})
    assert [(f.code, str(f.place).removeprefix(BASE)) for f in found] == [
        ("TID304", "for-vip.md:3:1"),
        ("TID305", "index.de.md:6:1"),
        ("TID304", "index.de.md:11:1"),
        ("TID304", "index.de.md:11:5"),
    ]


def test_missing_translations_are_told_of_open_and_of_partly_translated_incidents_only() -> None:
    def missing(files: dict[str, str], site: str = SITE) -> list[str]:
        whole = {"mkdocs.yml": site, "policy/components.yml": COMPONENTS, **files}
        history, _ = load_history([SourceFile(path=p, body=b.encode()) for p, b in whole.items()])
        return [f.what for f in check(history, now=NOW) if f.code == "TID401"]

    note = ['There is no translation into "de".']
    assert missing(incident(FRONT, ("14:05", "investigating"))) == note
    assert missing(incident(FRONT, ("14:05", "resolved"))) == []
    three = SITE.replace("[en, de]", "[en, de, ar]")
    german = incident("title: Karten\n", ("14:05", "investigating"))[PATH]
    assert missing({f"{BASE}index.md": SOURCE, f"{BASE}index.de.md": german}, three) == [
        'There is no translation into "ar".'
    ]


def test_names_in_a_language_the_site_does_not_have() -> None:
    found = components(
        "groups: {g: {name: G, names: {de: G, fr: G}}}\ncomponents: {a: {name: A, descriptions: {it: A}}}\n"
    )
    assert [f[:6] for f in found] == ["TID402", "TID402"]


def test_policy_sets_levels_but_never_lowers_what_is_fixed() -> None:
    files = incident(FRONT.replace("13:52", "14:52") + "components: {no: operational}\n", ("14:05", "update"))
    levels = {f.code: f.level for f in run({**files, "policy/checks.yml": "levels: {TID203: note}\n"})}
    assert levels == {"TID203": Level.NOTE, "TID102": Level.ERROR}
    from publisher.model.codes import levelled

    found = run(files)
    assert {f.code: f.level for f in levelled(found, {"TID102": Level.NOTE, "TID203": Level.WARNING})} == {
        "TID102": Level.ERROR,
        "TID203": Level.WARNING,
    }


def test_findings_are_sorted_and_each_is_told_once() -> None:
    found = run(incident(FRONT + "components: {no: operational}\n", ("13:05", "update"), ("13:06", "postmortem")))
    assert found == sorted(set(found), key=lambda f: f.sort_key)


HIDDEN = {
    "policy/components.yml": COMPONENTS + "  ledger: {name: Ledger cluster, names: {de: Hauptbuch}, public: false}\n"
}


def test_an_incident_about_hidden_components_alone_is_refused() -> None:
    assert codes(HIDDEN | incident(FRONT + "components: {ledger: major_outage}\n", ("14:05", "update"))) == [
        ("TID110", 6)
    ]
    both = FRONT + "components: {ledger: major_outage, api: partial_outage}\n"
    assert codes(HIDDEN | incident(both, ("14:05", "update"))) == []
    assert codes(HIDDEN | incident(FRONT, ("14:05", "update"))) == [], "an incident may name no component at all"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("Words.\nOur ledger CLUSTER is slow.", (11, 5)),
        ("Ledger cluster: slow.", (10, 1)),
        ("Das Hauptbuch ist langsam.", (10, 5)),
        ("Ledger clusters are slow, and the ledger too.", None),
    ],
)
def test_words_that_name_a_hidden_component_are_found(body: str, place: tuple[int, int] | None) -> None:
    found = run(HIDDEN | incident(FRONT, ("14:05", "update"), body=body))
    assert [(f.code, f.place.line, f.place.col) for f in found] == ([("TID311", *place)] if place else [])


def test_titles_and_facts_that_name_a_hidden_component_are_found() -> None:
    files = HIDDEN | incident(FRONT.replace("Cards fail", "Ledger cluster down"), ("14:05", "update"))
    files[PATH] = files[PATH].replace("update\n\n", "update\n<!--\nwho: Users of the ledger cluster\n-->\n\n")
    assert codes(files) == [("TID311", 2), ("TID311", 10)]


def test_a_name_that_a_public_component_has_too_tells_nothing() -> None:
    twin = {"policy/components.yml": COMPONENTS + "  api-2: {name: api, public: false}\n"}
    assert "TID311" not in [c for c, _ in codes(twin | incident(FRONT, ("14:05", "update"), body="The API fails."))]


def test_a_maintenance_that_was_announced_again_keeps_the_address_of_its_first_plan() -> None:
    moved = WORK.replace("2026-11-20T1", "2026-11-29T1")
    once = {PATH: f"---\n{moved}---\n\n## 2026-11-19 09:00 UTC · Scheduled\n\nWords.\n"}
    assert codes(once) == [("TID104", 4)]
    assert codes({PATH: once[PATH] + "\n## 2026-11-19 10:00 UTC · Scheduled\n\nA week later.\n"}) == []
