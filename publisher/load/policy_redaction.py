"""`policy/redaction.yml` to what must not leave the house."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field

from publisher.load.fields import INTERNAL, Line
from publisher.load.frontmatter import parse_text
from publisher.load.report import Report, nearest
from publisher.load.schema import Typed
from publisher.load.validate import validate
from publisher.load.yaml import POLICY, Document, read_yaml
from publisher.model.finding import Finding
from publisher.model.redaction import Redaction, Sort, Term
from publisher.ports import SourceFile

_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}[-#]?\Z")
_DOMAIN: Final = re.compile(
    r"\.?[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\Z"
)
_SHORTEST: Final = 3
"""A shorter name stands in too many words by chance."""
_NEVER: Final = Sort.SECRET


class RedactionTyped(Typed):
    """What must not leave the house."""

    words: list[Line] | dict[Line, Line | None] | None = Field(
        default=None,
        description="Names of the inside: a list, or name → what readers get; without that, they stop a publish.",
        json_schema_extra=INTERNAL,
    )
    customers: list[Line] | dict[Line, Line | None] | None = Field(
        default=None, description="Names of customers; as `words`.", json_schema_extra=INTERNAL
    )
    tickets: list[Line] | None = Field(
        default=None, description="Prefixes of the tracker: `OPS` for OPS-1234.", json_schema_extra=INTERNAL
    )
    hosts: list[Line] | None = Field(
        default=None, description="Domains of the inside; all below them too.", json_schema_extra=INTERNAL
    )
    allow: list[Line] | None = Field(
        default=None,
        description="What may be said: hosts, domains, addresses, networks.",
        json_schema_extra=INTERNAL,
    )
    instead: dict[Line, Line] | None = Field(
        default=None,
        description="Sort → what readers get: network, host, path, person, ticket, customer, word.",
        json_schema_extra=INTERNAL,
    )


def load_redaction(file: SourceFile) -> tuple[Redaction, tuple[Finding, ...]]:
    """Read what must not leave the house.

    Args:
        file: `policy/redaction.yml`.

    Returns:
        The policy, and what is wrong with it.
    """
    report = Report(file.path)
    text = parse_text(file.body, report=report)
    document = read_yaml(text, report=report, limits=POLICY) if text is not None else None
    typed = validate(RedactionTyped, document, report=report, what="file") if document else None
    if typed is None or document is None:
        return Redaction(), tuple(report.findings)
    reader = _Reader(document, report)
    redaction = Redaction(
        words=reader.terms("words", typed.words),
        customers=reader.terms("customers", typed.customers),
        tickets=reader.shaped("tickets", typed.tickets, _PREFIX, "Write letters alone, as `OPS` for OPS-1234."),
        hosts=reader.shaped("hosts", typed.hosts, _DOMAIN, "Write a domain, as `corp.example`."),
        allow=tuple(typed.allow or ()),
        instead=reader.instead(typed.instead or {}),
    )
    return redaction, tuple(report.findings)


class _Reader:
    """Reads a file whose shape is right already."""

    def __init__(self, document: Document, report: Report) -> None:
        self._document = document
        self._report = report

    def terms(self, key: str, typed: Sequence[str] | Mapping[str, str | None] | None) -> tuple[Term, ...]:
        found = []
        pairs = typed.items() if isinstance(typed, Mapping) else [(words, None) for words in typed or ()]
        for number, (words, instead) in enumerate(pairs):
            loc = (key, words) if isinstance(typed, Mapping) else (key, number)
            if sum(char.isalnum() for char in words) < _SHORTEST:
                fix = f"Name it with at least {_SHORTEST} letters or digits, or list what it stands in."
                self._say(f'"{words}" is too short: it would be found in other words.', fix, loc)
                continue
            found.append(Term(words=words, instead=instead))
        return tuple(found)

    def shaped(self, key: str, typed: Sequence[str] | None, shape: re.Pattern[str], fix: str) -> tuple[str, ...]:
        found = []
        for number, one in enumerate(typed or ()):
            if shape.match(one):
                found.append(one)
            else:
                self._say(f'"{one}" cannot be looked for.', fix, (key, number))
        return tuple(found)

    def instead(self, typed: Mapping[str, str]) -> dict[Sort, str]:
        known = [str(sort) for sort in Sort if sort is not _NEVER]
        found = {}
        for name, words in typed.items():
            if name == str(_NEVER):
                fix = "Take the line out: who can read the repository has it, so it must be seen and revoked."
                self._say("A key or password is never replaced in silence.", fix, ("instead", name), key=True)
            elif name not in known:
                fix = f"{nearest(name, known)}Use one of {', '.join(known)}."
                self._say(f'"{name}" is no sort of thing that is looked for.', fix, ("instead", name), key=True)
            else:
                found[Sort(name)] = words
        return found

    def _say(self, what: str, fix: str, loc: tuple[str | int, ...], *, key: bool = False) -> None:
        spot = self._document.key_spot(loc) if key else self._document.spot(loc)
        self._report.add("TID015", what, fix, spot)
