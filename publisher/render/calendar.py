"""Planned maintenance as an iCalendar file (RFC 5545), for people who want it among their meetings.

Times are UTC, so that no time zone has to be shipped. `DTSTAMP` is when something was last said, not when the file
was made; `SEQUENCE` counts what was said, so it grows with each word. What was called off before it began stays, as
cancelled, or calendars would keep showing it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Component, Event, Timezone, TimezoneStandard
from icalendar.prop import vRecur

from publisher.model.release import Artifact
from publisher.render.headers import data, prefix
from publisher.render.i18n import language
from publisher.render.recurrence import followed
from publisher.render.utm import tagger
from publisher.render.view import IncidentView, View

PRODUCT = "-//Tidings//Tidings//EN"
_HOURLY = timedelta(hours=1)


def render_calendar(view: View) -> Artifact:
    """Write a view's maintenances as `maintenance.ics`."""
    title = f"{view.site.name} \N{EN DASH} {language(view.locale, view.site).gettext('Planned maintenance')}"
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("url", view.site.href("maintenance/", view.locale))
    calendar.add("source", view.site.href("maintenance.ics", view.locale), parameters={"VALUE": "URI"})
    calendar.add("refresh-interval", _HOURLY, parameters={"VALUE": "DURATION"})
    events: list[Component] = [_event(view, m) for m in view.maintenances if m.occurrences]
    # RFC 5545 section 3.6: a calendar holds at least one component. Nothing planned is still a calendar to subscribe
    # to.
    for component in events or [_utc()]:
        calendar.add_component(component)
    return data(view.site, f"{prefix(view.site, view.locale)}maintenance.ics", calendar.to_ical(sorted=False))


def _event(view: View, maintenance: IncidentView) -> Event:
    begin, end = maintenance.window or maintenance.occurrences[0]
    latest = maintenance.updates[0] if maintenance.updates else None
    change = tagger(
        view.site,
        source="calendar",
        medium="ics",
        campaign=maintenance.id,
        content=latest.revision if latest else "",
    )
    called_off = maintenance.ended is not None and maintenance.ended <= begin
    event = Event()
    event.add("uid", f"{maintenance.id}@{urlsplit(view.site.url).hostname or 'localhost'}")
    event.add("dtstamp", maintenance.updated)
    event.add("created", maintenance.created)
    event.add("last-modified", maintenance.updated)
    event.add("sequence", len(maintenance.updates))
    event.add("dtstart", begin)
    event.add("dtend", end)
    rule = _rule(maintenance, begin)
    if rule is not None:
        event.add("rrule", rule)
    event.add("summary", maintenance.title)
    if latest is not None:
        event.add("description", latest.words.text)
    event.add("url", change(view.site.href(f"incidents/{maintenance.id}/", view.locale)))
    touched = [a.name for a in maintenance.affected if a.through is None]
    event.add("categories", touched or [language(view.locale, view.site).gettext("Maintenance")])
    event.add("status", "CANCELLED" if called_off else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _rule(maintenance: IncidentView, begin: datetime) -> vRecur | None:
    """Give the rule, cut off where the series was called complete."""
    if not maintenance.rrule or not followed(maintenance.rrule, begin):
        return None
    rule: vRecur = vRecur.from_ical(maintenance.rrule.removeprefix("RRULE:"))
    if maintenance.ended is not None:
        rule.pop("COUNT", None)
        rule["UNTIL"] = [max(maintenance.ended, begin).astimezone(UTC)]
    return rule


def _utc() -> Timezone:
    zone = Timezone()
    zone.add("tzid", "Etc/UTC")
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 (RFC 5545 section 3.6.5: local time)
    standard.add("tzoffsetfrom", timedelta(0))
    standard.add("tzoffsetto", timedelta(0))
    standard.add("tzname", "UTC")
    zone.add_component(standard)
    return zone
