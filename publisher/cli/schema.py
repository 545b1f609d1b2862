"""`tidings schema`: JSON Schemas of all that people type, for editors and other programs."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path

import click

from publisher.cli.context import Context, pass_context
from publisher.model.errors import StorageError, UsageError


@click.command()
@click.argument("name", required=False)
@click.option(
    "--draft",
    type=click.Choice(["07", "2020-12"]),
    default="2020-12",
    show_default=True,
    help="Which JSON Schema; editors for YAML mostly read 07.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write one file each into this folder.")
@pass_context
def schema(context: Context, name: str | None, draft: str, out: Path | None) -> int:
    """Print the JSON Schema NAME, or all of them as one JSON object by name.

    With --out they go into files: `tidings schema --draft 07 --out .vscode/schemas`.
    """
    from publisher.load.schema import draft07, json_schemas  # noqa: PLC0415 - see LazyGroup

    schemas = json_schemas()
    if name is not None and name not in schemas:
        near = get_close_matches(name, list(schemas), n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(sorted(schemas))}."
        raise UsageError(f"There is no schema '{name}'.", hint)
    wanted = {key: schemas[key] for key in ([name] if name is not None else sorted(schemas))}
    if draft == "07":
        wanted = {key: draft07(value) for key, value in wanted.items()}
    if out is None:
        value = wanted[name] if name is not None else wanted
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))
        return 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        for key, value in wanted.items():
            (out / f"{key}.json").write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror}.", "Give another folder.") from error
    context.say(f"{len(wanted)} schemas in {out}.")
    return 0
