"""Publishing under kills, faults, freezes and races: cases T01-T06, T08-T12 and T16 of the fault catalogue.

Ordinary figures are those that two cores do in a few minutes; `TIDINGS_TEST_DEPTH=nightly` runs the catalogue's full ones.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.adapters.clock import ManualClock, SystemClock
from publisher.adapters.folder import FolderStore
from publisher.adapters.memory import MemoryStore
from publisher.deliver.lease import read_lease, take
from publisher.deliver.live import next_generation, read_live, survey
from publisher.deliver.rollback import kept_releases, rollback
from publisher.deliver.site import Outcome, publish_all
from publisher.model.errors import ConflictError, DeniedError, RefusedError, ThrottledError, UnreachableError
from publisher.model.policy import PagePolicy
from publisher.model.release import Artifact, Group
from publisher.ports import Headers, Holds, ObjectStore, StoredObject, Version
from publisher.release.bundle import bundle
from publisher.release.changes import Reason
from publisher.release.pack import take_apart
from publisher.release.pointer import LEASE, OBJECTS, POINTER, RELEASES, parse_pointer, render_pointer
from tests.faults.publishing_kit import (
    BUILT,
    HTML,
    JSON,
    POLICY,
    TTL_S,
    Reader,
    assert_live_paths_agree,
    depth,
    edition_of,
    forkserver,
    is_frozen,
    publish,
    site,
    start_publisher,
    with_ttl,
)
from tests.servers.proxy import Fault, FaultProxy, Seen, fault_proxy, only
from tests.servers.s3 import S3Server

FAULTS: list[Fault] = [fault for fault in Fault if fault is not Fault.NONE]


@pytest.fixture
def proxy(moto: S3Server) -> Iterator[FaultProxy]:
    """Give a fault proxy before moto."""
    with fault_proxy(moto.port, hang_s=0.6) as running:
        yield running


def _live(store: ObjectStore) -> int:
    live = read_live(store)
    return live.generation if live else 0


# T01


def test_t01_a_publisher_killed_at_any_moment_leaves_one_whole_release(moto: S3Server) -> None:
    """Killed, each publisher is finished or superseded by the next; a reader never sees a mix."""
    context, bucket, dice = forkserver(), moto.bucket(), random.Random(1)
    store = moto.store(bucket)
    (receipt,) = publish(site("e0"), store)
    assert receipt.outcome is Outcome.LIVE
    reader, cut = Reader(store), 0
    began = time.monotonic()
    whole = start_publisher(context, moto.endpoint, bucket, "e0b")
    whole.join()
    assert whole.exitcode == 0
    assert edition_of(reader.look()[1]) == "e0b"
    usual, editions, held_up = time.monotonic() - began, {"e0", "e0b"}, False
    for number in range(1, depth(50, 1000) + 1):
        process = start_publisher(context, moto.endpoint, bucket, f"e{number}", extra=f"x{number % 3}")
        editions.add(f"e{number}")
        # anywhere from its first breath to its last; after one that was cut off it waits for the lease to lapse
        process.join(dice.random() * (usual * 1.15 + (TTL_S if held_up else 0)))
        held_up = process.is_alive()
        if held_up:
            cut += 1
            process.kill()
        process.join()
        generation, bodies = reader.look()
        assert edition_of(bodies) in editions
        assert generation >= 1
        process.close()
    assert cut > 10, "the kills came too late to cut anything off"
    (receipt,) = publish(site("last"), store)
    assert receipt.outcome is Outcome.LIVE
    assert edition_of(reader.look()[1]) == "last"
    assert_live_paths_agree(store)


def test_t01_the_reader_finds_a_planted_mix_and_a_planted_hole(moto: S3Server) -> None:
    store = moto.store()
    publish(site("a"), store)
    _, bodies = Reader(store).look()
    with pytest.raises(AssertionError):
        edition_of({**bodies, "history.atom": b"<feed>other</feed>"})
    live = read_live(store)
    assert live is not None
    spot = live.record.spots[live.manifest.entries["history.atom"].sha256]
    pack = store.get(spot.key)
    assert pack is not None
    store.put(spot.key, pack.body[: spot.offset] + b"?" + pack.body[spot.offset + 1 :], ())
    with pytest.raises(AssertionError, match="not what it is said to be"):
        Reader(store).look()
    store.delete([spot.key])
    with pytest.raises(AssertionError, match="dangles"):
        Reader(store).look()
    store.put(spot.key, pack.body, ())
    assert_live_paths_agree(store)
    store.put("incidents/now/index.html", b"other", HTML)
    with pytest.raises(AssertionError):
        assert_live_paths_agree(store)


# T02, T03


def _assert_order(seen: Sequence[Seen]) -> None:
    """See that groups came one after the other, the pointer after all, and removals only after the pointer."""
    ranks = []
    for one in seen:
        if one.status is None or one.key == LEASE:
            continue
        if one.method == "DELETE" or (one.method == "POST" and one.query.startswith("delete")):
            ranks.append(7)
        elif one.method == "PUT":
            ranks.append(_rank(one.key))
    assert ranks == sorted(ranks)
    flips = [one for one in seen if one.method == "PUT" and one.key == POINTER and one.status is not None]
    assert all(one.conditional for one in flips)


def _rank(key: str) -> int:
    match key.partition("/")[0]:
        case "releases":
            return 0
        case "assets":
            return 1
        case "incidents" | "x":
            return 2
        case "history.atom":
            return 3
        case "index.html":
            return 5
        case "release.json":
            return 6
        case other:
            raise AssertionError(other)


def _deletes(seen: Sequence[Seen]) -> list[Seen]:
    return [
        one for one in seen if one.status is not None and (one.method == "DELETE" or one.query.startswith("delete"))
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name.lower() for fault in FAULTS])
def test_t02_any_fault_at_any_call_leaves_a_whole_release_and_the_next_run_finishes(
    moto: S3Server, proxy: FaultProxy, fault: Fault
) -> None:
    """One try per request, so that every fault reaches the protocol instead of a retry.

    Over the wire every sixth pair of call and fault, nightly all; the next test has every pair, without a wire.
    """
    bucket = moto.bucket()
    direct = moto.store(bucket)
    hangs = fault in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER)
    faulty = moto.store(bucket, endpoint=proxy.endpoint, timeout_s=0.4 if hangs else 10, attempts=1)
    store = moto.store(bucket, endpoint=proxy.endpoint)
    reader = Reader(direct)
    # the longest run there is: a page to remove, old releases to retire
    for edition in ("a", "b", "c", "d"):
        publish(site(edition, still=3, extra="x"), direct)
    publish(site("e0", still=3), store)
    calls = len(proxy.seen)
    assert calls > 12
    stride = depth(6, 1)
    for number in range(FAULTS.index(fault) % stride, calls, stride):
        before = _live(direct)
        proxy.reset(only(number, fault))
        # every second edition has a page that the next one removes
        edition, extra = f"e{number + 1}", "x" if number % 2 else None
        (receipt,) = publish(site(edition, still=3, extra=extra), faulty)
        seen = proxy.seen
        generation, bodies = reader.look()
        assert edition_of(bodies) == (edition if generation > before else edition_of(bodies))
        assert generation in (before, before + 1)
        assert (receipt.outcome is Outcome.LIVE) == (generation == before + 1), (number, receipt.error)
        if receipt.outcome is not Outcome.LIVE:
            assert receipt.error is not None
            assert receipt.error.next_step
            assert _deletes(seen) == []
        _assert_order(seen)
        proxy.reset()
        for _ in range(2):
            (again,) = publish(site(edition, still=3, extra=extra), store)
            if again.outcome is Outcome.UNCHANGED:
                break
            assert again.outcome is Outcome.LIVE, again.error
            _assert_order(proxy.seen)
            proxy.reset()
        assert edition_of(reader.look()[1]) == edition
        assert_live_paths_agree(direct)


class Recorder(MemoryStore):
    """A store that remembers what was written and removed."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, str]] = []

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        version = super().put(key, body, headers)
        self.log.append(("put", key))
        return version

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        version = super().put_if(key, body, headers, expected=expected)
        self.log.append(("put", key))
        return version

    def delete(self, keys: Iterable[str]) -> None:
        wanted = list(keys)
        super().delete(wanted)
        self.log += [("delete", key) for key in wanted]


