"""Hosts that read `_headers` and `_redirects` from the site itself: Netlify, Cloudflare Pages and their like.

They differ where several rules meet one path: Netlify lets a later rule replace an earlier one's header, Cloudflare
joins both by a comma. So every header but one stands in rules that never meet. The policy stands in two: for all files
without the word on framing, and again, whole, for pages. Replaced or joined (browsers then enforce both), pages end up
with the whole, and `/embed/` with the part that lets others frame it.
"""

from __future__ import annotations

from publisher.hosting.policy import CSP, HSTS, HSTS_VALUE, always, csp, unframed_csp
from publisher.hosting.survey import IMMUTABLE, Kind, Survey
from publisher.model.errors import RefusedError

MAX_RULES = 100
MAX_LINE = 2000
"""What Cloudflare Pages reads of `_headers`: rules, and characters in a line."""


def render_headers(site: Survey, *, secure: bool = True) -> str:
    """Write `_headers`.

    Raises:
        RefusedError: it would be more than Cloudflare reads.
    """
    framed = ((CSP, csp(Kind.PAGE, site)), ("X-Frame-Options", "DENY"))
    rules = [
        (
            "/*",
            (
                (CSP, unframed_csp(site)),
                *always(),
                *(((HSTS, HSTS_VALUE),) if secure else ()),
                # said of pages, too: a narrower rule could not take it back, and all of it is public
                ("Cross-Origin-Resource-Policy", "cross-origin"),
                ("Access-Control-Allow-Origin", "*"),
            ),
        ),
        *((f"/{folder}*", framed) for folder in site.page_folders),
        *((f"/{page}", framed) for page in site.page_files),
        *((f"/{folder}*", (("Cache-Control", IMMUTABLE),)) for folder in site.asset_folders),
    ]
    lines = [
        "# Written by `tidings hosting netlify`; write it anew after an update of Tidings or of the theme.",
        '# A header is said by one rule alone, but for the policy: see the manual, "Host the page".',
    ]
    for pattern, headers in rules:
        lines += ["", pattern, *(f"  {name}: {value}" for name, value in headers)]
    if len(rules) > MAX_RULES or max(len(line) for line in lines) > MAX_LINE:
        raise RefusedError(
            f"The site needs {len(rules)} rules, or a policy longer than {MAX_LINE} characters.",
            "Bring pages of site_src/ together in folders, or serve it by nginx or CloudFront.",
        )
    return "\n".join(lines) + "\n"


def render_redirects() -> str:
    """Write `_redirects`: nothing but that the publisher's own files are not there. Pretty addresses the host knows."""
    return (
        "# Written by `tidings hosting netlify`. Cloudflare Pages does not know 404 here and leaves the lines out:\n"
        "# deploy there what `tidings build` made, which holds none of these.\n"
        "/.tidings/*  /404.html  404!\n"
        "/.tidings-build  /404.html  404!\n"
    )
