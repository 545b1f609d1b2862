"""A further language in `mkdocs.yml`, with every other byte where it was."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from publisher.load.site import PATH, PLUGIN, load_site
from publisher.model.errors import RefusedError
from publisher.ports import SourceFile

_BY_HAND = "Add it to `locales` below `tidings` in mkdocs.yml yourself."


def with_locale(config: bytes, locale: str, *, locales: Sequence[str]) -> bytes:
    """Add a language to the site's own.

    Args:
        config: `mkdocs.yml` as it is.
        locale: a language tag the site does not have yet.
        locales: those it has.

    Raises:
        RefusedError: the file is written in a way that only a person can change safely.
    """
    try:
        text = config.decode()
        changed = _changed(text, yaml.compose(text, yaml.SafeLoader), locale, locales)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RefusedError("mkdocs.yml cannot be read.", "Mend it; `tidings check` says where.") from error
    body = changed.encode() if changed is not None else config
    after, _ = load_site(SourceFile(path=PATH, body=body))
    if after.locales != (*locales, locale):
        raise RefusedError(f"{locale} cannot be added to mkdocs.yml without touching other lines.", _BY_HAND)
    return body


def _changed(text: str, root: yaml.Node | None, locale: str, locales: Sequence[str]) -> str | None:
    options = _options(root)
    if not isinstance(options, yaml.MappingNode) or not options.value or options.flow_style:
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    node = next((value for key, value in options.value if key.value == "locales"), None)
    if node is None:
        mark = options.value[0][0].start_mark
        line = f"locales: [{', '.join((*locales, locale))}]{newline}{' ' * mark.column}"
        return text[: mark.index] + line + text[mark.index :]
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        return None
    last = node.value[-1]
    if node.flow_style:
        return f"{text[: last.end_mark.index]}, {locale}{text[last.end_mark.index :]}"
    line = f"{newline}{' ' * node.start_mark.column}- {locale}"
    # behind a remark on the last entry's line, if there is one
    end = text.find("\n", last.end_mark.index)
    end = len(text) if end < 0 else end - (len(newline) - 1)
    return text[:end] + line + text[end:]


def _options(root: yaml.Node | None) -> yaml.Node | None:
    """Find the plugin's options."""
    if not isinstance(root, yaml.MappingNode):
        return None
    plugins = next((value for key, value in root.value if key.value == "plugins"), None)
    entries: list[tuple[yaml.Node, yaml.Node]] = []
    if isinstance(plugins, yaml.MappingNode):
        entries = plugins.value
    elif isinstance(plugins, yaml.SequenceNode):
        entries = [pair for item in plugins.value if isinstance(item, yaml.MappingNode) for pair in item.value]
    return next((value for key, value in entries if key.value == PLUGIN), None)
