"""All files to one `History` and all findings: the front door of `load/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.load import catalogues, incidents, policy, site
from publisher.load.roots import is_incidents
from publisher.model.codes import levelled
from publisher.model.finding import Finding
from publisher.model.history import History, newest_first
from publisher.model.policy import Policy
from publisher.model.site import Site
from publisher.ports import SourceFile


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
    grounds = load_grounds(ordered)
    the_incidents, incident_found = incidents.load_incidents(
        [f for f in ordered if is_incidents(f.path)], locale=grounds.site.locale
    )
    history = History(site=grounds.site, policy=grounds.policy, incidents=newest_first(the_incidents))
    findings = levelled([*read_findings, *grounds.findings, *incident_found], grounds.policy.levels)
    return history, findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What every incident stands on.

    Attributes:
        findings: at their codes' ordinary levels.
    """

    site: Site
    policy: Policy
    findings: tuple[Finding, ...] = ()


def load_grounds(files: Sequence[SourceFile]) -> Grounds:
    """Read site and policy; files of incidents are passed over."""
    ordered = sorted(files, key=lambda file: file.path)
    the_site, found = site.load_site(next((f for f in ordered if f.path == site.PATH), None))
    the_site, said = catalogues.with_catalogues(
        the_site, [f for f in ordered if f.path.startswith(f"{catalogues.ROOT}/")]
    )
    the_policy, policy_found = policy.load_policy([f for f in ordered if f.path.startswith(f"{policy.ROOT}/")])
    return Grounds(site=the_site, policy=the_policy, findings=(*found, *said, *policy_found))
