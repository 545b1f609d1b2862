"""CommonMark with tables and struck words becomes safe HTML and plain text.

One engine for every channel, so that page, feed, API and mail say the same. Raw HTML is not markup here (`html:
False`); what comes out passes a strict allow-list all the same. Rendering waits until a form is asked for: most texts
of a long history are never asked for when one incident changes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

import nh3

from publisher.render.characters import legal
from publisher.render.plaintext import plain_text
from publisher.render.view import Words

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

SCHEMES = frozenset({"http", "https", "mailto"})
"""Where a link may lead."""

_TAGS = {
    *("a", "blockquote", "br", "code", "em", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s", "strong"),
    *("ul", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
_ALIGNED = {"align-left", "align-center", "align-right"}
_CLASSES = {"td": _ALIGNED, "th": _ALIGNED}

_SHALLOWEST, _DEEPEST = 4, 6
"""A page has its title (h1), its sections (h2) and one heading an update (h3); texts come below."""


class Rendered(NamedTuple):
    """One text in the two forms that readers see."""

    html: str
    text: str


class LazyWords(Words):
    """Words that are rendered when first looked at. Equal source, address and language: equal words."""

    __slots__ = ("_base_url", "_rendered")

    _base_url: str
    _rendered: Rendered | None

    def __init__(self, *, markdown: str, locale: str, base_url: str) -> None:
        put = object.__setattr__
        put(self, "markdown", markdown)
        put(self, "locale", locale)
        put(self, "_base_url", base_url)
        put(self, "_rendered", None)

    def _forms(self) -> Rendered:
        if self._rendered is None:
            # Only a link can depend on where the text stands, so that texts without one are rendered once for all
            # locales.
            linked = "](" in self.markdown or "]:" in self.markdown
            object.__setattr__(self, "_rendered", render(self.markdown, self._base_url if linked else ""))
        assert self._rendered is not None  # noqa: S101 (tells the type checker what the line above did)
        return self._rendered

    @property
    def html(self) -> str:
        """Safe HTML, no wrapping element."""
        return self._forms().html

    @property
    def text(self) -> str:
        """Plain text, LF, links as `words (address)`."""
        return self._forms().text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Words):
            return NotImplemented
        return (self.markdown, self.locale, self.html, self.text) == (
            other.markdown,
            other.locale,
            other.html,
            other.text,
        )

    def __hash__(self) -> int:
        return hash((self.markdown, self.locale))

    def __repr__(self) -> str:
        return f"Words(markdown={self.markdown!r}, locale={self.locale!r})"


def words(markdown: str, *, locale: str, base_url: str) -> Words:
    """Give a text in every form that channels need.

    Args:
        markdown: CommonMark with tables and `~~struck~~` words. Characters that XML forbids are dropped.
        locale: language of this very text.
        base_url: absolute address of the page it stands on; relative links are resolved against it.
    """
    return LazyWords(markdown=legal(markdown), locale=locale, base_url=base_url)


@functools.lru_cache(maxsize=4096)
def render(markdown: str, base_url: str) -> Rendered:
    """Render CommonMark to safe HTML and to plain text. Time and memory are linear in the length of the text."""
    if _ORDINARY.fullmatch(markdown):
        # Most updates are paragraphs and nothing else; the engine would say the same in a hundred times the time.
        paragraphs = markdown.split("\n\n")
        return Rendered(
            html="\n".join(f"<p>{words}</p>" for words in paragraphs),
            text="\n\n".join(words.replace("\n", " ") for words in paragraphs),
        )
    engine = _engine()
    tokens = engine.parse(markdown)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            level = min(max(int(token.tag[1:]) + 1, _SHALLOWEST), _DEEPEST)
            token.tag = f"h{level}"
        elif token.type in {"td_open", "th_open"} and token.attrs:
            # The page's content security policy allows no inline styles.
            side = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if side:
                token.attrs["class"] = f"align-{side}"
        elif token.type == "inline" and token.children:
            token.children = _addressed(token.children, base_url)
    html = _cleaner().clean(str(engine.renderer.render(tokens, engine.options, {})))
    return Rendered(html=html.strip(), text=plain_text(tokens))


_LINE = r"(?!\d{1,9}[.)](?:[ \n]|\Z))[^\W_](?: ?[^\s\\`*_\[\]<>&~|\x00-\x1f\x7f-\xa0])*"
"""A line that begins with a letter or digit, is no list item, and holds no mark that could mean anything."""
_ORDINARY = re.compile(rf"{_LINE}(?:\n\n?{_LINE})*")


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=set(SCHEMES),
        link_rel="noopener",
    )


@functools.cache
def _engine() -> MarkdownIt:
    """Make the one parser. It lets blocks nest deeper than text within a line.

    Beyond the limit words would be lost without a sign. Lists within lists get a hundred levels; brackets within
    brackets keep the default, since their cost grows with the limit's power.
    """
    from markdown_it import MarkdownIt  # noqa: PLC0415 - most texts are paragraphs and need no engine

    outer = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable("table")
    inner = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")

    def inline(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline":
                token.children = token.children if token.children is not None else []
                inner.inline.parse(token.content, inner, state.env, token.children)

    outer.core.ruler.at("inline", inline)
    return outer


def _addressed(children: list[Token], base_url: str) -> list[Token]:
    """Make addresses absolute, and pictures from elsewhere links: no request leaves our host by itself."""
    from markdown_it.token import Token  # noqa: PLC0415 - see `_engine`

    out: list[Token] = []
    broken = within = False
    for child in children:
        if child.type == "link_open":
            child.attrs["href"] = _absolute(str(child.attrs.get("href", "")), base_url)
            within = bool(child.attrs["href"])
            broken = not within
            if broken:
                continue
        elif child.type == "link_close":
            within = False
            if broken:
                broken = False
                continue
        elif child.type == "image":
            source = _absolute(str(child.attrs.get("src", "")), base_url)
            child.attrs["src"] = source
            if not _ours(source, base_url):
                label = Token("text", "", 0, content=child.content or source)
                if within or not source:  # a link holds no other, and an unsafe address leads nowhere
                    out.append(label)
                else:
                    out += [Token("link_open", "a", 1, attrs={"href": source}), label, Token("link_close", "a", -1)]
                continue
        out.append(child)
    return out


def _absolute(address: str, base_url: str) -> str:
    try:
        whole = urljoin(base_url, address)
        scheme = urlsplit(whole).scheme
    except ValueError:  # such as a broken IPv6 host: no browser could follow it either
        return ""
    return whole if not scheme or scheme.lower() in SCHEMES else ""


def _ours(address: str, base_url: str) -> bool:
    return urlsplit(address)[:2] == urlsplit(base_url)[:2]


def relink(html: str, change: Callable[[str], str]) -> str:
    """Change the addresses of the links in HTML that `render` made, such as to add tracking parameters."""

    def attribute(tag: str, name: str, value: str) -> str:
        return change(value) if (tag, name) == ("a", "href") else value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        allowed_classes=_CLASSES,
        url_schemes=set(SCHEMES),
        link_rel="noopener",
    )
