"""Programs that other people wrote for hosted pages read ours."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.render.artifacts import data_artifacts
from publisher.render.views import project_all
from tests.clients.server import serving
from tests.unit.render.histories import NOW, busy

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[str, list[str]]]:
    artifacts = {a.path: a for a in data_artifacts(project_all(busy(), now=NOW))}
    with serving(artifacts) as at:
        yield at


def heard_by(*command: str) -> Any:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.npm
def test_the_npm_client_statuspage_io(page: tuple[str, list[str]]) -> None:
    address, asked = page
    heard = heard_by("node", str(HERE / "read_with_statuspage_io.js"), str(ROOT), address)
    assert heard["status"]["status"] == {"indicator": "critical", "description": "Major Service Outage"}
    assert [i["name"] for i in heard["unresolved"]["incidents"]] == ["Payments fail"]
    assert [i["name"] for i in heard["incidents"]["incidents"]] == ["Payments fail", "Website slow"]
    assert [c["name"] for c in heard["components"]["components"]] == [
        "Shop", "Checkout", "Payments", "Data", "Reports", "Website",
    ]  # fmt: skip
    assert len(heard["upcoming"]["scheduled_maintenances"]) == 2
    assert set(heard["summary"]) == {"page", "components", "incidents", "scheduled_maintenances", "status"}
    read = {p for p in asked if p.startswith("api/v2/")}
    assert {"api/v2/status.json", "api/v2/summary.json", "api/v2/incidents/unresolved.json"} <= read


@pytest.mark.skipif(importlib.util.find_spec("arez") is None, reason="the Python package aRez is not installed")
def test_the_python_client_arez(page: tuple[str, list[str]]) -> None:
    heard = heard_by(sys.executable, str(HERE / "read_with_arez.py"), page[0])
    assert (heard["status"], heard["impact"]) == ("Major Service Outage", "Critical")
    assert heard["groups"] == {"Shop": ["Checkout", "Payments"], "Data": ["Reports"]}
    assert heard["components"] == {
        "Checkout": "Operational", "Payments": "Major Outage", "Reports": "Under Maintenance", "Website": "Operational",
    }  # fmt: skip
    assert heard["incidents"] == [
        {
            "name": "Payments fail", "status": "Identified", "impact": "Critical", "latest": "Found it <at last>.",
            "components": ["Payments"],
        }
    ]  # fmt: skip
    assert sorted((m["status"], m["for"]) for m in heard["maintenances"]) == [
        ("In Progress", "2026-11-20T14:30:00"),
        ("Scheduled", "2026-11-22T15:00:00"),
        ("Scheduled", "2026-11-24T05:00:00"),
    ]


def test_unknown_paths_are_not_there(page: tuple[str, list[str]]) -> None:
    """OneUptime asks for `/proxy/<host>` first and takes anything but 404 for another product."""
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{page[0]}/proxy/example.com", timeout=5)
    assert refused.value.code == 404
    refused.value.close()
