"""`tidings doctor`: what would keep Tidings from working here, found before the night it is needed."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.parse import urlsplit

import click

from publisher.adapters import machine
from publisher.cli.context import Context, counted, format_option, pass_context
from publisher.hosting.look import Look, State, fail, ok, warn
from publisher.model.errors import ConflictError, TidingsError, UsageError
from publisher.model.finding import blocking
from publisher.model.history import History
from publisher.model.policy import EmailPolicy, Policy, Target
from publisher.model.site import Site
from publisher.ports import ObjectStore
from publisher.release.pointer import POINTER, PRIVATE

__all__ = ["Look", "State", "doctor"]

LEAST_PYTHON = (3, 11)
LEAST_FREE = 200 * 1024 * 1024
"""Ten releases of a site with some pictures, bytes."""
PLAIN = (("content-type", "text/plain"),)
PRETEND_HOSTS = (".example", ".example.com", ".example.org", ".test", ".invalid", ".localhost")


def look_at_python(running: tuple[int, int] = sys.version_info[:2]) -> Look:
    """Is the interpreter new enough?"""
    words = f"{running[0]}.{running[1]}"
    if running < LEAST_PYTHON:
        return fail("Python", f"{words} is too old", "Install Python 3.11 or later and set Tidings up with it.")
    return ok("Python", words)


def look_at_packages(distribution: str = "tidings") -> Look:
    """Are all packages there, and MkDocs the one we know?"""
    wanted = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in requires(distribution) or ()]
    absent = []
    for name in wanted:
        try:
            version(name)
        except PackageNotFoundError:
            absent.append(name)
    if absent:
        return fail("packages", f"missing: {', '.join(absent)}", "Install Tidings again, with its dependencies.")
    mkdocs = version("mkdocs")
    if not mkdocs.startswith("1."):
        return fail(
            "packages", f"MkDocs {mkdocs} has no plugins", "Install mkdocs 1.6: pip install 'mkdocs>=1.6.1,<2'."
        )
    return ok("packages", f"all {len(wanted)} are here; MkDocs {mkdocs}, Material {version('mkdocs-material')}")


def look_at_git(root: Path) -> Iterator[Look]:
    """Can we tell which commit a release was made from?"""
    said = machine.program_version("git", "--version")
    if said is None:
        yield warn("git", "not found", "Install git: releases then name the commit they were made from.")
        return
    if machine.git_answer(root, "rev-parse", "--git-dir") is None:
        yield warn(
            "git", f"{said}; this folder is no repository", "Run git init, so that every word has an author and a date."
        )
        return
    if machine.git_answer(root, "rev-parse", "--is-shallow-repository") == "true":
        yield warn(
            "git",
            "this clone is shallow: earlier commits are missing",
            "Fetch them: git fetch --unshallow; in GitHub Actions, fetch-depth: 0.",
        )
        return
    yield ok("git", said)


def look_at_ssh_keygen() -> Look:
    """Can people sign approvals?"""
    if not machine.has_program("ssh-keygen"):
        return warn("ssh-keygen", "not found", "Install openssh-client: approvals are signed with it.")
    return ok("ssh-keygen", "found")


def look_at_folder(subject: str, folder: Path) -> Look:
    """Can we write there, and is there room?"""
    why = machine.why_not_writable(folder)
    if why is not None:
        return fail(subject, f"{folder} cannot be written: {why}", "Give this user the right to write there.")
    free = machine.free_bytes(folder)
    if free is not None and free < LEAST_FREE:
        return warn(
            subject, f"only {free // 2**20} MiB are free in {folder}", "Make room: a full disk stops a publish."
        )
    return ok(subject, f"{folder} can be written")


def look_at_records(root: Path, policy: Policy) -> Iterator[Look]:
    """Can what is remembered be read: who was told what, and who wants to be told? Makes no store where none is."""
    from publisher.app import database_path, records  # noqa: PLC0415 - see LazyGroup

    path = database_path(root)
    if not path.exists():
        return
    try:
        with records(root, policy) as opened:
            opened.outbox.counts()
    except TidingsError as error:
        yield fail("records", error.cause.rstrip("."), error.next_step)
    else:
        yield ok("records", f"{path} can be read")


def look_at_clock(root: Path, clock_now: datetime) -> Look:
    """Is this machine's present after the newest commit?"""
    newest = machine.newest_commit(root)
    if newest is not None and newest - clock_now > timedelta(minutes=5):
        return warn(
            "clock",
            f"here it is {clock_now:%Y-%m-%d %H:%M} UTC, but the newest commit is of {newest:%Y-%m-%d %H:%M} UTC",
            "Set the clock (NTP): stores refuse requests with a wrong time.",
        )
    return ok("clock", f"{clock_now:%Y-%m-%d %H:%M} UTC")


