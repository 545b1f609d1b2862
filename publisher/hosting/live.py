"""Looks at a live site with a reader's eyes: its headers, addresses, ages, and whether it is what was published.

    ask(url, headers) -> Answer  ─▶  examine(…)  ─▶  Look, Look, Look …

Cheapest first; what later looks need, earlier ones found. Asking is handed in, so nothing here touches a network.
"""

from __future__ import annotations

from collections.abc import Iterator

from publisher.hosting.look import STATUS_OK, Look, Question, fail, ok
from publisher.hosting.look_found import look_at_finding
from publisher.hosting.look_headers import how_to_mend, look_at_headers, look_at_policy, look_at_transport
from publisher.hosting.look_release import address, live_release, look_at_generations, look_at_pages, sample
from publisher.hosting.look_serving import (
    look_at_caches,
    look_at_ipv6,
    look_at_manners,
    look_at_missing,
    look_at_private,
    look_at_sharing,
    look_at_types,
)


def examine(question: Question) -> Iterator[Look]:
    """Look at everything. The first look fails alone when nobody answers: then there is nothing more to see."""
    home = question.get("")
    if home.error is not None:
        yield fail("page", f"{question.base} does not answer: {home.error.cause}", home.error.next_step)
        return
    if home.status != STATUS_OK or home.media != "text/html":
        where = home.header("location")
        led = f" and leads to {where}" if where else ""
        yield fail(
            "page",
            f"{question.base} answers {home.status}, {home.media or 'of no type'}{led}",
            "Give the address that readers see at the end, or publish there.",
        )
        return
    yield ok("page", f"{question.base} answers")
    secure = question.base.startswith("https:")
    mend = how_to_mend(home)
    yield from look_at_headers(home, secure=secure, mend=mend)
    yield from look_at_policy(home, mend=mend)
    yield from look_at_transport(question, secure=secure, mend=mend)
    pointed, release = live_release(question)
    yield from pointed
    manifest = release[1] if release else None
    paths = sample(manifest) if manifest else ("history/index.html", "404.html", "embed/index.html")
    pages = {path: question.get(address(path)) for path in paths}
    yield from look_at_pages({"index.html": home, **pages}, manifest, mend=mend)
    if release:
        yield from look_at_generations(question, home, release[0])
    yield from look_at_caches(question, home, manifest, mend=mend)
    yield from look_at_missing(question, mend=mend)
    yield from look_at_types(question, mend=mend)
    yield from look_at_sharing(question, mend=mend)
    yield from look_at_finding(question, home, mend=mend)
    yield look_at_private(question, mend=mend)
    yield from look_at_manners(question, home)
    yield from look_at_ipv6(question)
