"""The gate lets go what is settled and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from publisher.model.delivery import Channel
from publisher.model.finding import Finding, Level, Place
from publisher.model.governance import Approval, Hold, Need
from publisher.release.gate import gate

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
WORDS, OTHER = "a" * 64, "b" * 64


def finding(level: Level) -> Finding:
    return Finding(code="TID101", level=level, place=Place(path="incidents/x.md"), what="Wrong.", fix="Mend it.")


def need() -> Need:
    return Need(incident="2026-11-20-x", role="legal", content=WORDS, why="personal data")


def approval(*, role: str = "legal", content: str = WORDS, received: datetime = NOW) -> Approval:
    return Approval(person="ada", role=role, content=content, received=received)


def test_nothing_wrong_goes() -> None:
    verdict = gate(findings=(), now=NOW)
    assert verdict.go
    assert verdict.reasons == ()


def test_an_error_stops_and_says_where() -> None:
    verdict = gate(findings=[finding(Level.ERROR)], now=NOW)
    assert not verdict.go
    assert verdict.reasons == ("incidents/x.md:1:1: TID101 Wrong. Mend it.",)


def test_warnings_and_notes_do_not_stop() -> None:
    verdict = gate(findings=[finding(Level.WARNING), finding(Level.NOTE)], now=NOW)
    assert verdict.go
    assert verdict.findings == ()


def test_a_missing_approval_stops_and_names_the_role() -> None:
    verdict = gate(findings=(), needs=[need()], now=NOW)
    assert not verdict.go
    assert verdict.reasons == ("2026-11-20-x: legal has not approved these words (personal data).",)


def test_an_approval_of_exactly_these_words_in_this_role_lets_go() -> None:
    assert gate(findings=(), needs=[need()], approvals=[approval()], now=NOW).go


def test_an_approval_of_other_words_does_not_count() -> None:
    assert not gate(findings=(), needs=[need()], approvals=[approval(content=OTHER)], now=NOW).go


def test_an_approval_in_another_role_does_not_count() -> None:
    assert not gate(findings=(), needs=[need()], approvals=[approval(role="pr")], now=NOW).go


def test_an_approval_not_yet_received_does_not_count() -> None:
    later = approval(received=NOW + timedelta(seconds=1))
    assert not gate(findings=(), needs=[need()], approvals=[later], now=NOW).go


def test_a_hold_keeps_its_channel_quiet_and_no_other() -> None:
    hold = Hold(why="remediation", begins=NOW, ends=NOW + timedelta(minutes=30), channels=(Channel.EMAIL,))
    verdict = gate(findings=(), holds=[hold], speaking=[(Channel.EMAIL, "i"), (Channel.PAGE, "i")], now=NOW)
    assert verdict.go
    assert verdict.holds(Channel.EMAIL, "i") is hold
    assert verdict.holds(Channel.PAGE, "i") is None


def test_a_hold_covers_its_first_moment_and_not_its_last() -> None:
    hold = Hold(why="remediation", begins=NOW, ends=NOW + timedelta(minutes=30), incidents=("i",))
    assert hold.covers(Channel.EMAIL, "i", NOW)
    assert not hold.covers(Channel.EMAIL, "i", NOW + timedelta(minutes=30))
    assert not hold.covers(Channel.EMAIL, "other", NOW)
    assert not hold.covers(Channel.EMAIL, "i", NOW - timedelta(seconds=1))
