"""`tidings build`, `publish` and `rollback`: the site, in a folder or before its readers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.agreeing import agreed
from publisher.cli.context import Context, counted, format_option, pass_context
from publisher.cli.delivering import send_due, summary_lines, summary_plain
from publisher.cli.exits import EXIT_DEGRADED, EXIT_NOTHING_REACHED, EXIT_REFUSED
from publisher.cli.holding import held_back
from publisher.cli.publishing_told import exit_of, receipt_plain, tell_plan, tell_receipts, upload_progress, warn
from publisher.cli.refusals import refuse, stopped
from publisher.model.errors import TidingsError
from publisher.model.finding import blocking

TICK_S = 30.0
"""Without a save, `--watch` looks again after so long, seconds."""

if TYPE_CHECKING:
    from publisher.app import Records
    from publisher.building import Built
    from publisher.deliver.site import SiteReceipt
    from publisher.model.digest import Plain
    from publisher.model.site import Site
    from publisher.ports import ObjectStore
    from publisher.recall.state import State


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder; out/build in the repository by default. What else lies in it is removed.",
)
@click.option("--commit", help="Build what this commit holds instead of the files as they lie.")
@format_option("text", "json")
@pass_context
def build(context: Context, out: Path | None, commit: str | None) -> int:
    """Make the site in a folder, without publishing it. The same bytes as `mkdocs build`."""
    from publisher import app  # noqa: PLC0415 - see LazyGroup
    from publisher.adapters.site_folder import write_site  # noqa: PLC0415

    now = context.now
    built = app.build(context.root, now=now, commit=commit, named=False)
    if refuse(context, built.findings):
        return EXIT_REFUSED
    warn(context, built)
    folder = out or context.root / "out" / "build"
    written = write_site(folder, app.unpublished(built), memory=app.memory(context.root, of="folders-1"))
    if context.format == "json":
        context.emit({"folder": str(folder), "files": len(built.artifacts), "written": written.written})
    else:
        context.say(
            f"{counted(len(built.history.incidents), 'incident')} in {counted(len(built.views), 'language')}: "
            f"{counted(len(built.artifacts), 'file')} in {_shown(folder)}, {written.written} of them written, "
            f"{counted(written.removed, 'old one')} removed."
        )
    return 0


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, with a reason per file, and do nothing.")
@click.option("--allow-shrink", is_flag=True, help="Let the site lose more files than policy/channels.yml allows.")
@click.option("--no-deliver", is_flag=True, help="Leave the messages in the outbox for `tidings deliver`.")
@click.option("--without-page", is_flag=True, help="Let the messages go even if no target can be reached.")
@click.option("--target", "targets", multiple=True, help="Only this target of policy/channels.yml; may be repeated.")
@click.option("--commit", help="Publish what this commit holds instead of the files as they lie.")
@click.option(
    "--renew-after",
    "renew_minutes",
    type=click.IntRange(1),
    metavar="MINUTES",
    help="Bring an unchanged page again once it is this old, so that its age shows whether somebody still publishes.",
)
@click.option("--break-glass", "glass", metavar="WHY", help="Publish without the agreement policy asks for; on record.")
@click.option("--by", metavar="NAME", help="Who breaks the glass.")
@click.option("--watch", is_flag=True, help="Go on: publish after every save, until it is ended.")
@click.option("--wait", "wait_s", type=click.FloatRange(0), help="Seconds to wait for another publisher.")
@format_option("text", "json")
@pass_context
def publish(
    context: Context,
    *,
    dry_run: bool,
    allow_shrink: bool,
    no_deliver: bool,
    without_page: bool,
    targets: tuple[str, ...],
    commit: str | None,
    renew_minutes: int | None,
    wait_s: float | None,
    glass: str | None,
    by: str | None,
    watch: bool,
) -> int:
    """Bring the site and its messages to the readers.

    Checks everything, records the release and who is to hear of it, uploads what changed, and sends what is due. A run
    that is cut off is finished by the next one. With nothing changed, nothing is written and nothing is sent; with
    --renew-after, a few files are, which tell the page's age.

    With --break-glass and --by, words go out that lack an approval. It is put on record with its reason, and somebody
    must review it in time, or the next publish is refused.
    """
    if bool(glass and glass.strip()) != bool(by and by.strip()):
        raise click.UsageError("--break-glass WHY and --by NAME go together: somebody must stand for it.")
    wishes = _Wishes(
        dry_run=dry_run,
        allow_shrink=allow_shrink,
        no_deliver=no_deliver,
        without_page=without_page,
        targets=targets,
        commit=commit,
        renew_after=timedelta(minutes=renew_minutes) if renew_minutes else None,
        wait_s=wait_s,
        glass=(glass, by) if glass and by else None,
    )
    if not watch:
        return _publish(context, wishes)
    if commit or dry_run or glass:
        raise click.UsageError("--watch publishes as it goes: not with --commit, --dry-run or --break-glass.")
    _watch(context, wishes)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """What a person wants of a publish; see its options."""

    dry_run: bool
    allow_shrink: bool
    no_deliver: bool
    without_page: bool
    targets: tuple[str, ...]
    commit: str | None
    renew_after: timedelta | None
    wait_s: float | None
    glass: tuple[str, str] | None = None
    """(why, by whom) words go out without the agreement they need."""


def _watch(context: Context, wishes: _Wishes) -> None:
    """Publish after every save until somebody ends it. Nothing a writer or a network does ends it.

    Between saves it looks twice a minute: windows begin and end, days change, and mails become due.
    """
    from publisher.adapters.watch import WATCHED_FILES, WATCHED_FOLDERS, Watch  # noqa: PLC0415 - see LazyGroup
    from publisher.app import remembered  # noqa: PLC0415

    state = remembered(context.root)
    try:
        with Watch(context.root, folders=WATCHED_FOLDERS, files=WATCHED_FILES) as watch:
            changed: Collection[str] = ("everything",)
            context.say("Publishing after every save. Ctrl-C ends it.")
            while True:
                try:
                    _publish(context, wishes, state=state, silent=not changed)
                except TidingsError as error:
                    click.echo(f"tidings: {error.cause}\n         {error.next_step}".rstrip(), err=True)
                except Exception as error:  # noqa: BLE001 - a fault of ours must not leave later words unpublished
                    click.echo(f"tidings: {type(error).__name__}: {error}. Please report it.", err=True)
                    state = remembered(context.root)
                changed = watch.wait(TICK_S)
    except KeyboardInterrupt:
        context.say("", "No more is published.")


def _publish(context: Context, wishes: _Wishes, *, state: State | None = None, silent: bool = False) -> int:
    """Publish once.

    Args:
        context: as ever.
        wishes: what is wanted.
        state: what is remembered, where this process goes on.
        silent: whether nothing is said when nothing was done.
    """
    from publisher import app, pipeline  # noqa: PLC0415 - see LazyGroup

    built = app.build(context.root, now=context.now, commit=wishes.commit, state=state)
    if silent and blocking(built.findings):
        return EXIT_REFUSED
    policy = built.history.policy
    try:
        pipeline.admit(pipeline.weigh(built))
        if not silent:
            warn(context, built)
        with app.records(context.root, policy) as records:
            return _bring(context, wishes, built, records, silent=silent)
    except pipeline.GateError as refused:
        if wishes.dry_run:
            refuse(context, refused.verdict.findings)
        elif not silent:
            stopped(context, refused.verdict, policy, commit=wishes.commit)
        return EXIT_REFUSED


def _bring(context: Context, wishes: _Wishes, built: Built, records: Records, *, silent: bool) -> int:
    """Plan, and carry it out.

    Raises:
        GateError: it may not go out. Nothing was written.
    """
    from publisher import app, pipeline  # noqa: PLC0415 - see LazyGroup
    from publisher.adapters.clock import SystemClock  # noqa: PLC0415
    from publisher.records.rules import take_effect, typed_rules  # noqa: PLC0415

    now, policy = context.now, built.history.policy
    stores = _chosen(app.stores(context.root, policy), wishes.targets)
    inside = app.look_inside(context.root, built.history, records.ledger, now=now, commit=wishes.commit).findings
    verdict = agreed(context, built, records, inside, commit=wishes.commit, glass=wishes.glass, dry_run=wishes.dry_run)
    planned = pipeline.plan(
        built,
        stores,
        records.ledger,
        records.subscribers,
        verdict=verdict,
        allow_shrink=wishes.allow_shrink,
        renew_after=wishes.renew_after,
        documents=app.manifests(context.root),
    )
    waits = held_back(context, records, planned, dry_run=wishes.dry_run, silent=silent)
    if waits.page is not None:
        return 0
    if wishes.dry_run:
        tell_plan(context, planned)
        lost = sum(target.error is not None for target in planned.targets)
        return 0 if not lost else EXIT_NOTHING_REACHED if lost == len(planned.targets) else EXIT_DEGRADED
    with upload_progress() as progress:
        published = pipeline.publish(
            planned,
            records.ledger,
            clock=SystemClock(),
            allow_shrink=wishes.allow_shrink,
            without_page=wishes.without_page,
            wait_s=wishes.wait_s,
            progress=progress,
        )
    if published.words_go:
        take_effect(records.ledger, typed_rules(built.history), now=now)
    announced = _announce(context, published.receipts, built.history.site)
    sent = None
    if published.words_go and not wishes.no_deliver and policy.email.enabled:
        sent = send_due(context, records, built.history.site, policy.email, held=waits.held)
    if silent and planned.unchanged and not (sent and sent.messages):
        return 0
    if context.format == "json":
        context.emit(
            {
                "generation": planned.release.generation if published.reached and not planned.unchanged else None,
                "unchanged": planned.unchanged,
                "owed": len(planned.owed.deliveries) if not planned.unchanged else 0,
                "targets": [receipt_plain(receipt) for receipt in published.receipts],
                "hub": announced,
                "messages": summary_plain(sent) if sent else None,
            }
        )
    else:
        tell_receipts(context, published.receipts)
        for line in summary_lines(sent) if sent else ():
            context.say(line)
    return exit_of(published.receipts)


@click.command()
@click.argument("generation", type=int, required=False)
@format_option("text", "json")
@pass_context
def rollback(context: Context, generation: int | None) -> int:
    """Publish what an earlier release said, as a new release; without GENERATION, say which ones there are.

    The files in incidents/ stay as they are: mend them before the next publish, or their words go out again.
    """
    from publisher import app, pipeline  # noqa: PLC0415 - see LazyGroup
    from publisher.adapters.clock import SystemClock  # noqa: PLC0415
    from publisher.deliver.rollback import kept_releases  # noqa: PLC0415

    policy, site, now = app.read_policy(context.root), app.read_site(context.root), context.now
    stores = list(app.stores(context.root, policy).values())
    if generation is None:
        kept = kept_releases(stores[0])
        with app.records(context.root, policy) as records:
            made_of = pipeline.commits(records.ledger)
        if context.format == "json":
            context.emit(
                [
                    {"generation": r.generation, "built": r.built.isoformat(), "source": made_of.get(r.generation)}
                    for r in kept
                ]
            )
        for release in kept if context.format == "text" else ():
            source = made_of.get(release.generation, "")
            click.echo(f"{release.generation:>6}  {release.built:%Y-%m-%d %H:%M:%S} UTC  {source}".rstrip())
        return 0
    with app.records(context.root, policy) as records, upload_progress() as progress:
        _, receipts = pipeline.roll_back(
            stores,
            records.ledger,
            to=generation,
            policy=policy.page,
            site=site,
            now=now,
            clock=SystemClock(),
            progress=progress,
        )
    announced = _announce(context, receipts, site)
    if context.format == "json":
        plain = [receipt_plain(receipt) for receipt in receipts]
        context.emit({"rollback_of": generation, "targets": plain, "hub": announced})
    else:
        tell_receipts(context, receipts)
    return exit_of(receipts)


def _announce(context: Context, receipts: Sequence[SiteReceipt], site: Site) -> Plain:
    """Tell the site's hub, if it has one, of changed feeds. A hub that fails is worth a warning and nothing more."""
    from publisher import app, pipeline  # noqa: PLC0415 - see LazyGroup

    hub = app.hub(site)
    if hub is None:
        return None
    announced = pipeline.announce(receipts, hub, site=site)
    if announced.error is not None:
        click.echo(f"warning: {announced.error}", err=True)
    elif announced.topics and context.format == "text":
        feeds = "1 feed" if len(announced.topics) == 1 else f"{len(announced.topics)} feeds"
        context.say(f"{hub.name}: told of {feeds}.")
    return {"topics": list(announced.topics), "error": str(announced.error) if announced.error else None}


def _chosen(stores: Mapping[str, ObjectStore], names: Sequence[str]) -> list[ObjectStore]:
    unknown = [name for name in names if name not in stores]
    if unknown:
        raise click.UsageError(f"No target is called '{unknown[0]}'. There are: {', '.join(stores) or 'none'}.")
    if not stores:
        raise click.UsageError("policy/channels.yml names no target to publish to.")
    return [store for name, store in stores.items() if not names or name in names]


def _shown(path: Path) -> str:
    """Name a path the short way where it lies below the working folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
