"""cState's habits of writing become updates with the times that somebody wrote down, and no others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.importers.cstate import read_cstate
from publisher.importers.draft import Entry, Imported
from publisher.model.component import Impact
from publisher.model.finding import Level
from publisher.model.incident import Category, Kind, Severity
from publisher.ports import SourceFile

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MATTER = """title: Sign-in down
date: 2021-03-04 15:00:00
resolved: true
resolvedWhen: 2021-03-04 17:30:00
severity: down
affected:
  - Sign-in
section: issue
"""


def read(body: str, matter: str = MATTER, config: str = "title: x\n", name: str = "2021-03-04-sign-in.md") -> Imported:
    return read_cstate(
        [
            SourceFile(path="config.yml", body=config.encode()),
            SourceFile(path=f"content/issues/{name}", body=f"---\n{matter}---\n{body}".encode()),
        ],
        now=NOW,
    )


def only(imported: Imported) -> Entry:
    assert [str(f) for f in imported.findings if f.level is Level.ERROR] == []
    return imported.entries[0]


def told(entry: Entry) -> list[tuple[str, str, str]]:
    return [(f"{u.at:%d %H:%M}", str(u.status), u.body) for u in entry.updates]


def test_tracked_updates_have_their_own_times() -> None:
    """The form of cState's manual: newest first, the time in a shortcode at the end."""
    body = (
        '*Resolved* - It works again. {{< track "2021-03-04 17:30:00" >}}\n\n'
        '*Monitoring* - We restarted\nit. {{< track "2021-03-04 16:10:00" >}}\n\n'
        '**Investigating** - Nobody can sign in. {{< track "2021-03-04 15:05:00" >}}\n'
    )
    assert told(only(read(body))) == [
        ("04 15:05", "investigating", "Nobody can sign in."),
        ("04 16:10", "monitoring", "We restarted\nit."),
        ("04 17:30", "resolved", "It works again."),
    ]


def test_another_word_in_front_stays_text() -> None:
    body = '*Just began* - Dark. {{< track "2021-03-04 15:05:00" >}}'
    assert told(only(read(body)))[0] == ("04 15:05", "investigating", "*Just began* - Dark.")


@pytest.mark.parametrize(
    ("body", "updates"),
    [
        pytest.param(
            "[Final message]\nBack.\n\n[Initial message]\nGone.",
            [("04 15:00", "investigating", "Gone."), ("04 17:30", "resolved", "Back.")],
            id="labels, newest first",
        ),
        pytest.param(
            "[Initial message] Gone.\n\n[Final message] Back.",
            [("04 15:00", "investigating", "Gone."), ("04 17:30", "resolved", "Back.")],
            id="labels, newest last",
        ),
        pytest.param(
            "[Final]\nBack.\n\n[Update - 2021-03-04 16h10 UTC]\nSoon.\n\n[Initial]\nGone.",
            [
                ("04 15:00", "investigating", "Gone."),
                ("04 16:10", "update", "Soon."),
                ("04 17:30", "resolved", "Back."),
            ],
            id="a label with its time",
        ),
        pytest.param(
            "[Final]\nBack.\n\n[Update]\nSoon.\n\n[Initial]\nGone.",
            [("04 15:00", "investigating", "[Update]\nSoon.\n\n[Initial]\nGone."), ("04 17:30", "resolved", "Back.")],
            id="a label without a time stays with the update before it",
        ),
        pytest.param(
            "**2021-03-04 16:10:00**\n\nSoon.\n\n**2021-03-04 15:05:00**\n\nGone.",
            [
                ("04 15:05", "investigating", "Gone."),
                ("04 16:10", "update", "Soon."),
                ("04 17:30", "resolved", "Resolved."),
            ],
            id="times alone",
        ),
        pytest.param(
            "[Update 4th of March 2021 - 16:10 UTC]\nSoon.\n\n[Initial message]\nGone.",
            [
                ("04 15:00", "investigating", "Gone."),
                ("04 16:10", "update", "Soon."),
                ("04 17:30", "resolved", "Resolved."),
            ],
            id="a time in words",
        ),
        pytest.param(
            "Gone.",
            [("04 15:00", "investigating", "Gone."), ("04 17:30", "resolved", "Resolved.")],
            id="no label at all",
        ),
        pytest.param("", [("04 17:30", "resolved", "Resolved.")], id="no words at all"),
        pytest.param(
            "<!--\n[Final message]\nUnsaid.\n-->\nGone.",
            [("04 15:00", "investigating", "Gone."), ("04 17:30", "resolved", "Resolved.")],
            id="what readers never saw is not said",
        ),
        pytest.param(
            "```\n[Final message]\n```",
            [("04 15:00", "investigating", "```\n[Final message]\n```"), ("04 17:30", "resolved", "Resolved.")],
            id="code is no label",
        ),
        pytest.param(
            "[Final message](https://a.example/) is a link.",
            [
                ("04 15:00", "investigating", "[Final message](https://a.example/) is a link."),
                ("04 17:30", "resolved", "Resolved."),
            ],
            id="a link is no label",
        ),
    ],
)
def test_labels(body: str, updates: list[tuple[str, str, str]]) -> None:
    assert told(only(read(body))) == updates


