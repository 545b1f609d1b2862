"""All that people type, as models. Each field says who may read it; the JSON Schemas for editors come from here.

Pydantic lives in `load/` and stops there: `incidents`, `policy` and `site` turn these into the frozen values of
`model/`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from publisher.load.fields import (
    INTERNAL,
    PUBLIC,
    Address,
    AgentName,
    Day,
    Flag,
    Length,
    Line,
    Moment,
    Share,
    SitePath,
    Slug,
    Text,
    TimeOfDay,
    Whole,
)
from publisher.load.jsonschema import draft07, schema_of
from publisher.model.component import Impact
from publisher.model.finding import Level
from publisher.model.incident import Category, Disclosure, Kind, Scope, Severity

__all__ = ["draft07", "json_schemas"]


class Typed(BaseModel):
    """What every model here shares: unknown keys are findings, nothing changes after reading."""

    # built when first used: a run that reads one incident needs three of them
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, defer_build=True)


class WindowTyped(Typed):
    """When a maintenance takes place."""

    begins: Moment = Field(alias="from", description="First moment of the window.", json_schema_extra=PUBLIC)
    until: Moment = Field(description="First moment after the window.", json_schema_extra=PUBLIC)
    rrule: Line | None = Field(
        default=None,
        description="Recurrence after RFC 5545 section 3.3.10, without DTSTART: `FREQ=WEEKLY;COUNT=4`.",
        json_schema_extra=PUBLIC,
    )


class CauseTyped(Typed):
    """What is known of the cause."""

    disclosure: Disclosure = Field(
        default=Disclosure.NONE, description="How far the cause may be told.", json_schema_extra=PUBLIC
    )
    vendor: Line | None = Field(default=None, description="Vendor involved.", json_schema_extra=INTERNAL)


class ImportedTyped(Typed):
    """Where an incident came from."""

    source: Line = Field(alias="from", description="Tool or address.", json_schema_extra=INTERNAL)
    id: Line = Field(description="Id it had there.", json_schema_extra=INTERNAL)


_REQUIRED_BY_KIND: dict[str, JsonValue] = {
    "if": {"properties": {"kind": {"const": "maintenance"}}, "required": ["kind"]},
    "then": {"required": ["window"]},
    "else": {"required": ["category", "severity", "started"]},
}


class IncidentTyped(Typed):
    """Front matter of an incident or maintenance."""

    model_config = ConfigDict(json_schema_extra=_REQUIRED_BY_KIND)

    title: Line = Field(description="What happened, in the words customers read.", json_schema_extra=PUBLIC)
    headline: Line | None = Field(default=None, description="The home page's sentence.", json_schema_extra=PUBLIC)
    kind: Kind = Field(default=Kind.INCIDENT, description="Went wrong, or planned.", json_schema_extra=PUBLIC)
    category: Category | None = Field(default=None, description="What sort of thing.", json_schema_extra=PUBLIC)
    severity: Severity | None = Field(default=None, description="How bad; sev1 is worst.", json_schema_extra=PUBLIC)
    scope: Scope = Field(default=Scope.LOCAL, description="How far it reaches.", json_schema_extra=PUBLIC)
    regions: list[Line] | None = Field(default=None, description="Regions affected.", json_schema_extra=PUBLIC)
    components: dict[str, Impact] | None = Field(
        default=None, description="Component id → impact at the start.", json_schema_extra=PUBLIC
    )
    started: Moment | None = Field(
        default=None, description="When customers began to be affected.", json_schema_extra=PUBLIC
    )
    detected: Moment | None = Field(default=None, description="When we noticed.", json_schema_extra=PUBLIC)
    window: WindowTyped | None = Field(default=None, description="For a maintenance.", json_schema_extra=PUBLIC)
    cause: CauseTyped | None = Field(default=None, description="What is known of the cause.", json_schema_extra=PUBLIC)
    tags: list[Line] | None = Field(default=None, description="Words to find it by.", json_schema_extra=PUBLIC)
    owner: Line | None = Field(default=None, description="Who speaks for it.", json_schema_extra=INTERNAL)
    commander: Line | None = Field(default=None, description="Incident commander.", json_schema_extra=INTERNAL)
    accounts: list[Line] | None = Field(default=None, description="Accounts hit.", json_schema_extra=INTERNAL)
    personal_data: Flag | None = Field(
        default=None, description="Whether personal data is involved.", json_schema_extra=INTERNAL
    )
    jurisdictions: list[Line] | None = Field(
        default=None, description="Jurisdictions whose rules apply.", json_schema_extra=INTERNAL
    )
    tickets: list[Line] | None = Field(default=None, description="Tickets elsewhere.", json_schema_extra=INTERNAL)
    imported: ImportedTyped | None = Field(default=None, description="Origin.", json_schema_extra=INTERNAL)
    extra: dict[str, JsonValue] | None = Field(
        default=None, description="Free; the one name for what has no name yet.", json_schema_extra=INTERNAL
    )


class UpdateTyped(Typed):
    """The comment directly under an update's heading."""

    components: dict[str, Impact] | None = Field(
        default=None, description="Component id → impact from here on.", json_schema_extra=PUBLIC
    )
    who: Line | None = Field(default=None, description="Whom it concerns.", json_schema_extra=PUBLIC)
    meanwhile: Line | None = Field(default=None, description="What to do meanwhile.", json_schema_extra=PUBLIC)
    next: Moment | None = Field(default=None, description="When we will speak again.", json_schema_extra=PUBLIC)
    template: Line | None = Field(default=None, description="category/status@version.", json_schema_extra=INTERNAL)
    slots: dict[str, Text] | None = Field(default=None, description="Template slots.", json_schema_extra=INTERNAL)
    revises: Line | None = Field(
        default=None, description="Why words already sent were corrected.", json_schema_extra=PUBLIC
    )


