"""T57 in a browser: every vector in every field that readers see, the policy off and on; nothing runs, nothing is fetched."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import feedparser
import pytest
from playwright.sync_api import Browser

from publisher.hosting.policy import headers
from publisher.hosting.survey import Kind, survey
from publisher.model.component import Impact
from publisher.model.history import History
from publisher.model.incident import Status, Translation, Update
from publisher.model.release import Artifact
from publisher.model.site import Brand
from publisher.render.artifacts import data_artifacts
from publisher.render.mail_page import Footing, confirmation_page, mail_page
from publisher.render.mail_words import mail_update
from publisher.render.views import project_all
from publisher.site.fill import page_artifacts
from publisher.site.frames import load_frames
from tests.faults.pages_kit import WATCH, Host, Seen, chromium, hosting, watch
from tests.faults.vectors import ADDRESSES, MARKUP, VECTORS
from tests.site.workspace import EXAMPLE
from tests.unit.render.histories import NOW, REGISTRY, SITE, busy, history, incident, maintenance, minutes

pytestmark = pytest.mark.chromium

SWEEP = """() => {
    const bad = [], schemes = ['http:', 'https:', 'mailto:', 'tel:'];
    const events = ['mouseover', 'focus', 'error', 'load', 'toggle', 'begin', 'animationstart', 'input', 'auxclick'];
    for (const element of document.querySelectorAll('*')) {
        for (const {name, value} of element.attributes) {
            if (/^on/i.test(name)) bad.push(`${element.tagName} ${name}`);
            if (!/^(href|src|action|formaction|data|poster|srcdoc|xlink:href)$/i.test(name)) continue;
            let scheme = '?';
            try { scheme = new URL(value, document.baseURI).protocol } catch {}
            // the light page asks for no icon by giving an empty one
            if (!schemes.includes(scheme) && !(element.rel === 'icon' && value === 'data:,')) bad.push(`${element.tagName} ${name}=${value}`);
        }
        for (const name of events) element.dispatchEvent(new Event(name));
    }
    return [...bad, ...(window.__refused ?? []).map(what => `refused: ${what}`)];
}"""
"""Look for what could run, and do to every element what a reader's hand could."""
PER_UPDATE = 8
PER_INCIDENT = 34


def told(url: str) -> History:
    """Give a history with every vector in a body, and the bare ones in all other fields."""
    raw = itertools.cycle([*MARKUP, *ADDRESSES])
    bodies = [
        "\n\n".join(text for _, text in VECTORS[at : at + PER_UPDATE]) for at in range(0, len(VECTORS), PER_UPDATE)
    ]
    groups = [bodies[at : at + PER_INCIDENT] for at in range(0, len(bodies), PER_INCIDENT)]
    incidents = []
    for number, group in enumerate(groups):
        started = NOW - minutes(600) - timedelta(days=number)
        updates = [
            Update(
                at=started + minutes(5 * (at + 1)),
                status=Status.RESOLVED if number > 1 and at == len(group) - 1 else Status.INVESTIGATING,
                body=body,
                who=next(raw),
                meanwhile=next(raw),
                revises=next(raw) if at % 3 else None,
                components={"payments": Impact.MAJOR_OUTAGE} if at % 2 else None,
            )
            for at, body in enumerate(group)
        ]
        arabic = Translation(
            locale="ar",
            title=next(raw),
            headline=next(raw),
            bodies={u.key: body for u, body in zip(updates, reversed(group), strict=True)},
            facts={u.key: (next(raw), next(raw)) for u in updates},
        )
        one = incident(started, updates, slug=f"n{number}", title=next(raw), headline=next(raw), translations=[arabic])
        incidents.append(replace(one, tags=(next(raw), next(raw)), regions=(next(raw),)))
    work = [Update(at=NOW - minutes(40), status=Status.SCHEDULED, body=bodies[-1], who=next(raw), meanwhile=next(raw))]
    incidents += [
        maintenance(NOW - minutes(5), NOW + minutes(60), work, slug="now", title=next(raw)),
        maintenance(NOW + minutes(60), NOW + minutes(90), work, slug="soon", title=next(raw)),
    ]
    brand = Brand(company=next(raw), links=((next(raw), "https://example.com/"),), colours={"accent": next(raw)})
    site = replace(
        SITE,
        name=next(raw),
        url=url,
        description=next(raw),
        locales=("en", "ar"),
        brand=brand,
        second_url="https://b.example/",
    )
    names = [
        replace(c, name=next(raw), names={"ar": next(raw)}, description=next(raw), descriptions={"ar": next(raw)})
        for c in REGISTRY.components
    ]
    registry = replace(
        REGISTRY, components=tuple(names), groups=tuple(replace(g, name=next(raw)) for g in REGISTRY.groups)
    )
    return history(*incidents, site=site, registry=registry)


def site_of(whole: History) -> tuple[Artifact, ...]:
    views = project_all(whole, now=NOW)
    frames = load_frames(EXAMPLE, whole.site, cache=None)
    return (*page_artifacts(views, frames), *data_artifacts(views))


def entries(artifacts: tuple[Artifact, ...]) -> Iterator[str]:
    """Give what feed readers would put into a page of theirs."""
    for artifact in artifacts:
        if artifact.path in {"history.atom", "ar/updates.atom", "history.rss"}:
            for entry in feedparser.parse(artifact.body, sanitize_html=False).entries:
                yield entry.content[0].value if "content" in entry else entry.summary


