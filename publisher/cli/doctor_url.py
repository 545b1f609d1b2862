"""`tidings doctor --url`: the live page, looked at from outside."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from publisher.adapters.http_probe import ask, ipv6_addresses
from publisher.hosting.answer import Answer
from publisher.hosting.live import examine
from publisher.hosting.look import Look, Question
from publisher.model.errors import UsageError


def looks_from_outside(url: str, *, now: datetime, oldest: timedelta | None = None) -> Iterator[Look]:
    """Look at a live page.

    Raises:
        UsageError: it is no address of a page.
    """
    wrong = UsageError(f"'{url}' is no web address.", "Give the page's, with https://.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in {"http", "https"} or not host:
        raise wrong
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(f"'{url}' is more than an address.", "Leave out names, passwords, and what follows ? or #.")
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"

    def answer(asked: str, headers: Mapping[str, str]) -> Answer:
        return ask(asked, headers)

    return examine(
        Question(
            base=base,
            ask=answer,
            now=now,
            ipv6=None if _is_address(host) else ipv6_addresses(host),
            absent=f"tidings-doctor-{secrets.token_hex(8)}/",
            oldest=oldest,
        )
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
