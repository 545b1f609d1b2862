"""JSON of the Statuspage API v2, or recorded histories as JSON lines → entries.

What Statuspage's words become:

| impact | ours |
|---|---|
| `critical` | sev1, outage; components without a status of their own in major_outage |
| `major` | sev2, outage; partial_outage |
| `minor` | sev3, degradation; degraded_performance |
| `none` | sev4, degradation; operational |
| `maintenance`, or anything with `scheduled_for` | sev4, maintenance with its window; under_maintenance |

Where an update names `affected_components`, their new status is taken instead. Maintenances without a window, as
recorded histories have them, get the time from "In progress" to "Completed".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from publisher.importers.draft import (
    Entry,
    EntryUpdate,
    Imported,
    SeenComponent,
    SeenGroup,
    adapted,
    decided,
    left_out,
)
from publisher.importers.moments import read_moment
from publisher.importers.plain import clean, from_plain
from publisher.importers.slugs import same_name, slug
from publisher.importers.statuspage_documents import Gathered, Json, gather, items, number, one_line, string
from publisher.model.component import Impact
from publisher.model.finding import Finding, Place
from publisher.model.incident import Category, Kind, Severity, Status, Window
from publisher.ports import SourceFile

_IMPACTS: Mapping[str, tuple[Severity, Category, Impact]] = {
    "critical": (Severity.SEV1, Category.OUTAGE, Impact.MAJOR_OUTAGE),
    "major": (Severity.SEV2, Category.OUTAGE, Impact.PARTIAL_OUTAGE),
    "minor": (Severity.SEV3, Category.DEGRADATION, Impact.DEGRADED_PERFORMANCE),
    "none": (Severity.SEV4, Category.DEGRADATION, Impact.OPERATIONAL),
    "maintenance": (Severity.SEV4, Category.MAINTENANCE, Impact.UNDER_MAINTENANCE),
}
_PLANNED_STATUSES = frozenset({Status.SCHEDULED, Status.IN_PROGRESS, Status.VERIFYING, Status.COMPLETED})
_STATUSES = frozenset(map(str, Status))
_COMPONENT_STATUSES = frozenset(map(str, Impact))
_READ = {
    *(
        "id",
        "name",
        "title",
        "status",
        "impact",
        "components",
        "incident_updates",
        "updates",
        "shortlink",
        "url",
        "postmortem_body",
    ),
    *("started_at", "scheduled_for", "scheduled_until"),
}
_DERIVED = {
    *(
        "created_at",
        "updated_at",
        "monitoring_at",
        "resolved_at",
        "page_id",
        "published_at",
        "status_sequence",
        "entry_id",
    ),
    *(
        "duration_minutes",
        "downtime_start",
        "downtime_end",
        "impact_window",
        "impact_override",
        "metadata",
        "reminder_intervals",
    ),
    *("components_source", "components_confidence", "postmortem_published_at", "postmortem_notified_subscribers"),
    *("postmortem_notified_twitter", "postmortem_body_last_updated_at", "postmortem_ignored", "backfilled"),
    *("scheduled_auto_completed", "scheduled_auto_in_progress", "scheduled_remind_prior", "scheduled_reminded_at"),
    *("auto_transition_deliver_notifications_at_end", "auto_transition_deliver_notifications_at_start"),
    *("auto_transition_to_maintenance_state", "auto_transition_to_operational_state", "auto_tweet_at_beginning"),
    *("auto_tweet_on_completion", "auto_tweet_on_creation", "auto_tweet_one_hour_before"),
}
"""Follows from the updates, or steers Statuspage alone: not carried."""


class _LeftOutError(ValueError):
    """This incident cannot be brought in."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


def read_statuspage(files: Sequence[SourceFile]) -> Imported:
    """Read documents of one status page: API v2 answers, single incidents, lists of them, or one of these per line.

    Args:
        files: the documents; the same incident in two of them is read once, as last updated.
    """
    gathered = Gathered()
    for file in sorted(files, key=lambda f: f.path):
        gather(file, gathered)
    groups, components, by_code = _catalogue(gathered.components)
    entries: list[Entry] = []
    for raw, place in gathered.incidents.values():
        try:
            entry, findings = _entry(raw, place, by_code)
        except _LeftOutError as error:
            gathered.findings.append(left_out(place, error.what, error.fix))
        else:
            entries.append(entry)
            gathered.findings += findings
    entries.sort(key=lambda e: (e.started, e.source_id))
    return Imported(
        entries=tuple(entries),
        groups=groups,
        components=_with_unlisted(components, entries),
        findings=tuple(gathered.findings),
        found=gathered.found,
    )


