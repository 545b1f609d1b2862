"""Text of a JSON document → Markdown that renders as the same text, proven by reading it back."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

from publisher.model.characters import INVISIBLE, SUSPICIOUS, code_of, name_of, written_out

_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_URL = re.compile(r"https?://[^\s<>\"]+")
_URL_TAIL = ".,;:!?'*_"
_TAG = re.compile(
    r"<(/?)(br|p|b|strong|i|em|code|a)((?:\s+[a-z-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*)\s*/?>", re.IGNORECASE
)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"(https?://[^\"\s<>]+)\"|'(https?://[^'\s<>]+)')", re.IGNORECASE)
Escape: TypeAlias = Callable[[str], str]
TAKEN_OUT = "Characters that steer or reorder text were taken out:"
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Markdown and what a person should know of how it came about."""

    markdown: str
    notes: tuple[str, ...] = ()


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """Bring text into NFC with LF and take out what may not be published: control and reordering characters.

    Returns:
        The text, and the names of the characters that were taken out, each once. Those written as HTML references
        (`&#8238;`) count too. Merely invisible ones stay: they are the writer's.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    gone = [char for char in SUSPICIOUS.findall(text) if code_of(char) != INVISIBLE]
    text = SUSPICIOUS.sub(lambda match: match[0] if code_of(match[0]) == INVISIBLE else "", text)
    for _index, reference, char in tuple(written_out(text)):
        if code_of(char) != INVISIBLE:
            gone.append(char)
            text = text.replace(reference, "")
    return text, tuple(dict.fromkeys(name_of(char) for char in sorted(gone)))


def shown_text(markdown: str) -> str:
    """Give the text a reader sees: lines by LF, blocks apart by an empty line, stripped, without marks."""
    blocks = [
        _inline_text(token)
        for token in _READER.parse(markdown)
        if token.type in ("inline", "fence", "code_block", "html_block")
    ]
    return "\n\n".join(_tidy(block) for block in blocks if block.strip())


def _inline_text(token: Token) -> str:
    if token.children is None:
        return token.content
    out = []
    for child in token.children:
        if child.type in ("softbreak", "hardbreak"):
            out.append("\n")
        elif child.type == "image":
            out.append(child.content)
        else:
            out.append(child.content if child.type in ("text", "text_special", "code_inline", "html_inline") else "")
    return "".join(out)


def _tidy(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip()


def from_plain(text: str) -> Converted:
    """Write plain text as Markdown that a reader sees the same way; addresses become links, as the source showed them.

    A few HTML tags that such texts carry (line break, paragraph, bold, italic, code, link) become Markdown; every other
    one stays as visible text.
    """
    text, gone = clean(text)
    notes = [f"{TAKEN_OUT} {', '.join(gone)}."] if gone else []
    if _TAG.search(text):
        markdown = _from_tags(text)
        if shown_text(markdown) == _tidy(html.unescape(_untagged(text))):
            notes.append("HTML tags were written as Markdown.")
            return Converted(markdown=markdown, notes=tuple(notes))
    if re.search(r"</?[a-zA-Z][^<>]*>", text):
        notes.append("HTML tags stay visible as text, because they have no equal in Markdown.")
    return Converted(markdown=_proven(text), notes=tuple(notes))


def _proven(text: str) -> str:
    """Escape as little as possible; everything where that is not enough."""
    light = _blocks(text, _light)
    if shown_text(light) == _tidy(text):
        return light
    return _blocks(text, lambda line: _PUNCTUATION.sub(r"\\\1", line))


def _blocks(text: str, escape: Escape) -> str:
    paragraphs = [p for p in re.split(r"\n[^\S\n]*\n\s*", _tidy(text)) if p]
    # a backslash at a line's end keeps the line break that the source showed
    return "\n\n".join("\\\n".join(escape(line) for line in p.split("\n")) for p in paragraphs)


def _light(line: str) -> str:
    out, last = [], 0
    for match in _URL.finditer(line):
        url = match[0].rstrip(_URL_TAIL)
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(_URL_TAIL)
        if re.search(r"[\\`]", url):
            continue
        out += [_light_words(line[last : match.start()], start=match.start() == 0), f"<{url}>"]
        last = match.start() + len(url)
    out.append(_light_words(line[last:], start=last == 0))
    return "".join(out)


def _light_words(words: str, *, start: bool) -> str:
    words = re.sub(r"\\(?=[!-/:-@\[-`{-~]|$)", r"\\\\", words)
    words = re.sub(r"([`*])", r"\\\1", words)
    words = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", words)
    words = re.sub(r"\[(?=[^\]]*\][(:\[])", r"\\[", words)
    words = re.sub(r"<(?=[A-Za-z/!?])", r"\\<", words)
    words = re.sub(r"&(?=#?\w+;)", r"\\&", words)
    words = re.sub(r"~(?=~)|(?<=~)~", r"\\~", words)
    if start:
        words = re.sub(r"^(#{1,6}(?=\s|$)|>|[+-](?=\s|$)|-{2,}|={1,}|~{3}|\|)", r"\\\1", words)
        words = re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", words)
    return words


def _untagged(text: str) -> str:
    def text_of(match: re.Match[str]) -> str:
        return {"br": "\n", "p": "\n\n"}.get(match[2].lower(), "")

    return _TAG.sub(text_of, text)


def _from_tags(text: str) -> str:
    """Write the known tags as Markdown; the caller proves that the words are still the same."""
    marks: list[str] = []
    links: list[str] = []

    def mark(match: re.Match[str]) -> str:
        closing, name = bool(match[1]), match[2].lower()
        if name in ("br", "p"):
            return "\n" if name == "br" else "\n\n"
        if name == "a" and not closing:
            href = _HREF.search(match[3])
            links.append(html.unescape(href[1] or href[2]) if href else "")
            piece = "[" if links[-1] else ""
        elif name == "a":
            link = links.pop() if links else ""
            piece = f"](<{link}>)" if link else ""
        else:
            piece = _MARKS.get(name, "`")
        marks.append(piece)
        return f"\ue000{len(marks) - 1}\ue001"

    marked = html.unescape(_TAG.sub(mark, text))
    escaped = _blocks(marked, lambda line: _light_words(line, start=True))
    return re.sub("\ue000(\\d+)\ue001", lambda m: marks[int(m[1])], escaped)
