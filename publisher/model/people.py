"""Who may agree to what: people, their keys, and the rules that ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.model.finding import Place
from publisher.model.incident import Category, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A public key as `ssh-keygen` writes it, and when it counts.

    Attributes:
        line: type and base64, without comment.
        since, until: first moment it counts, first moment it no longer does; None for no bound.
        revoked: from then on nothing signed with it is received.
    """

    line: str
    since: datetime | None = None
    until: datetime | None = None
    revoked: datetime | None = None

    def counts(self, at: datetime) -> bool:
        """Say whether what is received at a moment may be signed with it."""
        return (
            (self.since is None or self.since <= at)
            and (self.until is None or at < self.until)
            and (self.revoked is None or at < self.revoked)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may agree.

    Attributes:
        id: as in file names and the log.
        emails: by which git knows them, in small letters.
    """

    id: str
    name: str
    emails: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """Whose agreement is asked for, and when. What is not named matches everything.

    Attributes:
        roles: each of them must agree.
        count: so many people of each.
        audiences: private segments that the incident has words for.
    """

    name: str
    roles: tuple[str, ...]
    count: int = 1
    severities: tuple[Severity, ...] = ()
    categories: tuple[Category, ...] = ()
    components: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    place: Place = field(default=Place(path="policy/approvals.yml"), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """What `policy/people.yml` and `policy/approvals.yml` say.

    Attributes:
        since: only updates from then on are asked about; what was said before the house had rules stands.
        owners: whether the owner of each affected component must agree.
        review_within: how soon somebody must look at a publish that broke the glass.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    rules: tuple[ApprovalRule, ...] = ()
    since: datetime | None = None
    owners: bool = False
    review_within: timedelta = timedelta(hours=24)

    @property
    def asks(self) -> bool:
        """Whether anything needs anybody's agreement."""
        return bool(self.rules) or self.owners
