"""`policy/obligations.yml` and `policy/calendars/*.yml` to the duties a house has taken on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta

from publisher.load.calendars import FOLDER, is_zone, load_calendars, zones
from publisher.load.frontmatter import parse_text
from publisher.load.obligations_typed import ContractTyped, EnabledTyped, HouseTyped, ObligationsTyped
from publisher.load.policy import OBLIGATIONS
from publisher.load.regimes import shipped
from publisher.load.report import Report, nearest
from publisher.load.validate import validate
from publisher.load.yaml import POLICY, Document, read_yaml
from publisher.model.duty import NEEDS_OVERRIDE, STALE_AFTER_DAYS, TURNED, Calendar, Debtor, Duty, Unit
from publisher.model.finding import Finding, Place
from publisher.model.obligations import Contract, Direction, Enabled, House, Obligations, Override, Vendor
from publisher.ports import SourceFile


def load_obligations(files: Mapping[str, SourceFile]) -> tuple[Obligations, tuple[Finding, ...]]:
    """Read which duties count for us.

    Args:
        files: those below `policy/`, by path; without `policy/obligations.yml` nothing counts.

    Returns:
        The duties, and what is wrong with them.
    """
    calendars, found = load_calendars([f for path, f in files.items() if path.startswith(f"{FOLDER}/")])
    file = files.get(OBLIGATIONS)
    if file is None:
        return Obligations(calendars=calendars), found
    report = Report(OBLIGATIONS)
    text = parse_text(file.body, report=report)
    document = read_yaml(text, report=report, limits=POLICY) if text is not None else None
    typed = validate(ObligationsTyped, document, report=report, what="file") if document else None
    if typed is None or document is None:
        return Obligations(calendars=calendars), (*found, *report.findings)
    obligations = _Reader(document, report, calendars).read(typed)
    return obligations, (*found, *report.findings)


@dataclass(slots=True)
class _Reader:
    """Reads one file whose shape is right already: whether its names name anything is left to see."""

    document: Document
    report: Report
    calendars: Mapping[str, Calendar]
    rows: tuple[Duty, ...] = field(default_factory=shipped)

    def read(self, typed: ObligationsTyped) -> Obligations:
        house = self._house(typed.house or HouseTyped())
        enabled = tuple(self._enabled(name, one) for name, one in (typed.regimes or {}).items())
        known = tuple(one for one in enabled if one is not None)
        vendors = tuple(
            Vendor(id=name, name=one.name, roles=_roles(one.roles)) for name, one in (typed.vendors or {}).items()
        )
        contracts = tuple(
            one
            for name, typed_one in (typed.contracts or {}).items()
            if (one := self._contract(name, typed_one, vendors)) is not None
        )
        return Obligations(
            house=house,
            enabled=known,
            duties=tuple(duty for one in known for duty in self._duties(one, house, vendors)),
            contracts=contracts,
            vendors=vendors,
            calendars=self.calendars,
        )

    def _house(self, typed: HouseTyped) -> House:
        sectors = sorted({row.sector for row in self.rows if row.sector})
        for number, sector in enumerate(typed.sectors or ()):
            if sector not in sectors:
                fix = f"{nearest(sector, sectors)}Known are {', '.join(sectors)}."
                self._say("TID780", f'No rule is for the sector "{sector}".', fix, ("house", "sectors", number))
        return House(
            name=typed.name or "we",
            jurisdictions=tuple(typed.jurisdictions or ()),
            sectors=tuple(typed.sectors or ()),
            roles=_roles(typed.roles),
            zone=self._zone(typed.time_zone, ("house", "time_zone")),
        )

    def _enabled(self, name: str, typed: EnabledTyped) -> Enabled | None:
        loc: tuple[str | int, ...] = ("regimes", name)
        steps = {row.step: row for row in self.rows if row.regime == name}
        if not steps:
            known = list(dict.fromkeys(row.regime for row in self.rows))
            fix = f"{nearest(name, known)}`tidings obligations --regimes` lists them."
            self._say("TID780", f'No regime is called "{name}".', fix, loc, key=True)
            return None
        chosen = [step for step in typed.steps or () if self._is_step(step, steps, (*loc, "steps"))]
        within = {s: v for s, v in (typed.within or {}).items() if self._is_step(s, steps, (*loc, "within", s))}
        if typed.rest_days_until is not None and not any(row.rest_days for row in steps.values()):
            what = f'"{name}" knows no relief for weekends and holidays.'
            self._say("TID780", what, "Take the line out.", (*loc, "rest_days_until"), key=True)
        line, col = self.document.key_spot(loc)
        enabled = Enabled(
            regime=name,
            by=typed.by,
            on=typed.on,
            reviewed=typed.reviewed,
            steps=tuple(chosen),
            within=within,
            calendar=self._calendar(typed.calendar, (*loc, "calendar")),
            rest_days_until=time.fromisoformat(typed.rest_days_until) if typed.rest_days_until else None,
            zone=self._zone(typed.time_zone, (*loc, "time_zone")),
            override=Override(**typed.override.model_dump()) if typed.override else None,
            place=Place(path=OBLIGATIONS, line=line, col=col),
        )
        return None if self._is_unsettled(enabled, steps) else enabled

    def _is_step(self, step: str, steps: Mapping[str, Duty], loc: tuple[str | int, ...]) -> bool:
        if step in steps:
            return True
        fix = f"{nearest(step, steps)}It has {', '.join(steps)}."
        self._say("TID780", f'"{loc[1]}" has no step "{step}".', fix, loc, key=True)
        return False

    def _is_unsettled(self, enabled: Enabled, steps: Mapping[str, Duty]) -> bool:
        """Say whether a row that is no settled law would count without anybody having said so."""
        bad = [
            row
            for row in steps.values()
            if row.standing in NEEDS_OVERRIDE and (not enabled.steps or row.step in enabled.steps)
        ]
        if not bad or enabled.override is not None:
            return False
        what = f'"{bad[0].id}" is {bad[0].standing}, not settled law, and nobody is on record for enabling it.'
        fix = "Add `override: {why: …, by: …, on: …}`, or take the regime out."
        self._say("TID781", what, fix, ("regimes", enabled.regime), key=True)
        return True

    def _duties(self, enabled: Enabled, house: House, vendors: Sequence[Vendor]) -> Iterator[Duty]:
        theirs = {role for vendor in vendors for role in vendor.roles}
        fitting = [
            row
            for row in self.rows
            if row.regime == enabled.regime
            and (not enabled.steps or row.step in enabled.steps)
            and (house.owes(row) or (row.debtor in TURNED and row.debtor in theirs))
        ]
        loc = ("regimes", enabled.regime)
        if not fitting:
            wanted = sorted({row.sector or str(row.debtor) for row in self.rows if row.regime == enabled.regime})
            what = f'"{enabled.regime}" is enabled, and nothing of it fits what `house:` says of us.'
            self._say("TID783", what, f"Add to `sectors:` or `roles:` one of {', '.join(wanted)}.", loc, key=True)
        for row in fitting:
            limit = enabled.within.get(row.step) or row.clock.within
            if limit is not None and limit.unit is Unit.BUSINESS_DAYS and enabled.calendar is None:
                what = f'"{row.id}" counts {limit}, and no calendar says which those are.'
                self._say("TID782", what, "Name one with `calendar:`, as in policy/calendars/.", loc, key=True)
            reviewed, review_by = _review(row, enabled.reviewed)
            clock = replace(row.clock, within=limit)
            yield replace(row, clock=clock, reviewed=reviewed, review_by=review_by)

    def _contract(self, name: str, typed: ContractTyped, vendors: Sequence[Vendor]) -> Contract | None:
        loc: tuple[str | int, ...] = ("contracts", name)
        if any(row.regime == name for row in self.rows) or any(vendor.id == name for vendor in vendors):
            what = f'"{name}" is the name of a regime or a vendor already.'
            self._say("TID780", what, "Choose another: events and submissions are recorded under it.", loc, key=True)
            return None
        if typed.vendor is not None and typed.vendor not in {vendor.id for vendor in vendors}:
            fix = f"{nearest(typed.vendor, [v.id for v in vendors])}Write it under `vendors:`."
            self._say("TID780", f'No vendor is called "{typed.vendor}".', fix, (*loc, "vendor"))
        if typed.within.unit is Unit.BUSINESS_DAYS and typed.calendar is None:
            what = f'"{name}" counts {typed.within}, and no calendar says which those are.'
            self._say("TID782", what, "Name one with `calendar:`, as in policy/calendars/.", loc, key=True)
        line, col = self.document.key_spot(loc)
        return Contract(
            id=name,
            direction=Direction.TO_CUSTOMERS if typed.owed_by == "us" else Direction.FROM_VENDOR,
            other=typed.other,
            title=typed.title,
            event=typed.event,
            within=typed.within,
            source=typed.source,
            reviewed=typed.reviewed,
            review_by=typed.review_by or _half_a_year_on(typed.reviewed),
            account=typed.account,
            vendor=typed.vendor,
            severities=tuple(typed.severities or ()),
            categories=tuple(typed.categories or ()),
            personal_data=typed.personal_data,
            calendar=self._calendar(typed.calendar, (*loc, "calendar")),
            place=Place(path=OBLIGATIONS, line=line, col=col),
        )

    def _calendar(self, name: str | None, loc: tuple[str | int, ...]) -> str | None:
        if name is not None and name not in self.calendars:
            fix = f"{nearest(name, self.calendars)}Write {FOLDER}/{name}.yml."
            self._say("TID780", f'There is no calendar "{name}".', fix, loc)
        return name

    def _zone(self, name: str | None, loc: tuple[str | int, ...]) -> str | None:
        if name is None or is_zone(name):
            return name
        fix = f"{nearest(name, zones())}Write it as in `Europe/Berlin`."
        self._say("TID780", f'"{name}" is not a time zone.', fix, loc)
        return None

    def _say(self, code: str, what: str, fix: str, loc: tuple[str | int, ...], *, key: bool = False) -> None:
        self.report.add(code, what, fix, self.document.key_spot(loc) if key else self.document.spot(loc))


def _roles(typed: Sequence[str] | None) -> tuple[Debtor, ...]:
    return tuple(Debtor(role) for role in typed or ())


def _review(row: Duty, reviewed: date | None) -> tuple[date, date]:
    """Give the days of a row's last and next review: the house's own, where it looked later than we did."""
    if reviewed is None or reviewed <= row.reviewed:
        return row.reviewed, row.review_by
    return reviewed, _half_a_year_on(reviewed)


def _half_a_year_on(reviewed: date) -> date:
    return reviewed + timedelta(days=STALE_AFTER_DAYS)
