"""The pointer and the manifest: written, read back, and refused when they are not ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from publisher.model.digest import sha256
from publisher.model.errors import StorageError
from publisher.model.release import Artifact, Group, Release, Said
from publisher.release.bundle import bundle
from publisher.release.pointer import (
    manifest_key,
    object_key,
    parse_manifest,
    parse_pointer,
    point_at,
    render_manifest,
    render_pointer,
)


def _release(**changed: object) -> Release:
    artifacts = [
        Artifact(path="ü/index.html", body=b"p", headers=(("content-type", "text/html"),), group=Group.PAGES),
        Artifact(path="b.css", body=b"c", headers=(("cache-control", "immutable"),), group=Group.ASSETS),
        Artifact(path="index.html", body=b"@@tidings:generation@@", headers=(), group=Group.FRONT, stamped=True),
    ]
    given: dict[str, object] = {"generation": 4, "parent": 3, "built": datetime(2026, 11, 20, 14, 5, tzinfo=UTC)}
    return bundle(artifacts, **{**given, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("previous", [None, ("releases/3-abc.json", "f" * 64)])
@pytest.mark.parametrize("rollback_of", [None, 2])
def test_a_manifest_reads_back_as_it_was(previous: tuple[str, str] | None, rollback_of: int | None) -> None:
    said = (Said(incident="i", update="u", revision="r"),)
    release = _release(said=said, source="abc", rollback_of=rollback_of)
    body = render_manifest(release, previous=previous)
    record = parse_manifest(body, where="test")
    assert record.previous == previous
    assert record.release.manifest == release.manifest
    assert (record.release.said, record.release.rollback_of) == (said, rollback_of)
    assert b"abc" not in body.replace(b"releases/3-abc", b""), (
        "a commit covers internal files; targets must not tell it"
    )
    assert record.release.id == release.id
    assert render_manifest(record.release, previous=previous) == body
    assert body.endswith(b"}\n")


def test_a_pointer_reads_back_as_it_was() -> None:
    release = _release()
    manifest = render_manifest(release, previous=None)
    pointer = point_at(release, manifest, second_url="https://elsewhere.example/")
    assert parse_pointer(render_pointer(pointer), where="test") == pointer
    assert pointer.sha256 == sha256(manifest)
    assert pointer.manifest == f"releases/4-{pointer.sha256[:16]}.json"
    assert json.loads(render_pointer(pointer))["second_url"] == "https://elsewhere.example/"


def test_keys() -> None:
    assert object_key("ab") == "objects/ab"
    assert manifest_key(12, "0123456789abcdef99") == "releases/12-0123456789abcdef.json"


BROKEN = [b"", b"{", b"[]", b"null", b"{}", b'{"format": 2}', b"\xff", b'{"format": 1, "generation": "x"}']


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_not_ours_is_told_with_its_place(body: bytes) -> None:
    with pytest.raises(StorageError) as caught:
        parse_pointer(body, where="release.json on s3://b")
    assert "release.json on s3://b" in caught.value.cause
    assert caught.value.next_step
    with pytest.raises(StorageError):
        parse_manifest(body, where="x")


@pytest.mark.parametrize("field", ["files", "headers", "said", "built", "generation", "previous", "rollback_of"])
def test_a_manifest_that_lost_a_field_is_told(field: str) -> None:
    data = json.loads(render_manifest(_release(), previous=None))
    del data[field]
    with pytest.raises(StorageError):
        parse_manifest(json.dumps(data).encode(), where="x")
