"""The updates of one cState issue: which text was said when, and with which status."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from publisher.importers.cstate_body import Role, Section, oldest_first, sections
from publisher.importers.draft import EntryUpdate, adapted, decided
from publisher.importers.hugo_markdown import from_hugo, without_comments
from publisher.importers.moments import read_moment
from publisher.model.finding import Finding, Place
from publisher.model.incident import Kind, Status

_SILENT = {Status.RESOLVED: "Resolved.", Status.COMPLETED: "Completed."}
"""What an update says where cState showed nothing but the word."""

_SHOWN = 80
"""Characters of a comment that a finding quotes."""

_MAINTENANCE_STATUS = {
    Status.INVESTIGATING: Status.IN_PROGRESS,
    Status.IDENTIFIED: Status.IN_PROGRESS,
    Status.MONITORING: Status.VERIFYING,
    Status.RESOLVED: Status.COMPLETED,
    Status.POSTMORTEM: Status.UPDATE,
}
_INCIDENT_STATUS = {Status.SCHEDULED: Status.UPDATE, Status.IN_PROGRESS: Status.UPDATE}


@dataclass(slots=True)
class Reading:
    """One issue while it is read: what is found on the way."""

    place: Place
    zone: tzinfo
    zone_name: str | None
    body_line: int = 1
    findings: list[Finding] = field(default_factory=list)
    unzoned: list[str] = field(default_factory=list)

    def at(self, line: int) -> Place:
        """Name a line of the issue's file, from 1."""
        return Place(path=self.place.path, line=line)

    def time(self, text: str) -> datetime | None:
        """Read a moment; remember that it named no zone. None when it is none."""
        moment = read_moment(text, zone=self.zone)
        if moment is None:
            return None
        if not moment.zoned:
            self.unzoned.append(text)
        return moment.at


class LeftOutError(ValueError):
    """This issue cannot be brought in."""

    def __init__(self, what: str, fix: str, line: int = 1) -> None:
        super().__init__(what)
        self.what, self.fix, self.line = what, fix, line


def updates_of(
    body: str, reading: Reading, *, kind: Kind, started: datetime, ended: datetime | None, now: datetime
) -> tuple[EntryUpdate, ...]:
    """Give the updates, oldest first: those whose moment is written, the first at the start, the last at the end."""
    body, comments = without_comments(body)
    for line, comment in comments:
        shown = " ".join(comment.split())
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        reading.findings.append(
            adapted(reading.at(reading.body_line + line), f"A comment that readers never saw was left behind: {shown}")
        )
    ordered = list(oldest_first(sections(body, reading.time)))
    first = Status.IN_PROGRESS if kind is Kind.MAINTENANCE else Status.INVESTIGATING
    last = Status.COMPLETED if kind is Kind.MAINTENANCE else Status.RESOLVED
    timed = _timed(ordered, reading, started=started, ended=ended, body=body)
    out: list[EntryUpdate] = []
    for section, at in sorted(timed, key=lambda pair: pair[1]):
        status = _status(section, kind, is_first=not out and section.role is not Role.LAST, first=first)
        if (
            ended is not None
            and at == ended
            and section.status is None
            and (section.role is Role.LAST or (out and at > started))
        ):
            status = last
        if at > now and status is first:
            reading.findings.append(
                decided(
                    reading.place,
                    "It begins in the future, and cState does not say when it was announced.",
                    "Mend the update's time.",
                )
            )
        converted = from_hugo(section.text)
        line = reading.body_line + section.line
        reading.findings += [adapted(reading.at(line), note) for note in converted.notes]
        if section.label:
            reading.findings.append(adapted(reading.at(line), f"'{section.label}' became the update's heading."))
        out.append(EntryUpdate(at=at, status=status, body=converted.markdown))
    out = [update for update in out if update.body]
    if ended is not None and not any(update.status is last for update in out):
        reading.findings.append(
            adapted(
                reading.place, f"cState says that it is over, without words; the last update says '{_SILENT[last]}'"
            )
        )
        out.append(EntryUpdate(at=ended, status=last, body=_SILENT[last]))
        out.sort(key=lambda update: update.at)
    if not out:
        raise LeftOutError(
            "It says nothing and is not resolved.", "Write what happened and import again.", reading.body_line
        )
    return tuple(out)


def _timed(
    ordered: list[Section], reading: Reading, *, started: datetime, ended: datetime | None, body: str
) -> list[tuple[Section, datetime]]:
    """Give each section its moment; those that have none join the section said before them."""
    timed: list[tuple[Section, datetime]] = []
    for number, section in enumerate(ordered):
        at = section.at
        if at is None and section.role is Role.LAST and ended is not None and number == len(ordered) - 1:
            at = ended
        elif at is None and number == 0:
            at = started
        if at is not None:
            timed.append((section, at))
            continue
        before, moment = timed.pop()
        timed.append((_joined(before, section, body), moment))
        reading.findings.append(
            adapted(
                reading.at(reading.body_line + section.line),
                f"Nobody wrote down when '{section.label or 'this text'}' was said; it stands with the one before.",
                "Give it a heading with its time, if you know it.",
            )
        )
    return timed


def _joined(one: Section, other: Section, body: str) -> Section:
    """Put two neighbours together as the file has them, labels and all."""
    text = one.whole + other.whole if one.line <= other.line else other.whole + one.whole
    if text not in body:
        text = f"{one.whole.strip()}\n\n{other.whole.strip()}"
    return Section(text=text, whole=text, role=one.role, status=one.status, at=one.at, line=min(one.line, other.line))


def _status(section: Section, kind: Kind, *, is_first: bool, first: Status) -> Status:
    if section.status is not None:
        known = _MAINTENANCE_STATUS if kind is Kind.MAINTENANCE else _INCIDENT_STATUS
        status = known.get(section.status, section.status)
        return first if is_first and status is Status.UPDATE else status
    return first if is_first else Status.UPDATE
