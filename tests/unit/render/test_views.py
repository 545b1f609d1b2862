"""What a view says is true of its moment, of its audience and of its language, and of nothing else."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.component import Component, Impact, Registry
from publisher.model.history import History
from publisher.model.incident import (
    CLOSED,
    Cause,
    Incident,
    Internal,
    Kind,
    Status,
    Translation,
    source_revision,
)
from publisher.model.policy import Policy, Uptime
from publisher.render.timeline import course
from publisher.render.view import ComponentView, Freshness, Indicator, View
from publisher.render.views import project, project_all
from tests.unit.render.histories import (
    DOWN,
    NOW,
    OK,
    PARTIAL,
    SITE,
    SLOW,
    WORK,
    at,
    busy,
    history,
    incident,
    maintenance,
    minutes,
    update,
)

DAY = timedelta(days=1)


def see(history_: History, now: datetime = NOW, locale: str = "en") -> View:
    return project(history_, locale=locale, now=now)


def component(view: View, component_id: str) -> ComponentView:
    return next(c for c in view.components if c.id == component_id)


class TestNow:
    def test_an_open_incident_weighs_on_its_components_and_on_the_whole(self) -> None:
        view = see(history(incident(NOW - minutes(30), [update(NOW - minutes(20), Status.INVESTIGATING)])))
        assert component(view, "payments").impact is PARTIAL
        assert view.overall is PARTIAL
        assert view.indicator is Indicator.MAJOR

    def test_the_latest_update_decides(self) -> None:
        told = [
            update(NOW - minutes(20), Status.INVESTIGATING, components={"payments": DOWN}),
            update(NOW - minutes(10), Status.MONITORING, components={"payments": OK}),
        ]
        view = see(history(incident(NOW - minutes(30), told)))
        assert component(view, "payments").impact is OK
        assert [i.id for i in view.open_incidents] == ["2026-11-20-trouble"], "watched is not over"
        assert view.open_incidents[0].impact is DOWN
        assert view.open_incidents[0].impact_now is OK

    def test_the_gravest_of_several_wins(self) -> None:
        told = [update(NOW - minutes(20), Status.INVESTIGATING)]
        mild = incident(NOW - minutes(30), told, slug="mild", components={"payments": SLOW})
        grave = incident(NOW - minutes(50), told, slug="grave", components={"payments": DOWN})
        view = see(history(mild, grave))
        assert component(view, "payments").impact is DOWN
        assert [i.id.removeprefix("2026-11-20-") for i in view.open_incidents] == ["grave", "mild"]

    def test_trouble_reaches_those_who_depend_on_it_by_name_only(self) -> None:
        told = [update(NOW - minutes(20), Status.INVESTIGATING)]
        view = see(history(incident(NOW - minutes(30), told, components={"payments": DOWN})))
        assert component(view, "checkout").impact is OK
        assert component(view, "checkout").through == ("Payments",)
        assert component(view, "reports").through == ("Payments",), "through checkout, and checkout itself is well"
        assert component(view, "website").through == ()
        [told_of] = view.open_incidents
        assert [(a.id, a.impact, a.through) for a in told_of.affected] == [
            ("payments", DOWN, None),
            ("checkout", DOWN, "Payments"),
            ("reports", DOWN, "Payments"),
        ]

    def test_groups_are_as_bad_as_the_worst_inside_however_deep(self) -> None:
        told = [update(NOW - minutes(20), Status.INVESTIGATING)]
        view = see(history(incident(NOW - minutes(30), told)))
        assert {g.id: g.impact for g in view.groups} == {"shop": PARTIAL, "inner": PARTIAL, "data": OK}

    def test_circles_of_dependence_come_to_an_end(self) -> None:
        registry = Registry(
            components=(
                Component(id="a", name="A", depends_on=("b",)),
                Component(id="b", name="B", depends_on=("a",)),
            )
        )
        told = [update(NOW - minutes(20), Status.INVESTIGATING)]
        view = see(history(incident(NOW - minutes(30), told, components={"a": DOWN}), registry=registry))
        assert component(view, "b").through == ("A",)

    def test_order_is_groups_with_members_then_inner_groups_then_the_ungrouped(self) -> None:
        view = see(history())
        assert view.ordered == ("shop", "checkout", "inner", "payments", "data", "reports", "website")
        assert {c.id: c.position for c in view.components} == {
            "checkout": 1, "payments": 1, "reports": 1, "website": 3,
        }  # fmt: skip


class TestTime:
    def test_what_was_said_after_now_has_not_been_said(self) -> None:
        told = [
            update(NOW - minutes(20), Status.INVESTIGATING),
            update(NOW + minutes(1), Status.RESOLVED),
        ]
        [seen] = see(history(incident(NOW - minutes(30), told))).incidents
        assert [u.status for u in seen.updates] == [Status.INVESTIGATING]
        assert seen.open
        assert seen.ended is None
        assert seen.updated == NOW - minutes(20)

    def test_an_incident_all_of_whose_words_are_to_come_is_not_there(self) -> None:
        told = [update(NOW + minutes(1), Status.INVESTIGATING)]
        view = see(history(incident(NOW - minutes(30), told)))
        assert (view.incidents, view.overall, dict(view.by_id)) == ((), OK, {})

    @pytest.mark.parametrize("kind", list(Kind))
    def test_what_begins_later_never_changes_today(self, kind: Kind) -> None:
        """cstate/cstate#205: a maintenance of next week showed the site as under maintenance."""
        begins = NOW + minutes(30)
        if kind is Kind.MAINTENANCE:
            planned = maintenance(begins, begins + minutes(60), [update(NOW - DAY, Status.SCHEDULED)])
        else:
            planned = incident(begins, [update(NOW - DAY, Status.INVESTIGATING)])
        view = see(history(planned))
        assert view.overall is OK
        assert view.indicator is Indicator.NONE
        assert view.open_incidents == ()
        assert all(c.impact is OK for c in view.components)
        assert all(day.impact is OK for c in view.components for day in c.days)
        assert len(view.by_id) == 1, "it is told of all the same"

    def test_as_of_is_the_last_change_not_the_clock(self) -> None:
        told = [update(NOW - minutes(20), Status.INVESTIGATING)]
        known = history(incident(NOW - minutes(30), told))
        assert see(known).as_of == NOW - minutes(20)
        assert see(known, NOW + minutes(59)) == see(known), "nothing happened, nothing changes"

    def test_as_of_moves_with_the_day_of_the_zone(self) -> None:
        view = project(history(site=replace(SITE, time_zone="Asia/Tokyo")), locale="en", now=NOW)
        assert view.today == date(2026, 11, 21)
        assert view.as_of == at("2026-11-20 15:00")

    @pytest.mark.parametrize(
        ("moment", "status", "impact"),
        [
            (NOW - minutes(1), Status.SCHEDULED, OK),
            (NOW, Status.IN_PROGRESS, WORK),
            (NOW + minutes(59), Status.IN_PROGRESS, WORK),
            (NOW + minutes(60), Status.COMPLETED, OK),
        ],
    )
    def test_a_window_counts_from_edge_to_edge_though_nobody_speaks(
        self, moment: datetime, status: Status, impact: Impact
    ) -> None:
        planned = maintenance(NOW, NOW + minutes(60), [update(NOW - DAY, Status.SCHEDULED)])
        view = see(history(planned), moment)
        assert view.maintenances[0].status is status
        assert component(view, "payments").impact is impact
        assert view.as_of == max([NOW.replace(hour=0), *(e for e in (NOW, NOW + minutes(60)) if e <= moment)])

    def test_a_recurring_window_counts_each_time(self) -> None:
        weekly = maintenance(
            at("2026-10-06 05:00"),
            at("2026-10-06 05:30"),
            [update(at("2026-09-20 09:00"), Status.SCHEDULED)],
            rrule="FREQ=WEEKLY;BYDAY=TU",
        )
        view = see(history(weekly), at("2026-11-17 05:10"))
        [seen] = view.maintenances
        assert seen.active
        assert seen.occurrences == tuple(
            (at(f"{day} 05:00"), at(f"{day} 05:30")) for day in ("2026-11-17", "2026-11-24", "2026-12-01", "2026-12-08")
        )
        worked = [d.day.isoformat() for d in component(view, "payments").days if d.impact is WORK]
        assert worked == [
            "2026-10-06", "2026-10-13", "2026-10-20", "2026-10-27", "2026-11-03", "2026-11-10", "2026-11-17",
        ]  # fmt: skip
        later = see(history(weekly), at("2026-11-17 05:30"))
        assert not later.maintenances[0].active
        assert later.maintenances[0].open

    @pytest.mark.parametrize(
        "rule", ["FREQ=SECONDLY", "nonsense", "FREQ=WEEKLY;UNTIL=20261231", "FREQ=", "X=Y;;", "RDATE:20261120"]
    )
    def test_a_rule_that_cannot_be_followed_counts_as_none(self, rule: str) -> None:
        planned = maintenance(NOW - minutes(5), NOW + minutes(5), [update(NOW - DAY, Status.SCHEDULED)], rrule=rule)
        [seen] = see(history(planned)).maintenances
        assert seen.occurrences[0] == (NOW - minutes(5), NOW + minutes(5))
        assert seen.active

    def test_a_maintenance_called_off_leaves_no_trace_in_the_days(self) -> None:
        planned = maintenance(
            NOW - minutes(60),
            NOW - minutes(30),
            [update(NOW - DAY, Status.SCHEDULED), update(NOW - minutes(120), Status.COMPLETED)],
        )
        view = see(history(planned))
        assert component(view, "payments").days[-1].impact is OK
        assert view.maintenances[0].occurrences == ((NOW - minutes(60), NOW - minutes(30)),)


