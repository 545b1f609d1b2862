"""The pointer, packs and the manifest: written, read back, and refused when they are not ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from publisher.model.digest import md5, sha256
from publisher.model.errors import StorageError
from publisher.model.release import Artifact, Group, Release, Said
from publisher.ports import Headers
from publisher.release.bundle import bundle
from publisher.release.manifest import (
    Root,
    assemble,
    object_key,
    parse_files,
    parse_former,
    parse_root,
    parse_said,
    render_files,
    shard_count,
    shard_of,
)
from publisher.release.pack import HERE, Blob, Pack, pack_key, pack_size, take_apart
from publisher.release.packing import Kept, Packed, Packing
from publisher.release.pointer import GivenBack, parse_pointer, point_at, render_pointer

HTML: Headers = (("content-type", "text/html"),)
ROOT = Blob(sha256="ab" * 32, key="releases/4-0123456789abcdef-99.pack", offset=12, length=34)


def _release(*, generation: int = 4, said: tuple[Said, ...] = (), rollback_of: int | None = None) -> Release:
    artifacts = [
        Artifact(path="ü/index.html", body=b"p", headers=HTML, group=Group.PAGES),
        Artifact(path="b.css", body=b"c", headers=(("cache-control", "immutable"),), group=Group.ASSETS),
        Artifact(path="index.html", body=b"@@tidings:generation@@", headers=(), group=Group.FRONT, stamped=True),
    ]
    return bundle(
        artifacts,
        generation=generation,
        parent=generation - 1,
        built=datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
        said=said,
        source="a1b2c3d4e5f6",
        rollback_of=rollback_of,
    )


def _packed(release: Release, older: Kept | None = None) -> tuple[str, bytes, Packed]:
    packing = Packing(release, None)
    assert list(packing.full()) == []
    return packing.last(older or Kept())


@pytest.mark.parametrize("rollback_of", [None, 2])
@pytest.mark.parametrize("kept", [False, True])
def test_a_manifest_reads_back_as_it_was(rollback_of: int | None, *, kept: bool) -> None:
    said = (Said(incident="i", update="u", revision="r"),)
    older = Kept(kept=((3, ROOT),), dropped=((4, ("objects/x",)),), waste=("releases/1-x-3.pack",)) if kept else Kept()
    release = _release(said=said, rollback_of=rollback_of)
    key, pack, packed = _packed(release, older)
    blobs = take_apart(pack, where=key)
    record = assemble(parse_root(blobs[packed.root.sha256], key=key), lambda blob: blobs[blob.sha256])
    assert record == packed.record
    assert (record.kept, record.dropped, record.waste) == (older.kept, older.dropped, older.waste)
    assert record.release.manifest == release.manifest
    assert (record.release.said, record.release.rollback_of) == (said, rollback_of)
    assert record.release.id == release.id
    for sha, body in release.bodies.items():
        spot = record.spots[sha]
        assert spot.length is not None
        assert pack[spot.offset : spot.offset + spot.length] == body
    for entry in release.manifest.entries.values():
        assert record.spots[entry.sha256].md5 == md5(release.bodies[entry.sha256])
    assert b"a1b2c3d4e5f6" not in pack, "a commit covers internal files; targets must not tell it"


def test_the_same_release_makes_the_same_pack_and_its_name_tells_its_size() -> None:
    (key, pack, packed), again = _packed(_release()), _packed(_release())
    assert again == (key, pack, packed)
    assert key == f"releases/4-{sha256(pack)[:16]}-{len(pack)}.pack" == pack_key(4, sha256(pack), len(pack))
    assert pack_size(key) == len(pack)
    assert set(packed.documents) == {packed.root.sha256, *(blob.sha256 for blob in packed.record.shards)}


@pytest.mark.parametrize("lease", [None, GivenBack(version='"etag"', token=7)])
def test_a_pointer_reads_back_as_it_was(lease: GivenBack | None) -> None:
    pointer = point_at(_release(), ROOT, second_url="https://elsewhere.example/", lease=lease)
    assert parse_pointer(render_pointer(pointer), where="test") == pointer
    told = json.loads(render_pointer(pointer))
    assert told["second_url"] == "https://elsewhere.example/"
    assert (told["manifest"], told["manifest_offset"], told["manifest_length"]) == (ROOT.key, 12, 34)
    assert b"a1b2c3d4e5f6" not in render_pointer(pointer)


def test_the_formers_pointer_is_read() -> None:
    told = {"format": 1, "generation": 3, "id": "3-x", "built": "2026-11-20T14:05:00Z", "second_url": None}
    told |= {"manifest": "releases/3-abc.json", "manifest_sha256": "f" * 64}
    pointer = parse_pointer(json.dumps(told).encode(), where="test")
    assert (pointer.former, pointer.lease, pointer.root.length) == (True, None, None)
    assert (pointer.root.key, pointer.root.sha256) == ("releases/3-abc.json", "f" * 64)


def test_keys() -> None:
    assert object_key("ab") == "objects/ab"
    assert [pack_size(key) for key in ("releases/1-ab-12.pack", "releases/1-ab.json", "objects/a-3.pack", "")] == [
        12,
        None,
        None,
        None,
    ]


BROKEN = [b"", b"{", b"[]", b"null", b"{}", b'{"format": 3}', b"\xff", b'{"format": 2, "generation": "x"}']


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_not_ours_is_told_with_its_place(body: bytes) -> None:
    with pytest.raises(StorageError) as caught:
        parse_pointer(body, where="release.json on s3://b")
    assert "release.json on s3://b" in caught.value.cause
    assert caught.value.next_step
    for read in (parse_root, parse_files, parse_said):
        with pytest.raises(StorageError, match="releases/9"):
            read(body, key="releases/9-x-1.pack")
    with pytest.raises(StorageError):
        parse_former(body, where="x")
    with pytest.raises(StorageError):
        take_apart(body, where="x")


@pytest.mark.parametrize(
    "field", ["files", "said", "built", "generation", "kept", "dropped", "waste", "removing", "rollback_of"]
)
def test_a_root_that_lost_a_field_is_told(field: str) -> None:
    key, pack, packed = _packed(_release())
    data = json.loads(take_apart(pack, where=key)[packed.root.sha256])
    assert isinstance(parse_root(json.dumps(data).encode(), key=key), Root)
    del data[field]
    with pytest.raises(StorageError):
        parse_root(json.dumps(data).encode(), key=key)


def test_bodies_of_the_former_protocol_keep_their_place() -> None:
    release = _release()
    entries = release.manifest.entries
    spots = {sha: Blob(sha256=sha, key=object_key(sha)) for sha in release.bodies}
    body = render_files(entries.items(), spots)
    assert b"objects/" not in body
    assert parse_files(body, key=ROOT.key) == (dict(entries), spots)


@pytest.mark.parametrize("end", range(0, 60, 7))
def test_a_pack_that_is_cut_off_is_told(end: int) -> None:
    pack = Pack(1)
    assert pack.add(b"abc").key == HERE
    pack.add(b"")
    pack.add(b"\n\n")
    _, body = pack.close()
    assert take_apart(body, where="x") == {sha256(part): part for part in (b"abc", b"", b"\n\n")}
    with pytest.raises(StorageError):
        take_apart(body[: -1 - end], where="x") if end else take_apart(b"x" + body, where="x")


def test_shards_grow_with_the_site_and_not_for_every_line() -> None:
    assert [shard_count(lines, before=0) for lines in (0, 1, 128, 129, 1000, 10_000, 10**9)] == [
        1,
        1,
        1,
        2,
        8,
        128,
        1024,
    ]
    # a site at the edge does not write everything anew with each file more or less
    assert shard_count(1030, before=8) == shard_count(1000, before=16) // 2 == 8
    assert shard_count(10_000, before=8) == 128
    assert shard_count(100, before=64) == 1
    assert {shard_of(f"incidents/{n}/index.html", 16) for n in range(400)} == set(range(16))
