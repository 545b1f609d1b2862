"""Makes the golden table of clocks by other means than the engine's. Run by hand, never by a test.

    python tests/unit/obligations/second_reckoning.py > tests/unit/obligations/golden_clocks.tsv

The engine counts with Python's dates, `zoneinfo` and a bisection. This counts with seconds since 1970, the C library's
`localtime` and `mktime` under `TZ`, month lengths and working days written out by hand, and a walk by minutes where a
local time does not exist. Rows and figures are written out here once more, from the survey of the law, not read from
`regimes.yml`: a figure that was typed wrongly there shows too. What came out was read through by hand; the thirty lines
in `test_golden.py` were worked out with pen and calendar before.
"""

from __future__ import annotations

import os
import time

INSTANTS = (
    ("1 hour before Europe's clocks go forward", "2027-03-28T00:30:00Z"),
    ("a month before a time that Europe's clocks skip", "2027-02-28T01:30:00Z"),
    ("the hour that Europe's clocks show twice", "2027-10-31T00:30:00Z"),
    ("30 days before a time that Europe's clocks show twice", "2027-10-01T00:30:00Z"),
    ("31 January of a leap year", "2028-01-31T10:00:00Z"),
    ("leap day", "2028-02-29T12:00:00Z"),
    ("the last half hour of the year", "2026-12-31T23:30:00Z"),
    ("Friday night", "2026-11-20T21:00:00Z"),
    ("a holiday", "2026-11-26T15:00:00Z"),
    ("30 days before a time that California's clocks skip", "2027-02-12T10:30:00Z"),
    ("31 January, last second of Europe's day", "2027-01-31T22:59:59Z"),
    ("Saturday after Christmas", "2026-12-26T12:00:00Z"),
)
BERLIN, NEW_YORK, CALIFORNIA, LONDON = "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Europe/London"
KOLKATA, SYDNEY, SINGAPORE = "Asia/Kolkata", "Australia/Sydney", "Asia/Singapore"
NONE = (0, "none")
CLOCKS = (
    ("eu-gdpr/authority", 72, "h", BERLIN),
    ("eu-gdpr/controller", *NONE, BERLIN),
    ("eu-gdpr/people", *NONE, BERLIN),
    ("uk-gdpr/authority", 72, "h", LONDON),
    ("eu-nis2/early-warning", 24, "h", BERLIN),
    ("eu-nis2/notification", 72, "h", BERLIN),
    ("eu-nis2/trust-notification", 24, "h", BERLIN),
    ("eu-nis2/final-report", 1, "m", BERLIN),
    ("eu-nis2/recipients", *NONE, BERLIN),
    ("eu-dora/initial", 4, "h", BERLIN),
    ("eu-dora/initial backstop", 24, "h", BERLIN),
    ("eu-dora/intermediate", 72, "h", BERLIN),
    ("eu-dora/final", 1, "m", BERLIN),
    ("eu-dora/clients", *NONE, BERLIN),
    ("eu-cra/early-warning", 24, "h", BERLIN),
    ("eu-cra/notification", 72, "h", BERLIN),
    ("eu-cra/final-vulnerability", 14, "d", BERLIN),
    ("eu-cra/final-incident", 1, "m", BERLIN),
    ("uk-payments/initial", 4, "h", LONDON),
    ("uk-operational/initial", 24, "h", LONDON),
    ("uk-cyber-resilience/initial", 24, "h", LONDON),
    ("us-sec-8k/filing", 4, "b", NEW_YORK),
    ("us-reg-sp/customers", 30, "d", NEW_YORK),
    ("us-reg-sp/institution", 72, "h", NEW_YORK),
    ("us-bank/regulator", 36, "h", BERLIN),
    ("us-bank/bank", *NONE, BERLIN),
    ("us-ny-dfs/superintendent", 72, "h", NEW_YORK),
    ("us-ny-dfs/payment", 24, "h", NEW_YORK),
    ("us-hipaa/individuals", 60, "d", BERLIN),
    ("us-hipaa/media", 60, "d", BERLIN),
    ("us-hipaa/covered-entity", 60, "d", BERLIN),
    ("us-california/residents", 30, "d", CALIFORNIA),
    ("us-california/attorney-general", 15, "d", CALIFORNIA),
    ("us-circia/incident", 72, "h", BERLIN),
    ("us-circia/ransom", 24, "h", BERLIN),
    ("us-ftc-safeguards/commission", 30, "d", BERLIN),
    ("in-cert/report", 6, "h", KOLKATA),
    ("in-dpdp/first-notice", *NONE, KOLKATA),
    ("in-dpdp/full-report", 72, "h", KOLKATA),
    ("au-cps-234/notice", 72, "h", SYDNEY),
    ("au-cps-230/incident", 72, "h", SYDNEY),
    ("au-cps-230/tolerance", 24, "h", SYDNEY),
    ("sg-mas/notice", 1, "h", SINGAPORE),
    ("sg-mas/root-cause", 14, "d", SINGAPORE),
)
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Days off in New York around the instants above, weekends aside; the working day ends at 17:30 there.
DAYS_OFF = {
    (2026, 11, 26), (2026, 12, 25), (2027, 1, 1), (2027, 1, 18), (2027, 2, 15), (2027, 10, 11), (2027, 11, 11),
    (2027, 11, 25), (2028, 2, 21),
}  # fmt: skip
SUNDAY, SATURDAY = 6, 5


