"""What every `ObjectStore` must do. Each adapter's test file gives a `store` fixture and inherits this class."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from publisher.model.digest import md5, sha256
from publisher.model.errors import ConflictError
from publisher.ports import Headers, Holds, ObjectStore, Version

HTML: Headers = (("cache-control", "public, max-age=15"), ("content-type", "text/html; charset=utf-8"))
JSON: Headers = (("content-type", "application/json"),)
RACERS = 8


class ObjectStoreContract:
    """The suite."""

    racing_rounds = 25
    many = 1005
    """More than one page of a listing."""

    def test_what_was_put_comes_back_with_bytes_headers_and_version(self, store: ObjectStore) -> None:
        version = store.put("incidents/a/index.html", b"<p>hello</p>", HTML)
        there = store.get("incidents/a/index.html")
        assert there is not None
        assert (there.body, there.headers, there.version) == (b"<p>hello</p>", HTML, version)

    def test_what_is_not_there_is_none(self, store: ObjectStore) -> None:
        assert store.get("nothing/here") is None

    def test_a_folder_of_keys_is_not_an_object(self, store: ObjectStore) -> None:
        store.put("a/b", b"x", JSON)
        assert store.get("a") is None

    @pytest.mark.parametrize("body", [b"", b"\0" * 17, bytes(range(256)) * 400, "Störung · عطل".encode()])
    def test_bytes_are_bytes(self, store: ObjectStore, body: bytes) -> None:
        store.put("bytes", body, (("content-type", "application/octet-stream"),))
        there = store.get("bytes")
        assert there is not None
        assert there.body == body

    @pytest.mark.parametrize(
        ("span", "part"),
        [
            ((0, 1), b"0"),
            ((0, 10), b"0123456789"),
            ((3, 4), b"3456"),
            ((9, 1), b"9"),
            # what lies beyond the end is left out
            ((8, 5), b"89"),
            ((0, 99), b"0123456789"),
            ((10, 1), b""),
            ((5000, 7), b""),
        ],
    )
    def test_a_part_is_read(self, store: ObjectStore, span: tuple[int, int], part: bytes) -> None:
        version = store.put("digits", b"0123456789", HTML)
        there = store.get("digits", span=span)
        assert there is not None
        assert (there.body, there.version, there.headers) == (part, version, HTML)

    def test_a_part_of_nothing_is_none_and_of_an_empty_object_empty(self, store: ObjectStore) -> None:
        assert store.get("nothing/here", span=(0, 1)) is None
        store.put("empty", b"", JSON)
        there = store.get("empty", span=(0, 1))
        assert there is not None
        assert there.body == b""

    def test_parts_of_a_large_object_are_those_parts(self, store: ObjectStore) -> None:
        body = bytes(range(256)) * 4096
        store.put("large.pack", body, (("content-type", "application/octet-stream"),))
        for offset, length in ((0, 70_000), (99_999, 1), (1_000_000, 48_576), (524_287, 3)):
            there = store.get("large.pack", span=(offset, length))
            assert there is not None
            assert there.body == body[offset : offset + length]

    def test_put_if_takes_the_bytes_an_object_holds_for_its_version(self, store: ObjectStore) -> None:
        """So it is on S3 with plain objects, and in memory and folders, whose versions are hashes."""
        store.put("page", b"one", HTML)
        with pytest.raises(ConflictError):
            store.put_if("page", b"two", HTML, expected=_holds(b"other"))
        with pytest.raises(ConflictError):
            store.put_if("gone", b"two", HTML, expected=_holds(b"one"))
        second = store.put_if("page", b"two", HTML, expected=_holds(b"one"))
        there = store.get("page")
        assert there is not None
        assert (there.body, there.version) == (b"two", second)
        assert store.get("gone") is None

    def test_no_headers_stay_no_headers(self, store: ObjectStore) -> None:
        store.put("bare", b"x", ())
        there = store.get("bare")
        assert there is not None
        assert there.headers == ()

    def test_every_header_comes_back_lower_case_and_sorted(self, store: ObjectStore) -> None:
        given: Headers = (
            ("X-Frame-Options", "DENY"),
            ("Content-Type", "text/plain"),
            ("content-security-policy", "default-src 'self'; img-src 'self' data:"),
            ("content-language", "de"),
            ("content-disposition", 'inline; filename="status.txt"'),
            ("Cache-Control", "no-cache"),
        )
        store.put("headers", b"x", given)
        there = store.get("headers")
        assert there is not None
        assert there.headers == tuple(sorted((name.lower(), value) for name, value in given))

    def test_a_second_put_replaces_body_and_headers(self, store: ObjectStore) -> None:
        first = store.put("page", b"one", HTML)
        second = store.put("page", b"two", JSON)
        there = store.get("page")
        assert there is not None
        assert (there.body, there.headers) == (b"two", JSON)
        assert first != second

    def test_headers_alone_can_change(self, store: ObjectStore) -> None:
        store.put("page", b"one", HTML)
        store.put("page", b"one", JSON)
        there = store.get("page")
        assert there is not None
        assert there.headers == JSON

    @pytest.mark.parametrize(
        "key", ["störung/übersicht.html", "عطل/index.html", "a b/c+d&e=f.txt", "x/~_-.,'()!/y", "%41/%2f"]
    )
    def test_keys_may_hold_any_letters(self, store: ObjectStore, key: str) -> None:
        store.put(key, b"x", JSON)
        assert store.get(key) is not None
        assert list(store.list("")) == [key]
        store.delete([key])
        assert store.get(key) is None

    def test_put_if_none_writes_what_is_new_and_refuses_what_is_there(self, store: ObjectStore) -> None:
        store.put_if("lease", b"one", JSON, expected=None)
        with pytest.raises(ConflictError):
            store.put_if("lease", b"two", JSON, expected=None)
        there = store.get("lease")
        assert there is not None
        assert there.body == b"one"

    def test_put_if_writes_over_the_version_it_expects_and_nothing_else(self, store: ObjectStore) -> None:
        first = store.put("pointer", b"1", JSON)
        second = store.put_if("pointer", b"2", HTML, expected=first)
        with pytest.raises(ConflictError):
            store.put_if("pointer", b"3", JSON, expected=first)
        there = store.get("pointer")
        assert there is not None
        assert (there.body, there.headers, there.version) == (b"2", HTML, second)

    def test_put_if_refuses_when_the_object_is_gone(self, store: ObjectStore) -> None:
        version = store.put("pointer", b"1", JSON)
        store.delete(["pointer"])
        with pytest.raises(ConflictError):
            store.put_if("pointer", b"2", JSON, expected=version)
        assert store.get("pointer") is None

    def test_a_conflict_says_what_to_do(self, store: ObjectStore) -> None:
        store.put("pointer", b"1", JSON)
        with pytest.raises(ConflictError) as caught:
            store.put_if("pointer", b"2", JSON, expected=None)
        assert "pointer" in caught.value.cause
        assert caught.value.next_step

    @pytest.mark.parametrize("fresh", [True, False], ids=["nothing there", "one version there"])
    def test_of_eight_racing_writers_one_wins(self, store: ObjectStore, *, fresh: bool) -> None:
        for number in range(self.racing_rounds):
            key = f"race/{number}"
            expected = None if fresh else store.put(key, b"before", JSON)
            won = _race(store, key, expected)
            assert len(won) == 1
            there = store.get(key)
            assert there is not None
            assert there.body == won[0]

    def test_readers_see_the_old_or_the_new_never_a_part(self, store: ObjectStore) -> None:
        bodies = [bytes([letter]) * 200_000 for letter in b"ab"]
        store.put("big", bodies[0], JSON)
        stop = threading.Event()

        def write() -> int:
            turns = 0
            while not stop.is_set():
                turns += 1
                store.put("big", bodies[turns % 2], JSON)
            return turns

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            try:
                for _ in range(30):
                    there = store.get("big")
                    assert there is not None
                    assert there.body in bodies
            finally:
                stop.set()
            assert writing.result() > 0

    def test_delete_takes_what_is_there_and_forgives_what_is_not(self, store: ObjectStore) -> None:
        store.put("a/one", b"x", JSON)
        store.put("a/two", b"x", JSON)
        store.put("b", b"x", JSON)
        store.delete(["a/one", "a/two", "never/was"])
        store.delete(["a/one"])
        store.delete([])
        assert list(store.list("")) == ["b"]

    def test_a_folder_that_was_emptied_can_become_a_file(self, store: ObjectStore) -> None:
        store.put("page/index.html", b"x", HTML)
        store.delete(["page/index.html"])
        store.put("page", b"y", HTML)
        assert list(store.list("")) == ["page"]

    def test_list_is_sorted_and_by_prefix(self, store: ObjectStore) -> None:
        for key in ("b/2", "a", "b/10", "b/1", "ba", ".tidings/lease.json"):
            store.put(key, b"x", JSON)
        assert list(store.list("")) == [".tidings/lease.json", "a", "b/1", "b/10", "b/2", "ba"]
        assert list(store.list("b/")) == ["b/1", "b/10", "b/2"]
        assert list(store.list("b")) == ["b/1", "b/10", "b/2", "ba"]
        assert list(store.list("none")) == []

    def test_more_than_a_page_of_keys_is_listed_and_deleted(self, store: ObjectStore) -> None:
        keys = [f"many/{number:05}" for number in range(self.many)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: store.put(key, b"x", JSON), keys))
        assert list(store.list("many/")) == keys
        store.delete(keys)
        assert list(store.list("")) == []

    def test_the_name_is_for_people(self, store: ObjectStore) -> None:
        assert store.name
        assert "only-on-loopback" not in store.name


def _holds(body: bytes) -> Holds:
    return Holds(sha256=sha256(body), md5=md5(body))


def _race(store: ObjectStore, key: str, expected: Version | None) -> list[bytes]:
    start = threading.Barrier(RACERS)

    def run(number: int) -> bytes | None:
        body = f"writer {number}".encode()
        start.wait()
        try:
            store.put_if(key, body, JSON, expected=expected)
        except ConflictError:
            return None
        return body

    with ThreadPoolExecutor(RACERS) as pool:
        return [body for body in pool.map(run, range(RACERS)) if body is not None]
