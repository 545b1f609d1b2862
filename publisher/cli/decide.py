"""`tidings decide`: what was decided, often by voice, in writing; and what must not be said since."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

import click

from publisher.cli.context import Context, format_option, parse_moment, pass_context
from publisher.cli.repository import named
from publisher.model.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from publisher.model.decision import Decision
    from publisher.model.digest import Plain
    from publisher.model.finding import Finding
    from publisher.model.history import History
    from publisher.model.incident import Incident


@click.command()
@click.argument("incident")
@click.argument("text", required=False)
@click.option("--by", metavar="NAME", help="Who decided.")
@click.option("--at", "at_text", metavar="TIME", help="When; now by default. ISO 8601 with zone.")
@click.option(
    "--forbid", "forbids", multiple=True, metavar="TERM", help="No words for readers may have it. Repeatable."
)
@click.option("--require", "requires", multiple=True, metavar="TERM", help="The words since must have it. Repeatable.")
@click.option("--until", "until_text", metavar="TIME", help="From then on it binds nobody.")
@click.option("--replaces", multiple=True, metavar="ID", help="An earlier decision that binds no longer. Repeatable.")
@format_option("text", "json")
@pass_context
def decide(  # noqa: PLR0917 -- one argument an option
    context: Context,
    incident: str,
    text: str | None,
    by: str | None,
    at_text: str | None,
    forbids: tuple[str, ...],
    requires: tuple[str, ...],
    until_text: str | None,
    replaces: tuple[str, ...],
) -> int:
    """Write down that TEXT was decided about INCIDENT; without TEXT, list what was.

    It is added to internal/INCIDENT/decisions.md, and to the log. From then on, words for readers that have a forbidden
    term are refused: title, updates, facts, mails, in every language and however it is disguised. A decision is never
    taken out; a later one replaces it.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.records.decisions import record_decision  # noqa: PLC0415

    now = context.now
    content = app.read_content(context.root, now=now)
    meant = named(content.history, incident, context.root)
    path, known = _known(context.root, meant)
    if text is None:
        if by or forbids or requires or until_text or replaces:
            raise click.UsageError('Say what was decided: `tidings decide INCIDENT "…" --by NAME`.')
        _list(context, meant, known, now)
        return 0
    if not by or not by.strip():
        raise click.UsageError("A decision wants --by NAME: somebody must stand for it.")
    decision = _decision(text, by, known, forbids, requires, replaces, _at(at_text, now), until_text)
    _add(context.root, path, meant.id, decision, known)
    with app.records(context.root, content.history.policy) as records:
        entry = record_decision(records.ledger, decision, incident=meant.id, now=now)
    broken = _broken(content.history, meant, (*known, decision), now)
    if context.format == "json":
        context.emit({**_plain(decision), "entry": entry.seq, "contradicted": [str(one) for one in broken]})
        return 0
    context.say(f"{decision.id} stands in {path}, and as entry {entry.seq} in the log.")
    for finding in broken:
        context.say(f"Already said: {finding}")
    return 0


def _at(text: str | None, now: datetime) -> datetime:
    at = parse_moment(text) if text else now.replace(microsecond=0)
    if at > now:
        raise UsageError(f"{at:%Y-%m-%d %H:%M} UTC is in the future.", "Write down what has been decided.")
    return at


