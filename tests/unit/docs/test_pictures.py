"""The manual's pictures: each is shown, said in words, small, and made by the script that renews them."""

from __future__ import annotations

import re
from pathlib import Path

from tools.pictures import MAX_BYTES, PICTURES, WANTED

ROOT = Path(__file__).resolve().parents[3]
_IMAGE = re.compile(r"!\[([^\]]*)\]\((?:docs/)?pictures/([^)]+)\)")


def test_every_picture_is_one_the_script_takes_and_is_small() -> None:
    files = {path.name: path for path in PICTURES.iterdir()}
    assert set(files) == {f"{picture.name}.webp" for picture in WANTED}
    for name, path in files.items():
        body = path.read_bytes()
        assert body[:4] == b"RIFF", name
        assert body[8:12] == b"WEBP", name
        assert 2_000 < len(body) <= MAX_BYTES, name


def test_every_picture_is_shown_and_said_in_words() -> None:
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in ("docs/tour.md", "README.md")]
    shown = [_IMAGE.findall(text) for text in texts]
    assert {name for _, name in shown[0]} == {f"{picture.name}.webp" for picture in WANTED}
    assert len(shown[1]) == 2
    assert all(len(words) > 8 for each in shown for words, _ in each)