def mails(whole: History) -> Iterator[str]:
    view = project_all(whole, now=NOW)["en"]
    footing = Footing(address='"<b>"@example.com', answer_to="b@example.com", token="t")
    updates = [mail_update(view, i, u) for i in view.incidents for u in i.updates[:3]]
    assert len(updates) > 10
    yield mail_page(updates, site=whole.site, locale="en", footing=footing).html
    yield confirmation_page(site=whole.site, locale="en", footing=footing, confirm_url=None).html


@dataclass(frozen=True)
class Planted:
    """The hostile site on its host, with what a browser may be told of it."""

    host: Host
    pages: tuple[str, ...]
    policies: dict[str, str]


@pytest.fixture(scope="module")
def planted() -> Iterator[Planted]:
    with hosting(Host()) as host:
        whole = told(host.url)
        made = site_of(whole)
        host.take(made)
        # what differs in Arabic is what translations say
        alike = re.compile(r"about|ar/(components|history|subscribe)/")
        pages = [a.path for a in made if a.path.endswith(".html") and not alike.search(a.path)]
        for number, body in enumerate(["<hr>".join(entries(made)), *mails(whole)]):
            path = f"elsewhere/{number}.html"
            text = body if "<html" in body else f"<!doctype html><meta charset=utf-8><title>x</title>{body}"
            host.files[path] = ("text/html; charset=utf-8", text.encode())
            pages.append(path)
        tag = f'<script src="{host.url}embed.js" data-components="payments"></script>'
        host.files["till.html"] = ("text/html", f"<!doctype html><title>Till</title><body>{tag}</body>".encode())
        # what a policy allows is told by a site in which nobody wrote anything hostile
        calm = survey(
            site_of(busy(replace(SITE, locales=("en", "ar")))), locales=("en", "ar"), pointer_cache="no-cache"
        )
        policies = {kind.value: dict(headers(kind, calm, secure=False))["Content-Security-Policy"] for kind in Kind}
        yield Planted(host=host, pages=(*pages, "till.html"), policies=policies)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def look(browser: Browser, planted: Planted, *paths: str, guarded: bool) -> tuple[Seen, dict[str, list[str]]]:
    """Open pages; give what they did, and what in them could do something."""

    def policy(path: str) -> dict[str, str]:
        # a mail's and a feed reader's page are not ours to guard
        if not guarded or not path.endswith(".html") or path.startswith("elsewhere/"):
            return {}
        return {"content-security-policy": planted.policies["embed" if "embed/" in path else "page"]}

    planted.host.headers = policy
    found: dict[str, list[str]] = {}
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        seen = watch(page, planted.host.url)
        for path in paths:
            page.goto(planted.host.url + path, wait_until="load")
            if path == "till.html":
                page.locator("tidings-banner section").wait_for()
            if bad := page.evaluate(SWEEP):
                found[path] = bad
            page.wait_for_timeout(20)
        assert context.cookies() == []
    return seen, found


@pytest.mark.parametrize("guarded", [False, True], ids=["policy-off", "policy-on"])
def test_t57_no_vector_in_any_field_runs_or_fetches(browser: Browser, planted: Planted, *, guarded: bool) -> None:
    assert len(VECTORS) >= 300
    # with the policy on, it is asked whether the pages need anything it refuses
    paths = [path for path in planted.pages if not guarded or not path.startswith(("ar/", "elsewhere/"))]
    assert len(paths) > 15
    seen, found = look(browser, planted, *paths, guarded=guarded)
    assert found == {}
    assert seen.dialogs == []
    assert seen.outside == []
    # pictures that a vector wanted from our own host are not there, and that is all there is to complain about
    assert [text for text in seen.problems if "404" not in text] == []


def test_t57_every_vector_stands_on_some_page(planted: Planted) -> None:
    """The control of the set-up: it is all there, in two languages and in mail, as text."""
    pages = "".join(planted.host.files[path][1].decode() for path in planted.pages)
    for text in MARKUP:
        words = [word for word in re.findall(r"[a-z]{4,}", text) if word != "script"]
        assert all(word in pages for word in words), text
    assert pages.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 50
    assert pages.count("javascript:alert(1)") > 50


@pytest.mark.parametrize("guarded", [False, True], ids=["policy-off", "policy-on"])
def test_t57_the_watch_sees_what_does_run(browser: Browser, planted: Planted, *, guarded: bool) -> None:
    """The control: the same page with one vector as it was written, which the policy alone would stop."""
    kind, body = planted.host.files["index.html"]
    bad = "<p onclick=x><img src=x onerror=alert(1)><img src='https://evil.example/x.png'><a href=javascript:x>x</a>"
    planted.host.files["broken.html"] = (kind, body.replace(b"</main>", bad.encode() + b"</main>", 1))
    seen, found = look(browser, planted, "broken.html", guarded=guarded)
    assert {"P onclick", "IMG onerror", "A href=javascript:x"} <= set(found["broken.html"])
    assert bool(seen.dialogs) is not guarded
    # what a policy stops, the browser has still asked itself for
    assert any("evil.example" in url for url in seen.outside)
    assert any(text.startswith("refused: ") for text in found["broken.html"]) is guarded
