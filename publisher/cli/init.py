"""`tidings init`: the first files of a new status repository."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from publisher.cli.context import Context, counted, pass_context
from publisher.cli.repository import judged
from publisher.model.errors import RefusedError, UsageError
from publisher.model.finding import blocking
from publisher.ports import SourceFile

_OPTIONS: Final = {"TID503": "--url", "TID504": "--locale"}
"""Which option a finding in the new mkdocs.yml comes from; all others come from the name."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--name", help="What the page is called; by default the folder's name.")
@click.option("--url", default="https://status.example.com/", show_default=True, help="The address readers will use.")
@click.option(
    "--locale",
    "locales",
    multiple=True,
    default=("en",),
    show_default=True,
    help="Language of the page, the incidents' own first; may be repeated.",
)
@click.option("--bare", is_flag=True, help="Without example incident and sample components: for an import.")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty; files that are there stay.")
@pass_context
def init(
    context: Context, folder: Path, *, name: str | None, url: str, locales: tuple[str, ...], bare: bool, force: bool
) -> int:
    """Start a new status repository in DIR, which is created when it is not there.

    After it, `tidings publish` works at once: into the folder out/site, with mails as files. Nothing is asked.
    """
    from publisher.adapters.authored import write_new  # noqa: PLC0415 - see LazyGroup
    from publisher.scaffold.repository_files import repository_files  # noqa: PLC0415

    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError(f"'{url}' is no web address.", "Give one like https://status.example.com/.")
    title = " ".join((name or f"{_spoken(folder)} status").split())
    # DIR may lie inside another status repository, whose demonstration clock is not ours
    now = context.given_now or context.clock_now()
    languages = tuple(dict.fromkeys(tag for given in locales for tag in re.split(r"[,\s]+", given) if tag))
    files = repository_files(name=title, url=url, locales=languages, now=now, bare=bare)
    _refuse_bad_start(files, now)
    if folder.is_symlink() and not folder.exists():
        raise RefusedError(f"{folder} is a link that leads nowhere.", "Give a folder.")
    lies_there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if lies_there and not force and lies_there != [".git"]:
        shown = ", ".join(lies_there[:3]) + (" …" if len(lies_there) > 3 else "")  # noqa: PLR2004 - enough to recognise it
        raise RefusedError(
            f"{folder} is not empty ({shown}).",
            "Choose a new folder, or --force to add what is missing and change nothing.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for file in files:
        if (folder / file.path).exists():
            context.say(f"kept   {file.path}")
            continue
        write_new(folder, file.path, file.body)
        written += 1
        context.say(f"wrote  {file.path}")
    there = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    step = "tidings import --help" if bare else "tidings publish, then look at out/site/index.html"
    context.say("", f"{counted(written, 'file')}. Next: {there}{step}.")
    return 0


def _spoken(folder: Path) -> str:
    """Make a name of a folder: `acme-status` → `Acme`."""
    words = re.sub(r"[-_]?status(?:[-_]?page)?$", "", folder.resolve().name, flags=re.IGNORECASE)
    words = re.sub(r"[\W_]+", " ", words).strip()
    return words[:1].upper() + words[1:] or "Our"


def _refuse_bad_start(files: Sequence[SourceFile], now: datetime) -> None:
    """Let the loader judge what would be written: a wrong name or language is refused before the first file."""
    history, problems = judged(files, now)
    errors = blocking(problems)
    if errors:
        option = _OPTIONS.get(errors[0].code, "--name")
        raise UsageError(f"{option} cannot be that. {errors[0].what}", f"Give another {option}.")
    assert history.site.url  # noqa: S101 - a site without findings has an address