class Faulty(Recorder):
    """A store in which one call goes wrong, as it looks to the protocol once an adapter has told it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.wrong: tuple[int, Fault] | None = None
        self._counting = threading.Lock()

    @contextlib.contextmanager
    def _call(self, *, conditional: bool = False) -> Iterator[None]:
        with self._counting:
            mine, self.calls = self.calls, self.calls + 1
        fault = self.wrong[1] if self.wrong is not None and self.wrong[0] == mine else Fault.NONE
        match fault:
            case Fault.NONE:
                yield
            case Fault.TIMEOUT_AFTER | Fault.RESET_AFTER:
                yield
                raise UnreachableError("No answer.", "Publish again.")
            case Fault.DENIED:
                raise DeniedError("Denied.", "Ask for access.")
            case Fault.ERROR_503:
                raise ThrottledError("Slow down.", "Wait.")
            case Fault.CONFLICT | Fault.PRECONDITION if conditional:
                raise ConflictError("Not what was expected.", "Publish again.")
            case _:
                raise UnreachableError("Failed.", "Publish again.")

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        with self._call():
            return super().get(key, span=span)
        raise AssertionError("unreachable")

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        with self._call():
            return super().put(key, body, headers)
        raise AssertionError("unreachable")

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        with self._call(conditional=True):
            return super().put_if(key, body, headers, expected=expected)
        raise AssertionError("unreachable")

    def delete(self, keys: Iterable[str]) -> None:
        with self._call():
            super().delete(keys)

    def list(self, prefix: str) -> Iterator[str]:
        with self._call():
            return super().list(prefix)
        raise AssertionError("unreachable")


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name.lower() for fault in FAULTS])
@pytest.mark.parametrize("retiring", [False, True], ids=["remembered", "swept"])
def test_t02_every_call_with_every_fault(fault: Fault, *, retiring: bool) -> None:
    """All pairs. `swept`: the last publisher left no memory, so that old releases are found by listing."""
    store = Faulty()
    for number in range(5):
        publish(site(f"s{number}", still=3, extra="x"), store, ttl_s=0.05)
    number, met = 0, True
    while met:
        if retiring:
            take(store, SystemClock(), intent=lambda _s: (), ttl_s=1, wait_s=1, meanwhile=lambda: None).free()
        before, edition, extra = _live(store), f"e{number + 1}", "x" if number % 2 else None
        store.log.clear()
        store.calls, store.wrong = 0, (number, fault)
        (receipt,) = publish(site(edition, still=3, extra=extra), store, ttl_s=0.05)
        met = store.calls > number
        store.wrong = None
        generation, bodies = Reader(store).look()
        edition_of(bodies)
        assert (receipt.outcome is Outcome.LIVE) == (generation == before + 1), (number, receipt.error)
        if receipt.outcome is not Outcome.LIVE:
            assert generation == before
            assert [key for verb, key in store.log if verb == "delete"] == []
        (again,) = publish(site(edition, still=3, extra=extra), store, ttl_s=0.05)
        assert again.good, again.error
        assert again.leftover is None
        (again,) = publish(site(edition, still=3, extra=extra), store, ttl_s=0.05)
        assert again.outcome is Outcome.UNCHANGED
        assert edition_of(Reader(store).look()[1]) == edition
        assert_live_paths_agree(store)
        number += 1
    assert number > 12


def test_t02_retries_hide_a_single_fault_at_any_call(moto: S3Server, proxy: FaultProxy) -> None:
    """With the ordinary number of tries, what can pass by itself is not seen at all."""
    bucket = moto.bucket()
    store = moto.store(bucket, endpoint=proxy.endpoint, timeout_s=0.4)
    publish(site("e0", still=3), moto.store(bucket))
    passing = [fault for fault in FAULTS if fault not in (Fault.DENIED, Fault.PRECONDITION, Fault.CONFLICT)]
    for number in range(depth(8, 40)):
        proxy.reset(only(number * 3 % 16, passing[number % len(passing)]))
        (receipt,) = publish(site(f"e{number + 1}", still=3), store, ttl_s=10)
        assert receipt.outcome is Outcome.LIVE, receipt.error
    assert_live_paths_agree(moto.store(bucket))


def test_t03_groups_go_in_order_and_removals_after_the_pointer(moto: S3Server, proxy: FaultProxy) -> None:
    bucket = moto.bucket()
    store = moto.store(bucket, endpoint=proxy.endpoint)
    for number in range(depth(12, 200)):
        proxy.reset()
        (receipt,) = publish(site(f"e{number}", still=3, extra="x" if number % 2 else None), store)
        assert receipt.outcome is Outcome.LIVE
        _assert_order(proxy.seen)
        assert [one.key for one in proxy.seen if one.method == "PUT" and one.key == POINTER] == [POINTER]
        if number > 3 and number % 2 == 0:
            assert any(one.key == "x/index.html" or one.method == "POST" for one in _deletes(proxy.seen))


def test_t03_the_order_check_finds_a_planted_disorder(moto: S3Server, proxy: FaultProxy) -> None:
    publish(site("a"), moto.store(moto.bucket(), endpoint=proxy.endpoint))
    with pytest.raises(AssertionError):
        _assert_order(tuple(reversed(proxy.seen)))


def test_t03_two_hundred_runs_in_order() -> None:
    store, dice = Recorder(), random.Random(3)
    for number in range(200):
        store.log.clear()
        publish(site(f"e{number}", still=dice.randrange(30, 40), extra="x" if dice.random() < 0.5 else None), store)
        ranks = [7 if verb == "delete" else _rank(key) for verb, key in store.log if key != LEASE]
        assert ranks == sorted(ranks)
        assert ranks.count(6) == 1
    assert_live_paths_agree(store)


# T04


@pytest.mark.parametrize("where", ["moto", "memory"])
def test_t04_of_eight_publishers_one_wins_and_the_others_say_superseded(
    where: str, request: pytest.FixtureRequest
) -> None:
    stores: list[ObjectStore] = [MemoryStore()] * 8
    # losers look twenty times per lease time whether the winner is done
    ttl_s = 5 if where == "moto" else 1.5
    if where == "moto":
        server: S3Server = request.getfixturevalue("moto")
        bucket = server.bucket()
        stores = [server.store(bucket) for _ in range(8)]
    publish(site("e0", still=1), stores[0])
    reader = Reader(stores[0])
    for number in range(depth(8 if where == "moto" else 92, 500)):
        start = threading.Barrier(8)

        def run(place: int, number: int = number, start: threading.Barrier = start) -> Outcome:
            standings = survey([stores[place]])
            generation = next_generation(standings)
            release = bundle(site(f"r{number}w{place}", still=1), generation=generation, parent=0, built=BUILT)
            start.wait()
            (receipt,) = publish_all(
                release, standings, policy=with_ttl(POLICY, ttl_s), clock=SystemClock(), wait_s=60, allow_shrink=True
            )
            return receipt.outcome

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(run, range(8)))
        assert outcomes.count(Outcome.LIVE) == 1
        assert outcomes.count(Outcome.SUPERSEDED) == 7
        generation, bodies = reader.look()
        assert generation == number + 2
        assert edition_of(bodies) == f"r{number}w{outcomes.index(Outcome.LIVE)}"
        assert_live_paths_agree(stores[0])


# T05


def test_t05_a_publisher_frozen_past_its_lease_changes_nothing_when_it_wakes(moto: S3Server) -> None:
    context, bucket, dice = forkserver(), moto.bucket(), random.Random(5)
    store = moto.store(bucket)
    publish(site("e0", still=3), store)
    frozen = 0
    for number in range(depth(15, 100)):
        # anywhere between the first write under the lease and the last
        process = start_publisher(
            context, moto.endpoint, bucket, f"frozen{number}", extra="x", freeze_at=dice.randint(1, 9)
        )
        while not (caught := is_frozen(process)) and process.is_alive():
            time.sleep(0.005)
        (receipt,) = publish(site(f"second{number}", still=3), store)
        assert receipt.outcome is Outcome.LIVE, receipt.error
        if caught:
            frozen += 1
            assert process.pid is not None
            os.kill(process.pid, signal.SIGCONT)
        process.join(30)
        assert process.exitcode is not None
        now, bodies = Reader(store).look()
        assert (now, edition_of(bodies)) == (receipt.generation, f"second{number}")
        assert_live_paths_agree(store)
        process.close()
    assert frozen > depth(15, 100) * 2 // 3


# T06


@pytest.mark.parametrize("where", ["moto", "memory"])
def test_t06_a_dead_holders_lease_lapses_without_anybody_and_whatever_the_clocks_say(
    where: str, request: pytest.FixtureRequest
) -> None:
    store: ObjectStore = MemoryStore() if where == "memory" else request.getfixturevalue("moto").store()
    dice, ttl_s = random.Random(6), 0.1 if where == "memory" else 0.25
    publish(site("e0", still=1), store)
    for number in range(depth(10 if where == "moto" else 40, 50)):
        skew = dice.choice([-600.0, 600.0, 0.0])
        dead = SystemClock()
        # a holder that takes the lease and is never heard of again
        take(store, dead, intent=lambda _state: (), ttl_s=ttl_s, wait_s=5, meanwhile=lambda: None)
        began = time.monotonic()
        (receipt,) = publish(site(f"e{number + 1}", still=1), store, clock=_Skewed(skew), ttl_s=ttl_s)
        assert receipt.outcome is Outcome.LIVE, receipt.error
        assert ttl_s <= time.monotonic() - began <= ttl_s + 5


class _Skewed(SystemClock):
    """A machine whose wall clock is wrong."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._seconds)


