"""The rules of law that ship with Tidings, `obligations/regimes.yml`, read as strictly as what people type."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final, Literal

from pydantic import Field

from publisher.load.fields import INTERNAL, Day, Flag, Line, Slug
from publisher.load.limit import Limit, LimitOrNone
from publisher.load.report import Report
from publisher.load.schema import Typed
from publisher.load.validate import validate
from publisher.load.yaml import POLICY, read_yaml
from publisher.model.duty import Checked, Clock, Debtor, Duty, Event, Recipient, Standing

PATH: Final = "publisher/obligations/regimes.yml"


class BackstopTyped(Typed):
    """A clock that another may not run past."""

    event: Event = Field(description="What starts it.", json_schema_extra=INTERNAL)
    within: Limit = Field(description="How long it runs.", json_schema_extra=INTERNAL)


class StepTyped(Typed):
    """One thing to be done for one recipient."""

    title: Line = Field(description="What is due.", json_schema_extra=INTERNAL)
    debtor: Debtor = Field(description="In which part somebody owes it.", json_schema_extra=INTERNAL)
    sector: Slug | None = Field(default=None, description="If not the regime's.", json_schema_extra=INTERNAL)
    owed_by: Line = Field(description="Who owes it, in words.", json_schema_extra=INTERNAL)
    to: Line = Field(description="Who is to hear, in words.", json_schema_extra=INTERNAL)
    recipient: Recipient = Field(description="What sort of recipient that is.", json_schema_extra=INTERNAL)
    meaning: Line = Field(description="What its event means here.", json_schema_extra=INTERNAL)
    event: Event | None = Field(default=None, description="What starts its clock.", json_schema_extra=INTERNAL)
    after: Slug | None = Field(
        default=None, description="Or the step whose submission does.", json_schema_extra=INTERNAL
    )
    counting: Literal["first", "latest"] | None = Field(
        default=None, description="Which submission counts.", json_schema_extra=INTERNAL
    )
    within: LimitOrNone = Field(description="How long, or none.", json_schema_extra=INTERNAL)
    suggested: Limit | None = Field(default=None, description="A figure of ours.", json_schema_extra=INTERNAL)
    backstop: BackstopTyped | None = Field(default=None, description="A second clock.", json_schema_extra=INTERNAL)
    personal_data: Flag = Field(default=False, description="With personal data only.", json_schema_extra=INTERNAL)
    status: Standing = Field(description="How far it is law.", json_schema_extra=INTERNAL)
    in_force_from: Day | None = Field(default=None, description="First day that it binds.", json_schema_extra=INTERNAL)
    source: Line = Field(description="Where it is written.", json_schema_extra=INTERNAL)
    checked: Checked = Field(description="What was looked at.", json_schema_extra=INTERNAL)
    version: Line = Field(description="Of the row.", json_schema_extra=INTERNAL)
    reviewed: Day = Field(description="When somebody last looked.", json_schema_extra=INTERNAL)
    review_by: Day = Field(description="When somebody is to look again.", json_schema_extra=INTERNAL)
    note: Line | None = Field(default=None, description="What to know first.", json_schema_extra=INTERNAL)


class RegimeTyped(Typed):
    """One rule with its steps."""

    name: Line = Field(description="What people call it.", json_schema_extra=INTERNAL)
    jurisdictions: list[Slug] = Field(description="Where it binds.", json_schema_extra=INTERNAL)
    sector: Slug | None = Field(default=None, description="Whom it binds.", json_schema_extra=INTERNAL)
    zone: Line | None = Field(default=None, description="IANA name.", json_schema_extra=INTERNAL)
    rest_days: Flag = Field(default=False, description="Whether it knows relief for them.", json_schema_extra=INTERNAL)
    steps: dict[Slug, StepTyped] = Field(description="In their order.", json_schema_extra=INTERNAL)


class RegimesTyped(Typed):
    """`obligations/regimes.yml`."""

    version: Line = Field(description="Of the file.", json_schema_extra=INTERNAL)
    regimes: dict[Slug, RegimeTyped] = Field(description="By id.", json_schema_extra=INTERNAL)


@cache
def shipped() -> tuple[Duty, ...]:
    """Give the rows that ship, in the file's order.

    Raises:
        ValueError: the file of this very program is not good.
    """
    report = Report(PATH)
    text = files("publisher.obligations").joinpath("regimes.yml").read_text(encoding="utf-8")
    document = read_yaml(text, report=report, limits=POLICY)
    typed = validate(RegimesTyped, document, report=report, what="file") if document else None
    if typed is None or report.findings:
        raise ValueError("; ".join(str(one) for one in report.findings))
    return tuple(
        _duty(regime_id, regime, step_id, step)
        for regime_id, regime in typed.regimes.items()
        for step_id, step in regime.steps.items()
    )


def _duty(regime_id: str, regime: RegimeTyped, step_id: str, step: StepTyped) -> Duty:
    if (step.event is None) is (step.after is None):
        raise ValueError(f"{regime_id}/{step_id} wants an event or a step before it, one of the two")
    if step.after is not None and step.after not in regime.steps:
        raise ValueError(f"{regime_id}/{step_id} comes after {step.after}, which is no step")
    backstop = step.backstop
    return Duty(
        regime=regime_id,
        regime_name=regime.name,
        step=step_id,
        title=step.title,
        debtor=step.debtor,
        owed_by=step.owed_by,
        to=step.to,
        recipient=step.recipient,
        meaning=step.meaning,
        clock=Clock(event=step.event, after=step.after, latest=step.counting == "latest", within=step.within),
        backstop=Clock(event=backstop.event, within=backstop.within) if backstop else None,
        suggested=step.suggested,
        source=step.source,
        version=step.version,
        reviewed=step.reviewed,
        review_by=step.review_by,
        checked=step.checked,
        standing=step.status,
        in_force_from=step.in_force_from,
        sector=step.sector or regime.sector,
        jurisdictions=tuple(regime.jurisdictions),
        zone=regime.zone,
        rest_days=regime.rest_days,
        personal_data=step.personal_data,
        note=step.note or "",
    )
