"""The days of a component and the share of them it was available, against a count by the minute."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.component import Component, Impact, Registry
from publisher.model.incident import Status
from publisher.model.policy import Policy, Uptime
from publisher.render.api import render_api
from publisher.render.availability import Calendar, availability, calendar, day_begin
from publisher.render.i18n import language
from publisher.render.pages import pages
from publisher.render.timeline import Stretch
from publisher.render.view import View
from publisher.render.views import project_all
from tests.unit.render.histories import DOWN, NOW, OK, PARTIAL, SLOW, WORK, at, history, incident, minutes, update

WEIGHTS = Uptime().weights
BERLIN = ZoneInfo("Europe/Berlin")
NINETY = calendar(today=NOW.date(), count=90, zone=ZoneInfo("Etc/UTC"), until=NOW)
SECOND = timedelta(seconds=1)


def stretch(begin: datetime, end: datetime, impact: Impact = DOWN, name: str = "x") -> Stretch:
    return Stretch(begin=begin, end=end, component="payments", impact=impact, incident=name)


def share(
    *stretches: Stretch,
    over: Calendar = NINETY,
    since: date | None = None,
    weights: Mapping[Impact, float] = WEIGHTS,
    now: Impact = OK,
) -> float | None:
    return availability(stretches, over, since=since, now=now, weights=weights)[1]


class TestOneHundred:
    def test_only_a_window_without_trouble_is_whole(self) -> None:
        assert share() == 1.0
        assert language("en").percent(1.0) == "100%"

    @pytest.mark.parametrize("lasted", [timedelta(0), timedelta(microseconds=1), SECOND, timedelta(minutes=2)])
    @pytest.mark.parametrize("impact", [DOWN, PARTIAL])
    def test_an_outage_however_short_is_never_shown_as_a_hundred(self, lasted: timedelta, impact: Impact) -> None:
        begin = NOW - timedelta(days=40) if lasted else NOW
        found = share(stretch(begin, begin + lasted, impact), now=impact if not lasted else OK)
        assert found is not None
        assert found < 1
        for locale in ("en", "de", "fr", "es", "ja", "ar"):
            assert "100" not in language(locale).percent(found)
        assert language("en").percent(found) == "99.99%"

    def test_what_is_just_below_a_step_is_cut_off_not_rounded(self) -> None:
        assert language("en").percent(0.99999) == "99.99%"
        assert language("en").percent(0.999899) == "99.98%"
        assert language("en").percent(0.9999) == "99.99%"

    def test_a_share_that_has_a_short_decimal_form_keeps_it(self) -> None:
        """0.997 as a binary fraction is a little less; cutting that off would cost a hundredth."""
        over = replace(NINETY, days=NINETY.days[:1], edges=(NOW, NOW + timedelta(seconds=1000)))
        for lost in range(1, 1000):
            begin = NOW + timedelta(seconds=10)
            found = availability(
                [stretch(begin - 10 * SECOND, begin + (lost - 10) * SECOND)], over, since=None, now=OK, weights=WEIGHTS
            )[1]
            assert found == (1000 - lost) / 1000


class TestWeights:
    def test_a_partial_outage_counts_in_part_and_slowness_not_at_all(self) -> None:
        two_hours = (at("2026-11-01 10:00"), at("2026-11-01 12:00"))
        whole = (NINETY.edges[-1] - NINETY.edges[0]).total_seconds()
        assert share(stretch(*two_hours, PARTIAL)) == pytest.approx(1 - 0.3 * 7200 / whole, abs=1e-6)
        assert share(stretch(*two_hours, SLOW)) == 1.0

    def test_maintenance_is_left_out_of_the_time_unless_policy_says_that_it_costs(self) -> None:
        half = (at("2026-11-20 00:00"), at("2026-11-20 12:00"))
        over = calendar(today=NOW.date(), count=1, zone=ZoneInfo("Etc/UTC"), until=at("2026-11-20 18:00"))
        outage = stretch(at("2026-11-20 12:00"), at("2026-11-20 15:00"))
        assert share(stretch(*half, WORK), outage, over=over) == 0.5, "three hours of six"
        costly = {**WEIGHTS, WORK: 0.5}
        assert share(stretch(*half, WORK), outage, over=over, weights=costly) == 0.5, "six and three hours of eighteen"
        assert share(stretch(*half, WORK), over=over, weights=costly) == pytest.approx(2 / 3, abs=1e-6)
        assert share(stretch(*half, WORK), over=over) == 1.0

    def test_nothing_but_maintenance_leaves_no_time_to_speak_of(self) -> None:
        over = calendar(today=NOW.date(), count=1, zone=ZoneInfo("Etc/UTC"), until=NOW)
        assert share(stretch(over.edges[0], NOW, WORK), over=over) is None

    def test_a_component_answers_for_the_days_it_existed(self) -> None:
        before = stretch(at("2026-10-01 00:00"), at("2026-10-08 00:00"))
        assert share(before, since=date(2026, 11, 1)) == 1.0
        across = stretch(at("2026-10-31 00:00"), at("2026-11-02 00:00"))
        counted = (NOW - at("2026-11-01 00:00")) / timedelta(days=1)
        assert share(across, since=date(2026, 11, 1)) == pytest.approx(1 - 1 / counted, abs=1e-6)
        days, none = availability([], NINETY, since=date(2026, 12, 1), now=OK, weights=WEIGHTS)
        assert none is None
        assert {day.impact for day in days} == {None}


MINUTE = st.integers(min_value=-60, max_value=4 * 24 * 60)
STRETCHES = st.lists(
    st.tuples(MINUTE, st.integers(min_value=1, max_value=2000), st.sampled_from([WORK, SLOW, PARTIAL, DOWN])),
    max_size=6,
)
COSTS = st.fixed_dictionaries(
    {
        WORK: st.sampled_from([0.0, 0.25]),
        SLOW: st.sampled_from([0.0, 0.1]),
        PARTIAL: st.sampled_from([0.3, 0.5]),
        DOWN: st.just(1.0),
    }
)


@given(raw=STRETCHES, weights=COSTS, since=st.sampled_from([None, 0, 1, 2]), hours=st.integers(1, 24))
def test_days_and_figure_agree_with_a_count_by_the_minute(
    raw: Sequence[tuple[int, int, Impact]], weights: dict[Impact, float], since: int | None, hours: int
) -> None:
    """Over the night the clocks go back in Berlin, where a day has 25 hours."""
    today = date(2026, 10, 26)
    begin = day_begin(today - timedelta(days=2), BERLIN)
    until = day_begin(today, BERLIN) + timedelta(hours=hours)
    over = calendar(today=today, count=3, zone=BERLIN, until=until)
    first = None if since is None else today - timedelta(days=2 - since)
    minute = timedelta(minutes=1)
    found = [
        stretch(begin + start * minute, min(begin + (start + length) * minute, until), impact, f"i{n}")
        for n, (start, length, impact) in enumerate(raw)
        if begin + start * minute < until
    ]
    days, figure = availability(found, over, since=first, now=OK, weights=weights)

    counted = lost = 0.0
    seen: dict[tuple[date, Impact], int] = {}
    moment = begin
    while moment < until:
        day = moment.astimezone(BERLIN).date()
        gravest = max((s.impact for s in found if s.begin <= moment < s.end), key=lambda i: i.rank, default=OK)
        moment += minute
        if first is not None and day < first:
            continue
        if gravest is not OK:
            seen[day, gravest] = seen.get((day, gravest), 0) + 1
        if gravest is not WORK or weights[WORK]:
            counted += 1
            lost += weights.get(gravest, 0.0)
    assert {(d.day, impact): m for d in days for impact, m in d.minutes} == seen
    assert [d.impact is None for d in days] == [first is not None and d.day < first for d in days]
    if not counted:
        assert figure is None
        return
    assert figure is not None
    assert figure == pytest.approx(1 - lost / counted, abs=2e-6)
    # The figure can be reckoned again from the days that are shown.
    minutes_shown = sum(weights[impact] * m for d in days for impact, m in d.minutes)
    assert figure == pytest.approx(1 - minutes_shown / counted, abs=2e-6)
    assert (language("en").percent(figure) == "100%") == (lost == 0), "a hundred means that nothing was lost"


def views_of(**policy: object) -> Mapping[str, View]:
    told = [update(NOW - minutes(20), Status.INVESTIGATING), update(NOW - minutes(19), Status.RESOLVED)]
    before = history(incident(NOW - minutes(20), told))
    uptime = Uptime(**policy)  # type: ignore[arg-type]
    registry = Registry(components=(Component(id="payments", name="Payments", since=date(2026, 11, 1)),))
    return project_all(replace(before, policy=Policy(registry=registry, uptime=uptime)), now=NOW)


def test_the_page_of_a_component_tells_the_weights_of_the_policy() -> None:
    told = views_of(days=30, weights={**WEIGHTS, SLOW: 0.125, PARTIAL: 0.5})
    body = next(p.body for p in pages(told["en"]) if p.kind == "component")
    counted = " ".join(body[body.index('id="counted"') :].replace("\xa0", " ").split())
    assert "share of the last 30 days in which" in counted
    assert "It counts from 1 November 2026, the component’s first day." in counted
    assert "Major outage</span>: counts as unavailable" in counted
    assert "Partial outage</span>: 50% of the time counts as unavailable" in counted
    assert "Degraded performance</span>: 12.5% of the time counts as unavailable" in counted
    assert "Under maintenance</span>: the time is left out of the count" in counted
    german = next(p.body for p in pages(told["de"]) if p.kind == "component").replace("\xa0", " ")
    assert "12,5 % der Zeit zählen als nicht verfügbar" in german
    costly = views_of(weights={**WEIGHTS, WORK: 0.1})
    assert "Under maintenance</span>: 10% of the time" in next(
        p.body for p in pages(costly["en"]) if p.kind == "component"
    )


def test_page_and_api_tell_the_same_figure() -> None:
    told = views_of()
    body = next(p.body for p in pages(told["en"]) if p.kind == "component")
    status = next(a.body for a in render_api(told) if a.path == "api/status.json").decode()
    status = status.replace(status[status.index('"generation"') :].split(",")[0], '"generation": 1', 1)
    uptime = json.loads(status)["components"][0]["uptime"]
    assert 0.9999 < uptime < 1
    assert f">{language('en').percent(uptime)} available" in body
    assert "99.99%" in body


def test_days_are_those_of_the_site_whatever_the_clocks_do() -> None:
    over = calendar(today=date(2026, 3, 30), count=3, zone=BERLIN, until=datetime(2026, 3, 30, 10, tzinfo=UTC))
    lengths = [(b - a) / timedelta(hours=1) for a, b in zip(over.edges, over.edges[1:], strict=False)]
    assert lengths == [24, 23, 12]
