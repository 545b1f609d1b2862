"""What a mail says, how its header is guarded, and that nobody can write another one with a title."""

from __future__ import annotations

import email
import email.policy
import os
import random
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html as lxml_html

from publisher.model.component import Impact
from publisher.model.delivery import Envelope
from publisher.model.errors import RefusedError
from publisher.model.incident import Kind, Severity, Status
from publisher.model.policy import EmailPolicy
from publisher.model.subscriber import Subscriber
from publisher.render.mail import from_plain, locale_for, mail_update, render_confirmation, render_mail, to_plain
from publisher.render.mail_headers import LINE_LIMIT, SUBJECT_LIMIT, check_wire, harmless
from publisher.render.view import MailUpdate
from publisher.render.views import project
from tests.unit.deliver.samples import EMAIL, NOW, SITE, history, incident, subscriber, update

TOLD = MailUpdate(
    incident="2026-11-20-card-payments",
    title="Card payments failing in Europe",
    kind=Kind.INCIDENT,
    severity=Severity.SEV2,
    status=Status.IDENTIFIED,
    state=Status.IDENTIFIED,
    impact=Impact.PARTIAL_OUTAGE,
    affected=("Checkout", "Payments API", "Webhooks"),
    at=NOW - timedelta(minutes=33),
    started=NOW - timedelta(hours=1),
    next=NOW + timedelta(minutes=1),
    who="Shops in the EU",
    meanwhile="Offer bank transfer",
    html='<p>Half is <b>moved</b>. See <a href="https://status.northwind.example/history/?a=1#b">here</a> '
    'or <a href="https://forum.example/">there</a>.</p>',
    text="Half is moved. See here (https://status.northwind.example/history/?a=1#b) or there (https://forum.example/).",
    text_locale="en",
    revises=None,
    update="2026-11-20T14:31:00Z/identified/0",
    revision="ab" * 32,
    path="incidents/2026-11-20-card-payments/",
)
HEADER = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Reply-To",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


def rendered(
    *updates: MailUpdate,
    to: Subscriber | None = None,
    policy: EmailPolicy = EMAIL,
    job: str = "j0b",
    now: datetime = NOW,
) -> Envelope:
    return render_mail(updates or (TOLD,), site=SITE, subscriber=to or subscriber(), policy=policy, job=job, now=now)


