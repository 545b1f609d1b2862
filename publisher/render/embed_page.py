"""`/embed/`: the same as `/embed.js` shows, as a page to be put into an iframe, for hosts that run no foreign scripts.

It has no script and no theme, one small style sheet, and is complete by itself. Unlike all other pages it may stand in
a frame of any site: whoever writes `frame-ancestors` for the others leaves it out here.
"""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from publisher.model.digest import sha256
from publisher.model.release import Artifact, Group
from publisher.render import compiled
from publisher.render.banner import home, notices
from publisher.render.headers import CONTENT_TYPES, prefix, short_lived
from publisher.render.icons import NAMES, SHAPES
from publisher.render.pages_home import overall
from publisher.render.pages_speech import Speech
from publisher.render.view import View

FOLDER = Path(__file__).parent / "embed"
MEDIUM = "iframe"
_HASH_DIGITS = 8


def render_page(view: View) -> Artifact:
    """Write the page in one view's language."""
    speech, site = Speech(view), view.site
    shown = [n for n in notices(view, medium=MEDIUM) if n.show]
    state = overall(view, speech)
    first = shown[0] if shown else None
    impact = first.impact if first else view.overall
    folder = prefix(site, view.locale)
    values: dict[str, object] = {
        "locale": view.locale,
        "direction": speech.language.direction,
        "site": site,
        "canonical": site.href("", view.locale),
        "sheet": f"{'../' * (folder.count('/') + 1)}{_sheet()[0]}",
        "name": NAMES[impact],
        "shape": Markup(SHAPES[NAMES[impact]]),  # noqa: S704 - a constant
        "state": speech.language.impact(impact),
        "url": first.url if first else home(view, medium=MEDIUM),
        "headline": first.incident.headline if first else state.sentence,
        "foreign": speech.of(first.incident.locale if first else state.locale),
        "line": first.line if first else "",
        "line_foreign": speech.of(first.line_locale if first else view.locale),
        "note": first.note if first else "",
        "home": home(view, medium=MEDIUM),
        "more": speech.language.number(len(shown) - 1) if len(shown) > 1 else "",
    }
    body = _environment().get_template("page.html").render(values).encode() + b"\n"
    headers = short_lived(site, CONTENT_TYPES["html"])
    return Artifact(path=f"{folder}embed/index.html", body=body, headers=headers, group=Group.PAGES)


def render_sheet() -> Artifact:
    """Write the page's style sheet, named after its bytes."""
    path, body = _sheet()
    headers = (
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-type", "text/css; charset=utf-8"),
    )
    return Artifact(path=path, body=body, headers=headers, group=Group.ASSETS)


@functools.cache
def _sheet() -> tuple[str, bytes]:
    body = (FOLDER / "page.css").read_bytes()
    # Not among the pages' own assets: a host may keep those to itself, and a page in a sandbox counts as a stranger.
    return f"embed/page.{sha256(body)[:_HASH_DIGITS]}.css", body


@functools.cache
def _environment() -> Environment:
    return compiled.environment(FOLDER, FileSystemLoader(FOLDER))
