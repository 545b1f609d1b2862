"""JSON documents of a status page → the incidents and components in them, each once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from publisher.importers.draft import adapted, left_out
from publisher.model.finding import Finding, Place
from publisher.ports import SourceFile

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

_LISTS = ("incidents", "scheduled_maintenances")


@dataclass(slots=True)
class Gathered:
    """What the documents hold, before anything is made of it.

    Attributes:
        incidents: id → incident or maintenance, and where it stands.
        components: id → component or group.
        found: incidents and maintenances met, those that cannot be read included.
    """

    incidents: dict[str, tuple[dict[str, Json], Place]] = field(default_factory=dict)
    components: dict[str, dict[str, Json]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    found: int = 0


def gather(file: SourceFile, gathered: Gathered) -> None:
    """Read one document, whole or line by line, into what was gathered so far."""
    try:
        text = file.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        gathered.findings.append(
            left_out(Place(path=file.path), "The file is not UTF-8.", "Save it as UTF-8 and import again.")
        )
        return
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if "\n" not in text.strip():
            place = Place(path=file.path, line=error.lineno, col=error.colno)
            gathered.findings.append(left_out(place, f"The JSON cannot be read: {error.msg}.", "Fetch the file again."))
            return
    except RecursionError:
        gathered.findings.append(
            left_out(Place(path=file.path), "The JSON is nested too deep.", "Fetch the file again.")
        )
        return
    else:
        _sort(value, Place(path=file.path), gathered)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        place = Place(path=file.path, line=number)
        if line.strip():
            try:
                _sort(json.loads(line), place, gathered)
            except (json.JSONDecodeError, RecursionError) as error:
                gathered.found += 1
                gathered.findings.append(
                    left_out(place, f"The line is not JSON: {error}.", "Mend the line and import again.")
                )


def _sort(value: Json, place: Place, gathered: Gathered) -> None:
    """Find the incidents and components in one document."""
    if isinstance(value, list):
        for item in value:
            _sort(item, place, gathered)
        return
    if not isinstance(value, dict):
        gathered.findings.append(left_out(place, "It is no incident and no list of them.", "Give a file of the API."))
        return
    if isinstance(value.get("incident"), dict):
        _sort(value["incident"], place, gathered)
    elif "group_id" in value:
        _note_components([value], gathered)
    elif "page" in value or any(isinstance(value.get(key), list) for key in _LISTS):
        _note_components(items(value.get("components")), gathered)
        for key in _LISTS:
            for item in items(value.get(key)):
                _take(item, place, gathered)
    else:
        _take(value, place, gathered)


def _note_components(rows: list[Json], gathered: Gathered) -> None:
    for row in rows:
        if isinstance(row, dict) and string(row.get("id")):
            gathered.components.setdefault(string(row["id"]), row)


def _take(raw: Json, place: Place, gathered: Gathered) -> None:
    if not isinstance(raw, dict) or not string(raw.get("id")):
        gathered.found += 1
        gathered.findings.append(left_out(place, "It has no id.", "Add the id that the page gives it."))
        return
    twin = gathered.incidents.get(string(raw["id"]))
    if twin is None:
        gathered.found += 1
        gathered.incidents[string(raw["id"])] = (raw, place)
    elif twin[0] != raw:
        what = f"'{string(raw['id'])}' stands in the source twice with other words; the one last updated counts."
        gathered.findings.append(adapted(place, what))
        if string(raw.get("updated_at")) >= string(twin[0].get("updated_at")):
            gathered.incidents[string(raw["id"])] = (raw, place)


def items(value: Json) -> list[Json]:
    """Give a list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def string(value: Json) -> str:
    """Give a string as it is, a number as text, anything else as empty."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def one_line(value: Json) -> str:
    """Give a string on one line. Spaces that do not break stay."""
    return re.sub(r"[ \t\r\n]+", " ", string(value))


def number(value: Json) -> float:
    """Give a number; what is none comes after all numbers."""
    return float(value) if isinstance(value, int | float) else float("inf")
