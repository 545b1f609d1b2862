"""`policy/holds.yml` to when words wait."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from publisher.load.fields import INTERNAL, Line, Moment, Slug
from publisher.load.frontmatter import parse_text
from publisher.load.report import Report
from publisher.load.schema import Typed
from publisher.load.validate import validate
from publisher.load.yaml import POLICY, read_yaml
from publisher.model.delivery import Channel
from publisher.model.finding import Finding
from publisher.model.hold import Holds, HoldState, HoldWindow
from publisher.model.incident import Severity, Status
from publisher.ports import SourceFile


class WindowHoldTyped(Typed):
    """A time in which words wait."""

    begins: Moment = Field(alias="from", description="First moment.", json_schema_extra=INTERNAL)
    until: Moment = Field(description="First moment after it.", json_schema_extra=INTERNAL)
    why: Line = Field(description="Why.", json_schema_extra=INTERNAL)
    channels: list[Literal["page", "email"]] | None = Field(
        default=None, description="Which wait; all.", json_schema_extra=INTERNAL
    )


class StateHoldTyped(Typed):
    """States in which mail about an incident waits."""

    statuses: list[Status] = Field(description="While it is in one of these.", json_schema_extra=INTERNAL)
    why: Line = Field(description="Why.", json_schema_extra=INTERNAL)


class PassTyped(Typed):
    """What passes every hold."""

    severities: list[Severity] | None = Field(default=None, description="Of these.", json_schema_extra=INTERNAL)
    statuses: list[Status] | None = Field(default=None, description="Once in these.", json_schema_extra=INTERNAL)


class HoldsTyped(Typed):
    """`policy/holds.yml`."""

    windows: dict[Slug, WindowHoldTyped] | None = Field(
        default=None, description="By name.", json_schema_extra=INTERNAL
    )
    mail_waits: dict[Slug, StateHoldTyped] | None = Field(
        default=None, description="By name: mail that waits for a state to end.", json_schema_extra=INTERNAL
    )
    passes: PassTyped | None = Field(default=None, description="What never waits.", json_schema_extra=INTERNAL)


def load_holds(file: SourceFile) -> tuple[Holds, tuple[Finding, ...]]:
    """Read when words wait.

    Args:
        file: `policy/holds.yml`.

    Returns:
        The policy, and what is wrong with it.
    """
    report = Report(file.path)
    text = parse_text(file.body, report=report)
    document = read_yaml(text, report=report, limits=POLICY) if text is not None else None
    typed = validate(HoldsTyped, document, report=report, what="file") if document else None
    if typed is None or document is None:
        return Holds(), tuple(report.findings)
    windows = []
    for name, one in (typed.windows or {}).items():
        if one.until <= one.begins:
            spot = document.key_spot(("windows", name, "until"))
            report.add("TID770", f'The window "{name}" ends before it begins.', "Exchange the two times.", spot)
            continue
        channels = tuple(Channel(channel) for channel in one.channels or ())
        windows.append(HoldWindow(name=name, why=one.why, begins=one.begins, ends=one.until, channels=channels))
    states = tuple(
        HoldState(name=name, why=one.why, statuses=tuple(one.statuses), channels=(Channel.EMAIL,))
        for name, one in (typed.mail_waits or {}).items()
    )
    passes = typed.passes or PassTyped()
    holds = Holds(
        windows=tuple(windows),
        states=states,
        severities=tuple(passes.severities or ()),
        statuses=tuple(passes.statuses or ()),
    )
    return holds, tuple(report.findings)
