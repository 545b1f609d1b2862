"""The exported JSON Schemas say what the loader says; every field says who may read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import BaseModel

from publisher.load import schema
from publisher.load.schema import draft07, json_schemas

INCIDENT: dict[str, Any] = {
    "title": "Cards fail",
    "category": "outage",
    "severity": "sev2",
    "started": "2026-11-20T13:52:00Z",
    "components": {"checkout": "partial_outage"},
    "personal_data": True,
    "extra": {"anything": [1, {"goes": None}]},
}


def models() -> Iterator[type[BaseModel]]:
    for thing in vars(schema).values():
        if isinstance(thing, type) and issubclass(thing, schema.Typed) and thing is not schema.Typed:
            yield thing


@pytest.mark.parametrize("model", list(models()), ids=lambda model: model.__name__)
def test_every_field_is_public_or_internal_and_explained(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra["x-audience"] in ("public", "internal"), name
        assert field.description, name


@pytest.mark.parametrize("name", list(json_schemas()))
def test_schemas_are_valid_in_both_dialects_and_stable(name: str) -> None:
    new = json_schemas()[name]
    old = draft07(new)
    jsonschema.Draft202012Validator.check_schema(new)
    jsonschema.Draft7Validator.check_schema(old)
    assert new["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert old["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "$defs" not in json.dumps(old)
    assert json.dumps(new) == json.dumps(json_schemas()[name])


def test_draft_07_has_nothing_beside_a_reference() -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            assert "$ref" not in node or len(node) == 1, node
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    for new in json_schemas().values():
        walk(draft07(new))


CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("as it should be", {}, True),
    ("unknown key", {"tittle": "x"}, False),
    ("unknown severity", {"severity": "sev9"}, False),
    ("unknown impact", {"components": {"a": "broken"}}, False),
    ("switch as text", {"personal_data": "yes"}, False),
    ("no severity", {"severity": ...}, False),
    ("no title", {"title": ...}, False),
    ("maintenance without window", {"kind": "maintenance"}, False),
    (
        "maintenance",
        {
            "kind": "maintenance",
            "severity": ...,
            "category": ...,
            "started": ...,
            "window": {"from": "2026-11-28T02:00:00Z", "until": "2026-11-28T04:00:00Z"},
        },
        True,
    ),
    ("window without end", {"kind": "maintenance", "window": {"from": "2026-11-28T02:00:00Z"}}, False),
]


@pytest.mark.parametrize(("changes", "valid"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_both_dialects_agree_with_the_loader(changes: dict[str, Any], valid: bool) -> None:  # noqa: FBT001
    data = {key: value for key, value in (INCIDENT | changes).items() if value is not ...}
    new = json_schemas()["incident"]
    assert jsonschema.Draft202012Validator(new).is_valid(data) is valid
    assert jsonschema.Draft7Validator(draft07(new)).is_valid(data) is valid