def parsed(envelope: Envelope) -> EmailMessage:
    message = email.message_from_bytes(envelope.wire, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(envelope: Envelope, kind: str) -> str:
    part = parsed(envelope).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_header_is_exactly_this() -> None:
    envelope = rendered()
    head = envelope.wire.split(b"\r\n\r\n")[0].decode().split("\r\n")
    assert head == [
        "From: Northwind status <status@northwind.example>",
        "To: ann@example.org",
        "Subject: Identified: Card payments failing in Europe",
        "Date: Fri, 20 Nov 2026 15:04:10 +0000",
        "Message-ID: <j0b@northwind.example>",
        head[5],
        head[6],
        "List-Id: <updates.status.northwind.example>",
        "List-Unsubscribe: <https://status.northwind.example/unsubscribe?token=token-of-ann-0123456789abcdef>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Reply-To: help@northwind.example",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
        head[14],
    ]
    assert re.fullmatch(r"In-Reply-To: <incident\.[a-z0-9]{12}@northwind\.example>", head[5])
    assert head[6] == head[5].replace("In-Reply-To", "References")
    assert head[14].startswith('Content-Type: multipart/alternative; boundary="=_')
    assert (envelope.message_id, envelope.sender, envelope.recipient) == (
        "j0b@northwind.example",
        "status@northwind.example",
        "ann@example.org",
    )


def test_same_input_same_bytes_and_a_resend_differs_in_its_date_only() -> None:
    assert rendered().wire == rendered().wire
    later = rendered(now=NOW + timedelta(hours=1)).wire
    assert [a for a, b in zip(rendered().wire.split(b"\r\n"), later.split(b"\r\n"), strict=True) if a != b] == [
        b"Date: Fri, 20 Nov 2026 15:04:10 +0000"
    ]
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert rendered(now=elsewhere).wire == rendered().wire


def test_mails_about_one_incident_share_a_thread_and_others_have_their_own() -> None:
    first = parsed(rendered())["References"]
    again = parsed(rendered(replace(TOLD, status=Status.RESOLVED, state=Status.RESOLVED), job="other"))["References"]
    other = parsed(rendered(replace(TOLD, incident="2026-11-19-search")))["References"]
    digest = parsed(rendered(TOLD, replace(TOLD, incident="2026-11-19-search")))
    assert first == again
    assert first != other
    assert digest["References"] is None
    assert digest["In-Reply-To"] is None


def test_a_very_long_unsubscribe_address_stays_an_address() -> None:
    """cpython#85725: shorter line limits turn it into encoded words, and one-click stops working."""
    long = replace(EMAIL, unsubscribe_url=f"https://status.northwind.example/{'path/' * 60}unsubscribe?token={{token}}")
    header = rendered(policy=long).wire.split(b"\r\n\r\n")[0]
    assert f"List-Unsubscribe: <https://status.northwind.example/{'path/' * 60}unsubscribe?token=".encode() in header


def test_without_a_page_the_way_out_is_an_answer() -> None:
    message = parsed(rendered(policy=replace(EMAIL, unsubscribe_url=None)))
    assert message["List-Unsubscribe"] == (
        "<mailto:help@northwind.example?subject=unsubscribe%20token-of-ann-0123456789abcdef>"
    )
    assert message["List-Unsubscribe-Post"] is None
    assert "unsubscribe token-of-ann-0123456789abcdef" in body(
        rendered(policy=replace(EMAIL, unsubscribe_url=None)), "plain"
    )


def test_one_click_is_promised_over_https_only() -> None:
    """RFC 8058 section 3.1: the address must be https."""
    message = parsed(rendered(policy=replace(EMAIL, unsubscribe_url="http://status.northwind.example/u?t={token}")))
    assert message["List-Unsubscribe"].startswith("<http://")
    assert message["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ({"revises": "The time was wrong."}, "Correction: Card payments failing in Europe"),
        ({"status": Status.RESOLVED, "state": Status.RESOLVED}, "Resolved: Card payments failing in Europe"),
        ({"status": Status.UPDATE}, "Update: Card payments failing in Europe"),
        ({"title": "Zahlungen in Köln fallen aus"}, "Identified: Zahlungen in Köln fallen aus"),
    ],
)
def test_subjects_say_state_and_title(change: dict[str, object], subject: str) -> None:
    assert parsed(rendered(replace(TOLD, **change)))["Subject"] == subject  # type: ignore[arg-type]


def test_a_digest_counts_its_updates_and_puts_the_gravest_incident_first() -> None:
    over = replace(TOLD, incident="2026-11-19-a", title="Old trouble", status=Status.RESOLVED, state=Status.RESOLVED)
    grave = replace(TOLD, incident="2026-11-19-b", title="Grave trouble", impact=Impact.MAJOR_OUTAGE)
    envelope = rendered(over, TOLD, grave)
    assert parsed(envelope)["Subject"] == "Northwind status: 3 updates"
    titles = ["Grave trouble", "Card payments failing in Europe", "Old trouble"]
    for kind in ("plain", "html"):
        said = body(envelope, kind)
        found = [said.index(title, said.index("<body") if kind == "html" else 0) for title in titles]
        assert found == sorted(found)


def test_updates_of_one_incident_stand_oldest_first_under_one_title() -> None:
    later = replace(TOLD, at=NOW, text="Second words.", html="<p>Second words.</p>", status=Status.MONITORING)
    said = body(rendered(later, TOLD), "plain")
    assert said.count("Card payments failing in Europe") == 1
    assert said.index("Half is moved.") < said.index("Second words.")
    assert parsed(rendered(later, TOLD))["Subject"].startswith("Monitoring:")


def test_text_and_html_say_the_same_facts() -> None:
    envelope = rendered()
    shown = " ".join("".join(map(str, lxml_html.fromstring(body(envelope, "html").encode()).itertext())).split())
    for fact in (
        "Partial outage",
        "Identified",
        "20 November 2026, 14:31 UTC",
        "Shops in the EU",
        "Offer bank transfer",
        "20 November 2026, 15:05 UTC",
        "Checkout, Payments API and Webhooks",
        "20 November 2026, 14:04 UTC",
        "ann@example.org",
    ):
        assert fact in shown
        assert fact in body(envelope, "plain")


def test_a_correction_says_why() -> None:
    envelope = rendered(replace(TOLD, revises="The start was 13:52, not 14:52."))
    for kind in ("plain", "html"):
        assert "The start was 13:52, not 14:52." in body(envelope, kind)


