"""A live page's headers: which protections are there, what the policy lets through, how one gets to https."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from publisher.hosting.answer import Answer
from publisher.hosting.inline import read_inline
from publisher.hosting.look import REDIRECTS, Look, Question, fail, ok, warn
from publisher.hosting.policy import CSP, HSTS, META_CANNOT, WANTED
from publisher.hosting.weakness import policies, weaknesses

_HSTS_SHORT_S = 180 * 24 * 3600
_HTTPS_PORT = 443


HOSTS: tuple[tuple[str, str], ...] = (
    ("nginx", "Use what `tidings hosting nginx` writes, and reload nginx."),
    ("openresty", "Use what `tidings hosting nginx` writes, and reload the server."),
    ("netlify", "Write `tidings hosting netlify --out site_src` and publish again."),
    ("cloudfront", "Bring the stack up to date with what `tidings hosting cloudfront` writes."),
    (
        "cloudflare",
        "On Cloudflare Pages: `tidings hosting netlify --out site_src`; else set it where the page comes from.",
    ),
    ("amazons3", "S3 alone cannot say it: put CloudFront before it; `tidings hosting cloudfront` writes the template."),
    (
        "github",
        "GitHub Pages sets no headers: use another host; `tidings hosting meta` gives the little a page can say.",
    ),
)
"""What a server calls itself → how headers are changed there."""
_ELSEWHERE = (
    "`tidings hosting nginx`, `netlify` or `cloudfront` writes it; for other servers, take the values from there."
)


def how_to_mend(answer: Answer) -> str:
    """Say how headers are changed on the kind of host that answered."""
    server = (answer.header("server") or "").lower()
    if answer.header("x-amz-cf-id"):
        # CloudFront passes on what the bucket behind it calls itself
        server = "cloudfront"
    return next((step for name, step in HOSTS if name in server), _ELSEWHERE)


def look_at_headers(home: Answer, *, secure: bool, mend: str) -> Iterator[Look]:
    """Count the eight protections, and say of each that is missing why it matters."""
    missing = []
    for wanted in WANTED:
        if wanted.name == "frame-ancestors":
            said = any("frame-ancestors" in policy for policy in policies(home.header(CSP)))
        else:
            said = home.header(wanted.name) is not None
        if not said:
            missing.append(wanted)
    count = f"{len(WANTED) - len(missing)} of {len(WANTED)} protections are there"
    if not missing:
        yield ok("headers", count)
    else:
        yield fail("headers", count, mend)
    for wanted in missing:
        if wanted.name == HSTS and not secure:
            yield fail("headers", f"{HSTS} is missing, as it must be without https", "Serve the page by https.")
        else:
            yield fail("headers", f"{wanted.name} is missing. {wanted.why.rstrip('.')}", mend)
    yield from _strength(home)


def _strength(home: Answer) -> Iterator[Look]:
    """Look whether the headers that are there say what they should."""
    nosniff = home.header("x-content-type-options")
    if nosniff is not None and nosniff.strip().lower() != "nosniff":
        yield fail("headers", f"X-Content-Type-Options says '{nosniff}', which means nothing", "Let it say nosniff.")
    referrer = (home.header("referrer-policy") or "").lower()
    if "unsafe-url" in referrer or referrer.strip() == "no-referrer-when-downgrade":
        yield warn("headers", f"Referrer-Policy is {referrer}: other sites learn what was read", "Use same-origin.")
    age = re.search(r"max-age=\"?(\d+)", home.header(HSTS) or "", re.IGNORECASE)
    if home.header(HSTS) is not None and (age is None or int(age[1]) < _HSTS_SHORT_S):
        yield warn("headers", f"{HSTS} lasts less than half a year", "Let it say max-age=31536000.")


def look_at_policy(home: Answer, *, mend: str) -> Iterator[Look]:
    """Look for holes in the policy."""
    said = policies(home.header(CSP))
    if not said:
        if home.header("content-security-policy-report-only") is not None:
            yield fail("policy", "it is only reported on, not enforced", f"Send it as {CSP}. {mend}")
        if read_inline(home.body).meta_policy is not None:
            cannot = ", ".join(name for name, _ in META_CANNOT)
            yield warn("policy", f"the page gives one in a meta element, which cannot give {cannot}", mend)
        return
    # several are all enforced: a hole is one that every policy has
    holes = [set(weaknesses(policy)) for policy in said]
    open_ = [hole for hole in weaknesses(said[0]) if all(hole in others for others in holes)]
    for hole in open_:
        yield fail("policy", hole, mend)
    if not open_:
        yield ok("policy", "no inline code but by hash, no wildcard, no other host")


def look_at_transport(question: Question, *, secure: bool, mend: str) -> Iterator[Look]:
    """Does a reader who types no https get there?"""
    parts = urlsplit(question.base)
    if not secure:
        yield warn("https", "the page is read in the clear, and anybody on the way can change it", "Serve it by https.")
        return
    if parts.port not in {None, _HTTPS_PORT}:
        return
    plain = question.ask(f"http://{parts.netloc}{parts.path}", {})
    where = plain.header("location") or ""
    if plain.error is not None:
        yield warn("https", f"http://{parts.netloc} does not answer: {plain.error.cause}", _FROM_HTTP)
    elif plain.status not in REDIRECTS:
        yield fail("https", f"http://{parts.netloc} answers {plain.status} instead of leading to https", mend)
    elif urlsplit(where).scheme != "https":
        yield fail("https", f"http://{parts.netloc} leads to {where or 'nowhere'}, not to https", mend)
    else:
        yield ok("https", f"http leads to {where}")


_FROM_HTTP = "Let port 80 answer with a redirect to https: people type no scheme."
