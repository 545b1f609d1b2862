"""A frame is cut at its marks and put together again."""

from __future__ import annotations

from publisher.model.site import Site
from publisher.site.links import address, head_links, language_links, tree, up
from publisher.site.slots import SLOTS, mark, split

SITE = Site(name="X", url="https://status.example.com/sub/", locales=("en", "de", "ar"))


def test_a_page_is_cut_at_its_marks_and_filled() -> None:
    frame = split(f"<title>{mark('title')}</title><body>{mark('body')}</body>".encode())
    assert frame.slots == ("title", "body")
    assert frame.fill({"title": b"T", "body": b"B"}) == b"<title>T</title><body>B</body>"


def test_an_empty_slot_stays_empty_and_a_slot_may_stand_twice() -> None:
    frame = split(f"{mark('languages')}-{mark('languages')}-{mark('stamp')}".encode())
    assert frame.fill({"languages": b"de"}) == b"de-de-"


def test_words_that_look_like_a_mark_are_only_words() -> None:
    frame = split(f"<p>{mark('body')}</p>".encode())
    assert frame.fill({"body": mark("title").encode()}) == f"<p>{mark('title')}</p>".encode()


def test_every_slot_can_be_marked() -> None:
    assert split("".join(mark(slot) for slot in SLOTS).encode()).slots == SLOTS


def test_addresses() -> None:
    assert [address(p) for p in ("index.html", "a/index.html", "a/b.html", "404.html")] == [
        "",
        "a/",
        "a/b.html",
        "404.html",
    ]
    assert address("a b/ü/index.html") == "a%20b/%C3%BC/"
    assert [up(p, site=SITE) for p in ("index.html", "a/index.html", "de/a/b/index.html")] == ["./", "../", "../../../"]
    assert up("404.html", site=SITE, absolute=True) == "/sub/"
    assert [tree(SITE, locale) for locale in SITE.locales] == ["", "de/", "ar/"]


def test_a_page_names_itself_and_its_other_languages() -> None:
    links = head_links(SITE, "history/index.html", "de")
    assert '<link rel="canonical" href="https://status.example.com/sub/de/history/">' in links
    assert '<link rel="alternate" hreflang="ar" href="https://status.example.com/sub/ar/history/">' in links
    assert '<link rel="alternate" hreflang="x-default" href="https://status.example.com/sub/history/">' in links
    assert "alternate" not in head_links(SITE, "about/index.html", "de", alternates=False)


def test_language_links_are_relative_and_in_their_own_language() -> None:
    assert language_links(SITE, "history/index.html", "de") == (
        '<a href="../../history/" hreflang="en" lang="en" dir="ltr">English</a>'
        '<a href="../../ar/history/" hreflang="ar" lang="ar" dir="rtl">العربية</a>'
    )
    assert language_links(SITE, "404.html", "en", absolute=True).startswith('<a href="/sub/de/"')
    assert language_links(Site(name="X", url="https://x/"), "index.html", "en") == ""
