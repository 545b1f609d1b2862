"""Strict YAML: text in, plain data with a place for every value out.

YAML 1.2's core rules, less what surprises people: every value stays the text that was typed until a field says what
it wants, so `no`, `12:30`, `0123` and `1.10` are never turned into something else. Refused, each with its line:
duplicate keys, anchors, aliases, merge keys, tags, directives, several documents, keys that are not text. Limits are
kept while the events come in, so a bomb is refused before anything is built from it; nothing here recurses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

import yaml

from publisher.load.report import Report, Spot, clipped
from publisher.model.characters import SUSPICIOUS, code_of, name_of

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Loc: TypeAlias = tuple[str | int, ...]


class _Mark(Protocol):
    """Where something stands: PyYAML has two classes of this shape, with and without libyaml."""

    line: int
    column: int


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Quoted(str):
    """A scalar that stood in quotes or in a block: always text, never a number or a switch."""

    __slots__ = ()


class Opaque(str):
    """A value that was refused, or in lenient reading one that only its own program understands."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much YAML is read. Bytes of UTF-8, levels of nesting, keys in all mappings together."""

    max_bytes: int
    max_depth: int
    max_keys: int


FRONT_MATTER: Final = Limits(max_bytes=64 * 1024, max_depth=16, max_keys=500)
POLICY: Final = Limits(max_bytes=1024 * 1024, max_depth=16, max_keys=10_000)


@dataclass(slots=True, kw_only=True)
class Document:
    """What was read: plain data, and for each location where key and value stand."""

    value: Value = None
    keys: dict[Loc, Spot] = field(default_factory=dict)
    values: dict[Loc, Spot] = field(default_factory=dict)

    def spot(self, loc: Loc) -> Spot:
        """Say where a value stands, or the nearest thing around it that stands anywhere."""
        while loc:
            if loc in self.values:
                return self.values[loc]
            loc = loc[:-1]
        return self.values.get((), (1, 1))

    def key_spot(self, loc: Loc) -> Spot:
        """Say where a key stands, or the nearest thing around it."""
        return self.keys.get(loc) or self.spot(loc)

    @property
    def mapping(self) -> dict[str, Value]:
        """Give the top level as a mapping; empty when it is none."""
        return self.value if isinstance(self.value, dict) else {}


_NULL_WORDS = frozenset({"null", "Null", "NULL", "~"})
_NOT_TEXT_KEY = re.compile(
    r"(?:null|Null|NULL|~|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+"
    r"|[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))?\Z"
)

_HINTS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", 'A ": " stands inside a value.', "Put the whole value in double quotes."),
    ("cannot start any token", "A value or line begins with a character YAML keeps for itself.", "Put it in quotes."),
    ("could not find expected ':'", "A line has no colon after its key.", "Write it as `key: value`."),
    ("did not find expected key", "The indentation or a quote does not fit.", "Line the keys up and close each quote."),
    ("block sequence entries are not allowed", "A list begins here in a wrong place.", "Begin the list on a new line."),
    ("expected <block end>", "The indentation does not fit the lines above.", "Line the keys up in one column."),
    ("unexpected end of stream", "A quote is opened and never closed.", "Close the quote."),
    (
        "did not find expected ',' or",
        "A bracket is opened and never closed.",
        "Close it, with commas between the items.",
    ),
    ("expected ',' or", "A bracket is opened and never closed.", "Close it; put commas between items."),
    ("unknown escape", "A backslash in double quotes means something else.", "Use single quotes, or write it twice."),
)


class _Stop(Exception):  # noqa: N818 -- not an error: reading ends here, the finding is written
    """Reading ends here; the report says why."""


class _Frame:
    """A list or mapping that is still open."""

    __slots__ = ("container", "duplicate", "key", "loc")

    def __init__(self, container: list[Value] | dict[str, Value], loc: Loc) -> None:
        self.container = container
        self.loc = loc
        self.key: str | None = None
        self.duplicate = False


