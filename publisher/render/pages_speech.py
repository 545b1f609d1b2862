"""What templates say of a view in its language: words, times with their machine-readable twin, facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from publisher.model.incident import Kind
from publisher.render.i18n import language
from publisher.render.view import Freshness, IncidentView, View


class Speech:
    """A view's language and zone, for templates. Everything returned is safe to put into HTML."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.language = language(view.locale, view.site)
        self.zone = ZoneInfo(view.site.time_zone)
        self.base = urlsplit(view.site.url).path or "/"
        self.gettext = self.language.gettext
        self._plain: dict[str, Markup] = {}
        self._moments: dict[tuple[datetime, bool], Markup] = {}
        self._foreign: dict[str, Markup] = {view.locale: Markup()}

    def say(self, text: str, /, **values: object) -> Markup:
        """Say a message; values are escaped unless they are markup already."""
        said = self._plain.get(text)
        if said is None:
            said = self._plain[text] = escape(self.language.gettext(text))
        return said.format(**values) if values else said

    def count(self, one: str, many: str, n: int, /, **values: object) -> Markup:
        """Say a message about `n` things."""
        return escape(self.language.ngettext(one, many, n, **values))

    def local(self, moment: datetime) -> date:
        """Give the day a moment falls on in the site's zone."""
        return moment.astimezone(self.zone).date()

    def month_of(self, incident: IncidentView) -> date:
        """Give the first day of the month an incident belongs to."""
        return self.local(incident.started).replace(day=1)

    def moment(self, moment: datetime, *, counted: bool = False) -> Markup:
        """Say a moment in full: `20 November 2026, 14:31 UTC`.

        Args:
            moment: any.
            counted: whether a script may say beside it how long ago that was, or how soon it will be.
        """
        said = self._moments.get((moment, counted))
        if said is None:
            said = _time(moment, self.language.datetime(moment, self.zone), counted=counted)
            self._moments[moment, counted] = said
        return said

    def clock(self, moment: datetime, *, counted: bool = False) -> Markup:
        """Say a moment shortly on a page that is made anew each day: the clock alone if it is of today."""
        if self.local(moment) == self.view.today:
            return _time(moment, self.language.time(moment, self.zone), counted=counted)
        return self.moment(moment, counted=counted)

    def day(self, day: date) -> Markup:
        """Say a day with its weekday: `Fri 20 Nov`."""
        return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), self.language.weekday(day))

    def span(self, begin: datetime, end: datetime, *, counted: bool = False) -> Markup:
        """Say from when to when: the day once where both fall on it. A script may say it again, in another zone.

        Args:
            begin: the beginning.
            end: the end.
            counted: whether the script may say beside it how soon it begins or ends.
        """
        said = self._span(begin, end)
        mark = " data-ago" if counted else ""
        return Markup(f'<span class="td-span" data-begin="{_utc(begin)}" data-end="{_utc(end)}"{mark}>{said}</span>')  # noqa: S704

    def _span(self, begin: datetime, end: datetime) -> Markup:
        if self.local(begin) == self.local(end):
            return self.say(
                "{day}, {begin} to {end}",
                day=self.language.long_day(self.local(begin)),
                begin=_time(begin, self.language.clock(begin, self.zone)),
                end=_time(end, self.language.time(end, self.zone)),
            )
        return self.say("{begin} to {end}", begin=self.moment(begin), end=self.moment(end))

    def end(self, incident: IncidentView) -> Markup:
        """Say when a closed incident ended; the clock alone where that was the day it began, which stands beside it."""
        ended = incident.ended or incident.updated
        if self.local(ended) == self.local(incident.started):
            return _time(ended, self.language.time(ended, self.zone))
        return self.moment(ended)

    def lasted(self, incident: IncidentView) -> str:
        """Say how long a closed incident lasted; nothing while it is open."""
        if incident.ended is None or incident.ended < incident.started:
            return ""
        return self.language.duration(incident.ended - incident.started)

    def after(self, incident: IncidentView, moment: datetime) -> str:
        """Say how long after the beginning of an incident something was; nothing for what was not, and planned work."""
        if incident.kind is Kind.MAINTENANCE or moment - incident.started < timedelta(minutes=1):
            return ""
        return self.gettext("after {duration}", duration=self.language.duration(moment - incident.started))

    def minutes(self, minutes: int) -> str:
        """Say an amount of minutes."""
        return self.language.duration(timedelta(minutes=minutes))

    def of(self, text_locale: str) -> Markup:
        """Give `lang` and `dir` for a text, when it is not in the page's language."""
        said = self._foreign.get(text_locale)
        if said is None:
            said = Markup(' lang="{}" dir="{}"').format(text_locale, language(text_locale).direction)
            self._foreign[text_locale] = said
        return said

    def notice(self, freshness: Freshness, text_locale: str) -> str:
        """Say why a text is not in the page's language; nothing when it is."""
        if freshness in {Freshness.SOURCE, Freshness.TRANSLATED} or text_locale == self.view.locale:
            return ""
        name = language(text_locale).name
        if freshness is Freshness.STALE:
            return self.gettext(
                "The translation is being brought up to date; the words below are in: {language}.", language=name
            )
        return self.gettext("There is no translation yet; the words below are in: {language}.", language=name)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _time(moment: datetime, words: str, *, counted: bool = False) -> Markup:
    mark = " data-ago" if counted else ""
    return Markup(f'<time datetime="{_utc(moment)}"{mark}>{escape(words)}</time>')  # noqa: S704
