"""What the doctor says of one thing, and how a live site is asked."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

from publisher.hosting.answer import Answer

STATUS_OK, STATUS_NOT_MODIFIED, STATUS_NOT_FOUND = 200, 304, 404
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class State(enum.StrEnum):
    """What became of one look."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing that was looked at.

    Attributes:
        subject: what, in a word or two.
        what: how it stands, a clause without full stop.
        next_step: what to do; empty when all is well.
    """

    subject: str
    state: State
    what: str
    next_step: str = ""


def ok(subject: str, what: str) -> Look:
    """All is well."""
    return Look(subject=subject, state=State.OK, what=what)


def warn(subject: str, what: str, next_step: str) -> Look:
    """It works, but a person should know."""
    return Look(subject=subject, state=State.WARN, what=what, next_step=next_step)


def fail(subject: str, what: str, next_step: str) -> Look:
    """It will not work."""
    return Look(subject=subject, state=State.FAIL, what=what, next_step=next_step)


Ask = Callable[[str, Mapping[str, str]], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a look is about.

    Attributes:
        base: the site's address, ends in a slash.
        ask: gives an answer; never raises.
        now: the present, aware.
        ipv6: addresses the host has; None when it is an address itself and has no name to look up.
        absent: a path that surely does not exist.
        oldest: the age at which somebody is to be woken; None where nobody asked for that.
    """

    base: str
    ask: Ask
    now: datetime
    ipv6: Sequence[str] | None
    absent: str
    oldest: timedelta | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path of the site."""
        return self.ask(urljoin(self.base, path), headers or {})
