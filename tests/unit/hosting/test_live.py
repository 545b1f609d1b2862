"""Each fault of a live page is found, and said in words; a good page passes. No network: answers are handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.hosting.answer import Answer
from publisher.hosting.inline import read_inline
from publisher.hosting.live import examine
from publisher.hosting.look import Look, Question, State
from publisher.hosting.look_headers import how_to_mend
from publisher.hosting.policy import headers
from publisher.hosting.survey import cache_of, kind_of, survey
from publisher.hosting.weakness import parse, refused, weaknesses
from publisher.model.digest import sha256
from publisher.model.errors import UnreachableError
from publisher.model.release import Artifact, Release
from publisher.release.bundle import bundle
from publisher.release.packing import Kept, Packing
from publisher.release.pointer import point_at, render_pointer
from tests.unit.hosting.samples import LONG, file

NOW = datetime(2026, 11, 20, 15, 4, 10, tzinfo=UTC)
BASE = "https://status.example.com/"
HEAD = (
    f'<link rel="canonical" href="{BASE}"><meta property="og:image" content="{BASE}assets/cards/0a1b2c3d.png">'
).encode()
PAGE = HEAD + b'<link href="assets/a.0a1b2c3d.css"><script>a()</script><p class="td-stamp" data-generation="4">x</p>'
FILES = (
    file("index.html", PAGE),
    file("404.html", PAGE),
    file("history/index.html", b"<p>"),
    file("embed/index.html", b"<p>"),
    file("api/status.json", b'{"generation": 4}', kind="application/json"),
    file("api/banner.json", b"{}", kind="application/json"),
    file("history.atom", b"<feed/>", kind="application/atom+xml"),
    file("assets/a.0a1b2c3d.css", b"p{}", kind="text/css", cache=LONG),
    file("assets/cards/0a1b2c3d.png", b"\x89PNG\r\n\x1a\n", kind="image/png", cache=LONG),
    file("robots.txt", b"User-agent: *\nAllow: /\n\nSitemap: " + BASE.encode() + b"sitemap.xml\n", kind="text/plain"),
    file("sitemap.xml", b"<urlset></urlset>", kind="application/xml"),
)
Change = Callable[[Answer], Answer]


class Server:
    """A server as ours should be, but for what a test changes of single answers."""

    def __init__(self, files: tuple[Artifact, ...] = FILES, *, built: datetime = NOW) -> None:
        self.site = survey(files, locales=("en",), pointer_cache="public, max-age=5")
        self.answers: dict[str, Answer] = {}
        for one in files:
            self.put(one.path.removesuffix("index.html"), one.body, dict(one.headers)["content-type"])
        release: Release = bundle(files, generation=4, parent=3, built=built)
        packing = Packing(release, None)
        assert list(packing.full()) == []
        self.manifest, pack, packed = packing.last(Kept())
        self.put("release.json", render_pointer(point_at(release, packed.root)), "application/json")
        self.put(self.manifest, pack, "application/octet-stream")
        self.answers["http://status.example.com/"] = Answer(url="", status=301, headers=(("location", BASE),))

    def put(self, path: str, body: bytes, kind: str) -> None:
        said = {name.lower(): value for name, value in headers(kind_of(path), self.site)}
        said |= {"content-type": kind, "cache-control": cache_of(path, self.site), "etag": f'"{sha256(body)}"'}
        self.answers[BASE + path] = Answer(url=BASE + path, status=200, headers=tuple(said.items()), body=body)

    def ask(self, url: str, asked: Mapping[str, str]) -> Answer:
        found = self.answers.get(url)
        if found is None:
            lost = self.answers[f"{BASE}404.html"]
            return (
                replace(lost, url=url, status=404)
                if not url.endswith("/history")
                else replace(lost, status=301, headers=(("location", "/history/"),))
            )
        if asked.get("If-None-Match") and asked["If-None-Match"] == found.header("etag"):
            return replace(found, status=304, body=b"")
        if "Accept-Encoding" in asked:
            return replace(found, headers=(*found.headers, ("content-encoding", "gzip")))
        return found

    def change(self, path: str, change: Change) -> None:
        self.answers[BASE + path] = change(self.answers[BASE + path])

    def looks(self, *, ipv6: tuple[str, ...] | None = ("2001:db8::1",), base: str = BASE) -> list[Look]:
        return list(examine(Question(base=base, ask=self.ask, now=NOW, ipv6=ipv6, absent="not-there/")))

    def bad(self, **options: tuple[str, ...]) -> list[tuple[str, State, str]]:
        return [(x.subject, x.state, x.what) for x in self.looks(**options) if x.state is not State.OK]  # type: ignore[arg-type]


def without(name: str) -> Change:
    return lambda a: replace(a, headers=tuple(h for h in a.headers if h[0] != name))


def saying(name: str, value: str) -> Change:
    return lambda a: replace(a, headers=(*(h for h in a.headers if h[0] != name), (name, value)))


def test_a_page_served_as_it_should_be_has_nothing_to_mend() -> None:
    looks = Server().looks()
    assert [look for look in looks if look.state is not State.OK] == []
    assert {look.subject for look in looks} >= {
        "page",
        "headers",
        "policy",
        "https",
        "release",
        "pages",
        "generation",
        "cache",
        "unchanged",
        "404",
        "types",
        "sharing",
        "private",
        "slashes",
        "IPv6",
        "canonical",
        "robots",
        "picture",
    }
    assert all(not look.next_step for look in looks)


@pytest.mark.parametrize(
    ("path", "change", "subject", "state", "words"),
    [
        ("", without("referrer-policy"), "headers", State.FAIL, "Referrer-Policy is missing. Sites you link to"),
        ("", without("x-content-type-options"), "headers", State.FAIL, "7 of 8 protections"),
        ("", saying("x-content-type-options", "yes"), "headers", State.FAIL, "means nothing"),
        ("", saying("referrer-policy", "unsafe-url"), "headers", State.WARN, "learn what was read"),
        ("", saying("strict-transport-security", "max-age=60"), "headers", State.WARN, "less than half a year"),
        ("", saying("content-security-policy", "default-src *"), "policy", State.FAIL, "default-src has the wildcard *"),
        ("", saying("content-security-policy", "default-src 'self'; script-src 'self'"), "policy", State.FAIL, "index.html: browsers refuse 1 of 1 inline scripts"),
        ("", saying("cache-control", "public, max-age=86400"), "cache", State.FAIL, "the page may be kept for 86400 s"),
        ("", without("cache-control"), "cache", State.WARN, "caches guess"),
        ("", without("etag"), "unchanged", State.WARN, "sends no ETag"),
        ("", saying("set-cookie", "a=b"), "cookies", State.WARN, "sets a cookie"),
        ("", lambda a: replace(a, body=a.body + b"<!-- x -->"), "pages", State.WARN, "index.html is not what was published"),
        ("", lambda a: replace(a, body=a.body.replace(b'"4"', b'"3"')), "generation", State.FAIL, "the home page is of 3"),
        ("api/status.json", lambda a: replace(a, body=b'{"generation": 2}'), "generation", State.FAIL, "api/status.json is of 2"),
        ("history/", lambda a: replace(a, status=403), "pages", State.FAIL, "history/ answers 403, though the release holds it"),
        ("embed/", saying("x-frame-options", "DENY"), "pages", State.FAIL, "may not be framed"),
        ("assets/a.0a1b2c3d.css", lambda a: replace(a, body=b"p{x}"), "pages", State.FAIL, "is not what was published"),
        ("assets/a.0a1b2c3d.css", lambda a: replace(a, status=404), "pages", State.FAIL, "the page looks broken"),
        ("assets/a.0a1b2c3d.css", saying("cache-control", "max-age=15"), "cache", State.WARN, "again and again"),
        ("release.json", lambda a: replace(a, status=404), "release", State.FAIL, "release.json answers 404"),
        ("release.json", lambda a: replace(a, body=b"<html>"), "release", State.FAIL, "cannot be read"),
        ("release.json", saying("cache-control", "max-age=9999"), "cache", State.FAIL, "release.json may be kept"),
        ("history.atom", saying("content-type", "text/xml"), "types", State.WARN, "history.atom comes as text/xml"),
        ("api/status.json", saying("content-type", "text/html"), "types", State.FAIL, "comes as text/html"),
        ("api/banner.json", without("access-control-allow-origin"), "sharing", State.FAIL, "cannot read api/banner.json"),
        ("404.html", saying("content-type", "text/plain"), "404", State.WARN, "the server's own words"),
        ("", lambda a: replace(a, body=a.body.replace(b"canonical", b"next")), "canonical", State.WARN, "names no canonical address"),
        ("", lambda a: replace(a, body=a.body.replace(f'href="{BASE}"'.encode(), b'href="/"')), "canonical", State.FAIL, "is none"),
        ("", lambda a: replace(a, body=a.body.replace(f'href="{BASE}"'.encode(), b'href="http://localhost/"')), "canonical", State.FAIL, "nobody else can reach"),
        ("", saying("x-robots-tag", "noindex"), "robots", State.WARN, "X-Robots-Tag"),
        ("", lambda a: replace(a, body=b'<meta name="robots" content="noindex">' + a.body), "robots", State.WARN, "another site or another day"),
        ("robots.txt", lambda a: replace(a, status=503), "robots", State.FAIL, "stay away from everything"),
        ("robots.txt", lambda a: replace(a, status=404), "robots", State.WARN, "reach nobody"),
        ("robots.txt", saying("content-type", "text/html"), "robots", State.WARN, "want plain text"),
        ("robots.txt", lambda a: replace(a, body=b"User-agent: a\nUser-agent: *\nDisallow: / # all\n"), "robots", State.WARN, "keeps all crawlers out"),
        ("robots.txt", lambda a: replace(a, body=b"User-agent: *\nAllow: /\n"), "robots", State.WARN, "names no sitemap"),
        ("sitemap.xml", lambda a: replace(a, body=b"<html>"), "robots", State.WARN, "the sitemap answers 200, or is none"),
        ("", lambda a: replace(a, body=a.body.replace(b"og:image", b"og:x")), "picture", State.WARN, "names no picture"),
        ("", lambda a: replace(a, body=a.body.replace(f'content="{BASE}'.encode(), b'content="/')), "picture", State.FAIL, "is not absolute"),
        ("assets/cards/0a1b2c3d.png", lambda a: replace(a, status=404), "picture", State.FAIL, "answers 404: chats show none"),
        ("assets/cards/0a1b2c3d.png", lambda a: replace(a, body=b"<html>"), "picture", State.FAIL, "chats show none"),
        ("assets/cards/0a1b2c3d.png", saying("cross-origin-resource-policy", "same-origin"), "picture", State.WARN, "may not show the picture"),
    ],
)  # fmt: skip
def test_each_fault_is_found(path: str, change: Change, subject: str, state: State, words: str) -> None:
    server = Server()
    server.change(path, change)
    found = [x for x in server.looks() if x.subject == subject and x.state is state and words in x.what]
    assert found, server.bad()
    assert all(x.next_step.endswith(".") for x in found)


def test_a_manifest_with_other_bytes_is_not_believed() -> None:
    server = Server()
    server.change(server.manifest, lambda a: replace(a, body=b" " + a.body))
    assert any("has other bytes than release.json says" in what for _, _, what in server.bad())


def test_the_lease_must_not_be_served() -> None:
    server = Server()
    server.put(".tidings/lease.json", b"{}", "application/json")
    assert [x[:2] for x in server.bad()] == [("private", State.FAIL)]


def test_a_lost_page_that_is_found_misleads() -> None:
    server = Server()
    server.answers[f"{BASE}not-there/"] = server.answers[BASE]
    assert [x[:2] for x in server.bad()] == [("404", State.FAIL)]


@pytest.mark.parametrize(
    ("ago", "state"), [(timedelta(hours=35), None), (timedelta(days=3), State.WARN), (-timedelta(hours=1), State.WARN)]
)
def test_the_age_of_a_release(ago: timedelta, state: State | None) -> None:
    found = [x[:2] for x in Server(built=NOW - ago).bad()]
    assert found == ([] if state is None else [("release", state)])


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(url="", status=200), State.FAIL),
        (Answer(url="", status=301, headers=(("location", "http://www.example.com/"),)), State.FAIL),
        (Answer(url="", status=0, error=UnreachableError("Connection refused")), State.WARN),
    ],
)
def test_who_types_no_https(answer: Answer, state: State) -> None:
    server = Server()
    server.answers["http://status.example.com/"] = answer
    assert [x[:2] for x in server.bad()] == [("https", state)]


def test_a_host_without_ipv6_is_told_and_an_address_is_not_asked() -> None:
    assert [x[:2] for x in Server().bad(ipv6=())] == [("IPv6", State.WARN)]
    assert not [x for x in Server().looks(ipv6=None) if x.subject == "IPv6"]


def test_where_nobody_answers_nothing_more_is_said() -> None:
    server = Server()
    error = UnreachableError("its certificate is not accepted: expired", "Renew it.")
    server.answers[BASE] = Answer(url=BASE, status=0, error=error)
    (look,) = server.looks()
    assert (look.state, "expired" in look.what, look.next_step) == (State.FAIL, True, "Renew it.")


def test_a_policy_in_the_page_alone_is_told_what_it_cannot_do() -> None:
    page = b"<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">" + PAGE
    server = Server((file("index.html", page), *FILES[1:]))
    server.change("", without("content-security-policy"))
    (what,) = [what for subject, _, what in server.bad() if subject == "policy"]
    assert "cannot give frame-ancestors, X-Content-Type-Options, Strict-Transport-Security" in what


@pytest.mark.parametrize(
    ("server", "word"),
    [("nginx/1.22.1", "reload nginx"), ("Netlify", "site_src"), ("CloudFront", "stack"), ("cloudflare", "Pages"), ("AmazonS3", "CloudFront before it"), ("GitHub.com", "hosting meta"), ("Apache", "other servers")],
)  # fmt: skip
def test_the_cure_is_that_of_the_host_that_answered(server: str, word: str) -> None:
    assert word in how_to_mend(Answer(url="", status=200, headers=(("server", server),)))


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("default-src 'none'; base-uri 'none'; form-action 'self'", []),
        ("default-src 'none'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'self'", ["script-src allows 'unsafe-inline'"]),
        ("default-src 'none'; script-src 'unsafe-inline' 'nonce-x'; base-uri 'none'; form-action 'self'", []),
        ("default-src 'none'; script-src 'unsafe-eval'; base-uri 'none'; form-action 'self'", ["script-src allows 'unsafe-eval'"]),
        ("default-src https:; base-uri 'none'; form-action 'self'", ["begins with https:"]),
        ("default-src 'none'; img-src *.example.com data:; base-uri 'none'; form-action 'self'", ["img-src has the wildcard *.example.com"]),
        ("default-src 'none'; script-src data:; base-uri 'none'; form-action 'self'", ["begins with data:"]),
        ("default-src 'none'; style-src cdn.example; base-uri 'none'; form-action 'self'", ["cdn.example, another host"]),
        ("default-src 'none'; default-src *; base-uri 'none'; form-action 'self'", []),
        ("default-src 'none'", ["base-uri is not said", "form-action is not said"]),
        ("script-src 'self'; base-uri 'none'; form-action 'self'", ["style-src is not limited", "img-src is not limited", "font-src is not limited", "connect-src is not limited", "object-src is not limited", "frame-src is not limited"]),
    ],
)  # fmt: skip
def test_weak_policies(policy: str, words: list[str]) -> None:
    found = weaknesses(parse(policy))
    assert len(found) == len(words), found
    assert all(word in line for word, line in zip(words, found, strict=True)), found


def test_what_a_policy_refuses_of_a_page() -> None:
    page = read_inline(b"<script>a()</script><style>p{}</style><p style='x' onclick='y'>")
    strict = parse("default-src 'none'")
    assert len(refused([strict], page)) == 4
    loose = parse("default-src 'self' 'unsafe-inline'")
    assert refused([loose], page) == ()
    assert len(refused([loose, strict], page)) == 4
    named = parse(f"default-src 'none'; script-src {page.scripts[0]} 'unsafe-inline'; style-src 'unsafe-inline'")
    assert [line.split()[0] for line in refused([named], page)] == ["the"], "a hash switches unsafe-inline off"


def test_a_site_that_is_not_to_be_found_is_well_as_it_says_so_twice() -> None:
    server = Server()
    server.change("", lambda a: replace(a, body=b'<meta name="robots" content="noindex">' + a.body))
    server.change("robots.txt", lambda a: replace(a, body=b"User-agent: *\nDisallow: /\n"))
    assert [x.what for x in server.looks() if x.subject == "robots"] == [
        "search engines are asked not to list the page, as mkdocs.yml says"
    ]


def test_one_crawlers_rule_is_not_everybodys() -> None:
    server = Server()
    rules = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /api/\n\nSitemap: x\n"
    server.change("robots.txt", lambda a: replace(a, body=rules))
    assert [x.state for x in server.looks() if x.subject == "robots"] == [State.OK]


def test_a_copy_at_a_second_address_names_the_first_and_has_its_own_picture() -> None:
    server = Server()
    body = PAGE.replace(BASE.encode(), b"https://first.example/")
    server.change("", lambda a: replace(a, body=body))
    looks = {x.subject: x for x in server.looks() if x.subject in {"canonical", "picture"}}
    assert looks["canonical"].what == "search engines know the page as https://first.example/"
    assert {x.state for x in looks.values()} == {State.OK}