class TestDays:
    def test_ninety_days_end_today(self) -> None:
        days = component(see(history()), "website").days
        assert len(days) == 90
        assert days[-1].day == date(2026, 11, 20)
        assert days[0].day == date(2026, 8, 23)

    def test_minutes_follow_the_impact_through_its_updates(self) -> None:
        start = at("2026-11-18 23:00")
        told = [
            update(start + minutes(30), Status.IDENTIFIED, components={"payments": DOWN}),
            update(start + minutes(90), Status.MONITORING, components={"payments": SLOW}),
            update(start + minutes(100), Status.RESOLVED),
        ]
        days = component(see(history(incident(start, told))), "payments").days
        assert (days[-3].impact, days[-3].minutes) == (DOWN, ((DOWN, 30), (PARTIAL, 30)))
        assert (days[-2].impact, days[-2].minutes) == (DOWN, ((DOWN, 30), (SLOW, 10)))
        assert (days[-1].impact, days[-1].minutes, days[-1].incidents) == (OK, (), ())
        assert days[-2].incidents == ("2026-11-18-trouble",)

    def test_an_incident_that_ends_at_midnight_does_not_touch_the_next_day(self) -> None:
        start = at("2026-11-18 23:00")
        days = component(
            see(history(incident(start, [update(at("2026-11-19 00:00"), Status.RESOLVED)]))), "payments"
        ).days
        assert (days[-3].impact, days[-2].impact, days[-2].incidents) == (PARTIAL, OK, ())

    def test_overlapping_incidents_count_once_the_gravest_first(self) -> None:
        start = at("2026-11-18 10:00")
        long = incident(start, [update(start + minutes(60), Status.RESOLVED)], slug="long")
        within = incident(
            start + minutes(20),
            [update(start + minutes(40), Status.RESOLVED)],
            slug="short",
            components={"payments": DOWN},
        )
        day = component(see(history(long, within)), "payments").days[-3]
        assert day.minutes == ((DOWN, 20), (PARTIAL, 40))
        assert day.incidents == ("2026-11-18-long", "2026-11-18-short")

    def test_what_begins_this_very_moment_shows_today(self) -> None:
        view = see(history(incident(NOW, [update(NOW, Status.INVESTIGATING)])))
        today = component(view, "payments").days[-1]
        assert (today.impact, today.minutes, today.incidents) == (PARTIAL, (), ("2026-11-20-trouble",))

    @pytest.mark.parametrize(
        ("day", "hours"),
        [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 1), 24)],
    )
    def test_days_have_the_length_the_zone_gives_them(self, day: date, hours: int) -> None:
        """Berlin changes its clocks on 29 March and 25 October 2026."""
        zone = ZoneInfo("Europe/Berlin")
        start = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC) - DAY
        told = [update(start + 4 * DAY, Status.RESOLVED)]
        view = project(
            history(
                incident(start, told, components={"payments": DOWN}), site=replace(SITE, time_zone="Europe/Berlin")
            ),
            locale="en",
            now=start + 10 * DAY,
        )
        found = next(d for d in component(view, "payments").days if d.day == day)
        assert found.minutes == ((DOWN, hours * 60),)

    def test_days_before_a_component_existed_have_no_impact(self) -> None:
        registry = Registry(components=(Component(id="new", name="New", since=date(2026, 11, 19)),))
        days = component(see(history(registry=registry)), "new").days
        assert [d.impact for d in days[-3:]] == [None, OK, OK]
        assert days[0].impact is None

    def test_maintenance_counts_inside_its_window_only(self) -> None:
        begins = at("2026-11-19 10:00")
        overran = maintenance(
            begins,
            begins + minutes(60),
            [
                update(begins - DAY, Status.SCHEDULED),
                update(begins - minutes(15), Status.IN_PROGRESS),
                update(begins + minutes(200), Status.COMPLETED),
            ],
        )
        assert component(see(history(overran)), "payments").days[-2].minutes == ((WORK, 60),)

    def test_an_outage_during_maintenance_is_an_outage(self) -> None:
        begins = at("2026-11-19 10:00")
        planned = maintenance(
            begins, begins + minutes(60), [update(begins - DAY, Status.SCHEDULED), update(begins, Status.IN_PROGRESS)]
        )
        broke = incident(
            begins + minutes(30),
            [update(begins + minutes(50), Status.RESOLVED)],
            slug="broke",
            components={"payments": DOWN},
        )
        assert component(see(history(planned, broke)), "payments").days[-2].minutes == ((DOWN, 20), (WORK, 40))


