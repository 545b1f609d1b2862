"""What a web server answered, as plain data, so that judging it needs no network."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.model.errors import OutsideError


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to one request; redirects are answers, not followed.

    Attributes:
        url: that was asked.
        status: 100-599; 0 when there was no answer, and then `error` says why.
        headers: lower-case names, in the order they came.
        body: as sent, at most as much as was asked for.
        whole: whether `body` is all of it.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    whole: bool = True
    error: OutsideError | None = None

    def header(self, name: str) -> str | None:
        """Give a header, several of one name joined by commas (RFC 9110, section 5.3); None when it is not there."""
        values = [value for known, value in self.headers if known == name.lower()]
        return ", ".join(values) if values else None

    @property
    def media(self) -> str:
        """The content type without its parameters; empty when it is not said."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()
