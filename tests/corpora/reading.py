"""What a reader sees of Markdown, by other means than the importers' own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import lxml.html

from publisher.checks import check
from publisher.importers.draft import Imported
from publisher.importers.plan import plan_import
from publisher.load.history import load_history
from publisher.model.finding import Finding
from publisher.model.history import History
from publisher.ports import SourceFile
from publisher.render.markdown import words

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SITE = SourceFile(
    path="mkdocs.yml",
    body=b"site_name: Old page\nsite_url: https://status.example.com/\nplugins:\n  - tidings:\n      locales: [en]\n",
)


def seen(markdown: str) -> str:
    """Give the text that the rendered HTML shows, whitespace as a browser folds it."""
    return text_of(words(markdown, locale="en", base_url="https://status.example.com/").html)


def text_of(html: str) -> str:
    if not html.strip():
        return ""
    tree = lxml.html.fromstring(f"<div>{html}</div>")
    for picture in tree.iter("img"):
        picture.tail = f"{picture.get('alt') or picture.get('src') or ''}{picture.tail or ''}"
    for block in tree.iter("p", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "td", "th", "hr", "blockquote"):
        block.tail = f" {block.tail or ''}"
        block.text = f" {block.text or ''}"
    return re.sub(r"\s+", " ", str(tree.xpath("string()"))).strip()


def loaded(imported: Imported) -> tuple[History, tuple[Finding, ...]]:
    """Load what an import writes into an empty repository."""
    files: Sequence[SourceFile] = [SourceFile(path=f.path, body=f.body) for f in plan_import(imported, []).to_write]
    history, found = load_history([SITE, *files])
    return history, (*found, *check(history, now=NOW))
