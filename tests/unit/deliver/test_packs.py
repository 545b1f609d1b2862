"""What a publish costs in requests and bytes, whatever the size of the site, and what packs must survive."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pytest

from publisher.adapters.clock import ManualClock
from publisher.adapters.memory import MemoryStore
from publisher.deliver.lease import read_lease, take
from publisher.deliver.live import history, next_generation, read_live, survey
from publisher.deliver.reading import Documents
from publisher.deliver.retention import GATHERED, GATHERED_BYTES
from publisher.deliver.rollback import kept_releases, rollback
from publisher.deliver.site import Outcome, SiteReceipt, publish_all
from publisher.model.errors import RefusedError, StorageError, UnreachableError
from publisher.model.policy import PagePolicy
from publisher.model.release import Artifact, Group, Release, Said
from publisher.ports import Headers, Holds, ObjectStore, StoredObject, Version
from publisher.release.bundle import bundle
from publisher.release.changes import Reason
from publisher.release.pack import pack_size, take_apart
from publisher.release.packing import SHARD_PACKS
from publisher.release.pointer import LEASE, OBJECTS, POINTER, RELEASES
from tests.faults.former import publish_formerly
from tests.faults.publishing_kit import BUILT, HTML, Reader, assert_live_paths_agree

POLICY = PagePolicy(lease_ttl_s=60, keep_releases=3)
Pages = dict[str, bytes]


class Counting(MemoryStore):
    """A store that writes down each request."""

    def __init__(self) -> None:
        super().__init__("counting")
        self.log: list[tuple[str, str]] = []
        self.bytes_put = 0

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        self.log.append(("get", key))
        return super().get(key, span=span)

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        self.log.append(("put", key))
        self.bytes_put += len(body)
        return super().put(key, body, headers)

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        self.log.append(("put", key))
        self.bytes_put += len(body)
        return super().put_if(key, body, headers, expected=expected)

    def delete(self, keys: Iterable[str]) -> None:
        self.log.append(("delete", ""))
        super().delete(keys)

    def list(self, prefix: str) -> Iterator[str]:
        self.log.append(("list", prefix))
        return super().list(prefix)


class Opaque(Counting):
    """A store whose versions say nothing of bytes, as S3's do under a key of KMS."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        if isinstance(expected, Holds):
            expected = "never a version"
        return super().put_if(key, body, headers, expected=expected)

    def _write(self, key: str, body: bytes, headers: Headers) -> Version:
        super()._write(key, body, headers)
        self._turn += 1
        self._objects[key] = replace(self._objects[key], version=f"v{self._turn}")
        return f"v{self._turn}"


def _pages(count: int) -> Pages:
    return {f"incidents/{n:05}/index.html": f"<p>{n} as it began</p>".encode() * 20 for n in range(count)}


def _release(pages: Mapping[str, bytes], generation: int, *, said: tuple[Said, ...] = ()) -> Release:
    artifacts = [Artifact(path=path, body=body, headers=HTML, group=Group.PAGES) for path, body in pages.items()]
    return bundle(artifacts, generation=generation, parent=generation - 1, built=BUILT, said=said)


def _publish(
    pages: Mapping[str, bytes],
    store: ObjectStore,
    *,
    documents: Documents | None = None,
    said: tuple[Said, ...] = (),
    clock: ManualClock | None = None,
) -> SiteReceipt:
    known: Documents = {} if documents is None else documents
    standings = survey([store], documents=known)
    release = _release(pages, next_generation(standings), said=said)
    (receipt,) = publish_all(
        release, standings, policy=POLICY, clock=clock or ManualClock(BUILT), documents=known, allow_shrink=True
    )
    return receipt


def _edit(pages: Pages, paths: Iterable[str], words: str) -> Pages:
    return pages | {path: f"<p>{words} {path}</p>".encode() * 20 for path in paths}


