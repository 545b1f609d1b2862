"""The publishing protocol without a network: several targets, refusals, what is kept and what goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from publisher.adapters.clock import ManualClock
from publisher.adapters.memory import MemoryStore
from publisher.deliver.lease import read_lease, take
from publisher.deliver.live import history, next_generation, read_live, survey
from publisher.deliver.rollback import kept_releases, rollback
from publisher.deliver.site import Outcome, SiteReceipt, plan, publish_all, unchanged
from publisher.model.errors import DeniedError, RefusedError, StorageError, UnreachableError
from publisher.model.policy import PagePolicy
from publisher.model.release import Artifact, Group, Release
from publisher.ports import Headers, Holds, ObjectStore, StoredObject, Version
from publisher.release.bundle import bundle
from publisher.release.changes import Reason
from publisher.release.pointer import LEASE, OBJECTS, POINTER, RELEASES
from tests.faults.publishing_kit import BUILT, HTML, Reader, assert_live_paths_agree, edition_of, site

POLICY = PagePolicy(lease_ttl_s=60, keep_releases=3)


class Target(MemoryStore):
    """A target that can be told to fail at a key."""

    def __init__(self, name: str = "target") -> None:
        super().__init__(name)
        self.down = False
        self.bad: Callable[[str, str], bool] = lambda _verb, _key: False
        self.wrote: list[str] = []

    def _check(self, verb: str, key: str) -> None:
        if self.down:
            raise UnreachableError(f"{self.name} is down.", "Wait.")
        if self.bad(verb, key):
            raise DeniedError(f"{self.name} will not {verb} {key}.", "Ask.")

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        self._check("get", key)
        return super().get(key, span=span)

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        self._check("put", key)
        self.wrote.append(key)
        return super().put(key, body, headers)

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        self._check("put", key)
        self.wrote.append(key)
        return super().put_if(key, body, headers, expected=expected)

    def delete(self, keys: Iterable[str]) -> None:
        wanted = list(keys)
        for key in wanted:
            self._check("delete", key)
        super().delete(wanted)


def _release(artifacts: Iterable[Artifact], generation: int) -> Release:
    return bundle(artifacts, generation=generation, parent=generation - 1, built=BUILT)


def _publish(
    edition: str, *stores: ObjectStore, extra: str | None = None, parent: int = 0, policy: PagePolicy = POLICY
) -> tuple[SiteReceipt, ...]:
    standings = survey(stores)
    release = _release(site(edition, extra=extra), next_generation(standings, parent=parent))
    return publish_all(release, standings, policy=policy, clock=ManualClock(BUILT))


def _edition(store: ObjectStore) -> tuple[int, str]:
    generation, bodies = Reader(store).look()
    return generation, edition_of(bodies)


def test_two_targets_go_live_with_one_generation() -> None:
    one, two = Target("one"), Target("two")
    receipts = _publish("a", one, two)
    assert [(r.target, r.outcome, r.generation) for r in receipts] == [("one", "live", 1), ("two", "live", 1)]
    assert _edition(one) == _edition(two) == (1, "a")


def test_the_ledgers_generation_counts_too() -> None:
    assert _publish("a", Target(), parent=41)[0].generation == 42


def test_one_down_the_other_is_live_and_the_first_catches_up_with_the_next() -> None:
    one, two = Target("one"), Target("two")
    _publish("a", one, two)
    one.down = True
    receipts = _publish("b", one, two)
    assert [r.outcome for r in receipts] == [Outcome.FAILED, Outcome.LIVE]
    assert [r.good for r in receipts] == [False, True]
    assert isinstance(receipts[0].error, UnreachableError)
    assert [r.outcome for r in _publish("b", one, two)] == [Outcome.FAILED, Outcome.UNCHANGED]
    one.down = False
    assert _edition(one) == (1, "a")
    receipts = _publish("b", one, two)
    assert [(r.outcome, r.generation) for r in receipts] == [(Outcome.LIVE, 3), (Outcome.LIVE, 3)]
    assert _edition(one) == _edition(two) == (3, "b")
    assert [r.outcome for r in _publish("b", one, two)] == [Outcome.UNCHANGED] * 2


def test_all_down_is_an_answer_per_target() -> None:
    one, two = Target("one"), Target("two")
    one.down = two.down = True
    assert [r.outcome for r in _publish("a", one, two)] == [Outcome.FAILED] * 2


def test_a_target_with_a_lower_generation_never_overrules_one_with_a_higher() -> None:
    one, two = Target("one"), Target("two")
    for edition in "abc":
        _publish(edition, one)
    _publish("z", two)
    receipts = _publish("d", one, two)
    assert [r.generation for r in receipts] == [4, 4]
    assert _edition(one) == _edition(two) == (4, "d")


def test_a_lagging_target_may_lose_what_was_agreed_to_while_it_was_away() -> None:
    one, two = Target("one"), Target("two")
    many = [*site("a"), *(_page(n) for n in range(40))]
    standings = survey([one, two])
    publish_all(_release(many, 1), standings, policy=POLICY, clock=ManualClock(BUILT))
    two.down = True
    standings = survey([one, two])
    publish_all(_release(site("b"), 2), standings, policy=POLICY, clock=ManualClock(BUILT), allow_shrink=True)
    two.down = False
    assert [r.outcome for r in _publish("c", one, two)] == [Outcome.LIVE] * 2
    assert_live_paths_agree(two)


def _page(number: int) -> Artifact:
    return Artifact(path=f"many/{number}/index.html", body=b"x", headers=HTML, group=Group.PAGES)


def test_the_plan_touches_nothing_and_names_a_reason_per_path() -> None:
    store = Target()
    _publish("a", store, extra="gone")
    store.wrote.clear()
    standings = survey([store])
    (planned,) = plan(_release(site("b"), 2), standings, policy=POLICY)
    assert {change.path: change.reason for change in planned.changes if "assets" not in change.path} == {
        "gone/index.html": Reason.REMOVED,
        "history.atom": Reason.BYTES,
        "incidents/now/index.html": Reason.BYTES,
        "index.html": Reason.BYTES,
    }
    assert planned.generation == 1
    assert store.wrote == []
    (planned,) = plan(_release(site("a", extra="gone"), 2), standings, policy=POLICY)
    assert planned.changes == ()


def test_a_release_that_is_not_above_what_is_live_is_refused_with_nothing_changed() -> None:
    store = Target()
    for edition in "abc":
        _publish(edition, store)
    before = _everything(store)
    receipts = publish_all(_release(site("x"), 3), survey([store]), policy=POLICY, clock=ManualClock(BUILT))
    assert [r.outcome for r in receipts] == [Outcome.SUPERSEDED]
    assert _edition(store) == (3, "c")
    assert {k: v for k, v in _everything(store).items() if k != LEASE} == {
        k: v for k, v in before.items() if k != LEASE
    }
    assert _publish("d", store)[0].outcome is Outcome.LIVE


def test_when_another_was_first_on_one_target_nothing_is_written_to_any() -> None:
    """Leases are taken before anything is written, so two publishers never win one target each."""
    one, two = Target("one"), Target("two")
    _publish("a", one, two)
    stale = survey([one, two])
    _publish("b", two)
    one.wrote.clear()
    receipts = publish_all(_release(site("x"), 9), stale, policy=POLICY, clock=ManualClock(BUILT))
    assert [r.outcome for r in receipts] == [Outcome.SUPERSEDED] * 2
    assert set(one.wrote) == {LEASE}
    assert (_edition(one), _edition(two)) == ((1, "a"), (2, "b"))
    assert [r.outcome for r in _publish("c", one, two)] == [Outcome.LIVE] * 2


def test_after_a_failed_upload_nothing_is_removed_and_the_next_run_needs_no_waiting() -> None:
    store, clock = Target(), ManualClock(BUILT)
    _publish("a", store, extra="gone")
    store.bad = lambda verb, key: verb == "put" and key == "history.atom"
    (receipt,) = _publish("b", store)
    assert receipt.outcome is Outcome.FAILED
    assert isinstance(receipt.error, DeniedError)
    assert store.get("gone/index.html") is not None
    assert _edition(store) == (1, "a")
    state, _ = read_lease(store)
    assert state is not None
    assert (state.held, "incidents/now/index.html" in state.intent) == (False, True)
    store.bad = lambda _verb, _key: False
    # back to the words that are live: the pages that were changed already must be changed back
    standings = survey([store])
    release = _release(site("a", extra="gone"), 2)
    assert not unchanged(release, standings)
    (planned,) = plan(release, standings, policy=POLICY)
    assert Reason.UNSURE in {change.reason for change in planned.changes}
    (receipt,) = publish_all(release, standings, policy=POLICY, clock=clock)
    assert receipt.outcome is Outcome.LIVE
    assert clock.slept == []
    assert_live_paths_agree(store)


def test_when_removing_fails_the_release_is_live_and_the_next_run_removes() -> None:
    store = Target()
    _publish("a", store, extra="gone")
    store.bad = lambda verb, _key: verb == "delete"
    (receipt,) = _publish("b", store)
    assert receipt.outcome is Outcome.LIVE
    assert isinstance(receipt.leftover, DeniedError)
    assert store.get("gone/index.html") is not None
    store.bad = lambda _verb, _key: False
    (receipt,) = _publish("b", store)
    assert (receipt.outcome, receipt.leftover) == (Outcome.LIVE, None)
    assert store.get("gone/index.html") is None
    assert_live_paths_agree(store)


def test_a_few_releases_are_kept_whole_and_nothing_else() -> None:
    store = Target()
    for number in range(9):
        # back and forth, so that bodies are dropped, used again and dropped again
        _publish("ab"[number % 2] if number % 4 else f"c{number}", store, extra=f"x{number % 3}")
        kept = kept_releases(store)
        assert len(kept) == min(number + 1, 3)
        assert set(store.list(RELEASES)) == needed_by_kept(store)
        assert_live_paths_agree(store)


def test_without_memory_the_same_is_kept() -> None:
    """The lease may be lost: the next publisher lists and reads, and what nobody names goes."""
    store = Target()
    for edition in "abcde":
        _publish(edition, store)
    store.delete([LEASE])
    store.put(f"{OBJECTS}{'0' * 64}", b"left over", ())
    store.put(f"{RELEASES}5-left.json", b"{}", ())
    _publish("f", store)
    kept = kept_releases(store)
    assert [release.generation for release in kept] == [6, 5, 4]
    assert {*store.list(RELEASES), *store.list(OBJECTS)} == needed_by_kept(store)
    assert len(list(store.list(RELEASES))) >= 3


def test_an_ordinary_publish_neither_lists_nor_reads_pages() -> None:
    store = Target()
    for edition in "abcd":
        _publish(edition, store)
    read: list[str] = []

    def spy(verb: str, key: str) -> bool:
        if verb == "get":
            read.append(key)
        return False

    store.bad = spy
    _publish("e", store)
    # the last publish removed an asset after its pointer, and so gave the lease back by a write: it is read
    assert {key for key in read if not key.startswith(RELEASES)} == {POINTER, LEASE}
    assert len(read) <= 5


def test_rollback_refuses_what_is_live_or_gone_and_says_what_there_is() -> None:
    store = Target()
    with pytest.raises(RefusedError, match="none"):
        rollback(store, 1, generation=1, built=BUILT)
    for edition in "abcde":
        _publish(edition, store)
    with pytest.raises(RefusedError, match="5, 4, 3"):
        rollback(store, 2, generation=6, built=BUILT)
    with pytest.raises(RefusedError, match="live"):
        rollback(store, 5, generation=6, built=BUILT)


def test_rollback_reads_nothing_that_is_at_hand_and_refuses_damaged_bodies() -> None:
    store = Target()
    _publish("a", store)
    first, live = _release(site("a"), 1), read_live(store)
    assert live is not None
    _publish("b", store)
    spot = live.record.spots[first.manifest.entries["history.atom"].sha256]
    pack = store.get(spot.key)
    assert pack is not None
    assert spot.length is not None
    for damaged in (
        pack.body[: spot.offset] + b"x" * spot.length + pack.body[spot.offset + spot.length :],
        pack.body[spot.length :],
    ):
        store.put(spot.key, damaged, ())
        with pytest.raises((StorageError, RefusedError), match=r"damaged|does not hold"):
            rollback(store, 1, generation=3, built=BUILT)
    store.put(spot.key, pack.body, ())
    back = rollback(store, 1, generation=3, built=BUILT, have=first.bodies)
    assert back.manifest.content == first.manifest.content
    receipts = publish_all(back, survey([store]), policy=POLICY, clock=ManualClock(BUILT))
    assert [r.outcome for r in receipts] == [Outcome.LIVE]
    assert _edition(store) == (3, "a")


@pytest.mark.parametrize("what", ["missing", "damaged"])
def test_a_manifest_that_is_gone_or_changed_is_told(what: str) -> None:
    store = Target()
    _publish("a", store)
    live = read_live(store)
    assert live is not None
    if what == "missing":
        store.delete([live.pointer.root.key])
    else:
        store.put(live.pointer.root.key, b"{}", ())
    (standing,) = survey([store])
    assert isinstance(standing.error, StorageError)
    assert what in standing.error.cause
    # the way out that the message names
    store.delete([POINTER])
    (receipt,) = _publish("b", store)
    assert (receipt.outcome, receipt.generation) == (Outcome.LIVE, 2)
    assert_live_paths_agree(store)


def test_somebody_else_writing_to_our_pages_is_overruled_and_does_not_stop_us() -> None:
    store = Target()
    _publish("a", store)
    store.put("history.atom", b"by hand", HTML)
    assert _publish("b", store)[0].outcome is Outcome.LIVE
    assert_live_paths_agree(store)


def test_a_lease_that_cannot_be_read_is_told() -> None:
    store = Target()
    store.put(LEASE, b"not json", ())
    (standing,) = survey([store])
    assert isinstance(standing.error, StorageError)


def test_what_a_dead_holder_meant_to_change_is_written_anew() -> None:
    store, clock = Target(), ManualClock(BUILT)
    _publish("a", store)
    take(store, clock, intent=lambda _s: ("history.atom", "new/index.html"), ttl_s=5, wait_s=0, meanwhile=lambda: None)
    store.put("history.atom", b"half done", HTML)
    store.put("new/index.html", b"half done", HTML)
    (receipt,) = publish_all(_release(site("a"), 2), survey([store]), policy=POLICY, clock=clock)
    assert receipt.outcome is Outcome.LIVE
    assert {c.path for c in receipt.changes if c.reason is Reason.UNSURE} == {"history.atom", "new/index.html"}
    assert 5 <= sum(clock.slept) < 7
    assert_live_paths_agree(store)


def test_progress_counts_up_to_the_end() -> None:
    told: list[tuple[str, int, int]] = []
    publish_all(
        _release(site("a"), 1),
        survey([Target()]),
        policy=POLICY,
        clock=ManualClock(BUILT),
        progress=lambda *step: told.append(step),
    )
    assert sorted(done for _, done, _ in told) == list(range(1, told[0][2] + 1))


def needed_by_kept(store: ObjectStore) -> set[str]:
    """Give every object that a kept release needs."""
    live = read_live(store)
    assert live is not None
    return {
        key for root, record in history(store, live, limit=POLICY.keep_releases) for key in (root.key, *record.keys)
    }


def _everything(store: ObjectStore) -> dict[str, StoredObject | None]:
    return {key: store.get(key) for key in store.list("")}
