"""The calendar as a calendar program reads it (RFC 5545)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import icalendar
import pytest

from publisher.model.history import History
from publisher.model.incident import Incident, Status
from publisher.render.calendar import render_calendar
from publisher.render.views import project
from tests.unit.render.histories import NOW, at, busy, history, maintenance, minutes, update

WEEK = timedelta(days=7)


def body(whole: History, locale: str = "en") -> bytes:
    return render_calendar(project(whole, locale=locale, now=NOW)).body


def events(whole: History) -> dict[str, Any]:
    found = icalendar.Calendar.from_ical(body(whole))
    return {str(e["uid"]).partition("@")[0][11:]: e for e in found.walk("VEVENT")}


def planned(*told: Status, rrule: str | None = None) -> Incident:
    begins = at("2026-11-24 05:00")
    said = [update(NOW - WEEK + minutes(n), status) for n, status in enumerate(told)]
    return maintenance(begins, begins + minutes(30), said, rrule=rrule)


@pytest.mark.parametrize("whole", [busy(), history()], ids=["busy", "empty"])
def test_the_file_keeps_the_rules_of_the_format(whole: History) -> None:
    raw = body(whole)
    assert raw.startswith(b"BEGIN:VCALENDAR\r\n")
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n")), "RFC 5545 section 3.1: octets a line"
    assert b"\n" not in raw.replace(b"\r\n", b"")
    calendar = icalendar.Calendar.from_ical(raw)
    assert calendar.subcomponents, "section 3.6: at least one component"
    assert not calendar.errors
    for event in calendar.walk("VEVENT"):
        assert not event.errors
        for name in ("uid", "dtstamp", "dtstart", "dtend", "summary", "sequence", "status", "url"):
            assert name in event


def test_each_maintenance_is_an_event_in_utc() -> None:
    found = events(busy())
    assert set(found) == {"reports", "work", "weekly", "called-off"}
    work = found["work"]
    assert work.decoded("dtstart") == NOW + timedelta(days=2)
    assert work.decoded("dtend") - work.decoded("dtstart") == minutes(60)
    assert b"DTSTART:20261122T150000Z" in body(busy())


def test_time_stamps_are_those_of_what_was_said() -> None:
    assert events(busy())["work"].decoded("dtstamp") == NOW - WEEK


def test_the_sequence_grows_with_each_word_and_the_uid_stays() -> None:
    before = events(history(planned(Status.SCHEDULED)))["work"]
    after = events(history(planned(Status.SCHEDULED, Status.UPDATE)))["work"]
    assert before["uid"] == after["uid"] == "2026-11-24-work@status.example.com"
    assert (before["sequence"], after["sequence"]) == (1, 2)


def test_what_was_called_off_stays_as_cancelled() -> None:
    found = events(busy())
    assert found["called-off"]["status"] == "CANCELLED"
    assert found["work"]["status"] == "CONFIRMED"


def test_a_recurring_one_keeps_its_rule() -> None:
    assert events(busy())["weekly"]["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=TU"


def test_a_rule_that_cannot_be_followed_is_not_passed_on() -> None:
    assert "rrule" not in events(history(planned(Status.SCHEDULED, rrule="FREQ=NEVER")))["work"]


def test_a_series_called_complete_ends_there() -> None:
    begins = NOW - 5 * WEEK
    told = [update(begins - WEEK, Status.SCHEDULED), update(NOW - WEEK, Status.COMPLETED)]
    series = maintenance(begins, begins + minutes(30), told, rrule="FREQ=WEEKLY;COUNT=20")
    rule = events(history(series))["work"]["rrule"]
    assert rule["UNTIL"] == [NOW - WEEK]
    assert "COUNT" not in rule


def test_text_with_commas_and_lines_survives() -> None:
    said = update(NOW - WEEK, Status.SCHEDULED, "One, two; three\\.\n\nFour.")
    one = replace(planned(Status.SCHEDULED), updates=(said,), title="A, b; c")
    event = events(history(one))["work"]
    assert str(event["summary"]) == "A, b; c"
    assert str(event["description"]) == "One, two; three.\n\nFour."
