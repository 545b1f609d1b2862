"""`tidings new` and `update`: the commands that write down what somebody has to say."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

import click

from publisher.cli.context import Context, format_option, parse_moment, pass_context
from publisher.cli.repository import judged, named, typed_files
from publisher.model.component import Impact
from publisher.model.errors import RefusedError, UsageError
from publisher.model.finding import Level, blocking
from publisher.model.incident import Category, Incident, Kind, Scope, Severity, Status, Window
from publisher.ports import SourceFile

_AHEAD = re.compile(r"\+?\s*(\d{1,4})\s*(m|min|h|d)\Z")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?:\s*(?:UTC|Z))?\Z")
_MAX_WORDS = 1024 * 1024
"""Bytes that --stdin takes; the loader takes no larger file."""


def _words(text: str) -> str:
    return text.replace("-", "_").lower()


@click.command()
@click.argument("title")
@click.option("--kind", type=click.Choice([str(k) for k in Kind]), help="By default, what the category says.")
@click.option(
    "--category",
    type=click.Choice([str(c) for c in Category]),
    help="What sort of thing; by default outage or maintenance.",
)
@click.option("--severity", type=click.Choice([str(s) for s in Severity]), help="How bad; sev1 is worst.")
@click.option("--scope", type=click.Choice([str(s) for s in Scope]), default="local", show_default=True)
@click.option("--component", "components", multiple=True, metavar="ID=IMPACT", help="May be repeated.")
@click.option("--started", metavar="TIME", help="When people began to notice; by default now.")
@click.option("--from", "begins", metavar="TIME", help="For a maintenance: first moment of its window.")
@click.option("--until", "ends", metavar="TIME", help="For a maintenance: first moment after it.")
@click.option("--status", type=click.Choice([str(s) for s in Status]), help="By default investigating or scheduled.")
@click.option(
    "--next", "next_text", metavar="TIME", help="When you will write again: 30m, 15:30 or 2026-11-20T15:30:00Z."
)
@click.option("--text", help="The first update's words; without, there are words to replace.")
@click.option("--id", "wish", metavar="SLUG", help="The id's part after the date; by default from the title.")
@click.option("--force", is_flag=True, help="Write even if something must be mended.")
@format_option("text", "json")
@pass_context
def new(
    context: Context,
    title: str,
    *,
    kind: str | None,
    category: str | None,
    severity: str | None,
    scope: str,
    components: tuple[str, ...],
    started: str | None,
    begins: str | None,
    ends: str | None,
    status: str | None,
    next_text: str | None,
    text: str | None,
    wish: str | None,
    force: bool,
) -> int:
    """Write a new incident's file, and print where it is.

    The file is complete but for its words: what stands in double square brackets is yours to replace.

    \b
        tidings new "Sign-in is slow" --category degradation --component website=degraded_performance
        tidings new "New database" --kind maintenance --from 2026-12-01T02:00Z --until 2026-12-01T03:00Z
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines is this character, not these two
    from publisher.adapters.authored import write_new  # noqa: PLC0415 - see LazyGroup
    from publisher.importers.slugs import free_name, slug  # noqa: PLC0415
    from publisher.scaffold.incident_file import NewIncident, incident_text  # noqa: PLC0415

    now = context.now.replace(second=0, microsecond=0)
    files = typed_files(context.root)
    is_planned = kind == Kind.MAINTENANCE or (kind is None and category == Category.MAINTENANCE) or begins is not None
    window = _window(begins, ends, now, planned=is_planned)
    first = window.begins if window else _moment(started, now) if started else now
    incident = NewIncident(
        title=" ".join(title.split()),
        kind=Kind.MAINTENANCE if is_planned else Kind.INCIDENT,
        category=Category(category) if category else Category.MAINTENANCE if is_planned else Category.OUTAGE,
        severity=Severity(severity) if severity else Severity.SEV4 if is_planned else Severity.SEV3,
        scope=Scope(scope),
        started=first,
        at=now if is_planned else max(now, first),
        status=Status(status) if status else Status.SCHEDULED if is_planned else Status.INVESTIGATING,
        components=_impacts(components, Impact.UNDER_MAINTENANCE if is_planned else None),
        window=window,
        next=_moment(next_text, now) if next_text else None if is_planned else now + timedelta(minutes=30),
        text=text,
    )
    taken = {path.split("/")[1].removesuffix(".md").lower() for path in files if path.startswith("incidents/")}
    incident_id = free_name(f"{first:%Y-%m-%d}-{slug(wish or title)}", taken)
    file = SourceFile(path=f"incidents/{incident_id}.md", body=incident_text(incident).encode())
    errors = _tell(context, files | {file.path: file}, file.path, now)
    if errors and not force:
        raise RefusedError(
            f"Nothing was written: {errors} {'thing' if errors == 1 else 'things'} must be mended.",
            "Mend the call, or write all the same with --force.",
        )
    write_new(context.root, file.path, file.body)
    if context.format == "json":
        context.emit({"id": incident_id, "path": file.path})
    else:
        click.echo(file.path)
    return 0


