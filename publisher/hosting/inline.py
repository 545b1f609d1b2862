"""What a page holds inline: scripts and sheets that a policy must name by hash, and what no policy of ours allows."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html.parser import HTMLParser

from publisher.model.digest import sha256

_RUNS = {"", "text/javascript", "application/javascript", "module", "importmap", "speculationrules"}
"""Values of a script's `type` that make browsers run or obey it; any other makes it a block of data (HTML 4.12.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """What one page holds inline.

    Attributes:
        scripts: sources as a policy names them, `'sha256-…'`, in the page's order.
        styles: the same of `<style>` elements.
        handlers: `onclick` and the like, and `javascript:` addresses, as they stand: never allowed.
        style_attributes: values of `style="…"`: never allowed.
        meta_policy: what a `<meta http-equiv>` gives as the policy, or None.
    """

    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    handlers: tuple[str, ...] = ()
    style_attributes: tuple[str, ...] = ()
    meta_policy: str | None = None


def source_hash(text: str) -> str:
    """Name an inline text as a policy does: `'sha256-…'` of its UTF-8 bytes (CSP 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(bytes.fromhex(sha256(text.encode('utf-8', 'surrogatepass')))).decode()}'"


def read_inline(page: bytes) -> Inline:
    """Read a page of HTML or a picture of SVG, UTF-8."""
    reader = _Reader()
    # browsers see line feeds alone (HTML 13.2.3.5), and hash what they see
    reader.feed(page.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    reader.close()
    return Inline(
        scripts=tuple(dict.fromkeys(reader.scripts)),
        styles=tuple(dict.fromkeys(reader.styles)),
        handlers=tuple(dict.fromkeys(reader.handlers)),
        style_attributes=tuple(dict.fromkeys(reader.style_attributes)),
        meta_policy=reader.meta_policy,
    )


class _Reader(HTMLParser):
    """Collects inline things."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.handlers: list[str] = []
        self.style_attributes: list[str] = []
        self.meta_policy: str | None = None
        self._into: list[str] | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note attributes that are code, and the beginning of a script or sheet."""
        for name, value in attrs:
            if name == "style":
                self.style_attributes.append(value or "")
            elif name.startswith("on"):
                self.handlers.append(f"{name}={value or ''}")
            elif name in {"href", "src", "action", "formaction"} and (value or "").strip().lower().startswith(
                "javascript:"
            ):
                self.handlers.append(value or "")
        given = dict(attrs)
        if tag == "script" and "src" not in given and (given.get("type") or "").strip().lower() in _RUNS:
            self._begin(self.scripts)
        elif tag == "style":
            self._begin(self.styles)
        elif tag == "meta" and (given.get("http-equiv") or "").lower() == "content-security-policy":
            self.meta_policy = given.get("content") or ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes; nothing inline begins here."""
        self.handle_starttag(tag, attrs)
        self._into = None

    def handle_data(self, data: str) -> None:
        """Keep the text of a script or sheet."""
        if self._into is not None:
            self._text.append(data)

    def handle_entityref(self, name: str) -> None:
        """Keep what looks like an entity, which it is not within a script."""
        self.handle_data(f"&{name};")

    def handle_endtag(self, tag: str) -> None:
        """Hash what ended."""
        if self._into is not None and tag in {"script", "style"}:
            self._into.append(source_hash("".join(self._text)))
            self._into = None

    def _begin(self, into: list[str]) -> None:
        self._into = into
        self._text = []
