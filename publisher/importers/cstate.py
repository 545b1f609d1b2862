"""A cState site (`config.yml`, `content/issues/*.md`) → entries.

What cState's words become:

| cState | ours |
|---|---|
| `down` | sev2, outage, components in major_outage |
| `disrupted` | sev3, degradation, components in partial_outage |
| `notice`, or `informational: true` | sev4, degradation, components operational |
| a title that speaks of planned work, with an end | maintenance with that window, under_maintenance |
| `affected` | components, by name; those not listed show only while affected |
| `categories` | groups |

The original severity stays in the file, as an internal field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from publisher.importers.cstate_config import Config, read_config, with_unlisted
from publisher.importers.cstate_updates import LeftOutError, Reading, updates_of
from publisher.importers.draft import (
    Entry,
    Imported,
    adapted,
    decided,
    left_out,
)
from publisher.importers.foreign_yaml import ForeignYamlError, Value, list_of, read_mapping, text_of
from publisher.importers.slugs import slug
from publisher.model.component import Impact
from publisher.model.finding import Finding, Place
from publisher.model.incident import Category, Kind, Severity, Window
from publisher.ports import SourceFile

CONFIG_NAMES = ("config.yml", "config.yaml", "hugo.yml", "hugo.yaml")
"""Where Hugo looks for the settings, as far as they are YAML."""

_SEVERITIES: Mapping[str, tuple[Severity, Category, Impact]] = {
    "down": (Severity.SEV2, Category.OUTAGE, Impact.MAJOR_OUTAGE),
    "disrupted": (Severity.SEV3, Category.DEGRADATION, Impact.PARTIAL_OUTAGE),
    "notice": (Severity.SEV4, Category.DEGRADATION, Impact.OPERATIONAL),
}
_KNOWN = {"title", "date", "resolved", "resolvedwhen", "severity", "section", "affected", "informational"}
_SETTINGS = {"lastmod", "draft", "pin", "slug", "url", "aliases", "layout", "type", "weight", "description"}
"""Hugo's and cState's settings of presentation: kept as internal fields, of no effect here."""

_PLANNED = re.compile(
    r"\b(maintenances?|scheduled|planned|migrations?|migrate|upgrad(?:e|es|ing)|brownouts?|version update)\b",
    re.IGNORECASE,
)
_UNPLANNED = re.compile(
    r"\b(un(?:planned|scheduled|available)|outage|incident|fail(?:s|ed|ing|ure)?|issues?|errors?|problems?|disruptions?)\b",
    re.IGNORECASE,
)
_HOST = re.compile(r"\S+\.\S+")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)


def read_cstate(files: Sequence[SourceFile], *, now: datetime) -> Imported:
    """Read a cState site.

    Args:
        files: its `config.yml` (or `.yaml`) and the files below `content`, paths relative to the site's folder.
        now: an unresolved issue that begins after it is planned work.
    """
    config_file = next((f for f in files if f.path in CONFIG_NAMES), None)
    config, findings = read_config(config_file)
    entries: list[Entry] = []
    found = 0
    for file in sorted(files, key=lambda f: f.path):
        path = PurePosixPath(file.path)
        if not file.path.startswith("content/") or path.stem == "_index" or path.name.startswith("."):
            continue
        found += 1
        if path.suffix.lower() not in (".md", ".markdown"):
            findings.append(
                left_out(
                    Place(path=file.path), "Only Markdown files are read.", "Rewrite it as Markdown, or add it by hand."
                )
            )
            continue
        entry, more = _issue(file, config, now)
        findings += more
        if entry is not None:
            entries.append(entry)
    entries.sort(key=lambda e: (e.started, e.source_id))
    components = with_unlisted(config.components, entries, findings)
    return Imported(
        entries=tuple(entries), groups=config.groups, components=components, findings=tuple(findings), found=found
    )


def _issue(file: SourceFile, config: Config, now: datetime) -> tuple[Entry | None, list[Finding]]:
    reading = Reading(place=Place(path=file.path), zone=config.zone, zone_name=config.zone_name)
    try:
        entry = _entry(file, reading, now)
    except LeftOutError as error:
        return None, [left_out(reading.at(error.line), error.what, error.fix)]
    if reading.unzoned:
        zone = f"{reading.zone_name}, the site's zone" if reading.zone_name else "UTC, because the site names no zone"
        times = ", ".join(dict.fromkeys(reading.unzoned))
        reading.findings.append(adapted(reading.place, f"Times without zone were read as {zone}: {times}."))
    return entry, reading.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """An issue's front matter and body."""

    data: Mapping[str, Value]
    body: str
    line_of: Mapping[str, int]


def _split(file: SourceFile, reading: Reading) -> _Parts:
    try:
        text = file.body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise LeftOutError("The file is not UTF-8.", "Save it as UTF-8 and import again.") from error
    parts = _FRONT_MATTER.match(text)
    if parts is None:
        raise LeftOutError(
            "It has no YAML front matter between lines of three hyphens.", "Add it, as cState's manual shows."
        )
    try:
        data = {key.lower(): value for key, value in read_mapping(parts["yaml"]).items()}
    except ForeignYamlError as error:
        raise LeftOutError(str(error), "Mend the front matter and import again.", error.line + 1) from error
    reading.body_line = text.count("\n", 0, parts.start("body")) + 1
    return _Parts(data=data, body=parts["body"], line_of=_lines(parts["yaml"]))


