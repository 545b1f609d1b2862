"""Whether a live page can be found and passed on: its address for search engines, rules for robots, its picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

from publisher.hosting.answer import Answer
from publisher.hosting.look import STATUS_NOT_FOUND, STATUS_OK, Look, Question, fail, ok, warn

_PNG = b"\x89PNG\r\n\x1a\n"
_ABSENT = frozenset({STATUS_NOT_FOUND, 403, 410})
_BROKEN = 500
_LINK = re.compile(r"<(?:link|meta)\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_AGAIN = "Publish again."


def look_at_finding(question: Question, home: Answer, *, mend: str) -> Iterator[Look]:
    """Look how the page is found: canonical address, robots, sitemap, and the picture others show of it."""
    head = _elements(home)
    canonical = next((e.get("href", "") for e in head if e.get("rel") == "canonical"), None)
    hidden = any(e.get("name") == "robots" and "noindex" in e.get("content", "").lower() for e in head)
    yield from _canonical(question, canonical)
    yield from _robots(question, home, hidden=hidden, mend=mend)
    picture = next((e.get("content", "") for e in head if e.get("property") == "og:image"), None)
    yield from _picture(question, picture, canonical)


def _elements(home: Answer) -> list[dict[str, str]]:
    """Give the attributes of each link and meta element, by lower-case name."""
    head = home.body.decode("utf-8", "replace").partition("<body")[0]
    return [
        {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        for tag in _LINK.findall(head)
    ]


def _canonical(question: Question, canonical: str | None) -> Iterator[Look]:
    if canonical is None:
        what = "the page names no canonical address: search engines choose between its copies as they like"
        yield warn("canonical", what, _AGAIN)
        return
    parts = urlsplit(canonical)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        what = f"the page's canonical address, {canonical or 'which is empty'}, is none"
        yield fail("canonical", what, "Set site_url in mkdocs.yml, and publish again.")
    elif parts.hostname in {"localhost", "127.0.0.1"} and urlsplit(question.base).hostname != parts.hostname:
        what = f"the page sends search engines to {canonical}, which nobody else can reach"
        yield fail("canonical", what, "Set site_url in mkdocs.yml to the address that readers see, and publish again.")
    elif canonical == question.base:
        yield ok("canonical", "search engines know the page by this address")
    else:
        yield ok("canonical", f"search engines know the page as {canonical}")


def _robots(question: Question, home: Answer, *, hidden: bool, mend: str) -> Iterator[Look]:
    header = (home.header("x-robots-tag") or "").lower()
    if re.search(r"\bno(?:ne|index)\b", header) and not hidden:
        yield warn("robots", "the server's X-Robots-Tag keeps the page out of search engines; the site does not", mend)
        return
    answer = question.get("robots.txt")
    if answer.status >= _BROKEN or answer.status == 0:
        what = f"/robots.txt answers {answer.status or 'nothing'}: search engines then stay away from everything"
        yield fail("robots", what, mend)
        return
    if answer.status in _ABSENT:
        yield warn("robots", f"/robots.txt answers {answer.status}: your rules for crawlers reach nobody", mend)
        return
    if answer.status != STATUS_OK or answer.media != "text/plain":
        what = f"/robots.txt answers {answer.status}, {answer.media or 'of no type'}, and crawlers want plain text"
        yield warn("robots", what, mend)
        return
    closed = _closed(answer.body.decode("utf-8", "replace"))
    if hidden and closed:
        yield ok("robots", "search engines are asked not to list the page, as mkdocs.yml says")
    elif closed:
        what = "/robots.txt keeps all crawlers out, and the page wants to be found"
        yield warn("robots", what, "Another file stands in the place of ours. Remove it, and publish again.")
    elif hidden:
        yield warn("robots", "the page says noindex, and /robots.txt is of another site or another day", _AGAIN)
    else:
        yield from _sitemap(question, answer, mend=mend)


def _sitemap(question: Question, robots: Answer, *, mend: str) -> Iterator[Look]:
    if not re.search(rb"^sitemap:\s*\S+", robots.body, re.IGNORECASE | re.MULTILINE):
        yield warn("robots", "/robots.txt names no sitemap", _AGAIN)
        return
    answer = question.get("sitemap.xml")
    if answer.status != STATUS_OK or (b"<sitemapindex" not in answer.body and b"<urlset" not in answer.body):
        yield warn("robots", f"the sitemap answers {answer.status or 'nothing'}, or is none", mend)
    else:
        yield ok("robots", "crawlers find their rules and a sitemap")


def _closed(text: str) -> bool:
    """Whether the group for all crawlers forbids everything (RFC 9309, section 2.2)."""
    everybody, naming, rules = False, False, list[tuple[str, str]]()
    for line in text.splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            everybody = value == "*" or (naming and everybody)
            naming = True
        elif key in {"allow", "disallow"}:
            naming = False
            if everybody:
                rules.append((key, value))
    return ("disallow", "/") in rules and ("allow", "/") not in rules


def _picture(question: Question, picture: str | None, canonical: str | None) -> Iterator[Look]:
    if picture is None:
        yield warn("picture", "the page names no picture for links to it in chats and networks", _AGAIN)
        return
    if not picture.startswith(("https://", "http://")):
        yield fail("picture", f"the picture's address, {picture[:80]}, is not absolute: nobody fetches it", _AGAIN)
        return
    # a copy at a second address names the first one's picture; its own lies at the same path
    own = bool(canonical) and picture.startswith(canonical or "")
    answer = question.get(picture.removeprefix(canonical or "")) if own else question.ask(picture, {})
    if answer.status != STATUS_OK:
        what = f"the picture of links to the page answers {answer.status or 'nothing'}: chats show none"
        yield fail("picture", what, _AGAIN)
    elif answer.media != "image/png" or not answer.body.startswith(_PNG):
        what = f"the picture of links to the page comes as {answer.media or 'nothing in particular'}: chats show none"
        yield fail("picture", what, _AGAIN)
    elif answer.header("cross-origin-resource-policy") in {"same-origin", "same-site"}:
        what = "other sites may not show the picture of links to the page (Cross-Origin-Resource-Policy)"
        yield warn("picture", what, "Let hosting rules be written anew: `tidings hosting`.")
    else:
        yield ok("picture", "links to the page are shown with its picture")
