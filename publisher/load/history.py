"""All files to one `History` and all findings: the front door of `load/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from publisher.load import catalogues, incidents, policy, site
from publisher.model.codes import levelled
from publisher.model.finding import Finding
from publisher.model.history import History, newest_first
from publisher.ports import SourceFile

PUBLIC_ROOTS: Final = (incidents.ROOT, policy.ROOT, catalogues.ROOT, site.PATH)
"""What a public build reads. Nothing else is ever opened for it."""


def load_history(
    files: Sequence[SourceFile], *, read_findings: Sequence[Finding] = ()
) -> tuple[History, tuple[Finding, ...]]:
    """Read everything that people typed. Never raises for a bad text.

    Args:
        files: of `PUBLIC_ROOTS`; others are ignored.
        read_findings: what the reader of the files already found.

    Returns:
        What could be read, and every finding at the level the policy gives it, sorted by place. Where one blocks, the
        history holds stand-ins and gaps; it is then good for further checks only, never for publishing.
    """
    ordered = sorted(files, key=lambda file: file.path)
    the_site, found = site.load_site(next((f for f in ordered if f.path == site.PATH), None))
    the_site, said = catalogues.with_catalogues(
        the_site, [f for f in ordered if f.path.startswith(f"{catalogues.ROOT}/")]
    )
    the_policy, policy_found = policy.load_policy([f for f in ordered if f.path.startswith(f"{policy.ROOT}/")])
    the_incidents, incident_found = incidents.load_incidents(
        [f for f in ordered if f.path.startswith(f"{incidents.ROOT}/")], locale=the_site.locale
    )
    history = History(site=the_site, policy=the_policy, incidents=newest_first(the_incidents))
    findings = levelled([*read_findings, *found, *said, *policy_found, *incident_found], the_policy.levels)
    return history, findings
