"""The first half of the story: files are read, checked and made into a site, as far as they changed.

    read → check → project → render

Apart from `pipeline`, so that who only checks or builds imports nothing of what publishes.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.model.codes import levelled
from publisher.model.digest import ContentHash
from publisher.model.finding import Finding
from publisher.model.history import History
from publisher.model.release import Artifact, Said
from publisher.ports import Sources
from publisher.recall import reading as recall
from publisher.recall.making import Making, Views
from publisher.recall.state import State
from publisher.release.bundle import said

if TYPE_CHECKING:
    from publisher.render.view import View
    from publisher.site.frames import Frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What was read, and what is wrong with it.

    Attributes:
        findings: everything that load and checks said, sorted by place.
        source: the commit it was read from, or None.
        sources, state: what it was read from, and what is remembered of it; to build it.
    """

    history: History
    findings: tuple[Finding, ...]
    source: str | None
    sources: Sources | None = field(default=None, compare=False, repr=False)
    state: State | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A site that could go out, not yet stamped with a generation."""

    content: Content
    views: Mapping[str, View]
    artifacts: tuple[Artifact, ...]
    now: datetime
    warnings: tuple[str, ...] = ()
    """What MkDocs said of the pages in `site_src/`: links that lead nowhere, files that are left out."""

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
        if isinstance(self.views, Views):
            return self.views.said
        return said(self.views[self.history.site.locale])


def read(sources: Sources, *, now: datetime, state: State | None = None, named: bool = True) -> Content:
    """Read and check everything public.

    Args:
        sources: the repository.
        now: the run's moment.
        state: what earlier runs worked out; brought up to date. None remembers nothing.
        named: whether anybody will ask which commit it is.
    """
    state = state or State(None, code="")
    reading = recall.read(sources, state, now=now)
    found = levelled(reading.found, reading.history.policy.levels)
    findings = {finding.sort_key: finding for finding in found}
    return Content(
        history=reading.history,
        findings=tuple(findings[key] for key in sorted(findings)),
        source=sources.revision() if named else None,
        sources=sources,
        state=state,
    )


def build(
    content: Content, frames: Frames, *, now: datetime, pictures: MutableMapping[ContentHash, bytes] | None = None
) -> Built:
    """Make every artifact of every locale; what is remembered of an earlier run is not made again.

    Args:
        content: from `read`.
        frames: of the same site.
        now: the run's moment.
        pictures: those of earlier runs; looked up and added to.
    """
    if content.state is None or content.sources is None:
        raise ValueError("content that was not read cannot be built")
    making = Making(content.sources, content.state, content.history, frames, now=now, pictures=pictures)
    return Built(content=content, views=making.views, artifacts=making.artifacts(), now=now, warnings=frames.warnings)