def test_t06_a_living_holder_keeps_others_out() -> None:
    store, clock = MemoryStore(), ManualClock(BUILT)
    lease = take(store, clock, intent=lambda _state: (), ttl_s=10, wait_s=5, meanwhile=lambda: None)
    with pytest.raises(RefusedError, match="at work"):
        take(store, clock, intent=lambda _state: (), ttl_s=10, wait_s=100, meanwhile=lease.keep)
    lease.free()
    second = take(store, clock, intent=lambda _state: (), ttl_s=10, wait_s=0, meanwhile=lambda: None)
    assert second.token == lease.token + 1


# T08


@pytest.mark.parametrize("where", ["moto", "memory"])
def test_t08_a_writer_that_holds_the_pointer_of_the_first_a_is_refused_after_a_b_a(
    where: str, request: pytest.FixtureRequest
) -> None:
    store: ObjectStore = MemoryStore() if where == "memory" else request.getfixturevalue("moto").store()
    for number in range(depth(6 if where == "moto" else 94, 100)):
        publish(site(f"a{number}", still=1), store)
        stale = survey([store])
        release = bundle(
            site("stale", still=1), generation=stale[0].generation + 1, parent=stale[0].generation, built=BUILT
        )
        far = bundle(
            site("stale", still=1), generation=stale[0].generation + 9, parent=stale[0].generation, built=BUILT
        )
        publish(site(f"b{number}", still=1), store)
        publish(site(f"a{number}", still=1), store)
        for late in (release, far):
            (receipt,) = publish_all(late, stale, policy=with_ttl(POLICY, TTL_S), clock=SystemClock())
            assert receipt.outcome is Outcome.SUPERSEDED
        pointer = store.get(POINTER)
        assert pointer is not None
        assert pointer.version != (stale[0].live.version if stale[0].live else None)
        with pytest.raises(ConflictError):
            store.put_if(POINTER, b"{}", JSON, expected=stale[0].live.version if stale[0].live else None)
        assert edition_of(Reader(store).look()[1]) == f"a{number}"


