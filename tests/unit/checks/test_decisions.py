"""4.5: words for readers that contradict a decision are found, in whatever disguise, and clean ones are left alone."""

from __future__ import annotations

import base64
import urllib.parse
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from publisher.checks.decisions import contradictions
from publisher.checks.disguise import find, term
from publisher.load.decisions import decision_text, front_of, load_decisions, path_of
from publisher.load.history import load_history
from publisher.model.decision import Decision, binding
from publisher.model.finding import Finding
from publisher.model.incident import Incident
from publisher.ports import SourceFile
from publisher.records.decisions import fingerprint, tampered

ID = "2026-11-20-card-payments"
NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
AT = datetime(2026, 11, 20, 14, 24, tzinfo=UTC)
NO_VENDOR = Decision(id="D2", at=AT, by="Ines Marques", text="Do not name Acquirer B.", forbids=("Acquirer B",))

DISGUISES = {
    "as it is": "Acquirer B",
    "in capitals": "ACQUIRER B",
    "full width": "Ａｃｑｕｉｒｅｒ Ｂ",
    "Cyrillic A": "Аcquirer B",
    "Cyrillic throughout": "Асquіrеr В",
    "Greek B": "Acquirer Β",
    "accents": "Ácquîrér B",
    "zero width inside": "Acqu\u200birer B",
    "soft hyphen": "Acqui\u00adrer B",
    "no-break blank": "Acquirer\u00a0B",
    "named entity": "Acquirer&nbsp;B",
    "numeric entity": "&#65;cquirer B",
    "hexadecimal entity": "Acquirer &#x42;",
    "percent signs": "https://example.com/Acquirer%20B",
    "percent signs throughout": "".join(f"%{byte:02X}" for byte in b"Acquirer B"),
    "bold in the middle": "Acq**uir**er B",
    "code": "`Acquirer` B",
    "the words of a link": "[Acquirer](https://example.com) B".replace("](https://example.com)", "]"),
    "a backslash": "Acquirer\\ B",
    "across lines": "Acquirer\nB",
    "letters apart": "A c q u i r e r  B",
    "dots between": "A.c.q.u.i.r.e.r B",
    "hyphen for the blank": "acquirer-b",
    "nothing for the blank": "AcquirerB",
    "digits for letters": "Acqu1rer B",
    "possessive": "Acquirer B's systems",
    "base64": base64.b64encode(b"see Acquirer B").decode(),
}
CLEAN = (
    "The acquirer because of whom we wait",
    "Another acquirer, bigger than most",
    "We acquire brushes",
    "Acquirers both agree",
    "acquirer Berlin",
    "A partner bank of ours declines some card payments.",
    "QWNxdWlyZXI=",
    "",
)


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES)
def test_a_term_is_found_in_every_disguise(text: str) -> None:
    assert find(term("Acquirer B"), f"It seems that {text} declines payments.") is not None


@pytest.mark.parametrize("text", CLEAN)
def test_words_that_only_begin_alike_are_left_alone(text: str) -> None:
    assert find(term("Acquirer B"), text) is None


@pytest.mark.parametrize(
    ("sought", "text", "found"),
    [
        ("Lindmark", "Lindmarks Bestellungen", True),
        ("Lindmark", "der Lindmark-Ausfall", True),
        ("Acme", "acmeism", False),
        ("1.8 million", "about 1.8 million euros", True),
        ("1.8 million", "11.8 million euros", False),
        ("AWS", "laws", False),
        ("AWS", "aws-1", True),
        ("Straße", "in der STRASSE", True),
    ],
)
def test_endings_count_for_long_words_and_beginnings_never(sought: str, text: str, found: bool) -> None:  # noqa: FBT001
    assert (find(term(sought), text) is not None) is found


