"""All 819 recorded incidents of a large Statuspage come in: every update, every word, every time."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.importers.draft import Imported
from publisher.importers.plan import Fate, plan_import
from publisher.importers.statuspage import read_statuspage
from publisher.model.finding import Finding, Level
from publisher.model.history import History
from publisher.model.incident import Incident, Kind
from publisher.ports import SourceFile
from tests.corpora.reading import loaded, seen


@pytest.fixture(scope="module")
def recorded(github: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in github.read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def imported(github: Path) -> Imported:
    return read_statuspage([SourceFile(path=github.name, body=github.read_bytes())])


@pytest.fixture(scope="module")
def result(imported: Imported) -> tuple[History, tuple[Finding, ...]]:
    return loaded(imported)


@pytest.fixture(scope="module")
def incidents(result: tuple[History, tuple[Finding, ...]]) -> dict[str, Incident]:
    return {i.internal.fields["imported.id"]: i for i in result[0].incidents}


def test_every_recorded_incident_is_there(recorded: list[dict[str, Any]], incidents: dict[str, Incident]) -> None:
    assert len(recorded) == 819
    assert set(incidents) == {row["id"] for row in recorded}


def test_nothing_must_be_mended(imported: Imported, result: tuple[History, tuple[Finding, ...]]) -> None:
    assert [str(f) for f in (*imported.findings, *result[1]) if f.level is Level.ERROR] == []


def test_updates_have_the_same_times_states_and_words(
    recorded: list[dict[str, Any]], incidents: dict[str, Incident]
) -> None:
    updates = 0
    for row in recorded:
        ours = incidents[row["id"]]
        assert [(u.at, str(u.status).replace("_", " ").capitalize(), seen(u.body)) for u in ours.updates] == [
            (
                datetime.fromisoformat(u["at"]).astimezone(UTC),
                u["status"],
                re.sub(r"\s+", " ", u["message"]).strip(),
            )
            for u in row["updates"]
        ], row["id"]
        updates += len(ours.updates)
    assert updates == sum(len(row["updates"]) for row in recorded) > 4000


def test_titles_beginnings_ends_and_impact_are_the_sources(
    recorded: list[dict[str, Any]], incidents: dict[str, Incident]
) -> None:
    severities = {"critical": "sev1", "major": "sev2", "minor": "sev3", "none": "sev4", "maintenance": "sev4"}
    for row in recorded:
        ours = incidents[row["id"]]
        assert ours.title == row["title"]
        assert ours.ended == datetime.fromisoformat(row["resolved_at"])
        assert ours.severity == severities[row["impact"]]
        assert (ours.kind is Kind.MAINTENANCE) == (row["impact"] == "maintenance")
        if ours.kind is Kind.INCIDENT:
            assert ours.started == datetime.fromisoformat(row["started_at"])
        guessed = "components_source" in row
        assert len(ours.components) == (0 if guessed else len(row.get("components", [])))


def test_guesses_of_a_program_are_named_and_not_published(recorded: list[dict[str, Any]], imported: Imported) -> None:
    guessed = sum("components_source" in row for row in recorded)
    assert guessed == 88
    assert sum("guessed by a program" in f.what for f in imported.findings) == guessed


def test_a_second_import_writes_nothing(imported: Imported) -> None:
    first = plan_import(imported, [])
    assert first.count(Fate.NEW) == 819
    again = plan_import(imported, [SourceFile(path=f.path, body=f.body) for f in first.files])
    assert again.to_write == ()
    assert again.count(Fate.SAME) == 819
