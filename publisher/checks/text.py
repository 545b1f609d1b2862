"""What readers would see: empty updates, raw HTML, unsafe links, images from elsewhere, hidden characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from publisher.model.characters import code_of, name_of, written_out
from publisher.model.codes import finding
from publisher.model.finding import Finding, Place
from publisher.model.incident import Incident

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_TITLE = 120
SCHEMES = ("http", "https", "mailto")

# Bodies without any of these need no parser: most of them, and the parser is slow to import.
_PLAIN_LINKS = re.compile(r"\]\((?:https?://|mailto:)[^\s()<>\\&]*\)")
_LINK = re.compile(r"\]\(|\]:|\]\[")
# `tidings new` writes prompts as [[what to say here]]. The words of a link, as [[1]](address), are none.
_PROMPT = re.compile(r"\[\[(?!\s)[^\[\]]{1,400}\]\](?![(\[:])")


def check_text(incident: Incident) -> Iterator[Finding]:
    """Find words that should not be shown as they stand."""
    yield from _title(incident.title, incident.at("title"))
    yield from _prompts(incident.title, incident.at("title"))
    yield from _prompts(incident.headline or "", incident.at("headline"))
    for number, update in enumerate(incident.updates):
        place = incident.at(f"updates.{number}.body")
        yield from _prompts(update.who or "", incident.at(f"updates.{number}.who"))
        yield from _prompts(update.meanwhile or "", incident.at(f"updates.{number}.meanwhile"))
        if not update.body:
            fix = "Write what readers should know, or remove the heading."
            yield finding("TID305", update.place, "The update says nothing.", fix)
        yield from check_markdown(update.body, place)
    yield from _translations(incident)
    for segment, body in incident.private.items():
        yield from check_markdown(body, incident.at(f"private.{segment}"))


def _translations(incident: Incident) -> Iterator[Finding]:
    for locale, translation in incident.translations.items():
        yield from _title(translation.title, incident.at(f"translations.{locale}.title"))
        for key, body in translation.bodies.items():
            name = f"translations.{locale}.{key}"
            if not body:
                fix = "Write the words, or remove the heading: the source text is then shown."
                yield finding("TID305", incident.at(name), "The translated update says nothing.", fix)
            yield from check_markdown(body, incident.at(f"{name}.body"))


def _title(title: str, place: Place) -> Iterator[Finding]:
    if len(title) > MAX_TITLE:
        what = f"The title has {len(title)} characters, and {MAX_TITLE} is the most that lists and mails show well."
        yield finding("TID308", place, what, "Shorten it; details belong into the update.")


def check_markdown(body: str, place: Place) -> Iterator[Finding]:
    """Find raw HTML, unsafe links, foreign images and characters in disguise.

    Args:
        body: CommonMark with tables.
        place: where its first line stands.
    """
    yield from _prompts(body, place)
    if "&" in body:
        for start, reference, char in written_out(body):
            what = f'"{reference}" stands for {name_of(char)}.'
            yield finding(code_of(char), _at(body, start, place), what, "Delete it.")
    if not _needs_parser(body):
        return
    for kind, what, line, sought in _marked(body):
        yield _finding(kind, what, body, line, sought, place)


def _prompts(text: str, place: Place) -> Iterator[Finding]:
    for found in _PROMPT.finditer(text) if "[[" in text else ():
        shown = " ".join(found[0].split())
        shown = shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004
        what = f"{shown} is a prompt that was left standing."
        yield finding("TID310", _at(text, found.start(), place), what, "Put the words in its place, or delete it.")


def _needs_parser(body: str) -> bool:
    if "<" in body:
        return True
    return _LINK.search(body if "![" in body else _PLAIN_LINKS.sub("", body)) is not None


def _at(body: str, start: int, place: Place) -> Place:
    line = body.count("\n", 0, start)
    return Place(path=place.path, line=place.line + line, col=start - (body.rfind("\n", 0, start) + 1) + 1)


def _finding(kind: str, what: str, body: str, line: int, sought: str, place: Place) -> Finding:  # noqa: PLR0917
    lines = body.split("\n")
    # a link's address may stand on a later line of its paragraph than the parser says, or in a definition
    rows = [*range(line, len(lines)), *range(line)]
    row = next((r for r in rows if sought and sought in lines[r]), line)
    column = lines[row].find(sought) + 1 if sought else 1
    where = Place(path=place.path, line=place.line + row, col=max(column, 1))
    shown = " ".join(what.split())
    shown = shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004
    if kind == "html":
        fix = "Write it in Markdown, or put it in backticks to show it as it is."
        return finding("TID304", where, f'"{shown}" is raw HTML, which is not shown.', fix)
    if kind == "image":
        fix = "Keep images in site_src/ and write `![words](/assets/name.png)`, or link to it."
        return finding("TID307", where, f'The image "{shown}" is not one of this site.', fix)
    fix = f"Link to http, https or mailto addresses only; known schemes: {', '.join(SCHEMES)}."
    return finding("TID306", where, f'The link to "{shown}" is not safe.', fix)


def _marked(body: str) -> Iterator[tuple[str, str, int, str]]:
    """Parse a body; give (kind, what to show, line from 0, text to look for)."""
    for token in _parser().parse(body):
        first = token.map[0] if token.map else 0
        if token.type == "html_block":
            yield "html", token.content, first, token.content.strip().split("\n")[0]
        for line, inner in _inline(token.children or [], first):
            if inner.type == "html_inline":
                yield "html", inner.content, line, inner.content.split("\n")[0]
            elif inner.type == "link_open" and not _is_safe_link(str(inner.attrGet("href") or "")):
                href = str(inner.attrGet("href") or "")
                yield "link", href, line, href
            elif inner.type == "image" and not _is_own_image(str(inner.attrGet("src") or "")):
                source = str(inner.attrGet("src") or "")
                yield "image", source, line, source


def _inline(tokens: list[Token], first: int) -> Iterator[tuple[int, Token]]:
    """Walk inline tokens with their lines; an image's own words are walked too."""
    line = first
    for token in tokens:
        yield line, token
        if token.type in ("softbreak", "hardbreak"):
            line += 1
        elif token.type == "html_inline":
            line += token.content.count("\n")
        for inner in token.children or []:
            yield line, inner


def _is_safe_link(href: str) -> bool:
    if href.startswith(("//", "\\")) or "\\" in href[:2]:
        return False
    scheme = re.match(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.\x00-\x20-]*):", href)
    return scheme is None or scheme[1].lower() in SCHEMES


def _is_own_image(source: str) -> bool:
    return source.startswith("/") and not source.startswith(("//", "/\\")) and ".." not in source


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 -- most runs never need it

    class Frank(MarkdownIt):
        """Shows links that the parser otherwise drops silently."""

        def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 -- the library's name
            return True

    return Frank("commonmark").enable("table")