def look_at_content(history: History, errors: int) -> Look:
    """Do the texts say what they should?"""
    if errors:
        return fail("texts", f"{errors} things must be mended", "Run: tidings check.")
    components = counted(len(history.policy.registry.components), "component")
    return ok("texts", f"{counted(len(history.incidents), 'incident')}, {components}")


def look_at_site(site: Site) -> Iterator[Look]:
    """Does the address lead to readers?"""
    if site.clock is not None:
        yield warn(
            "site clock",
            f"the site stands still at {site.clock:%Y-%m-%d %H:%M} UTC",
            "Remove clock: from the plugin in mkdocs.yml before customers read it.",
        )
    parts = urlsplit(site.url)
    host = parts.hostname or ""
    if host == "localhost" or f".{host}".endswith(PRETEND_HOSTS):
        yield warn("address", f"{site.url} is for examples", "Set site_url in mkdocs.yml to where customers will read.")
    elif parts.scheme != "https":
        yield warn("address", f"{site.url} is not https", "Serve the page by https and say so in site_url.")
    elif (why := machine.why_unresolved(host)) is not None:
        yield warn(
            "address", f"{host} leads nowhere: {why}", "Make a DNS entry for it, or correct site_url in mkdocs.yml."
        )
    else:
        yield ok("address", site.url)


def look_at_target(target: Target, open_store: Callable[[Target], ObjectStore]) -> Look:
    """Does the place we publish to answer?"""
    subject = f"target {target.name}"
    try:
        store = open_store(target)
        live = store.get(POINTER)
    except TidingsError as error:
        return fail(subject, error.cause.rstrip("."), error.next_step)
    if live is None:
        return ok(subject, f"{store.name} answers; nothing is published there yet")
    return ok(subject, f"{store.name} answers; a release is live there")


def look_at_writing(target: Target, store: ObjectStore) -> Look:
    """May we write there, and does it refuse the second of two publishers? Leaves nothing behind."""
    subject = f"target {target.name}"
    key = f"{PRIVATE}doctor-{secrets.token_hex(8)}"
    try:
        version = store.put_if(key, b"first", PLAIN, expected=None)
        try:
            refused = _refuses(store, key, expected=None)
            store.put_if(key, b"third", PLAIN, expected=version)
            refused = _refuses(store, key, expected=version) and refused
        finally:
            store.delete((key,))
    except TidingsError as error:
        return fail(subject, error.cause.rstrip("."), error.next_step)
    if not refused:
        return fail(
            subject,
            "it ignores conditional writes: two publishers at once would undo each other's words",
            "Use a store that supports If-Match and If-None-Match, or make sure that only one machine ever publishes.",
        )
    return ok(subject, "it can be written, and keeps two publishers apart")


def _refuses(store: ObjectStore, key: str, *, expected: str | None) -> bool:
    try:
        store.put_if(key, b"second", PLAIN, expected=expected)
    except ConflictError:
        return True
    return False


def look_at_mail(email: EmailPolicy, root: Path) -> Look:
    """Will mail leave?"""
    if not email.enabled:
        return ok("mail", "switched off")
    if email.transport == "files":
        return look_at_folder("mail", root / email.path)
    if email.transport == "smtp":
        why = machine.why_closed(email.host, email.port, timeout_s=min(email.timeout_s, machine.ANSWER_S))
        if why is not None:
            return fail(
                "mail",
                f"{email.host}:{email.port} does not answer: {why}",
                "Correct email.host and email.port in policy/channels.yml, or ask who runs that server.",
            )
        if email.security == "none" and email.host not in {"localhost", "127.0.0.1", "::1"}:
            return warn(
                "mail", f"{email.host}:{email.port} answers, without TLS", "Set email.security: starttls or tls."
            )
        return ok("mail", f"{email.host}:{email.port} answers")
    return ok("mail", f"{email.transport}; asked when mail is sent, as asking costs money")


