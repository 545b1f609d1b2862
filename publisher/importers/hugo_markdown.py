"""Markdown as Hugo renders it → Markdown as we do: without HTML, shortcodes and headings that would look like ours.

Code spans and code blocks are never touched. Comments were never shown to readers, so they go, with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

from publisher.importers.plain import TAKEN_OUT, Converted, clean

_READER = MarkdownIt("commonmark").enable("table")
_SHALLOWEST = 3
"""Level-two headings open updates; a text's own headings stand below."""

_PIECE = re.compile(
    r"""
    (?P<escaped>\\[!-/:-@\[-`{-~])
  | (?P<code>(?P<ticks>`+)(?!`)[^\x00]*?(?<!`)(?P=ticks)(?!`))
  | (?P<comment><!--(?:-?>|.*?(?:-->|\Z)))
  | (?P<autolink><(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+)>)
  | (?P<shortcode>\{\{[<%]/?\s*(?P<name>[\w-]*)(?P<arguments>.*?)[>%]\}\})
  | (?P<framed>\[!\[(?P<label>[^\[\]]*)\]\((?P<picture>[^\s()]*)[^()\n]*\)\]\((?P<target>[^\s()]+)[^()\n]*\))
  | (?P<image>!\[(?P<alt>[^\[\]]*)\]\((?P<source>[^\s()]*)(?:\s+"[^"]*")?\))
  | (?P<link>
      \[(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*\]
      \((?:<[^<>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:"[^"]*"|'[^']*'))?\)
    )
  | (?P<definition>^[ ]{0,3}\[[^\]\n]+\]:[ \t]*\S+)
  | (?P<tag></?(?P<element>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:\s[^<>]*)?)/?>|<[!?][^<>]*>)
  | (?P<url>https?://[^\s<>"'`\[\]{}|\\^]+)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_FORMS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "strike": "~~", "del": "~~"}
_CHANGED = ("comment", "shortcode", "framed", "image", "tag", "url")
_URL_TAIL = ".,;:!?*_"


@dataclass(slots=True)
class _Work:
    """Notes gathered on the way, each once, in order."""

    notes: dict[str, None]

    def note(self, text: str) -> None:
        self.notes.setdefault(text)


def from_hugo(text: str) -> Converted:
    """Write a Hugo page's Markdown as ours: the same words, what has an equal form in that form."""
    text, gone = clean(text)
    work = _Work(notes={})
    if gone:
        work.note(f"{TAKEN_OUT} {', '.join(gone)}.")
    text = "".join(piece if is_code else _marked_text(piece, work) for is_code, piece in _code_apart(text))
    text = _headings(text, work)
    text = _left_over(text, work)
    text = "\n".join(line if line.endswith("  ") and line.strip() else line.rstrip() for line in text.split("\n"))
    return Converted(markdown=re.sub(r"\n{3,}", "\n\n", text).strip("\n").rstrip(), notes=tuple(work.notes))


def without_comments(text: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Take HTML comments out; every line keeps its number.

    Returns:
        The text, and each comment with its line, from 0.
    """
    gone: list[tuple[int, str]] = []
    out: list[str] = []
    for is_code, run in _code_apart(text):
        before = sum(piece.count("\n") for piece in out)

        def blank(match: re.Match[str], run: str = run, before: int = before) -> str:
            if match["comment"] is None:
                return match[0]
            gone.append((before + run.count("\n", 0, match.start()), match[0]))
            return "\n" * match[0].count("\n")

        out.append(run if is_code else _PIECE.sub(blank, run))
    return "".join(out), tuple(gone)


def code_lines(text: str) -> frozenset[int]:
    """Give the numbers (from 0) of the lines that belong to code blocks."""
    out: set[int] = set()
    for token in _READER.parse(text):
        if token.type in ("fence", "code_block") and token.map:
            out.update(range(*token.map))
    return frozenset(out)


def _code_apart(text: str) -> Iterator[tuple[bool, str]]:
    """Cut a text into runs of code lines and runs of other lines."""
    code = code_lines(text)
    run, is_code = "", False
    for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+\Z", text)):
        if (number in code) != is_code:
            yield is_code, run
            run, is_code = "", not is_code
        run += line
    yield is_code, run


def _marked_text(text: str, work: _Work) -> str:
    text = re.sub(r"<(strike|s|del)>(\s*)(.*?)(\s*)</\1>", r"\2<\1>\3</\1>\4", text, flags=re.DOTALL | re.IGNORECASE)

    def piece(match: re.Match[str]) -> str:
        match _sort(match):
            case "comment":
                work.note("A comment that readers never saw was taken out.")
                return ""
            case "shortcode":
                return _shortcode(match, work)
            case "framed" | "image":
                return _picture(match, work)
            case "tag":
                return _tag(match, work)
            case "url":
                return _address(match[0])
            case _:
                return match[0]

    return _PIECE.sub(piece, text)


def _sort(match: re.Match[str]) -> str:
    """Say which alternative matched."""
    return next((name for name in _CHANGED if match[name] is not None), "")


def _address(url: str) -> str:
    bare = url.rstrip(_URL_TAIL)
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(_URL_TAIL)
    return f"<{bare}>{url[len(bare) :]}"


def _picture(match: re.Match[str], work: _Work) -> str:
    """Pages load nothing from elsewhere, and the old site's files did not come along: a picture becomes a link."""
    if match["framed"] is not None:
        work.note(f"A picture with a link stands as the link alone; the picture was {match['picture']}")
        return f"[{match['label'] or match['target']}]({match['target']})"
    work.note(f"A picture stands as a link: {match['source']}")
    return f"[{match['alt'] or match['source']}]({match['source']})"


def _shortcode(match: re.Match[str], work: _Work) -> str:
    name, arguments = match["name"], match["arguments"].strip()
    if name == "track":
        work.note(f"The time of a track mark stands as text: {arguments}")
        return arguments.strip("\"'` ")
    work.note(f"The shortcode '{name}' stands as text; it showed something only in Hugo.")
    return match[0].replace("<", r"\<", 1)


def _tag(match: re.Match[str], work: _Work) -> str:
    element = (match["element"] or "").lower()
    if element == "br":
        work.note("HTML line breaks were written as Markdown.")
        line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
        return " " if line.lstrip().startswith("|") else "\\\n"
    if element in _FORMS and not (match["attributes"] or "").strip(" /"):
        if _FORMS[element] == "~~":
            work.note("Text that was struck out stands between ~~ and ~~.")
        else:
            work.note("HTML bold or italic was written as Markdown.")
        return _FORMS[element]
    work.note(f"HTML stands as visible text: {match[0]}")
    return match[0].replace("<", r"\<", 1)


def _headings(text: str, work: _Work) -> str:
    """Put all headings deep enough, keeping their distances; underlined ones get number signs."""
    found = [
        (token.map[0], token.map[1], int(token.tag[1:]))
        for token in _READER.parse(text)
        if token.type == "heading_open" and token.map and token.level == 0
    ]
    shallowest = min((level for _, _, level in found), default=_SHALLOWEST)
    if shallowest >= _SHALLOWEST:
        return text
    work.note("Headings were put below the updates' headings.")
    lines = text.split("\n")
    for first, after, level in reversed(found):
        deeper = min(level + _SHALLOWEST - shallowest, 6)
        if re.match(r" {0,3}#", lines[first]):
            words = re.sub(r"^ {0,3}#{1,6}[ \t]*", "", lines[first])
        else:
            words = " ".join(line.strip() for line in lines[first : after - 1])
        before = [""] if first and lines[first - 1].strip() else []
        lines[first:after] = [*before, f"{'#' * deeper} {words}"]
    return "\n".join(lines)


def _left_over(text: str, work: _Work) -> str:
    """Escape whatever a reader of CommonMark would still take for HTML."""
    if not _has_html(text):
        return text
    work.note("What looked like HTML stands as visible text.")
    code = code_lines(text)
    lines = text.split("\n")
    return "\n".join(
        line if n in code else re.sub(r"(?<!\\)<(?=[A-Za-z/!?])(?!https?:)", r"\<", line)
        for n, line in enumerate(lines)
    )


def _has_html(text: str) -> bool:
    return any(
        token.type == "html_block" or any(child.type == "html_inline" for child in token.children or ())
        for token in _READER.parse(text)
    )