class TestUptime:
    def share(self, *incidents_: object, weights: dict[Impact, float] | None = None, days: int = 2) -> float | None:
        registry = Registry(components=(Component(id="payments", name="Payments"),))
        uptime = Uptime(days=days, weights=weights) if weights else Uptime(days=days)
        whole = history(*incidents_, registry=registry)  # type: ignore[arg-type]
        whole = replace(whole, policy=Policy(registry=registry, uptime=uptime))
        return see(whole, at("2026-11-20 00:00")).components[0].uptime

    def test_nothing_happened(self) -> None:
        assert self.share() == 1.0

    def test_a_major_outage_costs_its_whole_time(self) -> None:
        start = at("2026-11-19 10:00")
        down = incident(start, [update(start + minutes(144), Status.RESOLVED)], components={"payments": DOWN})
        assert self.share(down) == pytest.approx(0.9)

    def test_policy_weighs_the_others(self) -> None:
        start = at("2026-11-19 10:00")
        part = incident(start, [update(start + minutes(144), Status.RESOLVED)])
        assert self.share(part) == pytest.approx(0.97)
        assert self.share(part, weights={PARTIAL: 0.5}) == pytest.approx(0.95)

    def test_maintenance_is_left_out_of_the_time_altogether(self) -> None:
        """rajnandan1/kener#299: scheduled downtime counted against uptime."""
        begins = at("2026-11-19 00:00")
        planned = maintenance(begins, begins + timedelta(hours=12), [update(begins - DAY, Status.SCHEDULED)])
        assert self.share(planned) == 1.0
        start = at("2026-11-19 12:00")
        down = incident(start, [update(start + minutes(72), Status.RESOLVED)], components={"payments": DOWN})
        assert self.share(planned, down) == pytest.approx(0.9), "72 of the 720 minutes that are left"

    def test_no_time_has_passed(self) -> None:
        assert self.share(days=1) is None


