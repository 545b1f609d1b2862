"""Pictures of links: the same bytes everywhere, no boxes, nothing cut off, readable in every direction."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from publisher.model.component import Impact
from publisher.model.digest import sha256
from publisher.model.release import Group
from publisher.render.icons import COLOURS
from publisher.render.picture import HEIGHT, WIDTH, Picture, colour_of, compose, draw, picture_artifacts
from publisher.render.typeface import drawable, needed, typefaces, width
from tests.unit.render.histories import SITE

PLAIN = Picture(
    impact=Impact.PARTIAL_OUTAGE,
    name="Example & Sons",
    title="Card payments fail in <Europe>",
    state="Partial outage · Identified",
    date="20 November 2026",
    colour=COLOURS["part"],
    alt="all of it",
)
TITLES = {
    "english": PLAIN.title,
    "german": "Donaudampfschifffahrtsgesellschaft: Über­weisungen verspätet",
    "arabic": "فشل مدفوعات البطاقات في أوروبا عبر API v2",
    "japanese": "欧州でカード決済が失敗しています。データベースのメンテナンスのため、遅くなることがあります。",
    "hebrew": "תשלומים בכרטיס נכשלים",
    "greek": "Οι πληρωμές με κάρτα αποτυγχάνουν",
    "russian": "Оплата картой не проходит",
    "vietnamese": "Thanh toán bằng thẻ thất bại",
}


def lines(picture: Picture) -> list[etree._Element]:
    root = etree.fromstring(compose(picture).encode())
    return list(root.iter("{http://www.w3.org/2000/svg}text"))


def test_a_picture_is_of_the_size_others_want_and_light() -> None:
    """What its points look like is asked of a browser, in tests/site/test_found.py."""
    png = draw(PLAIN)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack_from(">LL", png, 16) == (WIDTH, HEIGHT) == (1200, 630)
    assert len(png) < 60_000, "some networks skip pictures above 300 kB, phones load them all"


def test_the_same_words_give_the_same_bytes_in_another_process_and_place(tmp_path: Path) -> None:
    code = (
        "from tests.unit.render.test_picture import *\n"
        "print(sha256(b''.join(draw(replace(PLAIN, title=t, rtl=k in {'arabic', 'hebrew'})) for k, t in TITLES.items())))"
    )
    said = set()
    for zone, seed in (("UTC", "1"), ("Asia/Kathmandu", "2")):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "TZ": zone,
            "PYTHONHASHSEED": seed,
        }
        # no home, no typefaces of the machine
        environment |= {"HOME": str(tmp_path), "FONTCONFIG_FILE": str(tmp_path / "none"), "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        said.add(done.stdout.strip())
    here = sha256(b"".join(draw(replace(PLAIN, title=t, rtl=k in {"arabic", "hebrew"})) for k, t in TITLES.items()))
    assert said == {here}


@pytest.mark.parametrize("language", TITLES)
def test_every_letter_of_our_languages_can_be_drawn_and_every_line_fits(language: str) -> None:
    picture = replace(PLAIN, title=TITLES[language] * 3, rtl=language in {"arabic", "hebrew"})
    assert drawable(picture.title)
    found = lines(picture)
    titles = [line for line in found if int(line.get("font-size", "0")) >= 56]
    assert 1 <= len(titles) <= 3
    for line in found:
        text, size = line.text or "", float(line.get("font-size", "0"))
        assert (text[0], text[-1]) == ("\u202b", "\u202c") if picture.rtl else text[0] != "\u202b"
        # a closing sign may hang over the edge in Japanese
        assert width(text) * size <= WIDTH - 160 + (size if language == "japanese" else 0)
        assert all(any(ord(char) in face.advances for face in needed(text)) for char in text.strip("\u202b\u202c"))
    assert {line.get("text-anchor") for line in titles} == {"end" if picture.rtl else "start"}
    if language == "japanese":
        assert not [line.text for line in titles if (line.text or "")[0] in "。、ーョッ"]


def test_letters_we_cannot_draw_leave_the_state_and_the_name_and_no_boxes() -> None:
    for title in ("ระบบขัดข้อง", "서비스 장애", "ხარვეზი", "Ошибка 障碍 𠮷野家"):
        assert drawable(title) is None
        said = [line.text for line in lines(replace(PLAIN, title=title))]
        assert said == ["20 November 2026", "Example & Sons", "Partial outage · Identified"]
    nothing = replace(PLAIN, title="ระบบ", name="ระบบ", state="ระบบ", date="")
    assert lines(nothing) == []
    assert draw(nothing).startswith(b"\x89PNG"), "colour and sign stand alone"


def test_signs_we_lack_are_left_out_of_a_title() -> None:
    assert drawable("Fire 🔥 in the 🏢 hall\u202e\x07\n again\ufe0f") == "Fire in the hall again"
    assert drawable("عربى\u200cنص") == "عربى\u200cنص", "joiners shape words"


def test_what_people_type_is_never_markup() -> None:
    hostile = replace(PLAIN, title='</text><image href="file:///etc/passwd"/>&#60;', state="]]>", name="\ufffe<b>")
    root = etree.fromstring(compose(hostile).encode())
    assert {etree.QName(node).localname for node in root.iter()} == {"svg", "rect", "text", "g", "path"}


def test_a_word_longer_than_a_line_is_broken_and_a_long_title_cut() -> None:
    found = [line.text or "" for line in lines(replace(PLAIN, title="x" * 400))]
    assert found[-2].endswith("…")
    assert len(found) == 6


@pytest.mark.parametrize(("colour", "ink"), [("#ffdd00", "#1a1a1a"), ("#b42318", "#ffffff"), ("#fff", "#1a1a1a")])
def test_words_are_readable_on_a_houses_own_colour(colour: str, ink: str) -> None:
    assert lines(replace(PLAIN, colour=colour))[-1].get("fill") == ink


def test_a_houses_colours_are_taken_where_they_can_be_drawn() -> None:
    ours = replace(SITE, brand=replace(SITE.brand, colours={"part": "#0A0", "major": "red;}", "brand": "#123456"}))
    assert colour_of(ours, Impact.PARTIAL_OUTAGE) == "#0a0"
    assert colour_of(ours, Impact.MAJOR_OUTAGE) == COLOURS["major"]
    assert colour_of(ours, None) == "#123456"
    assert colour_of(SITE, Impact.OPERATIONAL) == COLOURS["ok"]


def test_a_picture_kept_is_not_drawn_again_and_has_the_same_name() -> None:
    kept: dict[str, bytes] = {}
    (made,) = picture_artifacts([PLAIN, PLAIN], kept)
    assert kept == {PLAIN.key: made.body}
    kept[PLAIN.key] = b"as it was kept"
    (again,) = picture_artifacts([PLAIN], kept)
    assert (again.path, again.body) == (made.path, b"as it was kept")
    assert picture_artifacts([PLAIN])[0].body == made.body, "with and without"
    assert made.group is Group.ASSETS
    assert dict(made.headers) == {"cache-control": "public, max-age=31536000, immutable", "content-type": "image/png"}


def test_a_picture_that_shows_something_else_has_another_name() -> None:
    others = [
        replace(PLAIN, title="Other"), replace(PLAIN, state="Resolved"), replace(PLAIN, date=""), replace(PLAIN, rtl=True),
        replace(PLAIN, name=""), replace(PLAIN, colour="#000000"), replace(PLAIN, impact=None),
    ]  # fmt: skip
    assert len({one.path for one in (PLAIN, *others)}) == len(others) + 1


def test_the_typefaces_are_read_as_they_are() -> None:
    latin, arabic, hebrew, japanese = typefaces()
    assert latin.advances[ord("i")] < latin.advances[ord("m")]
    assert 0.9 < japanese.advances[ord("障")] <= 1
    assert arabic.advances[ord("ب")] > 0.5
    assert ord("א") in hebrew.advances
    assert len(japanese.advances) > 3500
    assert (latin.path.parent / "OFL.txt").read_text().count("SIL OPEN FONT LICENSE") <= 2
    assert sum(face.path.stat().st_size for face in typefaces()) < 1_100_000, "the package stays small"
