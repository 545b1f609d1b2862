"""What can go wrong with a run, as opposed to with a writer's text.

    TidingsError                 one line of cause, one of next step
    ├── UsageError               the call itself is wrong (exit 2)
    ├── RefusedError             the gate, a guard or another writer said no (exit 1)
    │   └── SupersededError      another publisher was first
    └── OutsideError             something outside did not do what was asked (exit 3 or 4)
        ├── UnreachableError     no answer: DNS, connection, time-out
        ├── DeniedError          it answered no: credentials, permission, no such bucket
        ├── ConflictError        a conditional write met something else
        ├── ThrottledError       it asked to wait
        └── StorageError         a disk or database would not take it

What is wrong with a text is a `Finding`, never an exception.
"""

from __future__ import annotations


class TidingsError(Exception):
    """Stop the run, saying why and what to do next.

    Args:
        cause: one line, in the operator's words, without secrets or addresses of people.
        next_step: one line that starts with a verb.
    """

    def __init__(self, cause: str, next_step: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.cause} {self.next_step}".strip()


class UsageError(TidingsError):
    """The command was called in a way that cannot mean anything."""


class RefusedError(TidingsError):
    """A gate, a guard or a rule said no; nothing public changed."""


class SupersededError(RefusedError):
    """Another publisher was first; nothing of this run is public."""


class OutsideError(TidingsError):
    """Something outside did not do what was asked of it."""


class UnreachableError(OutsideError):
    """No answer: name, connection, TLS or time."""


class DeniedError(OutsideError):
    """It answered, and the answer was no: credentials, permission, no such place."""


class ConflictError(OutsideError):
    """A conditional write found something other than what it expected."""


class ThrottledError(OutsideError):
    """It asked to be called again later."""

    def __init__(self, cause: str, next_step: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(cause, next_step)
        self.retry_after_s = retry_after_s


class StorageError(OutsideError):
    """A disk or a database would not take what it was given."""