def _known(root: Path, incident: Incident) -> tuple[str, tuple[Decision, ...]]:
    """Read what was decided so far.

    Raises:
        RefusedError: the file cannot be read in full: numbers that follow from it would be guesses.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.load.decisions import load_decisions, path_of  # noqa: PLC0415
    from publisher.load.roots import MAX_SOURCE_BYTES  # noqa: PLC0415

    path = path_of(incident.id)
    files, problems = app.sources(root).read(roots=(path,), max_bytes=MAX_SOURCE_BYTES)
    decisions: tuple[Decision, ...] = ()
    found = problems
    if files:
        decisions, unread = load_decisions(files[0])
        found = (*problems, *unread)
    if found:
        raise RefusedError(f"{path} cannot be added to: {found[0]}", "Mend it, then write the decision down again.")
    return path, decisions


def _decision(  # noqa: PLR0917 -- what was typed, in the order of the options
    text: str,
    by: str,
    known: tuple[Decision, ...],
    forbids: tuple[str, ...],
    requires: tuple[str, ...],
    replaces: tuple[str, ...],
    at: datetime,
    until_text: str | None,
) -> Decision:
    from publisher.model.decision import Decision  # noqa: PLC0415 - see LazyGroup

    return Decision(
        id=f"D{len(known) + 1}",
        at=at.replace(microsecond=0),
        by=normalize("NFC", " ".join(by.split())),
        text=normalize("NFC", text.replace("\r\n", "\n")).strip(),
        forbids=tuple(normalize("NFC", term.strip()) for term in forbids),
        requires=tuple(normalize("NFC", term.strip()) for term in requires),
        until=parse_moment(until_text) if until_text else None,
        supersedes=replaces,
    )


def _add(root: Path, path: str, incident: str, decision: Decision, known: tuple[Decision, ...]) -> None:
    """Add a decision to its file, whole or not at all, and only if it reads back as it was meant."""
    from publisher.adapters import authored  # noqa: PLC0415 - see LazyGroup
    from publisher.load.decisions import decision_text, front_of, load_decisions  # noqa: PLC0415
    from publisher.ports import SourceFile  # noqa: PLC0415

    before = (root / path).read_bytes() if (root / path).exists() else None
    beginning = before.decode() if before is not None else front_of(incident)
    after = (beginning.rstrip("\n") + "\n" + decision_text(decision)).encode()
    read, found = load_decisions(SourceFile(path=path, body=after))
    if found:
        raise RefusedError(f"It was not written down: {found[0].what}", found[0].fix)
    if read != (*known, decision):
        raise RefusedError(
            "It was not written down: these words would not read back as they were meant.",
            "Leave out lines that begin with `##`, and comments.",
        )
    if before is None:
        authored.write_new(root, path, after)
    else:
        authored.replace(root, path, after, read=before)


def _broken(
    history: History, incident: Incident, decisions: tuple[Decision, ...], now: datetime
) -> tuple[Finding, ...]:
    """Give what stands in the incident already and contradicts a decision."""
    from publisher.checks.decisions import contradictions  # noqa: PLC0415 - see LazyGroup
    from publisher.model.codes import levelled  # noqa: PLC0415

    return levelled(contradictions(incident, decisions, now=now), history.policy.levels)


def _list(context: Context, incident: Incident, known: tuple[Decision, ...], now: datetime) -> None:
    from publisher.model.decision import binding  # noqa: PLC0415 - see LazyGroup

    bind = {one.id for one in binding(known, now)}
    if context.format == "json":
        shown: list[Plain] = [{**_plain(one), "binds": one.id in bind} for one in known]
        context.emit({"incident": incident.id, "decisions": shown})
        return
    for one in known:
        over = "" if one.id in bind else "  (binds no longer)"
        click.echo(f"{one.id:<4} {one.at:%Y-%m-%d %H:%M} UTC  {one.by}{over}")
        click.echo("     " + "\n     ".join(one.text.split("\n")))
        for word, terms in (("forbids", one.forbids), ("requires", one.requires)):
            if terms:
                click.echo(f"     {word}: {', '.join(terms)}")
        if one.until is not None:
            click.echo(f"     until {one.until:%Y-%m-%d %H:%M} UTC")
        if one.supersedes:
            click.echo(f"     replaces {', '.join(one.supersedes)}")
    if not known:
        click.echo(f"Nothing was decided about {incident.id} yet.")


def _plain(one: Decision) -> dict[str, Plain]:
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "by": one.by,
        "text": one.text,
        "forbids": list(one.forbids),
        "requires": list(one.requires),
        "until": one.until.isoformat() if one.until else None,
        "replaces": list(one.supersedes),
    }