def test_a_closed_incident_promises_nothing() -> None:
    over = replace(TOLD, status=Status.RESOLVED, state=Status.RESOLVED, impact=Impact.OPERATIONAL)
    assert "Next update" in body(rendered(TOLD), "plain")
    assert "Next update" not in body(rendered(over), "plain")


def test_links_to_our_own_pages_are_tagged_and_others_and_people_are_not() -> None:
    envelope = rendered()
    links = {link.get("href", "") for link in lxml_html.fromstring(body(envelope, "html").encode()).iter("a")}
    ours = [link for link in links if urlsplit(link).hostname == "status.northwind.example"]
    for link in ours:
        query = parse_qs(urlsplit(link).query)
        if "token" in query:
            assert "utm_source" not in query, "the way out carries nothing else"
            continue
        assert (query["utm_source"], query["utm_medium"]) == (["email"], ["update"])
        assert "ann" not in link
        assert subscriber().token not in link
    history_link = next(link for link in ours if "/history/" in link)
    assert history_link == (
        "https://status.northwind.example/history/?a=1&utm_source=email&utm_medium=update"
        "&utm_campaign=2026-11-20-card-payments&utm_content=abababababab#b"
    )
    assert "https://forum.example/" in links
    text = body(envelope, "plain")
    assert history_link in text
    assert "(https://forum.example/)" in text


def test_tags_are_off_when_the_site_says_so() -> None:
    site = replace(SITE, utm=False)
    envelope = render_mail([TOLD], site=site, subscriber=subscriber(), policy=EMAIL, job="j", now=NOW)
    assert b"utm_" not in envelope.wire
    assert "utm_" not in body(envelope, "html")


def test_nothing_is_loaded_from_anywhere_and_no_script_runs() -> None:
    html = body(rendered(), "html")
    tree = lxml_html.fromstring(html.encode())
    assert not [e.tag for e in tree.iter("script", "img", "link", "iframe", "object", "form")]
    assert not [e.tag for e in tree.iter() if e.get("src")]
    assert "url(" not in html
    assert "@import" not in html


def test_dark_colours_and_the_direction_of_writing_are_there() -> None:
    html = body(rendered(), "html")
    assert "prefers-color-scheme: dark" in html
    assert '<html lang="en" dir="ltr"' in html
    arabic = body(rendered(to=subscriber(locale="ar")), "html")
    assert '<html lang="ar" dir="rtl"' in arabic
    words = next(div for div in lxml_html.fromstring(arabic.encode()).iter("div") if div.get("class") == "words")
    assert (words.get("lang"), words.get("dir")) == ("en", "ltr"), "the writer's words keep their own language"


def test_arabic_and_german_speak_their_own_words() -> None:
    assert "Auf der Statusseite verfolgen" in body(rendered(to=subscriber(locale="de")), "plain")
    assert "Partial outage" not in body(rendered(to=subscriber(locale="ar")), "plain")
    german = parsed(rendered(TOLD, replace(TOLD, incident="x"), to=subscriber(locale="de")))
    assert german["Subject"] == "Northwind status: 2 Meldungen"


@pytest.mark.parametrize(
    ("wanted", "locale"),
    [("de", "de"), ("de-AT", "de"), ("DE", "de"), ("ar_EG", "ar"), ("fr", "en"), ("", "en"), ("en-US", "en")],
)
def test_the_nearest_language_is_taken(wanted: str, locale: str) -> None:
    assert locale_for(wanted, SITE) == locale


def test_words_come_out_of_a_view_and_survive_being_frozen() -> None:
    made = incident(updates=[replace(update(5, Status.IDENTIFIED, "Half *moved*."), meanwhile="Wait", next=NOW)])
    for locale, path in (("en", "incidents/"), ("de", "de/incidents/")):
        view = project(history(made), locale=locale, now=NOW)
        (seen,) = view.incidents
        told = mail_update(view, seen, seen.updates[0])
        assert told.path == f"{path}{made.id}/"
        assert told.affected[0] == ("Kasse" if locale == "de" else "Checkout")
        assert (told.html, told.text) == (seen.updates[0].words.html, seen.updates[0].words.text)
        assert from_plain(to_plain(told)) == told


