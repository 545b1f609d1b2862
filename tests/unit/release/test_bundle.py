"""Artifacts become a release: stamped, hashed, refused where an address must not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from publisher.model.digest import sha256
from publisher.model.errors import RefusedError
from publisher.model.release import Artifact, Group, Release, Said
from publisher.release.bundle import MAX_PATH_BYTES, bundle, said, stamp

BUILT = datetime(2026, 11, 20, 14, 5, 59, 999, tzinfo=UTC)


def _artifact(path: str, body: bytes = b"x", *, stamped: bool = False) -> Artifact:
    return Artifact(path=path, body=body, headers=(("content-type", "text/html"),), group=Group.PAGES, stamped=stamped)


def _bundle(*artifacts: Artifact, generation: int = 7, built: datetime = BUILT) -> Release:
    return bundle(artifacts, generation=generation, parent=6, built=built)


def test_stamps_stand_where_the_tokens_stood_and_the_rest_stays() -> None:
    body = b"g @@tidings:generation@@ b @@tidings:built@@ g @@tidings:generation@@"
    release = _bundle(_artifact("index.html", body, stamped=True))
    entry = release.manifest.entries["index.html"]
    assert release.bodies[entry.sha256] == b"g 7 b 2026-11-20T14:05:59Z g 7"
    assert release.bodies[entry.unstamped] == body
    assert entry.size == len(release.bodies[entry.sha256])


def test_the_time_is_utc_whatever_zone_it_was_given_in() -> None:
    elsewhere = BUILT.astimezone(timezone(timedelta(hours=-5)))
    assert stamp(b"@@tidings:built@@", generation=1, built=elsewhere) == b"2026-11-20T14:05:59Z"


def test_tokens_in_a_file_that_is_not_stamped_are_only_text() -> None:
    release = _bundle(_artifact("a.html", b"@@tidings:generation@@"))
    entry = release.manifest.entries["a.html"]
    assert entry.sha256 == entry.unstamped == sha256(b"@@tidings:generation@@")


def test_generation_and_time_do_not_make_another_content() -> None:
    body = b"@@tidings:generation@@ @@tidings:built@@"
    one = _bundle(_artifact("index.html", body, stamped=True))
    two = _bundle(_artifact("index.html", body, stamped=True), generation=8, built=BUILT + timedelta(days=1))
    assert one.manifest.content == two.manifest.content
    assert one.manifest != two.manifest


def test_the_order_of_artifacts_does_not_matter() -> None:
    some = [_artifact(path, path.encode()) for path in ("b", "a", "c/d")]
    assert _bundle(*some) == _bundle(*reversed(some))
    assert list(_bundle(*some).manifest.entries) == ["a", "b", "c/d"]


def test_two_artifacts_for_one_address_are_refused() -> None:
    with pytest.raises(RefusedError, match=r"'a\.html'"):
        _bundle(_artifact("a.html"), _artifact("a.html", b"y"))


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\0b", "a\nb", "a\x7fb", "a\ud800b",
        "é" * (MAX_PATH_BYTES // 2 + 1),
    ],
)  # fmt: skip
def test_unsafe_addresses_are_refused(path: str) -> None:
    with pytest.raises(RefusedError, match="cannot be an address"):
        _bundle(_artifact(path))


@pytest.mark.parametrize(
    "path", ["release.json", "objects/x", "releases/1.json", ".tidings/lease.json", "objects", ".tidings"]
)
def test_the_publishers_own_addresses_are_refused(path: str) -> None:
    with pytest.raises(RefusedError, match="is taken"):
        _bundle(_artifact(path))


@pytest.mark.parametrize("path", ["objects.html", "de/release.json", "عطل/index.html", "a b.txt", "x/.well-known/y"])
def test_addresses_that_only_look_like_it_are_fine(path: str) -> None:
    assert path in _bundle(_artifact(path)).manifest.entries


@pytest.mark.parametrize("deep", ["a/b", "a/b/c/d"])
def test_a_file_cannot_be_a_folder_too(deep: str) -> None:
    with pytest.raises(RefusedError, match="both a file and a folder"):
        _bundle(_artifact("a"), _artifact("ab"), _artifact(deep))


@dataclass
class _Incident:
    id: str
    spoken: tuple[tuple[str, str], ...]


@dataclass
class _View:
    incidents: list[_Incident]
    maintenances: list[_Incident]


def test_said_lists_every_wording_of_incidents_and_maintenances_sorted() -> None:
    view = _View(
        incidents=[_Incident("b", (("2", "r2"), ("1", "r1")))],
        maintenances=[_Incident("a", (("9", "r9"),))],
    )
    assert said(view) == (
        Said(incident="a", update="9", revision="r9"),
        Said(incident="b", update="1", revision="r1"),
        Said(incident="b", update="2", revision="r2"),
    )
