"""A small company with something to tell, and people who want to hear it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from publisher.model.component import Component, Group, Impact, Registry
from publisher.model.digest import ContentHash, sha256
from publisher.model.history import History
from publisher.model.incident import Category, Incident, Kind, Scope, Severity, Status, Translation, Update, Window
from publisher.model.policy import EmailPolicy, Policy, SeverityRule
from publisher.model.release import Artifact, Manifest, Release, Said, entry_of
from publisher.model.release import Group as UploadGroup
from publisher.model.site import Brand, Site
from publisher.model.subscriber import Consent, Frequency, Subscriber, Wishes

NOW = datetime(2026, 11, 20, 15, 4, 10, tzinfo=UTC)

SITE = Site(
    name="Northwind status",
    url="https://status.northwind.example/",
    locales=("en", "de", "ar"),
    second_url="https://northwind-status.example/",
    brand=Brand(company="Northwind"),
)
EMAIL = EmailPolicy(
    sender="status@northwind.example",
    sender_name="Northwind status",
    reply_to="help@northwind.example",
    unsubscribe_url="https://status.northwind.example/unsubscribe?token={token}",
)
REGISTRY = Registry(
    components=(
        Component(
            id="checkout", name="Checkout", names={"de": "Kasse"}, group="payments", depends_on=("payments-api",)
        ),
        Component(id="payments-api", name="Payments API", group="payments"),
        Component(id="webhooks", name="Webhooks", group="developers", depends_on=("payments-api",)),
        Component(id="search", name="Search"),
    ),
    groups=(
        Group(id="shops", name="Shops"),
        Group(id="payments", name="Payments", parent="shops"),
        Group(id="developers", name="Developers"),
    ),
)


def update(minutes: int, status: Status, body: str, *, revises: str | None = None, who: str | None = None) -> Update:
    """Say something, some minutes before NOW's hour."""
    return Update(
        at=datetime(2026, 11, 20, 14, 0, tzinfo=UTC) + timedelta(minutes=minutes),
        status=status,
        body=body,
        revises=revises,
        who=who,
    )


def incident(
    name: str = "2026-11-20-card-payments",
    *,
    title: str = "Card payments failing in Europe",
    components: Mapping[str, Impact] | None = None,
    severity: Severity = Severity.SEV2,
    updates: Sequence[Update] | None = None,
    kind: Kind = Kind.INCIDENT,
    translations: Mapping[str, Translation] | None = None,
) -> Incident:
    """Make an incident that began at 13:52."""
    started = datetime(2026, 11, 20, 13, 52, tzinfo=UTC)
    planned = kind is Kind.MAINTENANCE
    return Incident(
        id=name,
        kind=kind,
        title=title,
        category=Category.MAINTENANCE if planned else Category.OUTAGE,
        severity=severity,
        scope=Scope.REGIONAL,
        components={"checkout": Impact.PARTIAL_OUTAGE} if components is None else components,
        started=started + timedelta(days=2) if planned else started,
        window=Window(begins=started + timedelta(days=2), ends=started + timedelta(days=2, hours=2))
        if planned
        else None,
        updates=tuple(
            updates
            if updates is not None
            else [update(5, Status.SCHEDULED if planned else Status.INVESTIGATING, "Some card payments fail.")]
        ),
        translations=translations or {},
    )


def history(*incidents: Incident, severities: tuple[SeverityRule, ...] = (), site: Site = SITE) -> History:
    """Put incidents together."""
    return History(
        site=site, policy=Policy(registry=REGISTRY, email=EMAIL, severities=severities), incidents=tuple(incidents)
    )


def subscriber(
    name: str = "ann",
    *,
    address: str | None = None,
    consent: Consent = Consent.CONFIRMED,
    components: tuple[str, ...] = (),
    severity: Severity = Severity.SEV4,
    maintenance: bool = True,
    frequency: Frequency = Frequency.IMMEDIATE,
    locale: str = "en",
    confirmed: datetime | None = None,
) -> Subscriber:
    """Make somebody who confirmed a day before NOW."""
    asked = NOW - timedelta(days=1)
    return Subscriber(
        id=f"id-{name}",
        address=address or f"{name}@example.org",
        token=f"token-of-{name}-0123456789abcdef",
        consent=consent,
        wishes=Wishes(
            components=components, severity=severity, maintenance=maintenance, frequency=frequency, locale=locale
        ),
        asked=asked,
        confirmed=(confirmed or asked) if consent is Consent.CONFIRMED else None,
        source="command",
    )


def release(
    generation: int, said: Sequence[Said] = (), *, pages: Mapping[str, bytes] | None = None, built: datetime = NOW
) -> Release:
    """Freeze some pages."""
    bodies: dict[ContentHash, bytes] = {}
    entries = {}
    for path, body in sorted((pages or {"index.html": f"release {generation}".encode()}).items()):
        made = Artifact(path=path, body=body, headers=(("content-type", "text/html"),), group=UploadGroup.FRONT)
        entries[path] = entry_of(made, body)
        bodies[sha256(body)] = body
    return Release(
        generation=generation,
        parent=generation - 1,
        built=built,
        manifest=Manifest(entries=entries),
        bodies=bodies,
        said=tuple(said),
        source="0" * 40,
    )


def corrected(of: Incident, body: str, *, revises: str | None) -> Incident:
    """Give an incident whose last update has other words."""
    return replace(of, updates=(*of.updates[:-1], replace(of.updates[-1], body=body, revises=revises)))
