"""Files below `policy/` to a `Policy`. What is not written keeps its default."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from publisher.load.frontmatter import parse_text
from publisher.load.report import Report, nearest
from publisher.load.schema import (
    ChannelsTyped,
    ChecksTyped,
    ComponentsTyped,
    EmailTyped,
    PageTyped,
    SeveritiesTyped,
    TargetTyped,
)
from publisher.load.validate import validate
from publisher.load.yaml import POLICY, Document, read_yaml
from publisher.model.codes import CODES, lowers
from publisher.model.component import Component, Group, Registry
from publisher.model.finding import Finding, Level, Place
from publisher.model.hold import Holds
from publisher.model.incident import Severity
from publisher.model.obligations import Obligations
from publisher.model.people import Approvals
from publisher.model.policy import EmailPolicy, PagePolicy, Policy, SeverityRule, Target, Uptime
from publisher.model.redaction import Redaction
from publisher.ports import SourceFile

ROOT: Final = "policy"
COMPONENTS: Final = "policy/components.yml"
SEVERITIES: Final = "policy/severities.yml"
CHANNELS: Final = "policy/channels.yml"
CHECKS: Final = "policy/checks.yml"
OBLIGATIONS: Final = "policy/obligations.yml"
CALENDARS: Final = "policy/calendars"
REDACTION: Final = "policy/redaction.yml"
PEOPLE: Final = "policy/people.yml"
APPROVALS: Final = "policy/approvals.yml"
HOLDS: Final = "policy/holds.yml"

_FILES: Final = (COMPONENTS, SEVERITIES, CHANNELS, CHECKS, OBLIGATIONS, REDACTION, PEOPLE, APPROVALS, HOLDS)
_OURS = frozenset({"incidents", "internal", "policy", "site_src", "publisher", ".git"})
_MAIL_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\/]{1,255}\Z")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z", re.ASCII)

Model = TypeVar("Model", bound=BaseModel)


def load_policy(files: Sequence[SourceFile]) -> tuple[Policy, tuple[Finding, ...]]:
    """Read the policy.

    Args:
        files: those below `policy/`; names not known yet are left alone.

    Returns:
        The policy, with defaults where nothing is written, and what is wrong.
    """
    found: list[Finding] = []
    by_path = {file.path: file for file in files}
    components, document = _read(ComponentsTyped, by_path.get(COMPONENTS), found)
    severities, _ = _read(SeveritiesTyped, by_path.get(SEVERITIES), found)
    channels, channels_document = _read(ChannelsTyped, by_path.get(CHANNELS), found)
    checks, checks_document = _read(ChecksTyped, by_path.get(CHECKS), found)
    if COMPONENTS not in by_path:
        report = Report(COMPONENTS)
        report.add("TID502", "There is no such file, so no incident can name a component.", "Write it.")
        found.extend(report.findings)
    found.extend(_unread(by_path))
    obligations, problems = _obligations(by_path)
    found.extend(problems)
    redaction, problems = _redaction(by_path)
    found.extend(problems)
    page = _page(channels.page, channels_document, found) if channels and channels.page else PagePolicy()
    email = _email(channels.email, channels_document, found) if channels and channels.email else EmailPolicy()
    registry = _registry(components, document) if components else Registry()
    approvals, problems = _approvals(by_path, registry)
    found.extend(problems)
    holds, problems = _holds(by_path)
    found.extend(problems)
    policy = Policy(
        registry=registry,
        severities=_severities(severities) if severities else (),
        page=page,
        email=email,
        uptime=_uptime(components) if components else Uptime(),
        levels=_levels(checks, checks_document, found) if checks else {},
        obligations=obligations,
        redaction=redaction,
        approvals=approvals,
        holds=holds,
    )
    return policy, tuple(found)


def _obligations(by_path: Mapping[str, SourceFile]) -> tuple[Obligations, tuple[Finding, ...]]:
    if not any(path == OBLIGATIONS or path.startswith(f"{CALENDARS}/") for path in by_path):
        return Obligations(), ()
    # most houses have none, and then nobody pays for reading the rules that ship
    from publisher.load.policy_obligations import load_obligations  # noqa: PLC0415

    return load_obligations(by_path)


def _redaction(by_path: Mapping[str, SourceFile]) -> tuple[Redaction, tuple[Finding, ...]]:
    if REDACTION not in by_path:
        return Redaction(), ()
    from publisher.load.policy_redaction import load_redaction  # noqa: PLC0415 - as above

    return load_redaction(by_path[REDACTION])


def _approvals(by_path: Mapping[str, SourceFile], registry: Registry) -> tuple[Approvals, tuple[Finding, ...]]:
    if PEOPLE not in by_path and APPROVALS not in by_path:
        return Approvals(), ()
    from publisher.load.policy_people import load_approvals  # noqa: PLC0415 - as above

    return load_approvals(by_path, registry)


def _holds(by_path: Mapping[str, SourceFile]) -> tuple[Holds, tuple[Finding, ...]]:
    if HOLDS not in by_path:
        return Holds(), ()
    from publisher.load.policy_holds import load_holds  # noqa: PLC0415 - as above

    return load_holds(by_path[HOLDS])


def _unread(paths: Iterable[str]) -> Iterator[Finding]:
    """Name files that somebody meant for one of ours: what they say counts for nothing, and nobody would notice."""
    for path in paths:
        stem, ending = posixpath.splitext(path.removeprefix(f"{ROOT}/"))
        ours = {posixpath.basename(file).removesuffix(".yml"): file for file in _FILES}
        close = difflib.get_close_matches(stem.lower(), ours, n=1, cutoff=0.7)
        if path not in _FILES and ending.lower() in {".yml", ".yaml"} and close:
            report = Report(path)
            report.add("TID510", "Nothing reads this file.", f'Did you mean "{ours[close[0]]}"? Name it like this.')
            yield from report.findings


def _read(model: type[Model], file: SourceFile | None, found: list[Finding]) -> tuple[Model | None, Document]:
    if file is None:
        return None, Document()
    report = Report(file.path)
    typed: Model | None = None
    document: Document | None = None
    text = parse_text(file.body, report=report)
    if text is not None:
        document = read_yaml(text, report=report, limits=POLICY)
        if document is not None:
            typed = validate(model, document, report=report, what="file")
    found.extend(report.findings)
    return typed, document or Document()


def _registry(typed: ComponentsTyped, document: Document) -> Registry:
    def place(*loc: str) -> Place:
        line, col = document.key_spot(loc)
        return Place(path=COMPONENTS, line=line, col=col)

    components = tuple(
        Component(
            id=name,
            name=c.name,
            names=c.names or {},
            description=c.description,
            descriptions=c.descriptions or {},
            group=c.group,
            depends_on=tuple(c.depends_on or ()),
            owner=c.owner,
            since=c.since,
            showcase=c.showcase,
            only_show_if_degraded=c.only_show_if_degraded,
            public=c.public,
            place=place("components", name),
        )
        for name, c in (typed.components or {}).items()
    )
    groups = tuple(
        Group(
            id=name,
            name=g.name,
            names=g.names or {},
            description=g.description,
            descriptions=g.descriptions or {},
            parent=g.parent,
            public=g.public,
            place=place("groups", name),
        )
        for name, g in (typed.groups or {}).items()
    )
    return Registry(components=components, groups=groups)


def _uptime(typed: ComponentsTyped) -> Uptime:
    default = Uptime()
    if typed.uptime is None:
        return default
    return Uptime(days=typed.uptime.days or default.days, weights={**default.weights, **(typed.uptime.weights or {})})


def _severities(typed: SeveritiesTyped) -> tuple[SeverityRule, ...]:
    rules = ((severity, getattr(typed, str(severity))) for severity in Severity)
    return tuple(
        SeverityRule(severity=severity, name=rule.name, description=rule.description or "", mail=rule.mail)
        for severity, rule in rules
        if rule is not None
    )


def _given(typed: BaseModel) -> dict[str, Any]:
    """Give the fields that were written, so that the model's defaults stand for the rest."""
    return {name: value for name in type(typed).model_fields if (value := getattr(typed, name)) is not None}