class TranslationTyped(Typed):
    """Front matter of `index.<locale>.md`."""

    title: Line = Field(description="The title in this language.", json_schema_extra=PUBLIC)
    headline: Line | None = Field(default=None, description="The headline.", json_schema_extra=PUBLIC)
    of: Line | None = Field(default=None, description="Source revision it translates.", json_schema_extra=INTERNAL)


class TranslatedUpdateTyped(Typed):
    """The comment under a heading of a translation."""

    who: Line | None = Field(default=None, description="Whom it concerns.", json_schema_extra=PUBLIC)
    meanwhile: Line | None = Field(default=None, description="What to do meanwhile.", json_schema_extra=PUBLIC)


class GroupTyped(Typed):
    """A group of components."""

    name: Line = Field(description="Name in the source language.", json_schema_extra=PUBLIC)
    names: dict[str, Line] | None = Field(default=None, description="Locale → name.", json_schema_extra=PUBLIC)
    description: Line | None = Field(default=None, description="One sentence.", json_schema_extra=PUBLIC)
    descriptions: dict[str, Line] | None = Field(
        default=None, description="Locale → sentence.", json_schema_extra=PUBLIC
    )
    parent: Slug | None = Field(default=None, description="Enclosing group.", json_schema_extra=PUBLIC)
    public: Flag = Field(default=True, description="False hides it and all that is in it.", json_schema_extra=INTERNAL)


class ComponentTyped(Typed):
    """One thing customers use."""

    name: Line = Field(description="Name in the source language.", json_schema_extra=PUBLIC)
    names: dict[str, Line] | None = Field(default=None, description="Locale → name.", json_schema_extra=PUBLIC)
    description: Line | None = Field(default=None, description="One sentence.", json_schema_extra=PUBLIC)
    descriptions: dict[str, Line] | None = Field(
        default=None, description="Locale → sentence.", json_schema_extra=PUBLIC
    )
    group: Slug | None = Field(default=None, description="Its group.", json_schema_extra=PUBLIC)
    depends_on: list[Slug] | None = Field(
        default=None, description="Components it cannot work without.", json_schema_extra=PUBLIC
    )
    owner: Line | None = Field(default=None, description="Who speaks for it.", json_schema_extra=INTERNAL)
    since: Day | None = Field(default=None, description="First day that counts.", json_schema_extra=PUBLIC)
    showcase: Flag = Field(default=True, description="Shown with its uptime.", json_schema_extra=PUBLIC)
    only_show_if_degraded: Flag = Field(default=False, description="Hidden while it works.", json_schema_extra=PUBLIC)
    public: Flag = Field(
        default=True, description="False: nobody outside may know that it exists.", json_schema_extra=INTERNAL
    )


class UptimeTyped(Typed):
    """How availability is counted."""

    days: Whole | None = Field(default=None, description="Length of the bars.", json_schema_extra=PUBLIC)
    weights: dict[Impact, Share] | None = Field(
        default=None, description="Impact → share of time it costs.", json_schema_extra=PUBLIC
    )


class ComponentsTyped(Typed):
    """`policy/components.yml`."""

    groups: dict[Slug, GroupTyped] | None = Field(default=None, description="In page order.", json_schema_extra=PUBLIC)
    components: dict[Slug, ComponentTyped] | None = Field(
        default=None, description="In page order.", json_schema_extra=PUBLIC
    )
    uptime: UptimeTyped | None = Field(default=None, description="How it is counted.", json_schema_extra=PUBLIC)


