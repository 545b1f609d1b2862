"""Every finding's code: what it is called, how much it weighs, and whether policy may lower it.

Codes are never reused. TID0xx reading, TID1xx references and ids, TID2xx timeline, TID3xx text and security,
TID4xx translations, TID5xx policy and site, TID6xx what an import brings,
TID75x what must not leave the house, TID76x agreement, TID77x holds, TID78x duties to tell somebody, TID79x decisions.
Each has a page `docs/findings/TIDnnn.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from publisher.model.finding import Finding, Level, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One kind of finding.

    Attributes:
        title: what it is called in lists and reports.
        level: weight where policy says nothing.
        fixed: whether `policy/checks.yml` may not lower it: lowering would publish something other than what was
            typed, or something unsafe.
    """

    code: str
    title: str
    level: Level
    fixed: bool


_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

_TABLE: tuple[tuple[str, str, Level, bool], ...] = (
    ("TID001", "The file is not UTF-8", _ERROR, True),
    ("TID002", "The file begins with a byte order mark", _ERROR, True),
    ("TID003", "The file or its front matter is too large", _ERROR, True),
    ("TID004", "Front matter is missing or not closed", _ERROR, True),
    ("TID005", "The YAML cannot be read", _ERROR, True),
    ("TID006", "A key appears twice", _ERROR, True),
    ("TID007", "An anchor, alias or merge key", _ERROR, True),
    ("TID008", "A YAML tag", _ERROR, True),
    ("TID009", "More than one YAML document, or a directive", _ERROR, True),
    ("TID010", "A key is not text", _ERROR, True),
    ("TID011", "Nested too deep or too many keys", _ERROR, True),
    ("TID012", "Unknown key", _ERROR, False),
    ("TID013", "A required key is missing", _ERROR, True),
    ("TID014", "A value has the wrong shape", _ERROR, True),
    ("TID015", "A value is not one of the known words", _ERROR, True),
    ("TID016", "A time is unclear", _ERROR, True),
    ("TID017", "A number, switch or length of time is unclear", _ERROR, True),
    ("TID018", "A value is empty or null", _ERROR, True),
    ("TID020", "Text stands before the first update", _ERROR, True),
    ("TID021", "A heading is not an update's heading", _ERROR, True),
    ("TID022", "An update's status is not known", _ERROR, True),
    ("TID023", "An update's time is unclear", _ERROR, True),
    ("TID024", "An update's comment cannot be read", _ERROR, True),
    ("TID025", "A code fence is never closed", _ERROR, True),
    ("TID026", "A file stands where only incidents may", _ERROR, False),
    ("TID030", "A symbolic link", _ERROR, True),
    ("TID031", "Not a regular file", _ERROR, True),
    ("TID032", "A hard link", _ERROR, True),
    ("TID033", "A file is too large to be read", _ERROR, True),
    ("TID034", "A file name is not safe", _ERROR, True),
    ("TID035", "Two file names are the same to some systems", _ERROR, True),
    ("TID036", "A file cannot be read", _ERROR, True),
    ("TID101", "An incident's id is not in its form", _ERROR, True),
    ("TID102", "Unknown component", _ERROR, True),
    ("TID103", "Two incidents have the same id", _ERROR, True),
    ("TID104", "The id's date is not the start's", _WARNING, False),
    ("TID105", "Unknown group", _ERROR, True),
    ("TID106", "Unknown dependency", _ERROR, True),
    ("TID107", "Dependencies or groups go round in a circle", _ERROR, True),
    ("TID108", "A component's or group's id is not in its form, or used twice", _ERROR, True),
    ("TID109", "Two names look alike", _WARNING, False),
    ("TID110", "An incident names only components that are not public", _ERROR, False),
    ("TID201", "It ended before it started", _ERROR, True),
    ("TID202", "Updates are out of order", _ERROR, False),
    ("TID203", "An update is older than the start", _ERROR, False),
    ("TID204", "Something is in the future", _WARNING, False),
    ("TID205", "The next update is promised for the past", _ERROR, False),
    ("TID206", "The status belongs to another kind", _ERROR, False),
    ("TID207", "The status cannot follow", _ERROR, False),
    ("TID208", "A maintenance has no window", _ERROR, True),
    ("TID209", "A window ends before it begins", _ERROR, True),
    ("TID210", "The recurrence cannot be read", _ERROR, True),
    ("TID211", "It was detected before it started", _WARNING, False),
    ("TID212", "An incident has a window", _ERROR, False),
    ("TID213", "Nothing was said yet", _WARNING, False),
    ("TID301", "A control character", _ERROR, True),
    ("TID302", "A character that reorders or hides text", _ERROR, True),
    ("TID303", "An invisible character", _WARNING, False),
    ("TID304", "Raw HTML", _ERROR, True),
    ("TID305", "An update says nothing", _ERROR, False),
    ("TID306", "A link with an unsafe address", _ERROR, True),
    ("TID307", "An image from elsewhere", _ERROR, True),
    ("TID308", "A title is very long", _WARNING, False),
    ("TID309", "A line break where one line is wanted", _ERROR, True),
    ("TID310", "A prompt left standing", _ERROR, False),
    ("TID311", "The words name a component that is not public", _WARNING, False),
    ("TID312", "A text is too long", _ERROR, True),
    ("TID401", "A translation is missing", _NOTE, False),
    ("TID402", "A translation into a language the site does not have", _ERROR, False),
    ("TID403", "A translation has an update that the source has not", _ERROR, True),
    ("TID404", "A translation lacks an update", _WARNING, False),
    ("TID405", "A translation is stale", _WARNING, False),
    ("TID406", "A translation does not say what it translates", _NOTE, False),
    ("TID407", "A translation or private text has no source", _ERROR, True),
    ("TID408", "A catalogue cannot be read", _ERROR, True),
    ("TID409", "A translated message has other names in braces", _ERROR, True),
    ("TID410", "A catalogue is not complete", _NOTE, False),
    ("TID501", "There is no mkdocs.yml", _ERROR, True),
    ("TID502", "There is no policy/components.yml", _WARNING, False),
    ("TID503", "The site's address is missing or not absolute", _ERROR, True),
    ("TID504", "A language or time zone is not known", _ERROR, True),
    ("TID505", "A finding code is not known", _ERROR, True),
    ("TID506", "A finding may not be lowered", _ERROR, True),
    ("TID507", "A publishing target is incomplete or unsafe", _ERROR, True),
    ("TID508", "A mail setting cannot work", _ERROR, True),
    ("TID509", "A setting is computed where it must be written out", _ERROR, True),
    ("TID510", "A file of the policy that nothing reads", _WARNING, False),
    ("TID601", "An entry could not be brought in", _ERROR, True),
    ("TID602", "The source contradicts itself", _WARNING, True),
    ("TID603", "The same words in another form", _NOTE, True),
    ("TID604", "The file was edited since it was imported", _WARNING, True),
    ("TID750", "A key, token or password", _ERROR, True),
    ("TID751", "The address of a machine", _ERROR, False),
    ("TID752", "The name of a machine or of an inner domain", _ERROR, False),
    ("TID753", "The place of a file, share, bucket or database", _ERROR, False),
    ("TID754", "Personal data", _ERROR, False),
    ("TID755", "The id of a ticket", _ERROR, False),
    ("TID756", "The name of a customer", _ERROR, False),
    ("TID757", "A word of the inside", _ERROR, False),
    ("TID758", "A marked span cannot be read", _ERROR, True),
    ("TID759", "A file that would go out holds what must not leave the house", _ERROR, True),
    ("TID760", "A rule of approval that nobody can meet", _ERROR, True),
    ("TID761", "An approval that does not count", _WARNING, False),
    ("TID762", "An approval by somebody who wrote the words", _WARNING, False),
    ("TID766", "Words went out without the agreement they need", _ERROR, True),
    ("TID770", "A hold that ends before it begins", _ERROR, True),
    ("TID780", "A name in the obligations that nothing has", _ERROR, True),
    ("TID781", "A rule that is not settled law is enabled without an override", _ERROR, True),
    ("TID782", "A clock of business days has no calendar", _WARNING, False),
    ("TID783", "An enabled rule fits nothing of what we are", _WARNING, False),
    ("TID784", "A rule or contract was not reviewed for too long", _WARNING, False),
    ("TID785", "A duty is overdue", _WARNING, False),
    ("TID786", "A notice to customers is overdue", _WARNING, False),
    ("TID787", "A running clock cannot be reckoned", _WARNING, False),
    ("TID788", "An incident does not say what a duty depends on", _NOTE, False),
    ("TID790", "A decision cannot be read", _ERROR, True),
    ("TID791", "A decision's id is used twice, or names nothing", _ERROR, True),
    ("TID792", "The words contradict a decision", _ERROR, True),
    ("TID793", "Words that a decision asks for are missing", _WARNING, False),
    ("TID794", "A recorded decision was changed or taken out", _ERROR, False),
)

CODES: Mapping[str, Code] = MappingProxyType(
    {code: Code(code=code, title=title, level=level, fixed=fixed) for code, title, level, fixed in _TABLE}
)

_WEIGHT = {Level.NOTE: 0, Level.WARNING: 1, Level.ERROR: 2}


def finding(code: str, place: Place, what: str, fix: str) -> Finding:
    """Make a finding at its code's ordinary level."""
    return Finding(code=code, level=CODES[code].level, place=place, what=what, fix=fix)


def lowers(code: Code, level: Level) -> bool:
    """Say whether a level weighs less than the code's ordinary one."""
    return _WEIGHT[level] < _WEIGHT[code.level]


def levelled(findings: Iterable[Finding], levels: Mapping[str, Level]) -> tuple[Finding, ...]:
    """Give findings at the levels of a house's policy, sorted by place, each once.

    A fixed code is never lowered, whatever the policy says.
    """
    out = set()
    for found in findings:
        level = levels.get(found.code)
        code = CODES.get(found.code)
        if level is None or (code is not None and code.fixed and lowers(code, level)):
            out.add(found)
        else:
            out.add(replace(found, level=level))
    return tuple(sorted(out, key=lambda f: f.sort_key))
