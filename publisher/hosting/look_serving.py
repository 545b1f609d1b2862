"""How a live site is served: how long things are kept, what is not there, types, what others may read, manners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.hosting.answer import Answer
from publisher.hosting.look import (
    REDIRECTS,
    STATUS_NOT_FOUND,
    STATUS_NOT_MODIFIED,
    STATUS_OK,
    Look,
    Question,
    fail,
    ok,
    warn,
)
from publisher.hosting.look_release import FOLDERS
from publisher.hosting.survey import HASHED_NAME
from publisher.model.digest import sha256
from publisher.model.release import Manifest
from publisher.release.pointer import LEASE, POINTER

LONGEST_PAGE_S = 300
"""A page kept longer than this by caches is old news during an incident, seconds."""
SHORTEST_ASSET_S = 24 * 3600
_ASSETS = 10


def look_at_caches(question: Question, home: Answer, manifest: Manifest | None, *, mend: str) -> Iterator[Look]:
    """May what changes be kept for seconds, and what never changes for ever? Does an unchanged page cost nothing?"""
    problems = [
        *_kept("the page", home, mend=mend),
        *_kept(POINTER, question.get(POINTER), mend=mend),
        *(look for path in _assets(home) for look in _asset(question, path, manifest, mend=mend)),
    ]
    yield from problems
    if not problems:
        yield ok("cache", "pages for seconds, assets for ever")
    tag = home.header("etag")
    again = question.get("", {"If-None-Match": tag}) if tag else None
    if again is None or again.status != STATUS_NOT_MODIFIED:
        how = "sends no ETag" if again is None else f"answers {again.status} to If-None-Match, not 304"
        yield warn("unchanged", f"the server {how}: every look at an unchanged page costs all of it", mend)
    else:
        yield ok("unchanged", "an unchanged page costs no more than its headers (304)")


def _kept(name: str, answer: Answer, *, mend: str) -> Iterator[Look]:
    """Look how long what changes with an incident may be kept."""
    if answer.status != STATUS_OK:
        return
    kept = max_age(answer)
    if kept is None:
        yield warn("cache", f"{name} says nothing of how long it may be kept: caches guess", mend)
    elif kept > LONGEST_PAGE_S:
        yield fail("cache", f"{name} may be kept for {kept} s: readers see old news for that long", mend)


def _asset(question: Question, path: str, manifest: Manifest | None, *, mend: str) -> Iterator[Look]:
    """Look at a file that the page is shown with."""
    answer = question.get(path)
    if answer.status != STATUS_OK:
        yield fail("pages", f"{path} answers {answer.status or 'nothing'}, so the page looks broken", "Publish again.")
        return
    entry = manifest.entries.get(path) if manifest else None
    if entry is not None and answer.whole and sha256(answer.body) != entry.sha256:
        yield fail("pages", f"{path} is not what was published", "Find out who changed it, and publish again.")
    if (max_age(answer) or 0) < SHORTEST_ASSET_S:
        yield warn("cache", f"{path} never changes, and yet is fetched again and again", mend)


def _assets(home: Answer) -> list[str]:
    """Give the page's own files whose names hold their hash."""
    links = re.findall(rb'(?:href|src)="([^"]+\.(?:css|js))"', home.body)
    found = [link.decode("utf-8", "replace").removeprefix("./") for link in links]
    own = [link for link in found if re.search(HASHED_NAME, link) and "//" not in link]
    return list(dict.fromkeys(own))[:_ASSETS]


def max_age(answer: Answer) -> int | None:
    """Give how long an answer may be kept by readers or caches, seconds; None when it is not said."""
    said = (answer.header("cache-control") or "").lower()
    if "no-store" in said or "no-cache" in said:
        return 0
    ages = [int(age) for age in re.findall(r"(?:s-maxage|max-age)=\"?(\d+)", said)]
    return max(ages) if ages else None