def looks(context: Context, *, write: bool) -> Iterator[Look]:
    """Look at everything, cheapest first; later looks need what earlier ones found."""
    from publisher.app import STATE, read_content, stores  # noqa: PLC0415 - see LazyGroup

    yield look_at_python()
    yield look_at_packages()
    yield from look_at_git(context.root)
    yield look_at_ssh_keygen()
    yield look_at_clock(context.root, context.clock_now())
    yield look_at_folder("state", context.root / STATE)
    if not (context.root / "mkdocs.yml").is_file():
        yield fail("repository", f"{context.root} holds no mkdocs.yml", "Start one with: tidings init.")
        return
    try:
        content = read_content(context.root, now=context.now)
    except TidingsError as error:
        yield fail("texts", error.cause.rstrip("."), error.next_step)
        return
    history = content.history
    yield from look_at_records(context.root, history.policy)
    yield look_at_content(history, len(blocking(content.findings)))
    yield from look_at_site(history.site)

    def open_store(target: Target) -> ObjectStore:
        # one at a time: a target that cannot be opened must not hide the others
        page = replace(history.policy.page, targets=(target,))
        return stores(context.root, replace(history.policy, page=page))[target.name]

    for target in history.policy.page.targets:
        look = look_at_target(target, open_store)
        yield look
        if write and look.state is State.OK:
            yield look_at_writing(target, open_store(target))
    yield look_at_mail(history.policy.email, context.root)


def _from_outside(context: Context, url: str, *, oldest: timedelta | None) -> Iterator[Look]:
    from publisher.cli.doctor_url import looks_from_outside  # noqa: PLC0415 - see LazyGroup

    # a demonstration's clock says nothing of how old a live page is
    return looks_from_outside(url, now=context.given_now or context.clock_now(), oldest=oldest)


MARKS = {State.OK: "ok  ", State.WARN: "warn", State.FAIL: "FAIL"}
COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


@click.command()
@click.option("--write", is_flag=True, help="Also write a small file to each target and remove it.")
@click.option("--url", metavar="ADDRESS", help="Look at this live page from outside instead, as its readers see it.")
@click.option(
    "--older-than",
    "oldest_minutes",
    type=click.IntRange(1),
    metavar="MINUTES",
    help="With --url: fail when the page was published longer ago than this.",
)
@format_option("text", "json")
@pass_context
def doctor(context: Context, *, write: bool, url: str | None, oldest_minutes: int | None) -> int:
    """Find what would keep Tidings from working here.

    Looks at Python and its packages, git, the clock, this repository's texts, the places it publishes to and the way
    its mail leaves. Without --write it changes nothing; with it, it also sees whether each target may be written and
    keeps two publishers apart. Exit code 1 when something will not work.

    With --url it looks at a live page: the headers that protect readers and what is weak in them, how long things are
    kept, what is not there, types, age and generation of the release, https and IPv6. It says what to do on the host
    that answered, and needs no repository.
    """
    found: list[Look] = []
    told = ""
    if url is not None and write:
        raise UsageError("--write is about targets, --url about what readers see.", "Give one of them.")
    if oldest_minutes and url is None:
        raise UsageError("--older-than is about a live page.", "Give its address with --url.")
    oldest = timedelta(minutes=oldest_minutes) if oldest_minutes else None
    for look in _from_outside(context, url, oldest=oldest) if url is not None else looks(context, write=write):
        found.append(look)
        if context.format != "json" and not (context.quiet and look.state is State.OK):
            click.echo(f"{click.style(MARKS[look.state], fg=COLOURS[look.state])}  {look.subject:<12} {look.what}")
            # one cure for several ills in a row is told once
            if look.next_step and look.next_step != told:
                click.echo(f"{'':<19}{look.next_step}")
            told = look.next_step
    failed = sum(look.state is State.FAIL for look in found)
    if context.format == "json":
        context.emit(
            {
                "ok": not failed,
                "checks": [
                    {"subject": x.subject, "state": str(x.state), "what": x.what, "next_step": x.next_step}
                    for x in found
                ],
            }
        )
    else:
        good = "Ready." if url is None else "Readers are well served."
        context.say(f"{failed} of {len(found)} looks found something that will not work." if failed else good)
    return 1 if failed else 0