@pytest.fixture(scope="module")
def large() -> tuple[Pages, Mapping[str, StoredObject], Documents]:
    """Give a published site of 2,000 pages, to be copied."""
    documents: Documents = {}
    store, pages = Counting(), _pages(2000)
    assert _publish(pages, store, documents=documents).outcome is Outcome.LIVE
    return pages, store._objects, documents


def _copy(large: tuple[Pages, Mapping[str, StoredObject], Documents]) -> tuple[Pages, Counting, Documents]:
    pages, objects, documents = large
    store = Counting()
    store._objects = dict(objects)
    return dict(pages), store, dict(documents)


# requests


@pytest.mark.parametrize("k", [1, 2, 10])
@pytest.mark.parametrize("size", [100, 2000])
def test_k_changed_files_cost_k_and_four_requests_whatever_the_size(
    k: int, size: int, large: tuple[Pages, Mapping[str, StoredObject], Documents]
) -> None:
    if size == 2000:
        pages, store, documents = _copy(large)
    else:
        pages, store, documents = _pages(size), Counting(), {}
        _publish(pages, store, documents=documents)
    for turn in range(3):
        pages = _edit(pages, sorted(pages)[turn :: size // k][:k], f"turn {turn}")
        store.log.clear()
        receipt = _publish(pages, store, documents=documents)
        assert (receipt.outcome, len(receipt.changes)) == (Outcome.LIVE, k)
        verbs = Counter(
            verb if key.startswith("incidents/") else f"{verb} {key.partition('/')[0]}" for verb, key in store.log
        )
        assert verbs == {
            "get release.json": 1,
            "put .tidings": 1,
            "put releases": 1,
            "put": k,
            "put release.json": 1,
        }
        assert len(store.log) == k + 4
    assert_live_paths_agree(store)


def test_nothing_changed_costs_two_reads(large: tuple[Pages, Mapping[str, StoredObject], Documents]) -> None:
    pages, store, documents = _copy(large)
    assert _publish(pages, store, documents=documents).outcome is Outcome.UNCHANGED
    assert store.log == [("get", POINTER), ("get", LEASE)]


def test_without_memory_the_manifest_is_read_in_a_few_pieces(
    large: tuple[Pages, Mapping[str, StoredObject], Documents],
) -> None:
    pages, store, documents = _copy(large)
    for turn in range(5):
        pages = _edit(pages, [f"incidents/{turn:05}/index.html"], "edit")
        _publish(pages, store, documents=documents)
    store.log.clear()
    pages = _edit(pages, ["incidents/00900/index.html"], "edit")
    assert _publish(pages, store).outcome is Outcome.LIVE
    reads = [key for verb, key in store.log if verb == "get" and key.startswith(RELEASES)]
    # root, then at most one piece per pack that holds shards
    assert len(reads) <= 1 + 6
    assert len(store.log) == 1 + 4 + len(reads)


def test_a_damaged_memory_is_read_again(large: tuple[Pages, Mapping[str, StoredObject], Documents]) -> None:
    pages, store, documents = _copy(large)
    damaged = {sha: body[:-7] for sha, body in documents.items()}
    assert (
        _publish(_edit(pages, ["incidents/00001/index.html"], "edit"), store, documents=damaged).outcome is Outcome.LIVE
    )
    assert_live_paths_agree(store)


def test_a_first_publish_costs_one_request_a_file_and_a_few() -> None:
    store, pages = Counting(), _pages(2000)
    assert _publish(pages, store).outcome is Outcome.LIVE
    assert len(store.log) <= len(pages) + 8


def test_large_sites_are_split_into_packs_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.release.packing.PACK_BYTES", 20_000)
    store, pages = Counting(), _pages(200)
    _publish(pages, store)
    packs = [there.body for key in store.list(RELEASES) if (there := store.get(key))]
    assert len(packs) > 3
    # bodies, and besides them the manifest and the index
    assert all(len(pack) <= 20_000 + 80_000 for pack in packs)
    generation, bodies = Reader(store).look()
    assert (generation, bodies) == (1, pages)
    assert _publish(_edit(pages, ["incidents/00007/index.html"], "edit"), store).outcome is Outcome.LIVE
    assert_live_paths_agree(store)


def test_an_edit_writes_the_shards_it_touches_and_no_others(
    large: tuple[Pages, Mapping[str, StoredObject], Documents],
) -> None:
    pages, store, documents = _copy(large)
    said = tuple(Said(incident=f"i{n}", update=f"u{n}", revision="0" * 64) for n in range(3000))
    _publish(_edit(pages, ["incidents/00002/index.html"], "one"), store, documents=documents, said=said)
    before, whole = read_live(store), store.bytes_put
    store.bytes_put = 0
    _publish(
        _edit(pages, ["incidents/00002/index.html"], "two"),
        store,
        documents=documents,
        said=(*said[1:], replace(said[0], revision="1" * 64)),
    )
    after = read_live(store)
    assert before is not None
    assert after is not None
    assert len(after.record.files) >= 16
    assert len(after.record.said) >= 16
    assert len(set(after.record.files) - set(before.record.files)) == 1
    assert len(set(after.record.said) - set(before.record.said)) == 1
    assert set(after.record.release.said) == {*said[1:], replace(said[0], revision="1" * 64)}
    assert store.bytes_put < 60_000 < whole


def test_opaque_versions_cost_reads_and_nothing_else() -> None:
    documents: Documents = {}
    store, pages = Opaque(), _pages(60)
    _publish(pages, store, documents=documents)
    store.log.clear()
    pages = _edit(pages, sorted(pages)[:20], "edit")
    assert _publish(pages, store, documents=documents).outcome is Outcome.LIVE
    assert_live_paths_agree(store)
    puts = [key for verb, key in store.log if verb == "put" and key.startswith("incidents/")]
    # those that were under way when the first answer came were tried in vain
    assert len(puts) <= 20 + 8


def test_a_removal_costs_three_requests_more_and_the_next_publish_reads_the_lease() -> None:
    documents: Documents = {}
    store, pages = Counting(), _pages(50)
    _publish(pages, store, documents=documents)
    store.log.clear()
    gone = sorted(pages)[:2]
    pages = {path: body for path, body in pages.items() if path not in gone}
    _publish(pages, store, documents=documents)
    assert len(store.log) == 4 + 3
    assert all(store.get(path) is None for path in gone)
    store.log.clear()
    _publish(_edit(pages, sorted(pages)[:1], "edit"), store, documents=documents)
    # the lease, and the pointer once more under it
    assert len(store.log) == 1 + 4 + 2
    assert_live_paths_agree(store)


# damage


def _packs(store: ObjectStore) -> list[str]:
    return [key for key in store.list(RELEASES) if pack_size(key) is not None]


@pytest.mark.parametrize("harm", ["cut short", "one bit", "shifted", "gone"])
def test_a_damaged_pack_is_found_and_told(harm: str) -> None:
    store, pages = Counting(), _pages(30)
    _publish(pages, store)
    (key,) = _packs(store)
    there = store.get(key)
    assert there is not None
    match harm:
        case "cut short":
            store.put(key, there.body[: len(there.body) // 2], ())
        case "one bit":
            # in the middle of the manifest's root, which comes last before the index
            live = read_live(store)
            assert live is not None
            spot = live.pointer.root.offset + 40
            store.put(key, there.body[:spot] + bytes([there.body[spot] ^ 1]) + there.body[spot + 1 :], ())
        case "shifted":
            store.put(key, b" " + there.body, ())
        case _:
            store.delete([key])
    (standing,) = survey([store])
    assert isinstance(standing.error, StorageError)
    assert key in standing.error.cause
    assert "release.json" in standing.error.next_step
    if harm != "gone":
        damaged = store.get(key)
        assert damaged is not None
        with pytest.raises(StorageError):
            take_apart(damaged.body, where=key)
    # the way out that the message names
    store.delete([POINTER])
    assert _publish(pages, store).outcome is Outcome.LIVE
    assert_live_paths_agree(store)
    assert Reader(store).look()[1] == pages


def test_every_bit_of_every_body_is_checked_when_it_is_read_back() -> None:
    store, pages = Counting(), _pages(3)
    _publish(pages, store)
    _publish(_edit(pages, sorted(pages)[:1], "edit"), store)
    live = read_live(store)
    assert live is not None
    first = min(_packs(store), key=lambda key: int(key.removeprefix(RELEASES).split("-")[0]))
    pack = store.get(first)
    assert pack is not None
    old = list(history(store, live, limit=3))[1][1]
    for spot in old.spots.values():
        assert spot.length is not None
        for place in (spot.offset, spot.offset + spot.length - 1):
            store.put(first, pack.body[:place] + bytes([pack.body[place] ^ 128]) + pack.body[place + 1 :], ())
            with pytest.raises(StorageError, match="damaged"):
                rollback(store, 1, generation=3, built=BUILT)
    store.put(first, pack.body, ())
    assert rollback(store, 1, generation=3, built=BUILT).bodies.keys() == _release(pages, 1).bodies.keys()


def test_a_pack_can_be_taken_apart_without_its_manifest() -> None:
    store, pages = Counting(), _pages(5) | {"empty.txt": b"", "lines.txt": b"\n\n"}
    _publish(pages, store)
    (key,) = _packs(store)
    there = store.get(key)
    assert there is not None
    assert set(pages.values()) <= set(take_apart(there.body, where=key).values())
    assert pack_size(key) == len(there.body)
    assert Reader(store).look()[1] == pages
    assert pack_size("objects/x-12.pack") is pack_size("releases/1-abc.json") is None


# what stays, what goes


def _stored(store: MemoryStore) -> int:
    return sum(len(there.body) for key, there in store._objects.items() if key.startswith((RELEASES, OBJECTS)))


def test_years_of_edits_keep_storage_requests_and_packs_of_shards_bounded() -> None:
    documents: Documents = {}
    store, dice = Counting(), random.Random(4)
    pages = _pages(400)
    _publish(pages, store, documents=documents)
    first, most = _stored(store), 0
    for turn in range(120):
        some = dice.sample(sorted(pages), dice.randrange(1, 6))
        pages = _edit(pages, some, f"{turn} {dice.random()}")
        store.log.clear()
        receipt = _publish(pages, store, documents=documents)
        assert receipt.outcome is Outcome.LIVE
        assert receipt.leftover is None
        # now and then a removal of old packs, and after it a look at the lease
        assert len(store.log) <= len(some) + 4 + 4
        most = max(most, _stored(store))
        if turn % 60 == 59:
            assert Reader(store).look()[1] == pages
            live = read_live(store)
            assert live is not None
            assert len({blob.key for blob in live.record.shards}) <= SHARD_PACKS
    live = read_live(store)
    assert live is not None
    needed = sum(len(body) for body in pages.values()) + sum(blob.length or 0 for blob in live.record.shards)
    # twice what is live, what kept releases need, and what is not worth a request yet
    assert most <= 3 * max(first, needed) + 2 * GATHERED_BYTES
    assert live.record.removing or len(live.record.waste) < GATHERED
    # whatever nobody needs is written down, so that it goes one day
    named = {key for root, record in history(store, live, limit=3) for key in (root.key, *record.keys)}
    assert set(store.list(RELEASES)) <= named | set(live.record.waste)
    assert_live_paths_agree(store)


def test_a_rollback_after_bodies_were_moved_brings_every_byte_back() -> None:
    documents: Documents = {}
    store, dice = Counting(), random.Random(5)
    pages = _pages(80)
    shown = {1: pages}
    _publish(pages, store, documents=documents)
    for _ in range(40):
        pages = _edit(pages, dice.sample(sorted(pages), 9), str(dice.random()))
        shown[_publish(pages, store, documents=documents).generation] = pages
    live = read_live(store)
    assert live is not None
    # of the first pack nothing is left: it was mostly waste, and what was not was moved
    assert not any(key.startswith(f"{RELEASES}1-") for key in live.keys)
    for kept in kept_releases(store)[1:]:
        back = rollback(store, kept.generation, generation=next_generation(survey([store])), built=BUILT)
        (receipt,) = publish_all(back, survey([store]), policy=POLICY, clock=ManualClock(BUILT))
        assert receipt.outcome is Outcome.LIVE
        assert Reader(store).look()[1] == shown[kept.generation]
        assert_live_paths_agree(store)
        break
    with pytest.raises(RefusedError, match="does not hold"):
        rollback(store, 1, generation=99, built=BUILT)


def test_a_rollback_reads_packs_not_bodies(large: tuple[Pages, Mapping[str, StoredObject], Documents]) -> None:
    pages, store, documents = _copy(large)
    _publish(_edit(pages, ["incidents/00002/index.html"], "one"), store, documents=documents)
    store.log.clear()
    back = rollback(store, 1, generation=3, built=BUILT)
    assert len(store.log) <= 8
    assert {path: back.bodies[entry.sha256] for path, entry in back.manifest.entries.items()} == pages


def test_packs_of_runs_that_died_are_removed_by_the_next() -> None:
    store, clock, pages = Counting(), ManualClock(BUILT), _pages(10)
    _publish(pages, store)
    take(store, clock, intent=lambda _s: (), ttl_s=5, wait_s=0, meanwhile=lambda: None)
    store.put(f"{RELEASES}2-0123456789abcdef-9.pack", b"left over", ())
    pages = _edit(pages, sorted(pages)[:1], "edit")
    receipt = _publish(pages, store, clock=clock)
    assert (receipt.outcome, receipt.leftover) == (Outcome.LIVE, None)
    assert f"{RELEASES}2-0123456789abcdef-9.pack" not in set(store.list(""))
    assert Reader(store).look()[1] == pages
    assert len(kept_releases(store)) == 2


def test_a_pointer_that_was_removed_leaves_no_page_behind() -> None:
    store, pages = Counting(), _pages(10)
    _publish(pages, store)
    _publish(_edit(pages, sorted(pages)[:1], "edit"), store)
    store.delete([POINTER])
    clock = ManualClock(BUILT)
    fewer = dict(list(pages.items())[:4])
    receipt = _publish(fewer, store, clock=clock)
    assert (receipt.outcome, receipt.generation) == (Outcome.LIVE, 3)
    # nobody said that the last publisher had come to its end
    assert sum(clock.slept) >= POLICY.lease_ttl_s
    # and no older words
    assert [pack_size(key) and key.startswith(f"{RELEASES}3-") for key in store.list(RELEASES)] == [True]
    assert_live_paths_agree(store)


# the lease, given back by the pointer


def test_the_pointer_gives_the_lease_back_and_a_later_holder_is_seen() -> None:
    store, clock, pages = Counting(), ManualClock(BUILT), _pages(5)
    _publish(pages, store)
    state, _ = read_lease(store)
    assert state is not None
    assert (state.held, state.intent, state.tidy) == (False, (), True)
    lease = take(store, clock, intent=lambda _s: ("x",), ttl_s=5, wait_s=0, meanwhile=lambda: None)
    assert lease.token == state.token + 1
    state, _ = read_lease(store)
    assert state is not None
    assert (state.held, state.intent) == (True, ("x",))
    assert not survey([store])[0].settled
    lease.confirm()
    assert not survey([store])[0].settled


def test_who_renews_after_the_survey_is_not_overrun() -> None:
    """The version that the pointer names is taken, once: whoever comes with it later meets a conflict and waits."""
    store, pages = Counting(), _pages(5)
    _publish(pages, store)
    stale = survey([store])
    clock = ManualClock(BUILT)
    take(store, clock, intent=lambda _s: (), ttl_s=30, wait_s=0, meanwhile=lambda: None)
    (receipt,) = publish_all(
        _release(_edit(pages, sorted(pages)[:1], "edit"), 2), stale, policy=POLICY, clock=clock, allow_shrink=True
    )
    assert receipt.outcome is Outcome.LIVE
    assert sum(clock.slept) >= 30


class Deaf(Counting):
    """A store that does what it is told at one key, and says that it failed."""

    key = ""

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        version = super().put_if(key, body, headers, expected=expected)
        if key == self.key:
            self.key = ""
            raise UnreachableError("No answer.", "Publish again.")
        return version


def test_a_lost_answer_to_the_lease_costs_its_time_and_no_more() -> None:
    store, pages, clock = Deaf(), _pages(5), ManualClock(BUILT)
    _publish(pages, store)
    store.key = LEASE
    pages = _edit(pages, sorted(pages)[:1], "edit")
    assert _publish(pages, store).outcome is Outcome.FAILED
    assert _publish(pages, store, clock=clock).outcome is Outcome.LIVE
    assert_live_paths_agree(store)


# targets of the former protocol


@pytest.mark.parametrize("memory", [True, False], ids=["remembered", "cut off"])
def test_a_target_of_the_former_protocol_is_upgraded_without_a_gap(*, memory: bool) -> None:
    documents: Documents = {}
    store, pages = Counting(), _pages(40)
    shown: dict[int, Pages] = {}
    for generation in (1, 2, 3):
        pages = _edit(pages, sorted(pages)[generation : generation + 4], f"g{generation}")
        shown[generation] = pages | ({"old/index.html": b"gone soon"} if generation == 1 else {})
    publish_formerly(store, [_release(shown[n], n) for n in shown], memory=memory)
    assert [one.generation for one in kept_releases(store)] == [3, 2, 1]
    assert _publish(pages, store).outcome is Outcome.UNCHANGED
    pages = _edit(pages, sorted(pages)[:2], "new")
    store.log.clear()
    receipt = _publish(pages, store, documents=documents)
    assert (receipt.outcome, receipt.generation, receipt.leftover) == (Outcome.LIVE, 4, None)
    assert [c.reason for c in receipt.changes] == [Reason.BYTES] * 2
    # its bodies stay where they are
    assert sum(verb == "put" for verb, _ in store.log) <= 2 + 6
    assert Reader(store).look() == (4, pages)
    assert_live_paths_agree(store)
    assert [one.generation for one in kept_releases(store)] == [4, 3, 2]
    back = rollback(store, 2, generation=5, built=BUILT)
    publish_all(back, survey([store]), policy=POLICY, clock=ManualClock(BUILT))
    assert Reader(store).look() == (5, shown[2])
    # and in time nothing of it is left
    for turn in range(8):
        pages = _edit(pages, sorted(pages), f"t{turn}")
        assert _publish(pages, store, documents=documents).outcome is Outcome.LIVE
    live = read_live(store)
    assert live is not None
    assert set(store.list(OBJECTS)) <= set(live.record.waste)
    assert not any(key.startswith(OBJECTS) for _, record in history(store, live, limit=3) for key in record.keys)
    assert_live_paths_agree(store)


def test_what_a_former_publisher_left_half_done_is_written_anew() -> None:
    store, pages = Counting(), _pages(10)
    path = min(pages)
    publish_formerly(store, [_release(pages, 1)], memory=False, intent=[path, "new/index.html"])
    store.put(path, b"half done", HTML)
    store.put("new/index.html", b"half done", HTML)
    receipt = _publish(pages, store)
    assert receipt.outcome is Outcome.LIVE
    assert {change.path for change in receipt.changes} == {path, "new/index.html"}
    assert_live_paths_agree(store)
