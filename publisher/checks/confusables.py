"""Letters of other scripts that look like Latin ones: what of Unicode TS 39 matters for names on a status page."""

from __future__ import annotations

import re
import unicodedata

# As escapes, so that whoever reads this sees which letters are meant.
_LOOK_ALIKE = {
    "a": "\u0430\u0251\u03b1",
    "b": "\u042cb\u0299\u0184",
    "c": "\u0441\u03f2\u1d04\u217d",
    "d": "\u0501\u217e",
    "e": "\u0435\u04bd\u212e",
    "g": "\u0261\u0581",
    "h": "\u04bb\u0570",
    "i": "\u0456\u0131\u0269\u03b9\u04cf",
    "j": "\u0458\u03f3",
    "k": "\u03ba\u043a\u0138",
    "l": "1|\u217c\u01c0\u04cf\u0399\u0406",
    "m": "\u217f\u043c",
    "n": "\u0578\u043f",
    "o": "0\u043e\u03bf\u0585\u03c3\u1d0f",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0563",
    "r": "\u0433\u1d26",
    "s": "\u0455\ua731",
    "t": "\u0442\u03c4",
    "u": "\u03c5\u057d\u1d1c",
    "v": "\u03bd\u0475\u2174\u1d20",
    "w": "\u051d\u0461\u0561\u1d21",
    "x": "\u0445\u2179\u03c7",
    "y": "\u0443\u04af\u03b3",
    "z": "\u1d22",
    "A": "\u0410\u0391\u13aa",
    "B": "\u0412\u0392\u13f4",
    "C": "\u0421\u03f9\u13df",
    "D": "\u13a0",
    "E": "\u0415\u0395\u13ac",
    "F": "\u03dc",
    "G": "\u050c\u13c0",
    "H": "\u041d\u0397\u13bb",
    "J": "\u0408\u13ab",
    "K": "\u041a\u039a\u212a\u13e6",
    "L": "\u13de",
    "M": "\u041c\u039c\u03fa\u13b7",
    "N": "\u039d",
    "O": "\u041e\u039f\u0555",
    "P": "\u0420\u03a1\u13e2",
    "S": "\u0405\u13da",
    "T": "\u0422\u03a4\u13a2",
    "V": "\u0474\u13d9",
    "W": "\u051c\u13b3",
    "X": "\u0425\u03a7",
    "Y": "\u04ae\u03a5",
    "Z": "\u0396\u13c3",
}
_TO_LATIN = str.maketrans({char: latin.lower() for latin, chars in _LOOK_ALIKE.items() for char in chars})
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u13a0-\u13ff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_WORD = re.compile(r"[^\W\d_]+")


def skeleton(name: str) -> str:
    """Give what a name looks like: equal for names that a hurried reader takes for the same."""
    folded = unicodedata.normalize("NFKD", name).translate(_TO_LATIN).casefold().translate(_TO_LATIN)
    # l, I, 1 and | share one shape; accents and blanks do not count
    shape = folded.replace("i", "l").replace("rn", "m").replace("vv", "w")
    return "".join(char for char in shape if not unicodedata.combining(char) and char not in " \t\u00a0-_\u200c\u200d")


def mixed_word(text: str) -> str | None:
    """Give the first word that mixes Latin with look-alike letters of another script; None when there is none."""
    if text.isascii():
        return None
    for word in _WORD.findall(text):
        foreign = _FOREIGN.findall(word)
        if foreign and _LATIN.search(word) and all(char.translate(_TO_LATIN) != char for char in foreign):
            return str(word)
    return None
