"""What our JSON looks like, for programs: JSON Schemas (2020-12) and an OpenAPI 3.1 description that points at them.

Written by hand beside `render.api`; tests validate what the API writes against them, with no key left over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum

from publisher.model.component import Impact
from publisher.model.digest import Plain
from publisher.model.incident import Category, Disclosure, Kind, Scope, Severity, Status
from publisher.model.release import Artifact
from publisher.model.site import Site
from publisher.render.headers import data
from publisher.render.view import Freshness, Indicator

Schema = dict[str, Plain]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
API_VERSION = "1.0.0"

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_MOMENT: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC, seconds"}
_CODE: Schema = {"type": "string", "pattern": "^[0-9a-z]{12}$", "description": "its id in the Statuspage API v2"}
_HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of one wording"}
_BY_LOCALE: Schema = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "locale → text; only languages it exists in",
}


def _maybe(schema: Schema) -> Schema:
    kind = schema["type"]
    return schema | {"type": [kind, "null"]}


def _list(items: Plain) -> Schema:
    return {"type": "array", "items": items}


def _words(kind: type[StrEnum]) -> Schema:
    return {"type": "string", "enum": [str(word) for word in kind]}


def _object(properties: Mapping[str, Plain], description: str = "") -> Schema:
    """Describe an object that always has all of its keys; clients must bear with keys that are new to them."""
    told: Schema = {"description": description} if description else {}
    return told | {"type": "object", "required": list(properties), "properties": dict(properties)}


_UPDATE = _object(
    {
        "id": _CODE,
        "revision": _HASH | {"description": "of the source wording"},
        "at": _MOMENT,
        "status": _words(Status),
        "state": _words(Status) | {"description": "in force after it, never `update`"},
        "next_update": _maybe(_MOMENT) | {"description": "when we promised to speak again"},
        "corrected": _maybe(_TEXT) | {"description": "why these words were corrected, if they were"},
        "changes": _list(_object({"component": _TEXT, "from": _words(Impact), "to": _words(Impact)})),
        "words": {
            "type": "object",
            "description": "locale → the words; only languages it exists in",
            "additionalProperties": _object(
                {
                    "revision": _HASH,
                    "markdown": _TEXT,
                    "html": _TEXT | {"description": "safe to embed"},
                    "text": _TEXT,
                    "who": _maybe(_TEXT),
                    "meanwhile": _maybe(_TEXT),
                }
            ),
        },
    },
    "One thing we said.",
)

_INCIDENT_PROPERTIES: dict[str, Plain] = {
    "id": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}-[a-z0-9-]+$"},
    "code": _CODE,
    "kind": _words(Kind),
    "urls": _BY_LOCALE,
    "titles": _BY_LOCALE,
    "headlines": _BY_LOCALE,
    "translations": {"type": "object", "additionalProperties": _words(Freshness)},
    "category": _words(Category),
    "severity": _words(Severity),
    "scope": _words(Scope),
    "regions": _list(_TEXT),
    "tags": _list(_TEXT),
    "status": _words(Status),
    "impact": _words(Impact) | {"description": "the gravest it reached"},
    "impact_now": _words(Impact),
    "active": _FLAG | {"description": "affects customers now"},
    "open": _FLAG,
    "cause": _words(Disclosure) | {"description": "what may be said of the cause"},
    "started": _MOMENT,
    "detected": _maybe(_MOMENT),
    "ended": _maybe(_MOMENT),
    "created": _MOMENT,
    "updated": _MOMENT,
    "next_update": _maybe(_MOMENT),
    "windows": _list(_object({"from": _MOMENT, "until": _MOMENT})),
    "rrule": _maybe(_TEXT) | {"description": "RFC 5545, without DTSTART"},
    "affected": _list(
        _object(
            {"component": _TEXT, "impact": _words(Impact), "direct": _FLAG | {"description": "named by the writer"}}
        )
    ),
}

_WITH_LATEST = _object(
    _INCIDENT_PROPERTIES | {"latest": {"oneOf": [_UPDATE, {"type": "null"}]}}, "An incident and its latest update."
)


_BANNER_ITEM = _object(
    {
        "id": _INCIDENT_PROPERTIES["id"],
        "kind": _words(Kind),
        "key": {
            "type": "string",
            "pattern": "^[0-9a-f]{16}$",
            "description": "changes when there is something new to say; what a client remembers of a dismissal",
        },
        "revision": {"oneOf": [_HASH, {"type": "null"}]},
        "show": _FLAG | {"description": "something does not work, or maintenance is under way"},
        "severity": _words(Severity),
        "status": _words(Status),
        "impact": _words(Impact),
        "state": _TEXT | {"description": "the impact in a word"},
        "components": _list(_TEXT) | {"description": "ids of what does not work now; all it names if all works again"},
        "headline": _TEXT,
        "headline_locale": _TEXT,
        "line": _TEXT | {"description": "the latest words on one line; maybe empty"},
        "line_locale": _TEXT,
        "note": _TEXT | {"description": "when we speak next, or how long the maintenance lasts; maybe empty"},
        "url": _TEXT,
        "updated": _MOMENT,
        "next_update": _maybe(_MOMENT),
        "until": _maybe(_MOMENT) | {"description": "end of the maintenance's present window"},
    }
)


def api_schemas() -> dict[str, Schema]:
    """Give the schema of each of our documents: name → JSON Schema 2020-12."""
    return {
        "api-status": _object(
            {
                "generation": {"type": "integer", "minimum": 0},
                "built": _MOMENT,
                "as_of": _MOMENT | {"description": "the last moment at which anything changed"},
                "site": _object(
                    {
                        "name": _TEXT,
                        "url": _TEXT,
                        "second_url": _maybe(_TEXT),
                        "locales": _list(_TEXT),
                        "time_zone": _TEXT,
                    }
                ),
                "status": _object({"impact": _words(Impact), "indicator": _words(Indicator), "summary": _BY_LOCALE}),
                "incidents": _list(_WITH_LATEST),
                "maintenances": _list(_WITH_LATEST),
                "components": _list(
                    _object(
                        {
                            "id": _TEXT,
                            "code": _CODE,
                            "names": _BY_LOCALE,
                            "group": _maybe(_TEXT),
                            "impact": _words(Impact),
                            "uptime": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                            "since": {"type": ["string", "null"], "format": "date"},
                        }
                    )
                ),
                "groups": _list(
                    _object(
                        {
                            "id": _TEXT,
                            "code": _CODE,
                            "names": _BY_LOCALE,
                            "parent": _maybe(_TEXT),
                            "impact": _words(Impact),
                        }
                    )
                ),
            },
            "How things stand.",
        ),
        "api-incident": _object(
            _INCIDENT_PROPERTIES | {"updates": _list(_UPDATE)}, "An incident, newest update first."
        ),
        "api-banner": _object(
            {
                "as_of": _MOMENT,
                "locale": _TEXT,
                "direction": {"type": "string", "enum": ["ltr", "rtl"]},
                "site": _object({"name": _TEXT, "url": _TEXT}),
                "labels": _object({"region": _TEXT, "dismiss": _TEXT}),
                "show": _FLAG | {"description": "whether there is an item that users are told without having asked"},
                "indicator": _words(Indicator),
                "impact": _words(Impact),
                "state": _TEXT | {"description": "the impact in a word"},
                "headline": _TEXT,
                "headline_locale": _TEXT,
                "line": _TEXT | {"description": "the latest words on one line; maybe empty"},
                "note": _TEXT | {"description": "when we speak next, or how long the maintenance lasts; maybe empty"},
                "url": _TEXT,
                "next_update": _maybe(_MOMENT),
                "revisions": _list(_HASH),
                "items": _list(_BANNER_ITEM),
            },
            "What an application shows its own users, in one language: the gravest in short, then every item.",
        ),
    }


def _get(summary: str, schema: Plain, *, parameters: Plain = ()) -> Plain:
    found: Plain = {"description": "found", "content": {"application/json": {"schema": schema}}}
    operation: dict[str, Plain] = {"summary": summary, "responses": {"200": found}}
    if parameters:
        operation |= {"parameters": parameters}
        operation["responses"] = {"200": found, "404": {"description": "there is none of that name"}}
    return {"get": operation}


_STATUSPAGE = {
    "status": "The roll-up",
    "summary": "Roll-up, components, unresolved incidents, maintenances to come or under way",
    "components": "All components and groups",
    "incidents": "The latest incidents, newest first",
    "incidents/unresolved": "Incidents that are not resolved",
    "scheduled-maintenances": "The latest maintenances, newest first",
    "scheduled-maintenances/upcoming": "Maintenances to come",
    "scheduled-maintenances/active": "Maintenances under way",
}


def openapi_document(site: Site) -> Schema:
    """Give the OpenAPI 3.1 description of everything below `/api/`."""
    named: Plain = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "`YYYY-MM-DD-slug`"}
    ]
    tongue: Plain = [{"name": "locale", "in": "path", "required": True, "schema": {"enum": list(site.locales[1:])}}]
    refs = {name: {"$ref": site.href(f"schema/{name}.json")} for name in api_schemas()}
    paths: dict[str, Plain] = {
        "/api/status.json": _get("How things stand", refs["api-status"]),
        "/api/incidents/{id}.json": _get("One incident in all languages", refs["api-incident"], parameters=named),
        "/api/banner.json": _get("What an application shows its own users", refs["api-banner"]),
    }
    if site.locales[1:]:
        paths["/{locale}/api/banner.json"] = _get(
            "The same in a language other than the first", refs["api-banner"], parameters=tongue
        )
    for path, summary in _STATUSPAGE.items():
        paths[f"/api/v2/{path}.json"] = _get(f"{summary} (Statuspage API v2)", {"type": "object"})
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{site.name} status API", "version": API_VERSION},
        "servers": [{"url": site.url.rstrip("/")}],
        "paths": paths,
    }


def render_openapi(site: Site, schemas: Mapping[str, Plain]) -> tuple[Artifact, ...]:
    """Write the description and all schemas as artifacts.

    Args:
        site: whose API it is.
        schemas: further schemas to publish, by name: those of what people type.
    """
    out = [data(site, "api/openapi.json", _body(openapi_document(site)))]
    for name, schema in sorted({**schemas, **api_schemas()}.items()):
        path = f"schema/{name}.json"
        known = dict(schema) if isinstance(schema, Mapping) else {}
        out.append(data(site, path, _body({"$schema": DIALECT, "$id": site.href(path)} | known)))
    return tuple(out)


def _body(document: Plain) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
