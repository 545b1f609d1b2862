"""Building blocks of the JSON Schemas (2020-12) that describe what we write."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from publisher.model.digest import Plain

Schema = dict[str, Plain]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC, seconds"}
CODE: Schema = {"type": "string", "pattern": "^[0-9a-z]{12}$", "description": "its id in the Statuspage API v2"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of one wording"}
BY_LOCALE: Schema = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "locale → text; only languages it exists in",
}


def maybe(schema: Schema) -> Schema:
    """Allow null as well."""
    allowed = schema | {"type": [schema["type"], "null"]}
    if "enum" in allowed:
        words_ = allowed["enum"]
        assert isinstance(words_, list)  # noqa: S101 - JSON Schema has it so
        allowed["enum"] = [*words_, None]
    return allowed


def listed(items: Plain) -> Schema:
    """Describe a list of such items."""
    return {"type": "array", "items": items}


def words(kind: type[StrEnum]) -> Schema:
    """Describe one word of a closed set."""
    return {"type": "string", "enum": [str(word) for word in kind]}


def shaped(
    properties: Mapping[str, Plain], description: str = "", *, optional: Mapping[str, Plain] | None = None
) -> Schema:
    """Describe an object that always has all of its keys; clients must bear with keys that are new to them.

    Args:
        properties: that are always there.
        description: what the object is.
        optional: that are there at times.
    """
    told: Schema = {"description": description} if description else {}
    return told | {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
    }
