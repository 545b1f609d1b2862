"""Ninety days of a component, and the share of them it was available.

Days are those of the site's zone, so that one with a change of clocks has 23 or 25 hours; reckoning is in UTC. At
each moment the gravest impact counts, once. Work in proportion to what happened, not to days times incidents.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.model.component import Impact
from publisher.render.timeline import Stretch
from publisher.render.view import DayView

_STEPS = 1_000_000
"""Of what a share is a multiple: 90 days have 7.8 million seconds, so a step is eight seconds of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days that are shown, and when each begins.

    Attributes:
        days: oldest first; the last is today.
        edges: the beginning of each day, then the moment up to which is reckoned; UTC, one more than `days`.
    """

    days: tuple[date, ...]
    edges: tuple[datetime, ...]


def calendar(*, today: date, count: int, zone: ZoneInfo, until: datetime) -> Calendar:
    """Lay out the last `count` days of a zone, today included, up to a moment of today."""
    days = tuple(today - timedelta(days=back) for back in range(max(count, 1) - 1, -1, -1))
    return Calendar(days=days, edges=(*(day_begin(day, zone) for day in days), until))


def day_begin(day: date, zone: ZoneInfo) -> datetime:
    """Give the moment a day begins in a zone, UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def availability(
    stretches: Iterable[Stretch], over: Calendar, *, since: date | None, now: Impact, weights: Mapping[Impact, float]
) -> tuple[tuple[DayView, ...], float | None]:
    """Give a component's days and its uptime.

    Args:
        stretches: of this component, in any order.
        over: the days.
        since: its first day; days before have no impact and do not count.
        now: its impact now, which today shows at least.
        weights: share of the time that each impact costs, 0 to 1.

    Returns:
        One view a day, and the share of the time it was available, 0 to 1, cut off after six decimals: below 1 as
        soon as anything that costs was seen, however short. Planned maintenance is left out of the time altogether,
        unless its weight says that it costs. None when no time has passed yet.
    """
    excluded = not weights.get(Impact.UNDER_MAINTENANCE, 0.0)
    touching: dict[int, list[Stretch]] = {}
    for stretch in stretches:
        first = min(max(bisect.bisect_right(over.edges, stretch.begin) - 1, 0), len(over.days) - 1)
        for index in range(first, len(over.days)):
            if over.edges[index] > stretch.end or (over.edges[index] == stretch.end and stretch.begin < stretch.end):
                break
            if stretch.begin < over.edges[index + 1] or index == len(over.days) - 1:
                touching.setdefault(index, []).append(stretch)
    days: list[DayView] = []
    counted = lost = 0.0
    hurt = False
    for index, day in enumerate(over.days):
        if since is not None and day < since:
            days.append(DayView(day=day, impact=None, minutes=(), incidents=()))
            continue
        begin, end = over.edges[index], over.edges[index + 1]
        today = index == len(over.days) - 1
        length = max((end - begin).total_seconds(), 0.0)
        here = touching.get(index, [])
        seconds = _sweep(here, begin, end) if here else {}
        counted += length - (seconds.get(Impact.UNDER_MAINTENANCE, 0.0) if excluded else 0.0)
        lost += sum(weights.get(i, 0.0) * s for i, s in seconds.items())
        hurt = hurt or any(weights.get(s.impact, 0.0) > 0 for s in here)
        days.append(_day(day, here, seconds, floor=now if today else Impact.OPERATIONAL))
    return tuple(days), (_share(counted, lost, hurt=hurt) if counted > 0 else None)


def _share(counted: float, lost: float, *, hurt: bool) -> float:
    """Give the share of the time that was not lost; cut off, so that no way of showing it rounds up to a whole."""
    # The tiny amount undoes what binary fractions lose: 0.997 stays 0.997.
    share = int(max(1.0 - lost / counted, 0.0) * _STEPS + 1e-6) / _STEPS
    return min(share, 1.0 - 1.0 / _STEPS) if hurt else share


def _day(day: date, here: Sequence[Stretch], seconds: Mapping[Impact, float], *, floor: Impact) -> DayView:
    seen = [s.impact for s in here]
    return DayView(
        day=day,
        impact=max([floor, *seen], key=lambda i: i.rank),
        minutes=tuple((i, max(round(seconds[i] / 60), 1)) for i in _GRAVEST_FIRST if seconds.get(i)),
        incidents=tuple(dict.fromkeys(s.incident for s in sorted(here, key=lambda s: (s.begin, s.incident)))),
    )


_GRAVEST_FIRST = tuple(sorted(set(Impact) - {Impact.OPERATIONAL}, key=lambda i: -i.rank))


def _sweep(here: Sequence[Stretch], begin: datetime, end: datetime) -> dict[Impact, float]:
    """Count the seconds of each impact between two moments, the gravest winning at each."""
    if len(here) == 1:
        only = here[0]
        span = (min(only.end, end) - max(only.begin, begin)).total_seconds()
        return {only.impact: span} if span > 0 else {}
    changes = sorted(
        [(min(max(s.begin, begin), end), 1, s.impact.rank) for s in here]
        + [(min(max(s.end, begin), end), -1, s.impact.rank) for s in here]
    )
    ranks = tuple(Impact)
    standing = [0] * len(ranks)
    seconds: dict[Impact, float] = {}
    for (at, step, rank), (following, _, _) in itertools.pairwise(changes):
        standing[rank] += step
        gravest = next((r for r in range(len(ranks) - 1, 0, -1) if standing[r] > 0), None)
        span = (following - at).total_seconds()
        if gravest is not None and span > 0:
            seconds[ranks[gravest]] = seconds.get(ranks[gravest], 0.0) + span
    return seconds