# T09


def test_t09_no_edit_of_the_same_length_is_missed(moto: S3Server) -> None:
    """500 random edits that change neither size nor time."""
    store, dice = moto.store(), random.Random(9)
    pages = {f"p{n:02}/index.html": bytearray(dice.randbytes(200)) for n in range(25)}
    edits = 0
    while edits < 500:
        touched = dice.sample(sorted(pages), 25)
        for path in touched:
            spot = dice.randrange(200)
            pages[path][spot] ^= dice.randrange(1, 256)
        artifacts = [Artifact(path=p, body=bytes(b), headers=HTML, group=Group.PAGES) for p, b in pages.items()]
        (receipt,) = publish(artifacts, store, ttl_s=10)
        assert receipt.outcome is Outcome.LIVE
        edits += len(touched)
        with ThreadPoolExecutor(8) as pool:
            for path, there in zip(pages, pool.map(store.get, pages), strict=True):
                assert there is not None
                assert there.body == bytes(pages[path]), path


# T10


@pytest.mark.parametrize("where", ["moto", "memory"])
def test_t10_a_header_alone_is_a_change(where: str, request: pytest.FixtureRequest) -> None:
    store: ObjectStore = MemoryStore() if where == "memory" else request.getfixturevalue("moto").store()
    for number in range(20):
        changed = [
            (("cache-control", f"max-age={number}"), ("content-type", "text/html")),
            (("cache-control", "max-age=15"), ("content-type", f"text/html; v={number}")),
            (("content-security-policy", f"default-src 'self' 'sha256-{number}'"), ("content-type", "text/html")),
        ][number % 3]
        page = Artifact(path="p/index.html", body=b"<p>same</p>", headers=changed, group=Group.PAGES)
        (receipt,) = publish([*site("a", still=1), page], store)
        assert receipt.outcome is Outcome.LIVE
        if number:
            assert {(c.path, c.reason) for c in receipt.changes if c.reason is not Reason.STAMP} == {
                ("p/index.html", Reason.HEADERS)
            }
        there = store.get("p/index.html")
        assert there is not None
        assert there.headers == changed


