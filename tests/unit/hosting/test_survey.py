"""What is read out of a built site: hashes as browsers compute them, and the kinds of its files."""

from __future__ import annotations

import base64
import hashlib  # noqa: TID251 - an independent count

import pytest

from publisher.hosting.inline import read_inline
from publisher.hosting.survey import Kind, cache_of, kind_of
from tests.unit.hosting.samples import LONG, SHORT, file, site


def by_hand(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    ("page", "scripts"),
    [
        ("<script>a()</script>", ["a()"]),
        ("<script>\n a &amp; b < c\n</script>", ["\n a &amp; b < c\n"]),
        ("<SCRIPT TYPE=module>é</SCRIPT>", ["é"]),
        ("<script>a\r\nb</script>", ["a\nb"]),
        ("<script></script>", [""]),
        ("<script>a()</script><script>b()</script><script>a()</script>", ["a()", "b()"]),
        ('<script type="importmap">{}</script>', ["{}"]),
        ('<script type="application/ld+json">{}</script>', []),
        ('<script src="x.js"></script>', []),
        ("<!-- <script>a()</script> -->", []),
        ("<p>&lt;script&gt;a()&lt;/script&gt;</p>", []),
    ],
)
def test_inline_scripts_are_named_as_browsers_do(page: str, scripts: list[str]) -> None:
    assert list(read_inline(page.encode()).scripts) == [by_hand(text) for text in scripts]


def test_what_no_policy_of_ours_allows_is_found() -> None:
    found = read_inline(
        b'<p style="text-align: right" onclick="a()"><a href=" JavaScript:b()">x</a><svg onload=c() /><p data-on="x">'
    )
    assert found.style_attributes == ("text-align: right",)
    assert found.handlers == ("onclick=a()", " JavaScript:b()", "onload=c()")


def test_a_site_is_read() -> None:
    found = site()
    assert found.scripts == tuple(sorted({by_hand("a()"), by_hand("b()")}))
    assert found.styles == (by_hand("p{}"),)
    assert found.picture_styles == (by_hand(".a{}"),)
    assert (found.cache, dict(found.named_cache)) == (
        SHORT,
        {"embed.js": "public, max-age=3600", "release.json": "public, max-age=5"},
    )
    assert found.named_types == {"feed.json": "application/feed+json; charset=utf-8"}
    assert found.types["json"].startswith("application/json")
    assert found.embeds == ("embed/", "de/embed/")
    assert found.page_folders == ("de/history/", "history/")
    assert found.page_files == ("", "404.html", "de/")
    assert found.asset_folders == ("assets/", "objects/", "releases/")
    assert found.blocked == ()


def test_what_we_wrote_for_a_host_does_not_enter_what_we_write() -> None:
    assert site(file("_headers", b"x", kind="application/octet-stream"), file("_redirects")) == site()


def test_a_folder_with_one_file_that_changes_is_not_immutable() -> None:
    assert "assets/" not in site(file("assets/note.txt", kind="text/plain")).asset_folders


def test_an_aligned_table_is_told_with_its_cure() -> None:
    found = site(file("about/index.html", b'<td style="text-align: right;"><b style="color:red">'))
    assert [(b.path, "use_align_attribute" in b.next_step) for b in found.blocked] == [
        ("about/index.html", True),
        ("about/index.html", False),
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", Kind.PAGE),
        ("404.html", Kind.PAGE),
        ("de/history/", Kind.PAGE),
        ("embed/", Kind.EMBED),
        ("de/embed/index.html", Kind.EMBED),
        ("incidents/embed/", Kind.PAGE),
        ("badge/x.svg", Kind.PICTURE),
        ("assets/a/b.js", Kind.ASSET),
        ("embed.js", Kind.OPEN),
        ("history.atom", Kind.OPEN),
        ("api/status.json", Kind.OPEN),
    ],
)
def test_kinds(path: str, kind: Kind) -> None:
    assert kind_of(path, ("embed/", "de/embed/")) is kind


def test_ages() -> None:
    found = site()
    assert cache_of("assets/site.0a1b2c3d.css", found) == LONG
    assert cache_of(f"objects/{'a' * 64}", found) == LONG
    assert cache_of("embed.js", found) == "public, max-age=3600"
    assert cache_of("index.html", found) == SHORT