class TestLanguages:
    def translated(self, of: str | None, bodies: dict[str, str]) -> History:
        said = update(NOW - minutes(20), Status.INVESTIGATING, "Broken.")
        german = Translation(
            locale="de",
            title="Kaputt",
            of=of,
            bodies={said.key: bodies["de"]} if bodies else {},
            facts={said.key: ("Alle", None)},
        )
        return history(incident(NOW - minutes(30), [said], title="Broken", translations=(german,)))

    def test_a_current_translation_is_shown(self) -> None:
        [seen] = see(self.translated(None, {"de": "Kaputt."}), locale="de").incidents
        assert (seen.title, seen.locale, seen.freshness) == ("Kaputt", "de", Freshness.TRANSLATED)
        [said] = seen.updates
        assert (said.words.markdown, said.words.locale, said.who) == ("Kaputt.", "de", "Alle")
        assert said.revision != said.said

    def test_one_that_names_the_present_source_is_current(self) -> None:
        draft = self.translated(None, {"de": "Kaputt."})
        exact = source_revision(draft.incidents[0])
        [seen] = see(self.translated(exact, {"de": "Kaputt."}), locale="de").incidents
        assert seen.freshness is Freshness.TRANSLATED

    def test_one_of_an_older_source_gives_way_to_the_source(self) -> None:
        [seen] = see(self.translated("0" * 64, {"de": "Kaputt."}), locale="de").incidents
        assert (seen.title, seen.locale, seen.freshness) == ("Broken", "en", Freshness.STALE)
        [said] = seen.updates
        assert (said.words.markdown, said.words.locale, said.freshness) == ("Broken.", "en", Freshness.STALE)
        assert said.revision == said.said

    def test_an_update_not_translated_yet_stands_in_its_own_language(self) -> None:
        [seen] = see(self.translated(None, {}), locale="de").incidents
        assert seen.freshness is Freshness.TRANSLATED
        assert (seen.updates[0].freshness, seen.updates[0].words.locale) == (Freshness.MISSING, "en")
        assert seen.updates[0].who is None, "a fact beside words of another language would confuse"

    def test_a_language_without_translation_shows_the_source(self) -> None:
        [seen] = see(self.translated(None, {}), locale="ar").incidents
        assert (seen.title, seen.freshness) == ("Broken", Freshness.MISSING)

    def test_names_of_components_and_groups_are_translated(self) -> None:
        view = see(history(), locale="de")
        assert component(view, "checkout").name == "Kasse"
        assert component(view, "payments").name == "Payments"
        assert view.groups[0].name == "Laden"

    def test_ids_are_the_same_in_every_language(self) -> None:
        views = project_all(busy(), now=NOW)
        assert list(views) == ["en", "de", "ar"]
        ids = [[(i.id, i.code, [u.id for u in i.updates]) for i in v.by_id.values()] for v in views.values()]
        assert ids[0] == ids[1] == ids[2]

    def test_project_all_says_what_project_says(self) -> None:
        for locale, view in project_all(busy(), now=NOW).items():
            assert view == project(busy(), locale=locale, now=NOW)