def _page(typed: PageTyped, document: Document, found: list[Finding]) -> PagePolicy:
    report = Report(CHANNELS)
    default = PagePolicy()
    targets = [_target(name, target, document, report) for name, target in (typed.targets or {}).items()]
    for name, least in (("keep_releases", 1), ("lease_ttl_s", 5), ("timeout_s", 1)):
        value = getattr(typed, name)
        if value is not None and value < least:
            spot = document.spot(("page", name))
            report.add(
                "TID507", f'"{name}" is {value}, and at least {least} is needed.', f"Write {least} or more.", spot
            )
    found.extend(report.findings)
    return PagePolicy(
        targets=tuple(targets) or default.targets,
        max_shrink=default.max_shrink if typed.max_shrink is None else typed.max_shrink,
        keep_releases=typed.keep_releases or default.keep_releases,
        lease_ttl_s=typed.lease_ttl_s or default.lease_ttl_s,
        timeout_s=typed.timeout_s or default.timeout_s,
    )


def _target(name: str, typed: TargetTyped, document: Document, report: Report) -> Target:
    loc = ("page", "targets", name)
    if typed.kind == "folder":
        if typed.path is None:
            report.add("TID507", f'The folder "{name}" has no path.', "Add `path: out/site`.", document.key_spot(loc))
        elif not _is_safe_folder(typed.path):
            what = f'"{typed.path}" is, or holds, a folder that the site is made from.'
            report.add("TID507", what, "Choose a folder of its own, as in `out/site`.", document.spot((*loc, "path")))
        wrong = {"bucket", "endpoint", "region", "profile"} & set(_given(typed))
    else:
        if typed.bucket is None:
            report.add("TID507", f'The target "{name}" has no bucket.', "Add `bucket:`.", document.key_spot(loc))
        elif not _BUCKET.match(typed.bucket):
            fix = "Use 3 to 63 of a-z, 0-9, dots and hyphens."
            report.add("TID507", f'"{typed.bucket}" is not a bucket\'s name.', fix, document.spot((*loc, "bucket")))
        wrong = {"path"} & set(_given(typed))
    for key in sorted(wrong):
        what = f'"{key}" means nothing for a target of kind {typed.kind}.'
        report.add("TID507", what, "Remove the line, or change the kind.", document.key_spot((*loc, key)))
    return Target(
        name=name,
        kind=typed.kind,
        path=typed.path,
        bucket=typed.bucket,
        prefix=(typed.prefix or "").strip("/"),
        endpoint=typed.endpoint,
        region=typed.region,
        profile=typed.profile,
    )


