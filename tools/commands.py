# ruff: noqa: INP001 - a script, not a package
"""Write docs/reference/commands.md from the commands' own help, so that neither can say what the other does not.

python tools/commands.py           writes the page
python tools/commands.py --check   exits with 1 when the page is behind
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "commands.md"
WIDTH = 100
HEAD = """# Commands

    tidings [--root DIR] [--now TIME] [--format FORM] [--quiet | --verbose] COMMAND …

`--root` is the status repository; by default the nearest folder upwards that holds a `mkdocs.yml`. `--now` takes a
moment as the present. What the numbers mean that commands end with: [exit codes](exit-codes.md). Completion for your
shell: `_TIDINGS_COMPLETE=bash_source tidings` (or `zsh_source`, `fish_source`) prints it.

*This page is made from the commands' help by `tools/commands.py`.*
"""


def leaves(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """Give every command with its help, groups before what they hold."""
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        max_content_width=WIDTH,
        terminal_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    if parent is not None:
        path = context.command_path
        yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if child is not None and not child.hidden:
                yield from leaves(child, child_name, context)


def page() -> str:
    """Write the page."""
    from publisher.cli.main import cli  # noqa: PLC0415 - only when asked

    out = [HEAD]
    for path, text in leaves(cli, "tidings", None):
        body = "\n".join(f"    {line}".rstrip() for line in text.strip().splitlines())
        out.append(f"\n## `{path}`\n\n{body}\n")
    return "".join(out)


def main() -> int:
    """Write or compare."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write("docs/reference/commands.md is behind the commands: run python tools/commands.py\n")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
