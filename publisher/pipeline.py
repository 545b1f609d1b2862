"""The story on one page: what happens between a file that was saved and a reader who knows.

    read → check → project → render → gate → record → upload → send

Each step is a function of another room; this module only says the order, and which value goes where. The order is the
promise:

- The gate speaks before anything is written anywhere.
- Words and the list of those who must hear them are recorded in one transaction before the first byte goes out, so a
  run that dies can be finished by the next, and nobody is forgotten.
- Pages flip before messages go: a link in a mail always finds its page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.building import Built, Content, build, read
from publisher.deliver.plan import plan_owed
from publisher.deliver.reading import Documents
from publisher.deliver.rollback import rollback
from publisher.deliver.site import (
    SiteReceipt,
    Standing,
    TargetPlan,
    next_generation,
    publish_all,
    survey,
    unchanged,
)
from publisher.deliver.site import plan as plan_targets
from publisher.deliver.upload import Progress
from publisher.model.delivery import Channel
from publisher.model.digest import ContentHash
from publisher.model.errors import OutsideError, RefusedError
from publisher.model.finding import Finding
from publisher.model.governance import Approval, Hold, Need
from publisher.model.policy import PagePolicy
from publisher.model.release import Release
from publisher.model.site import Site
from publisher.outgoing import leaking
from publisher.ports import Clock, Hub, Ledger, ObjectStore, Owed, Subscribers
from publisher.release.bundle import bundle
from publisher.release.gate import Verdict, gate
from publisher.render.feeds import is_topic

__all__ = [
    "Built",
    "Content",
    "GateError",
    "Planned",
    "Published",
    "admit",
    "build",
    "plan",
    "publish",
    "read",
    "roll_back",
    "weigh",
]

_REMEMBERED = 100
"""Releases in which to look for a commit; the ledger keeps fewer."""


def weigh(
    built: Built,
    *,
    holds: Sequence[Hold] = (),
    inside: Sequence[Finding] = (),
    needs: Sequence[Need] = (),
    approvals: Sequence[Approval] = (),
) -> Verdict:
    """Ask the gate whether this may go out.

    Args:
        built: what would.
        holds: blackouts.
        inside: what `publisher.inside` found.
        needs: whose agreement is asked for, and …
        approvals: … who agreed; see `publisher.approving`.
    """
    channels = (Channel.PAGE, Channel.FEED, Channel.API, Channel.EMAIL)
    speaking = [(channel, incident.id) for incident in built.history.incidents for channel in channels] if holds else []
    return gate(
        findings=(*built.findings, *inside),
        needs=needs,
        approvals=approvals,
        holds=holds,
        speaking=speaking,
        now=built.now,
    )


def admit(verdict: Verdict) -> None:
    """Go on if the gate says go.

    Raises:
        GateError: it says no.
    """
    if not verdict.go:
        raise GateError(verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a publish would do: to be shown, tested and refused before anything moves.

    Attributes:
        verdict: what the gate says.
        release: stamped with the generation it would get.
        standings: how the targets stood when it was planned.
        targets: what would change on each, with a reason per path.
        owed: who would hear of it.
        unchanged: nothing differs anywhere.
        renew_after: age from which on the live release is brought again though nothing differs.
        documents: where parts of the targets' manifests are remembered.
    """

    built: Built
    verdict: Verdict
    release: Release
    standings: tuple[Standing, ...]
    targets: tuple[TargetPlan, ...]
    owed: Owed
    unchanged: bool
    renew_after: timedelta | None = None
    documents: Documents | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publish did.

    Attributes:
        receipts: one per target, in the policy's order.
        words_go: whether the release's messages may leave now.
    """

    planned: Planned
    receipts: tuple[SiteReceipt, ...]
    words_go: bool

    @property
    def reached(self) -> int:
        """Count the targets where readers find these words."""
        return sum(receipt.good for receipt in self.receipts)

    @property
    def degraded(self) -> bool:
        """Whether some targets have it and some have not."""
        return 0 < self.reached < len(self.receipts)


def plan(
    built: Built,
    stores: Sequence[ObjectStore],
    ledger: Ledger,
    subscribers: Subscribers,
    *,
    verdict: Verdict | None = None,
    allow_shrink: bool = False,
    renew_after: timedelta | None = None,
    documents: Documents | None = None,
) -> Planned:
    """Look at the targets and the ledger and say what publishing would do. Writes nothing.

    Raises:
        RefusedError: the gate says no, or the site would lose more than policy allows.
    """
    verdict = verdict or weigh(built)
    admit(verdict)
    policy, standings = built.history.policy, survey(stores, documents=documents)
    release = bundle(
        built.artifacts,
        generation=next_generation(standings, parent=_ledger_generation(ledger)),
        parent=max(standing.generation for standing in standings),
        built=built.now,
        said=built.said,
        source=built.content.source,
    )
    newest = max(standings, key=lambda standing: standing.generation)
    live = newest.manifest if newest.live else None
    if leaks := leaking(release, live, site=built.history.site, policy=policy, incidents=built.history.incidents):
        raise GateError(replace(verdict, findings=leaks))
    owed = plan_owed(
        built.history,
        built.views,
        _announced(ledger, standings),
        subscribers.all(),
        policy=policy.email,
        now=built.now,
    )
    return Planned(
        built=built,
        verdict=verdict,
        release=release,
        standings=standings,
        targets=plan_targets(
            release, standings, policy=policy.page, allow_shrink=allow_shrink, renew_after=renew_after
        ),
        owed=owed,
        unchanged=unchanged(release, standings, renew_after=renew_after),
        renew_after=renew_after,
        documents=documents,
    )


def publish(
    planned: Planned,
    ledger: Ledger,
    *,
    clock: Clock,
    allow_shrink: bool = False,
    without_page: bool = False,
    wait_s: float | None = None,
    progress: Progress | None = None,
) -> Published:
    """Carry a plan out: record, upload, let the words go.

    Args:
        planned: from `plan`.
        ledger: where release and messages are recorded before the first byte goes out.
        clock: to wait by.
        allow_shrink: whether a person said that the site may lose more than policy allows.
        without_page: whether a person said that the messages go even if no target can be reached.
        wait_s: how long to wait for another publisher, seconds.
        progress: told how far the upload is.

    Raises:
        OutsideError: no target can be reached, and `without_page` was not said. Nothing was recorded.
    """
    site, now = planned.built.history.site, planned.built.now
    errors = [standing.error for standing in planned.standings if standing.error is not None]
    if len(errors) == len(planned.standings) and not without_page:
        raise errors[0]
    if not planned.unchanged:
        ledger.record(planned.release, planned.owed)
    receipts = publish_all(
        planned.release,
        planned.standings,
        policy=planned.built.history.policy.page,
        clock=clock,
        second_url=site.second_url,
        allow_shrink=allow_shrink,
        wait_s=wait_s,
        progress=progress,
        renew_after=planned.renew_after,
        documents=planned.documents,
    )
    words_go = _let_go(ledger, receipts, planned.release, without_page=without_page, now=now)
    return Published(planned=planned, receipts=receipts, words_go=words_go)


def roll_back(
    stores: Sequence[ObjectStore],
    ledger: Ledger,
    *,
    to: int,
    policy: PagePolicy,
    site: Site,
    now: datetime,
    clock: Clock,
    progress: Progress | None = None,
) -> tuple[Release, tuple[SiteReceipt, ...]]:
    """Publish what generation `to` said, as a new release. Nobody is mailed: nothing new was said.

    Raises:
        RefusedError: no target that answers holds that generation.
        OutsideError: no target can be reached.
    """
    standings = survey(stores)
    reached = [standing for standing in standings if standing.error is None]
    if not reached:
        raise next(standing.error for standing in standings if standing.error is not None)
    newest = max(reached, key=lambda standing: standing.generation)
    release = rollback(
        newest.store,
        to,
        generation=next_generation(standings, parent=_ledger_generation(ledger)),
        built=now,
    )
    ledger.record(replace(release, source=commits(ledger).get(to)), Owed())
    receipts = publish_all(
        release,
        standings,
        policy=policy,
        clock=clock,
        second_url=site.second_url,
        allow_shrink=True,
        progress=progress,
    )
    _let_go(ledger, receipts, release, without_page=False, now=now)
    return release, receipts


def commits(ledger: Ledger) -> Mapping[int, str]:
    """Give the commits that remembered generations were made from. Targets are not told: see `release.pointer`."""
    return {one.generation: one.source for one in reversed(ledger.releases(limit=_REMEMBERED)) if one.source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a hub was told.

    Attributes:
        topics: addresses of the feeds that have changed.
        error: why the hub did not take it. The feeds are live all the same.
    """

    topics: tuple[str, ...]
    error: OutsideError | None = None


