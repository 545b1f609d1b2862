"""T92, and which duties an incident brings: who owes whom, what is overdue, what nobody can say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from publisher.model.duty import Calendar, Debtor, Event, Recipient, Unit, Within
from publisher.model.incident import Category, Severity
from publisher.model.obligations import Contract, Direction, Enabled, House, Obligations, Override, Vendor
from publisher.model.occurrence import Occurrences
from publisher.obligations.applying import owed_by
from publisher.obligations.findings import about_duties, about_reviews
from publisher.obligations.standing import Standing, State, next_due, standings
from tests.unit.obligations import kit

HISTORIES = Path(__file__).with_name("histories.txt")
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def _histories() -> Iterator[tuple[str, str, str, str]]:
    regime = ""
    for line in HISTORIES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            regime = line.strip("[]")
        elif line and not line.startswith("#"):
            name, entries, wanted = (part.strip() for part in line.split("|"))
            yield regime, name, entries, wanted


def _stands(
    policy: Obligations,
    record: Occurrences,
    *,
    now: datetime = LATER,
    fields: Mapping[str, str] | None = None,
    vendor: str | None = None,
) -> dict[str, Standing]:
    about = kit.incident(fields, vendor=vendor)
    return {one.owed.id: one for one in standings(about, policy, record, site_zone="UTC", now=now)}


def test_there_are_sixty_histories() -> None:
    assert sum(1 for _ in _histories()) >= 60


@pytest.mark.parametrize(
    ("regime", "entries", "wanted"),
    [(regime, entries, wanted) for regime, _, entries, wanted in _histories()],
    ids=[f"{regime}: {name}" for regime, name, _, _ in _histories()],
)
def test_each_clock_runs_from_what_was_really_handed_in(regime: str, entries: str, wanted: str) -> None:
    now = LATER
    if entries.startswith("now="):
        first, _, entries = entries.partition(";")
        now = kit.moment(first.removeprefix("now="))
    found = _stands(kit.obligations(regime), kit.record(entries, regime), now=now)
    for expected in wanted.split(";"):
        step, state, end = expected.split()
        one = found[f"{regime}/{step}"]
        assert (step, str(one.state)) == (step, state)
        assert (step, one.due) == (step, None if end == "-" else kit.moment(end))


def test_the_order_of_entries_in_the_log_changes_nothing() -> None:
    """A late entry about an early event counts as if it had been first: people record when they have time."""
    shuffle = random.Random(92)
    for regime, _, entries, _ in _histories():
        parts = [part for part in entries.split(";") if part.strip() and not part.startswith("now=")]
        straight = _stands(kit.obligations(regime), kit.record(";".join(parts), regime))
        shuffle.shuffle(parts)
        turned = _stands(kit.obligations(regime), kit.record(";".join(parts), regime))
        assert {k: (v.state, v.due) for k, v in straight.items()} == {k: (v.state, v.due) for k, v in turned.items()}


def test_recording_an_event_again_never_puts_a_deadline_off() -> None:
    """T94, in the small: no entry that is added later makes a clock end later, but a correction by name."""
    policy = kit.obligations("eu-gdpr", "eu-nis2", "eu-cra")
    once = "awareness 2026-11-20T10:00"
    before = {k: v.due for k, v in _stands(policy, kit.record(once)).items() if v.due}
    assert before
    for hours in (1, 24, 100):
        again = kit.record(
            f"{once}; awareness {kit.moment('2026-11-20T10:00') + timedelta(hours=hours):%Y-%m-%dT%H:%M}"
        )
        assert {k: v.due for k, v in _stands(policy, again).items() if v.due} == before


def test_nothing_starts_when_the_incident_began() -> None:
    everything = kit.obligations("eu-gdpr", "eu-nis2", "eu-dora", "eu-cra", "us-california", "us-hipaa", "us-bank")
    found = _stands(everything, Occurrences())
    assert len(found) > 20
    assert {one.state for one in found.values()} == {State.WAITING}


def test_overdue_comes_first_and_the_longest_overdue_at_the_top() -> None:
    policy = kit.obligations("eu-gdpr", "eu-nis2", "eu-dora")
    record = kit.record(
        "awareness 2026-11-20T10:00; customer-impact 2026-11-20T11:00; +eu-gdpr/authority 2026-11-21T10:00"
    )
    now = kit.moment("2026-11-22T10:00")
    found = standings(kit.incident(), policy, record, site_zone="UTC", now=now)
    states = [one.state for one in found]
    assert states == sorted(states, key=list(State).index)
    late = [one.due for one in found if one.state is State.OVERDUE]
    assert len(late) > 1
    assert late == sorted(late, key=lambda end: end or now)
    first = next_due(found)
    assert first is not None
    assert first.owed.id in {"eu-nis2/early-warning", "eu-dora/initial"}
    assert next_due([one for one in found if one.state is State.DONE]) is None


def test_personal_data_decides_and_where_nobody_says_the_duty_is_shown_as_open() -> None:
    policy = kit.obligations("eu-gdpr")
    assert set(_stands(policy, Occurrences(), fields={"personal_data": "true"})) == {
        "eu-gdpr/authority",
        "eu-gdpr/controller",
        "eu-gdpr/people",
    }
    assert _stands(policy, Occurrences(), fields={"personal_data": "false"}) == {}
    unsaid = _stands(policy, Occurrences(), fields={"owner": "data"})
    assert all(one.owed.unclear for one in unsaid.values())
    assert unsaid


def test_a_rule_about_data_binds_where_the_people_are_and_one_about_us_everywhere() -> None:
    policy = kit.obligations("eu-gdpr", "us-california", "us-sec-8k")
    policy = replace(policy, house=replace(policy.house, jurisdictions=("eu", "us")))
    ours = _stands(policy, Occurrences(), fields={"personal_data": "true", "jurisdictions": "eu"})
    assert {one.partition("/")[0] for one in ours} == {"eu-gdpr", "us-sec-8k"}
    theirs = _stands(policy, Occurrences(), fields={"personal_data": "true", "jurisdictions": "us-ca"})
    assert {one.partition("/")[0] for one in theirs} == {"us-california", "us-sec-8k"}
    unsaid = _stands(policy, Occurrences(), fields={"personal_data": "true"})
    assert {one.partition("/")[0] for one in unsaid} == {"eu-gdpr", "us-california", "us-sec-8k"}


@pytest.fixture
def both_ways() -> Obligations:
    """We process data for shops, and Acquirer B processes it for us."""
    policy = kit.obligations("eu-gdpr")
    return replace(
        policy,
        house=House(name="Northwind", roles=(Debtor.CONTROLLER, Debtor.PROCESSOR), zone="UTC"),
        vendors=(Vendor(id="acquirer-b", name="Acquirer B", roles=(Debtor.PROCESSOR,)),),
        duties=tuple(
            replace(row, clock=replace(row.clock, within=Within(amount=24, unit=Unit.HOURS)))
            if row.step == "controller"
            else row
            for row in policy.duties
        ),
        contracts=(
            Contract(
                id="acquirer-report",
                direction=Direction.FROM_VENDOR,
                other="Acquirer B",
                title="First report",
                event=Event.AWARENESS,
                within=Within(amount=4, unit=Unit.HOURS),
                source="clause 14.1",
                reviewed=date(2026, 9, 15),
                review_by=date(2027, 3, 14),
                vendor="acquirer-b",
            ),
            Contract(
                id="lindmark",
                direction=Direction.TO_CUSTOMERS,
                other="Lindmark & Falk",
                title="Call",
                event=Event.AWARENESS,
                within=Within(amount=1, unit=Unit.HOURS),
                source="clause 9.2",
                reviewed=date(2026, 9, 15),
                review_by=date(2027, 3, 14),
                account="lindmark-falk",
                severities=(Severity.SEV1, Severity.SEV2),
                categories=(Category.OUTAGE,),
            ),
        ),
    )


def test_a_vendor_incident_counts_in_both_directions(both_ways: Obligations) -> None:
    fields = {"personal_data": "true", "accounts": "casa-merlana, lindmark-falk"}
    found = _stands(both_ways, Occurrences(), fields=fields, vendor="acquirer-b")
    assert {name: one.owed.direction for name, one in found.items()} == {
        "eu-gdpr/authority": Direction.TO_AUTHORITY,
        "eu-gdpr/controller": Direction.TO_CUSTOMERS,
        "eu-gdpr/controller@acquirer-b": Direction.FROM_VENDOR,
        "eu-gdpr/people": Direction.TO_CUSTOMERS,
        "acquirer-report/notice": Direction.FROM_VENDOR,
        "lindmark/notice": Direction.TO_CUSTOMERS,
    }
    assert found["eu-gdpr/controller"].owed.who == "Northwind owes this to the controller it works for."
    assert found["eu-gdpr/controller@acquirer-b"].owed.who == "Acquirer B owes this to Northwind: it is our processor."
    assert found["acquirer-report/notice"].owed.who == "Acquirer B owes this to Northwind."
    assert found["lindmark/notice"].owed.who == "Northwind owes this to Lindmark & Falk."


def test_what_a_vendor_knows_starts_its_clocks_and_not_ours(both_ways: Obligations) -> None:
    fields = {"personal_data": "true", "accounts": "lindmark-falk"}
    theirs = kit.record("acquirer-b/awareness 2026-11-20T08:00")
    found = _stands(both_ways, theirs, fields=fields, vendor="acquirer-b")
    assert found["eu-gdpr/controller@acquirer-b"].due == kit.moment("2026-11-21T08:00")
    assert found["acquirer-report/notice"].due == kit.moment("2026-11-20T12:00")
    assert {found[one].state for one in ("eu-gdpr/controller", "eu-gdpr/authority", "lindmark/notice")} == {
        State.WAITING
    }
    ours = kit.record("awareness 2026-11-20T12:30")
    found = _stands(both_ways, ours, fields=fields, vendor="acquirer-b")
    assert {found[one].state for one in ("eu-gdpr/controller@acquirer-b", "acquirer-report/notice")} == {State.WAITING}
    assert found["eu-gdpr/authority"].due == kit.moment("2026-11-23T12:30")
    assert found["lindmark/notice"].due == kit.moment("2026-11-20T13:30")


def test_a_contract_counts_for_its_account_vendor_severity_and_category_alone(both_ways: Obligations) -> None:
    fields = {"personal_data": "true", "accounts": "lindmark-falk"}
    assert "lindmark/notice" not in _stands(both_ways, Occurrences(), fields={"accounts": "casa-merlana"})
    assert "acquirer-report/notice" not in _stands(both_ways, Occurrences(), fields=fields, vendor="acme-dns")
    about = kit.incident(fields)
    for other in (replace(about, severity=Severity.SEV3), replace(about, category=Category.SECURITY)):
        assert "lindmark/notice" not in {one.id for one in owed_by(other, both_ways)}
    assert "lindmark/notice" in {one.id for one in owed_by(about, both_ways)}


def test_a_clock_that_cannot_be_reckoned_says_so_instead_of_a_date() -> None:
    policy = kit.obligations("us-sec-8k")
    found = _stands(policy, kit.record("determination 2026-11-20T10:00"))["us-sec-8k/filing"]
    assert (found.state, found.due) == (State.REFUSED, None)
    assert found.refusal is not None
    assert "without a calendar" in found.refusal.why
    [told] = about_duties(kit.incident(), [found], now=LATER)
    assert (told.code, "without a calendar" in told.what) == ("TID787", True)


def test_relief_for_rest_days_counts_only_where_policy_asks_for_it() -> None:
    calendar = Calendar(
        id="fr", name="Frankfurt", zone="Europe/Berlin", begins=date(2026, 1, 1), ends=date(2027, 12, 31)
    )
    policy = kit.obligations("eu-dora")
    entries = kit.record(
        "classification 2026-11-20T10:00; +eu-dora/initial 2026-11-20T11:00; +eu-dora/intermediate 2026-11-21T11:00"
    )
    assert _stands(policy, entries)["eu-dora/final"].due == kit.moment("2026-12-21T11:00")
    sunday = kit.record("+eu-dora/intermediate 2026-11-20T11:00")  # a month on is Sunday, 20 December
    assert _stands(policy, sunday)["eu-dora/final"].due == kit.moment("2026-12-20T11:00")
    relieved = replace(
        policy,
        enabled=(replace(policy.enabled[0], calendar="fr", rest_days_until=time(12)),),
        calendars={"fr": calendar},
    )
    assert _stands(relieved, sunday)["eu-dora/final"].due == kit.moment("2026-12-21T11:00")  # Monday noon in Berlin


def test_late_duties_are_findings_and_a_notice_to_customers_has_its_own() -> None:
    policy = kit.obligations("eu-gdpr", "us-california")
    record = kit.record("awareness 2026-11-20T10:00; discovery 2026-11-20T10:00")
    found = standings(kit.incident(), policy, record, site_zone="UTC", now=LATER)
    told = about_duties(kit.incident(), found, now=LATER)
    assert {(one.code, one.what.split(" was due")[0].split(",")[0]) for one in told} == {
        ("TID785", "Breach notification"),
        ("TID786", "Notice to residents"),
    }
    assert all("not legal advice" in one.what for one in told)
    early = kit.moment("2026-11-20T11:00")
    assert (
        about_duties(kit.incident(), standings(kit.incident(), policy, record, site_zone="UTC", now=early), now=early)
        == ()
    )


def test_what_nobody_says_is_a_note() -> None:
    about = kit.incident({"owner": "data"})
    found = standings(about, kit.obligations("eu-gdpr"), Occurrences(), site_zone="UTC", now=LATER)
    assert [one.code for one in about_duties(about, found, now=LATER)] == ["TID788"]


@pytest.mark.parametrize(("day", "warned"), [(date(2027, 5, 22), False), (date(2027, 5, 23), True)])
def test_rows_are_to_be_looked_at_again_after_180_days(day: date, warned: bool) -> None:  # noqa: FBT001
    policy = kit.obligations("eu-gdpr", "eu-dora")
    now = datetime.combine(day, time(0), tzinfo=UTC)
    assert [one.code for one in about_reviews(policy, now=now)] == (["TID784", "TID784"] if warned else [])


def test_a_contract_is_to_be_looked_at_again_too(both_ways: Obligations) -> None:
    assert about_reviews(both_ways, now=datetime(2027, 3, 14, tzinfo=UTC)) == ()
    told = about_reviews(both_ways, now=datetime(2027, 3, 15, tzinfo=UTC))
    assert [one.what.split('"')[1] for one in told] == ["acquirer-report", "lindmark"]


def test_an_override_stays_visible() -> None:
    policy = kit.obligations("us-circia")
    override = Override(why="Our insurer asks for it.", by="Amal Haddad", on=date(2026, 11, 1))
    policy = replace(policy, enabled=(Enabled(regime="us-circia", by="A", on=date(2026, 11, 1), override=override),))
    found = _stands(policy, kit.record("belief 2026-11-20T10:00"))
    assert found["us-circia/incident"].owed.overridden
    assert found["us-circia/incident"].owed.recipient is Recipient.AUTHORITY