def _catalogue(
    rows: Mapping[str, dict[str, Json]],
) -> tuple[tuple[SeenGroup, ...], tuple[SeenComponent, ...], dict[str, str]]:
    """Give groups and components in the page's order, and code → name."""
    ordered = sorted(rows.values(), key=lambda row: (number(row.get("position")), string(row.get("name"))))
    groups = {string(r["id"]): one_line(r.get("name")) for r in ordered if r.get("group") is True}
    names = [one_line(r.get("name")) for r in ordered if r.get("group") is not True]
    components: list[SeenComponent] = []
    by_code: dict[str, str] = {}
    for row in ordered:
        if row.get("group") is True:
            continue
        group, name = groups.get(string(row.get("group_id"))), one_line(row.get("name"))
        if group and names.count(name) > 1:
            # two regions may both have a component "API"; Statuspage itself writes them so
            name = f"{group} - {name}"
        by_code[string(row["id"])] = name
        components.append(
            SeenComponent(
                name=name,
                description=clean(string(row.get("description")))[0].strip() or None,
                group=group,
                only_show_if_degraded=row.get("only_show_if_degraded") is True,
            )
        )
    described = {string(r["id"]): clean(string(r.get("description")))[0].strip() or None for r in ordered}
    return (
        tuple(SeenGroup(name=name, description=described[code]) for code, name in groups.items()),
        tuple(components),
        by_code,
    )


def _with_unlisted(listed: tuple[SeenComponent, ...], entries: Iterable[Entry]) -> tuple[SeenComponent, ...]:
    """Add components that only incidents name. With no list at all, the incidents are the list."""
    known = {same_name(c.name) for c in listed}
    more: list[SeenComponent] = []
    for entry in entries:
        for held in (entry.components, *(update.components or {} for update in entry.updates)):
            for name in held:
                if same_name(name) not in known:
                    known.add(same_name(name))
                    more.append(SeenComponent(name=name, listed=not listed, only_show_if_degraded=bool(listed)))
    return (*listed, *more)


def _entry(raw: dict[str, Json], place: Place, by_code: Mapping[str, str]) -> tuple[Entry, list[Finding]]:
    findings: list[Finding] = []
    title, gone = clean(one_line(raw.get("name") or raw.get("title")))
    if not title:
        raise _LeftOutError("It has no name.", "Add a name and import again.")
    if gone:
        findings.append(
            adapted(place, f"Characters that steer or reorder text were taken out of the name: {', '.join(gone)}.")
        )
    word = string(raw.get("impact")) or "none"
    if word not in _IMPACTS:
        raise _LeftOutError(f"Its impact '{word}' is none of {', '.join(_IMPACTS)}.", "Write one of them.")
    updates = _updates(raw, place, by_code, findings)
    planned = (
        word == "maintenance" or bool(raw.get("scheduled_for")) or any(u.status in _PLANNED_STATUSES for u in updates)
    )
    severity, category, impact = _IMPACTS["maintenance" if planned else word]
    started, window = _times(raw, place, updates, planned=planned, findings=findings)
    updates = _closed(raw, place, updates, planned=planned, findings=findings)
    if not updates:
        raise _LeftOutError("Nothing was said in it.", "Leave it, or add an update and import again.")
    components = _components(raw, place, by_code, impact=impact, updates=updates, findings=findings)
    first = updates[0]
    if first.components:
        updates = (replace(first, components=None), *updates[1:])
    extra = {"impact": word}
    for key, value in sorted(raw.items()):
        if key in ("url", "shortlink") and string(value):
            extra[key] = string(value)
        elif key not in _READ | _DERIVED and value not in (None, "", [], {}):
            extra[key] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
            findings.append(adapted(place, f"'{key}' has no place on a page; it is kept as an internal field."))
    return (
        Entry(
            source="statuspage",
            source_id=string(raw["id"]),
            slug=slug(title, fallback="maintenance" if planned else "incident"),
            title=title,
            kind=Kind.MAINTENANCE if planned else Kind.INCIDENT,
            category=category,
            severity=severity,
            started=started,
            window=window,
            components=components,
            updates=updates,
            extra=extra,
            place=place,
        ),
        findings,
    )


def _updates(
    raw: dict[str, Json], place: Place, by_code: Mapping[str, str], findings: list[Finding]
) -> tuple[EntryUpdate, ...]:
    recorded = "updates" in raw and "incident_updates" not in raw
    rows = [row for row in items(raw.get("updates" if recorded else "incident_updates")) if isinstance(row, dict)]
    if not recorded:
        rows.reverse()  # the API gives the newest first
    out: list[EntryUpdate] = []
    cut = False
    for row in rows:
        written = string(row.get("at") if recorded else row.get("display_at") or row.get("created_at"))
        moment = read_moment(written)
        if moment is None or not moment.zoned:
            raise _LeftOutError(f"An update's time '{written}' is no moment with a zone.", "Mend it and import again.")
        cut = cut or moment.cut
        word = string(row.get("status")).lower().replace(" ", "_")
        if word not in _STATUSES:
            raise _LeftOutError(f"An update's status '{word}' is not known.", f"Write one of {', '.join(Status)}.")
        status = Status(word)
        text = string(row.get("message") if recorded else row.get("body"))
        converted = from_plain(text)
        findings += [adapted(place, note) for note in converted.notes]
        body = converted.markdown
        if not body:
            body = _word(status)
            findings.append(adapted(place, f"An update of {written} has no text; it says '{body}'"))
        out.append(EntryUpdate(at=moment.at, status=status, body=body, components=_affected(row, by_code)))
    if cut:
        findings.append(adapted(place, "Times were cut to whole seconds."))
    return tuple(sorted(out, key=lambda update: update.at))