def texts(value: object) -> Iterator[str]:
    """Every text in a view, however deep."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts(key)
            yield from texts(each)
    elif isinstance(value, (tuple, list, frozenset, set)):
        for each in value:
            yield from texts(each)


class TestAudiences:
    CANARY = "canary-5d0c7a"

    def full(self) -> History:
        said = update(NOW - minutes(20), Status.INVESTIGATING)
        said = replace(said, template=f"{self.CANARY}-template", slots={"x": f"{self.CANARY}-slot"})
        told = replace(
            incident(
                NOW - minutes(30), [said], private={"gold": f"{self.CANARY}-gold", "public": f"{self.CANARY}-public"}
            ),
            internal=Internal(fields={"owner": f"{self.CANARY}-owner"}),
            cause=Cause(vendor=f"{self.CANARY}-vendor"),
            imported_from=f"{self.CANARY}-import",
        )
        registry = Registry(components=(Component(id="payments", name="Payments", owner=f"{self.CANARY}-team"),))
        return history(told, registry=registry)

    def test_nothing_internal_is_in_the_public_view(self) -> None:
        found = [t for t in texts(see(self.full())) if self.CANARY in t]
        assert found == []

    def test_a_segment_sees_its_own_private_text_and_no_other(self) -> None:
        view = project(self.full(), audience="gold", locale="en", now=NOW)
        private = view.incidents[0].private
        assert private is not None
        assert private.text == f"{self.CANARY}-gold"
        assert {t for t in texts(view) if self.CANARY in t} == {f"{self.CANARY}-gold", f"<p>{self.CANARY}-gold</p>"}

    def test_another_segment_sees_none(self) -> None:
        view = project(self.full(), audience="silver", locale="en", now=NOW)
        assert view.incidents[0].private is None
        assert [t for t in texts(view) if self.CANARY in t] == []


STATUSES = [s for s in Status if s not in {Status.SCHEDULED, Status.IN_PROGRESS, Status.VERIFYING, Status.COMPLETED}]


def state_after(one: Incident, index: int) -> Status:
    """The status in force at an update, the slow and plain way: the last that is not `update`."""
    return next(
        (u.status for u in reversed(one.updates[: index + 1]) if u.status is not Status.UPDATE), Status.INVESTIGATING
    )


def impact_after(one: Incident, index: int) -> dict[str, Impact]:
    impacts = dict(one.components)
    for said in one.updates[: index + 1]:
        if said.status in CLOSED:
            impacts = dict.fromkeys(impacts, OK)
        impacts |= said.components or {}
    return impacts


@given(
    st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=3000),
            st.sampled_from(STATUSES),
            st.none() | st.dictionaries(st.sampled_from(["payments", "checkout"]), st.sampled_from(list(Impact))),
        ),
        max_size=8,
    )
)
def test_the_fold_agrees_with_its_definition(steps: list[tuple[int, Status, dict[str, Impact] | None]]) -> None:
    """`timeline` goes through the updates once; the functions above say what must come out."""
    start = NOW - minutes(3100)
    told = [
        update(start + minutes(offset), status, components=impacts, ordinal=n)
        for n, (offset, status, impacts) in enumerate(sorted(steps, key=lambda s: s[0]))
    ]
    one = incident(start, told)
    followed = course(one, NOW)
    assert [s.state for s in followed.said] == [state_after(one, n) for n in range(len(told))]
    assert [dict(s.after) for s in followed.said] == [impact_after(one, n) for n in range(len(told))]
    assert (followed.status, followed.open, followed.ended) == (one.status, one.is_open, one.ended)
    assert followed.active == (one.started <= NOW and one.is_open)
    if followed.active:
        assert {c: i for c, i in followed.now.items() if i is not OK} == {
            c: i for c, i in impact_after(one, len(told) - 1).items() if i is not OK
        }
    else:
        assert set(followed.now.values()) <= {OK}
    assert (followed.status in CLOSED) == (not followed.open)


def test_five_thousand_incidents_take_about_a_second() -> None:
    """Work grows with what happened, not with days times incidents. The bound allows for slow and busy machines."""

    def cost(count: int) -> float:
        incidents_ = []
        for number in range(count):
            start = NOW - timedelta(hours=3 + number)
            told = [update(start + minutes(10 * n), s) for n, s in enumerate([Status.INVESTIGATING, Status.RESOLVED])]
            incidents_.append(incident(start, told, slug=f"n{number}"))
        whole = history(*incidents_)
        begun = time.process_time()
        see(whole)
        return time.process_time() - begun

    small, large = cost(500), cost(5000)
    assert large < 3.0
    assert large < 40 * max(small, 0.02), "ten times the incidents, not a hundred times the work"