@click.command()
@click.argument("incident_name", metavar="INC")
@click.option(
    "--status",
    required=True,
    type=click.Choice([str(s) for s in Status]),
    help="Where it stands now; `update` changes nothing.",
)
@click.option("--text", help="The words, in Markdown; without, there are words to replace.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the words from standard input.")
@click.option("--at", "at_text", metavar="TIME", help="The moment the words speak from; by default now.")
@click.option(
    "--next", "next_text", metavar="TIME", help="When you will write again: 30m, 15:30 or 2026-11-20T15:30:00Z."
)
@click.option(
    "--component", "components", multiple=True, metavar="ID=IMPACT", help="Impact from here on; may be repeated."
)
@click.option("--who", help="Whom it concerns, one line.")
@click.option("--meanwhile", help="What people can do meanwhile, one line.")
@click.option("--force", is_flag=True, help="Write even if something must be mended.")
@format_option("text", "json")
@pass_context
def update(
    context: Context,
    incident_name: str,
    *,
    status: str,
    text: str | None,
    from_stdin: bool,
    at_text: str | None,
    next_text: str | None,
    components: tuple[str, ...],
    who: str | None,
    meanwhile: str | None,
    force: bool,
) -> int:
    """Add an update to incident INC: its id, a part of it that no other has, or its file.

    Every other byte of the file stays. When the result would have to be mended, nothing is written.
    """
    from publisher.adapters.authored import replace  # noqa: PLC0415 - see LazyGroup
    from publisher.scaffold.incident_file import prompt, update_block  # noqa: PLC0415
    from publisher.scaffold.insertion import with_update  # noqa: PLC0415

    if text is not None and from_stdin:
        raise UsageError("--text and --stdin both give the words.", "Give one of them.")
    now = context.now.replace(microsecond=0)
    files = typed_files(context.root)
    history, _ = judged(tuple(files.values()), now)
    incident = named(history, incident_name, context.root)
    path = incident.place.path
    at = _moment(at_text, now) if at_text else _minute(now, incident)
    words = _standard_input() if from_stdin else text if text is not None else prompt(Status(status))
    block = update_block(
        at=at,
        status=Status(status),
        text=words,
        components=_impacts(components, None),
        who=who,
        meanwhile=meanwhile,
        next_at=_moment(next_text, now) if next_text else None,
    )
    before = files[path]
    after = SourceFile(path=path, body=with_update(before.body, block, before_line=_first_line(incident)))
    errors = _tell(context, files | {path: after}, path, now)
    if errors and not force:
        raise RefusedError(
            f"{path} was not changed: {errors} {'thing' if errors == 1 else 'things'} must be mended.",
            "Mend the words or the file, or write all the same with --force.",
        )
    replace(context.root, path, after.body, read=before.body)
    if context.format == "json":
        context.emit({"id": incident.id, "path": path, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "status": status})
    else:
        click.echo(path)
    if text is None and not from_stdin:
        context.say("Now replace what stands in double square brackets.")
    return 0


