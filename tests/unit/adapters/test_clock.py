"""The clocks: the machine's, and one turned by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.adapters.clock import ManualClock, SystemClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_machines_time_is_aware_utc_and_monotonic_never_falls() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    assert clock.now().utcoffset() == timedelta(0)
    clock.sleep(-1)
    assert clock.monotonic() >= before


def test_sleeping_turns_the_hand_clock_at_once() -> None:
    clock = ManualClock(NOON)
    clock.sleep(90)
    assert (clock.now(), clock.monotonic(), clock.slept) == (NOON + timedelta(seconds=90), 90.0, [90])


def test_the_wall_clock_may_jump_back_without_the_other() -> None:
    clock = ManualClock(NOON)
    clock.jump(-600)
    assert (clock.now(), clock.monotonic()) == (NOON - timedelta(minutes=10), 0.0)


def test_time_given_must_be_aware_and_goes_forward() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="back"):
        ManualClock(NOON).advance(-1)
