"""Each form can be read by what it is made for, whatever the words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.checks.formats import render
from publisher.model.codes import CODES, finding
from publisher.model.finding import Finding, Level, Place

NASTY = 'a%b,c:d\r\n::error::e "f" \x1b[31m \u202eg é'
PLAIN = finding("TID102", Place(path="incidents/a.md", line=4, col=3), 'No component is called "x".', "Mend it.")
EVIL = Finding(code="TID999", level=Level.NOTE, place=Place(path="in, b:c%\n.md"), what=NASTY, fix="Fix.")
SOME = (PLAIN, finding("TID104", Place(path="b.md"), "W.", "F."), EVIL)


def test_text_is_one_line_each_and_a_count() -> None:
    assert render(SOME, "text") == (
        'incidents/a.md:4:3: TID102 No component is called "x". Mend it.\n'
        "b.md:1:1: TID104 W. F. (warning)\n"
        'in, b:c%\\u000a.md:1:1: TID999 a%b,c:d\\u000d\\u000a::error::e "f" \\u001b[31m \\u202eg é Fix. (note)\n'
        "1 error, 1 warning, 1 note.\n"
    )
    assert render([PLAIN, EVIL, EVIL], "text").endswith("\n1 error, 2 notes.\n")
    assert render([], "text") == ""


def test_json_keeps_its_shape() -> None:
    assert json.loads(render([PLAIN], "json")) == {
        "version": 1,
        "errors": 1,
        "warnings": 0,
        "notes": 0,
        "findings": [
            {
                "code": "TID102",
                "level": "error",
                "path": "incidents/a.md",
                "line": 4,
                "column": 3,
                "what": 'No component is called "x".',
                "fix": "Mend it.",
                "help": "docs/findings/TID102.md",
            }
        ],
    }
    assert json.loads(render([], "json"))["findings"] == []


def test_github_annotations_are_escaped_for_where_they_stand() -> None:
    assert render([PLAIN], "github") == (
        "::error file=incidents/a.md,line=4,col=3,title=TID102 Unknown component::"
        'No component is called "x". Mend it.\n'
    )
    assert render([EVIL], "github") == (
        "::notice file=in%2C b%3Ac%25%0A.md,line=1,col=1,title=TID999::"
        'a%25b,c:d%0D%0A::error::e "f" \x1b[31m \u202eg é Fix.\n'
    )
    assert render([SOME[1]], "github").startswith("::warning ")
    assert render([], "github") == ""


def unescaped(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command the way the runner does (actions/runner, ActionCommand.cs)."""
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line, re.DOTALL)
    assert match is not None
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    for old, new in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        properties = {key: value.replace(old, new) for key, value in properties.items()}
    message = match[3]
    for old, new in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message = message.replace(old, new)
    return match[1], properties, message


words = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@given(path=words, what=words)
def test_github_annotations_read_back_as_written(path: str, what: str) -> None:
    found = Finding(code="TID102", level=Level.ERROR, place=Place(path=path), what=what, fix="F.")
    text = render([found], "github")
    assert text.count("\n") == 1
    command, properties, message = unescaped(text.removesuffix("\n"))
    assert (command, properties["file"], message) == ("error", path, f"{what} F.")


def check_sarif(log: dict[str, Any], findings: Sequence[Finding]) -> None:
    """Hold a log to what SARIF 2.1.0 (OASIS, 2020) asks of the parts used, by section number."""
    assert log["version"] == "2.1.0"  # 3.13.2
    assert log["$schema"].startswith("https://")  # 3.13.3
    (run,) = log["runs"]  # 3.13.4
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")  # 3.14.17
    driver = run["tool"]["driver"]  # 3.18.2
    assert driver["name"]  # 3.19.8
    ids = [rule["id"] for rule in driver["rules"]]  # 3.49.3
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]  # 3.49.9
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")  # 3.50.3
    assert len(run["results"]) == len(findings)
    for result, found in zip(run["results"], findings, strict=True):
        assert result["ruleId"] == found.code  # 3.27.5
        assert ids[result["ruleIndex"]] == found.code  # 3.27.6
        assert result["level"] in ("none", "note", "warning", "error")  # 3.27.10
        assert result["message"]["text"]  # 3.27.11
        (location,) = result["locations"]  # 3.27.12
        physical = location["physicalLocation"]
        assert re.fullmatch(r"(?:[A-Za-z0-9\-._~!$&'()*+;=@/]|%[0-9A-F]{2})*", physical["artifactLocation"]["uri"])
        assert physical["region"]["startLine"] >= 1  # 3.30.5
        assert physical["region"]["startColumn"] >= 1  # 3.30.6
        assert all(isinstance(v, str) for v in result["partialFingerprints"].values())  # 3.27.17


@pytest.mark.parametrize("findings", [SOME, [], [PLAIN, PLAIN]])
def test_sarif_is_what_the_standard_asks(findings: Sequence[Finding]) -> None:
    text = render(findings, "sarif")
    assert text.endswith("}\n")
    check_sarif(json.loads(text), findings)


def test_sarif_follows_a_finding_through_edits_above_it() -> None:
    moved = Finding(
        code=PLAIN.code, level=PLAIN.level, place=Place(path=PLAIN.place.path, line=9), what=PLAIN.what, fix="x."
    )
    prints = [json.loads(render([f], "sarif"))["runs"][0]["results"][0]["partialFingerprints"] for f in (PLAIN, moved)]
    assert prints[0] == prints[1]


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_every_form_is_the_same_twice_and_takes_every_code(form: Any) -> None:
    found = [finding(code, Place(path="a.md"), "W.", "F.") for code in CODES]
    assert render(found, form) == render(found, form)
    assert all(code in render(found, form) for code in CODES)
