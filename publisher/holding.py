"""What waits now, and what passes: holds of the log and of policy, weighed against incidents. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from publisher.model.delivery import Channel
from publisher.model.governance import Hold
from publisher.model.history import History
from publisher.model.incident import Incident, Status
from publisher.ports import ArchiveEntry
from publisher.records.holds import holds_on_record

_ENDLESS = datetime(9999, 1, 1, tzinfo=UTC)
_PAGE = (Channel.PAGE, Channel.FEED, Channel.API)
"""One release carries the three: they wait and go together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits now.

    Attributes:
        page: the hold that keeps the page as it is, if there is one.
        mail: incident → the hold that keeps mail about it back.
        passing: incidents whose words pass every hold.
    """

    page: Hold | None = None
    mail: tuple[tuple[str, Hold], ...] = ()
    passing: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[str, ...]:
        """Give the incidents about which mail waits."""
        return tuple(name for name, _ in self.mail)


def holds_now(history: History, entries: Iterable[ArchiveEntry], *, now: datetime) -> tuple[Hold, ...]:
    """Give the holds that count at a moment: those on record, and policy's windows."""
    policy = history.policy.holds
    kept = (one.hold for one in holds_on_record(entries))
    windows = (Hold(why=one.why, begins=one.begins, ends=one.ends, channels=one.channels) for one in policy.windows)
    return tuple(
        replace(hold, channels=_widened(hold.channels)) for hold in (*kept, *windows) if hold.begins <= now < hold.ends
    )


def waiting(history: History, entries: Iterable[ArchiveEntry], *, now: datetime) -> Waiting:
    """Say what waits now. A hold that names incidents quiets mail about them; the page waits as a whole or not at all.

    Args:
        history: what would go out.
        entries: the archive, whole.
        now: the run's present.
    """
    policy = history.policy.holds
    holds = holds_now(history, entries, now=now)
    if not holds and not policy.states:
        return Waiting()
    passing = tuple(one.id for one in history.incidents if _passes(one, history))
    mail = []
    for one in history.incidents:
        if one.id in passing:
            continue
        hold = next((hold for hold in holds if hold.covers(Channel.EMAIL, one.id, now)), None) or _by_state(
            one, history
        )
        if hold is not None:
            mail.append((one.id, hold))
    page = next((hold for hold in holds if not hold.incidents and hold.covers(Channel.PAGE, "", now)), None)
    return Waiting(page=page, mail=tuple(mail), passing=passing)


def status_of(incident: Incident) -> Status | None:
    """Give the state an incident is in: its newest update's that says one."""
    return next((one.status for one in reversed(incident.updates) if one.status is not Status.UPDATE), None)


def _passes(incident: Incident, history: History) -> bool:
    policy = history.policy.holds
    return incident.severity in policy.severities or status_of(incident) in policy.statuses


def _by_state(incident: Incident, history: History) -> Hold | None:
    status = status_of(incident)
    for one in history.policy.holds.states:
        if status in one.statuses:
            return Hold(
                why=one.why,
                begins=incident.started,
                ends=_ENDLESS,
                channels=one.channels,
                incidents=(incident.id,),
            )
    return None


def _widened(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    return tuple(dict.fromkeys([*channels, *_PAGE])) if set(channels) & set(_PAGE) else channels
