"""`locale/<locale>.po`: the house's own words for the interface, in gettext's format.

A house adds a language we do not ship, or says something differently than we do. What a file says is put between HTML
by programs that trust its shape, so each message keeps the names in braces of the one it translates, and no more.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from gettext import c2py
from string import Formatter
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from publisher.load.frontmatter import parse_text
from publisher.load.report import Report, clipped
from publisher.model.finding import Finding
from publisher.model.site import Site
from publisher.ports import SourceFile

ROOT: Final = "locale"
_NAME = re.compile(rf"{ROOT}/([A-Za-z0-9-]{{2,32}})\.po\Z", re.ASCII)
_PLURAL = re.compile(r"\s*nplurals\s*=\s*([1-9])\s*;\s*plural\s*=\s*([^;]{1,1000});?\s*\Z")
_WORDS = re.compile(r'\s*(msg|")')
_QUOTED = re.compile(r'\s*(?:msg[a-z_]+(?:\[\d\])?\s*)?"(?:[^"\\]|\\.)*"\s*\Z')
_COUNTED = range(1001)
"""Numbers a plural rule is tried with: more days or messages than a page counts."""
_BREAKS = "\n\r\t"


def with_catalogues(site: Site, files: Sequence[SourceFile]) -> tuple[Site, tuple[Finding, ...]]:
    """Add the house's catalogues to a site.

    Args:
        site: what `mkdocs.yml` says.
        files: those below `ROOT`; what is no `<locale>.po` is left alone.

    Returns:
        The site with every catalogue that can be used, and what is wrong.
    """
    texts: dict[str, str] = {}
    findings: list[Finding] = []
    for file in files:
        named = _NAME.match(file.path)
        if named is None:
            continue
        report = Report(file.path)
        locale = named[1]
        if locale not in site.locales:
            fix = f"Add {locale} to `locales` in mkdocs.yml, or remove the file."
            report.add("TID402", f'The site does not have the language "{clipped(locale)}".', fix)
        elif (text := parse_text(file.body, report=report)) is not None and judge(text, locale=locale, report=report):
            texts[locale] = text
        findings += report.findings
    return (replace(site, catalogues=texts) if texts else site), tuple(findings)


def judge(text: str, *, locale: str, report: Report) -> bool:
    """Note what is wrong with a catalogue; say whether it can be used."""
    catalogue = parse(text, locale=locale, report=report)
    if catalogue is None:
        return False
    before = len(report.findings)
    missing = [message for message in entries(catalogue) if not is_said(message)]
    for message in entries(catalogue):
        if is_said(message):
            _compare(message, catalogue.num_plurals, report)
    usable = len(report.findings) == before
    if missing:
        what = f"{len(missing)} messages of {sum(1 for _ in entries(catalogue))} are not translated."
        fix = "Translate them; until then readers see Tidings' own words, in English where it has no others."
        report.add("TID410", what, fix, (missing[0].lineno or 1, 1))
    return usable


def entries(catalogue: Catalog) -> Iterator[Message]:
    """Give a catalogue's messages, without its header."""
    return (message for message in catalogue if message.id)


def forms(message: Message) -> tuple[str, ...]:
    """Give a message's translation: one form, or one a plural."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def is_said(message: Message) -> bool:
    """Say whether a message is translated and somebody stands by it."""
    return not message.fuzzy and all(forms(message))


def parse(text: str, *, locale: str, report: Report) -> Catalog | None:
    """Read a catalogue; None where it cannot be used at all, which is noted."""
    try:
        known = Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError):
        report.add("TID408", f'There is no language called "{clipped(locale)}".', "Name the file as in `fi.po`.")
        return None
    if (unclosed := _unclosed(text)) is not None:
        report.add("TID408", "A quotation mark is missing in this line.", "Put the words in quotes.", (unclosed, 1))
        return None
    try:
        catalogue = read_po(io.StringIO(text), locale=known, abort_invalid=True)
    except PoFileError as error:
        what = f"The catalogue cannot be read: {clipped(str(error).partition(' on line ')[0])}."
        report.add("TID408", what, "Mend this line, or take it from a fresh file.", ((error.lineno or 0) + 1, 1))
        return None
    except (ValueError, LookupError, TypeError, AttributeError, UnknownLocaleError) as error:
        report.add("TID408", f"The catalogue cannot be read: {clipped(str(error))}.", "Mend its head.")
        return None
    rule = dict(catalogue.mime_headers).get("Plural-Forms", "")
    given = re.search(r'^"Plural-Forms:(.*?)(?:\\n)?"$', text, re.MULTILINE)
    count = _forms_of(rule)
    if count is None or count != catalogue.num_plurals:
        what = f'The rule for plurals cannot be used: "{clipped(rule)}".'
        line = text.count("\n", 0, given.start()) + 1 if given else 1
        report.add("TID408", what, "Take the line from a file that `tidings language add` writes.", (line, 1))
        return None
    return catalogue


def _unclosed(text: str) -> int | None:
    """Find a line whose words are not wholly in quotes, which Babel would read without their last letter."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _WORDS.match(line) and not _QUOTED.match(line):
            return number
    return None


def _forms_of(rule: str) -> int | None:
    """Count the forms of a plural rule that gives one of them for every number; None where it does not."""
    found = _PLURAL.match(rule)
    if found is None:
        return None
    try:
        # gettext's own reader of these rules: it knows numbers, n and C's operators and nothing else
        choose: Callable[[int], int] = c2py(found[2])
        picked = {choose(n) for n in _COUNTED}
    except (ValueError, ArithmeticError, RecursionError):
        return None
    count = int(found[1])
    return count if all(0 <= number < count for number in picked) else None


def _compare(message: Message, plurals: int, report: Report) -> None:
    """Hold a translation to its message: as many forms, the same names, on one line."""
    spot = (message.lineno or 1, 1)
    source = message.id if isinstance(message.id, str) else message.id[-1]
    said, plural = forms(message), not isinstance(message.id, str)
    shown = clipped(source)
    if plural and len(said) != plurals:
        report.add("TID409", f'"{shown}" has {len(said)} forms, not {plurals}.', "Write one for each number.", spot)
    wanted = names(source)
    for form in said:
        # "the last day" may leave the number out where a word says it; every other name must be there
        missing = (wanted or set()) - (names(form) or set()) - ({"n"} if plural else set())
        more = names(form)
        if wanted is None:
            continue
        if more is None:
            what = f'"{clipped(form)}" has braces that hold no plain name.'
        elif missing or more - wanted:
            what = f'"{clipped(form)}" does not hold the same names in braces as "{shown}".'
        elif any(mark in form and mark not in source for mark in _BREAKS):
            report.add("TID309", f'"{clipped(form)}" has a line break.', "Write it on one line.", spot)
            continue
        else:
            continue
        listed = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "no braces at all"
        report.add("TID409", what, f"Use {listed}, spelled like this.", spot)


def names(text: str) -> set[str] | None:
    """Give the names in braces; None where braces hold more than a plain name, such as a format or an attribute."""
    found = set()
    try:
        for _literal, name, form, conversion in Formatter().parse(text):
            if name is None:
                continue
            if not name.isidentifier() or form or conversion:
                return None
            found.add(name)
    except ValueError:
        return None
    return found
