"""All 297 recorded issues of a cState site come in, with every word, every time and every affected system."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from publisher.importers.cstate import read_cstate
from publisher.importers.draft import DECIDED, Imported
from publisher.importers.plan import Fate, plan_import
from publisher.model.finding import Finding, Level
from publisher.model.history import History
from publisher.model.incident import Incident
from publisher.ports import SourceFile
from tests.corpora.reading import NOW, loaded, seen, text_of

SILENT = ("Resolved.", "Completed.")


@pytest.fixture(scope="module")
def files(jenkins: Path) -> list[SourceFile]:
    paths = [jenkins / "config.yml", *(jenkins / "content").rglob("*")]
    return [
        SourceFile(path=path.relative_to(jenkins).as_posix(), body=path.read_bytes())
        for path in paths
        if path.is_file()
    ]


@pytest.fixture(scope="module")
def issues(files: list[SourceFile]) -> dict[str, tuple[dict[str, Any], str]]:
    """Id → front matter as text, and body: read here by other means than the importer's."""
    out = {}
    for file in files:
        if file.path.endswith(".md"):
            _, matter, body = file.body.decode().split("---\n", 2)
            out[file.path.removeprefix("content/").removesuffix(".md")] = (
                yaml.load(matter, Loader=yaml.BaseLoader),  # text only
                body,
            )
    return out


@pytest.fixture(scope="module")
def imported(files: list[SourceFile]) -> Imported:
    return read_cstate(files, now=NOW)


@pytest.fixture(scope="module")
def result(imported: Imported) -> tuple[History, tuple[Finding, ...]]:
    return loaded(imported)


@pytest.fixture(scope="module")
def incidents(result: tuple[History, tuple[Finding, ...]]) -> dict[str, Incident]:
    return {i.internal.fields["imported.id"]: i for i in result[0].incidents}


def when(text: str) -> datetime:
    """Read a time; Python wants two digits for the hour, and 19 times in this history have no zone."""
    two_digits = re.sub(r"(?<=[T ])(\d)(?=:)", r"0\1", text)
    moment = datetime.fromisoformat(two_digits)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def test_every_issue_is_there(issues: dict[str, Any], incidents: dict[str, Incident]) -> None:
    assert len(issues) == 297
    assert set(incidents) == set(issues)


def test_nothing_must_be_mended(imported: Imported, result: tuple[History, tuple[Finding, ...]]) -> None:
    assert [str(f) for f in (*imported.findings, *result[1]) if f.level is Level.ERROR] == []


def test_titles_times_and_severities_are_the_sources(
    issues: dict[str, tuple[dict[str, Any], str]], incidents: dict[str, Incident]
) -> None:
    impossible = []
    for name, (matter, _) in issues.items():
        ours = incidents[name]
        assert ours.title == matter["title"], name
        assert ours.internal.fields["extra.severity"] == matter["severity"], name
        assert ours.started == when(matter["date"]), name
        end = when(matter["resolvedWhen"])
        assert ours.ended == max(end, ours.started), name
        if end < ours.started:
            impossible.append(name)
    assert len(impossible) == 8


def test_an_end_before_the_beginning_is_named(imported: Imported) -> None:
    found = [f for f in imported.findings if f.code == DECIDED]
    assert len(found) == 8
    assert all("before it began" in f.what and f.place.line > 1 for f in found)


def test_affected_systems_are_all_there(
    issues: dict[str, tuple[dict[str, Any], str]],
    incidents: dict[str, Incident],
    result: tuple[History, tuple[Finding, ...]],
) -> None:
    registry = result[0].policy.registry
    for name, (matter, _) in issues.items():
        wanted = {re.sub(r"[\s_-]+", " ", a).casefold() for a in matter.get("affected") or () if a}
        found = [registry.component(c) for c in incidents[name].components]
        assert {re.sub(r"[\s_-]+", " ", c.name).casefold() for c in found if c} == wanted, name


def test_every_word_survives(
    issues: dict[str, tuple[dict[str, Any], str]], incidents: dict[str, Incident], imported: Imported
) -> None:
    """Words are counted in what a reader sees, before and after; labels became headings, so they are counted there."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    labels: dict[str, str] = {}
    for finding in imported.findings:
        label = re.fullmatch(r"'(.+)' became the update's heading\.", finding.what, re.DOTALL)
        if label:
            path = finding.place.path.removeprefix("content/").removesuffix(".md")
            labels[path] = f"{labels.get(path, '')} {label[1]}"
    for name, (_, body) in issues.items():
        before = Counter(text_of(str(reader.render(body))).split())
        headings = Counter(text_of(str(reader.render(labels.get(name, "")))).replace("[", " [").split())
        bodies = [u.body for u in incidents[name].updates if u.body not in SILENT]
        after = Counter(" ".join(seen(b) for b in bodies).replace("~~", "").split())
        assert before - headings == after, name


def test_a_second_import_writes_nothing(imported: Imported) -> None:
    first = plan_import(imported, [])
    assert first.count(Fate.NEW) == 297
    again = plan_import(imported, [SourceFile(path=f.path, body=f.body) for f in first.files])
    assert again.to_write == ()
    assert again.count(Fate.SAME) == 297
