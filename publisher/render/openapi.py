"""What our JSON looks like, for programs: JSON Schemas (2020-12) and an OpenAPI 3.1 description that points at them.

Written by hand beside `render.api`; tests validate what the API writes against them, with no key left over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from publisher.model.component import Impact
from publisher.model.digest import Plain
from publisher.model.incident import Category, Disclosure, Kind, Scope, Severity, Status
from publisher.model.release import Artifact
from publisher.model.site import Site
from publisher.render.headers import data
from publisher.render.json_shapes import (
    BY_LOCALE,
    CODE,
    DIALECT,
    FLAG,
    HASH,
    MOMENT,
    TEXT,
    Schema,
    listed,
    maybe,
    shaped,
    words,
)
from publisher.render.openapi_others import DOCUMENTS, FURTHER, other_schemas
from publisher.render.view import Freshness, Indicator

API_VERSION = "1.1.0"

_UPDATE = shaped(
    {
        "id": CODE,
        "revision": HASH | {"description": "of the source wording"},
        "at": MOMENT,
        "status": words(Status),
        "state": words(Status) | {"description": "in force after it, never `update`"},
        "next_update": maybe(MOMENT) | {"description": "when we promised to speak again"},
        "corrected": maybe(TEXT) | {"description": "why these words were corrected, if they were"},
        "changes": listed(shaped({"component": TEXT, "from": words(Impact), "to": words(Impact)})),
        "words": {
            "type": "object",
            "description": "locale → the words; only languages it exists in",
            "additionalProperties": shaped(
                {
                    "revision": HASH,
                    "markdown": TEXT,
                    "html": TEXT | {"description": "safe to embed"},
                    "text": TEXT,
                    "who": maybe(TEXT),
                    "meanwhile": maybe(TEXT),
                }
            ),
        },
    },
    "One thing we said.",
)

_INCIDENT_PROPERTIES: dict[str, Plain] = {
    "id": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}-[a-z0-9-]+$"},
    "code": CODE,
    "kind": words(Kind),
    "urls": BY_LOCALE,
    "titles": BY_LOCALE,
    "headlines": BY_LOCALE,
    "translations": {"type": "object", "additionalProperties": words(Freshness)},
    "category": words(Category),
    "severity": words(Severity),
    "scope": words(Scope),
    "regions": listed(TEXT),
    "tags": listed(TEXT),
    "status": words(Status),
    "impact": words(Impact) | {"description": "the gravest it reached"},
    "impact_now": words(Impact),
    "active": FLAG | {"description": "affects customers now"},
    "open": FLAG,
    "cause": words(Disclosure) | {"description": "what may be said of the cause"},
    "started": MOMENT,
    "detected": maybe(MOMENT),
    "ended": maybe(MOMENT),
    "created": MOMENT,
    "updated": MOMENT,
    "next_update": maybe(MOMENT),
    "windows": listed(shaped({"from": MOMENT, "until": MOMENT})),
    "rrule": maybe(TEXT) | {"description": "RFC 5545, without DTSTART"},
    "affected": listed(
        shaped({"component": TEXT, "impact": words(Impact), "direct": FLAG | {"description": "named by the writer"}})
    ),
}

_WITH_LATEST = shaped(
    _INCIDENT_PROPERTIES | {"latest": {"oneOf": [_UPDATE, {"type": "null"}]}}, "An incident and its latest update."
)


_BANNER_ITEM = shaped(
    {
        "id": _INCIDENT_PROPERTIES["id"],
        "kind": words(Kind),
        "key": {
            "type": "string",
            "pattern": "^[0-9a-f]{16}$",
            "description": "changes when there is something new to say; what a client remembers of a dismissal",
        },
        "revision": {"oneOf": [HASH, {"type": "null"}]},
        "show": FLAG | {"description": "something does not work, or maintenance is under way"},
        "severity": words(Severity),
        "status": words(Status),
        "impact": words(Impact),
        "state": TEXT | {"description": "the impact in a word"},
        "components": listed(TEXT) | {"description": "ids of what does not work now; all it names if all works again"},
        "headline": TEXT,
        "headline_locale": TEXT,
        "line": TEXT | {"description": "the latest words on one line; maybe empty"},
        "line_locale": TEXT,
        "note": TEXT | {"description": "when we speak next, or how long the maintenance lasts; maybe empty"},
        "url": TEXT,
        "updated": MOMENT,
        "next_update": maybe(MOMENT),
        "until": maybe(MOMENT) | {"description": "end of the maintenance's present window"},
    }
)


def api_schemas() -> dict[str, Schema]:
    """Give the schema of each of our documents: name → JSON Schema 2020-12."""
    return {
        "api-status": shaped(
            {
                "generation": {"type": "integer", "minimum": 0},
                "built": MOMENT,
                "as_of": MOMENT | {"description": "the last moment at which anything changed"},
                "site": shaped(
                    {
                        "name": TEXT,
                        "url": TEXT,
                        "second_url": maybe(TEXT),
                        "locales": listed(TEXT),
                        "time_zone": TEXT,
                    }
                ),
                "status": shaped({"impact": words(Impact), "indicator": words(Indicator), "summary": BY_LOCALE}),
                "incidents": listed(_WITH_LATEST),
                "maintenances": listed(_WITH_LATEST),
                "components": listed(
                    shaped(
                        {
                            "id": TEXT,
                            "code": CODE,
                            "names": BY_LOCALE,
                            "group": maybe(TEXT),
                            "impact": words(Impact),
                            "uptime": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                            "since": {"type": ["string", "null"], "format": "date"},
                        }
                    )
                ),
                "groups": listed(
                    shaped(
                        {
                            "id": TEXT,
                            "code": CODE,
                            "names": BY_LOCALE,
                            "parent": maybe(TEXT),
                            "impact": words(Impact),
                        }
                    )
                ),
            },
            "How things stand.",
        ),
        "api-incident": shaped(
            _INCIDENT_PROPERTIES | {"updates": listed(_UPDATE)}, "An incident, newest update first."
        ),
        "api-banner": shaped(
            {
                "as_of": MOMENT,
                "locale": TEXT,
                "direction": {"type": "string", "enum": ["ltr", "rtl"]},
                "site": shaped({"name": TEXT, "url": TEXT}),
                "labels": shaped({"region": TEXT, "dismiss": TEXT}),
                "show": FLAG | {"description": "whether there is an item that users are told without having asked"},
                "indicator": words(Indicator),
                "impact": words(Impact),
                "state": TEXT | {"description": "the impact in a word"},
                "headline": TEXT,
                "headline_locale": TEXT,
                "line": TEXT | {"description": "the latest words on one line; maybe empty"},
                "note": TEXT | {"description": "when we speak next, or how long the maintenance lasts; maybe empty"},
                "url": TEXT,
                "next_update": maybe(MOMENT),
                "revisions": listed(HASH),
                "items": listed(_BANNER_ITEM),
            },
            "What an application shows its own users, in one language: the gravest in short, then every item.",
        ),
        **other_schemas(),
    }


def _get(summary: str, schema: Plain, *, parameters: Plain = ()) -> Plain:
    found: Plain = {"description": "found", "content": {"application/json": {"schema": schema}}}
    operation: dict[str, Plain] = {"summary": summary, "responses": {"200": found}}
    if parameters:
        operation |= {"parameters": parameters}
        operation["responses"] = {"200": found, "404": {"description": "there is none of that name"}}
    return {"get": operation}


def openapi_document(site: Site) -> Schema:
    """Give the OpenAPI 3.1 description of everything below `/api/`."""
    named: Plain = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "`YYYY-MM-DD-slug`"}
    ]
    tongue: Plain = [{"name": "locale", "in": "path", "required": True, "schema": {"enum": list(site.locales[1:])}}]
    year: Plain = {
        "name": "year",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]{4}$"},
    }
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
    for path, (name, summary) in DOCUMENTS.items():
        paths[path] = _get(summary, refs[name])
    for path, (name, summary) in FURTHER.items():
        years: Plain = [year] if "{year}" in path else []
        assert isinstance(years, list)  # noqa: S101 - it is one, two lines up
        paths[path] = _get(summary, refs[name], parameters=years)
        if site.locales[1:]:
            assert isinstance(tongue, list)  # noqa: S101
            paths[f"/{{locale}}{path}"] = _get(
                f"{summary}, in another language", refs[name], parameters=[*tongue, *years]
            )
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
