"""Who is owed what, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.deliver.plan import digest_due, plan_owed
from publisher.model.component import Impact
from publisher.model.digest import ContentHash
from publisher.model.history import History
from publisher.model.incident import Incident, Kind, Severity, Status, Translation, revision
from publisher.model.policy import EmailPolicy, SeverityRule
from publisher.model.subscriber import Consent, Frequency, Subscriber
from publisher.ports import Owed
from publisher.render.mail import from_plain
from publisher.render.views import project_all
from tests.unit.deliver.samples import EMAIL, NOW, corrected, history, incident, subscriber, update

NOBODY: frozenset[tuple[str, str, ContentHash]] = frozenset()


def owed(
    told: History,
    *people: Subscriber,
    announced: frozenset[tuple[str, str, ContentHash]] = NOBODY,
    policy: EmailPolicy = EMAIL,
    now: datetime = NOW,
) -> Owed:
    return plan_owed(told, project_all(told, now=now), announced, people, policy=policy, now=now)


def known(*incidents: Incident) -> frozenset[tuple[str, str, ContentHash]]:
    return frozenset((i.id, u.key, revision(i, u)) for i in incidents for u in i.updates)


def readers(plan: Owed) -> list[str]:
    return [d.recipient.removeprefix("id-") for d in plan.deliveries]


def test_a_new_update_is_owed_to_everyone_once_with_its_words() -> None:
    one = incident()
    plan = owed(history(one), subscriber("ann"), subscriber("ben", locale="de"))
    assert readers(plan) == ["ann", "ben"]
    assert {(d.incident, d.update, d.revision, d.due) for d in plan.deliveries} == {
        (one.id, one.updates[0].key, revision(one, one.updates[0]), NOW)
    }
    assert plan.words is not None
    assert set(plan.words) == {(d.revision, d.locale) for d in plan.deliveries}
    assert {d.locale for d in plan.deliveries} == {"en", "de"}


def test_what_was_announced_is_not_owed_again() -> None:
    one = incident()
    assert owed(history(one), subscriber(), announced=known(one)) == Owed(deliveries=(), words={})


def test_a_silent_change_of_words_is_not_owed() -> None:
    one = incident()
    changed = corrected(one, "Some card payments failed.", revises=None)
    plan = owed(history(changed), subscriber(), announced=known(one))
    assert plan.deliveries == ()
    assert plan.words is not None
    told = {locale: from_plain(words) for (said, locale), words in plan.words.items()}
    assert told.keys() == {"en", "de", "ar"}, "whoever still waits for this update is to read the new words"
    assert "Some card payments failed." in told["en"].text


def test_a_correction_is_owed_once_and_says_why() -> None:
    one = incident()
    changed = corrected(one, "Few card payments fail.", revises="It was fewer than we said.")
    plan = owed(history(changed), subscriber(), announced=known(one))
    (row,) = plan.deliveries
    assert row.revision == revision(changed, changed.updates[-1])
    assert plan.words is not None
    assert from_plain(plan.words[row.revision, "en"]).revises == "It was fewer than we said."
    assert owed(history(changed), subscriber(), announced=known(one, changed)).deliveries == ()


def test_an_update_that_was_revised_before_it_first_went_out_is_no_correction() -> None:
    plan = owed(history(corrected(incident(), "Words.", revises="Old slip.")), subscriber())
    (row,) = plan.deliveries
    assert plan.words is not None
    assert from_plain(plan.words[row.revision, "en"]).revises is None


@pytest.mark.parametrize(("age", "rows"), [(timedelta(hours=24), 1), (timedelta(hours=24, seconds=1), 0)])
def test_old_updates_are_history_not_news(age: timedelta, rows: int) -> None:
    one = incident()
    now = one.updates[0].at + age
    assert len(owed(history(one), subscriber(confirmed=one.updates[0].at), now=now).deliveries) == rows


def test_what_is_said_for_later_is_not_owed_yet() -> None:
    one = incident(updates=[update(5, Status.INVESTIGATING, "Now."), update(180, Status.RESOLVED, "Not said yet.")])
    assert [d.update for d in owed(history(one), subscriber()).deliveries] == [one.updates[0].key]


def test_rows_come_in_the_order_things_were_said() -> None:
    one = incident(updates=[update(5, Status.INVESTIGATING, "a"), update(40, Status.RESOLVED, "b")])
    other = incident("2026-11-20-other", updates=[update(20, Status.INVESTIGATING, "c")])
    plan = owed(history(other, one), subscriber())
    assert [d.update.partition("/")[0][11:16] for d in plan.deliveries] == ["14:05", "14:20", "14:40"]


@pytest.mark.parametrize("consent", [Consent.PENDING, Consent.UNSUBSCRIBED, Consent.SUPPRESSED])
def test_who_did_not_confirm_or_left_is_owed_nothing(consent: Consent) -> None:
    assert owed(history(incident()), subscriber(consent=consent)).deliveries == ()


def test_who_confirms_in_the_future_is_owed_nothing() -> None:
    assert owed(history(incident()), subscriber(confirmed=NOW + timedelta(seconds=1))).deliveries == ()
    assert owed(history(incident()), replace(subscriber(), confirmed=None)).deliveries == ()


@pytest.mark.parametrize(
    ("wished", "named", "hit"),
    [
        ((), "checkout", True),
        (("checkout",), "checkout", True),
        (("search",), "checkout", False),
        (("payments",), "checkout", True),
        (("shops",), "checkout", True),
        (("developers",), "checkout", False),
        (("checkout",), "payments-api", True),
        (("webhooks",), "payments-api", True),
        (("developers",), "payments-api", True),
        (("payments-api",), "checkout", False),
        (("search", "shops"), "checkout", True),
    ],
)
def test_wishes_reach_through_groups_and_dependencies(wished: tuple[str, ...], named: str, hit: bool) -> None:  # noqa: FBT001
    one = incident(components={named: Impact.PARTIAL_OUTAGE})
    assert bool(owed(history(one), subscriber(components=wished)).deliveries) is hit


def test_components_named_by_an_update_count_too() -> None:
    said = replace(update(5, Status.IDENTIFIED, "Search too."), components={"search": Impact.DEGRADED_PERFORMANCE})
    assert readers(owed(history(incident(updates=[said])), subscriber(components=("search",)))) == ["ann"]


def test_an_incident_that_names_no_component_concerns_everybody() -> None:
    assert readers(owed(history(incident(components={})), subscriber(components=("search",)))) == ["ann"]


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("wished", list(Severity))
def test_milder_incidents_than_wished_are_left_out(severity: Severity, wished: Severity) -> None:
    plan = owed(history(incident(severity=severity)), subscriber(severity=wished))
    assert bool(plan.deliveries) is (str(severity) <= str(wished))


def test_maintenance_is_a_wish_of_its_own_and_has_no_severity_to_speak_of() -> None:
    planned = incident("2026-11-22-db", kind=Kind.MAINTENANCE, severity=Severity.SEV4)
    told = history(planned)
    assert readers(owed(told, subscriber("a", maintenance=False), subscriber("b", severity=Severity.SEV1))) == ["b"]


def test_digest_readers_get_rows_now_and_mail_later() -> None:
    plan = owed(
        history(incident()),
        subscriber("a"),
        subscriber("b", frequency=Frequency.DAILY),
        subscriber("c", frequency=Frequency.WEEKLY),
    )
    assert [d.due for d in plan.deliveries] == [
        NOW,
        datetime(2026, 11, 21, 8, tzinfo=UTC),
        datetime(2026, 11, 23, 8, tzinfo=UTC),
    ]


def test_a_severity_that_is_not_mailed_at_once_waits_for_the_digest() -> None:
    rules = (SeverityRule(severity=Severity.SEV2, name="Major", mail=False),)
    (row,) = owed(history(incident(), severities=rules), subscriber()).deliveries
    assert row.due == datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_each_reader_gets_their_language_and_the_source_where_there_is_none() -> None:
    one = incident()
    key = one.updates[0].key
    german = Translation(
        locale="de", title="Kartenzahlungen fallen aus", bodies={key: "Manche Kartenzahlungen fallen aus."}
    )
    plan = owed(
        history(replace(one, translations={"de": german})),
        subscriber("a", locale="de-AT"),
        subscriber("b", locale="ar"),
        subscriber("c", locale="fr"),
    )
    assert [d.locale for d in plan.deliveries] == ["de", "ar", "en"]
    assert plan.words is not None
    said = {locale: from_plain(words) for (_, locale), words in plan.words.items()}
    assert said["de"].text == "Manche Kartenzahlungen fallen aus."
    assert said["de"].path.startswith("de/incidents/")
    assert (said["ar"].text_locale, said["ar"].text) == ("en", "Some card payments fail.")


def test_mail_that_is_switched_off_owes_nothing() -> None:
    assert owed(history(incident()), subscriber(), policy=replace(EMAIL, enabled=False)) == Owed()


@pytest.mark.parametrize(
    ("frequency", "now", "due"),
    [
        (Frequency.IMMEDIATE, "2026-03-28T12:00", "2026-03-28T12:00"),
        (Frequency.DAILY, "2026-03-28T06:59", "2026-03-28T07:00"),
        (Frequency.DAILY, "2026-03-28T07:00", "2026-03-29T06:00"),
        (Frequency.DAILY, "2026-10-24T12:00", "2026-10-25T07:00"),
        (Frequency.WEEKLY, "2026-03-29T12:00", "2026-03-30T06:00"),
        (Frequency.WEEKLY, "2026-03-30T06:00", "2026-04-06T06:00"),
        (Frequency.WEEKLY, "2026-03-30T05:59", "2026-03-30T06:00"),
    ],
)
def test_digests_leave_at_eight_in_berlin_summer_and_winter(frequency: Frequency, now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert digest_due(frequency, "08:00", "Europe/Berlin", moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "due"), [("2026-03-29", "02:30", "2026-03-29T01:30"), ("2026-10-25", "02:30", "2026-10-25T00:30")]
)
def test_local_times_that_do_not_exist_or_come_twice_still_mean_one_moment(day: str, at: str, due: str) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert digest_due(Frequency.DAILY, at, "Europe/Berlin", midnight) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
    ),
    st.sampled_from([Frequency.DAILY, Frequency.WEEKLY]),
    st.sampled_from(["00:00", "02:30", "08:00", "23:59"]),
)
def test_the_next_digest_is_always_ahead_and_never_far(now: datetime, zone: str, often: Frequency, at: str) -> None:
    due = digest_due(often, at, zone, now)
    assert now < due <= now + timedelta(days=7 if often is Frequency.WEEKLY else 1, hours=2)
    if often is Frequency.WEEKLY and at == "08:00":
        assert due.astimezone(ZoneInfo(zone)).weekday() == 0