@pytest.mark.parametrize("broken", [None, [], {}, {"incident": "x"}, {**dict(to_plain(TOLD)), "affected": "no"}])  # type: ignore[arg-type]
def test_words_that_somebody_else_froze_are_refused(broken: object) -> None:
    with pytest.raises((TypeError, KeyError)):
        from_plain(broken)  # type: ignore[arg-type]


def test_the_confirmation_mail_has_the_code_or_the_link_and_no_list_header() -> None:
    asked = subscriber("neu", locale="de")
    coded = render_confirmation(asked, site=SITE, policy=EMAIL, now=NOW)
    assert asked.token in body(coded, "plain")
    assert asked.token in body(coded, "html")
    assert parsed(coded)["List-Unsubscribe"] is None
    assert parsed(coded)["Auto-Submitted"] == "auto-generated"
    linked = render_confirmation(
        asked, site=SITE, policy=EMAIL, now=NOW, confirm_url="https://status.northwind.example/confirm?t={token}"
    )
    assert f"https://status.northwind.example/confirm?t={asked.token}" in body(linked, "plain")
    assert coded.message_id == linked.message_id, "asking again for the same step is the same message"


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.org", "a@b@c", "ann@example.org, eve@example.org", "ann@example.org\r\nBcc: eve@x.org",
     "ann@exämple.org", "<ann@example.org>", "ann @example.org", "a\x00@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(RefusedError, match="no address"):
        rendered(to=replace(subscriber(), address=address))
    with pytest.raises(RefusedError, match="no address"):
        rendered(policy=replace(EMAIL, sender=address))