def _affected(row: dict[str, Json], by_code: Mapping[str, str]) -> dict[str, Impact] | None:
    """Give the components an update names with the status it gives them."""
    out: dict[str, Impact] = {}
    for item in items(row.get("affected_components")):
        if (
            isinstance(item, dict)
            and string(item.get("new_status")) in _COMPONENT_STATUSES
            and string(item.get("name"))
        ):
            out[by_code.get(string(item.get("code")), one_line(item["name"]))] = Impact(string(item["new_status"]))
    return out or None


def _times(
    raw: dict[str, Json], place: Place, updates: Sequence[EntryUpdate], *, planned: bool, findings: list[Finding]
) -> tuple[datetime, Window | None]:
    said = read_moment(string(raw.get("started_at") or raw.get("created_at")))
    if not planned:
        started = said.at if said else updates[0].at if updates else None
        if started is None:
            raise _LeftOutError("Nothing says when it began.", "Add started_at and import again.")
        if updates and updates[0].at < started:
            findings.append(
                decided(
                    place,
                    "Its first update is older than its beginning; it begins with the update.",
                    "Put the right time into 'started'.",
                )
            )
            started = updates[0].at
        return started, None
    begins, ends = read_moment(string(raw.get("scheduled_for"))), read_moment(string(raw.get("scheduled_until")))
    if begins and ends and begins.at < ends.at:
        return begins.at, Window(begins=begins.at, ends=ends.at)
    first = next((u.at for u in updates if u.status is Status.IN_PROGRESS), updates[0].at if updates else None)
    last = next((u.at for u in reversed(updates) if u.status is Status.COMPLETED), None)
    if first is None or last is None or last <= first:
        raise _LeftOutError("Nothing says when its window begins and ends.", "Add scheduled_for and scheduled_until.")
    findings.append(
        adapted(
            place,
            "Its window is the time from 'In progress' to 'Completed'; the source does not say what was planned.",
        )
    )
    return first, Window(begins=first, ends=last)


def _closed(
    raw: dict[str, Json], place: Place, updates: tuple[EntryUpdate, ...], *, planned: bool, findings: list[Finding]
) -> tuple[EntryUpdate, ...]:
    """Add the closing word where the source calls it over but has no update that says so, and its postmortem."""
    closing = Status.COMPLETED if planned else Status.RESOLVED
    state = string(raw.get("status"))
    if state in (closing, Status.POSTMORTEM) and not any(u.status in (closing, Status.POSTMORTEM) for u in updates):
        moment = read_moment(string(raw.get("resolved_at") or raw.get("updated_at")))
        if moment is not None:
            findings.append(adapted(place, f"It is over, without words; the last update says '{_word(closing)}'"))
            silent = EntryUpdate(at=moment.at, status=closing, body=_word(closing))
            updates = tuple(sorted((*updates, silent), key=lambda update: update.at))
    told = string(raw.get("postmortem_body"))
    if told and not any(u.status is Status.POSTMORTEM for u in updates):
        moment = read_moment(string(raw.get("postmortem_published_at") or raw.get("updated_at")))
        if moment is not None:
            converted = from_plain(told)
            report = EntryUpdate(at=moment.at, status=Status.POSTMORTEM, body=converted.markdown)
            updates = tuple(sorted((*updates, report), key=lambda update: update.at))
    return updates


def _components(
    raw: dict[str, Json],
    place: Place,
    by_code: Mapping[str, str],
    *,
    impact: Impact,
    updates: Sequence[EntryUpdate],
    findings: list[Finding],
) -> dict[str, Impact]:
    """Give the impact at the start: the first update's word, else what the incident's impact means."""
    guesses = raw.get("components_source")
    listed: list[str] = []
    for item in items(raw.get("components")):
        if isinstance(item, dict):
            listed.append(by_code.get(string(item.get("id")), one_line(item.get("name"))))
        elif isinstance(item, str):
            listed.append(one_line(item))
    listed = [name for name in dict.fromkeys(listed) if name]
    if guesses and listed:
        findings.append(
            adapted(
                place,
                f"The components {', '.join(listed)} were guessed by a program ('{string(guesses)}'); left out.",
                "Add them under 'components' if they are right.",
            )
        )
        listed = []
    said = dict(updates[0].components or {})
    later = {name for update in updates[1:] for name in update.components or {}}
    return said | {name: impact for name in listed if name not in said and name not in later}


def _word(status: Status) -> str:
    return f"{status.replace('_', ' ').capitalize()}."