def seconds(text: str) -> int:
    """Count the seconds from 1970 to a time in UTC, by hand."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    days = sum(366 if leap(y) else 365 for y in range(1970, year))
    days += sum(length(year, m) for m in range(1, month)) + day - 1
    return days * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def length(year: int, month: int) -> int:
    return LENGTHS[month - 1] + (month == 2 and leap(year))


def wall(instant: int, zone: str) -> tuple[int, ...]:
    """Ask the C library what a clock on the wall shows."""
    os.environ["TZ"] = zone
    time.tzset()
    return tuple(time.localtime(instant)[:6])


def instant(shown: tuple[int, ...], zone: str) -> int:
    """Ask the C library when a clock on the wall shows something: first of two; the jump where it never does."""
    os.environ["TZ"] = zone
    time.tzset()
    guesses = sorted({int(time.mktime((*shown, 0, 0, dst))) for dst in (0, 1, -1)})  # type: ignore[arg-type]
    for guess in range(guesses[0] - 3600, guesses[-1] + 3601, 1800):
        if wall(guess, zone) == shown:
            return guess
    for guess in guesses:
        if wall(guess, zone) == shown:
            return guess
    now = guesses[0] - 7200 - (guesses[0] % 60)
    while wall(now, zone) < shown:
        now += 60
    return now


def next_day(year: int, month: int, day: int) -> tuple[int, int, int]:
    if day < length(year, month):
        return year, month, day + 1
    return (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)


def weekday(year: int, month: int, day: int) -> int:
    """1 January 1970 was a Thursday."""
    return (seconds(f"{year:04}-{month:02}-{day:02}T00:00:00Z") // 86400 + 3) % 7


def reckon(begin: int, amount: int, unit: str, zone: str) -> int:
    if unit == "h":
        return begin + amount * 3600
    year, month, day, *clock = wall(begin, zone)
    if unit == "m":
        month += amount
        year, month = (year + 1, month - 12) if month > 12 else (year, month)
        return instant((year, month, min(day, length(year, month)), *clock), zone)
    for _ in range(amount):
        year, month, day = next_day(year, month, day)
        while unit == "b" and (weekday(year, month, day) in (SATURDAY, SUNDAY) or (year, month, day) in DAYS_OFF):
            year, month, day = next_day(year, month, day)
    return instant((year, month, day, *((17, 30, 0) if unit == "b" else clock)), zone)


def main() -> None:
    print("# clock\tstarts\tdue\t(made by second_reckoning.py, see there)")
    for name, amount, unit, zone in CLOCKS:
        for _, text in INSTANTS:
            if unit == "none":
                due = "no figure"
            else:
                due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(reckon(seconds(text), amount, unit, zone)))
            print(f"{name}\t{text}\t{due}")


if __name__ == "__main__":
    main()
