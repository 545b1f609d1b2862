"""Slugs, spellings and moments of foreign texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.importers.moments import read_moment
from publisher.importers.slugs import MAX_SLUG, free_name, same_name, slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Störung: API & Größe", "storung-api-grosse"),
        ("Łódź, Ærø", "lodz-aero"),
        ("ﬁle №5", "file-no5"),
        ("انقطاع", "incident"),
        ("--- ../../etc/passwd", "etc-passwd"),
        ("a" * 200, "a" * MAX_SLUG),
        ("word " * 40, "-".join(["word"] * 14)),
    ],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text(max_size=300))
def test_a_slug_is_always_one(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(text))
    assert len(slug(text)) <= MAX_SLUG


def test_twins_are_numbered_from_two() -> None:
    assert free_name("a", {"a", "a-2"}) == "a-3"


def test_spellings() -> None:
    assert same_name("Artifact Caching Proxy") == same_name("artifact-caching_proxy")
    assert same_name("infra.ci") != same_name("infra-ci")
    assert same_name("C++") != same_name("C")


@pytest.mark.parametrize(
    ("text", "utc", "zoned", "cut"),
    [
        ("2024-07-04T6:30:00-00:00", "2024-07-04T06:30:00+00:00", True, False),
        ("2020-06-13 15:54:00", "2020-06-13T15:54:00+00:00", False, False),
        ("2026-03-01T13:00:00.250+01:00", "2026-03-01T12:00:00+00:00", True, True),
        ("2026-03-01T13:00:00.000Z", "2026-03-01T13:00:00+00:00", True, False),
        ("2026-03-01 13:00 UTC", "2026-03-01T13:00:00+00:00", True, False),
        ("2026-03-01T13:00:00-0530", "2026-03-01T18:30:00+00:00", True, False),
        ("2026-03-01", "2026-03-01T00:00:00+00:00", False, False),
    ],
)
def test_moments(text: str, utc: str, zoned: bool, cut: bool) -> None:  # noqa: FBT001
    moment = read_moment(text)
    assert moment is not None
    assert (moment.at.isoformat(), moment.zoned, moment.cut) == (utc, zoned, cut)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "2026-03-01T25:00Z", "9999-12-31T23:59:59-23:59", "2026-03-01T10:00+99:00"]
)
def test_what_is_no_moment(text: str) -> None:
    assert read_moment(text) is None
