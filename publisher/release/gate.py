"""The gate: says go, or says why not.

It weighs findings that block, approvals that are needed and not given for exactly this content, and holds. It knows
rules, not causes: what a finding or a need is about was decided in `checks` and by policy. A hold quiets a channel;
it never stops the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.model.delivery import Channel
from publisher.model.digest import ContentHash
from publisher.model.finding import Finding, blocking
from publisher.model.governance import Approval, Hold, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate says.

    Attributes:
        findings: those that block.
        missing: approvals that nobody gave for this very content.
        held: (channel, incident, hold) for everything that must wait now.
    """

    findings: tuple[Finding, ...] = ()
    missing: tuple[Need, ...] = ()
    held: tuple[tuple[Channel, str, Hold], ...] = ()

    @property
    def go(self) -> bool:
        """Whether the release may go out, apart from what is held."""
        return not self.findings and not self.missing

    def holds(self, channel: Channel, incident: str) -> Hold | None:
        """Give the hold that keeps a channel quiet about an incident, if there is one."""
        return next((hold for c, i, hold in self.held if c is channel and i == incident), None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Say why not, a line each."""
        return (
            *(str(finding) for finding in self.findings),
            *(f"{need.incident}: {need.role} has not approved these words ({need.why})." for need in self.missing),
        )


def gate(
    *,
    findings: Sequence[Finding],
    needs: Sequence[Need] = (),
    approvals: Sequence[Approval] = (),
    holds: Sequence[Hold] = (),
    speaking: Sequence[tuple[Channel, str]] = (),
    now: datetime,
) -> Verdict:
    """Weigh a release.

    Args:
        findings: everything the checks said.
        needs: approvals that policy asks for, each over one content hash.
        approvals: those the log has received; one counts only for its own hash and role, and only once received.
        holds: blackouts, past and future ones too.
        speaking: (channel, incident) pairs that this release would speak through.
        now: the run's present.
    """
    given: dict[tuple[str, ContentHash], set[str]] = {}
    for approval in approvals:
        if approval.received <= now:
            given.setdefault((approval.role, approval.content), set()).add(approval.person)
    held = tuple(
        (channel, incident, hold)
        for channel, incident in speaking
        for hold in holds
        if hold.covers(channel, incident, now)
    )
    return Verdict(
        findings=blocking(tuple(findings)),
        missing=tuple(need for need in needs if len(given.get((need.role, need.content), ())) < need.count),
        held=held,
    )
