"""Headers every artifact is served with.

Cross-origin access is not among them: an object store takes it from the bucket's configuration and cannot keep it
with an object, so a manifest that promised it could not be held to it.
"""

from __future__ import annotations

from publisher.model.release import Artifact, Group
from publisher.model.site import Site

CONTENT_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
"""File extension → `content-type`."""

FEED_JSON = "application/feed+json; charset=utf-8"
"""JSON Feed 1.1 has a media type of its own."""

_STALE_S = 7 * 24 * 3600
"""How long a cache may go on serving what it has while the origin is out of order, seconds."""


def short_lived(site: Site, content_type: str) -> tuple[tuple[str, str], ...]:
    """Give the headers of what changes with an incident: seconds of cache, a week when we cannot be reached."""
    return (
        ("cache-control", f"public, max-age={site.max_age_s}, stale-if-error={_STALE_S}"),
        ("content-type", content_type),
    )


def data(site: Site, path: str, body: bytes, *, stamped: bool = False, group: Group = Group.FEEDS) -> Artifact:
    """Make an artifact that is not a page; the path's extension says what it is."""
    extension = path.rpartition(".")[2]
    content_type = FEED_JSON if path.endswith("feed.json") else CONTENT_TYPES[extension]
    return Artifact(path=path, body=body, headers=short_lived(site, content_type), group=group, stamped=stamped)


def prefix(site: Site, locale: str) -> str:
    """Give the folder of a language: none for the source, `<locale>/` for the others."""
    return "" if locale == site.locale else f"{locale}/"
