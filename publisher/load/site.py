"""`mkdocs.yml` to a `Site`, without MkDocs. Other programs' keys are left alone; ours are read strictly."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from publisher.load.brand import read_brand
from publisher.load.frontmatter import parse_text
from publisher.load.report import Report, Spot, clipped
from publisher.load.schema import RobotsTyped, SiteTyped
from publisher.load.validate import validate
from publisher.load.yaml import Document, Limits, Loc, Opaque, Value, read_yaml
from publisher.model.finding import Finding
from publisher.model.site import Robots, Site
from publisher.ports import SourceFile

PATH: Final = "mkdocs.yml"
PLUGIN: Final = "tidings"
THEME: Final = "material"
_LIMITS = Limits(max_bytes=1024 * 1024, max_depth=32, max_keys=10_000)
_UNKNOWN_URL = "http://localhost/"
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?\Z", re.ASCII)
_WEB = re.compile(r"https?://[^\s/?#@\\]+(?:/[^\s?#\\]*)?\Z")


def load_site(file: SourceFile | None) -> tuple[Site, tuple[Finding, ...]]:
    """Read the site's settings.

    Returns:
        The site, with stand-ins where something is wrong, and what is wrong.
    """
    report = Report(PATH)
    if file is None:
        fix = "Write one with site_name, site_url and the plugin tidings, or run `tidings init`."
        report.add("TID501", "There is no such file.", fix)
        return Site(name="Status", url=_UNKNOWN_URL), tuple(report.findings)
    text = parse_text(file.body, report=report)
    document = read_yaml(text, report=report, limits=_LIMITS, lenient=True) if text is not None else None
    if document is None:
        return Site(name="Status", url=_UNKNOWN_URL), tuple(report.findings)
    if not isinstance(document.value, dict):
        report.add("TID014", "The file is not a mapping.", "Write lines of `key: value`.")
        return Site(name="Status", url=_UNKNOWN_URL), tuple(report.findings)
    options, loc = _options(document)
    typed = _typed(document, options, loc, report)
    _theme(document, report)
    default = Site(name="Status", url=_UNKNOWN_URL)
    site = Site(
        name=_word(document, "site_name", report) or default.name,
        url=_url(document, report),
        description=_word(document, "site_description", report) or "",
        locales=_locales(typed, document, loc, report) or default.locales,
        time_zone=_time_zone(typed.time_zone, document.spot((*loc, "time_zone")), report) or default.time_zone,
        second_url=_slashed(typed.second_url) if typed.second_url else None,
        websub=typed.websub,
        brand=read_brand(typed.brand, document, (*loc, "brand"), report),
        clock=typed.clock,
        max_age_s=default.max_age_s if typed.max_age_s is None else typed.max_age_s,
        utm=default.utm if typed.utm is None else typed.utm,
        robots=_robots(typed.robots),
    )
    return site, tuple(report.findings)


def _word(document: Document, key: str, report: Report) -> str | None:
    """Give one of MkDocs' own keys that we read too: plain words on one line."""
    value = document.mapping.get(key)
    spot = document.spot((key,))
    if value is None:
        return None
    if isinstance(value, Opaque):
        what = f'"{key}" is computed by a tag or an alias, and it is needed as it stands.'
        report.add("TID509", what, "Write the value out.", spot)
        return None
    if not isinstance(value, str):
        report.add("TID014", f'"{key}" should be text.', "Write words.", spot)
        return None
    text = value.strip()
    if "\n" in text:
        report.add("TID309", f'"{key}" has a line break.', "Write it on one line.", spot)
        return None
    return str(text)


def _url(document: Document, report: Report) -> str:
    before = len(report.findings)
    url = _word(document, "site_url", report)
    if url is None:
        if len(report.findings) == before:
            fix = "Add `site_url: https://status.example.com/`."
            report.add("TID503", "The site has no address, and feeds and mails need one.", fix)
        return _UNKNOWN_URL
    if not _WEB.match(url):
        fix = "Write it as in `https://status.example.com/`, without ? and #."
        report.add("TID503", f'"{clipped(url)}" is not a web address.', fix, document.spot(("site_url",)))
        return _UNKNOWN_URL
    return _slashed(url)


def _slashed(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _options(document: Document) -> tuple[Value, Loc]:
    """Find the plugin's options; None when it has none."""
    plugins = document.mapping.get("plugins")
    if isinstance(plugins, dict):
        return plugins.get(PLUGIN), ("plugins", PLUGIN)
    if isinstance(plugins, list):
        for number, item in enumerate(plugins):
            if isinstance(item, dict) and PLUGIN in item:
                return item[PLUGIN], ("plugins", number, PLUGIN)
    return None, ("plugins",)


def _typed(document: Document, options: Value, loc: Loc, report: Report) -> SiteTyped:
    inside = Document(
        value=options,
        keys={k[len(loc) :]: spot for k, spot in document.keys.items() if k[: len(loc)] == loc},
        values={k[len(loc) :]: spot for k, spot in document.values.items() if k[: len(loc)] == loc},
    )
    _refuse_opaque(options, (), inside, report)
    return validate(SiteTyped, inside, report=report, what="options of tidings") or SiteTyped()


def _refuse_opaque(value: Value, loc: Loc, document: Document, report: Report) -> None:
    if isinstance(value, Opaque):
        fix = "Write the value out."
        report.add("TID509", "This is computed by a tag or an alias.", fix, document.spot(loc))
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_opaque(inner, (*loc, key), document, report)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _refuse_opaque(inner, (*loc, number), document, report)


def _locales(typed: SiteTyped, document: Document, loc: Loc, report: Report) -> tuple[str, ...]:
    locales: list[str] = []
    for number, locale in enumerate(typed.locales or ()):
        spot: Spot = document.spot((*loc, "locales", number))
        if not _LOCALE.match(locale):
            fix = "Write it as in `de`, `pt-BR` or `zh-Hant`."
            report.add("TID504", f'"{clipped(locale)}" is not a language.', fix, spot)
        elif not _is_language(locale):
            fix = "Write a tag such as `de`, `pt-BR` or `zh-Hant`."
            report.add("TID504", f'No language is called "{locale}".', fix, spot)
        elif locale in locales:
            report.add("TID504", f'"{locale}" is listed twice.', "Keep one.", spot)
        else:
            locales.append(locale)
    return tuple(locales)


def _is_language(locale: str) -> bool:
    """Say whether CLDR knows a language; without it nobody knows how it writes a date."""
    try:
        Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _theme(document: Document, report: Report) -> None:
    """Refuse a theme that our pages are not made for; without one it is Material."""
    theme = document.mapping.get("theme")
    name = theme.get("name") if isinstance(theme, dict) else theme
    if theme is not None and name != THEME:
        word = clipped(name) if isinstance(name, str) else "none"
        spot = document.spot(("theme", "name") if isinstance(theme, dict) else ("theme",))
        report.add("TID015", f'"theme" cannot be "{word}".', f"Write `theme: {{name: {THEME}}}`.", spot)


def _robots(typed: RobotsTyped | None) -> Robots:
    if typed is None:
        return Robots()
    return Robots(
        index=typed.index is not False,
        disallow=tuple(dict.fromkeys(typed.disallow or ())),
        agents={name: word == "allow" for name, word in (typed.agents or {}).items()},
    )


def _time_zone(name: str | None, spot: Spot, report: Report) -> str | None:
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fix = "Write an IANA name, as in `Europe/Berlin` or `Etc/UTC`."
        report.add("TID504", f'"{clipped(name)}" is not a time zone.', fix, spot)
        return None
    return name