def _entry(file: SourceFile, reading: Reading, now: datetime) -> Entry:
    parts = _split(file, reading)
    data, line_of = parts.data, parts.line_of
    title = text_of(data.get("title"))
    if not title:
        raise LeftOutError("It has no title.", "Add a title and import again.")
    started = reading.time(text_of(data.get("date")))
    if started is None:
        raise LeftOutError(
            f"Its date '{text_of(data.get('date'))}' is no moment.",
            "Write it like 2021-03-04T15:04:00Z.",
            line_of.get("date", 1),
        )
    resolved = text_of(data.get("resolved")).lower() in ("true", "yes", "on")
    ended = _ended(data, resolved=resolved, started=started, reading=reading, line_of=line_of)
    word = text_of(data.get("severity")).lower()
    if word not in _SEVERITIES:
        raise LeftOutError(
            f"Its severity '{word}' is none of down, disrupted, notice.",
            "Write one of them.",
            line_of.get("severity", 1),
        )
    severity, category, impact = _SEVERITIES[word]
    if text_of(data.get("informational")).lower() == "true":
        severity, category, impact = _SEVERITIES["notice"]
    window = _window(title, started, ended, resolved=resolved, now=now)
    if window is not None:
        severity, category, impact = Severity.SEV4, Category.MAINTENANCE, Impact.UNDER_MAINTENANCE
        reading.findings.append(
            adapted(
                reading.place, f"Its title speaks of planned work, so it became a maintenance (cState said '{word}')."
            )
        )
    kind = Kind.MAINTENANCE if window else Kind.INCIDENT
    updates = updates_of(parts.body, reading, kind=kind, started=started, ended=ended, now=now)
    if kind is Kind.INCIDENT and updates[0].at < started:
        reading.findings.append(
            decided(
                reading.at(line_of.get("date", 1)),
                f"Its first update is older than its date '{text_of(data.get('date'))}'; it begins with the update.",
                "Put the right time into 'started'.",
            )
        )
        started = updates[0].at
    components = {text_of(name): impact for name in list_of(data.get("affected")) if text_of(name)}
    stem = PurePosixPath(file.path).stem
    name = PurePosixPath(file.path).parent.name if stem == "index" else stem
    return Entry(
        source="cstate",
        source_id=str(PurePosixPath(file.path).relative_to("content").with_suffix("")),
        slug=slug(re.sub(r"^\d{4}-\d\d-\d\d[-_]?", "", name), fallback=slug(title)),
        title=title,
        kind=kind,
        category=category,
        severity=severity,
        started=started,
        components=components,
        window=window,
        updates=updates,
        extra={"severity": word} | _others(data, reading, line_of),
        place=reading.place,
    )


def _others(data: Mapping[str, Value], reading: Reading, line_of: Mapping[str, int]) -> dict[str, str]:
    """Keep what the front matter says besides, as internal fields."""
    extra: dict[str, str] = {}
    for key, value in sorted(data.items()):
        if key in _KNOWN:
            continue
        if key not in _SETTINGS:
            place = reading.at(line_of.get(key, 1))
            reading.findings.append(adapted(place, f"'{key}' has no place on a page; it is kept as an internal field."))
        extra[key] = text_of(value) or "; ".join(text_of(item) for item in list_of(value))
    return extra


def _lines(front_matter: str) -> dict[str, int]:
    """Give the line (in the file, from 1) of each top-level key."""
    return {
        match[1].lower(): number
        for number, line in enumerate(front_matter.split("\n"), start=2)
        if (match := re.match(r"([A-Za-z_]+)[ \t]*:", line))
    }


def _ended(
    data: Mapping[str, Value], *, resolved: bool, started: datetime, reading: Reading, line_of: Mapping[str, int]
) -> datetime | None:
    if not resolved:
        return None
    written = text_of(data.get("resolvedwhen"))
    ended = reading.time(written)
    place = reading.at(line_of.get("resolvedwhen", line_of.get("resolved", 1)))
    if ended is None:
        reading.findings.append(
            decided(
                place,
                f"It is resolved, but '{written}' does not say when; the resolution was put at the start.",
                "Put the right time into the last update's heading.",
            )
        )
        return started
    if ended < started:
        reading.findings.append(
            decided(
                place,
                f"It was resolved ({written}) before it began ({text_of(data.get('date'))}); "
                "the resolution was put at the start.",
                "Put the right time into the last update's heading.",
            )
        )
        return started
    return ended


def _window(title: str, started: datetime, ended: datetime | None, *, resolved: bool, now: datetime) -> Window | None:
    """Give the window of planned work; None for what went wrong, and where the window's end is unknown or its start."""
    words = _HOST.sub(" ", title)
    if not _PLANNED.search(words) or _UNPLANNED.search(words):
        return None
    if not resolved or ended is None or ended <= started or started > now:
        return None
    return Window(begins=started, ends=ended)
