"""What each language says, and that its catalogue says all of it."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from publisher.model.component import Impact
from publisher.model.errors import UsageError
from publisher.model.incident import Category, Scope, Severity, Status
from publisher.render.i18n import CATALOGUES, Language, language

PACKAGE = Path(__file__).resolve().parents[3] / "publisher"
MOMENT = datetime(2026, 11, 20, 14, 31, 59, tzinfo=UTC)
SHIPPED = sorted(path.name for path in CATALOGUES.iterdir() if path.is_dir())


def test_german_and_arabic_ship() -> None:
    assert {"ar", "de"} <= set(SHIPPED)


@pytest.mark.parametrize(
    ("locale", "day", "time", "moment"),
    [
        ("en", "20 November 2026", "14:31 UTC", "20 November 2026, 14:31 UTC"),
        ("de", "20. November 2026", "14:31 UTC", "20. November 2026, 14:31 UTC"),
        ("ar", "20 نوفمبر 2026", "14:31 UTC", "20 نوفمبر 2026، 14:31 UTC"),
        ("fi", "20. marraskuuta 2026", "14.31 UTC", "20. marraskuuta 2026 14.31 UTC"),
        ("en-US", "November 20, 2026", "14:31 UTC", "November 20, 2026, 14:31 UTC"),
    ],
)
def test_times_are_said_in_full_on_the_24_hour_clock(locale: str, day: str, time: str, moment: str) -> None:
    tongue = language(locale)
    assert tongue.date(MOMENT.date()) == day
    assert tongue.time(MOMENT, "Etc/UTC") == time
    assert tongue.datetime(MOMENT, "Etc/UTC").replace(" klo ", " ") == moment


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "15:31 CET"),
        ("America/Sao_Paulo", "11:31 UTC-3"),
        ("Asia/Kathmandu", "20:16 UTC+5:45"),
        ("Etc/UTC", "14:31 UTC"),
    ],
)
def test_a_time_names_its_zone(zone: str, said: str) -> None:
    assert language("en").time(MOMENT, zone) == said


def test_a_moment_is_of_the_day_it_has_in_the_zone() -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert language("en").datetime(late, "Europe/Berlin") == "1 January 2027, 00:30 CET"


def test_summer_time_is_named() -> None:
    assert language("de").time(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "Europe/Berlin") == "14:00 CEST"


@pytest.mark.parametrize(
    ("length", "english", "german", "arabic"),
    [
        (timedelta(seconds=30), "less than a minute", "weniger als eine Minute", "أقل من دقيقة"),
        (timedelta(minutes=1), "1 minute", "1 Minute", "دقيقة"),
        (timedelta(minutes=72), "1 hour and 12 minutes", "1 Stunde und 12 Minuten", "ساعة و12 دقيقة"),
        (timedelta(hours=2), "2 hours", "2 Stunden", "ساعتان"),
        (timedelta(days=2, minutes=70), "2 days and 1 hour", "2 Tage und 1 Stunde", "يومان وساعة"),
        (timedelta(days=45), "45 days", "45 Tage", "45 يومًا"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(length: timedelta, english: str, german: str, arabic: str) -> None:
    assert language("en").duration(length) == english
    assert language("de").duration(length) == german
    assert language("ar").duration(length) == arabic


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100%"), (0.9999, "99.99%"), (0.99999, "99.99%"), (0.99949, "99.94%"), (0.5, "50.00%"), (0.0, "0.00%")],
)
def test_a_share_is_never_rounded_up(share: float, said: str) -> None:
    assert language("en").percent(share) == said


def test_numbers_and_lists_follow_the_language() -> None:
    assert language("de").percent(0.9994) == "99,94\u00a0%"
    assert language("de").number(12345) == "12.345"
    assert language("de").list(["a", "b", "c"]) == "a, b und c"
    assert language("en").list(["a"]) == "a"
    assert language("en").list([]) == ""


def test_writing_direction() -> None:
    assert [language(x).direction for x in ("en", "de", "ar", "he", "fa")] == ["ltr", "ltr", "rtl", "rtl", "rtl"]


def test_a_language_calls_itself_by_its_own_name() -> None:
    assert [language(x).name for x in ("en", "de", "ar", "pt-BR")] == [
        "English",
        "Deutsch",
        "العربية",
        "Português (Brasil)",
    ]


def test_a_country_without_a_catalogue_takes_that_of_its_language() -> None:
    assert language("de-AT").gettext("Follow") == "Folgen"


def test_a_language_without_a_catalogue_speaks_english_with_its_own_dates() -> None:
    assert language("fi").gettext("Follow") == "Follow"
    assert language("fi").date(date(2026, 11, 20)) == "20. marraskuuta 2026"
    assert not language("fi").translated
    assert language("en").translated
    assert language("de").translated


@pytest.mark.parametrize("tag", ["xx-nowhere", "", "klingonisch", "../../etc"])
def test_what_is_no_language_is_refused_in_words(tag: str) -> None:
    with pytest.raises(UsageError, match="There is no language called"):
        Language(tag)


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (1, "قبل يوم واحد"),
        (2, "قبل يومين"),
        (3, "قبل 3 أيام"),
        (11, "قبل 11 يومًا"),
        (90, "قبل 90 يومًا"),
        (100, "قبل 100 يوم"),
    ],
)
def test_arabic_has_six_numbers(n: int, said: str) -> None:
    assert language("ar").ngettext("{n} day ago", "{n} days ago", n) == said


@pytest.mark.parametrize("locale", ["en", *SHIPPED])
def test_every_closed_set_has_a_name(locale: str) -> None:
    tongue = language(locale)
    for names in (
        [tongue.status(x) for x in Status],
        [tongue.impact(x) for x in Impact],
        [tongue.category(x) for x in Category],
        [tongue.scope(x) for x in Scope],
        [tongue.severity(x) for x in Severity],
    ):
        assert all(names)
        assert len(set(names)) == len(names)


def said_in_code() -> set[str | tuple[str, ...]]:
    """Give every message our code and templates say, the way a translator would extract them."""
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "count": (1, 2), "say": None}
    rules = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
    found: set[str | tuple[str, ...]] = set()
    for room in ("render", "site"):
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(PACKAGE / room), method_map=rules, keywords=keywords
        ):
            found.add(message)
    return found


def test_extraction_finds_code_and_templates() -> None:
    found = said_in_code()
    assert "Everything works." in found, "from Python"
    assert "The last fortnight" in found, "from a page's template"
    assert "Text version" in found, "from the theme"
    assert ("{n} day ago", "{n} days ago") in found, "a plural"


def names_in(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", SHIPPED)
def test_a_catalogue_says_everything_and_keeps_every_name(locale: str) -> None:
    catalogues = []
    for path in sorted((CATALOGUES / locale / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as source:
            catalogues.append(read_po(source, locale=locale))
    problems = []
    for message in sorted(said_in_code(), key=str):
        name = message if isinstance(message, str) else message[0]
        entry = next((found for c in catalogues if (found := c.get(name)) is not None), None)
        if entry is None or not entry.string or entry.fuzzy:
            problems.append(f"not translated: {message!r}")
            continue
        wanted = names_in(message if isinstance(message, str) else message[1])
        forms = [entry.string] if isinstance(entry.string, str) else list(entry.string)
        if len(forms) > 1 and len(forms) != catalogues[0].num_plurals:
            problems.append(f"wants {catalogues[0].num_plurals} forms: {message!r}")
        # In a plural, a form may leave the number out where the word says it: "two days" is one word in Arabic.
        optional = {"n"} if len(forms) > 1 else set()
        problems += [
            f"other names than {message!r}: {form!r}"
            for form in forms
            if not form or not wanted - optional <= names_in(form) <= wanted
        ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("locale", "between"), [("en", " "), ("ar", " "), ("ja", ""), ("zh-Hans", "")])
def test_sentences_follow_each_other_as_the_language_writes_them(locale: str, between: str) -> None:
    assert Language(locale).between == between
