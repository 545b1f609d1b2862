"""JSON Schemas of all that people type, for editors and other programs: 2020-12, and a draft-07 twin of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, JsonValue

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DRAFT_07: Final = "http://json-schema.org/draft-07/schema#"


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Export one model as a 2020-12 schema."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    schema["title"] = title
    _tidy(schema)
    return {"$schema": DIALECT, **schema}


def _tidy(node: JsonValue, *, names: bool = False) -> None:
    """Take out the titles pydantic makes up from names; where keys are names of people's keys, look only below them."""
    if isinstance(node, list):
        for inner in node:
            _tidy(inner)
    elif isinstance(node, dict):
        for key, inner in node.items():
            _tidy(inner, names=not names and key in ("properties", "$defs"))
            if isinstance(inner, dict) and not names and key in ("properties", "$defs"):
                for child in inner.values():
                    if isinstance(child, dict):
                        child.pop("title", None)


def draft07(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a 2020-12 schema of ours into draft-07, for tools that know no newer one."""
    out = _draft07(dict(schema))
    assert isinstance(out, dict)  # noqa: S101 -- a mapping goes in
    out["$schema"] = DRAFT_07
    return out


def _draft07(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_draft07(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, JsonValue] = {}
    for key, value in node.items():
        if key == "$ref" and isinstance(value, str):
            out[key] = value.replace("#/$defs/", "#/definitions/")
        else:
            out["definitions" if key == "$defs" else key] = _draft07(value)
    reference = out.pop("$ref", None)
    if reference is None:
        return out
    if out:
        # draft-07 section 8.3: whatever stands beside $ref is ignored
        return {**out, "allOf": [{"$ref": reference}]}
    return {"$ref": reference}
