"""`tidings approve`: look at the exact words, and agree to them with a signature."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.context import Context, counted, format_option, pass_context
from publisher.cli.repository import named
from publisher.model.errors import RefusedError

if TYPE_CHECKING:
    from publisher.model.governance import Need
    from publisher.model.history import History
    from publisher.model.incident import Incident
    from publisher.model.people import Person


@click.command()
@click.argument("incident")
@click.option("--as", "person", metavar="ID", help="Who you are in policy/people.yml; found by your key otherwise.")
@click.option("--role", metavar="ROLE", help="In which role; the one that is asked for, if it is one.")
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your private SSH key, or the public one of a key that ssh-agent or a hardware token holds.",
)
@click.option(
    "--outputs",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write what would go out there: pages, feeds, JSON, mails as HTML and text. A new folder.",
)
@click.option("--yes", is_flag=True, help="Sign. Without it, the words are shown, and who has to agree.")
@format_option("text", "json")
@pass_context
def approve(  # noqa: PLR0917 -- click hands options over by name
    context: Context,
    incident: str,
    person: str | None,
    role: str | None,
    key: Path | None,
    outputs: Path | None,
    *,
    yes: bool,
) -> int:
    """Show what would be said about INCIDENT and who has to agree; with --yes and --key, sign it.

    The signature is over a hash of every word in every language, and over who, in which role, on which site: a changed
    comma makes it void. It is written to internal/INCIDENT/approvals/, to be committed; it counts from when a publish
    has received it. Exit code 1 when agreement is missing.
    """
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.adapters import ssh  # noqa: PLC0415
    from publisher.load.approvals import approval_text, path_for  # noqa: PLC0415
    from publisher.model.approval import Statement, content_of  # noqa: PLC0415

    content = app.read_content(context.root, now=context.now)
    history = content.history
    meant = named(history, incident, context.root)
    written = _outputs(context, meant.id, outputs) if outputs is not None else ()
    if yes:
        if key is None:
            raise click.UsageError("Signing wants --key: the file of your SSH key.")
        who = _person(history, person, ssh.public_half(key), context)
        said = Statement(
            site=history.site.url,
            incident=meant.id,
            content=content_of(meant, history.site),
            role=_role(context, history, meant, who, role),
            person=who.id,
        )
        path = context.root / path_for(said)
        signature = ssh.sign(said.text, key=key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(approval_text(said, signature), encoding="utf-8")
        context.say(f"{who.name} agrees as {said.role}: {path.relative_to(context.root)}. Commit it.")
    with app.records(context.root, history.policy) as records:
        stand = app.agreement(context.root, history, records.ledger, now=context.now)
    mine = [need for need in stand.needs if need.incident == meant.id]
    given = {
        (need.role, one.person)
        for need in mine
        for one in stand.approvals
        if (one.role, one.content) == (need.role, need.content)
    }
    missing = [need for need in mine if sum(role == need.role for role, _ in given) < need.count]
    if context.format == "json":
        context.emit(
            {
                "incident": meant.id,
                "content": content_of(meant, history.site),
                "needs": [{"role": need.role, "why": need.why, "count": need.count} for need in mine],
                "given": [{"role": role, "person": person} for role, person in sorted(given)],
                "missing": [need.role for need in missing],
                "findings": [str(one) for one in stand.findings],
                "outputs": list(written),
            }
        )
        return 1 if missing else 0
    if not yes:
        _show(meant)
        click.echo(f"\nContent {content_of(meant, history.site)}")
    if written:
        pages = sum(one.endswith("index.html") for one in written)
        mails = sum(one.startswith("mail/") and one.endswith(".html") for one in written)
        click.echo(f"{counted(len(written), 'file')} in {outputs}: {counted(pages, 'page')}, {counted(mails, 'mail')}.")
    for need in mine:
        click.echo(_line(need, sorted(person for role, person in given if role == need.role), history))
    for one in stand.findings:
        click.echo(str(one), err=True)
    context.say(f"{counted(len(missing), 'approval')} missing." if mine else "Nobody has to agree to these words.")
    return 1 if missing else 0


def _outputs(context: Context, incident: str, folder: Path) -> tuple[str, ...]:
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.cli.approve_outputs import write_outputs  # noqa: PLC0415
    from publisher.model.finding import blocking  # noqa: PLC0415

    built = app.build(context.root, now=context.now)
    if blocked := blocking(built.findings):
        raise RefusedError(
            f"What would go out cannot be shown: {counted(len(blocked), 'finding')} must be mended first.",
            "See `tidings check`.",
        )
    with app.records(context.root, built.history.policy) as records:
        announced = records.ledger.announced()
    return write_outputs(built, app.unpublished(built), incident, folder, announced=announced)


def _person(history: History, wanted: str | None, public: str, context: Context) -> Person:
    """Find who signs: by the key, so that nobody signs as somebody else by a slip."""
    people = history.policy.approvals.people
    mine = [p for p in people.values() if any(k.line == public and k.counts(context.now) for k in p.keys)]
    if wanted is not None and wanted not in {p.id for p in mine}:
        known = ", ".join(people) or "nobody"
        raise RefusedError(f'This key is not one of "{wanted}" that counts now.', f"policy/people.yml knows {known}.")
    if not mine:
        raise RefusedError("This key is nobody's that counts now.", "Have it added to policy/people.yml, reviewed.")
    return mine[0]


def _role(context: Context, history: History, incident: Incident, who: Person, wanted: str | None) -> str:
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.approving import needs_of, standing_rules  # noqa: PLC0415
    from publisher.model.approval import content_of  # noqa: PLC0415

    may = {*who.roles, who.id}
    if wanted is not None:
        if wanted not in may:
            raise RefusedError(f'{who.name} may not agree as "{wanted}".', f"As {', '.join(sorted(may))}.")
        return wanted
    with app.records(context.root, history.policy) as records:
        rules = standing_rules(history, records.ledger.archive())
    asked = [need.role for need in needs_of(incident, content_of(incident, history.site), rules) if need.role in may]
    if len(asked) == 1:
        return asked[0]
    roles = ", ".join(sorted(asked or may))
    raise click.UsageError(f"Say in which role you agree, with --role: {roles}.")


def _line(need: Need, persons: list[str], history: History) -> str:
    people = history.policy.approvals.people
    names = ", ".join(people[one].name if one in people else one for one in persons)
    state = f"agreed: {names}" if len(persons) >= need.count else f"waiting{f' ({names} agreed)' if names else ''}"
    return f"{need.role:<16} {state}  ({need.why})"


def _show(incident: Incident) -> None:
    """Show every word that would be said, as it would be."""
    shown = [(incident.locale, incident.title, incident.headline)]
    shown += [(one.locale, one.title, one.headline) for one in incident.translations.values()]
    for locale, title, headline in shown:
        click.echo(f"[{locale}] {title}" + (f" - {headline}" if headline else ""))
        for update in incident.updates:
            translation = incident.translations.get(locale)
            body = update.body if translation is None else translation.bodies.get(update.key)
            if body is not None:
                click.echo(f"\n  {update.at:%Y-%m-%d %H:%M} UTC · {update.status}")
                click.echo("\n".join(f"  {line}" for line in body.splitlines()))
        click.echo()
    for segment, body in incident.private.items():
        click.echo(f"[for {segment}]\n{body}\n")
