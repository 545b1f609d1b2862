"""`tidings audience`: who hears from us, and with whose consent."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.context import Context, counted, format_option, pass_context


@click.group()
def audience() -> None:
    """Subscribers: import, export, list, add, confirm, remove.

    Addresses are personal data: they live in the store (.tidings/state.db), never in the repository.
    """


@audience.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@format_option("text", "json")
@pass_context
def import_(context: Context, file: Path) -> int:
    """Bring in a CSV list with its wishes and its consent. Nobody is written to.

    A confirmed row needs the time of its consent. Whoever left or bounced stays out, whatever the file says.
    """
    from publisher.app import read_policy, read_site, records  # noqa: PLC0415 - see LazyGroup
    from publisher.records.csvlist import import_csv  # noqa: PLC0415

    policy = read_policy(context.root)
    known = frozenset(
        [c.id for c in policy.registry.components] + [g.id for g in policy.registry.groups],
    )
    with records(context.root, policy) as opened:
        done = import_csv(
            opened.subscribers,
            file.read_bytes(),
            name=file.name,
            now=context.now,
            known_ids=known or None,
            locales=read_site(context.root).locales,
        )
    if context.format == "json":
        context.emit(
            {
                "added": done.added,
                "ended": done.ended,
                "known": done.known,
                "kept_out": done.kept_out,
                "rejected": [{"line": row.line, "why": row.why} for row in done.rejected],
            }
        )
    else:
        click.echo(
            f"{done.added} added, {done.known} known already, {done.ended} ended, "
            f"{done.kept_out} kept out because they had left, {len(done.rejected)} rejected."
        )
    for row in done.rejected:
        click.echo(f"{file}:{row.line}: {row.why}", err=True)
    return 1 if done.rejected else 0


@audience.command("export")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of stdout.")
@click.option("--tokens", is_flag=True, help="With the tokens that confirm and unsubscribe. Keep such a file secret.")
@pass_context
def export(context: Context, out: Path | None, *, tokens: bool) -> None:
    """Write the whole list as CSV: what `import` takes."""
    from publisher.app import read_policy, records  # noqa: PLC0415 - see LazyGroup
    from publisher.records.csvlist import export_csv  # noqa: PLC0415

    with records(context.root, read_policy(context.root)) as opened:
        text = export_csv(opened.subscribers.all(), tokens=tokens)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="")
        context.say(f"{counted(max(0, text.count(chr(10)) - 1), 'subscriber')} written to {out}.")


@audience.command("list")
@format_option("text", "json")
@pass_context
def list_(context: Context) -> None:
    """Say who is on the list, with consent and wishes."""
    from publisher.app import read_policy, records  # noqa: PLC0415 - see LazyGroup

    with records(context.root, read_policy(context.root)) as opened:
        everyone = sorted(opened.subscribers.all(), key=lambda someone: someone.address)
    if context.format == "json":
        context.emit(
            [
                {
                    "address": someone.address,
                    "consent": str(someone.consent),
                    "locale": someone.wishes.locale,
                    "frequency": str(someone.wishes.frequency),
                    "severity": str(someone.wishes.severity),
                    "components": list(someone.wishes.components),
                    "maintenance": someone.wishes.maintenance,
                    "source": someone.source,
                }
                for someone in everyone
            ]
        )
        return
    for someone in everyone:
        about = ", ".join(someone.wishes.components) or "everything"
        click.echo(
            f"{someone.address}  {someone.consent}  {someone.wishes.frequency}  {someone.wishes.locale}  {about}"
        )
    context.say(f"{counted(len(everyone), 'subscriber')}.")


@audience.command("add")
@click.argument("address")
@click.option("--component", "components", multiple=True, help="Only this component or group; may be repeated.")
@click.option("--frequency", type=click.Choice(["immediate", "daily", "weekly"]), default="immediate")
@click.option("--severity", type=click.Choice(["sev1", "sev2", "sev3", "sev4"]), default="sev4", help="The mildest.")
@click.option("--locale", default=None, help="Language of the mails; the site's first by default.")
@click.option("--no-maintenance", is_flag=True, help="Nothing about planned work.")
@pass_context
def add(
    context: Context,
    address: str,
    *,
    components: tuple[str, ...],
    frequency: str,
    severity: str,
    locale: str | None,
    no_maintenance: bool,
) -> None:
    """Ask an address for its consent: double opt-in.

    The confirmation mail leaves at once; nothing else does before it is confirmed.
    """
    from publisher.app import confirmation_sender, read_policy, read_site, records  # noqa: PLC0415 - see LazyGroup
    from publisher.model.errors import UsageError  # noqa: PLC0415
    from publisher.model.incident import Severity  # noqa: PLC0415
    from publisher.model.subscriber import Consent, Frequency, Wishes  # noqa: PLC0415
    from publisher.records.subscribers import subscribe  # noqa: PLC0415

    policy, site = read_policy(context.root), read_site(context.root)
    known = {c.id for c in policy.registry.components} | {g.id for g in policy.registry.groups}
    unknown = sorted(set(components) - known)
    if unknown:
        raise UsageError(f"No component or group is called '{unknown[0]}'.", "Known ones: policy/components.yml.")
    if locale is not None and locale not in site.locales:
        raise UsageError(f"The site does not speak '{locale}'.", f"It speaks {', '.join(site.locales)}.")
    wishes = Wishes(
        components=components,
        severity=Severity(severity),
        maintenance=not no_maintenance,
        frequency=Frequency(frequency),
        locale=locale or site.locale,
    )
    now = context.now
    with records(context.root, policy) as opened:
        someone = subscribe(opened.subscribers, address, now=now, wishes=wishes)
    if someone.consent is Consent.CONFIRMED:
        context.say(f"{someone.address} is on the list already.")
        return
    confirmation_sender(context.root, policy, site)(someone, now)
    context.say(f"{someone.address} has been asked. It counts once confirmed: tidings audience confirm TOKEN")


# tokens of earlier lists may begin with a dash
@audience.command("confirm", context_settings={"ignore_unknown_options": True})
@click.argument("token")
@pass_context
def confirm(context: Context, token: str) -> None:
    """Take a confirmation: the token stands in the confirmation mail."""
    from publisher.app import read_policy, records  # noqa: PLC0415 - see LazyGroup
    from publisher.records.subscribers import confirm as take  # noqa: PLC0415

    with records(context.root, read_policy(context.root)) as opened:
        someone = take(opened.subscribers, token, now=context.now)
    context.say(f"{someone.address} is confirmed.")


@audience.command("remove", context_settings={"ignore_unknown_options": True})
@click.argument("token")
@pass_context
def remove(context: Context, token: str) -> None:
    """End a subscription: the token stands in every mail. A second time changes nothing."""
    from publisher.app import read_policy, records  # noqa: PLC0415 - see LazyGroup
    from publisher.records.subscribers import unsubscribe  # noqa: PLC0415

    with records(context.root, read_policy(context.root)) as opened:
        someone = unsubscribe(opened.subscribers, token, now=context.now)
    context.say(f"{someone.address} hears nothing more from us.")