class _Reader:
    """Builds a document from events, keeping limits."""

    def __init__(self, report: Report, offset: Spot, limits: Limits, *, lenient: bool) -> None:
        self.report = report
        self.offset = offset
        self.limits = limits
        self.lenient = lenient
        self.document = Document()
        self.lines: list[str] = []
        self.stack: list[_Frame] = []
        self.keys = 0
        self.documents = 0

    def spot(self, mark: _Mark | None) -> Spot:
        if mark is None:
            return self.offset
        line: int = mark.line
        column: int = mark.column
        return (line + self.offset[0], column + (self.offset[1] if line == 0 else 1))

    def read(self, text: str) -> Document:
        loader = _Loader(text)
        self.lines = text.split("\n")
        try:
            while True:
                event = loader.get_event()
                if event is None or isinstance(event, yaml.StreamEndEvent):
                    return self.document
                self.take(event)
        except yaml.MarkedYAMLError as error:
            self.syntax(error)
            raise _Stop from error
        except yaml.YAMLError as error:
            self.report.add("TID005", "The YAML cannot be read.", "Look for stray characters.", (self.offset[0], 1))
            raise _Stop from error
        finally:
            loader.dispose()

    def syntax(self, error: yaml.MarkedYAMLError) -> None:
        problem = error.problem or error.context or "it cannot be read"
        mark = error.problem_mark or error.context_mark
        spot = self.spot(mark)
        line = self.lines[mark.line] if mark is not None and mark.line < len(self.lines) else ""
        if mark is not None and line[mark.column : mark.column + 1] == "\t":
            self.report.add("TID005", "A tab stands where YAML wants blanks.", "Replace the tab by blanks.", spot)
            return
        for part, what, fix in _HINTS:
            if part in problem or part in (error.context or ""):
                self.report.add("TID005", what, fix, spot)
                return
        self.report.add("TID005", f"The YAML breaks here: {problem}.", "Check quotes, colons and indentation.", spot)

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.begin(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.AliasEvent):
            spot = self.spot(event.start_mark)
            if not self.lenient:
                self.report.add(
                    "TID007",
                    f'"*{event.anchor}" is an alias, and aliases are not used here.',
                    "Write the value out, or put it in quotes if it is meant as text.",
                    spot,
                )
            self.place(Opaque("alias"), spot)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.document_start(event)

    def document_start(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        spot = self.spot(event.start_mark)
        if self.documents > 1:
            self.report.add("TID009", "A second YAML document begins here.", "Keep one document in a file.", spot)
            raise _Stop
        if (event.version or event.tags) and not self.lenient:
            self.report.add("TID009", "A % line is a YAML directive.", "Remove the line.", spot)

    def properties(self, event: yaml.NodeEvent, spot: Spot) -> bool:
        """Refuse anchors and tags; say whether the value may be taken as it is."""
        tag = getattr(event, "tag", None)
        fine = True
        if event.anchor is not None and not self.lenient:
            self.report.add(
                "TID007",
                f'"&{event.anchor}" is an anchor, and anchors are not used here.',
                "Remove it, or put the value in quotes if it is meant as text.",
                spot,
            )
            fine = False
        if tag is not None:
            if not self.lenient:
                shown = tag.replace("tag:yaml.org,2002:", "!!")
                self.report.add(
                    "TID008",
                    f'"{clipped(shown)}" is a YAML tag, and tags are not used here.',
                    "Remove it, or put the value in quotes if it is meant as text.",
                    spot,
                )
            fine = False
        return fine

    def scalar(self, event: yaml.ScalarEvent) -> None:
        spot = self.spot(event.start_mark)
        text: str = event.value
        plain = not event.style  # libyaml says '', PyYAML says None
        fine = (event.anchor is None and event.tag is None) or self.properties(event, spot)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and isinstance(frame.container, dict):
            self.key(frame, text, spot, plain=plain)
            return
        value: Value
        if not fine:
            value = Opaque(text)
        elif not plain:
            value = Quoted(self.escaped(text, spot))
        elif text == "":
            value = None
        elif text in _NULL_WORDS and not self.lenient:
            self.report.add(
                "TID018",
                f'"{text}" means "no value" in YAML.',
                "Leave the line out, or put the word in quotes if it is meant as text.",
                spot,
            )
            value = Opaque(text)
        else:
            value = text
        self.place(value, spot)

    def escaped(self, text: str, spot: Spot) -> str:
        """Refuse bad characters that were written as escapes, which the scan of the raw text cannot see."""
        for match in SUSPICIOUS.finditer(text):
            self.report.add(
                code_of(match[0]),
                f"The value contains {name_of(match[0])}.",
                "Remove the escape that stands for it.",
                spot,
            )
        return SUSPICIOUS.sub("\ufffd", text)

    def key(self, frame: _Frame, text: str, spot: Spot, *, plain: bool) -> None:
        self.keys += 1
        if self.keys > self.limits.max_keys:
            self.report.add(
                "TID011", f"There are more than {self.limits.max_keys} keys.", "Split or shorten the text.", spot
            )
            raise _Stop
        loc = (*frame.loc, text)
        assert isinstance(frame.container, dict)  # noqa: S101 -- the caller looked
        frame.key = text
        frame.duplicate = text in frame.container
        if self.lenient:
            frame.duplicate = False
        elif plain and text == "<<":
            self.report.add("TID007", '"<<" is a merge key, and they are not used here.', "Write the keys out.", spot)
            frame.duplicate = True
        elif frame.duplicate:
            first = self.document.keys[loc][0]
            self.report.add(
                "TID006", f'"{clipped(text)}" stands here and on line {first}.', "Keep one of the two.", spot
            )
        elif plain and _NOT_TEXT_KEY.match(text):
            self.report.add(
                "TID010",
                f'"{clipped(text)}" as a key is a number, a switch or nothing to YAML, not text.',
                "Put the key in quotes.",
                spot,
            )
        if not frame.duplicate:
            self.document.keys[loc] = spot

    def begin(self, event: yaml.CollectionStartEvent) -> None:
        spot = self.spot(event.start_mark)
        frame = self.stack[-1] if self.stack else None
        if len(self.stack) >= self.limits.max_depth:
            self.report.add(
                "TID011", f"The YAML is nested deeper than {self.limits.max_depth} levels.", "Flatten it.", spot
            )
            raise _Stop
        if frame is not None and frame.key is None and isinstance(frame.container, dict):
            self.report.add("TID010", "A list or mapping stands where a key should.", "Use a word as the key.", spot)
            raise _Stop
        self.properties(event, spot)
        container: list[Value] | dict[str, Value] = {} if isinstance(event, yaml.MappingStartEvent) else []
        loc = self.place(container, spot, opaque=self.lenient and event.tag is not None)
        self.stack.append(_Frame(container, loc))

    def place(self, value: Value, spot: Spot, *, opaque: bool = False) -> Loc:
        """Put a value where it belongs; give its location."""
        shown = Opaque("tagged") if opaque else value
        if not self.stack:
            self.document.value = shown
            self.document.values[()] = spot
            return ()
        frame = self.stack[-1]
        if isinstance(frame.container, list):
            loc: Loc = (*frame.loc, len(frame.container))
            frame.container.append(shown)
            self.document.values[loc] = spot
            return loc
        if frame.key is None:
            self.report.add("TID010", "An alias stands where a key should.", "Use a word as the key.", spot)
            raise _Stop
        key, frame.key = frame.key, None
        if frame.duplicate:
            # what hangs below a key that was refused goes nowhere, and its places must not hide the first one's
            return (*frame.loc, key, "\x00second")
        loc = (*frame.loc, key)
        frame.container[key] = shown
        self.document.values[loc] = spot
        return loc


def read_yaml(
    text: str, *, report: Report, offset: Spot = (1, 1), limits: Limits = FRONT_MATTER, lenient: bool = False
) -> Document | None:
    """Read one YAML document.

    Args:
        text: the YAML, LF, NFC.
        report: where findings go.
        offset: line and column of the text's first character in its file.
        limits: how much to read.
        lenient: let tags, anchors, aliases, duplicates and null pass; what they stand for becomes `Opaque`. For files
            that belong to another program.

    Returns:
        What was read, or None when nothing can be made of it; then the report holds why.
    """
    size = len(text) if text.isascii() else len(text.encode())
    if size > limits.max_bytes:
        report.add(
            "TID003",
            f"The YAML here has {size:,} bytes; at most {limits.max_bytes:,} are read.",
            "Shorten it; long words belong into the updates.",
            offset,
        )
        return None
    try:
        return _Reader(report, offset, limits, lenient=lenient).read(text)
    except _Stop:
        return None
