"""The shapes of the JSON that others gave a form to (Statuspage API v2, JSON Feed), and of what our pages fetch.

Those of the Statuspage API are what its clients are promised: key for key as recorded payloads of real pages have them.
"""

from __future__ import annotations

from publisher.model.component import Impact
from publisher.model.digest import Plain
from publisher.model.incident import Status
from publisher.render.json_shapes import COUNT, FLAG, TEXT, Schema, listed, maybe, shaped, words
from publisher.render.view import Indicator

_ID: Schema = {"type": "string", "pattern": "^[0-9a-z]{12}$"}
_AT: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": "\\.[0-9]{3}(?:Z|[+-][0-9]{2}:[0-9]{2})$",
    "description": "RFC 3339 with milliseconds, in the zone of the page",
}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_DATE: Schema = {"type": "string", "format": "date"}
_WEB: Schema = {"type": "string", "format": "uri"}
_PLANNED = frozenset({Status.SCHEDULED, Status.IN_PROGRESS, Status.VERIFYING, Status.COMPLETED})
_STATES: Schema = {"type": "string", "enum": [str(s) for s in Status if s not in _PLANNED | {Status.UPDATE}]}
_PLAN_STATES: Schema = {"type": "string", "enum": [str(s) for s in Status if s in _PLANNED]}
_ANY_STATE: Schema = {"type": "string", "enum": [str(s) for s in Status if s is not Status.UPDATE]}
_WEIGHT: Schema = {"type": "string", "enum": ["none", "minor", "major", "critical", "maintenance"]}

_PAGE = shaped({"id": _ID, "name": TEXT, "url": _WEB, "time_zone": TEXT, "updated_at": _AT})
_OVERALL = shaped({"indicator": words(Indicator), "description": TEXT})
_COMPONENT = shaped(
    {
        "id": _ID,
        "name": TEXT,
        "status": words(Impact),
        "created_at": _AT,
        "updated_at": _AT,
        "position": COUNT,
        "description": maybe(TEXT),
        "showcase": FLAG,
        "start_date": maybe(_DATE),
        "group_id": maybe(_ID),
        "page_id": _ID,
        "group": FLAG,
        "only_show_if_degraded": FLAG,
    },
    optional={"components": listed(_ID)},
)
_CHANGE = shaped({"code": _ID, "name": TEXT, "old_status": words(Impact), "new_status": words(Impact)})
_UPDATE = shaped(
    {
        "id": _ID,
        "status": _ANY_STATE,
        "body": TEXT,
        "incident_id": _ID,
        "created_at": _AT,
        "updated_at": _AT,
        "display_at": _AT,
        "affected_components": maybe(listed(_CHANGE)),
        "deliver_notifications": FLAG,
        "custom_tweet": {"type": "null"},
        "tweet_id": {"type": "null"},
    }
)
_INCIDENT_PROPERTIES: dict[str, Plain] = {
    "id": _ID,
    "name": TEXT,
    "status": _STATES,
    "created_at": _AT,
    "updated_at": _AT,
    "monitoring_at": maybe(_AT),
    "resolved_at": maybe(_AT),
    "impact": _WEIGHT,
    "shortlink": _WEB,
    "started_at": _AT,
    "page_id": _ID,
    "incident_updates": listed(_UPDATE) | {"minItems": 1},
    "components": listed(_COMPONENT),
}
_INCIDENTS = listed(shaped(_INCIDENT_PROPERTIES))
_PLANS = listed(shaped({**_INCIDENT_PROPERTIES, "status": _PLAN_STATES, "scheduled_for": _AT, "scheduled_until": _AT}))

DOCUMENTS = {
    "/api/v2/status.json": ("api-v2-status", "The roll-up (Statuspage API v2)"),
    "/api/v2/summary.json": ("api-v2-summary", "Everything that is so now (Statuspage API v2)"),
    "/api/v2/components.json": ("api-v2-components", "All components and groups (Statuspage API v2)"),
    "/api/v2/incidents.json": ("api-v2-incidents", "The latest incidents, newest first (Statuspage API v2)"),
    "/api/v2/incidents/unresolved.json": ("api-v2-incidents", "Incidents that are not resolved (Statuspage API v2)"),
    "/api/v2/scheduled-maintenances.json": ("api-v2-maintenances", "The latest maintenances (Statuspage API v2)"),
    "/api/v2/scheduled-maintenances/upcoming.json": ("api-v2-maintenances", "Those to come (Statuspage API v2)"),
    "/api/v2/scheduled-maintenances/active.json": ("api-v2-maintenances", "Those under way (Statuspage API v2)"),
    "/release.json": ("release", "Which release is live; there once the site is published"),
}
"""Path → name of its schema, and what it is. In the source language alone."""
FURTHER = {
    "/feed.json": ("feed", "The history (JSON Feed 1.1)"),
    "/search/{year}.json": ("search", "What the search page looks through, a year"),
}
"""The same, of documents that each language has."""


def other_schemas() -> dict[str, Schema]:
    """Give the schema of each of these documents: name → JSON Schema 2020-12."""
    return {
        "api-v2-status": shaped({"page": _PAGE, "status": _OVERALL}),
        "api-v2-summary": shaped(
            {
                "page": _PAGE,
                "components": listed(_COMPONENT),
                "incidents": _INCIDENTS,
                "scheduled_maintenances": _PLANS,
                "status": _OVERALL,
            }
        ),
        "api-v2-components": shaped({"page": _PAGE, "components": listed(_COMPONENT)}),
        "api-v2-incidents": shaped({"page": _PAGE, "incidents": _INCIDENTS}),
        "api-v2-maintenances": shaped({"page": _PAGE, "scheduled_maintenances": _PLANS}),
        "release": _release(),
        "feed": _feed(),
        "search": _search(),
    }


def _release() -> Schema:
    return shaped(
        {
            "format": COUNT,
            "generation": COUNT,
            "id": TEXT,
            "built": _MOMENT,
            "manifest": TEXT | {"description": "path of the pack that holds the root of the list of every file"},
            "manifest_offset": COUNT | {"description": "where the root begins in it, in bytes"},
            "manifest_length": COUNT | {"description": "how many bytes the root has"},
            "manifest_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "second_url": maybe(_WEB) | {"description": "the same page on an unrelated host"},
            "lease": {
                "type": ["array", "null"],
                "items": {"type": ["integer", "string"]},
                "description": "token and version of the publisher's lease, given back; for the next publisher alone",
            },
        },
        "The pointer: written last, so that what it names is there.",
    )


def _feed() -> Schema:
    """Describe JSON Feed 1.1 as far as we use it (https://www.jsonfeed.org/version/1.1/)."""
    item = shaped(
        {
            "id": TEXT,
            "url": _WEB,
            "title": TEXT,
            "content_html": TEXT,
            "content_text": TEXT,
            "summary": TEXT,
            "date_published": _MOMENT,
            "date_modified": _MOMENT,
            "tags": listed(TEXT),
            "language": TEXT,
        }
    )
    return shaped(
        {
            "version": {"const": "https://jsonfeed.org/version/1.1"},
            "title": TEXT,
            "home_page_url": _WEB,
            "feed_url": _WEB,
            "description": TEXT,
            "language": TEXT,
            "authors": listed(shaped({"name": TEXT, "url": _WEB})),
            "items": listed(item),
        },
        optional={"hubs": listed(shaped({"type": {"const": "WebSub"}, "url": _WEB}))},
    )


def _search() -> Schema:
    keys = ("id", "title", "locale", "date", "state", "about", "text")
    return shaped({"year": COUNT, "incidents": listed(shaped(dict.fromkeys(keys, TEXT)))})