@pytest.mark.parametrize("k", [1, 2, 10])
def test_k_changed_files_are_k_and_four_requests_on_the_wire(moto: S3Server, proxy: FaultProxy, k: int) -> None:
    """With what the last run remembered: read the pointer, take the lease, one pack, k files, one pointer."""
    store = moto.store(endpoint=proxy.endpoint)
    pages = [_page(n) for n in range(40)]
    documents: dict[str, bytes] = {}

    def bring() -> Outcome:
        proxy.reset()
        standings = survey([store], documents=documents)
        release = bundle(pages, generation=next_generation(standings), parent=0, built=BUILT)
        # a lease so long that it is not renewed on the way, however slow the machine
        policy = with_ttl(POLICY, 60)
        (receipt,) = publish_all(release, standings, policy=policy, clock=SystemClock(), documents=documents)
        return receipt.outcome

    for edition in range(3):
        for n in range(k):
            pages[n] = replace(pages[n], body=f"<p>{n} {edition}".encode())
        assert bring() is Outcome.LIVE
    ways = [(one.method, one.key.partition("/")[0], one.conditional) for one in proxy.seen]
    assert ways[:3] == [("GET", POINTER, False), ("PUT", ".tidings", True), ("PUT", "releases", False)]
    assert [(method, conditional) for method, _, conditional in ways[3:-1]] == [("PUT", True)] * k
    assert ways[-1] == ("PUT", POINTER, True)
    assert len(ways) == k + 4
    assert bring() is Outcome.UNCHANGED
    assert [(one.method, one.key) for one in proxy.seen] == [("GET", POINTER), ("GET", LEASE)]


