"""`policy/people.yml` and `policy/approvals.yml` to who may agree to what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import Field

from publisher.load.fields import INTERNAL, Flag, Length, Line, Moment, Slug, Whole
from publisher.load.frontmatter import parse_text
from publisher.load.policy import APPROVALS, PEOPLE
from publisher.load.report import Report, nearest
from publisher.load.schema import Typed
from publisher.load.validate import validate
from publisher.load.yaml import POLICY, Document, read_yaml
from publisher.model.component import Registry
from publisher.model.finding import Finding, Place
from publisher.model.incident import Category, Severity
from publisher.model.people import ApprovalRule, Approvals, Key, Person
from publisher.ports import SourceFile

_KEY: Final = re.compile(
    r"(?P<line>(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)"
    r" [A-Za-z0-9+/]{60,}={0,2})(?: .*)?\Z"
)
Model = TypeVar("Model", bound=Typed)


class KeyTyped(Typed):
    """A public key with bounds."""

    key: Line = Field(description="As in `id_ed25519.pub`.", json_schema_extra=INTERNAL)
    since: Moment | None = Field(default=None, description="First moment it counts.", json_schema_extra=INTERNAL)
    until: Moment | None = Field(
        default=None, description="First moment it no longer does.", json_schema_extra=INTERNAL
    )
    revoked: Moment | None = Field(
        default=None, description="From then on nothing signed with it is received.", json_schema_extra=INTERNAL
    )


class PersonTyped(Typed):
    """Somebody who may agree."""

    name: Line = Field(description="What people call them.", json_schema_extra=INTERNAL)
    emails: list[Line] | None = Field(default=None, description="By which git knows them.", json_schema_extra=INTERNAL)
    roles: list[Slug] | None = Field(default=None, description="In which they may agree.", json_schema_extra=INTERNAL)
    keys: list[KeyTyped] | None = Field(default=None, description="Their public keys.", json_schema_extra=INTERNAL)


class PeopleTyped(Typed):
    """`policy/people.yml`."""

    people: dict[Slug, PersonTyped] = Field(description="By id.", json_schema_extra=INTERNAL)


class RuleTyped(Typed):
    """Whose agreement is asked for, and when."""

    roles: list[Slug] = Field(description="Each must agree.", json_schema_extra=INTERNAL)
    count: Whole | None = Field(default=None, description="People of each role; 1.", json_schema_extra=INTERNAL)
    severities: list[Severity] | None = Field(default=None, description="All.", json_schema_extra=INTERNAL)
    categories: list[Category] | None = Field(default=None, description="All.", json_schema_extra=INTERNAL)
    components: list[Slug] | None = Field(default=None, description="All.", json_schema_extra=INTERNAL)
    audiences: list[Slug] | None = Field(
        default=None, description="Segments with words of their own.", json_schema_extra=INTERNAL
    )


class ApprovalsTyped(Typed):
    """`policy/approvals.yml`."""

    since: Moment | None = Field(
        default=None, description="Updates before that are asked about no more.", json_schema_extra=INTERNAL
    )
    owners: Flag | None = Field(
        default=None, description="Whether each affected component's owner must agree.", json_schema_extra=INTERNAL
    )
    review_within: Length | None = Field(
        default=None, description="For a publish that broke the glass; `24h`.", json_schema_extra=INTERNAL
    )
    rules: dict[Slug, RuleTyped] | None = Field(default=None, description="By name.", json_schema_extra=INTERNAL)


def load_approvals(files: Mapping[str, SourceFile], registry: Registry) -> tuple[Approvals, tuple[Finding, ...]]:
    """Read who may agree to what.

    Args:
        files: those below `policy/`, by path.
        registry: rules and owners name its components.

    Returns:
        The rules, and what is wrong with them. A rule that nobody can meet is an error.
    """
    found: list[Finding] = []
    people, people_document, report = _read(PeopleTyped, files.get(PEOPLE), PEOPLE)
    persons = _persons(people, people_document, report) if people else {}
    found += report.findings
    typed, document, report = _read(ApprovalsTyped, files.get(APPROVALS), APPROVALS)
    if typed is None:
        return Approvals(people=persons), (*found, *report.findings)
    reader = _Reader(document, report, persons, registry)
    approvals = Approvals(
        people=persons,
        rules=tuple(reader.rule(name, rule) for name, rule in (typed.rules or {}).items()),
        since=typed.since,
        owners=bool(typed.owners),
        **({"review_within": typed.review_within} if typed.review_within else {}),
    )
    if approvals.owners:
        reader.owners()
    return approvals, (*found, *report.findings)


def _read(model: type[Model], file: SourceFile | None, path: str) -> tuple[Model | None, Document, Report]:
    report = Report(path)
    if file is None:
        return None, Document(), report
    text = parse_text(file.body, report=report)
    document = read_yaml(text, report=report, limits=POLICY) if text is not None else None
    typed = validate(model, document, report=report, what="file") if document else None
    return typed, document or Document(), report


def _persons(typed: PeopleTyped, document: Document, report: Report) -> dict[str, Person]:
    found: dict[str, Person] = {}
    seen: dict[str, str] = {}
    for name, one in typed.people.items():
        keys = []
        for number, key in enumerate(one.keys or ()):
            spot = document.spot(("people", name, "keys", number, "key"))
            match = _KEY.match(key.key.strip())
            if match is None:
                report.add("TID760", "This is no public key of SSH.", "Copy the line of `id_ed25519.pub`.", spot)
            elif (other := seen.setdefault(match["line"], name)) != name:
                what = f'This key is also that of "{other}": people are counted, not keys.'
                report.add("TID760", what, "Give each person a key of their own.", spot)
            else:
                keys.append(Key(line=match["line"], since=key.since, until=key.until, revoked=key.revoked))
        emails = tuple(email.lower() for email in one.emails or ())
        found[name] = Person(id=name, name=one.name, emails=emails, roles=tuple(one.roles or ()), keys=tuple(keys))
    return found


@dataclass(slots=True)
class _Reader:
    """Reads rules whose shape is right already: whether somebody can meet them is left to see."""

    document: Document
    report: Report
    people: Mapping[str, Person]
    registry: Registry

    def rule(self, name: str, typed: RuleTyped) -> ApprovalRule:
        count = typed.count or 1
        for number, role in enumerate(typed.roles):
            self._can_be_met(role, count, ("rules", name, "roles", number))
        known = [component.id for component in self.registry.components]
        for number, component in enumerate(typed.components or ()):
            if component not in known:
                fix = f"{nearest(component, known)}Name one of policy/components.yml."
                spot = self.document.spot(("rules", name, "components", number))
                self.report.add("TID760", f'There is no component "{component}".', fix, spot)
        line, col = self.document.key_spot(("rules", name))
        return ApprovalRule(
            name=name,
            roles=tuple(typed.roles),
            count=count,
            severities=tuple(typed.severities or ()),
            categories=tuple(typed.categories or ()),
            components=tuple(typed.components or ()),
            audiences=tuple(typed.audiences or ()),
            place=Place(path=APPROVALS, line=line, col=col),
        )

    def owners(self) -> None:
        for component in self.registry.components:
            if component.owner and not _holders(self.people.values(), component.owner):
                what = f'Nobody can speak as "{component.owner}", the owner of "{component.id}".'
                spot = self.document.key_spot(("owners",))
                self.report.add("TID760", what, "Give somebody in policy/people.yml this role or id.", spot)

    def _can_be_met(self, role: str, count: int, loc: tuple[str | int, ...]) -> None:
        holders = _holders(self.people.values(), role)
        if len(holders) < count:
            roles = sorted({one for person in self.people.values() for one in person.roles})
            what = f'{count} of the role "{role}" must agree, and {len(holders)} could.'
            fix = f"{nearest(role, roles)}Give people in policy/people.yml the role and a key."
            self.report.add("TID760", what, fix, self.document.spot(loc))


def _holders(people: Iterable[Person], role: str) -> list[Person]:
    return [person for person in people if (role in person.roles or role == person.id) and person.keys]
