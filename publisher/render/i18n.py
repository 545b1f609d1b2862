"""How one language says things: gettext catalogues for our words, CLDR (through Babel) for dates, numbers and lists.

English is the source; a language we ship is a folder `locale/<locale>/LC_MESSAGES/`, and a house's own words are in its
site's `catalogues`. What catalogues lack is said in English. Nothing here looks at the machine's locale or time zone.
Clock times are on the 24-hour clock in every language and always name their zone: a status page is read from
everywhere, and half past two is two moments.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from publisher.model.component import Impact
from publisher.model.errors import UsageError
from publisher.model.incident import Category, Scope, Severity, Status
from publisher.model.site import Site

Day: TypeAlias = date
Moment: TypeAlias = datetime

CATALOGUES = Path(__file__).parent / "locale"

_PLAIN = {"en": "en_GB"}
"""Where a bare language is not enough. English: day before month and the 24-hour clock, clear to readers everywhere."""


_NEVER = 1 << 30
"""A threshold that no amount reaches: Babel shall not pick the next larger unit by itself."""


def _(message: str) -> str:
    """Mark a message for the catalogue, without translating it yet."""
    return message


message = _
"""The same mark, for other modules to import."""


_STATUS = {
    Status.INVESTIGATING: _("Investigating"),
    Status.IDENTIFIED: _("Identified"),
    Status.MONITORING: _("Monitoring"),
    Status.RESOLVED: _("Resolved"),
    Status.POSTMORTEM: _("Postmortem"),
    Status.UPDATE: _("Update"),
    Status.SCHEDULED: _("Scheduled"),
    Status.IN_PROGRESS: _("In progress"),
    Status.VERIFYING: _("Verifying"),
    Status.COMPLETED: _("Completed"),
}
_IMPACT = {
    Impact.OPERATIONAL: _("Operational"),
    Impact.UNDER_MAINTENANCE: _("Under maintenance"),
    Impact.DEGRADED_PERFORMANCE: _("Degraded performance"),
    Impact.PARTIAL_OUTAGE: _("Partial outage"),
    Impact.MAJOR_OUTAGE: _("Major outage"),
}
_CATEGORY = {
    Category.OUTAGE: _("Outage"),
    Category.DEGRADATION: _("Degradation"),
    Category.DATA_BREACH: _("Data breach"),
    Category.SECURITY: _("Security"),
    Category.DATA_LOSS: _("Data loss"),
    Category.MAINTENANCE: _("Maintenance"),
    Category.MAINTENANCE_OVERRUN: _("Maintenance overrun"),
    Category.VENDOR: _("Supplier"),
}
_SCOPE = {Scope.LOCAL: _("Local"), Scope.REGIONAL: _("Regional"), Scope.GLOBAL: _("Global")}


_WIDE = frozenset({"ja", "yue", "zh"})
"""Languages whose sentences follow each other without a blank."""


class Language:
    """One language's words and forms. Make it with `language(locale, site)`, which keeps one of each.

    Args:
        locale: BCP 47 tag or CLDR identifier, `de`, `pt-BR`, `zh_Hant`.
        house: the house's own catalogue, as gettext writes it; its words stand before ours.

    Raises:
        UsageError: CLDR knows no such language.
    """

    def __init__(self, locale: str, house: str = "") -> None:
        self.locale = locale
        try:
            self._own = Locale.parse(locale.replace("-", "_"))
            self._cldr = Locale.parse(_PLAIN.get(locale, locale).replace("-", "_"))
        except (UnknownLocaleError, ValueError) as error:
            raise UsageError(
                f"There is no language called “{locale}”.", "Write a language tag such as de, ar or pt-BR in `locales`."
            ) from error
        self._catalogue = _with_house(locale, house) if house else _catalogue(locale)
        self._days: dict[tuple[str, Day], str] = {}
        self._times: dict[tuple[int, int], str] = {}
        self._lengths: dict[int, str] = {}

    @property
    def direction(self) -> str:
        """Give the direction of writing: `ltr` or `rtl`."""
        return str(self._cldr.text_direction)

    @property
    def between(self) -> str:
        """Give what stands between two sentences: nothing where a full stop is as wide as a letter."""
        return "" if self._own.language in _WIDE else " "

    @property
    def name(self) -> str:
        """Give the language's own name for itself, as it stands in a list of languages."""
        name = self._own.get_display_name(self._own) or self.locale
        return name[:1].upper() + name[1:]

    @property
    def translated(self) -> bool:
        """Say whether a catalogue exists; English needs none."""
        return isinstance(self._catalogue, GNUTranslations) or self._own.language == "en"

    def gettext(self, message: str, /, **values: object) -> str:
        """Say a message, its `{names}` filled with `values`."""
        text = self._catalogue.gettext(message)
        return text.format(**values) if values else text

    def ngettext(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Say a message about `n` things; `{n}` is the number as this language writes it."""
        return self._catalogue.ngettext(one, many, n).format(n=self.number(n), **values)

    def pair(self, name: str, value: str) -> str:
        """Put a value behind its name: `Affected: Checkout`; French has a space before the colon, Japanese its own."""
        return self.gettext("{name}: {value}", name=name, value=value)

    def date(self, day: Day) -> str:
        """Say a day in full: `20 November 2026`."""
        return self._day("long", day)

    def long_day(self, day: Day) -> str:
        """Say a day with its weekday and year: `Sunday 22 November 2026`."""
        return self._day("full", day)

    def days(self, first: Day, last: Day) -> str:
        """Say a stretch of days without the year: `7 to 17 Nov`, in the language's own form."""
        said: str = format_interval(first, last, "MMMd", locale=self._cldr)
        return said

    def weekday(self, day: Day) -> str:
        """Say a day with its weekday, without the year: `Fri 20 Nov`."""
        return self._day("MMMEd", day)

    def day(self, day: Day) -> str:
        """Say a day shortly, without the year: `20 Nov`."""
        return self._day("MMMd", day)

    def month(self, day: Day) -> str:
        """Say a month: `November 2026`."""
        return self._day("yMMMM", day)

    def time(self, moment: Moment, tz: str | tzinfo) -> str:
        """Say a clock time in a zone: `14:31 UTC`. Seconds are left out."""
        local = moment.astimezone(_zone(tz))
        return f"{self.clock(local, tz)} {_zone_name(local)}"

    def clock(self, moment: Moment, tz: str | tzinfo) -> str:
        """Say a clock time alone, `14:31`, where the zone stands beside it already."""
        local = moment.astimezone(_zone(tz))
        key = (local.hour, local.minute)
        said = self._times.get(key)
        if said is None:
            said = format_skeleton("Hm", local.replace(tzinfo=None), tzinfo=None, locale=self._cldr)
            self._times[key] = said
        return said

    def datetime(self, moment: Moment, tz: str | tzinfo) -> str:
        """Say a moment in a zone: `20 November 2026, 14:31 UTC`."""
        local = moment.astimezone(_zone(tz))
        return self._join(self.date(local.date()), self.time(local, tz))

    def duration(self, length: timedelta) -> str:
        """Say how long something took, in its two largest units: `1 hour and 12 minutes`; seconds are left out."""
        total = int(length.total_seconds() // 60)
        said = self._lengths.get(total)
        if said is None:
            said = self._lengths[total] = self._duration(total)
        return said

    def list(self, items: Iterable[str]) -> str:
        """Join names the way a sentence does: `Checkout, Payments API and Webhooks`."""
        parts = list(items)
        return format_list(parts, "standard", locale=self._cldr) if len(parts) > 1 else "".join(parts)

    def number(self, value: float) -> str:
        """Write a number."""
        return format_decimal(value, locale=self._cldr)

    def percent(self, share: float) -> str:
        """Write a share of 0 to 1 as a percentage: `99.94 %`; never rounded up to a hundred.

        Two decimals, cut off rather than rounded: a page that says 100 % had no trouble at all.
        """
        hundredths = int(share * 10_000 + 1e-9)
        pattern = "#,##0%" if hundredths == 10_000 else None  # noqa: PLR2004 - a hundred per cent
        if pattern is None:
            return format_percent(hundredths / 10_000, format=_two_decimals(self._cldr), locale=self._cldr)
        return format_percent(1, locale=self._cldr)

    def share(self, share: float) -> str:
        """Write a share of 0 to 1 as a percentage with the decimals it has, at most two: `30 %`, `12.5 %`."""
        return str(format_percent(share, format=_some_decimals(self._cldr), locale=self._cldr))

    def status(self, status: Status) -> str:
        """Name a status."""
        return self._catalogue.gettext(_STATUS[status])

    def impact(self, impact: Impact) -> str:
        """Name an impact."""
        return self._catalogue.gettext(_IMPACT[impact])

    def category(self, category: Category) -> str:
        """Name a category."""
        return self._catalogue.gettext(_CATEGORY[category])

    def scope(self, scope: Scope) -> str:
        """Name a scope."""
        return self._catalogue.gettext(_SCOPE[scope])

    def severity(self, severity: Severity) -> str:
        """Name a severity: `Severity 2`."""
        return self.gettext("Severity {number}", number=self.number(int(severity.value[-1])))

    def _duration(self, minutes: int) -> str:
        if minutes < 1:
            return self.gettext("less than a minute")
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        amounts: tuple[tuple[Literal["day", "hour", "minute"], timedelta], ...] = (
            ("day", timedelta(days=days)),
            ("hour", timedelta(hours=hours)),
            ("minute", timedelta(minutes=minutes)),
        )
        first = next(i for i, (_unit, amount) in enumerate(amounts) if amount)
        said = [
            format_timedelta(amount, granularity=unit, threshold=_NEVER, format="long", locale=self._cldr)
            for unit, amount in amounts[first : first + 2]
            if amount
        ]
        if len(said) > 1 and not _has_word(str(self._cldr.list_patterns["standard"]["2"])):
            # Japanese and Chinese have no "and" here; what joins names, a comma, would make two answers of one.
            return format_list(said, "unit", locale=self._cldr)
        return self.list(said)

    def _day(self, form: str, day: Day) -> str:
        said = self._days.get((form, day))
        if said is None:
            if form in {"long", "full"}:
                said = format_date(day, form, locale=self._cldr)
            else:
                said = format_skeleton(form, Moment(day.year, day.month, day.day), locale=self._cldr)
            self._days[form, day] = said
        return said

    def _join(self, day: str, time: str) -> str:
        pattern = self._cldr.datetime_formats["medium"]
        return str(pattern).replace("'", "").replace("{1}", day).replace("{0}", time)


def language(locale: str, site: Site | None = None) -> Language:
    """Give the one `Language` of a locale.

    Args:
        locale: BCP 47 tag or CLDR identifier.
        site: whose words it speaks; without one only dates, numbers and the direction are the same everywhere.
    """
    return _language(locale, site.catalogues.get(locale, "") if site is not None else "")


@functools.lru_cache(maxsize=512)
def _language(locale: str, house: str) -> Language:
    return Language(locale, house)


@functools.cache
def _catalogue(locale: str) -> NullTranslations:
    """Read a locale's catalogues; those of the bare language where the country has none of its own.

    One file a room: `tidings.po` for pages, `mail.po` for mail. What the first in the alphabet says stands.
    """
    for name in (locale.replace("-", "_"), locale.replace("-", "_").partition("_")[0]):
        found: GNUTranslations | None = None
        for path in sorted((CATALOGUES / name / "LC_MESSAGES").glob("*.po")):
            translations = _compiled(path.read_text(encoding="utf-8"), name)
            if found is None:
                found = translations
            else:
                found.add_fallback(translations)
        if found is not None:
            return found
    return NullTranslations()


def _with_house(locale: str, house: str) -> NullTranslations:
    """Put the house's words before ours."""
    own = _compiled(house, locale.replace("-", "_"))
    own.add_fallback(_catalogue(locale))
    return own


def _compiled(text: str, locale: str) -> GNUTranslations:
    """Compile a catalogue; what is marked as doubtful or lacks a form is left out."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - English needs no catalogue
    from babel.messages.pofile import read_po  # noqa: PLC0415

    catalogue = read_po(io.StringIO(text), locale=locale)
    for entry in list(catalogue):
        if entry.id and not all([entry.string] if isinstance(entry.string, str) else entry.string or [""]):
            catalogue.delete(entry.id, entry.context)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@functools.cache
def _zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _zone(tz: str | tzinfo) -> tzinfo:
    return _zone_of(tz) if isinstance(tz, str) else tz


def _zone_name(local: Moment) -> str:
    """Name a moment's zone: its abbreviation where it has one made of letters, else its distance from UTC."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = local.utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def _has_word(pattern: str) -> bool:
    """Say whether a list pattern joins by a word rather than by a mark alone."""
    return any(character.isalpha() for character in pattern)


def _two_decimals(locale: Locale) -> str:
    """Give CLDR's percent pattern with two decimals."""
    return str(locale.percent_formats[None].pattern).replace("0", "0.00", 1)


def _some_decimals(locale: Locale) -> str:
    """Give CLDR's percent pattern with as many decimals as there are, two at most."""
    return str(locale.percent_formats[None].pattern).replace("0", "0.##", 1)
