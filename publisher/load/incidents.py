"""Files below `incidents/` to `Incident`s: single file and folder form, translations, texts for one segment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from publisher.load.fields import SLUG, parse_moment
from publisher.load.frontmatter import parse_text, split_matter
from publisher.load.provenance import is_untouched
from publisher.load.report import Report
from publisher.load.roots import INCIDENTS, group_of
from publisher.load.schema import IncidentTyped, TranslatedUpdateTyped, TranslationTyped, UpdateTyped
from publisher.load.spans import without_spans
from publisher.load.updates import Section, bounded, parse_updates
from publisher.load.validate import internal_fields, validate
from publisher.load.yaml import Document
from publisher.model.component import Impact
from publisher.model.finding import Finding, Place
from publisher.model.incident import (
    Category,
    Cause,
    Incident,
    Internal,
    Kind,
    Severity,
    Translation,
    Update,
    Window,
)
from publisher.ports import SourceFile

ROOT: Final = INCIDENTS
_ID = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})-[a-z0-9]+(?:-[a-z0-9]+)*\Z", re.ASCII)
_MAX_ID = 100
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?\Z", re.ASCII)
_STAND_INS = {"title": "Untitled"}


@dataclass(slots=True)
class _Parts:
    """The files of one incident."""

    source: SourceFile | None = None
    translations: dict[str, SourceFile] = field(default_factory=dict)
    private: dict[str, SourceFile] = field(default_factory=dict)


def load_incidents(files: Sequence[SourceFile], *, locale: str) -> tuple[tuple[Incident, ...], tuple[Finding, ...]]:
    """Read all incidents.

    Args:
        files: those below `incidents/`.
        locale: the language incidents are written in.

    Returns:
        What could be read, by id, and what is wrong with the rest.
    """
    incidents: list[Incident] = []
    findings: list[Finding] = []
    for group in sorted(grouped(files).items()):
        incident, found = load_incident(*group, locale=locale)
        findings.extend(found)
        if incident is not None:
            incidents.append(incident)
    return tuple(incidents), tuple(findings)


def grouped(files: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    """Sort files by the incident they say they belong to; see `group_of`."""
    groups: dict[str, list[SourceFile]] = {}
    for file in files:
        groups.setdefault(group_of(file.path), []).append(file)
    return groups


def load_incident(
    incident_id: str, files: Sequence[SourceFile], *, locale: str
) -> tuple[Incident | None, tuple[Finding, ...]]:
    """Read one incident from its files. What comes out depends on nothing else.

    Args:
        incident_id: from `group_of`.
        files: all that say they belong to it, sorted by path.
        locale: the language incidents are written in.

    Returns:
        The incident, or None when too little could be read; and what is wrong.
    """
    parts, findings = _grouped(files)
    incident = None
    if incident_id in parts:
        incident, found = _incident(incident_id, parts[incident_id], locale)
        findings.extend(found)
    return incident, tuple(findings)


def _grouped(files: Sequence[SourceFile]) -> tuple[dict[str, _Parts], list[Finding]]:
    """Sort files to the incidents they belong to."""
    parts: dict[str, _Parts] = {}
    findings: list[Finding] = []
    for file in files:
        report = Report(file.path)
        names = file.path.split("/")[1:]
        if len(names) == 1 and names[0].endswith(".md"):
            _source(names[0][:-3], file, parts, report)
        elif len(names) == 2 and names[1].endswith(".md"):  # noqa: PLR2004 -- folder and file
            _part(names[0], names[1][:-3], file, parts, report)
        else:
            fix = "Move it: only `<id>.md`, or `<id>/` with index.md, index.<locale>.md, for-<segment>.md, belong here."
            report.add("TID026", "This file belongs to no incident.", fix)
        findings.extend(report.findings)
    return parts, findings


def _source(incident_id: str, file: SourceFile, parts: dict[str, _Parts], report: Report) -> None:
    if not _is_id(incident_id, report):
        return
    mine = parts.setdefault(incident_id, _Parts())
    if mine.source is not None:
        other = mine.source.path
        report.add("TID103", f'"{incident_id}" is also written in {other}.', "Keep one of the two files.")
        return
    mine.source = file


def _part(incident_id: str, name: str, file: SourceFile, parts: dict[str, _Parts], report: Report) -> None:
    if name == "index":
        _source(incident_id, file, parts, report)
        return
    kind, _, rest = name.partition("." if name.startswith("index.") else "-")
    if kind == "index" and _LOCALE.match(rest):
        if _is_id(incident_id, report):
            parts.setdefault(incident_id, _Parts()).translations[rest] = file
    elif kind == "for" and re.fullmatch(SLUG, rest):
        if _is_id(incident_id, report):
            parts.setdefault(incident_id, _Parts()).private[rest] = file
    else:
        fix = "In an incident's folder lie index.md, index.<locale>.md and for-<segment>.md; rename or move it."
        report.add("TID026", f'"{name}.md" is no part of an incident.', fix)


def _is_id(incident_id: str, report: Report) -> bool:
    match = _ID.match(incident_id)
    fix = "Name it as in `2026-11-20-card-payments`: day, then a-z and 0-9 with single hyphens."
    if match is None or len(incident_id) > _MAX_ID:
        report.add("TID101", f'"{incident_id}" is not an incident\'s id.', fix + f" At most {_MAX_ID} characters.")
        return False
    try:
        date.fromisoformat(match["day"])
    except ValueError:
        report.add("TID101", f'"{match["day"]}" in the name is not a day of the calendar.', fix)
        return False
    return True


def _incident(incident_id: str, parts: _Parts, locale: str) -> tuple[Incident | None, list[Finding]]:
    findings: list[Finding] = []
    if parts.source is None:
        for file in [*parts.translations.values(), *parts.private.values()]:
            report = Report(file.path)
            report.add("TID407", "There is no index.md beside this file.", "Write the source text in index.md first.")
            findings.extend(report.findings)
        return None, findings
    report = Report(parts.source.path)
    incident = _source_text(incident_id, parts.source, locale, report)
    findings.extend(report.findings)
    translations: dict[str, Translation] = {}
    places: dict[str, Place] = {}
    for language, file in sorted(parts.translations.items()):
        report = Report(file.path)
        translation = _translation(language, file, places, report)
        findings.extend(report.findings)
        if translation is not None:
            translations[language] = translation
    private: dict[str, str] = {}
    for segment, file in sorted(parts.private.items()):
        report = Report(file.path)
        text = _text(file, report)
        if text is not None:
            private[segment] = bounded(text.strip("\n").rstrip(), (1, 1), report)
            places[f"private.{segment}"] = Place(path=file.path)
        findings.extend(report.findings)
    if incident is None:
        return None, findings
    if translations or private:
        incident = replace(incident, translations=translations, private=private, places={**incident.places, **places})
    return incident, findings


def _text(file: SourceFile, report: Report) -> str | None:
    """Read a file as text, without what is marked as being for colleagues."""
    text = parse_text(file.body, report=report)
    return without_spans(text, report) if text is not None else None


def _source_text(incident_id: str, file: SourceFile, locale: str, report: Report) -> Incident | None:
    text = _text(file, report)
    if text is None:
        return None
    matter = split_matter(text, report=report)
    sections = parse_updates(matter.body, first=matter.line, report=report)
    if matter.front is None:
        for section in sections:
            _typed_comment(section, report)
        return None
    typed = validate(IncidentTyped, matter.front, report=report, what="front matter", stand_ins=_STAND_INS)
    places = _places(matter.front, report.path)
    updates = _updates(sections, places, report)
    if typed is None:
        return None
    incident = _assembled(incident_id, typed, matter.front, updates, places, locale, report)
    if incident is not None and incident.imported_from and is_untouched(file.body):
        return replace(incident, as_imported=True)
    return incident


def _assembled(  # noqa: PLR0917 -- the parts an incident consists of
    incident_id: str,
    typed: IncidentTyped,
    front: Document,
    updates: tuple[Update, ...],
    places: Mapping[str, Place],
    locale: str,
    report: Report,
) -> Incident | None:
    maintenance = typed.kind is Kind.MAINTENANCE
    window = (
        Window(begins=typed.window.begins, ends=typed.window.until, rrule=typed.window.rrule) if typed.window else None
    )
    if not maintenance:
        for name in ("category", "severity", "started"):
            if name not in front.mapping:
                what = f'The key "{name}" of the front matter is missing.'
                report.add("TID013", what, f"Add `{name}:` with its value.")
    elif "window" not in front.mapping:
        what = "A maintenance needs a window."
        report.add("TID208", what, "Add `window: {from: …, until: …}` with both times and their zone.")
    # Whatever stands in below for something missing stands beside a finding that cannot be lowered.
    started = typed.started or (window.begins if window else None) or (updates[0].at if updates else _day(incident_id))
    cause = Cause(disclosure=typed.cause.disclosure, vendor=typed.cause.vendor) if typed.cause else Cause()
    fallback = (Category.MAINTENANCE, Severity.SEV4) if maintenance else (Category.OUTAGE, Severity.SEV4)
    return Incident(
        id=incident_id,
        kind=typed.kind,
        title=typed.title,
        headline=typed.headline,
        category=typed.category or fallback[0],
        severity=typed.severity or fallback[1],
        scope=typed.scope,
        regions=tuple(typed.regions or ()),
        components=typed.components or {},
        started=started,
        detected=typed.detected,
        window=window,
        cause=cause,
        tags=tuple(typed.tags or ()),
        locale=locale,
        updates=updates,
        internal=Internal(fields=internal_fields(IncidentTyped, front.mapping)),
        imported_from=f"{typed.imported.source}:{typed.imported.id}" if typed.imported else None,
        place=report.place(),
        places=places,
    )


def _day(incident_id: str) -> datetime:
    return parse_moment(f"{incident_id[:10]}T00:00:00Z")


def _places(front: Document, path: str) -> dict[str, Place]:
    """Give dotted name → where its key stands."""
    return {
        ".".join(str(part) for part in loc): Place(path=path, line=line, col=col)
        for loc, (line, col) in front.keys.items()
    }


def _typed_comment(section: Section, report: Report) -> UpdateTyped | None:
    if section.comment is None:
        return None
    return validate(UpdateTyped, section.comment, report=report, what="comment")


def _updates(sections: Sequence[Section], places: dict[str, Place], report: Report) -> tuple[Update, ...]:
    """Give updates oldest first, and note where their parts stand: `updates.<number>.body`, `updates.<number>.next`."""
    updates = []
    for number, section in enumerate(_ordered(sections)):
        typed = _typed_comment(section, report)
        place = Place(path=report.path, line=section.line)
        components: Mapping[str, Impact] | None = None
        if typed is not None:
            components = typed.components
        updates.append(
            Update(
                at=parse_moment(section.at),
                status=section.status,
                body=section.body,
                components=components,
                who=typed.who if typed else None,
                meanwhile=typed.meanwhile if typed else None,
                next=typed.next if typed else None,
                template=typed.template if typed else None,
                slots=(typed.slots if typed else None) or {},
                revises=typed.revises if typed else None,
                ordinal=section.ordinal,
                place=place,
            )
        )
        places[f"updates.{number}.body"] = Place(path=report.path, line=section.body_line)
        if section.comment is not None:
            for loc, (line, col) in section.comment.keys.items():
                name = ".".join(str(part) for part in loc)
                places[f"updates.{number}.{name}"] = Place(path=report.path, line=line, col=col)
    return tuple(updates)


def _ordered(sections: Sequence[Section]) -> list[Section]:
    """Sort sections oldest first, numbering those of the same moment and status.

    A file that begins with its newest is read from its end, so that updates of one minute keep their order too.
    """
    timed = [(parse_moment(section.at), section) for section in sections]
    if len(timed) > 1 and timed[0][0] > timed[-1][0]:
        timed.reverse()
    timed.sort(key=lambda pair: pair[0])
    seen: dict[tuple[datetime, str], int] = {}
    for at, section in timed:
        section.ordinal = seen.get((at, section.status), 0)
        seen[at, section.status] = section.ordinal + 1
    return [section for _, section in timed]


def _translation(locale: str, file: SourceFile, places: dict[str, Place], report: Report) -> Translation | None:
    text = _text(file, report)
    if text is None:
        return None
    matter = split_matter(text, report=report)
    sections = parse_updates(matter.body, first=matter.line, report=report)
    bodies: dict[str, str] = {}
    facts: dict[str, tuple[str | None, str | None]] = {}
    for section in _ordered(sections):
        key = Update(at=parse_moment(section.at), status=section.status, body="", ordinal=section.ordinal).key
        bodies[key] = section.body
        places[f"translations.{locale}.{key}"] = Place(path=file.path, line=section.line)
        places[f"translations.{locale}.{key}.body"] = Place(path=file.path, line=section.body_line)
        if section.comment is not None:
            typed = validate(TranslatedUpdateTyped, section.comment, report=report, what="comment")
            if typed is not None and (typed.who or typed.meanwhile):
                facts[key] = (typed.who, typed.meanwhile)
    if matter.front is None:
        return None
    front = validate(TranslationTyped, matter.front, report=report, what="front matter", stand_ins=_STAND_INS)
    if front is None:
        return None
    for loc, (line, col) in matter.front.keys.items():
        places[f"translations.{locale}.{loc[0]}"] = Place(path=file.path, line=line, col=col)
    return Translation(
        locale=locale,
        title=front.title,
        headline=front.headline,
        of=front.of,
        bodies=bodies,
        facts=facts,
        place=report.place(),
    )
