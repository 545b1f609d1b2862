"""What an import would do to a repository: which files are new, renewed, already there, or left alone."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from publisher.importers.draft import EDITED, Entry, Imported, left_out
from publisher.importers.foreign_yaml import ForeignYamlError, read_mapping, text_of
from publisher.importers.registry import PATH, Merged, RegistryError, merged
from publisher.importers.slugs import free_name
from publisher.importers.writing import incident_file
from publisher.load.provenance import is_untouched
from publisher.model.finding import Finding, Level, Place
from publisher.ports import SourceFile

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


class Fate(enum.StrEnum):
    """What becomes of a file."""

    NEW = "new"
    RENEWED = "renewed"
    """It is there as an import wrote it, and the source says something else now."""
    SAME = "same"
    KEPT = "kept"
    """Somebody has edited it since; it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file of the repository and what the import does to it.

    Attributes:
        source_id: the entry it comes from; None for the components.
    """

    path: str
    body: bytes
    fate: Fate
    source_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that an import would do.

    Attributes:
        files: sorted by path.
        found: entries in the source; those without a file are named in the findings.
    """

    files: tuple[PlannedFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    found: int = 0
    components_added: tuple[str, ...] = ()

    def count(self, fate: Fate) -> int:
        """Count the incident files of one fate."""
        return sum(1 for file in self.files if file.fate is fate and file.source_id is not None)

    @property
    def to_write(self) -> tuple[PlannedFile, ...]:
        """The files to write: components first, so that an interrupted run leaves no unknown name behind."""
        files = (f for f in self.files if f.fate in (Fate.NEW, Fate.RENEWED))
        return tuple(sorted(files, key=lambda f: (f.source_id is not None, f.path)))


def plan_import(imported: Imported, existing: Sequence[SourceFile]) -> Plan:
    """Compare what a source gave with what a repository holds.

    Args:
        imported: what the source gave.
        existing: the repository's files at or below `incidents/` and `policy/components.yml`.
    """
    findings = list(imported.findings)
    by_path = {file.path: file for file in existing}
    current = by_path.get(PATH)
    try:
        registry = merged(imported, current.body.decode("utf-8", errors="replace") if current else None)
    except RegistryError as error:
        findings.append(
            left_out(
                Place(path=PATH, line=error.line),
                f"{error} Nothing was imported.",
                "Write each component on lines of its own, then import again.",
            )
        )
        return Plan(findings=tuple(sorted(findings, key=lambda f: f.sort_key)), found=imported.found)
    known = _known(existing)
    taken = {_incident_id(path).lower() for path in by_path if path.startswith("incidents/")}
    files = _components_file(registry, current)
    for entry in imported.entries:
        body = incident_file(entry, registry.ids)
        old = known.get((entry.source, entry.source_id))
        if old is None:
            new_id = free_name(f"{entry.started:%Y-%m-%d}-{entry.slug}", taken)
            taken.add(new_id)
            path = f"incidents/{new_id}.md"
            files.append(PlannedFile(path=path, body=body, fate=Fate.NEW, source_id=entry.source_id))
            continue
        fate = Fate.SAME if old.body.replace(b"\r\n", b"\n") == body else Fate.RENEWED
        if fate is Fate.RENEWED and not is_untouched(old.body):
            fate = Fate.KEPT
            findings.append(_kept(entry, old))
        files.append(PlannedFile(path=old.path, body=body, fate=fate, source_id=entry.source_id))
    return Plan(
        files=tuple(sorted(files, key=lambda f: f.path)),
        findings=tuple(sorted(set(findings), key=lambda f: f.sort_key)),
        found=imported.found,
        components_added=registry.added,
    )


def without(plan: Plan, refused: Sequence[Finding]) -> Plan:
    """Take out the files that our own checks refuse, and say so at the entry they come from.

    Components that only such an entry names stay: an unused component harms nobody.
    """
    if not refused:
        return plan
    paths = {finding.place.path for finding in refused}
    gone = [file for file in plan.files if file.path in paths]
    more = [
        left_out(
            Place(path=file.path),
            f"'{file.source_id or file.path}' was not imported, because the file would have to be mended.",
            "See the findings of this file; mend the source and import again, or write the file by hand.",
        )
        for file in gone
    ]
    return replace(
        plan,
        files=tuple(file for file in plan.files if file.path not in paths),
        findings=tuple(sorted({*plan.findings, *refused, *more}, key=lambda f: f.sort_key)),
    )


def _components_file(registry: Merged, current: SourceFile | None) -> list[PlannedFile]:
    if not registry.added:
        return []
    return [PlannedFile(path=PATH, body=registry.text.encode(), fate=Fate.RENEWED if current else Fate.NEW)]


def _kept(entry: Entry, old: SourceFile) -> Finding:
    return Finding(
        code=EDITED,
        level=Level.WARNING,
        place=Place(path=old.path),
        what=f"It was edited since it was imported from {entry.source} '{entry.source_id}', so it stays as it is.",
        fix="Move it away and import again if you want the source's words.",
    )


def _known(existing: Sequence[SourceFile]) -> dict[tuple[str, str], SourceFile]:
    """Give (source, id there) → the file that was imported from it."""
    out: dict[tuple[str, str], SourceFile] = {}
    for file in existing:
        if not file.path.startswith("incidents/"):
            continue
        match = _FRONT_MATTER.match(file.body.decode("utf-8", errors="replace").replace("\r\n", "\n"))
        try:
            data = read_mapping(match[1]) if match else {}
        except ForeignYamlError:
            continue
        origin = data.get("imported")
        if isinstance(origin, dict) and text_of(origin.get("id")):
            out.setdefault((text_of(origin.get("from")), text_of(origin.get("id"))), file)
    return out


def _incident_id(path: str) -> str:
    """Give the id a file below `incidents/` belongs to."""
    return path.removeprefix("incidents/").split("/", 1)[0].removesuffix(".md")
