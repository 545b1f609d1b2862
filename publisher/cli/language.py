"""`tidings language`: add a language to the site, and see how far its translation has come."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, format_option, pass_context
from publisher.model.codes import finding
from publisher.model.errors import RefusedError, UsageError
from publisher.model.finding import Finding, Level, Place

if TYPE_CHECKING:
    from babel.messages.catalog import Message as Entry

    from publisher.model.site import Site

_CONFIG = "mkdocs.yml"
_SCRIPT_LENGTH = 4
"""Letters of a script's tag; regions have two or three."""
_MAX_BYTES = 1024 * 1024


@click.group()
def language_group() -> None:
    """Languages of the site: add one, see what is not translated yet."""


@language_group.command()
@click.argument("locale")
@click.option("--own", is_flag=True, help="Write the file also for a language that comes with Tidings.")
@pass_context
def add(context: Context, locale: str, *, own: bool) -> int:
    """Add the language LOCALE (de, pt-BR, zh-Hant) to the site.

    Writes locale/LOCALE.po with every message of pages and mail, ready to be translated, and adds the language to
    mkdocs.yml; nothing else in there changes. What is not translated is shown in English meanwhile. For languages that
    come with Tidings no file is needed; with --own it is written all the same, and what you say in it comes first.
    """
    from publisher.adapters.authored import replace, write_new  # noqa: PLC0415 - see LazyGroup
    from publisher.app import read_site  # noqa: PLC0415
    from publisher.load.catalogues import ROOT  # noqa: PLC0415
    from publisher.render.i18n import language  # noqa: PLC0415
    from publisher.scaffold.locales import with_locale  # noqa: PLC0415
    from publisher.scaffold.messages import messages, new_catalogue  # noqa: PLC0415

    tongue = language(locale)
    if _usual(locale) != locale:
        raise UsageError(f"{tongue.name} is written {_usual(locale)}, not {locale}.", "Write it like this.")
    config = context.root / _CONFIG
    if not config.is_file():
        raise UsageError(f"There is no {_CONFIG} in {context.root}.", "Run in the folder of a status site.")
    site, path, before = read_site(context.root), f"{ROOT}/{locale}.po", config.read_bytes()
    file_wanted = (own or not tongue.translated) and not (context.root / path).exists()
    if locale in site.locales and not file_wanted:
        step = f"Its words are in {path}." if (context.root / path).exists() else "Write its words anew with --own."
        raise RefusedError(f"The site has {tongue.name} ({locale}) already.", step)
    after = before if locale in site.locales else with_locale(before, locale, locales=site.locales)
    if file_wanted:
        write_new(context.root, path, new_catalogue(locale).encode())
        context.say(f"wrote    {path} ({len(messages())} messages)")
    if after != before:
        replace(context.root, _CONFIG, after, read=before)
        context.say(f"changed  {_CONFIG}: {locale} is one of `locales`")
    name = f"{tongue.name}, written from right to left" if tongue.direction == "rtl" else tongue.name
    step = f"Translate {path}, then `tidings language check {locale}`." if file_wanted else "Its words are there."
    context.say("", f"{name}. {step}")
    return 0