def test_nothing_changed_is_nothing_written(moto: S3Server, proxy: FaultProxy) -> None:
    bucket = moto.bucket()
    store = moto.store(bucket, endpoint=proxy.endpoint)
    publish(site("a"), store)
    before = {key: store.get(key) for key in store.list("")}
    proxy.reset()
    (receipt,) = publish(site("a"), store)
    assert receipt.outcome is Outcome.UNCHANGED
    assert {one.method for one in proxy.seen} == {"GET"}
    # pointer, root and shards of the manifest, lease
    assert len(proxy.seen) <= 4
    assert {key: store.get(key) for key in store.list("")} == before


# T11


@pytest.mark.parametrize("where", ["moto", "folder"])
def test_t11_every_kept_release_comes_back_byte_for_byte(where: str, request: pytest.FixtureRequest) -> None:
    store: ObjectStore
    if where == "moto":
        store = request.getfixturevalue("moto").store()
    else:
        store = FolderStore(request.getfixturevalue("tmp_path") / "site", durable=False)
    policy = PagePolicy(keep_releases=25)
    reader = Reader(store)
    shown: dict[int, dict[str, bytes]] = {}
    for number in range(10):
        (receipt,) = publish(site(f"e{number}", still=5, extra=f"x{number}"), store, policy=policy, ttl_s=10)
        generation, bodies = reader.look()
        assert receipt.generation == generation
        shown[generation] = dict(bodies)
    for to in (*range(1, 10), *range(10, 1, -3)):
        standings = survey([store])
        generation = next_generation(standings)
        back = rollback(store, to, generation=generation, built=BUILT)
        assert (back.rollback_of, back.generation) == (to, generation)
        (receipt,) = publish_all(back, standings, policy=with_ttl(policy, 10), clock=SystemClock(), allow_shrink=True)
        assert receipt.outcome is Outcome.LIVE, receipt.error
        now, bodies = reader.look()
        assert now == generation
        assert set(bodies) == set(shown[to])
        for path, body in shown[to].items():
            stamped = body.replace(f"</h1> {to} ".encode(), f"</h1> {generation} ".encode())
            assert bodies[path] == (stamped if path == "index.html" else body)
        assert_live_paths_agree(store)
    assert kept_releases(store)[0].rollback_of == 4


