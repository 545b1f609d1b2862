"""What must not leave the house: what is looked for, and what readers get in its stead."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Sort(enum.StrEnum):
    """Sorts of things that are looked for, as `policy/redaction.yml` names them."""

    SECRET = "secret"  # noqa: S105 - the name of a sort, no secret
    """Keys, tokens, passwords."""
    NETWORK = "network"
    """Addresses of machines: IPv4, IPv6, MAC."""
    HOST = "host"
    """Names of machines and domains of the inside."""
    PATH = "path"
    """Places of files, shares, buckets and databases."""
    PERSON = "person"
    """Addresses, numbers and accounts of people."""
    TICKET = "ticket"
    """Ids of the house's own tracker."""
    CUSTOMER = "customer"
    """Names of customers."""
    WORD = "word"
    """The house's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A name that is looked for, however it is disguised.

    Attributes:
        words: as people write it.
        instead: what readers get; None where its presence stops a publish.
    """

    words: str
    instead: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """What `policy/redaction.yml` says.

    Attributes:
        words, customers: names nobody outside is to read.
        tickets: prefixes of the tracker's ids, as `OPS` in `OPS-1234`.
        hosts: domains of the inside; everything below them is too.
        allow: what may be said all the same: addresses, hosts, mail addresses.
        instead: sort → what readers get; sorts that are not named stop a publish.
    """

    words: tuple[Term, ...] = ()
    customers: tuple[Term, ...] = ()
    tickets: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    instead: Mapping[Sort, str] = field(default_factory=dict)

    @property
    def replaces(self) -> bool:
        """Whether any text is to be changed."""
        return bool(self.instead) or any(term.instead is not None for term in (*self.words, *self.customers))
