"""Tracking parameters go where they belong, and break no address."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.render.utm import tag, tagger
from tests.unit.render.histories import SITE

MARKS = "utm_source=s&utm_medium=m&utm_campaign=c&utm_content=0123456789ab"


def mark(url: str) -> str:
    return tag(url, source="s", medium="m", campaign="c", content="0123456789abcdef")


@pytest.mark.parametrize(
    ("url", "tagged"),
    [
        ("https://x.example/", f"https://x.example/?{MARKS}"),
        ("https://x.example/a#b", f"https://x.example/a?{MARKS}#b"),
        ("https://x.example/?q=1&empty=", f"https://x.example/?q=1&empty=&{MARKS}"),
        ("https://x.example/?utm_source=old&q=1", f"https://x.example/?q=1&{MARKS}"),
        ("mailto:a@x.example", "mailto:a@x.example"),
        ("#below", "#below"),
    ],
)
def test_tag(url: str, tagged: str) -> None:
    assert mark(url) == tagged


@given(st.text(alphabet="abc/?&=#%é ", max_size=30))
def test_tagging_twice_is_tagging_once(rest: str) -> None:
    once = mark("https://x.example/" + rest)
    assert mark(once) == once


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://status.example.com/incidents/x/", True),
        ("https://status.example.com.evil.example/", False),
        ("http://status.example.com/", False),
        ("https://example.com/", False),
        ("https://[broken/", False),
    ],
)
def test_only_our_own_addresses_are_tagged(url: str, ours: bool) -> None:  # noqa: FBT001 (a column of the table)
    change = tagger(SITE, source="s", medium="m", campaign="c", content="d")
    assert (change(url) != url) == ours


def test_a_site_in_a_folder_tags_what_is_below_it_alone() -> None:
    change = tagger(replace(SITE, url="https://x.example/status/"), source="s", medium="m", campaign="c", content="d")
    assert "utm_" in change("https://x.example/status/a/")
    assert change("https://x.example/shop/") == "https://x.example/shop/"
