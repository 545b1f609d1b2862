"""The story on one page: what happens between a file that was saved and a reader who knows.

    read → check → project → render → gate → record → upload → send

Each step is a function of another room; this module only says the order, and which value goes where. The order is the promise:

- The gate speaks before anything is written anywhere.
- Words and the list of those who must hear them are recorded in one transaction before the first byte goes out, so a run that
  dies can be finished by the next, and nobody is forgotten.
- Pages flip before messages go: a link in a mail always finds its page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.checks import check
from publisher.load.history import load_history
from publisher.load.schema import json_schemas
from publisher.model.delivery import Channel
from publisher.model.finding import Finding
from publisher.model.governance import Hold
from publisher.model.history import History
from publisher.model.release import Artifact, Said
from publisher.ports import Sources
from publisher.release.bundle import said
from publisher.release.gate import Verdict, gate
from publisher.render.artifacts import data_artifacts
from publisher.render.view import View
from publisher.render.views import project_all
from publisher.site.fill import page_artifacts
from publisher.site.frames import Frames

PUBLIC_ROOTS = ("incidents", "policy", "mkdocs.yml")
"""All that a public build may read, besides the frames' own `site_src/`. `internal/` is not among them, by design."""

MAX_SOURCE_BYTES = 1024 * 1024
"""No text a person writes is longer; larger files are findings, never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What was read, and what is wrong with it.

    Attributes:
        findings: everything that load and checks said, sorted by place.
        source: the commit it was read from, or None.
    """

    history: History
    findings: tuple[Finding, ...]
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A site that could go out, not yet stamped with a generation."""

    content: Content
    views: Mapping[str, View]
    artifacts: tuple[Artifact, ...]
    now: datetime

    @property
    def history(self) -> History:
        """The history it was made from."""
        return self.content.history

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything a writer must know."""
        return self.content.findings

    @property
    def said(self) -> tuple[Said, ...]:
        """Every wording it carries, in the source locale."""
        return said(self.views[self.history.site.locale])


def read(sources: Sources, *, now: datetime) -> Content:
    """Read and check everything public."""
    files, unreadable = sources.read(roots=PUBLIC_ROOTS, max_bytes=MAX_SOURCE_BYTES)
    history, problems = load_history(files, read_findings=unreadable)
    findings = {finding.sort_key: finding for finding in (*problems, *check(history, now=now))}
    return Content(
        history=history,
        findings=tuple(findings[key] for key in sorted(findings)),
        source=sources.revision(),
    )


def build(content: Content, frames: Frames, *, now: datetime) -> Built:
    """Make every artifact of every locale."""
    views = project_all(content.history, now=now)
    artifacts = (*page_artifacts(views, frames), *data_artifacts(views, schemas=json_schemas()))
    return Built(
        content=content,
        views=views,
        artifacts=tuple(sorted(artifacts, key=lambda artifact: artifact.path)),
        now=now,
    )


def weigh(built: Built, *, holds: Sequence[Hold] = ()) -> Verdict:
    """Ask the gate whether this may go out."""
    channels = (Channel.PAGE, Channel.FEED, Channel.API, Channel.EMAIL)
    speaking = [(channel, incident.id) for incident in built.history.incidents for channel in channels] if holds else []
    return gate(findings=built.findings, holds=holds, speaking=speaking, now=built.now)
