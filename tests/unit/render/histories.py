"""Small histories for tests of the render room: one page, a few components, and incidents made in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from publisher.model.component import Component, Group, Impact, Registry
from publisher.model.history import History, newest_first
from publisher.model.incident import Category, Incident, Kind, Scope, Severity, Status, Translation, Update, Window
from publisher.model.policy import Policy
from publisher.model.site import Brand, Site

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)

OK = Impact.OPERATIONAL
WORK = Impact.UNDER_MAINTENANCE
SLOW = Impact.DEGRADED_PERFORMANCE
PARTIAL = Impact.PARTIAL_OUTAGE
DOWN = Impact.MAJOR_OUTAGE

SITE = Site(
    name="Example status",
    url="https://status.example.com/",
    description="How Example is doing.",
    locales=("en", "de", "ar"),
    brand=Brand(company="Example & Sons"),
)

REGISTRY = Registry(
    groups=(
        Group(id="shop", name="Shop", names={"de": "Laden"}),
        Group(id="inner", name="Back office", parent="shop"),
        Group(id="data", name="Data"),
    ),
    components=(
        Component(id="checkout", name="Checkout", names={"de": "Kasse"}, group="shop", depends_on=("payments",)),
        Component(id="payments", name="Payments", group="inner", description="Taking money."),
        Component(id="reports", name="Reports", group="data", depends_on=("checkout",)),
        Component(id="website", name="Website"),
    ),
)


def at(text: str) -> datetime:
    """Read `2026-11-20 14:05` as UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def update(
    when: datetime,
    status: Status,
    body: str = "We are looking into it.",
    *,
    components: Mapping[str, Impact] | None = None,
    next: datetime | None = None,  # noqa: A002
    ordinal: int = 0,
) -> Update:
    return Update(at=when, status=status, body=body, components=components, next=next, ordinal=ordinal)


def incident(
    started: datetime,
    updates: Sequence[Update] = (),
    *,
    slug: str = "trouble",
    title: str = "Trouble",
    headline: str | None = None,
    components: Mapping[str, Impact] | None = None,
    translations: Sequence[Translation] = (),
    private: Mapping[str, str] | None = None,
) -> Incident:
    return Incident(
        id=f"{started:%Y-%m-%d}-{slug}",
        kind=Kind.INCIDENT,
        title=title,
        headline=headline,
        category=Category.OUTAGE,
        severity=Severity.SEV2,
        scope=Scope.LOCAL,
        components=components if components is not None else {"payments": PARTIAL},
        started=started,
        updates=tuple(updates),
        translations={t.locale: t for t in translations},
        private=private or {},
    )


def maintenance(
    begins: datetime,
    ends: datetime,
    updates: Sequence[Update],
    *,
    slug: str = "work",
    title: str = "Planned work",
    rrule: str | None = None,
    components: Mapping[str, Impact] | None = None,
) -> Incident:
    made = incident(begins, updates, slug=slug, title=title, components=components or {"payments": WORK})
    return replace(
        made,
        kind=Kind.MAINTENANCE,
        category=Category.MAINTENANCE,
        severity=Severity.SEV4,
        window=Window(begins=begins, ends=ends, rrule=rrule),
    )


def history(*incidents: Incident, site: Site = SITE, registry: Registry = REGISTRY) -> History:
    return History(site=site, policy=Policy(registry=registry), incidents=newest_first(incidents))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def busy(site: Site = SITE) -> History:
    """A page with one of everything: open, resolved, translated, stale, planned, under way, recurring, called off."""
    begun = NOW - minutes(70)
    told = [
        update(begun + minutes(10), Status.INVESTIGATING, "Payments **fail**. See [the plan](../plan/) & wait."),
        update(
            begun + minutes(30),
            Status.UPDATE,
            "| Region | State |\n|---|---|\n| EU | down |",
            components={"payments": DOWN},
        ),
        update(begun + minutes(50), Status.IDENTIFIED, "Found it <at last>.", next=NOW + minutes(20)),
    ]
    german = Translation(
        locale="de",
        title="Zahlungen schlagen fehl",
        headline="Zahlungen schlagen fehl.",
        bodies={told[0].key: "Zahlungen **schlagen fehl**.", told[1].key: "Keine Änderung."},
    )
    stale = Translation(locale="ar", title="قديم", of="0" * 64, bodies={told[0].key: "قديم"})
    open_now = incident(
        begun,
        told,
        slug="payments",
        title="Payments fail",
        headline="Payments fail in the EU.",
        translations=(german, stale),
    )
    before = NOW - timedelta(days=3)
    resolved = incident(
        before,
        [
            update(before + minutes(5), Status.INVESTIGATING),
            update(before + minutes(40), Status.MONITORING, components={"website": SLOW}),
            update(before + minutes(60), Status.RESOLVED, "All is well."),
            update(before + timedelta(days=1), Status.POSTMORTEM, "### Why\n\nIt was DNS."),
        ],
        slug="website",
        title="Website slow",
        components={"website": DOWN},
    )
    week = timedelta(days=7)
    running = maintenance(
        NOW - minutes(30),
        NOW + minutes(90),
        [update(NOW - week, Status.SCHEDULED, "We will."), update(NOW - minutes(30), Status.IN_PROGRESS, "We do.")],
        slug="reports",
        components={"reports": WORK},
    )
    planned = maintenance(
        NOW + timedelta(days=2), NOW + timedelta(days=2, hours=1), [update(NOW - week, Status.SCHEDULED, "We will.")]
    )
    recurring = maintenance(
        at("2026-10-06 05:00"),
        at("2026-10-06 05:30"),
        [update(at("2026-09-20 09:00"), Status.SCHEDULED, "Each Tuesday.")],
        slug="weekly",
        rrule="FREQ=WEEKLY;BYDAY=TU",
        components={"website": WORK},
    )
    called_off = maintenance(
        NOW + timedelta(days=5),
        NOW + timedelta(days=5, hours=1),
        [
            update(NOW - week, Status.SCHEDULED, "We will."),
            update(NOW - timedelta(days=1), Status.COMPLETED, "We will not, after all."),
        ],
        slug="called-off",
    )
    return history(open_now, resolved, running, planned, recurring, called_off, site=site)