ENCODED = "=?utf-8?q?foo=0D=0ABcc=3A_evil=40x.example?="
EVIL = [
    ENCODED,
    "=?utf-8?b?Zm9vDQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
    "a\r\nBcc: eve@example.org",
    "a\nBcc: eve@example.org\n\nbody",
    "a\rBcc: eve@example.org",
    "a\x85Bcc: eve@example.org",
    "a\u2028Bcc: eve@example.org",
    "a\u2029Bcc: eve@example.org",
    "a\x0bBcc: eve@example.org",
    "a\x0cBcc: eve@example.org",
    "a\x00b\x1b[31m",
    "\ud800 alone and \udfff",
    "x" * 5000,
    "ü" * 3000,
    ("wörd " * 900).strip(),
    "=?" * 400,
    "?==?utf-8?q?=0D=0A?=",
    "= ?utf-8?q?=0D=0ABcc=3A?=",
    "=\r\n?utf-8?q?=0D=0ABcc=3A?=",
    "=\u200b?utf-8?q?a?=",
    "\u202eevil\u202c",
    "\ufeff=?utf-8?q?=0D=0ATo=3A?=",
    '"quoted" <eve@example.org>, mallory@example.org',
    "--=_boundary\r\nContent-Type: text/html\r\n\r\n<script>",
    "{{7*7}} {% raw %} {token}",
    "<script>alert(1)</script>",
    "\r\n.\r\nMAIL FROM:<eve@example.org>",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_title_or_name_writes_a_header(evil: str) -> None:
    _hostile(replace(TOLD, title=evil), policy=EMAIL)
    _hostile(replace(TOLD, who=evil, meanwhile=evil, affected=(evil,), text=evil, revises=evil), policy=EMAIL)
    _hostile(TOLD, policy=replace(EMAIL, sender_name=evil))


def test_the_standard_library_alone_would_not_do() -> None:
    """Control for note M1: without `harmless` the very same subject is dangerous or refused here, never harmless."""
    message = EmailMessage(policy=email.policy.SMTP)
    try:
        message["Subject"] = ENCODED
        wire = message.as_bytes()
    except ValueError:
        return
    assert list(email.message_from_bytes(wire).keys()) != ["Subject"] or b"=?" in wire


def test_ten_thousand_hostile_texts_write_no_header() -> None:
    """T38: titles, names, facts and bodies of nasty pieces, ten to a message; each is parsed by the guard and again here."""
    dice = random.Random(38)
    pieces = [*EVIL[:12], *EVIL[15:], "Bcc:", "\r", "\n", "=?", "?=", "=0D=0A", "utf-8?q?", "\x85", "\u2028", "\x0b", " ",
              "\t", "\ud83d", "é", "م", "𝔘", ":", "<", ">", "@", ",", ";", "To: x@y.example", "\u200f", "\ufffe"]  # fmt: skip
    nightly = os.environ.get("TIDINGS_TEST_DEPTH") == "nightly"
    for number in range(10_000 if nightly else 1_000):
        texts = ["".join(dice.choice(pieces) for _ in range(dice.randint(1, 9))) for _ in range(10)]
        told = replace(
            TOLD,
            title=texts[0],
            who=texts[1],
            meanwhile=texts[2],
            text=texts[3],
            affected=tuple(texts[4:8]),
            revises=texts[8] if number % 2 else None,
        )
        _hostile(told, policy=replace(EMAIL, sender_name=texts[9]), number=number)


def _hostile(told: MailUpdate, *, policy: EmailPolicy, number: int = 0) -> None:
    to = subscriber(f"p{number}")
    envelope = rendered(told, to=to, policy=policy, job=f"j{number}")
    head = envelope.wire.partition(b"\r\n\r\n")[0]
    assert [line.split(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t"] == HEADER
    message = email.message_from_bytes(envelope.wire)
    assert message.keys() == HEADER
    assert message["To"] == to.address
    assert all(len(line) <= LINE_LIMIT for line in envelope.wire.split(b"\r\n"))
    assert envelope.wire.count(b"\r\n") == envelope.wire.count(b"\n") == envelope.wire.count(b"\r")
    subject = str(parsed(envelope)["Subject"])
    assert not re.search(r"[\r\n\x00-\x1f\x85\u2028\u2029]", subject)


@pytest.mark.parametrize("evil", EVIL)
def test_harmless_text_stays_so_and_is_short(evil: str) -> None:
    once = harmless(evil)
    assert harmless(once) == once
    assert len(once) <= SUBJECT_LIMIT
    assert "=?" not in once
    assert once.encode()


def test_ordinary_titles_are_left_alone() -> None:
    for title in (
        "Is checkout slow? = No",
        "50 % of cards fail",
        "تعطل بعض المدفوعات",
        "支付失败",
        "a=b?c",
        "Ünïcödé – “ok”",
    ):
        assert harmless(title) == title


GOOD = rendered()
PARTS = [("text/plain", body(GOOD, "plain")), ("text/html", body(GOOD, "html"))]


def test_the_guard_passes_what_was_meant() -> None:
    check_wire(GOOD.wire, names=HEADER, recipient="ann@example.org", parts=PARTS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Bcc: eve@example.org\r\nSubject: "),
        (b"Subject: ", b"Subject: a\r\nSubject: "),
        (b"To: ann@example.org", b"To: ann@example.org, eve@example.org"),
        (b"To: ann@example.org", b"To: eve@example.org"),
        (b"To: ann@example.org", b"To: ann@example.org\r\nCc: eve@example.org"),
        (b"Date: ", b"Date : "),
        (b"Subject: Identified", b"Subject: Identified\n"),
        (b"Subject: Identified", b"Subject: Identified\r"),
        (b"Subject: Identified", b"Subject: \xc3\xbc"),
        (b"Subject: Identified", b"Subject: \x00"),
        (b"Subject: Identified", b"Subject: " + b"x" * 1000),
        (b"Auto-Submitted: auto-generated\r\n", b""),
        (b"Subject: ", b"Subject: a\r\n \r\n b"),
        (b"MIME-Version: 1.0\r\n", b"\r\nMIME-Version: 1.0\r\n"),
        (b"Half is", b"Half was"),
        (b"text/html", b"text/htm"),
    ],
)  # fmt: skip
def test_the_guard_finds_every_planted_fault(old: bytes, new: bytes) -> None:
    assert GOOD.wire.count(old) >= 1
    with pytest.raises(RefusedError, match="not sent"):
        check_wire(GOOD.wire.replace(old, new, 1), names=HEADER, recipient="ann@example.org", parts=PARTS)


def test_five_hundred_mails_have_both_ways_out_and_their_own_token() -> None:
    """T35, the headers: both present, one token a person, the same on the page and in the header."""
    tokens = set()
    for number in range(500):
        to = replace(subscriber(f"p{number}"), token=f"{number:032x}")
        envelope = rendered(to=to, job=f"j{number}")
        message = email.message_from_bytes(envelope.wire)
        assert message["List-Unsubscribe"] == f"<https://status.northwind.example/unsubscribe?token={to.token}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Auto-Submitted"] == "auto-generated"
        tokens.add(message["List-Unsubscribe"])
    assert len(tokens) == 500
