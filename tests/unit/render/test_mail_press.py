"""A press prints what `render_mail` writes, byte for byte, whatever the words and whoever the reader."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.digest import Plain
from publisher.model.errors import RefusedError
from publisher.model.policy import EmailPolicy
from publisher.model.subscriber import Subscriber
from publisher.render import mail_press
from publisher.render.mail import from_plain, render_mail, to_plain
from publisher.render.mail_press import Press
from tests.unit.deliver.samples import EMAIL, NOW, SITE, subscriber
from tests.unit.render.test_mail import EVIL, TOLD

NIGHTLY = os.environ.get("TIDINGS_TEST_DEPTH") == "nightly"
WORDINGS = 400 if NIGHTLY else 15
ADDRESSES = [
    "a@b.example",
    "first.last+status@mail.example.org",
    "x" * 64 + "@" + "y" * 60 + ".example",
    "o'brien@example.org",
    "a&b@example.org",
    "=?utf-8?q?x?=@example.org",
    "{token}@example.org",
    "under_score-dash@sub.domain.example",
]
TOKENS = ["t", "token-of-ann-0123456789abcdef", "x" * 128, "y" * 129, "a b", "a=b&c", "ünï", "_-_-_-_-"]


def reader(
    name: str = "ann", *, locale: str = "en", address: str | None = None, token: str | None = None
) -> Subscriber:
    someone = subscriber(name)
    return replace(
        someone,
        address=address or someone.address,
        token=token or someone.token,
        wishes=replace(someone.wishes, locale=locale),
    )


def same(press: Press, words: list[Plain], who: Subscriber, job: str, *, policy: EmailPolicy = EMAIL) -> None:
    """Compare, in what is written and in what is refused."""
    now = NOW + timedelta(seconds=len(job))
    updates = [from_plain(one) for one in words]
    try:
        right = render_mail(updates, site=SITE, subscriber=who, policy=policy, job=job, now=now)
    except RefusedError:
        with pytest.raises(RefusedError):
            press.mail(words, subscriber=who, job=job, now=now)
        return
    assert press.mail(words, subscriber=who, job=job, now=now) == right


def forms(press: Press) -> int:
    return sum(known.form is not None for known in press._forms.values())


@pytest.mark.parametrize("locale", ["en", "de", "ar"])
@pytest.mark.parametrize("out", [EMAIL.unsubscribe_url, "https://x.example/?a=1&t={token}&b", None])
def test_every_reader_gets_what_they_would_get_alone(locale: str, out: str | None) -> None:
    policy = replace(EMAIL, unsubscribe_url=out)
    press = Press(site=SITE, policy=policy)
    words: list[Plain] = [to_plain(TOLD)]
    for number, (address, token) in enumerate(zip(ADDRESSES * 2, TOKENS + TOKENS[::-1], strict=True)):
        same(press, words, reader(locale=locale, address=address, token=token), f"j{number}", policy=policy)
    assert forms(press) == 1, "the control: most of these came from a form"


def test_a_form_is_made_for_the_second_reader_and_renders_nothing_after(monkeypatch: pytest.MonkeyPatch) -> None:
    press = Press(site=SITE, policy=EMAIL)
    words: list[Plain] = [to_plain(TOLD)]
    same(press, words, reader("ann"), "j1")
    assert forms(press) == 0, "one reader alone is not worth a form"
    same(press, words, reader("ben"), "j2")
    assert forms(press) == 1
    right = render_mail([TOLD], site=SITE, subscriber=reader("cat"), policy=EMAIL, job="j3", now=NOW)
    monkeypatch.delattr(mail_press, "render_mail")
    assert press.mail(words, subscriber=reader("cat"), job="j3", now=NOW) == right


def test_hostile_words_are_never_taken_for_a_place() -> None:
    """Words that hold readers' addresses, tokens, boundaries, dates and headers; each for six readers."""
    dice = random.Random(4)
    made = 0
    for number in range(WORDINGS):
        spice = "".join(dice.choices([*EVIL, "ann@example.org", "token-of-ann-0123456789abcdef", "=_x", "Ünï 面"], k=3))
        told = replace(
            TOLD,
            title=dice.choice(EVIL) + spice[:80],
            text=f"{spice}\r\n.\r\nDate: Fri, 20 Nov 2026 15:04:10 +0000\n{spice}",
            who=spice,
            incident=f"2026-11-20-i{number}",
        )
        press = Press(site=SITE, policy=EMAIL)
        words: list[Plain] = [to_plain(told)]
        for name in ("ann", "ben", "cat", "dora-with-a-longer-name", "e"):
            same(press, words, reader(name, locale=dice.choice(["en", "de"])), f"job{number}")
        made += forms(press)
    assert made > WORDINGS, "the control: there were forms to be fooled"


def test_several_updates_in_one_mail_and_each_mixture_its_own() -> None:
    press = Press(site=SITE, policy=EMAIL)
    one, two = to_plain(TOLD), to_plain(replace(TOLD, incident="2026-11-20-other", title="Other", update="u2"))
    for words in ([one], [one, two], [two, one], [two]):
        for name in ("ann", "ben", "cat"):
            same(press, list(words), reader(name), f"j{len(words)}{name}")
    assert forms(press) == 4


def test_what_is_kept_has_an_end_and_new_words_are_not_taken_for_old_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_press, "KEPT", 2)
    press = Press(site=SITE, policy=EMAIL)
    for number in range(5):
        # the list before is gone: a new object may well stand where the old one stood
        words: list[Plain] = [to_plain(replace(TOLD, title=f"Title {number}"))]
        for name in ("ann", "ben", "cat"):
            same(press, words, reader(name), "j")
        del words
    assert (len(press._forms), forms(press)) == (2, 2)


def test_words_of_another_version_are_said_to_be_so() -> None:
    with pytest.raises(KeyError):
        Press(site=SITE, policy=EMAIL).mail([{"update": "u1"}], subscriber=reader(), job="j", now=NOW)


def test_readers_with_addresses_of_any_length_share_a_form_and_each_gets_their_own_bytes() -> None:
    """A stencil is kept for each length: where lines break moves with it. More lengths than are kept, twice each."""
    press = Press(site=SITE, policy=replace(EMAIL, unsubscribe_url="https://x.example/leave?who=you&t={token}&b"))
    words: list[Plain] = [to_plain(TOLD)]
    for turn in ("a", "b"):
        for length in range(1, 90):
            who = reader(address=f"{turn}{'x' * (length % 64)}.{'y' * (length // 2)}@example.org", token=turn * length)
            same(press, words, who, f"j{turn}{length:03}", policy=press._policy)
    (form,) = (known.form for known in press._forms.values())
    assert form is not None
    assert len(form.stencils) == mail_press.STENCILS
    broken = [hole for stencil in form.stencils.values() for hole in stencil.holes if hole[2] > 0]
    assert broken, "the control: some lines are broken in the middle of an address or a token"


def test_what_is_printed_from_a_stencil_is_printed_by_no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    press = Press(site=SITE, policy=EMAIL)
    words: list[Plain] = [to_plain(TOLD)]
    for name in ("ann", "ben", "cat"):
        same(press, words, reader(name), "j1")
    right = render_mail([TOLD], site=SITE, subscriber=reader("dan"), policy=EMAIL, job="j4", now=NOW)
    monkeypatch.delattr(mail_press, "_quoted")
    assert press.mail(words, subscriber=reader("dan"), job="j4", now=NOW) == right