# T12


ACCIDENTS = [
    *[(f"{kept} of 20 pages left", kept) for kept in (0, 1, 2, 3, 5, 7, 9, 10, 11, 12, 13, 14)],
    *[(f"no page at all, {files} other files", -files) for files in range(8)],
]


@pytest.mark.parametrize(("words", "kept"), ACCIDENTS, ids=[words for words, _ in ACCIDENTS])
def test_t12_a_site_that_vanishes_is_refused(words: str, kept: int) -> None:
    store = Recorder()
    publish([_page(n) for n in range(20)], store)
    before = {key: store.get(key) for key in store.list("")}
    store.log.clear()
    less = [_page(n) for n in range(kept)]
    if kept < 0:
        less = [Artifact(path=f"f{n}.json", body=b"{}", headers=JSON, group=Group.FEEDS) for n in range(-kept)]
    with pytest.raises(RefusedError) as caught:
        publish(less, store)
    assert "--allow-shrink" in caught.value.next_step
    assert store.log == []
    assert {key: store.get(key) for key in store.list("")} == before
    (receipt,) = publish(less, store, allow_shrink=True)
    assert receipt.outcome is Outcome.LIVE
    assert_live_paths_agree(store)


def _page(number: int) -> Artifact:
    return Artifact(path=f"p{number:02}/index.html", body=b"<p>", headers=HTML, group=Group.PAGES)


def test_t12_a_quarter_may_go() -> None:
    store = MemoryStore()
    publish([_page(n) for n in range(20)], store)
    (receipt,) = publish([_page(n) for n in range(15)], store)
    assert receipt.outcome is Outcome.LIVE


# T16


PUBLISH_TO_FOLDER = """
import sys
from pathlib import Path
from publisher.adapters.folder import FolderStore
from tests.faults.publishing_kit import publish, site
from publisher.model.release import Artifact, Group
size = int(sys.argv[3])
big = Artifact(path="big/index.html", body=bytes([65 + size % 26]) * size, headers=(), group=Group.PAGES)
try:
    (receipt,) = publish([*site(sys.argv[2]), big], FolderStore(Path(sys.argv[1])))
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
sys.exit(0 if receipt.good else str(receipt.error))
"""


def _publish_in_child(folder: Path, edition: str, size: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISH_TO_FOLDER, str(folder), edition, str(size)], stderr=subprocess.PIPE, text=True
    )


def _assert_whole(folder: Path, editions: set[str]) -> None:
    """See that no file of the site is a part of one: each is what some release said."""
    store = FolderStore(folder)
    assert edition_of(Reader(store).look()[1]) in editions
    live = read_live(store)
    assert live is not None
    hashes = set()
    for key in store.list(RELEASES):
        pack = store.get(key)
        assert pack is not None
        hashes |= set(take_apart(pack.body, where=key))
    for key in store.list(""):
        if not key.startswith((OBJECTS, RELEASES, ".tidings/")) and key != POINTER:
            there = store.get(key)
            assert there is not None
            assert there.version in hashes, key


