"""Messages on their way: claim, render, send, settle, until nothing is due.

Order rules:
1. The claim is on disk, and the message marked in it, before the transport is called; what came of it is written
   before the next message is marked. Under the policy `hold` a claim is of one message, so each mark is on disk; under
   `resend` a loss of power may forget the last ones, of one claim at most, and then its messages are in doubt.
2. A message that may have gone out is sent again under the policy `resend`, with the same Message-ID; under `hold` it
   waits for a person. A transport that reaches a recipient once per message id just sends again.
3. One recipient's trouble is never another's: refusals are settled and the next message is claimed. When the transport
   itself is out of order, the run ends; what was not sent stays owed, and the attempt does not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.model.delivery import Outcome, Receipt
from publisher.model.errors import ConflictError, OutsideError, RefusedError
from publisher.model.policy import EmailPolicy
from publisher.model.site import Site
from publisher.ports import Clock, Job, MailTransport, Outbox, Subscribers
from publisher.records.outbox import backoff_s
from publisher.records.subscribers import suppress
from publisher.render.mail_press import Press

MAX_ATTEMPTS = 12
"""Attempts before a message that is put off every time is given up: sixteen hours with the waits between them."""
LEASE_S = 120.0
"""How long a claim lasts, seconds: longer than the transport's own limit."""
NO_SUCH_ADDRESS = re.compile(r"5\.1\.(?:1|2|3|6|10)\b")
"""How a receipt's detail begins when the recipient's address is wrong for good (RFC 3463 section 3.2, RFC 7505);
5.1.7 and 5.1.8 speak of the sender's."""
AT_ONCE = 64
"""Messages a claim holds at most: so many are sent again at most, when power is lost under the policy `resend`."""
RESEND = "resend"
HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """What a run did.

    Attributes:
        outcomes: messages by what became of them.
        updates: rows those messages carried.
        errors: one line each, without addresses, in the order they came; each kind once.
        complete: False when the run ended before everything due was tried.
    """

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    updates: int = 0
    errors: tuple[str, ...] = ()
    complete: bool = True

    @property
    def messages(self) -> int:
        """Count all messages tried."""
        return sum(self.outcomes.values())


def deliver_due(
    outbox: Outbox,
    subscribers: Subscribers,
    transport: MailTransport,
    *,
    site: Site,
    policy: EmailPolicy,
    clock: Clock,
    worker: str,
    now: datetime | None = None,
    limit: int | None = None,
    lease_s: float = LEASE_S,
    held: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
) -> DeliverySummary:
    """Send what is due.

    Args:
        outbox: where messages are claimed.
        subscribers: where an address that does not exist is suppressed.
        transport: takes the messages; the caller closes it.
        site: whose mail it is.
        policy: sender, ways out, what to do in doubt.
        clock: the present, for leases and `Date`.
        worker: name of this worker, unique among those running.
        now: what counts as due; the clock's present each time when None. Drills set it.
        limit: messages at most.
        lease_s: how long a claim lasts, seconds.
        held: incidents about which nothing new is sent.
        progress: told the number of messages done after each.
    """
    outcomes: Counter[Outcome] = Counter()
    errors: dict[str, None] = {}
    updates = 0
    complete = True
    press = Press(site=site, policy=policy)
    at_once = 1 if policy.in_doubt == HOLD and not transport.idempotent else AT_ONCE
    job: Job | None = None
    while limit is None or outcomes.total() < limit:
        present = now or clock.now()
        if job is None:
            most = at_once if limit is None else min(at_once, limit - outcomes.total())
            job = outbox.claim(present, worker=worker, lease_s=lease_s, most=most, held=held)
        if job is None:
            break
        receipt, broken = _attempt(job, transport, press, policy=policy, now=present)
        if broken is not None:
            _settle(outbox, job, receipt, None, errors)
            errors[str(broken)] = None
            complete = False
            break
        receipt, due = _decided(job, receipt, policy=policy, idempotent=transport.idempotent, now=present)
        if receipt.outcome in {Outcome.FAILED, Outcome.REJECTED} and receipt.detail:
            errors[receipt.detail] = None
        if receipt.outcome is Outcome.REJECTED and NO_SUCH_ADDRESS.match(receipt.detail):
            suppress(subscribers, job.recipient, now=present)
        updates += len(job.deliveries)
        job = _settle(outbox, job, receipt, due, errors)
        outcomes[receipt.outcome] += 1
        if progress is not None:
            progress(outcomes.total())
    return DeliverySummary(outcomes=dict(outcomes), updates=updates, errors=tuple(errors), complete=complete)


def _settle(outbox: Outbox, job: Job, receipt: Receipt, due: datetime | None, errors: dict[str, None]) -> Job | None:
    try:
        return outbox.settle(job, receipt, due=due)
    except ConflictError as error:
        errors[str(error)] = None
        return None


def _attempt(
    job: Job, transport: MailTransport, press: Press, *, policy: EmailPolicy, now: datetime
) -> tuple[Receipt, OutsideError | None]:
    """Try one message; the error is the transport's own, when it is out of order."""
    if job.doubtful and policy.in_doubt == HOLD and not transport.idempotent:
        return Receipt(outcome=Outcome.IN_DOUBT, at=now, detail="an earlier attempt may have gone out"), None
    try:
        envelope = press.mail(job.words, subscriber=job.recipient, job=job.id, now=now)
    except (RefusedError, KeyError, TypeError, ValueError) as error:
        return Receipt(outcome=Outcome.FAILED, at=now, detail=_line(error)), None
    try:
        return transport.send(envelope), None
    except OutsideError as error:
        return Receipt(outcome=Outcome.OWED, at=now, detail=error.cause[:500]), error


def _decided(
    job: Job, receipt: Receipt, *, policy: EmailPolicy, idempotent: bool, now: datetime
) -> tuple[Receipt, datetime | None]:
    """Say what a transport's answer means for this message, and when it is tried again."""
    match receipt.outcome:
        case Outcome.DEFERRED if job.attempt >= MAX_ATTEMPTS:
            tried = f"given up after {job.attempt} attempts: {receipt.detail}"
            return Receipt(outcome=Outcome.FAILED, at=receipt.at, detail=tried[:500]), None
        case Outcome.DEFERRED:
            return receipt, now + timedelta(seconds=_wait_s(job, receipt))
        case Outcome.IN_DOUBT if (policy.in_doubt == RESEND or idempotent) and job.attempt < MAX_ATTEMPTS:
            return receipt, now + timedelta(seconds=_wait_s(job, receipt))
        case _:
            return receipt, None


def _wait_s(job: Job, receipt: Receipt) -> float:
    return max(backoff_s(job.attempt), receipt.retry_after_s or 0.0)


def _line(error: Exception) -> str:
    if isinstance(error, RefusedError):
        return str(error)
    return "A mail was not sent because its frozen words could not be read; they were written by another version."