def _usual(tag: str) -> str:
    """Write a language tag as everybody does (RFC 5646, section 2.1.1): pt-BR, zh-Hant."""
    first, *rest = re.split("[-_]", tag)
    cased = (
        part.title() if len(part) == _SCRIPT_LENGTH else part.upper() if len(part) < _SCRIPT_LENGTH else part
        for part in rest
    )
    return "-".join((first.lower(), *cased))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How far one language has come."""

    locale: str
    total: int
    missing: int
    fuzzy: int
    findings: tuple[Finding, ...] = field(repr=False)

    def __str__(self) -> str:
        wrong = sum(found.level is Level.ERROR for found in self.findings)
        parts = [f"{self.missing} not translated"] * bool(self.missing)
        parts += [f"{self.fuzzy} of them marked fuzzy"] * bool(self.fuzzy)
        parts += [f"{wrong} must be mended"] * bool(wrong)
        return f"{self.locale}: {self.total} messages, {', '.join(parts) or 'all translated'}."


@language_group.command()
@click.argument("locale", required=False)
@format_option("text", "json", "github", "sarif")
@pass_context
def check(context: Context, locale: str | None) -> int:
    """Say what is not translated yet, in LOCALE or in every language of the site.

    Lists messages that are missing, marked fuzzy or no longer used, and those whose names in braces differ from the
    source's. Exit code 1 when something must be mended; what is only missing is shown in English and is no error.
    """
    from publisher.app import read_site, sources  # noqa: PLC0415 - see LazyGroup
    from publisher.checks.formats import render  # noqa: PLC0415
    from publisher.load.catalogues import ROOT  # noqa: PLC0415

    site = read_site(context.root)
    if locale is not None and locale not in site.locales:
        raise UsageError(f"The site does not have the language {locale}.", f"Try `tidings language add {locale}`.")
    files, unreadable = sources(context.root).read(roots=(ROOT,), max_bytes=_MAX_BYTES)
    texts = {file.path: file.body for file in files}
    wanted = [locale] if locale is not None else list(site.locales)
    standings = [
        _standing(each, texts.get(f"{ROOT}/{each}.po"), site)
        for each in wanted
        if each.partition("-")[0] != "en" or f"{ROOT}/{each}.po" in texts
    ]
    findings = [*unreadable, *(found for standing in standings for found in standing.findings)]
    shown = tuple(sorted(findings, key=lambda found: found.sort_key))
    text = render(shown, context.format)
    if text:
        click.echo(text.rstrip("\n"))
    if context.format == "text":
        context.say(*(str(standing) for standing in standings))
        if not standings:
            context.say("The site speaks English alone; that is the source, and needs no translation.")
    return 1 if any(found.level is Level.ERROR for found in shown) else 0


def _standing(locale: str, body: bytes | None, site: Site) -> _Standing:
    """Compare what a language says with what there is to say: the house's file first, then what we ship."""
    from publisher.load.catalogues import ROOT, entries, is_said, judge, parse  # noqa: PLC0415 - see LazyGroup
    from publisher.load.frontmatter import parse_text  # noqa: PLC0415
    from publisher.load.report import Report  # noqa: PLC0415
    from publisher.render.i18n import language  # noqa: PLC0415
    from publisher.scaffold.messages import messages, shipped  # noqa: PLC0415

    path = f"{ROOT}/{locale}.po" if body is not None else _CONFIG
    report = Report(path)
    own: dict[tuple[str, str | None], Entry] = {}
    text = parse_text(body, report=report) if body is not None else None
    if text is not None:
        judge(text, locale=locale, report=report)
        catalogue = parse(text, locale=locale, report=Report(path))
        own = {_key(entry): entry for entry in entries(catalogue)} if catalogue is not None else {}
    # judge only counts what is missing from the file; here each message is named, unless we ship it
    findings = [found for found in report.findings if found.code != "TID410"]
    missing = [m for m in messages() if (entry := own.get((m.one, m.many))) is None or not is_said(entry)]
    if locale.partition("-")[0] == "en":
        missing = []
    missing = [message for message in missing if message.one not in shipped(locale)]
    for message in missing if body is not None else ():
        entry = own.get((message.one, message.many))
        if entry is None:
            what, step = "is not in the file", f'Add it: msgid "{message.one}".'
        elif entry.fuzzy:
            what, step = "is marked fuzzy", "Look at it, then take the mark away."
        else:
            what, step = "is not translated", "Write it behind msgstr."
        place = Place(path=path, line=(entry.lineno or 1) if entry is not None else 1)
        findings.append(finding("TID410", place, f'"{message.one}" {what}.', step))
    if body is None and missing:
        name = language(locale, site).name
        what = f"{len(missing)} messages are not translated into {name} ({locale})."
        step = f"Run `tidings language add {locale}`, and translate the file it writes."
        findings.append(finding("TID410", Place(path=path), what, step))
    known = {(message.one, message.many) for message in messages()}
    for key, entry in own.items():
        if key not in known:
            place = Place(path=path, line=entry.lineno or 1)
            findings.append(finding("TID410", place, f'"{key[0]}" is not said any more.', "Remove it."))
    fuzzy = sum(1 for m in missing if (entry := own.get((m.one, m.many))) is not None and entry.fuzzy)
    return _Standing(locale=locale, total=len(messages()), missing=len(missing), fuzzy=fuzzy, findings=tuple(findings))


def _key(entry: Entry) -> tuple[str, str | None]:
    return (entry.id, None) if isinstance(entry.id, str) else (entry.id[0], entry.id[1])
