"""What people type into `policy/obligations.yml`, as models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from publisher.load.fields import INTERNAL, Day, Flag, Line, Slug, TimeOfDay
from publisher.load.limit import Limit
from publisher.load.schema import Typed
from publisher.model.duty import Event
from publisher.model.incident import Category, Severity


class HouseTyped(Typed):
    """What we are."""

    name: Line | None = Field(default=None, description="How sentences call us.", json_schema_extra=INTERNAL)
    jurisdictions: list[Slug] | None = Field(
        default=None, description="Where we are bound.", json_schema_extra=INTERNAL
    )
    sectors: list[Slug] | None = Field(default=None, description="What we do.", json_schema_extra=INTERNAL)
    roles: list[Literal["controller", "processor", "vendor"]] | None = Field(
        default=None, description="In which parts.", json_schema_extra=INTERNAL
    )
    time_zone: Line | None = Field(
        default=None, description="For clocks bound to no place; the site's.", json_schema_extra=INTERNAL
    )


class OverrideTyped(Typed):
    """Somebody's word that a row counts although it is not settled law."""

    why: Line = Field(description="Why.", json_schema_extra=INTERNAL)
    by: Line = Field(description="Who says so.", json_schema_extra=INTERNAL)
    on: Day = Field(description="Since when.", json_schema_extra=INTERNAL)


class EnabledTyped(Typed):
    """A regime that counts for us."""

    by: Line = Field(description="Who enabled it.", json_schema_extra=INTERNAL)
    on: Day = Field(description="When.", json_schema_extra=INTERNAL)
    reviewed: Day | None = Field(
        default=None, description="When we last held it against its source.", json_schema_extra=INTERNAL
    )
    steps: list[Slug] | None = Field(
        default=None, description="Which of its steps; all that fit.", json_schema_extra=INTERNAL
    )
    within: dict[Slug, Limit] | None = Field(
        default=None, description="Step → figure of the house.", json_schema_extra=INTERNAL
    )
    calendar: Slug | None = Field(default=None, description="In policy/calendars/.", json_schema_extra=INTERNAL)
    rest_days_until: TimeOfDay | None = Field(
        default=None,
        description="Move what ends on a rest day to this time of the next working day.",
        json_schema_extra=INTERNAL,
    )
    time_zone: Line | None = Field(default=None, description="Of its authority.", json_schema_extra=INTERNAL)
    override: OverrideTyped | None = Field(
        default=None, description="For what is proposed or unverified.", json_schema_extra=INTERNAL
    )


class VendorTyped(Typed):
    """Somebody we rely on."""

    name: Line = Field(description="What people call it.", json_schema_extra=INTERNAL)
    roles: list[Literal["processor", "vendor"]] | None = Field(
        default=None, description="What it is to us.", json_schema_extra=INTERNAL
    )


class ContractTyped(Typed):
    """A duty by agreement."""

    owed_by: Literal["us", "them"] = Field(description="Who tells whom.", json_schema_extra=INTERNAL)
    other: Line = Field(description="The other party, in words.", json_schema_extra=INTERNAL)
    title: Line = Field(description="What is due.", json_schema_extra=INTERNAL)
    event: Event = Field(description="What starts its clock.", json_schema_extra=INTERNAL)
    within: Limit = Field(description="How long it runs.", json_schema_extra=INTERNAL)
    source: Line = Field(description="Where it is written.", json_schema_extra=INTERNAL)
    reviewed: Day = Field(description="When somebody last looked.", json_schema_extra=INTERNAL)
    review_by: Day | None = Field(
        default=None, description="When somebody is to look again; 180 days on.", json_schema_extra=INTERNAL
    )
    account: Line | None = Field(
        default=None, description="Only incidents that name this account.", json_schema_extra=INTERNAL
    )
    vendor: Slug | None = Field(default=None, description="Only incidents of this vendor.", json_schema_extra=INTERNAL)
    severities: list[Severity] | None = Field(default=None, description="Only these.", json_schema_extra=INTERNAL)
    categories: list[Category] | None = Field(default=None, description="Only these.", json_schema_extra=INTERNAL)
    personal_data: Flag = Field(default=False, description="With personal data only.", json_schema_extra=INTERNAL)
    calendar: Slug | None = Field(default=None, description="In policy/calendars/.", json_schema_extra=INTERNAL)


class ObligationsTyped(Typed):
    """`policy/obligations.yml`."""

    house: HouseTyped | None = Field(default=None, description="What we are.", json_schema_extra=INTERNAL)
    regimes: dict[Slug, EnabledTyped] | None = Field(
        default=None, description="Which rules count for us.", json_schema_extra=INTERNAL
    )
    vendors: dict[Slug, VendorTyped] | None = Field(
        default=None, description="Whom we rely on.", json_schema_extra=INTERNAL
    )
    contracts: dict[Slug, ContractTyped] | None = Field(
        default=None, description="Duties by agreement.", json_schema_extra=INTERNAL
    )