BODY = """---
title: Card payments failing
headline: Some cards are declined.
category: outage
severity: sev2
components: {checkout: partial_outage}
started: 2026-11-20T13:52:00Z
tags: [cards]
---

## 2026-11-20 14:05 UTC · Investigating
<!--
who: Shops in the EU
meanwhile: Offer bank transfer
-->

Some card payments fail at checkout.

A second paragraph is here.
"""
GERMAN = """---
title: Kartenzahlungen fallen aus
headline: Manche Karten werden abgelehnt.
---

## 2026-11-20 14:05 UTC · Investigating
<!--
who: Shops in der EU
meanwhile: Überweisung anbieten
-->

Manche Kartenzahlungen schlagen fehl.
"""
PLACES = (
    ("title: Card payments failing", "title: Acquirer B fails", "index.md", 2),
    ("headline: Some cards", "headline: Acquirer B says some cards", "index.md", 3),
    ("tags: [cards]", "tags: [cards, acquirer-b]", "index.md", 8),
    ("who: Shops in the EU", "who: Customers of Acquirer B", "index.md", 13),
    ("meanwhile: Offer bank transfer", "meanwhile: Avoid Acquirer B", "index.md", 14),
    ("Some card payments fail", "Acquirer B is down and card payments fail", "index.md", 17),
    ("A second paragraph is", "A second paragraph about Acquirer B is", "index.md", 19),
    ("title: Kartenzahlungen", "title: Acquirer B: Kartenzahlungen".replace("B:", "B,"), "index.de.md", 2),
    ("headline: Manche", "headline: Acquirer B sagt, manche", "index.de.md", 3),
    ("who: Shops in der EU", "who: Kunden von Acquirer B", "index.de.md", None),
    ("meanwhile: Überweisung", "meanwhile: Nicht über Acquirer B", "index.de.md", None),
    ("Manche Kartenzahlungen schlagen", "Bei Acquirer B schlagen", "index.de.md", 12),
)


def _incident(old: str = "", new: str = "", *, private: str = "", incident: str = ID) -> Incident:
    texts = {"index.md": BODY, "index.de.md": GERMAN}
    if private:
        texts["for-merchants.md"] = private
    assert not old or any(old in text for text in texts.values())
    files = [
        SourceFile(path=f"incidents/{incident}/{name}", body=text.replace(old, new).encode() if old else text.encode())
        for name, text in texts.items()
    ]
    site = b"site_name: A\nsite_url: https://a.example/\nplugins:\n  - tidings:\n      locales: [en, de]\n"
    history, _ = load_history([SourceFile(path="mkdocs.yml", body=site), *files])
    return history.incidents[0]


def _found(incident: Incident, *decisions: Decision, now: datetime = NOW) -> tuple[Finding, ...]:
    return contradictions(incident, decisions or (NO_VENDOR,), now=now)


def test_clean_words_contradict_nothing() -> None:
    assert _found(_incident()) == ()


@pytest.mark.parametrize(("old", "new", "file", "line"), PLACES, ids=[row[1] for row in PLACES])
def test_every_text_that_reaches_readers_is_held_against_it(old: str, new: str, file: str, line: int | None) -> None:
    [told] = _found(_incident(old, new))
    assert told.code == "TID792"
    assert told.place.path == f"incidents/{ID}/{file}"
    assert "decision D2 of Ines Marques" in told.what
    if line is not None:
        assert told.place.line == line


def test_line_and_column_are_those_of_the_words() -> None:
    [told] = _found(_incident("A second paragraph is", "A second paragraph about Acquirer B is"))
    assert (told.place.line, told.place.col) == (19, len("A second paragraph about ") + 1)


def test_messages_for_some_and_the_address_count_too() -> None:
    private = "Dear merchants, Acquirer B is at fault."
    assert [f.what.split(" says")[0] for f in _found(_incident(private=private))] == ["The message for merchants"]
    named = _incident(incident="2026-11-20-acquirer-b-down")
    assert [f.what.split(" says")[0] for f in _found(named)] == ["The incident's address"]


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES)
def test_no_disguise_gets_an_update_past(text: str) -> None:
    """Through the loader, as it would be published: what it refuses itself (invisible characters) is replaced there."""
    incident = _incident("A second paragraph is here.", f"It is {text} again.")
    assert [f.code for f in _found(incident)] == ["TID792"]


def test_a_decision_ends_or_is_replaced() -> None:
    incident = _incident("Some card payments", "Acquirer B makes that some card payments")
    until = replace(NO_VENDOR, until=NOW)
    assert len(_found(incident, until, now=datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC))) == 1
    assert _found(incident, until) == ()
    later = Decision(id="D3", at=AT, by="Amal Haddad", text="They agreed.", supersedes=("D2",))
    assert _found(incident, NO_VENDOR, later) == ()
    assert [one.id for one in binding((NO_VENDOR, later), NOW)] == ["D3"]


def test_words_that_are_asked_for_are_missed_once_somebody_spoke_since() -> None:
    wanted = replace(NO_VENDOR, forbids=(), requires=("fees for 28 November",))
    assert _found(_incident(), wanted) == (), "nobody spoke since 14:24"
    early = replace(wanted, at=datetime(2026, 11, 20, 14, 5, tzinfo=UTC))
    assert [f.code for f in _found(_incident(), early)] == ["TID793"]
    assert _found(_incident("A second paragraph is", "You get the **fees** for 28 November back. It is"), early) == ()


