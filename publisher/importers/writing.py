"""Entries → the files a writer would have typed, and `policy/components.yml` with what was added to it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from publisher.importers.draft import Entry, EntryUpdate, SeenComponent, SeenGroup
from publisher.load.provenance import DIGEST_KEY, NO_DIGEST
from publisher.model.component import Impact
from publisher.model.digest import sha256
from publisher.model.incident import Kind

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/().,+]*(?: [A-Za-z0-9_/().,+-]+)*")
_NOT_TEXT = re.compile(r"(?:true|false|yes|no|on|off|null|y|n|nan|inf)\Z", re.IGNORECASE)
_FEW = 2
"""Components that are written on one line."""


def scalar(text: str) -> str:
    """Write one YAML value that every reader takes for text."""
    if _PLAIN.fullmatch(text) and not _NOT_TEXT.match(text) and not text.endswith((",", ".")):
        return text
    # JSON strings are YAML strings; ESC and others beyond JSON's needs are escaped by json as well
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def moment(at: datetime) -> str:
    """Write an aware time as front matter has it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def heading(update: EntryUpdate) -> str:
    """Write an update's heading; seconds only where there are some."""
    at = update.at.astimezone(UTC)
    time = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"## {at:%Y-%m-%d} {time} UTC · {update.status.replace('_', ' ').capitalize()}"


def impacts(components: Mapping[str, Impact]) -> str:
    """Write components and their impact on one line."""
    return "{" + ", ".join(f"{name}: {impact}" for name, impact in components.items()) + "}"


def incident_file(entry: Entry, ids: Mapping[str, str]) -> bytes:
    """Write an entry as an incident file.

    Args:
        entry: what to write.
        ids: a component's name in the source → its id here.
    """
    lines = ["---", f"title: {scalar(entry.title)}"]
    if entry.kind is Kind.MAINTENANCE:
        lines.append("kind: maintenance")
    lines += [f"category: {entry.category}", f"severity: {entry.severity}"]
    lines += _components(_by_id(entry.components, ids))
    if entry.window is not None:
        lines.append(f"window: {{from: {moment(entry.window.begins)}, until: {moment(entry.window.ends)}}}")
    if entry.window is None or entry.started != entry.window.begins:
        lines.append(f"started: {moment(entry.started)}")
    lines += [f"imported: {{from: {entry.source}, id: {json.dumps(entry.source_id, ensure_ascii=False)}}}", "extra:"]
    lines += [f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in sorted(entry.extra.items())]
    lines += [f'  {DIGEST_KEY}: "{NO_DIGEST}"', "---"]
    for update in entry.updates:
        lines += ["", heading(update)]
        if update.components:
            lines += ["<!--", f"components: {impacts(_by_id(update.components, ids))}", "-->"]
        lines += ["", update.body]
    text = "\n".join(lines) + "\n"
    return text.replace(NO_DIGEST, sha256(text.encode()), 1).encode()


def _by_id(components: Mapping[str, Impact], ids: Mapping[str, str]) -> dict[str, Impact]:
    """Two spellings of one component in one entry become one, with the graver impact."""
    out: dict[str, Impact] = {}
    for name, impact in components.items():
        known = out.get(ids[name])
        out[ids[name]] = impact if known is None or impact.rank > known.rank else known
    return out


def _components(components: Mapping[str, Impact]) -> list[str]:
    if not components:
        return []
    if len(components) <= _FEW:
        return [f"components: {impacts(components)}"]
    return ["components:", *(f"  {name}: {impact}" for name, impact in components.items())]


def group_lines(group_id: str, group: SeenGroup) -> list[str]:
    """Write a group as `policy/components.yml` has it, without indentation."""
    lines = [f"{group_id}:", f"  name: {scalar(group.name)}"]
    return [*lines, f"  description: {scalar(one_line(group.description))}"] if group.description else lines


def component_lines(component_id: str, component: SeenComponent, group_id: str | None) -> list[str]:
    """Write a component as `policy/components.yml` has it, without indentation."""
    lines = [f"{component_id}:", f"  name: {scalar(component.name)}"]
    if component.description:
        lines.append(f"  description: {scalar(one_line(component.description))}")
    if group_id:
        lines.append(f"  group: {group_id}")
    if component.only_show_if_degraded:
        lines.append("  only_show_if_degraded: true")
    if not component.listed:
        lines.append("  showcase: false")
    return lines


def one_line(text: str) -> str:
    """Put a text on one line, as descriptions are."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip()


def indented(blocks: Sequence[Sequence[str]], width: int) -> str:
    """Put blocks of lines below one another at an indentation."""
    return "".join(f"{' ' * width}{line}\n" for block in blocks for line in block)
