"""The site behind nginx 1.18 or later, as one file for its `http` context.

Headers that differ by kind of file come from `map`s on the path, so that each stands in one `add_header` at the server:
an `add_header` in a `location` would silently undo all of the server's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from publisher.hosting.policy import HSTS_VALUE, always, csp, resource_policy
from publisher.hosting.survey import HASHED_NAME, IMMUTABLE, Kind, Survey, media
from publisher.model.errors import UsageError

_SAFE = re.compile(r"[A-Za-z0-9._:/@+=-]+")
_SAFE_ADDRESS = re.compile(r"[A-Za-z0-9._:/@+=?&~%,-]+")
_COMPRESSED = ("text/", "application/json", "+json", "+xml", "application/xml", "/javascript")
_DATA_TYPES = {"woff": "font/woff", "woff2": "font/woff2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NginxSettings:
    """Where nginx finds the site, and who may ask.

    Attributes:
        names: host names, the canonical one first.
        root: the folder that is published to.
        port: the port of readers' requests; 443 where there is a certificate, else 80, unless given.
        certificate, key: files of PEM; without them nginx speaks plain HTTP, for a balancer that ends TLS before it.
        hub: WebSub hub that feeds are to name in a header, too, or None.
        url: of the site, for the address of a feed in that header.
    """

    names: Sequence[str]
    root: str
    port: int | None = None
    certificate: str | None = None
    key: str | None = None
    hub: str | None = None
    url: str = ""


def render_nginx(site: Survey, settings: NginxSettings) -> str:
    """Write the file.

    Raises:
        UsageError: a name or path holds what cannot stand in the file, or there is a certificate without its key.
    """
    for text in (*settings.names, settings.root, settings.certificate, settings.key):
        if text is not None and not _SAFE.fullmatch(text):
            raise UsageError(
                f"'{text}' cannot stand in a file for nginx.", "Use letters, digits and . _ : / @ + = - alone."
            )
    if (settings.certificate is None) != (settings.key is None):
        raise UsageError("A certificate needs its key, and a key its certificate.", "Give --certificate and --key.")
    if settings.hub is not None and not (_SAFE_ADDRESS.fullmatch(settings.hub) and _SAFE.fullmatch(settings.url)):
        raise UsageError(f"'{settings.hub}' cannot stand in a file for nginx.", "Name a hub without odd characters.")
    return "\n".join([*_maps(site), *_links(settings), "", *_redirect(settings), *_server(site, settings)]) + "\n"


def _maps(site: Survey) -> list[str]:
    embed = "|".join(re.escape(folder) for folder in site.embeds) or "embed/"
    kinds = [
        ("default", Kind.OPEN),
        (f'"~^/(?:{embed})(?:index\\.html)?$"', Kind.EMBED),
        ('"~(?:/|\\.html)$"', Kind.PAGE),
        ('"~\\.svg$"', Kind.PICTURE),
        ('"~^/assets/.*\\.(?:css|js|woff2?)$"', Kind.ASSET),
    ]
    folders = "|".join(re.escape(folder) for folder in ("objects/", "releases/"))
    return [
        "# How long a file may be kept: what an incident changes, for seconds; what has a hash in its name, for ever.",
        *_map(
            "$uri",
            "tidings_cache",
            [
                ("default", site.cache),
                *((f'"/{path}"', value) for path, value in sorted(site.named_cache.items())),
                (f'"~^/(?:{folders})"', IMMUTABLE),
                (f'"~{HASHED_NAME}"', IMMUTABLE),
            ],
        ),
        "# What a browser may do with a file.",
        *_map("$uri", "tidings_csp", [(pattern, csp(kind, site)) for pattern, kind in kinds]),
        *_map("$uri", "tidings_corp", [(pattern, resource_policy(kind)) for pattern, kind in kinds]),
        *_map("$uri", "tidings_frames", [(p, "DENY" if kind is Kind.PAGE else "") for p, kind in kinds]),
        *_map("$uri", "tidings_cors", [(p, "*" if kind in _SHARED else "") for p, kind in kinds]),
        "# Said only to those who came by https, here or at the balancer before (RFC 6797, section 7.2).",
        *_map(
            '"$scheme:$http_x_forwarded_proto"',
            "tidings_hsts",
            [("default", ""), ('"~^https:"', HSTS_VALUE), ('"~:https$"', HSTS_VALUE)],
        ),
    ]


_SHARED = (Kind.OPEN, Kind.PICTURE)


def _links(settings: NginxSettings) -> list[str]:
    """Name hub and topic of each feed in a header, where subscribers look first (W3C WebSub, section 4)."""
    if settings.hub is None:
        return []
    link = f'<{settings.hub}>; rel=\\"hub\\", <{settings.url.rstrip("/")}$uri>; rel=\\"self\\"'
    return [
        "# Where a feed's subscribers hear of changes.",
        *_map("$uri", "tidings_link", [("default", ""), ('"~(?:\\.atom|\\.rss|/feed\\.json)$"', link)]),
    ]


def _map(of: str, name: str, lines: Sequence[tuple[str, str]]) -> list[str]:
    return [f"map {of} ${name} {{", *(f'    {pattern} "{value}";' for pattern, value in lines), "}"]


def _redirect(settings: NginxSettings) -> list[str]:
    if settings.certificate is None:
        return []
    return [
        "server {",
        "    listen 80;",
        "    listen [::]:80;",
        f"    server_name {' '.join(settings.names)};",
        f"    return 301 https://{settings.names[0]}$request_uri;",
        "}",
        "",
    ]


def _server(site: Survey, settings: NginxSettings) -> list[str]:
    secure = settings.certificate is not None
    port = settings.port or (443 if secure else 80)
    extra = " ssl http2" if secure else ""
    types = {**_DATA_TYPES, **site.types}
    by_type: dict[str, list[str]] = {}
    for extension, kind in sorted(types.items()):
        by_type.setdefault(media(kind), []).append(extension)
    with_charset = sorted({media(kind) for kind in [*types.values(), *site.named_types.values()] if "charset" in kind})
    compressed = sorted({m for m in [*by_type, *map(media, site.named_types.values())] if _compresses(m)})
    lines = [
        "server {",
        f"    listen {port}{extra};",
        f"    listen [::]:{port}{extra};",
        f"    server_name {' '.join(settings.names)};",
    ]
    if secure:
        lines += [
            f"    ssl_certificate {settings.certificate};",
            f"    ssl_certificate_key {settings.key};",
            "    ssl_protocols TLSv1.2 TLSv1.3;",
            "    ssl_session_cache shared:tidings:2m;",
            "    ssl_session_tickets off;",
        ]
    lines += [
        "",
        f"    root {settings.root};",
        "    index index.html;",
        "    absolute_redirect off;",
        "    server_tokens off;",
        "    etag on;",
        "    # a file is replaced while it is served: nothing may be remembered about it",
        "    open_file_cache off;",
        "    log_not_found off;",
        "",
        "    types {",
        *(f"        {kind} {' '.join(extensions)};" for kind, extensions in sorted(by_type.items())),
        "    }",
        "    default_type application/octet-stream;",
        "    charset utf-8;",
        # text/html is always among them
        f"    charset_types {' '.join(m for m in with_charset if m != 'text/html')};",
        "",
        "    gzip on;",
        "    gzip_comp_level 6;",
        "    gzip_min_length 1000;",
        "    gzip_vary on;",
        "    gzip_proxied any;",
        f"    gzip_types {' '.join(m for m in compressed if m != 'text/html')};",
        "",
        '    add_header Cache-Control "$tidings_cache" always;',
        '    add_header Content-Security-Policy "$tidings_csp" always;',
        '    add_header Strict-Transport-Security "$tidings_hsts" always;',
        '    add_header Cross-Origin-Resource-Policy "$tidings_corp" always;',
        '    add_header X-Frame-Options "$tidings_frames" always;',
        '    add_header Access-Control-Allow-Origin "$tidings_cors" always;',
        *(f'    add_header {name} "{value}" always;' for name, value in always()),
        *(['    add_header Link "$tidings_link";'] if settings.hub is not None else []),
        "",
        "    # a folder without a page is nothing to a reader",
        "    error_page 403 404 =404 /404.html;",
        "    # the publisher's own files, and whatever else begins with a dot",
        "    location ~ /\\.(?!well-known/) { return 404; }",
        "    # an old wording must not be found under its hash as a page",
        "    location /objects/ { types { } default_type application/octet-stream; }",
    ]
    for name, kind in sorted(site.named_types.items()):
        lines.append(f'    location ~ "/{re.escape(name)}$" {{ types {{ }} default_type {media(kind)}; }}')
    return [*lines, "}"]


def _compresses(kind: str) -> bool:
    return any(part in kind for part in _COMPRESSED)
