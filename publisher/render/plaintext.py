"""Markdown tokens become plain text that says everything the HTML says.

Links become `words (address)`, lists keep their marks, quotes their `>`, code its indentation, struck words their
`~~`, table rows become lines with ` | ` between cells. Walks the flat token list: no recursion, however deep the
text nests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

_CODE_INDENT = "    "
_RULE = "-----"


@dataclass(slots=True)
class _Level:
    """One enclosing list item or quotation: what stands before its first line and before the others."""

    rest: str
    first: str | None = None

    def take(self) -> str:
        mark, self.first = self.first, None
        return self.rest if mark is None else mark


@dataclass(slots=True)
class _Page:
    """The lines so far, and whether the next block is set apart from them."""

    lines: list[str] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    gap: bool = False

    def part(self) -> None:
        """Set what comes apart from what was, if that is due."""
        if self.gap and self.lines:
            self.lines.append("".join(level.rest for level in self.levels).rstrip())
        self.gap = False

    def block(self, lines: Iterable[str]) -> None:
        self.part()
        self.lines += [("".join(level.take() for level in self.levels) + line).rstrip() for line in lines]

    def item(self) -> _Level:
        number = self.numbers[-1] if self.numbers else None
        if number is None:
            return _Level(rest="  ", first="- ")
        self.numbers[-1] = number + 1
        mark = f"{number}. "
        return _Level(rest=" " * len(mark), first=mark)


def plain_text(tokens: Sequence[Token]) -> str:  # noqa: C901, PLR0912 (one short case a kind of token)
    """Write Markdown tokens as plain text: LF, no trailing blanks, no blank line at either end."""
    page = _Page()
    cells: list[str] | None = None
    hidden = False
    for token in tokens:
        match token.type:
            case "inline":
                text = inline_text(token.children or [])
                if cells is None:
                    page.block(text.split("\n"))
                    page.gap = not hidden
                else:
                    cells.append(text.replace("\n", " "))
            case "paragraph_open":
                hidden = token.hidden
            case "heading_open":
                hidden = False
            case "bullet_list_open":
                page.numbers.append(None)
            case "ordered_list_open":
                page.numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                page.numbers.pop()
                page.gap = page.gap or not page.levels
            case "list_item_open":
                page.part()
                page.levels.append(page.item())
            case "blockquote_open":
                page.part()
                page.levels.append(_Level(rest="> "))
            case "list_item_close" | "blockquote_close":
                if page.levels.pop().first is not None:
                    # Nothing stood in it: its mark alone.
                    page.lines.append("".join(level.take() for level in page.levels) + "-")
                page.gap = page.gap or token.type == "blockquote_close"
            case "fence" | "code_block":
                page.block(_CODE_INDENT + line for line in token.content.rstrip("\n").split("\n"))
                page.gap = True
            case "hr":
                page.block([_RULE])
                page.gap = True
            case "tr_open":
                cells = []
            case "tr_close":
                page.block([" | ".join(cells or [])])
                cells = None
            case "table_close":
                page.gap = True
            case _:
                pass
    return "\n".join(page.lines).strip("\n")


def inline_text(children: Sequence[Token]) -> str:
    """Write the inside of one block: soft breaks become blanks, links `words (address)`."""
    out: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        match child.type:
            case "softbreak":
                out.append(" ")
            case "hardbreak":
                out.append("\n")
            case "link_open":
                links.append((str(child.attrs.get("href", "")), len(out)))
            case "s_open" | "s_close":
                # Emphasis can go unsaid; that words no longer stand cannot.
                out.append("~~")
            case "link_close" if links:
                address, start = links.pop()
                words = "".join(out[start:])
                if address and address not in {words, f"mailto:{words}"}:
                    out.append(f" ({address})" if words else address)
            case "image":
                address = str(child.attrs.get("src", ""))
                out.append(f"{child.content} ({address})" if child.content else address)
            case _:
                out.append(child.content)
    return "".join(out).strip()
