"""The machine's clock, and one that a test or a drill turns by hand. The only place that asks what time it is."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Give the present, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one place

    def monotonic(self) -> float:
        """Give seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(seconds, 0.0))


class ManualClock:
    """A clock that stands still until it is told otherwise. `sleep` turns it on instead of waiting.

    Args:
        now: where it starts, aware.
    """

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock needs an aware time")
        self._now = now.astimezone(UTC)
        self._monotonic = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Give the time it was turned to."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Give the seconds it was turned on by."""
        with self._lock:
            return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Turn it on by some seconds, at once."""
        with self._lock:
            self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError("time does not go back; use jump for the wall clock")
        with self._lock:
            self._monotonic += seconds
            self._now += timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator or NTP would; `monotonic` stays."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