PROMPT_LEFT = "TID310"
"""Prompts are what these commands are there to write; publishing refuses those that are still there."""


def _tell(context: Context, files: Mapping[str, SourceFile], path: str, now: datetime) -> int:
    """Print what is wrong with one incident's files, and count what must be mended."""
    _, findings = judged(tuple(files.values()), now)
    folder = path.rsplit("/", 1)[0] if path.endswith("/index.md") else None
    own = [
        f
        for f in findings
        if (f.place.path == path or (folder and f.place.path.startswith(f"{folder}/"))) and f.code != PROMPT_LEFT
    ]
    for finding in own:
        if finding.level is not Level.NOTE or context.verbose:
            click.echo(str(finding), err=True)
    return len(blocking(tuple(own)))


def _first_line(incident: Incident) -> int | None:
    """Give the line of the file's first update when the file has the newest first; None when it has the newest last."""
    lines = [update.place.line for update in incident.updates]
    return lines[-1] if len(lines) > 1 and lines[-1] < lines[0] else None


def _minute(now: datetime, incident: Incident) -> datetime:
    """Give the present to the minute, or to the second where the last update is younger than this minute."""
    minute = now.replace(second=0)
    return now if incident.updates and incident.updates[-1].at > minute else minute


def _standard_input() -> str:
    body = sys.stdin.buffer.read(_MAX_WORDS + 1)
    if len(body) > _MAX_WORDS:
        raise UsageError("Standard input is too long for an update.", "Give the words alone.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("Standard input is not UTF-8.", "Save the words as UTF-8.") from error


def _impacts(given: Sequence[str], default: Impact | None) -> dict[str, Impact]:
    """Read `id=impact` pairs; where there is a default, an id alone is enough."""
    out: dict[str, Impact] = {}
    known = [str(impact) for impact in Impact]
    for pair in given:
        name, equals, word = pair.partition("=")
        if not equals and default is not None:
            out[name.strip()] = default
            continue
        if _words(word.strip()) not in known:
            near = get_close_matches(_words(word), known, n=1)
            raise UsageError(
                f"'{pair}' names no impact: write it as ID=IMPACT.",
                f"Did you mean {name}={near[0]}?" if near else f"Impacts are {', '.join(known)}.",
            )
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name.strip()):
            raise UsageError(f"'{name}' is no component's id.", "See policy/components.yml.")
        out[name.strip()] = Impact(_words(word.strip()))
    return out


def _window(begins: str | None, ends: str | None, now: datetime, *, planned: bool) -> Window | None:
    if not planned:
        if ends is not None:
            raise UsageError("--until is for a maintenance.", "Give --kind maintenance and --from, or leave it out.")
        return None
    if begins is None or ends is None:
        raise UsageError("A maintenance needs its window.", "Give --from and --until, such as 2026-12-01T02:00Z.")
    window = Window(begins=_moment(begins, now), ends=_moment(ends, now))
    if window.ends <= window.begins:
        raise UsageError("The window ends before it begins.", "Give --until a later time than --from.")
    return window


def _moment(text: str, now: datetime) -> datetime:
    """Read a moment: `30m`, `2h` or `1d` from now, `15:30` UTC as it comes next, or ISO 8601 with a zone.

    Raises:
        UsageError: it is none of these.
    """
    ahead = _AHEAD.match(text.strip())
    if ahead:
        unit = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}[ahead[2]]
        return now.replace(second=0, microsecond=0) + timedelta(**{unit: int(ahead[1])})
    clock = _CLOCK.match(text.strip())
    if clock:
        today = now.astimezone(UTC).replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    return parse_moment(text.strip()).replace(microsecond=0)
