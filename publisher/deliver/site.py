"""The publishing protocol: one release to every target, each in the same order, none ever half seen.

For the caller, in this order:

1. `survey(stores)`: what each target serves now, and whether somebody is at work there.
2. `next_generation(standings, parent=…)` and `release.bundle.bundle(…, generation=…)`.
3. `plan(release, standings, policy=…)`: what would be done and why; refuses a site that vanishes. This is the dry run.
4. `publish_all(release, standings, policy=…, clock=…)`: does it, and says per target what came of it.

Rules, each enforced here:

- Nothing changed before stamping, nowhere: nothing is written at all, not even a lease.
- Leases are taken one target after the other in the caller's order, then all targets are written at once. So two
  publishers can never win one target each.
- A lease that is taken as the surveyed pointer gave it back proves that nobody published since. If somebody had it in
  between, the pointer is read again; if its generation moved, another publisher was first, and nothing public changes.
- A generation only ever rises. A target that lagged behind catches up with the next release.
- A target that fails does not stop the others: partial success is a result, and the caller's exit code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from publisher.deliver.lease import Lease, LeaseState, take
from publisher.deliver.live import Live, Standing, next_generation, read_live, survey
from publisher.deliver.outcome import Outcome, SiteReceipt, TargetPlan
from publisher.deliver.reading import Documents, read_pointer
from publisher.deliver.repair import repair
from publisher.deliver.retention import Retirement, assets, left_behind, retirement, unnamed
from publisher.deliver.upload import Progress, Upload
from publisher.model.errors import OutsideError, RefusedError, SupersededError, TidingsError
from publisher.model.policy import PagePolicy
from publisher.model.release import Manifest, Release
from publisher.ports import Clock
from publisher.release.changes import Change, changes, shrinks
from publisher.release.packing import Kept

__all__ = [
    "Live",
    "Outcome",
    "SiteReceipt",
    "Standing",
    "TargetPlan",
    "next_generation",
    "plan",
    "publish_all",
    "read_live",
    "survey",
    "unchanged",
]

_PATIENCE = 10
"""Lease times to wait for a publisher that is alive."""


def unchanged(release: Release, standings: Sequence[Standing], *, renew_after: timedelta | None = None) -> bool:
    """Whether every target that can be reached already serves this, stamps aside, at one generation and undisturbed.

    With `renew_after`, a release that is live for longer than that counts as changed, so that readers and programs see
    by its age whether somebody still publishes. Leases are read only if all else is equal.
    """
    reached = [standing for standing in standings if standing.error is None]
    if not reached or len({standing.generation for standing in reached}) != 1:
        return False
    return all(
        standing.live is not None
        and _same(standing.manifest, release.manifest)
        and (renew_after is None or release.built - standing.live.pointer.built < renew_after)
        for standing in reached
    ) and all(standing.settled for standing in reached)


def _same(one: Manifest, other: Manifest) -> bool:
    """Say whether two contents are equal, as `Manifest.content` would, without hashing a line."""
    return one.entries.keys() == other.entries.keys() and all(
        (entry.unstamped, entry.headers) == (other.entries[path].unstamped, other.entries[path].headers)
        for path, entry in one.entries.items()
    )


def plan(
    release: Release,
    standings: Sequence[Standing],
    *,
    policy: PagePolicy,
    allow_shrink: bool = False,
    renew_after: timedelta | None = None,
) -> tuple[TargetPlan, ...]:
    """Say what a publish would do, target by target, with a reason per path. Touches nothing.

    Paths that a publisher left half done are named where the lease was read; they are written in any case.

    Raises:
        RefusedError: the site would lose more than policy allows, or has no pages.
    """
    newest = max((standing.generation for standing in standings if standing.error is None), default=0)
    for standing in standings:
        # a target that lagged behind may lose what was agreed to while it was away
        if standing.error is not None or standing.generation != newest or allow_shrink:
            continue
        if why := shrinks(standing.manifest, release.manifest, max_shrink=policy.max_shrink):
            raise RefusedError(
                f"{why} Nothing was published.", "Look at what is missing; if it is meant, use --allow-shrink."
            )
    if unchanged(release, standings, renew_after=renew_after):
        return tuple(_planned(standing, ()) for standing in standings)
    return tuple(_planned(standing, _todo(release, standing.manifest, standing.seen_lease)) for standing in standings)


def publish_all(
    release: Release,
    standings: Sequence[Standing],
    *,
    policy: PagePolicy,
    clock: Clock,
    second_url: str | None = None,
    allow_shrink: bool = False,
    wait_s: float | None = None,
    progress: Progress | None = None,
    renew_after: timedelta | None = None,
    documents: Documents | None = None,
) -> tuple[SiteReceipt, ...]:
    """Bring a release to every target.

    Args:
        release: with a generation above all of theirs, see `next_generation`.
        standings: from `survey`; what the release was planned against.
        policy: where and how carefully.
        clock: to wait by.
        second_url: the same page on an unrelated host, for the pointer.
        allow_shrink: whether a person said that the site may lose more than policy allows.
        wait_s: how long to wait for another publisher that is alive, seconds; ten lease times unless given.
        progress: told how far it is.
        renew_after: age from which on a release is brought again though nothing changed.
        documents: where to keep the parts of manifests that the next `survey` need not read.

    Returns:
        One receipt per target, in the order given.

    Raises:
        RefusedError: see `plan`; nothing was written.
    """
    plan(release, standings, policy=policy, allow_shrink=allow_shrink)
    if unchanged(release, standings, renew_after=renew_after):
        return tuple(_untouched(standing, Outcome.UNCHANGED) for standing in standings)
    run = _Run(
        release=release,
        policy=policy,
        clock=clock,
        second_url=second_url,
        wait_s=policy.lease_ttl_s * _PATIENCE if wait_s is None else wait_s,
        progress=progress,
        documents={} if documents is None else documents,
    )
    return run.publish(standings)


def _todo(release: Release, live: Manifest, lease: LeaseState | None, left: Collection[str] = ()) -> tuple[Change, ...]:
    unsure = set(lease.intent) if lease else set()
    if not live.entries and lease is not None:
        # somebody removed the pointer: what the last publisher wrote is still there
        unsure |= {*lease.versions, *left}
    # assets outlast their release, see `retention`
    lasting = assets(live)
    todo = changes(live, release.manifest, unsure=unsure)
    return tuple(change for change in todo if change.entry is not None or change.path not in lasting)


def _planned(standing: Standing, todo: tuple[Change, ...]) -> TargetPlan:
    return TargetPlan(
        target=standing.store.name,
        generation=standing.generation,
        changes=() if standing.error else todo,
        error=standing.error,
    )


def _untouched(standing: Standing, outcome: Outcome, error: TidingsError | None = None) -> SiteReceipt:
    if standing.error is not None:
        outcome, error = Outcome.FAILED, standing.error
    return SiteReceipt(target=standing.store.name, outcome=outcome, generation=standing.generation, error=error)


@dataclass(slots=True, kw_only=True)
class _Taken:
    """A target whose lease is ours and whose pointer is where it was."""

    standing: Standing
    lease: Lease
    live: Live | None
    left: frozenset[str]
    """Live paths of a release whose pointer somebody removed."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """One publish."""

    release: Release
    policy: PagePolicy
    clock: Clock
    second_url: str | None
    wait_s: float
    progress: Progress | None
    documents: Documents
    taken: dict[int, _Taken] = field(default_factory=dict)

    def publish(self, standings: Sequence[Standing]) -> tuple[SiteReceipt, ...]:
        receipts: dict[int, SiteReceipt] = {}
        for place, standing in enumerate(standings):
            if standing.error is not None:
                receipts[place] = _untouched(standing, Outcome.FAILED)
                continue
            try:
                self.taken[place] = self._take(standing)
            except RefusedError as error:
                self._let_go()
                return tuple(_untouched(one, Outcome.SUPERSEDED, error) for one in standings)
            except OutsideError as error:
                receipts[place] = _untouched(standing, Outcome.FAILED, error)
            except BaseException:
                self._let_go()
                raise
        with ThreadPoolExecutor(max_workers=max(len(self.taken), 1)) as pool:
            brought = pool.map(self._bring, self.taken.values())
            receipts |= dict(zip(self.taken, brought, strict=True))
        return tuple(receipts[place] for place in range(len(standings)))

    def _take(self, standing: Standing) -> _Taken:
        store = standing.store

        def meanwhile() -> None:
            for other in self.taken.values():
                other.lease.keep()
            found = read_pointer(store)
            self._check_unmoved(standing, found[0].generation if found else 0)

        self._check_unmoved(standing, standing.generation)
        known = standing.live
        left = frozenset() if known is not None or standing.lease is None else left_behind(store)
        lease = take(
            store,
            self.clock,
            intent=lambda state: tuple(
                change.path for change in _todo(self.release, standing.manifest, state, left=left)
            ),
            ttl_s=self.policy.lease_ttl_s,
            wait_s=self.wait_s,
            meanwhile=meanwhile,
            generation=self.release.generation,
            given_back=known.pointer.lease if known else None,
            seen=standing.lease_as_read,
        )
        if lease.unread:
            return _Taken(standing=standing, lease=lease, live=known, left=left)
        try:
            live = read_live(store, known=known)
            self._check_unmoved(standing, live.generation if live else 0)
        except BaseException:
            _give_back(lease)
            raise
        return _Taken(standing=standing, lease=lease, live=live, left=left)

    def _check_unmoved(self, standing: Standing, generation: int) -> None:
        if generation != standing.generation or generation >= self.release.generation:
            raise SupersededError(
                f"Another publisher was first: {standing.store.name} serves generation {generation} by now.",
                "Look at what is live; publish again if your change is not there.",
            )

    def _let_go(self) -> None:
        for one in self.taken.values():
            _give_back(one.lease)

    def _bring(self, one: _Taken) -> SiteReceipt:
        store, lease, before = one.standing.store, one.lease, one.lease.before
        todo = _todo(self.release, one.live.manifest if one.live else Manifest(), before, left=one.left)
        plans: list[Retirement] = []

        def older(needed: frozenset[str]) -> Kept:
            plans.append(
                retirement(
                    store,
                    one.live,
                    new=needed | assets(self.release.manifest),
                    generation=self.release.generation,
                    keep=self.policy.keep_releases,
                    tidy=before.tidy if before else one.live is None,
                    busy=any(change.entry is None for change in todo),
                )
            )
            return plans[-1].older

        upload = Upload(
            store=store,
            lease=lease,
            release=self.release,
            live=one.live,
            changes=todo,
            older=older,
            versions=before.versions if before else {},
            second_url=self.second_url,
            progress=self.progress,
        )

        def more() -> bool:
            return bool(upload.gone or plans[-1].keys or plans[-1].sweep)

        try:
            packed = upload.run(more=more)
        except TidingsError as error:
            return self._failed(one, todo, upload, error)
        except BaseException:
            _free_quietly(lease, intent=_doubtful(before, upload))
            raise
        self.documents.update(packed.documents)
        leftover: TidingsError | None = None
        repaired: tuple[str, ...] = ()
        try:
            if more():
                keys = set(plans[-1].keys)
                if plans[-1].sweep and (live := read_live(store, documents=dict(packed.documents))) is not None:
                    keys |= set(unnamed(store, live, keep=self.policy.keep_releases))
                upload.remove(sorted(keys))
                lease.free(tidy=True)
        except TidingsError as error:
            leftover = error
            if isinstance(error, SupersededError):
                repaired = self._repair(one, error)
            else:
                _free_quietly(lease, intent=tuple(change.path for change in todo if change.entry is None))
        return SiteReceipt(
            target=store.name,
            outcome=Outcome.LIVE,
            generation=self.release.generation,
            changes=todo,
            leftover=leftover,
            repaired=repaired,
        )

    def _failed(self, one: _Taken, todo: tuple[Change, ...], upload: Upload, error: TidingsError) -> SiteReceipt:
        lost = isinstance(error, SupersededError)
        repaired: tuple[str, ...] = ()
        if lost:
            repaired = self._repair(one, error)
        else:
            _free_quietly(one.lease, intent=_doubtful(one.lease.before, upload))
        return SiteReceipt(
            target=one.standing.store.name,
            outcome=Outcome.SUPERSEDED if lost else Outcome.FAILED,
            generation=one.standing.generation,
            changes=todo,
            error=error,
            repaired=repaired,
        )

    def _repair(self, one: _Taken, error: TidingsError) -> tuple[str, ...]:
        """Put right what went out after the lease was lost. When that fails too, the error says so."""
        keys = one.lease.unconfirmed
        if not keys:
            return ()
        try:
            return repair(one.standing.store, self.clock, keys=keys, ttl_s=self.policy.lease_ttl_s, wait_s=self.wait_s)
        except TidingsError as failure:
            error.add_note(f"These may hold words that are not live: {', '.join(sorted(keys))}. {failure}")
            return ()


def _doubtful(before: LeaseState | None, upload: Upload) -> tuple[str, ...]:
    return tuple(sorted(upload.touched.union(before.intent if before else ())))


def _give_back(lease: Lease) -> None:
    """Free a lease under which nothing was done: what its former holder left stays as it was."""
    before = lease.before
    if before is None:
        _free_quietly(lease)
    else:
        _free_quietly(lease, intent=before.intent, tidy=before.tidy)


def _free_quietly(lease: Lease, *, intent: tuple[str, ...] = (), tidy: bool = False) -> None:
    """Free a lease if the store lets us; if not, it lapses by itself."""
    try:
        lease.free(intent=intent, tidy=tidy)
    except TidingsError:
        return
