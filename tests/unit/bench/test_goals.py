"""The arithmetic of the bench: ratios, verdicts, pairs, tables. What it measures is measured by running it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import corpus, report
from bench.goals import BY_ID, GOALS, Row, Verdict, complete, missing, number, ratio
from bench.measure import Cost, median, paired, run
from bench.rows import GROUPS, SIZES
from bench.sites import TidingsSite


def row(goal: str, figure: float | None) -> Row:
    return Row(goal=BY_ID[goal], figure=figure)


@pytest.mark.parametrize(
    ("goal", "figure", "verdict"),
    [
        ("edit-wall", 0.04, Verdict.STRETCH),
        ("edit-wall", 0.0401, Verdict.BOUND),
        ("edit-wall", 0.08, Verdict.BOUND),
        ("edit-wall", 0.0801, Verdict.OVER),
        ("identical", 0, Verdict.BOUND),
        ("identical", 1, Verdict.OVER),
        ("requests", 3, Verdict.STRETCH),
        ("requests", 5, Verdict.OVER),
        ("warm", 151, Verdict.OVER),
        ("mail", None, Verdict.MISSING),
    ],
)
def test_a_figure_on_the_bound_is_within_and_one_above_is_not(
    goal: str, figure: float | None, verdict: Verdict
) -> None:
    assert row(goal, figure).verdict is verdict


def test_every_goal_has_one_place_where_it_is_measured_and_a_stretch_below_its_bound() -> None:
    measured = [goal for goals, _ in GROUPS for goal in goals]
    assert sorted(measured) == sorted(BY_ID)
    assert all(goal.stretch is None or goal.stretch < goal.bound for goal in GOALS)
    assert SIZES["full"].count == 5_000
    assert SIZES["large"].scale * 10 == 50_000


def test_what_was_not_measured_is_in_the_table_and_says_so() -> None:
    rows = complete([row("mail", 1.9), missing("warm", "no browser")])
    assert [r.goal.id for r in rows] == [goal.id for goal in GOALS]
    table = report.table(rows)
    assert table.count("not measured") == len(GOALS) - 1
    assert "| 1.9 | 2 | 1.3 | ✓ within bound |" in table
    assert "no browser" in table


def test_ratios_and_figures() -> None:
    assert ratio(1, 4) == 0.25
    with pytest.raises(ValueError, match="no time"):
        ratio(1, 0)
    assert [number(x) for x in (0, 3, 0.0449, 1.304, 12.34, 123.4, 1500.0)] == [
        "0",
        "3",
        "0.0449",
        "1.3",
        "12.3",
        "123",
        "1500",
    ]


def test_pairs_take_turns_and_the_median_is_of_each_column() -> None:
    order: list[str] = []

    def taken(name: str, turn: int) -> Cost:
        order.append(f"{name}{turn}")
        return Cost(wall_s=turn, cpu_s=10 - turn, peak_mib=turn)

    ours, theirs = paired(3, lambda turn: taken("a", turn), lambda turn: taken("b", turn))
    assert order == ["a1", "b1", "b2", "a2", "a3", "b3"]
    assert median(ours) == median(theirs) == Cost(wall_s=2, cpu_s=8, peak_mib=3)
    assert ours[0] + ours[2] == Cost(wall_s=4, cpu_s=16, peak_mib=3)


def test_a_cost_is_the_commands_own_with_its_children_and_a_failure_is_said(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {busy!r}])"
    cost = run([sys.executable, "-I", "-c", nested], cwd=tmp_path)
    assert 0.2 <= cost.cpu_s < 2
    assert cost.wall_s >= 0.2
    small = run([sys.executable, "-I", "-S", "-c", "pass"], cwd=tmp_path).peak_mib
    large = run([sys.executable, "-I", "-S", "-c", "x = bytearray(100 << 20)"], cwd=tmp_path).peak_mib
    assert small < 40, "not this process's memory"
    assert 95 < large - small < 130
    with pytest.raises(RuntimeError, match="ended with 3"):
        run([sys.executable, "-I", "-c", "import sys; sys.exit(3)"], cwd=tmp_path)


def test_the_same_incidents_for_everybody_and_an_edit_that_shows(tmp_path: Path) -> None:
    one = corpus.incident(7, 100)
    assert one == corpus.incident(7, 100) != corpus.incident(8, 100)
    words = {update.words for update in one.updates}
    for text in (corpus.as_tidings(one), corpus.as_hugo(one), corpus.as_mkdocs(one)):
        assert all(update in text for update in words)
    for form in (corpus.as_tidings, corpus.as_hugo):
        file = tmp_path / "one.md"
        file.write_text(form(one), encoding="utf-8")
        for turn in (1, 2):
            mark = corpus.edit(file, turn)
            assert file.read_text(encoding="utf-8").count(mark) == 1
        assert "seen-1-times" not in file.read_text(encoding="utf-8"), "an edit does not grow the corpus"
        assert len(file.read_text(encoding="utf-8").splitlines()) == len(form(one).splitlines())


def test_what_tidings_is_given_has_nothing_to_mend(tmp_path: Path) -> None:
    site = TidingsSite(tmp_path / "site", 12)
    site.edit(3)
    site.tidings("check")


def test_the_record_names_no_machine_and_the_picture_is_xml() -> None:
    rows = complete([row(goal.id, goal.bound * share) for goal, share in zip(GOALS, [0.01, 1, 30] * 5, strict=False)])
    about: dict[str, report.Plain] = {"size": "small", "rounds": 1, "at": "2026-11-24", "machine": report.machine()}
    written = json.dumps(report.plain(rows, about=about, samples={}, beside=[("x", "y")]))
    import getpass
    import socket

    assert socket.gethostname() not in written
    assert str(Path.home()) not in written or str(Path.home()) == "/"
    assert getpass.getuser() not in written.split('"machine"')[1].split("}")[0]
    drawn = ET.fromstring(report.picture(rows))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}rect")) == len(GOALS)
    page = report.figures(rows, [("x", "y")], about)
    assert "- x: y" in page
