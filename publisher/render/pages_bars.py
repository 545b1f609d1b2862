"""Ninety days at a glance: one thin column a day, its colour the gravest impact, its height how long that lasted.

Days before the component existed are grey, which is not the same as green. Phones show the newer half, by style sheet.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from publisher.model.component import Impact
from publisher.render.icons import NAMES
from publisher.render.pages_speech import Speech
from publisher.render.view import ComponentView, DayView

_LEVELS = ((30, 1), (120, 2), (480, 3))
"""Minutes below which a day's mark has which height of four."""


def bar(component: ComponentView, *, speech: Speech) -> Markup:
    """Draw a component's days. A screen reader hears one sentence; its page has the days as a list."""
    cells = "".join(_cell(day, speech) for day in component.days)
    return Markup('<div class="td-bar" role="img" aria-label="{}">{}</div>').format(
        _sentence(component, speech),
        Markup(cells),  # noqa: S704 - made of escaped parts below
    )


def _cell(day: DayView, speech: Speech) -> str:
    if day.impact is None:
        return '<i class="none"></i>'
    if not day.minutes:
        return "<i></i>"
    impact, minutes = day.minutes[0]
    title = speech.language.pair(speech.language.weekday(day.day), told(day, speech))
    return f'<i class="{NAMES[impact]} h{_level(minutes)}" title="{escape(title)}"></i>'


def troubled_days(component: ComponentView, *, up: str, speech: Speech) -> Markup:
    """List a component's days that had trouble, newest first, folded away; nothing when there were none.

    The bar's columns are too thin for a finger and say nothing to a keyboard: this is where both read them.
    """
    days = [day for day in reversed(component.days) if day.minutes]
    if not days:
        return Markup()
    lines = "".join(
        f"<li>{speech.say('{name}: {value}', name=speech.day(day.day), value=told(day, speech))}"
        f"{_links(day, up, speech)}</li>\n"
        for day in days
    )
    summary = speech.count("{n} day with trouble or maintenance", "{n} days with trouble or maintenance", len(days))
    return Markup(f'<details class="td-days"><summary>{summary}</summary>\n<ul>\n{lines}</ul></details>\n')  # noqa: S704


def _links(day: DayView, up: str, speech: Speech) -> str:
    found = (speech.view.by_id[name] for name in day.incidents if name in speech.view.by_id)
    return "".join(
        f' · <a href="{up}incidents/{escape(i.id)}/"{speech.of(i.locale)}>{escape(i.title)}</a>' for i in found
    )


def told(day: DayView, speech: Speech) -> str:
    """Say what a day's trouble was: `Partial outage, 26 minutes`."""
    return speech.language.list(
        speech.gettext(
            "{impact}, {duration}",
            impact=speech.language.impact(impact),
            duration=speech.minutes(minutes),
        )
        for impact, minutes in day.minutes
    )


def _level(minutes: int) -> int:
    return next((level for below, level in _LEVELS if minutes < below), 4)


def _sentence(component: ComponentView, speech: Speech) -> str:
    days = len([d for d in component.days if d.impact is not None])
    troubled = len([d for d in component.days if any(i is not Impact.UNDER_MAINTENANCE for i, _m in d.minutes)])
    return speech.language.pair(
        speech.language.ngettext("The last day", "The last {n} days", days),
        speech.language.ngettext("trouble on {n} day", "trouble on {n} days", troubled)
        if troubled
        else speech.gettext("no trouble"),
    )
