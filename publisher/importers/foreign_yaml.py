"""YAML of other programs: read as text only, without types, tags or aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import yaml

Value: TypeAlias = str | Sequence["Value"] | Mapping[str, "Value"]
"""Scalars stay the text that was typed."""

MAX_DEPTH = 20


class ForeignYamlError(ValueError):
    """The text cannot be read. The message is for people; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _TextLoader(yaml.BaseLoader):
    """Gives scalars as they were typed."""


def read_mapping(text: str) -> Mapping[str, Value]:
    """Read a YAML mapping; empty text is an empty mapping.

    Raises:
        ForeignYamlError: it is no mapping, cannot be parsed, or uses anchors, whose expansion may be huge.
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_TextLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ForeignYamlError("It uses a YAML alias.", _line(event))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise ForeignYamlError("It is nested too deep.", _line(event))
        value = yaml.load(text, Loader=_TextLoader)  # noqa: S506 - builds nothing but text, lists and mappings
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ForeignYamlError(f"Its YAML cannot be read: {error.problem or error.context}.", line) from error
    except yaml.YAMLError as error:
        raise ForeignYamlError("Its YAML has characters that YAML forbids.", 1) from error
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise ForeignYamlError("It is no mapping of keys to values.", 1)
    if not all(isinstance(key, str) for key in value):
        raise ForeignYamlError("A key is not text.", 1)
    return value


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def text_of(value: Value | None) -> str:
    """Give a scalar, stripped; an empty text for anything else."""
    return value.strip() if isinstance(value, str) else ""


def list_of(value: Value | None) -> tuple[Value, ...]:
    """Give a list's members; a scalar is a list of one, nothing is an empty list."""
    if value is None or value == "":
        return ()
    if isinstance(value, str | Mapping):
        return (value,)
    return tuple(value)