class SeverityTyped(Typed):
    """What a severity means."""

    name: Line = Field(description="What people call it.", json_schema_extra=PUBLIC)
    description: Line | None = Field(default=None, description="When to use it.", json_schema_extra=PUBLIC)
    mail: Flag = Field(default=True, description="Whether it is mailed at once.", json_schema_extra=INTERNAL)


class SeveritiesTyped(Typed):
    """`policy/severities.yml`."""

    sev1: SeverityTyped | None = Field(default=None, description="The worst.", json_schema_extra=PUBLIC)
    sev2: SeverityTyped | None = Field(default=None, description="Bad.", json_schema_extra=PUBLIC)
    sev3: SeverityTyped | None = Field(default=None, description="Noticeable.", json_schema_extra=PUBLIC)
    sev4: SeverityTyped | None = Field(default=None, description="The mildest.", json_schema_extra=PUBLIC)


class TargetTyped(Typed):
    """One place the site is published to."""

    kind: Literal["folder", "s3"] = Field(description="`folder` or `s3`.", json_schema_extra=INTERNAL)
    path: Line | None = Field(default=None, description="For a folder.", json_schema_extra=INTERNAL)
    bucket: Line | None = Field(default=None, description="For S3.", json_schema_extra=INTERNAL)
    prefix: Line | None = Field(default=None, description="For S3.", json_schema_extra=INTERNAL)
    endpoint: Address | None = Field(default=None, description="For S3 other than AWS.", json_schema_extra=INTERNAL)
    region: Line | None = Field(default=None, description="For S3.", json_schema_extra=INTERNAL)
    profile: Line | None = Field(default=None, description="AWS profile.", json_schema_extra=INTERNAL)


class PageTyped(Typed):
    """Where and how carefully the site is published."""

    targets: dict[Slug, TargetTyped] | None = Field(default=None, description="By name.", json_schema_extra=INTERNAL)
    max_shrink: Share | None = Field(
        default=None, description="Share one publish may remove.", json_schema_extra=INTERNAL
    )
    keep_releases: Whole | None = Field(default=None, description="Releases that stay.", json_schema_extra=INTERNAL)
    lease_ttl_s: Whole | None = Field(default=None, description="Seconds.", json_schema_extra=INTERNAL)
    timeout_s: Whole | None = Field(default=None, description="Seconds.", json_schema_extra=INTERNAL)


class EmailTyped(Typed):
    """How mail is sent."""

    enabled: Flag | None = Field(default=None, description="Whether at all.", json_schema_extra=INTERNAL)
    transport: Literal["files", "smtp", "ses"] | None = Field(
        default=None, description="files, smtp or ses.", json_schema_extra=INTERNAL
    )
    path: Line | None = Field(default=None, description="For files.", json_schema_extra=INTERNAL)
    host: Line | None = Field(default=None, description="For smtp.", json_schema_extra=INTERNAL)
    port: Whole | None = Field(default=None, description="For smtp.", json_schema_extra=INTERNAL)
    security: Literal["none", "starttls", "tls"] | None = Field(
        default=None,
        description="none, starttls or tls.",
        json_schema_extra=INTERNAL,
    )
    region: Line | None = Field(default=None, description="For ses.", json_schema_extra=INTERNAL)
    endpoint: Address | None = Field(default=None, description="For ses.", json_schema_extra=INTERNAL)
    sender: Line | None = Field(default=None, description="Address in From.", json_schema_extra=INTERNAL)
    sender_name: Line | None = Field(default=None, description="Name in From.", json_schema_extra=INTERNAL)
    reply_to: Line | None = Field(default=None, description="Address in Reply-To.", json_schema_extra=INTERNAL)
    unsubscribe_url: Line | None = Field(default=None, description="With {token}.", json_schema_extra=INTERNAL)
    in_doubt: Literal["resend", "hold"] | None = Field(
        default=None, description="resend or hold.", json_schema_extra=INTERNAL
    )
    announce_within: Length | None = Field(default=None, description="As in `24h`.", json_schema_extra=INTERNAL)
    daily_at: TimeOfDay | None = Field(default=None, description="Local time of digests.", json_schema_extra=INTERNAL)
    timeout_s: Whole | None = Field(default=None, description="Seconds.", json_schema_extra=INTERNAL)


class ChannelsTyped(Typed):
    """`policy/channels.yml`."""

    page: PageTyped | None = Field(default=None, description="The site.", json_schema_extra=INTERNAL)
    email: EmailTyped | None = Field(default=None, description="Mail.", json_schema_extra=INTERNAL)


