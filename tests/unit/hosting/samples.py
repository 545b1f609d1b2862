"""A small site to look at."""

from __future__ import annotations

from publisher.hosting.survey import Survey, survey
from publisher.model.release import Artifact, Group

SHORT = "public, max-age=15"
LONG = "public, max-age=31536000, immutable"


def file(path: str, body: bytes = b"", *, kind: str = "text/html; charset=utf-8", cache: str = SHORT) -> Artifact:
    headers = (("cache-control", cache), ("content-type", kind))
    return Artifact(path=path, body=body, headers=headers, group=Group.PAGES)


def files() -> list[Artifact]:
    return [
        file("index.html", b"<script>a()</script>"),
        file("404.html", b'<script src="/x.js"></script>'),
        file("history/index.html", b"<script>b()</script><style>p{}</style>"),
        file("de/index.html", b"<script>a()</script>"),
        file("de/history/index.html"),
        file("embed/index.html"),
        file("de/embed/index.html"),
        file("api/status.json", kind="application/json; charset=utf-8"),
        file("api/v2/summary.json", kind="application/json"),
        file("feed.json", kind="application/feed+json; charset=utf-8"),
        file("embed.js", kind="text/javascript; charset=utf-8", cache="public, max-age=3600"),
        file("assets/site.0a1b2c3d.css", kind="text/css; charset=utf-8", cache=LONG),
        file("badge.svg", b"<svg><style>.a{}</style></svg>", kind="image/svg+xml"),
    ]


def site(*more: Artifact) -> Survey:
    return survey([*files(), *more], locales=("en", "de"), pointer_cache="public, max-age=5")
