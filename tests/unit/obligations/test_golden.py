"""T91: every clock that ships, at twelve instants, against a table that was made by other means.

`second_reckoning.py` made the table and says how; the lines in `BY_HAND` were worked out with a calendar beforehand, so
that the table is held against something too.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from publisher.load.regimes import shipped
from publisher.model.duty import Calendar, Duty, Unit, Within
from publisher.obligations.reckoning import Refusal, due, moved_off_rest_days

TABLE = Path(__file__).parent / "golden_clocks.tsv"
HOUSE_ZONE = "Europe/Berlin"
US = Calendar(
    id="us",
    name="Working days in New York",
    zone="America/New_York",
    begins=date(2026, 11, 1),
    ends=date(2028, 3, 31),
    closes=time(17, 30),
    holidays=dict.fromkeys(
        (
            date(2026, 11, 11), date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 18),
            date(2027, 2, 15), date(2027, 5, 31), date(2027, 6, 18), date(2027, 7, 5), date(2027, 9, 6),
            date(2027, 10, 11), date(2027, 11, 11), date(2027, 11, 25), date(2027, 12, 24), date(2027, 12, 31),
            date(2028, 1, 17), date(2028, 2, 21),
        ),
        "holiday",
    ),
)  # fmt: skip

BY_HAND = (
    # Berlin is at UTC+1 in winter and UTC+2 in summer; New York UTC-5 and -4; Los Angeles UTC-8 and -7.
    ("eu-gdpr/authority", "2027-03-28T00:30:00Z", "2027-03-31T00:30:00Z", "72 elapsed hours, though the night is short"),
    ("eu-dora/initial", "2027-03-28T00:30:00Z", "2027-03-28T04:30:00Z", "4 elapsed hours across the jump"),
    ("eu-dora/initial", "2027-10-31T00:30:00Z", "2027-10-31T04:30:00Z", "4 elapsed hours, one of them shown twice"),
    ("eu-dora/initial backstop", "2026-12-31T23:30:00Z", "2027-01-01T23:30:00Z", "into the new year"),
    ("eu-dora/intermediate", "2026-11-20T21:00:00Z", "2026-11-23T21:00:00Z", "Friday night to Monday night"),
    ("eu-dora/final", "2028-01-31T10:00:00Z", "2028-02-29T10:00:00Z", "31 January and a month: 29 February"),
    ("eu-dora/final", "2027-01-31T22:59:59Z", "2027-02-28T22:59:59Z", "31 January and a month: 28 February"),
    ("eu-dora/final", "2027-02-28T01:30:00Z", "2027-03-28T01:00:00Z", "28 March has no 02:30 in Berlin: the jump"),
    ("eu-nis2/final-report", "2026-12-31T23:30:00Z", "2027-01-31T23:30:00Z", "1 January 00:30 in Berlin to 1 February"),
    ("eu-nis2/final-report", "2028-02-29T12:00:00Z", "2028-03-29T11:00:00Z", "13:00 in Berlin, in summer by then"),
    ("eu-nis2/final-report", "2027-10-31T00:30:00Z", "2027-11-30T01:30:00Z", "02:30 in Berlin, in winter by then"),
    ("eu-cra/final-vulnerability", "2027-03-28T00:30:00Z", "2027-04-10T23:30:00Z", "01:30 in Berlin, 14 days on"),
    ("eu-cra/final-vulnerability", "2028-02-29T12:00:00Z", "2028-03-14T12:00:00Z", "14 days, in winter all along"),
    ("us-ftc-safeguards/commission", "2027-10-01T00:30:00Z", "2027-10-31T00:30:00Z", "02:30 comes twice: the first"),
    ("us-california/residents", "2027-02-12T10:30:00Z", "2027-03-14T10:00:00Z", "14 March has no 02:30 there: the jump"),
    ("us-california/residents", "2028-01-31T10:00:00Z", "2028-03-01T10:00:00Z", "29 days of February, then the 1st"),
    ("us-california/attorney-general", "2026-12-26T12:00:00Z", "2027-01-10T12:00:00Z", "26 December and 15 days"),
    ("us-hipaa/individuals", "2026-12-31T23:30:00Z", "2027-03-01T23:30:00Z", "1 January in Berlin, 60 days: 2 March"),
    ("us-hipaa/media", "2028-01-31T10:00:00Z", "2028-03-31T09:00:00Z", "29 days of February, 31 of March"),
    ("us-sec-8k/filing", "2026-11-20T21:00:00Z", "2026-11-27T22:30:00Z", "Mo Tu We, Thanksgiving, Fr"),
    ("us-sec-8k/filing", "2026-11-26T15:00:00Z", "2026-12-02T22:30:00Z", "from a holiday: Fr, Mo Tu We"),
    ("us-sec-8k/filing", "2026-12-26T12:00:00Z", "2026-12-31T22:30:00Z", "from a Saturday: Mo Tu We Th"),
    ("us-sec-8k/filing", "2026-12-31T23:30:00Z", "2027-01-07T22:30:00Z", "New Year, weekend, Mo Tu We Th"),
    ("us-sec-8k/filing", "2027-02-12T10:30:00Z", "2027-02-19T22:30:00Z", "weekend, Washington's birthday, Tu to Fr"),
    ("us-sec-8k/filing", "2027-03-28T00:30:00Z", "2027-04-01T21:30:00Z", "Saturday evening there; summer time by then"),
    ("us-bank/regulator", "2026-11-20T21:00:00Z", "2026-11-22T09:00:00Z", "36 elapsed hours"),
    ("in-cert/report", "2026-12-31T23:30:00Z", "2027-01-01T05:30:00Z", "6 elapsed hours"),
    ("sg-mas/notice", "2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z", "1 elapsed hour"),
    ("sg-mas/root-cause", "2027-02-28T01:30:00Z", "2027-03-14T01:30:00Z", "no summer time in Singapore"),
    ("sg-mas/root-cause", "2028-02-29T12:00:00Z", "2028-03-14T12:00:00Z", "14 days from leap day"),
)  # fmt: skip


def _table() -> list[tuple[str, str, str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [(name, start, end) for name, start, end in (line.split("\t") for line in lines[1:])]


def _clocks() -> dict[str, tuple[Duty, Within | None]]:
    found: dict[str, tuple[Duty, Within | None]] = {}
    for row in shipped():
        found[row.id] = (row, row.clock.within)
        if row.backstop is not None:
            found[f"{row.id} backstop"] = (row, row.backstop.within)
    return found


def _said(row: Duty, within: Within | None, start: str) -> str:
    if within is None:
        return "no figure"
    calendar = US if within.unit is Unit.BUSINESS_DAYS else None
    end = due(datetime.fromisoformat(start), within, zone=row.zone or HOUSE_ZONE, calendar=calendar)
    assert isinstance(end, datetime), end
    assert end.tzinfo is UTC
    return f"{end:%Y-%m-%dT%H:%M:%SZ}"


def test_every_shipped_clock_at_every_instant_is_what_the_table_says() -> None:
    clocks = _clocks()
    table = _table()
    assert len(table) == 44 * 12
    assert {name for name, _, _ in table} == set(clocks)
    wrong = [(n, start, end, _said(*clocks[n], start)) for n, start, end in table if _said(*clocks[n], start) != end]
    assert wrong == []


@pytest.mark.parametrize(("name", "start", "end", "why"), BY_HAND, ids=[f"{row[0]}: {row[3]}" for row in BY_HAND])
def test_the_table_is_what_pen_and_calendar_say(name: str, start: str, end: str, why: str) -> None:
    assert (name, start, end) in _table(), why


def test_a_planted_error_in_any_figure_is_found() -> None:
    """The positive control: each clock with one more of its unit disagrees with the table somewhere."""
    clocks = _clocks()
    for name, (row, within) in clocks.items():
        if within is not None:
            worse = Within(amount=within.amount + 1, unit=within.unit)
            assert any(_said(row, worse, start) != end for n, start, end in _table() if n == name), name


# T93


@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_from_the_last_day_of_a_month_stays_in_the_next(month: int) -> None:
    lengths = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
    start = datetime(2027, month, lengths[month], 12, tzinfo=UTC)
    end = due(start, Within(amount=1, unit=Unit.MONTHS), zone="UTC")
    following = month % 12 + 1
    year = 2028 if month == 12 else 2027
    assert end == datetime(year, following, min(lengths[month], lengths[following]), 12, tzinfo=UTC)


def test_thirteen_months_from_leap_day_are_counted_from_leap_day() -> None:
    start = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert due(start, Within(amount=12, unit=Unit.MONTHS), zone="UTC") == datetime(2029, 2, 28, 12, tzinfo=UTC)
    assert due(start, Within(amount=13, unit=Unit.MONTHS), zone="UTC") == datetime(2029, 3, 29, 12, tzinfo=UTC)


def test_business_days_without_a_calendar_are_refused() -> None:
    start = datetime(2026, 11, 20, 21, tzinfo=UTC)
    said = due(start, Within(amount=4, unit=Unit.BUSINESS_DAYS), zone="America/New_York")
    assert isinstance(said, Refusal)
    assert "without a calendar" in said.why
    assert "policy/calendars/" in said.fix


@pytest.mark.parametrize(
    "start",
    [
        datetime(2028, 3, 29, 12, tzinfo=UTC),
        datetime(2028, 4, 3, 12, tzinfo=UTC),
        datetime(2026, 10, 31, 12, tzinfo=UTC),
    ],
    ids=["runs past its end", "begins after it", "begins before it"],
)
def test_days_that_a_calendar_does_not_know_are_refused(start: datetime) -> None:
    said = due(start, Within(amount=4, unit=Unit.BUSINESS_DAYS), zone="UTC", calendar=US)
    assert isinstance(said, Refusal)
    assert 'The calendar "us" knows 2026-11-01 to 2028-03-31' in said.why


def test_relief_for_rest_days_moves_to_the_next_working_day_or_refuses() -> None:
    saturday, monday = datetime(2026, 11, 21, 15, tzinfo=UTC), datetime(2026, 11, 23, 15, tzinfo=UTC)
    thanksgiving = datetime(2026, 11, 26, 15, tzinfo=UTC)
    assert moved_off_rest_days(saturday, time(12), US) == datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert moved_off_rest_days(thanksgiving, time(12), US) == datetime(2026, 11, 27, 17, tzinfo=UTC)
    assert moved_off_rest_days(monday, time(12), US) == monday
    assert isinstance(moved_off_rest_days(saturday, time(12), None), Refusal)
    assert isinstance(moved_off_rest_days(datetime(2028, 4, 2, tzinfo=UTC), time(12), US), Refusal)