@pytest.mark.parametrize(
    ("word", "severity", "category", "impact"),
    [
        ("down", Severity.SEV2, Category.OUTAGE, Impact.MAJOR_OUTAGE),
        ("disrupted", Severity.SEV3, Category.DEGRADATION, Impact.PARTIAL_OUTAGE),
        ("notice", Severity.SEV4, Category.DEGRADATION, Impact.OPERATIONAL),
    ],
)
def test_severities(word: str, severity: Severity, category: Category, impact: Impact) -> None:
    entry = only(read("Gone.", MATTER.replace("down\n", f"{word}\n").replace("Sign-in down", "Sign-in")))
    assert (entry.severity, entry.category, dict(entry.components)) == (severity, category, {"Sign-in": impact})
    assert entry.extra["severity"] == word


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Maintenance on the database", Kind.MAINTENANCE),
        ("Upgrade of the cluster", Kind.MAINTENANCE),
        ("issues.example.org upgrade", Kind.MAINTENANCE),
        ("Unplanned maintenance", Kind.INCIDENT),
        ("Outage after the upgrade", Kind.INCIDENT),
        ("Upgrade failed", Kind.INCIDENT),
        ("Sign-in is down", Kind.INCIDENT),
    ],
)
def test_titles_of_planned_work_make_a_maintenance(title: str, kind: Kind) -> None:
    entry = only(read("[Final] Done.\n[Initial] We begin.", MATTER.replace("Sign-in down", title)))
    assert entry.kind is kind
    if kind is Kind.MAINTENANCE:
        assert entry.window is not None
        assert (entry.window.begins.hour, entry.window.ends.hour) == (15, 17)
        assert [str(u.status) for u in entry.updates] == ["in_progress", "completed"]


def test_times_without_zone_are_the_sites_and_reported() -> None:
    imported = read("Gone.", config="timeZone: Europe/Berlin\n")
    assert f"{only(imported).started:%H:%M}" == "14:00"
    assert [f.what for f in imported.findings if "without zone" in f.what] == [
        "Times without zone were read as Europe/Berlin, the site's zone: 2021-03-04 15:00:00, 2021-03-04 17:30:00."
    ]


def test_an_open_issue_stays_open() -> None:
    entry = only(read("Gone.", MATTER.replace("resolved: true", "resolved: false")))
    assert told(entry) == [("04 15:00", "investigating", "Gone.")]


def test_unknown_fields_are_kept_and_named() -> None:
    imported = read("Gone.", MATTER + "ticket: 42\npin: true\n")
    assert only(imported).extra == {"severity": "down", "ticket": "42", "pin": "true"}
    found = [f for f in imported.findings if "'ticket'" in f.what]
    assert [f.place.line for f in found] == [10]


@pytest.mark.parametrize(
    ("matter", "what", "line"),
    [
        ("date: 2021-03-04\nseverity: down\n", "It has no title.", 1),
        ("title: x\ndate: yesterday\nseverity: down\n", "Its date 'yesterday' is no moment.", 3),
        ("title: x\ndate: 2021-03-04\nseverity: bad\n", "Its severity 'bad' is none of down, disrupted, notice.", 4),
        ("title: x\n  y: [\n", "Its YAML cannot be read", 3),
        ("a: &a [x]\nb: [*a, *a]\n", "It uses a YAML alias.", 3),
        ("- a\n", "It is no mapping of keys to values.", 2),
    ],
)
def test_what_cannot_come_in_is_named_with_file_line_and_reason(matter: str, what: str, line: int) -> None:
    imported = read("Gone.", matter)
    assert (imported.entries, imported.found) == ((), 1)
    (finding,) = [f for f in imported.findings if f.level is Level.ERROR]
    assert finding.what.startswith(what)
    assert (finding.place.path, finding.place.line) == ("content/issues/2021-03-04-sign-in.md", line)


def test_files_that_are_no_markdown_are_named() -> None:
    imported = read("Gone.", name="2021-03-04-x.html")
    assert [str(f).split(": ")[1] for f in imported.findings if f.level is Level.ERROR] == [
        "TID601 Only Markdown files are read. Rewrite it as Markdown, or add it by hand."
    ]


def test_components_come_from_the_configuration_with_their_groups() -> None:
    config = (
        "params:\n  categories:\n    - name: Web\n      description: Pages\n  systems:\n"
        "    - name: sign-in\n      category: Web\n      description: |\n        Getting in\n    - API\n"
    )
    imported = read("Gone.", MATTER.replace("  - Sign-in\n", "  - Sign-in\n  - Old thing\n"), config)
    assert [(c.name, c.group, c.listed) for c in imported.components] == [
        ("sign-in", "Web", True),
        ("API", None, True),
        ("Old thing", None, False),
    ]
    assert any("another spelling of 'sign-in'" in f.what for f in imported.findings)
    assert any("'Old thing' is not among the configured systems" in f.what for f in imported.findings)
