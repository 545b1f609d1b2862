"""How we communicate: the protocol, as files under `policy/`. Every part has defaults that suit a small team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from publisher.model.component import Impact, Registry
from publisher.model.finding import Level
from publisher.model.hold import Holds
from publisher.model.incident import Severity
from publisher.model.obligations import Obligations
from publisher.model.people import Approvals
from publisher.model.redaction import Redaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place the site is published to (`policy/channels.yml`, `page.targets`).

    Attributes:
        name: what people call it, unique.
        kind: `folder` or `s3`.
        path: for a folder, relative to the repository's root.
        bucket, prefix, endpoint, region, profile: for S3; `endpoint` only for servers other than AWS.
            Credentials come from the ordinary AWS chain, never from a file of ours.
    """

    name: str
    kind: str
    path: str | None = None
    bucket: str | None = None
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePolicy:
    """Where and how carefully the site is published.

    Attributes:
        max_shrink: share of live paths that one publish may remove, 0 to 1.
        keep_releases: releases whose objects stay, so that old pages find their assets and rollback works.
        lease_ttl_s: how long a publisher that shows no life keeps others out, seconds.
        timeout_s: bound on one request, seconds.
    """

    targets: tuple[Target, ...] = (Target(name="local", kind="folder", path="out/site"),)
    max_shrink: float = 0.25
    keep_releases: int = 10
    lease_ttl_s: int = 60
    timeout_s: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPolicy:
    """How mail is sent (`policy/channels.yml`, `email`).

    Attributes:
        transport: `files` (one `.eml` each, the default), `smtp` or `ses`.
        path: for `files`, the folder, relative to the repository's root.
        host, port, security: for `smtp`; security is `none`, `starttls` or `tls`. User and password come from
            `TIDINGS_SMTP_USER` and `TIDINGS_SMTP_PASSWORD`.
        region, endpoint: for `ses`.
        sender: address in From.
        unsubscribe_url: address that takes a one-click POST (RFC 8058), with `{token}` in it.
        in_doubt: `resend` or `hold`: what to do with a message of which we cannot know whether it went out.
        announce_within: updates older than this when first published are not mailed.
    """

    enabled: bool = True
    transport: str = "files"
    path: str = "out/mail"
    host: str = "localhost"
    port: int = 25
    security: str = "none"
    region: str | None = None
    endpoint: str | None = None
    sender: str = "status@localhost"
    sender_name: str | None = None
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    in_doubt: str = "resend"
    announce_within: timedelta = timedelta(hours=24)
    daily_at: str = "08:00"
    """Local time of the site's zone at which daily and weekly (Monday) digests leave, `HH:MM`."""
    timeout_s: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """What a severity means (`policy/severities.yml`)."""

    severity: Severity
    name: str
    description: str = ""
    mail: bool = True
    """Whether updates of this severity are mailed at once to those who want immediate mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """How availability is counted.

    Attributes:
        days: length of the bars.
        weights: share of a component's time that each impact costs, 0 to 1.
    """

    days: int = 90
    weights: Mapping[Impact, float] = field(
        default_factory=lambda: {
            Impact.OPERATIONAL: 0.0,
            Impact.UNDER_MAINTENANCE: 0.0,
            Impact.DEGRADED_PERFORMANCE: 0.0,
            Impact.PARTIAL_OUTAGE: 0.3,
            Impact.MAJOR_OUTAGE: 1.0,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The protocol as one immutable value."""

    registry: Registry = field(default_factory=Registry)
    severities: tuple[SeverityRule, ...] = ()
    page: PagePolicy = PagePolicy()
    email: EmailPolicy = EmailPolicy()
    uptime: Uptime = field(default_factory=Uptime)
    levels: Mapping[str, Level] = field(default_factory=dict)
    """Finding code → level, where the house differs from the default. Some codes cannot be lowered."""
    obligations: Obligations = field(default_factory=Obligations)
    redaction: Redaction = field(default_factory=Redaction)
    approvals: Approvals = field(default_factory=Approvals)
    holds: Holds = field(default_factory=Holds)
