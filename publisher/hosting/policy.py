"""The one definition of the headers that protect readers. What each host is told is made from here.

Of all of them a page can say about itself only most of its policy and its referrer rule; `META_CANNOT` names the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.hosting.survey import Kind, Survey

Headers = tuple[tuple[str, str], ...]

CSP = "Content-Security-Policy"
HSTS = "Strict-Transport-Security"
FRAMES_NONE = "frame-ancestors 'none'"

_ALWAYS: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    (
        "Permissions-Policy",
        (
            "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), "
            "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "
            "publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()"
        ),
    ),
)
HSTS_VALUE = "max-age=31536000"
"""A year, for this host alone: whether its neighbours have certificates is not ours to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One of the protections that every page needs.

    Attributes:
        name: the header's; for framing, the directive's.
        why: what may happen without it, a sentence.
    """

    name: str
    why: str


WANTED: tuple[Wanted, ...] = (
    Wanted(name=CSP, why="A script that found its way into a page would run, and could rewrite what you say."),
    Wanted(
        name="frame-ancestors", why="Another site could show the page within its own and have readers click unaware."
    ),
    Wanted(name="X-Content-Type-Options", why="A browser could take a text for a script, whatever its type says."),
    Wanted(name="Referrer-Policy", why="Sites you link to could learn which incident a reader was looking at."),
    Wanted(name=HSTS, why="The first request goes out in the clear, where a network can answer in your name."),
    Wanted(name="Cross-Origin-Opener-Policy", why="A page that opened yours keeps a hand on its window."),
    Wanted(
        name="Permissions-Policy", why="Whatever runs in the page could ask for camera, place or payment in your name."
    ),
    Wanted(name="Cross-Origin-Resource-Policy", why="Any site could load the page's bytes into its own process."),
)
"""The eight that `tidings doctor --url` counts."""

META_CANNOT: tuple[tuple[str, str], ...] = (
    ("frame-ancestors", "browsers ignore it in a meta element (CSP 3, section 3.3), and X-Frame-Options there too"),
    ("X-Content-Type-Options", "it has no meta form"),
    (HSTS, "it has no meta form (RFC 6797, section 8.5)"),
    ("Cross-Origin-Opener-Policy", "it has no meta form"),
    ("Permissions-Policy", "it has no meta form"),
    ("Cross-Origin-Resource-Policy", "it has no meta form"),
    ("Access-Control-Allow-Origin", "it has no meta form, and JSON and feeds have no place for one"),
    ("Cache-Control", "browsers and caches look at the header alone"),
)
"""What no page can say about itself, and why."""


def csp(kind: Kind, site: Survey) -> str:
    """Write the policy for a kind of file, the site's inline scripts and sheets named by hash."""
    if kind is Kind.PAGE:
        return f"{unframed_csp(site)}; {FRAMES_NONE}"
    if kind is Kind.EMBED:
        return _policy([("default-src", ["'none'"]), ("style-src", ["'self'"]), *_CLOSED])
    if kind is Kind.PICTURE:
        return _policy([("default-src", ["'none'"]), ("style-src", site.picture_styles), *_CLOSED])
    return _policy([("default-src", ["'none'"]), *_CLOSED])


def unframed_csp(site: Survey) -> str:
    """Write the policy of pages without the word on framing, for where that cannot be said or must be said apart."""
    return _policy(
        [
            ("default-src", ["'none'"]),
            ("script-src", ["'self'", *site.scripts]),
            ("style-src", ["'self'", *site.styles]),
            # the theme's icons are masks written as data: addresses in its sheets
            ("img-src", ["'self'", "data:"]),
            ("font-src", ["'self'"]),
            ("connect-src", ["'self'"]),
            ("form-action", ["'self'"]),
            ("base-uri", ["'none'"]),
        ]
    )


_CLOSED: tuple[tuple[str, Sequence[str]], ...] = (("base-uri", ["'none'"]), ("form-action", ["'none'"]))


def _policy(directives: Sequence[tuple[str, Sequence[str]]]) -> str:
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives if sources)


def headers(kind: Kind, site: Survey, *, secure: bool = True) -> Headers:
    """Give the headers of a kind of file, but for its type and how long it may be kept.

    Args:
        kind: of file.
        site: it belongs to.
        secure: whether readers come by https; without it HSTS must not be said (RFC 6797, section 7.2).
    """
    out = [(CSP, csp(kind, site)), *_ALWAYS]
    if secure:
        out.append((HSTS, HSTS_VALUE))
    out.append(("Cross-Origin-Resource-Policy", resource_policy(kind)))
    if kind is Kind.PAGE:
        out.append(("X-Frame-Options", "DENY"))
    if shared(kind):
        out.append(("Access-Control-Allow-Origin", "*"))
    return tuple(out)


def always() -> Headers:
    """Give the headers that are the same for all files, but for HSTS."""
    return _ALWAYS


def resource_policy(kind: Kind) -> str:
    """Say who may load a file into a page: everybody what is meant for other sites, else our own pages."""
    return "same-origin" if kind in {Kind.PAGE, Kind.ASSET} else "cross-origin"


def shared(kind: Kind) -> bool:
    """Whether scripts of any site may read such a file. Nothing here depends on who asks, and there are no cookies."""
    return kind in {Kind.OPEN, Kind.PICTURE}
