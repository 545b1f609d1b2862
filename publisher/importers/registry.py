"""Names of components and groups → ids, and `policy/components.yml` with the new ones added.

What stands in that file stays byte for byte: new entries go below the last one of their section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from publisher.importers.draft import Imported
from publisher.importers.foreign_yaml import ForeignYamlError, Value, read_mapping, text_of
from publisher.importers.slugs import free_name, same_name, slug
from publisher.importers.writing import component_lines, group_lines, indented

PATH = "policy/components.yml"
MAX_ID = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of the file.

    Attributes:
        text: the file as it should be.
        ids: a component's name in the source → its id.
        added: ids that are new in it, groups and components.
    """

    text: str
    ids: Mapping[str, str]
    added: tuple[str, ...]


class RegistryError(ValueError):
    """The file cannot be added to; the message says why, for people. `line` counts from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def merged(imported: Imported, current: str | None) -> Merged:
    """Add an import's groups and components to the file's text; None means there is no file yet.

    Raises:
        RegistryError: the file cannot be read, or is written in a form that cannot be added to.
    """
    text = current or ""
    try:
        data = read_mapping(text)
    except ForeignYamlError as error:
        raise RegistryError(str(error), error.line) from error
    groups = _names(data.get("groups"))
    components = _names(data.get("components"))
    taken = {*groups.values(), *components.values(), *_keys(data.get("groups")), *_keys(data.get("components"))}
    new_groups: list[list[str]] = []
    new_components: list[list[str]] = []
    added: list[str] = []

    for group in imported.groups:
        if same_name(group.name) not in groups:
            groups[same_name(group.name)] = new = _new_id(group.name, taken, "group")
            added.append(new)
            new_groups.append(group_lines(new, group))
    for component in imported.components:
        if same_name(component.name) not in components:
            components[same_name(component.name)] = new = _new_id(component.name, taken, "component")
            added.append(new)
            group_id = groups.get(same_name(component.group)) if component.group else None
            new_components.append(component_lines(new, component, group_id))
    names = {c.name for c in imported.components} | {
        name
        for entry in imported.entries
        for held in (entry.components, *(update.components or {} for update in entry.updates))
        for name in held
    }
    ids = {name: components[same_name(name)] for name in sorted(names)}
    out = _with(_with(text, "groups", new_groups), "components", new_components)
    _prove(text, out, data, added)
    return Merged(text=out, ids=ids, added=tuple(added))


def _new_id(name: str, taken: set[str], fallback: str) -> str:
    new = free_name(slug(name, fallback=fallback)[: MAX_ID - 4].rstrip("-"), taken)
    taken.add(new)
    return new


def _names(section: Value | None) -> dict[str, str]:
    """Give normalised name → id, for names and for ids themselves."""
    if not isinstance(section, Mapping):
        return {}
    by_id = {same_name(key): key for key in section}
    by_name = {
        same_name(text_of(value.get("name"))): key
        for key, value in section.items()
        if isinstance(value, Mapping) and text_of(value.get("name"))
    }
    return by_id | by_name


def _keys(section: Value | None) -> set[str]:
    return set(section) if isinstance(section, Mapping) else set()


def _with(text: str, section: str, blocks: Sequence[Sequence[str]]) -> str:
    if not blocks:
        return text
    if text and not text.endswith("\n"):
        text += "\n"
    root = yaml.compose(text, Loader=yaml.BaseLoader) if text.strip() else None
    if isinstance(root, yaml.MappingNode):
        if root.flow_style:
            raise RegistryError("The file is written in braces; new components cannot be added to it.", 1)
        for key, value in root.value:
            if key.value == section:
                return _into(text, section, value, blocks, key.end_mark.line)
    gap = "\n" if text.strip() else ""
    return f"{text}{gap}{section}:\n{indented(blocks, 2)}"


def _into(text: str, section: str, value: yaml.Node, blocks: Sequence[Sequence[str]], key_line: int) -> str:
    lines = text.splitlines(keepends=True)
    if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
        width = value.value[0][0].start_mark.column
        after = _last_line(value) + 1
        return "".join([*lines[:after], indented(blocks, width), *lines[after:]])
    empty = (isinstance(value, yaml.MappingNode) and not value.value) or (
        isinstance(value, yaml.ScalarNode) and value.value in ("", "null", "~")
    )
    if not empty:
        raise RegistryError(f"'{section}' is written in braces; new entries cannot be added to it.", key_line + 1)
    if value.start_mark.index != value.end_mark.index:
        text = text[: value.start_mark.index].rstrip(" ") + text[value.end_mark.index :]
        lines = text.splitlines(keepends=True)
    return "".join([*lines[: key_line + 1], indented(blocks, 2), *lines[key_line + 1 :]])


def _last_line(node: yaml.Node) -> int:
    """Give the last line, from 0, on which a node has text; its own end mark lies behind comments that follow."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    line: int = node.end_mark.line
    return line - 1 if node.end_mark.column == 0 and line > node.start_mark.line else line


def _prove(before: str, after: str, data: Mapping[str, Value], added: Sequence[str]) -> None:
    """Read the result back: what was there is there unchanged, and the new entries besides."""
    result = read_mapping(after)
    for section in ("groups", "components"):
        old, new = data.get(section) or {}, result.get(section) or {}
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            raise RegistryError(f"'{section}' is no mapping of ids.")
        if any(new.get(key) != value for key, value in old.items()) or not set(new) <= {*old, *added}:
            raise RegistryError("New components could not be added without changing old ones.")
    if {k: v for k, v in result.items() if k not in ("groups", "components")} != {
        k: v for k, v in data.items() if k not in ("groups", "components")
    }:
        raise RegistryError("New components could not be added without changing other settings.")
    if not added and before != after:
        raise RegistryError("The file would change although nothing is new.")