def look_at_missing(question: Question, *, mend: str) -> Iterator[Look]:
    """Is what does not exist not there?"""
    answer = question.get(question.absent)
    if answer.status == STATUS_OK:
        yield fail("404", "an address that does not exist answers 200: search engines and programs are misled", mend)
    elif answer.status != STATUS_NOT_FOUND:
        yield fail("404", f"an address that does not exist answers {answer.status or 'nothing'}, not 404", mend)
    elif answer.media != "text/html" or b"data-generation" not in answer.body:
        yield warn("404", "a lost reader gets the server's own words, not the page that shows how things are", mend)
    else:
        yield ok("404", "what is not there is not there, and the page for it shows how things are")


TYPES: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("release.json", ("application/json",), True),
    ("api/status.json", ("application/json",), True),
    ("api/v2/summary.json", ("application/json",), True),
    ("feed.json", ("application/feed+json", "application/json"), True),
    ("history.atom", ("application/atom+xml",), False),
    ("history.rss", ("application/rss+xml",), False),
    ("maintenance.ics", ("text/calendar",), False),
    ("status.txt", ("text/plain",), True),
    ("badge.svg", ("image/svg+xml",), True),
    ("embed.js", ("text/javascript", "application/javascript"), True),
)
"""Path → media types that work, and whether another one keeps it from working (else it is merely not recognised)."""


def look_at_types(question: Question, *, mend: str) -> Iterator[Look]:
    """Does each kind of file come as what it is?"""
    right = 0
    wrong = False
    for path, types, needed in TYPES:
        answer = question.get(path)
        if answer.status != STATUS_OK:
            continue
        if answer.media in types:
            right += 1
            continue
        wrong = True
        make = fail if needed else warn
        yield make("types", f"{path} comes as {answer.media or 'nothing in particular'}, not {types[0]}", mend)
    if not wrong:
        yield ok("types", f"{right} kinds of files come as what they are")


def look_at_sharing(question: Question, *, mend: str) -> Iterator[Look]:
    """May other sites' pages read what is made for them?"""
    closed = []
    there = 0
    for path in ("api/banner.json", "api/status.json", "feed.json", "embed.js", "badge.svg"):
        answer = question.get(path, {"Origin": "https://shop.example"})
        if answer.status != STATUS_OK:
            continue
        there += 1
        readable = path == "badge.svg" or answer.header("access-control-allow-origin") == "*"
        if not readable or answer.header("cross-origin-resource-policy") in {"same-origin", "same-site"}:
            closed.append(path)
    if closed:
        yield fail("sharing", f"pages of other sites cannot read {', '.join(closed)}: no banner there", mend)
    elif there:
        yield ok("sharing", "banner, badge and feeds can be read from other sites")


def look_at_private(question: Question, *, mend: str) -> Look:
    """Are the publisher's own files not served?"""
    answer = question.get(LEASE)
    if answer.status == STATUS_OK:
        return fail("private", f"/{LEASE} is served: it is the publisher's own and nobody's business", mend)
    return ok("private", "the publisher's own files are not served")


def look_at_manners(question: Question, home: Answer) -> Iterator[Look]:
    """Is it quick, without cookies, and kind to those who leave out a slash?"""
    if home.header("set-cookie") is not None:
        yield warn("cookies", "the server sets a cookie, which the page does not need", "Switch it off for this host.")
    packed = question.get("", {"Accept-Encoding": "gzip, br"})
    if packed.status == STATUS_OK and packed.header("content-encoding") is None:
        yield warn("compression", "pages are sent unpacked, four times as long", "Switch gzip on for text and JSON.")
    bare = question.get("history")
    if bare.status == STATUS_OK or (bare.status in REDIRECTS and (bare.header("location") or "").endswith("/history/")):
        yield ok("slashes", "/history leads to /history/")
    else:
        yield warn("slashes", f"/history answers {bare.status}: links lose their slash on the way", FOLDERS)


def look_at_ipv6(question: Question) -> Iterator[Look]:
    """Do readers without IPv4 get there?"""
    if question.ipv6 is None:
        return
    if question.ipv6:
        yield ok("IPv6", f"{question.ipv6[0]}")
    else:
        yield warn(
            "IPv6", "the host has no IPv6 address; some mobile networks have nothing else", "Add an AAAA record."
        )