# The file


def _file(body: str) -> SourceFile:
    return SourceFile(path=path_of(ID), body=(front_of(ID) + body).encode())


def test_a_decision_reads_back_as_it_was_written() -> None:
    full = Decision(
        id="D1",
        at=AT.replace(second=7),
        by="Ines Marques",
        text='Do not name them.\n\nTwo paragraphs: "quoted" <!-- not a comment -->.',
        forbids=('Acquirer "B"', "C:\\B", "Ümlaut"),
        requires=("we think",),
        until=NOW,
    )
    text = decision_text(full) + decision_text(replace(full, id="D2", supersedes=("D1",), until=None))
    read, found = load_decisions(_file(text))
    assert found == ()
    assert read == (full, replace(full, id="D2", supersedes=("D1",), until=None))


def test_what_people_wrote_by_hand_is_read_and_numbered() -> None:
    text = "\n## 2026-11-20 14:02 UTC · Ines Marques\n\n**Decided:** sev2.\n\n## 2026-11-20 14:24 UTC · Ines Marques\n\nNo names.\n"
    read, found = load_decisions(_file(text))
    assert found == ()
    assert [(one.id, one.by, one.text) for one in read] == [
        ("D1", "Ines Marques", "**Decided:** sev2."),
        ("D2", "Ines Marques", "No names."),
    ]


MALFORMED = {
    "no time": ("\n## Ines Marques\n\nNo.\n", "TID790", 5),
    "no name": ("\n## 2026-11-20 14:02 UTC\n\nNo.\n", "TID790", 5),
    "no zone": ("\n## 2026-11-20 14:02 · Ines\n\nNo.\n", "TID790", 5),
    "no such day": ("\n## 2026-11-31 14:02 UTC · Ines\n\nNo.\n", "TID790", 5),
    "no words": ("\n## 2026-11-20 14:02 UTC · Ines\n\n", "TID790", 5),
    "words before": ("\nWe met.\n\n## 2026-11-20 14:02 UTC · Ines\n\nNo.\n", "TID790", 5),
    "comment not closed": ("\n## 2026-11-20 14:02 UTC · Ines\n<!--\nid: D1\n\nNo.\n", "TID790", 6),
    "unknown key": ("\n## 2026-11-20 14:02 UTC · Ines\n<!--\nforbid: [B]\n-->\n\nNo.\n", "TID012", 7),
    "not a list": ("\n## 2026-11-20 14:02 UTC · Ines\n<!--\nforbids: Acquirer B\n-->\n\nNo.\n", "TID014", 7),
    "too short": ("\n## 2026-11-20 14:02 UTC · Ines\n<!--\nforbids: [B]\n-->\n\nNo.\n", "TID790", 7),
    "not an id": ("\n## 2026-11-20 14:02 UTC · Ines\n<!--\nid: first\n-->\n\nNo.\n", "TID791", 7),
    "replaces nothing": ("\n## 2026-11-20 14:02 UTC · Ines\n<!--\nsupersedes: [D4]\n-->\n\nNo.\n", "TID791", 7),
    "until no time": ("\n## 2026-11-20 14:02 UTC · Ines\n<!--\nuntil: Friday\n-->\n\nNo.\n", "TID016", 7),
}


@pytest.mark.parametrize(("text", "code", "line"), MALFORMED.values(), ids=MALFORMED)
def test_a_file_that_is_not_good_is_told_with_its_line(text: str, code: str, line: int) -> None:
    _, found = load_decisions(_file(text))
    assert [(one.code, one.place.line) for one in found] == [(code, line)]


def test_a_file_of_another_incident_is_told() -> None:
    file = SourceFile(path=path_of(ID), body=b"---\nincident: 2026-11-20-other\n---\n")
    assert [one.code for one in load_decisions(file)[1]] == ["TID790"]


def test_a_recorded_decision_that_was_changed_or_taken_out_is_told() -> None:
    known = {"D2": fingerprint(NO_VENDOR)}
    assert tampered([NO_VENDOR], known, path=path_of(ID)) == ()
    [changed] = tampered([replace(NO_VENDOR, forbids=())], known, path=path_of(ID))
    [gone] = tampered([], known, path=path_of(ID))
    assert {changed.code, gone.code} == {"TID794"}


def test_percent_signs_of_an_address_are_undone_once() -> None:
    assert find(term("Acquirer B"), urllib.parse.quote("Acquirer B")) is not None
