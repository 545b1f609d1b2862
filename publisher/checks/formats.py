"""Findings as text for people, JSON for scripts, annotations for GitHub and SARIF 2.1.0 for code scanning.

The JSON form is stable: `{"version": 1, "errors": n, "warnings": n, "notes": n, "findings": [{"code", "level", "path",
"line", "column", "what", "fix", "help"}]}`; keys may be added, never changed. `help` is the finding's page in the
manual.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

from publisher.model.characters import SUSPICIOUS
from publisher.model.codes import CODES
from publisher.model.digest import Plain, digest
from publisher.model.finding import Finding, Level

Form: TypeAlias = Literal["text", "json", "github", "sarif"]

HELP: Final = "docs/findings/{code}.md"
_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_GITHUB_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_UNSEEN = re.compile(f"{SUSPICIOUS.pattern}|[\\n\\t]")


def render(findings: Sequence[Finding], form: Form) -> str:
    """Write findings in a form; every form ends in a newline unless it is empty."""
    return _FORMS[form](findings)


def _safe(text: str) -> str:
    """Write what cannot be seen as an escape: a finding must not play tricks on the terminal that shows it."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _count(findings: Sequence[Finding], level: Level) -> int:
    return sum(found.level is level for found in findings)


def _text(findings: Sequence[Finding]) -> str:
    lines = [f"{_safe(str(found))}{_aside(found.level)}" for found in findings]
    if findings:
        counts = [(_count(findings, level), str(level)) for level in Level]
        lines.append(", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n) + ".")
    return "".join(f"{line}\n" for line in lines)


def _aside(level: Level) -> str:
    return "" if level is Level.ERROR else f" ({level})"


def _json(findings: Sequence[Finding]) -> str:
    body: Plain = {
        "version": 1,
        "errors": _count(findings, Level.ERROR),
        "warnings": _count(findings, Level.WARNING),
        "notes": _count(findings, Level.NOTE),
        "findings": [
            {
                "code": found.code,
                "level": str(found.level),
                "path": found.place.path,
                "line": found.place.line,
                "column": found.place.col,
                "what": found.what,
                "fix": found.fix,
                "help": HELP.format(code=found.code),
            }
            for found in findings
        ],
    }
    return json.dumps(body, ensure_ascii=True, indent=2) + "\n"


def _github(findings: Sequence[Finding]) -> str:
    """Write workflow commands, `::error file=…,line=…,col=…,title=…::message`, each value escaped for its place."""
    lines = []
    for found in findings:
        title = f"{found.code} {CODES[found.code].title}" if found.code in CODES else found.code
        properties = {
            "file": found.place.path,
            "line": str(found.place.line),
            "col": str(found.place.col),
            "title": title,
        }
        shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        lines.append(f"::{_GITHUB_LEVELS[found.level]} {shown}::{_message(f'{found.what} {found.fix}')}\n")
    return "".join(lines)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(findings: Sequence[Finding]) -> str:
    codes = sorted({found.code for found in findings})
    rules: list[Plain] = [_rule(code) for code in codes]
    results: list[Plain] = [_result(found, codes.index(found.code)) for found in findings]
    body: Plain = {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "Tidings", "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(body, ensure_ascii=True, indent=2) + "\n"


def _rule(code: str) -> Mapping[str, Plain]:
    known = CODES.get(code)
    title = known.title if known else code
    return {
        "id": code,
        "shortDescription": {"text": title},
        "help": {"text": f"{title}. See {HELP.format(code=code)}."},
        "defaultConfiguration": {"level": str(known.level if known else Level.ERROR)},
    }


def _result(found: Finding, rule: int) -> Mapping[str, Plain]:
    # code scanning follows a problem through edits by what it says, not by its line
    print_of = digest([found.code, found.place.path, found.what])
    return {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": str(found.level),
        "message": {"text": f"{found.what} {found.fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(found.place.path), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": found.place.line, "startColumn": found.place.col},
                }
            }
        ],
        "partialFingerprints": {"tidings/v1": print_of},
    }


_FORMS: dict[Form, Callable[[Sequence[Finding]], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