def announce(receipts: Sequence[SiteReceipt], hub: Hub, *, site: Site) -> Announced:
    """Tell a hub which feeds have changed, once they are live. What it answers changes nothing of the publish.

    W3C WebSub section 6: the hub fetches the topic when it hears of it, so it must hear after the pointer flipped.
    """
    changed = {change.path for receipt in receipts if receipt.good for change in receipt.changes if change.entry}
    topics = tuple(site.url + path for path in sorted(changed) if is_topic(path))
    if not topics:
        return Announced(topics=())
    try:
        hub.tell(topics)
    except OutsideError as error:
        return Announced(topics=topics, error=error)
    return Announced(topics=topics)


class GateError(RefusedError):
    """The gate said no. Nothing was written, and what is live stays as it is."""

    def __init__(self, verdict: Verdict) -> None:
        count = len(verdict.findings) + len(verdict.missing)
        super().__init__(
            f"Not published: {count} {'things' if count != 1 else 'thing'} must be settled first. "
            "The live site stays as it is.",
            "Run `tidings check` to see each with its place and its cure.",
        )
        self.verdict = verdict


def _let_go(
    ledger: Ledger, receipts: Sequence[SiteReceipt], release: Release, *, without_page: bool, now: datetime
) -> bool:
    """Note which targets are live, which lets the words go; say whether they went."""
    good = [receipt for receipt in receipts if receipt.good]
    for receipt in good:
        ledger.live(receipt.target, receipt.generation, now)
    if not good and without_page:
        ledger.live(None, release.generation, now)
    return bool(good) or without_page


def _ledger_generation(ledger: Ledger) -> int:
    newest = ledger.releases(limit=1)
    return newest[0].generation if newest else 0


def _announced(ledger: Ledger, standings: Sequence[Standing]) -> frozenset[tuple[str, str, ContentHash]]:
    """Give every wording that was said before.

    A ledger that is new beside a site that is not (another machine, a lost disk) would take everything for news; then
    what the live release says counts as said.
    """
    announced = ledger.announced()
    if announced:
        return announced
    return frozenset(
        (one.incident, one.update, one.revision)
        for standing in standings
        if standing.live is not None
        for one in standing.live.record.release.said
    )