def _is_safe_folder(path: str) -> bool:
    """Say whether publishing there cannot overwrite what the site is made from."""
    if "\\" in path:
        return False
    if path.startswith("/"):
        return posixpath.normpath(path) not in ("/", "//")
    normal = posixpath.normpath(path)
    return normal != "." and not normal.startswith("..") and normal.split("/")[0] not in _OURS


def _email(typed: EmailTyped, document: Document, found: list[Finding]) -> EmailPolicy:
    report = Report(CHANNELS)

    def bad(key: str, what: str, fix: str) -> None:
        report.add("TID508", what, fix, document.spot(("email", key)))

    for key, address in (("sender", typed.sender), ("reply_to", typed.reply_to)):
        if address is not None and not _MAIL_ADDRESS.match(address):
            bad(key, f'"{address}" is not a mail address.', "Write it as in `status@example.com`.")
    if typed.unsubscribe_url is not None and not re.match(r"https?://[^\s]*\{token\}", typed.unsubscribe_url):
        bad(
            "unsubscribe_url",
            f'"{typed.unsubscribe_url}" cannot tell who unsubscribes.',
            "Write an https address with `{token}` in it.",
        )
    if typed.port is not None and not 0 < typed.port < 65536:  # noqa: PLR2004 -- TCP
        bad("port", f"{typed.port} is not a port.", "Write 25, 465 or 587, or what your server says.")
    if typed.timeout_s == 0:
        bad("timeout_s", "A time-out of 0 seconds lets nothing through.", "Write 20.")
    found.extend(report.findings)
    return EmailPolicy(**_given(typed))


def _levels(typed: ChecksTyped, document: Document, found: list[Finding]) -> dict[str, Level]:
    report = Report(CHECKS)
    levels: dict[str, Level] = {}
    for name, level in (typed.levels or {}).items():
        code = CODES.get(name)
        spot = document.key_spot(("levels", name))
        if code is None:
            fix = f"{nearest(name.upper(), CODES)}The manual lists them."
            report.add("TID505", f'"{name}" is not the code of a finding.', fix, spot)
        elif code.fixed and lowers(code, level):
            what = f'"{name}" ({code.title.lower()}) is always {code.level}.'
            report.add("TID506", what, "Remove the line.", spot)
        else:
            levels[name] = level
    found.extend(report.findings)
    return levels
