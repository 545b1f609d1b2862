"""Every message our pages, feeds and mail say, found where they say it, and catalogues for translators made of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from publisher.load.catalogues import entries, is_said, names
from publisher.render.i18n import CATALOGUES

_PACKAGE = Path(__file__).resolve().parent.parent
_ROOMS = ("render", "site")
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "message": None,
    "gettext": None,
    "say": None,
    "ngettext": (1, 2),
    "count": (1, 2),
}
"""What marks a message: Babel's notation, argument numbers from 1."""
_RULES = [
    ("**.py", "python"),
    *((f"**.{ending}", "jinja2.ext:babel_extract") for ending in ("html", "j2")),
]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Message:
    """One message.

    Attributes:
        one: as English says it, of one thing where there are two forms.
        many: of several things; None where number plays no part.
        places: where it is said, for translators who wonder: files of the package.
    """

    one: str
    many: str | None = None
    places: tuple[str, ...] = ()

    @property
    def has_names(self) -> bool:
        """Say whether there are names in braces to keep."""
        return bool(names(self.many or self.one))


@functools.cache
def messages() -> tuple[Message, ...]:
    """Give every message, in the alphabet's order."""
    found: dict[tuple[str, str | None], set[str]] = {}
    for room in _ROOMS:
        for file, _line, said, _comments, _context in extract_from_dir(
            str(_PACKAGE / room), method_map=_RULES, keywords=_KEYWORDS
        ):
            one, many = (said, None) if isinstance(said, str) else (said[0], said[1])
            found.setdefault((one, many), set()).add(f"{room}/{file}")
    return tuple(
        sorted(
            (Message(one=one, many=many, places=tuple(sorted(files))) for (one, many), files in found.items()),
            key=lambda message: message.one,
        )
    )


@functools.cache
def shipped(locale: str) -> frozenset[str]:
    """Give the messages that the catalogues we ship say in a language, or in the bare language of a country."""
    said: set[str] = set()
    for name in (locale.replace("-", "_"), locale.partition("-")[0]):
        for path in sorted((CATALOGUES / name / "LC_MESSAGES").glob("*.po")):
            with path.open("rb") as source:
                found = [entry for entry in entries(read_po(source, locale=name)) if is_said(entry)]
            said |= {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in found}
        if said:
            break
    return frozenset(said)


def new_catalogue(locale: str, *, known: Iterable[Message] | None = None) -> str:
    """Write a catalogue in which nothing is translated yet.

    Args:
        locale: a language tag that CLDR knows.
        known: the messages; by default all.
    """
    tongue = Locale.parse(locale, sep="-")
    plural = get_plural(tongue)
    head = [
        f"# Our words in {tongue.get_display_name('en') or locale}. Write each message behind msgstr; keep {{names}}.",
        "# What stays empty, readers see in English. `tidings language check` lists what is missing.",
        'msgid ""',
        'msgstr ""',
        f'"Language: {locale}\\n"',
        f'"Plural-Forms: nplurals={plural.num_plurals}; plural={plural.plural_expr};\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
    ]
    blocks = ["\n".join(head)]
    for message in messages() if known is None else known:
        lines = [f"#: {' '.join(message.places)}"] if message.places else []
        if message.has_names:
            lines.append("#, python-brace-format")
        lines.append(f"msgid {_quoted(message.one)}")
        if message.many is None:
            lines.append('msgstr ""')
        else:
            lines.append(f"msgid_plural {_quoted(message.many)}")
            lines += [f'msgstr[{number}] ""' for number in range(plural.num_plurals)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
