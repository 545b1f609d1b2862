# /// script
# requires-python = ">=3.11"
# dependencies = ["fonttools==4.68.0"]
# ///
"""Cut the typefaces of `publisher/render/typefaces/` out of the Noto family, as Debian 12 ships it.

    apt-get install fonts-noto-core fonts-noto-cjk && uv run tools/typefaces.py

Needed only when the choice of letters changes: what it writes is committed, with its licence (OFL 1.1) beside it.
Kept: Latin, Greek and Cyrillic; Arabic; Hebrew; kana and the 2,965 kanji of JIS X 0208's first level. Bold, unhinted.
"""

from __future__ import annotations

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

OUT = Path(__file__).resolve().parents[1] / "publisher/render/typefaces"
TRUETYPE = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")


def span(first: int, last: int) -> set[int]:
    """Give code points, both ends included."""
    return set(range(first, last + 1))


SIGNS = span(0x2000, 0x206F) | span(0x20A0, 0x20C0) | span(0x2190, 0x2193) | {0x2026, 0x2116, 0x2122, 0x2212}


def kanji() -> set[int]:
    """Give rows 1 to 47 of JIS X 0208: signs, kana, kanji of the first level."""
    found: set[int] = set()
    for row in range(1, 48):
        for cell in range(1, 95):
            found |= {ord(char) for char in bytes([0xA0 + row, 0xA0 + cell]).decode("euc_jp", "ignore")}
    return found


def cut(source: Path, name: str, points: set[int], *, features: list[str], number: int = 0) -> None:
    """Write one typeface."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = features
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.font_number = number
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "DSIG", "MATH"]
    font = subset.load_font(str(source), options)
    font.recalcTimestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    font.save(OUT / name)


def main() -> None:
    """Write all of them."""
    latin = span(0x20, 0x52F) | span(0x1E00, 0x1FFF) | SIGNS
    cut(TRUETYPE / "NotoSans-Bold.ttf", "latin.ttf", latin, features=["kern", "mark", "mkmk", "ccmp"])
    arabic = span(0x20, 0x40) | span(0x600, 0x6FF) | span(0x750, 0x77F) | SIGNS
    cut(TRUETYPE / "NotoSansArabic-Bold.ttf", "arabic.ttf", arabic, features=["*"])
    hebrew = span(0x20, 0x40) | span(0x590, 0x5FF) | SIGNS
    cut(TRUETYPE / "NotoSansHebrew-Bold.ttf", "hebrew.ttf", hebrew, features=["*"])
    names = [font["name"].getDebugName(4) for font in TTCollection(CJK, lazy=True).fonts]
    japanese = span(0x20, 0x7E) | span(0x3000, 0x30FF) | span(0xFF01, 0xFF9F) | kanji()
    number = next(at for at, name in enumerate(names) if "Sans CJK JP" in name)
    cut(CJK, "japanese.otf", japanese, features=[], number=number)


if __name__ == "__main__":
    main()