class ChecksTyped(Typed):
    """`policy/checks.yml`."""

    levels: dict[str, Level] | None = Field(default=None, description="Code → level.", json_schema_extra=INTERNAL)


class BrandTyped(Typed):
    """How the company looks."""

    company: Line | None = Field(default=None, description="Its name.", json_schema_extra=PUBLIC)
    logo: Line | None = Field(default=None, description="Path below site_src/.", json_schema_extra=PUBLIC)
    contact: Line | None = Field(default=None, description="Address or mail for readers.", json_schema_extra=PUBLIC)
    links: dict[str, Line] | None = Field(default=None, description="Label → address.", json_schema_extra=PUBLIC)
    colours: dict[str, Line] | None = Field(default=None, description="Name → CSS colour.", json_schema_extra=PUBLIC)


class RobotsTyped(Typed):
    """What crawlers are asked to do."""

    index: Flag | None = Field(
        default=None, description="Whether search engines may list the site.", json_schema_extra=PUBLIC
    )
    disallow: list[SitePath] | None = Field(
        default=None, description="Beginnings of paths that no crawler is to fetch.", json_schema_extra=PUBLIC
    )
    agents: dict[AgentName, Literal["allow", "disallow"]] | None = Field(
        default=None, description="Crawler → allow or disallow.", json_schema_extra=PUBLIC
    )


class SiteTyped(Typed):
    """Options of the plugin `tidings` in `mkdocs.yml`."""

    locales: list[Line] | None = Field(default=None, description="Source language first.", json_schema_extra=PUBLIC)
    time_zone: Line | None = Field(default=None, description="IANA name.", json_schema_extra=PUBLIC)
    second_url: Address | None = Field(default=None, description="The same page elsewhere.", json_schema_extra=PUBLIC)
    websub: Address | None = Field(default=None, description="A WebSub hub for the feeds.", json_schema_extra=PUBLIC)
    clock: Moment | None = Field(default=None, description="A fixed present, for demos.", json_schema_extra=INTERNAL)
    utm: Flag | None = Field(default=None, description="Tracking parameters in links.", json_schema_extra=INTERNAL)
    max_age_s: Whole | None = Field(
        default=None, description="Seconds a cache may keep pages.", json_schema_extra=PUBLIC
    )
    brand: BrandTyped | None = Field(default=None, description="How the company looks.", json_schema_extra=PUBLIC)
    robots: RobotsTyped | None = Field(
        default=None, description="What crawlers are asked to do.", json_schema_extra=PUBLIC
    )


_TITLES: dict[str, tuple[type[Typed], str]] = {
    "incident": (IncidentTyped, "Tidings: front matter of an incident or maintenance"),
    "update": (UpdateTyped, "Tidings: comment under an update's heading"),
    "translation": (TranslationTyped, "Tidings: front matter of a translation"),
    "translated-update": (TranslatedUpdateTyped, "Tidings: comment under a translated heading"),
    "components": (ComponentsTyped, "Tidings: policy/components.yml"),
    "severities": (SeveritiesTyped, "Tidings: policy/severities.yml"),
    "channels": (ChannelsTyped, "Tidings: policy/channels.yml"),
    "checks": (ChecksTyped, "Tidings: policy/checks.yml"),
    "site": (SiteTyped, "Tidings: options of the plugin in mkdocs.yml"),
}


def json_schemas() -> dict[str, dict[str, JsonValue]]:
    """Give name → JSON Schema 2020-12 of all that people type."""
    # their modules build on this one
    from publisher.load.calendars import CalendarTyped  # noqa: PLC0415
    from publisher.load.obligations_typed import ObligationsTyped  # noqa: PLC0415
    from publisher.load.policy_holds import HoldsTyped  # noqa: PLC0415
    from publisher.load.policy_people import ApprovalsTyped, PeopleTyped  # noqa: PLC0415
    from publisher.load.policy_redaction import RedactionTyped  # noqa: PLC0415

    families: dict[str, tuple[type[Typed], str]] = {
        "obligations": (ObligationsTyped, "Tidings: policy/obligations.yml"),
        "redaction": (RedactionTyped, "Tidings: policy/redaction.yml"),
        "holds": (HoldsTyped, "Tidings: policy/holds.yml"),
        "people": (PeopleTyped, "Tidings: policy/people.yml"),
        "approvals": (ApprovalsTyped, "Tidings: policy/approvals.yml"),
        "calendar": (CalendarTyped, "Tidings: policy/calendars/<name>.yml"),
    }
    return {name: schema_of(model, title) for name, (model, title) in {**_TITLES, **families}.items()}