def test_t16_a_full_disk_leaves_the_old_site_and_says_so(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        folder = place / "site"
        child = _publish_in_child(folder, "e0", 10)
        assert child.communicate(timeout=60)[1] == ""
        for number in range(depth(6, 15)):
            child = _publish_in_child(folder, f"e{number + 1}", 5_000_000 + number * 1_000_000)
            message = child.communicate(timeout=60)[1]
            assert child.returncode != 0
            assert "full" in message
            assert "Make room" in message
            _assert_whole(folder, {"e0"})
        (receipt,) = publish(site("after"), FolderStore(folder), allow_shrink=True)
        assert receipt.outcome is Outcome.LIVE
        assert_live_paths_agree(FolderStore(folder))
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_t16_a_publisher_ended_at_any_moment_leaves_no_half_written_file(tmp_path: Path) -> None:
    folder, dice = tmp_path / "site", random.Random(16)
    child = _publish_in_child(folder, "e0", 10)
    assert child.communicate(timeout=60)[1] == ""
    began = time.monotonic()
    child = _publish_in_child(folder, "e0b", 400_000)
    child.communicate(timeout=60)
    usual = time.monotonic() - began
    editions = {"e0", "e0b"}
    for number in range(depth(15, 30)):
        editions.add(f"e{number + 1}")
        child = _publish_in_child(folder, f"e{number + 1}", 400_000 + number)
        time.sleep(usual * (0.5 + dice.random() * 0.6))
        child.send_signal(signal.SIGTERM if number % 2 else signal.SIGKILL)
        child.communicate(timeout=60)
        _assert_whole(folder, editions)
    (receipt,) = publish(site("after"), FolderStore(folder), allow_shrink=True)
    assert receipt.outcome is Outcome.LIVE
    assert_live_paths_agree(FolderStore(folder))
    assert list((folder / ".tidings" / "tmp").iterdir()) == []


# a frozen writer whose last write goes out after all, and the state of the art of putting it right


class Freezer(MemoryStore):
    """A store before whose chosen write the world goes on for a while, as if that publisher's machine had been frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.freeze_at: str | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self._frozen = ""
        self._awake = threading.Event()

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        if key == self.freeze_at:
            self.freeze_at = None
            state, _ = read_lease(self)
            assert state is not None
            self._frozen = state.holder
            self.meanwhile()
            self._awake.set()
        elif key == LEASE and self._frozen and self._frozen.encode() in body:
            # its other threads are frozen too
            self._awake.wait()
        return super().put_if(key, body, headers, expected=expected)


@pytest.mark.parametrize("path", ["incidents/now/index.html", "history.atom", "index.html"])
def test_a_late_write_meets_another_version_and_fails(path: str) -> None:
    store = Freezer()
    publish(site("old", still=3), store)
    store.meanwhile = lambda: _overtake(store, "second")
    store.freeze_at = path
    (receipt,) = publish(site("first", still=3), store)
    assert receipt.outcome is Outcome.SUPERSEDED
    assert edition_of(Reader(store).look()[1]) == "second"
    assert_live_paths_agree(store)


def test_a_late_write_that_finds_the_bytes_it_knew_is_put_right_by_its_writer() -> None:
    """A, B, A on one page: the version is the same again, so the late write goes through; the writer undoes it."""
    store = Freezer()
    publish(site("old", still=3), store)
    # the second publisher brings a page back to exactly the bytes the first one knew, and changes others
    store.meanwhile = lambda: _overtake(store, "old", extra="other")
    store.freeze_at = "incidents/now/index.html"
    (receipt,) = publish(site("first", still=3), store)
    assert receipt.outcome is Outcome.SUPERSEDED
    assert receipt.repaired == ("incidents/now/index.html",)
    assert edition_of(Reader(store).look()[1]) == "old"
    assert_live_paths_agree(store)


def _overtake(store: ObjectStore, edition: str, extra: str | None = None) -> None:
    (receipt,) = publish(site(edition, still=3, extra=extra), store)
    assert receipt.outcome is Outcome.LIVE, receipt.error


def test_the_pointer_reads_back_as_it_was_written(moto: S3Server) -> None:
    store = moto.store()
    publish(site("a", still=1), store)
    there = store.get(POINTER)
    assert there is not None
    pointer = parse_pointer(there.body, where="test")
    assert render_pointer(pointer) == there.body
