"""Our own API keeps its published schemas, and the text page says the essential first."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from publisher.model.history import History
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Artifact
from publisher.render.artifacts import data_artifacts
from publisher.render.openapi import api_schemas
from publisher.render.views import project_all
from tests.unit.render.histories import NOW, busy, history


def served(whole: History, **options: Any) -> dict[str, bytes]:
    return {a.path: stamped(a) for a in data_artifacts(project_all(whole, now=NOW), **options)}


def stamped(artifact: Artifact) -> bytes:
    if not artifact.stamped:
        return artifact.body
    return artifact.body.replace(GENERATION_TOKEN, b"42").replace(BUILT_TOKEN, b"2026-11-20T15:00:00Z")


def strict(schema: Any) -> Any:
    """Forbid keys the schema does not name: what we write is described in full."""
    if isinstance(schema, dict):
        closed = {k: strict(v) for k, v in schema.items()}
        return closed | ({"additionalProperties": False} if "properties" in schema else {})
    return [strict(each) for each in schema] if isinstance(schema, list) else schema


CASES = [
    ("api/status.json", "api-status"),
    ("api/banner.json", "api-banner"),
    ("ar/api/banner.json", "api-banner"),
    ("api/incidents/2026-11-20-payments.json", "api-incident"),
    ("api/incidents/2026-11-17-website.json", "api-incident"),
    ("api/incidents/2026-10-06-weekly.json", "api-incident"),
]


@pytest.mark.parametrize(("path", "schema"), CASES)
def test_documents_keep_their_schema_to_the_last_key(path: str, schema: str) -> None:
    checker = jsonschema.Draft202012Validator(
        strict(api_schemas()[schema]), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert [e.message for e in checker.iter_errors(json.loads(served(busy())[path]))] == []


def test_schemas_themselves_are_sound_and_published() -> None:
    found = served(busy())
    for name in api_schemas():
        published = json.loads(found[f"schema/{name}.json"])
        jsonschema.Draft202012Validator.check_schema(published)
        assert published["$id"] == f"https://status.example.com/schema/{name}.json"


def test_a_document_with_a_wrong_word_does_not_pass() -> None:
    document = json.loads(served(busy())["api/status.json"])
    document["status"]["indicator"] = "maintenance"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, api_schemas()["api-status"])


def test_openapi_describes_every_document() -> None:
    found = served(busy())
    described = json.loads(found["api/openapi.json"])
    assert described["openapi"].startswith("3.1")
    known: set[str] = set()
    for path in (p for p in found if p.endswith(".json") and not p.startswith("schema/") and p != "api/openapi.json"):
        general = re.sub(r"^(de|ar)/", "{locale}/", path)
        general = re.sub(r"/incidents/2026[^/]*\.json", "/incidents/{id}.json", general)
        known.add("/" + re.sub(r"search/\d{4}", "search/{year}", general))
    assert set(described["paths"]) == known | {"/release.json"}


def test_further_schemas_are_published_beside_ours() -> None:
    found = served(history(), schemas={"incident": {"type": "object"}})
    assert json.loads(found["schema/incident.json"])["type"] == "object"


def test_status_says_the_generation_as_a_number() -> None:
    document = json.loads(served(busy())["api/status.json"])
    assert document["generation"] == 42
    assert document["built"] == "2026-11-20T15:00:00Z"


def test_status_tells_what_is_open_in_all_languages() -> None:
    document = json.loads(served(busy())["api/status.json"])
    [told] = document["incidents"]
    assert told["titles"] == {"en": "Payments fail", "de": "Zahlungen schlagen fehl"}
    assert told["translations"] == {"en": "source", "de": "translated", "ar": "stale"}
    assert set(told["latest"]["words"]) == {"en"}, "the latest update has no translation yet"
    assert [m["id"][11:] for m in document["maintenances"]] == ["reports", "work", "weekly"], "earliest first"


@pytest.mark.parametrize("locale", ["", "de/", "ar/"])
def test_the_text_page_says_the_essential_in_its_first_lines(locale: str) -> None:
    lines = served(busy())[f"{locale}status.txt"].decode().split("\n")
    head = "\n".join(lines[:25])
    for essential in (
        "Example status",
        "2026",
        "42",
        "https://status.example.com/" + locale + "incidents/2026-11-20-payments/",
    ):
        assert essential in head
    title = {"": "Payments fail", "de/": "Zahlungen schlagen fehl", "ar/": "Payments fail"}[locale]
    assert title in head
    assert "Planned work" in head


def test_a_quiet_text_page_is_short() -> None:
    text = served(history())["status.txt"].decode()
    assert "Everything works." in text
    assert len(text.splitlines()) < 20
