"""`tidings preview`: the site and the mails, alive in a browser while somebody writes."""

from __future__ import annotations

import signal
import time
import traceback
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from publisher.adapters.preview_server import Page, PreviewServer, Screen, own_pages
from publisher.adapters.watch import WATCHED_FILES, WATCHED_FOLDERS, Watch
from publisher.building import Built
from publisher.cli.context import Context, pass_context
from publisher.cli.preview_mail import mail_pages
from publisher.model.digest import ContentHash
from publisher.model.errors import TidingsError
from publisher.model.finding import Finding, Level, blocking
from publisher.model.policy import Policy
from publisher.model.release import Release
from publisher.release.bundle import bundle

TICK_S = 30.0
"""Without a save, the site is built anew so often: windows begin and days end while somebody writes."""

_NOTHING_YET = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Nothing to show yet</title></head>
<body><h1>Nothing to show yet</h1>
<p>The site could not be built. What to mend stands below; this page comes alive when it is done.</p></body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of one build.

    Attributes:
        error: why there was nothing to show, if so.
        kept: whether the pages shown are those of an earlier build.
        seconds: how long it took.
    """

    findings: tuple[Finding, ...] = ()
    error: TidingsError | None = None
    kept: bool = False
    seconds: float = 0.0


class Studio:
    """Builds again and again, and goes on showing the last good pages while a text is broken.

    Args:
        build: reads and builds the repository as of a moment.
        now: asks for the present, once a build.
        show: takes what is to be shown.
    """

    def __init__(
        self,
        build: Callable[[datetime], Built],
        *,
        now: Callable[[], datetime],
        show: Callable[[Screen], None],
        mails: Callable[[Built], Mapping[str, Page]] = mail_pages,
    ) -> None:
        self._build = build
        self._now = now
        self._show = show
        self._mails = mails
        self._own = own_pages()
        nothing = Page(body=_NOTHING_YET, headers=(("content-type", "text/html; charset=utf-8"),))
        self._screen = Screen(pages={**self._own, "index.html": nothing, "404.html": nothing})
        self._good = False

    def rebuild(self) -> Attempt:
        """Build once, show what can be shown, and say what became of it. Never raises for what a writer can do."""
        begun = time.monotonic()
        findings: tuple[Finding, ...] = ()
        error: TidingsError | None = None
        screen = self._screen
        try:
            built = self._build(self._now())
            findings = built.findings
            if not (blocking(findings) and self._good):
                screen = self._screen_of(built)
                self._good = not blocking(findings)
        except TidingsError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001 - a fault of ours must not take the writer's window away
            error = TidingsError(
                f"Tidings itself failed: {type(caught).__name__}: {caught}", "Please report it, with the lines above."
            )
            traceback.print_exception(caught)
        problems = tuple(_told(finding) for finding in findings if finding.level is not Level.NOTE)
        if error is not None:
            problems = (
                {"level": "error", "where": "", "code": "", "what": error.cause, "fix": error.next_step},
                *problems,
            )
        kept = screen is self._screen
        shown = Screen(
            revision=self._screen.revision + (screen.pages != self._screen.pages),
            pages=screen.pages,
            problems=problems,
            base=screen.base,
        )
        # equal screens are not shown again: nothing reloads for nothing
        if (shown.revision, shown.problems) != (self._screen.revision, self._screen.problems):
            self._show(shown)
            self._screen = shown
        return Attempt(
            findings=findings, error=error, kept=kept and self._screen.revision > 0, seconds=time.monotonic() - begun
        )

    def _screen_of(self, built: Built) -> Screen:
        # stamped with the moment the words are of, not with the clock: else pages would reload at every tick
        as_of = built.views[built.history.site.locale].as_of
        release = bundle(built.artifacts, generation=0, parent=0, built=as_of)
        return Screen(
            pages=SitePages(release, {**self._mails(built), **self._own}),
            base=urlsplit(built.history.site.url).path or "/",
        )


class SitePages(Mapping[str, Page]):
    """A site's pages, made when somebody opens them, and some of the preview's own.

    Args:
        release: the site.
        own: path → page.
    """

    def __init__(self, release: Release, own: Mapping[str, Page]) -> None:
        self._release = release
        self._own = own

    def __getitem__(self, path: str) -> Page:
        if path in self._own:
            return self._own[path]
        entry = self._release.manifest.entries[path]
        return Page(body=self._release.bodies[entry.sha256], headers=entry.headers)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._release.manifest.entries, **self._own})

    def __len__(self) -> int:
        return len(self._release.manifest.entries.keys() | self._own.keys())

    def __contains__(self, path: object) -> bool:
        return path in self._own or path in self._release.manifest.entries

    def __eq__(self, other: object) -> bool:
        """Compare by hash: no page is made for it."""
        if not isinstance(other, SitePages):
            return super().__eq__(other)
        return self._own == other._own and self._release.manifest == other._release.manifest

    __hash__ = None  # type: ignore[assignment]


def _told(finding: Finding) -> dict[str, str]:
    return {
        "level": str(finding.level),
        "where": str(finding.place),
        "code": finding.code,
        "what": finding.what,
        "fix": finding.fix,
    }


def tell(context: Context, attempt: Attempt) -> None:
    """Say on the terminal what a build found."""
    for finding in attempt.findings:
        if finding.level is not Level.NOTE or context.verbose:
            click.echo(str(finding), err=True)
    if attempt.error is not None:
        click.echo(f"{attempt.error.cause}\n{attempt.error.next_step}".rstrip(), err=True)
    bad = len(blocking(attempt.findings))
    if attempt.kept and (bad or attempt.error):
        context.say("The browser keeps the last good pages until this is mended.")
    elif not bad and attempt.error is None:
        context.say(f"Built in {attempt.seconds:.1f} s; nothing that blocks.")


def _announced(root: Path, policy: Policy) -> frozenset[tuple[str, str, ContentHash]]:
    """Give every wording that was published from here before; looking must not make a database."""
    from publisher.app import database_path, records  # noqa: PLC0415 - see LazyGroup

    if not database_path(root).is_file():
        return frozenset()
    with records(root, policy) as known:
        return known.ledger.announced()


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Where to listen; 0 takes a free one.",
)
@click.option("--open/--no-open", "open_browser", default=False, help="Open the page in your browser.")
@click.option("--poll", is_flag=True, help="Look for changes every second: for network folders, which send no events.")
@pass_context
def preview(context: Context, *, port: int, open_browser: bool, poll: bool) -> None:
    """Show the site in a browser, alive, while you write.

    Every save is built at once and open pages reload. What must be mended stands in the browser and here; the last
    good pages stay meanwhile. The mails that the next publish would send are under /_preview/mail/. Only this machine
    can look.

    Ctrl-C ends it.
    """
    from publisher.app import build, remembered  # noqa: PLC0415 - see LazyGroup

    root: Path = context.root
    # ended by a service manager is ended as by the keyboard
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = PreviewServer(port=port)
    state = remembered(root)
    studio = Studio(
        lambda now: build(root, now=now, state=state, named=False),
        now=lambda: context.now,
        show=server.show,
        mails=lambda built: mail_pages(built, _announced(root, built.history.policy)),
    )
    try:
        with Watch(root, folders=WATCHED_FOLDERS, files=WATCHED_FILES, poll=poll) as watch:
            tell(context, studio.rebuild())
            # on stdout, alone on its line: other programs start the preview too
            click.echo(server.url)
            context.say(f"The mails: {server.url}_preview/mail/", "Ctrl-C ends the preview.")
            if open_browser:
                webbrowser.open(server.url)
            while True:
                changed = watch.wait(TICK_S)
                attempt = studio.rebuild()
                if changed:
                    context.say("", f"Changed: {', '.join(sorted(changed)[:3])}{' …' if len(changed) > 3 else ''}")  # noqa: PLR2004
                    tell(context, attempt)
    except KeyboardInterrupt:
        context.say("", "The preview has ended.")
    finally:
        server.close()
