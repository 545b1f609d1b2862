"""What every command knows: the repository, the present, and how to speak."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, cast

import click

from publisher.model.digest import Plain
from publisher.model.errors import UsageError

Form: TypeAlias = Literal["text", "json", "github", "sarif"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The command line's answers to the questions that all commands ask.

    Attributes:
        root: the status repository.
        given_now: the present that was asked for, or None.
        clock_now: asks the real clock; called at most once a run, through `now`.
        format: `text`, `json`, `github` or `sarif`.
    """

    root: Path
    given_now: datetime | None
    clock_now: Callable[[], datetime]
    format: Form = "text"
    quiet: bool = False
    verbose: bool = False

    @property
    def fixed_now(self) -> datetime | None:
        """A present that does not move: asked for, or the site's demonstration clock. None means the real one."""
        if self.given_now is not None:
            return self.given_now
        from publisher.app import site_clock  # noqa: PLC0415 - start-up must not pay for it

        return site_clock(self.root)

    @property
    def now(self) -> datetime:
        """The run's present. A command asks once and hands it down."""
        return self.fixed_now or self.clock_now()

    def say(self, *lines: str) -> None:
        """Tell the person; on stderr, so that stdout stays for machines. Silent when quiet."""
        if not self.quiet:
            for line in lines:
                click.echo(line, err=True)

    def emit(self, value: Plain) -> None:
        """Write a JSON document to stdout."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False))


pass_context = click.make_pass_decorator(Context)


def format_option(*forms: str) -> Callable[[F], F]:
    """Add `--format` to a command; it overrides the one given before the command's name, which must fit as well."""

    def remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if not isinstance(ctx.obj, Context):
            return
        if value is not None:
            ctx.obj = replace(ctx.obj, format=cast("Form", value))
        elif ctx.obj.format not in forms:
            told = f"'{ctx.obj.format}' is not one of {', '.join(map(repr, forms))}."
            raise click.BadParameter(told, ctx=ctx, param=param)

    return click.option(
        "--format",
        "_format",
        type=click.Choice(forms),
        default=None,
        expose_value=False,
        callback=remember,
        help="How the answer is written to standard output.",
    )


def parse_moment(text: str) -> datetime:
    """Read an aware ISO 8601 time.

    Raises:
        UsageError: it is none, or it has no zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a time.", "Write it like 2026-11-20T15:04:10Z.") from error
    if moment.tzinfo is None:
        raise UsageError(f"'{text}' has no time zone.", "Add Z for UTC, or an offset such as +01:00.")
    return moment.astimezone(UTC)


def counted(number: int, one: str, more: str | None = None) -> str:
    """Say how many there are: `1 file`, `2 files`, `0 entries`."""
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def is_terminal() -> bool:
    """Say whether a person watches: progress is shown to them alone."""
    return sys.stderr.isatty()
