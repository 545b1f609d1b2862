"""The quick look agrees with the close one on every character there is."""

from __future__ import annotations

import pytest

from publisher.model.characters import SUSPICIOUS, code_of, is_plain, name_of, written_out


def test_the_quick_look_never_misses_what_the_close_look_finds() -> None:
    for number in range(0x110000):
        char = chr(number)
        if SUSPICIOUS.match(char):
            assert not is_plain(f"a{char}b"), hex(number)


def test_the_quick_look_passes_ordinary_words() -> None:
    for words in ("Plain words.\n\tMore · Größe", "\u0645\u0631\u062d\u0628\u0627", "日本語", "🚀", ""):
        assert is_plain(words)


@pytest.mark.parametrize(
    ("char", "code", "name"),
    [
        ("\x00", "TID301", "U+0000 NULL"),
        ("\x1b", "TID301", "U+001B ESCAPE"),
        ("\x85", "TID301", "U+0085 NEXT LINE"),
        ("\x01", "TID301", "U+0001 control character"),
        ("\u2028", "TID301", "U+2028 LINE SEPARATOR"),
        ("\ufffe", "TID301", "U+FFFE control character"),
        ("\u202e", "TID302", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\U000e0041", "TID302", "U+E0041 TAG LATIN CAPITAL LETTER A"),
        ("\u200b", "TID303", "U+200B ZERO WIDTH SPACE"),
        ("\u3164", "TID303", "U+3164 HANGUL FILLER"),
    ],
)
def test_characters_are_named_for_people_who_cannot_see_them(char: str, code: str, name: str) -> None:
    assert (code_of(char), name_of(char)) == (code, name)


@pytest.mark.parametrize("char", ["\t", "\n", "\u200c", "\u200d", "\u200e", "\u200f", "\u061c", "\ufe0f", "\u00a0"])
def test_what_languages_and_emoji_need_is_not_suspicious(char: str) -> None:
    assert SUSPICIOUS.match(char) is None


def test_references_are_found_where_they_stand() -> None:
    assert list(written_out("a &#8238; &rlo; &#x2066;&amp;&shy;")) == [
        (2, "&#8238;", "\u202e"),
        (16, "&#x2066;", "\u2066"),
        (29, "&shy;", "\u00ad"),
    ]
