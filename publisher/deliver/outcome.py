"""What a publish would do to a target, and what it did."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from publisher.model.errors import OutsideError, TidingsError
from publisher.release.changes import Change


class Outcome(enum.StrEnum):
    """What became of a publish on one target."""

    LIVE = "live"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    """Another publisher was first; nothing of ours is public there."""
    FAILED = "failed"
    """It could not be done; what was live before is live still, and the next publish catches up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlan:
    """What a publish would do to one target.

    Attributes:
        generation: live there now; 0 for none.
        changes: sorted by path.
        error: why the target cannot be reached, if so.
    """

    target: str
    generation: int
    changes: tuple[Change, ...] = ()
    error: OutsideError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReceipt:
    """What a publish did to one target.

    Attributes:
        generation: live there afterwards, as far as known.
        changes: what was to be changed.
        error: why it failed or was refused.
        leftover: why the cleaning up after a success was cut short; the next publish finishes it.
        repaired: keys that were put back after this publisher had been frozen and overtaken.
    """

    target: str
    outcome: Outcome
    generation: int
    changes: tuple[Change, ...] = ()
    error: TidingsError | None = None
    leftover: TidingsError | None = None
    repaired: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether readers of this target find this release's words."""
        return self.outcome in (Outcome.LIVE, Outcome.UNCHANGED)
