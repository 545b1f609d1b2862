"""The command `tidings`: finds the repository, loads the verb asked for and nothing else, turns errors into exit codes.

Exit codes: 0 done, 1 findings or refused, 2 usage, 3 degraded (done on some targets), 4 nothing reached.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from pathlib import Path

import click

from publisher.cli.context import Context, Form, parse_moment
from publisher.cli.exits import EXIT_NOTHING_REACHED, EXIT_REFUSED, EXIT_TERMINATED, EXIT_USAGE
from publisher.model.errors import OutsideError, RefusedError, TidingsError, UsageError

VERBS: dict[str, tuple[str, str]] = {
    "init": ("publisher.cli.init:init", "Start a new status repository."),
    "new": ("publisher.cli.authoring:new", "Write a new incident or maintenance file."),
    "update": ("publisher.cli.authoring:update", "Add an update to an incident."),
    "check": ("publisher.cli.check:check", "Say everything that is wrong with the texts."),
    "preview": ("publisher.cli.preview:preview", "Show the site in a browser, alive, while you write."),
    "build": ("publisher.cli.publishing:build", "Make the site in a folder."),
    "publish": ("publisher.cli.publishing:publish", "Bring the site and its messages to the readers."),
    "rollback": ("publisher.cli.publishing:rollback", "Publish what an earlier release said."),
    "deliver": ("publisher.cli.delivering:deliver", "Send the messages that are due."),
    "status": ("publisher.cli.status:status", "Say what is live, what is owed and what is open."),
    "approve": ("publisher.cli.approve:approve", "Show what would be said and who must agree; sign it."),
    "obligations": ("publisher.cli.obligations:obligations", "Say whom we have to tell, and by when."),
    "hold": ("publisher.cli.holding:hold", "Keep words back for a while, and say what waits."),
    "decide": ("publisher.cli.decide:decide", "Write down what was decided, and what must not be said."),
    "report": ("publisher.cli.report:report", "Reports for the review after an incident."),
    "audience": ("publisher.cli.audience:audience", "Subscribers: import, export, list, confirm."),
    "import": ("publisher.cli.importing:import_group", "Bring in the history of another status page."),
    "language": ("publisher.cli.language:language_group", "Languages of the site: add one, see what is missing."),
    "schema": ("publisher.cli.schema:schema", "Print the JSON Schemas of all that people type."),
    "hosting": ("publisher.cli.hosting:hosting", "Write what a web server has to be told: headers, addresses."),
    "doctor": ("publisher.cli.doctor:doctor", "Find what would keep Tidings from working here."),
}


class LazyGroup(click.Group):
    """Imports a verb's module only when the verb is used: `--help` and every command start quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Give the verbs in the order of a working day."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one verb."""
        if cmd_name not in VERBS:
            return None
        module_name, _, attribute = VERBS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module_name), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module_name}:{attribute} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


def find_root(start: Path) -> Path:
    """Give the nearest folder at or above `start` that holds a `mkdocs.yml`; `start` itself if there is none."""
    for folder in (start, *start.parents):
        if (folder / "mkdocs.yml").is_file():
            return folder
    return start


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 findings or refused, 2 usage, 3 done on some targets, 4 nothing reached.",
)
@click.version_option(package_name="tidings", prog_name="tidings")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="TIDINGS_ROOT",
    help="The status repository; by default the nearest folder upwards with a mkdocs.yml.",
)
@click.option("--now", "now_text", envvar="TIDINGS_NOW", help="Take this moment as the present (ISO 8601, with zone).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="How the answer is written to standard output; also after the command.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors and the answer.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.pass_context
def cli(ctx: click.Context, *, root: Path | None, now_text: str | None, form: Form, quiet: bool, verbose: bool) -> None:
    """Say it once, in Markdown. It reaches every reader, in every channel.

    Incidents are Markdown files under incidents/; how you communicate stands in policy/; mkdocs.yml says what the site
    is called.
    """
    from publisher.adapters.clock import SystemClock  # noqa: PLC0415 - see LazyGroup

    ctx.obj = Context(
        root=(root or find_root(Path.cwd())).resolve(),
        given_now=parse_moment(now_text) if now_text else None,
        clock_now=SystemClock().now,
        format=form,
        quiet=quiet,
        verbose=verbose,
    )


def exit_code(error: TidingsError) -> int:
    """Give the exit code that an error means."""
    if isinstance(error, UsageError):
        return EXIT_USAGE
    if isinstance(error, OutsideError):
        return EXIT_NOTHING_REACHED
    if isinstance(error, RefusedError):
        return EXIT_REFUSED
    return EXIT_REFUSED


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    # values by the ten thousand live until the end: looking for garbage among them would cost a sixth of a run
    gc.set_threshold(200_000, 20, 100)
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    # A polite end (a CI runner's time-out) unwinds like Ctrl-C: staged files go, a lease is given back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        result = cli.main(args=args, standalone_mode=False, prog_name="tidings")
        code = result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        code = 130
    except TidingsError as error:
        click.echo(f"tidings: {error.cause}", err=True)
        if error.next_step:
            click.echo(f"         {error.next_step}", err=True)
        code = exit_code(error)
    except BrokenPipeError:
        # the reader of our output went away; nobody is left to tell
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        code = 0
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        code = 130
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"tidings: {place}{error.strerror or error}.", err=True)
        click.echo("         Look at the disk, the path and who may write there, then run it again.", err=True)
        code = EXIT_NOTHING_REACHED
    except Exception as error:  # noqa: BLE001 - the last place where a fault of ours can still be told in words
        _tell_fault(error, sys.argv[1:] if args is None else args)
        code = EXIT_REFUSED
    sys.exit(code)


def _tell_fault(error: Exception, args: list[str]) -> None:
    """Own up to a fault of Tidings itself; with --verbose, show all of what a report of it needs."""
    import traceback  # noqa: PLC0415 - see LazyGroup

    if {"-v", "--verbose"} & set(args):
        traceback.print_exception(error)
    said = " ".join(str(error).split())
    click.echo(f"tidings: This is a fault of Tidings itself. {type(error).__name__}: {said}", err=True)
    click.echo("         Please report it, with what `tidings --verbose` and the same command print.", err=True)


if __name__ == "__main__":
    main()
