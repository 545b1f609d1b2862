"""`tidings hosting`: what a web server has to be told, written for the kind of host there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from publisher.cli.context import Context, pass_context
from publisher.model.errors import StorageError, UsageError

if TYPE_CHECKING:
    from publisher.hosting.survey import Survey
    from publisher.model.site import Site

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def hosting() -> None:
    """Write the files that tell a web server how to serve the page.

    Each holds the same headers: a content security policy with the theme's few inline scripts by their hash, and what
    else protects readers. They are computed from the pages as they are built now; write them anew after an update.
    Afterwards, `tidings doctor --url https://…` looks at the result.
    """


@hosting.command()
@click.option("--site-root", help="The folder nginx serves; by default that of the first target that is a folder.")
@click.option("--port", type=click.IntRange(1, 65535), help="443 with a certificate, else 80.")
@click.option("--certificate", help="PEM file. Without one nginx speaks HTTP, for a balancer that ends TLS before it.")
@click.option("--key", help="PEM file of the certificate's key.")
@click.option("--name", "names", multiple=True, help="A further host name; may be repeated.")
@click.option("--out", type=FILE, help="The file to write; standard output by default.")
@pass_context
def nginx(
    context: Context,
    *,
    site_root: str | None,
    port: int | None,
    certificate: str | None,
    key: str | None,
    names: tuple[str, ...],
    out: Path | None,
) -> int:
    """A server block for nginx, for /etc/nginx/conf.d/."""
    from publisher.hosting.nginx import NginxSettings, render_nginx  # noqa: PLC0415 - see LazyGroup

    site, survey = _look(context)
    settings = NginxSettings(
        names=(_host(site), *names),
        root=site_root or _folder(context),
        port=port,
        certificate=certificate,
        key=key,
        hub=site.websub,
        url=site.url,
    )
    _write(context, out, render_nginx(survey, settings))
    return 0


@hosting.command()
@click.option(
    "--out", type=FOLDER, help="The folder to write both files into: site_src, from where they are published."
)
@pass_context
def netlify(context: Context, out: Path | None) -> int:
    """_headers and _redirects, for Netlify, Cloudflare Pages and their like."""
    from publisher.hosting.netlify import render_headers, render_redirects  # noqa: PLC0415

    site, survey = _look(context)
    headers, redirects = render_headers(survey, secure=site.url.startswith("https:")), render_redirects()
    if out is None:
        click.echo(f"# --- _headers\n{headers}\n# --- _redirects\n{redirects}", nl=False)
        return 0
    _write(context, out / "_headers", headers)
    _write(context, out / "_redirects", redirects)
    return 0


@hosting.command()
@click.option("--out", type=FILE, help="The file to write; standard output by default.")
@pass_context
def cloudfront(context: Context, out: Path | None) -> int:
    """A CloudFormation template: a private bucket, CloudFront before it, and the publisher's rights."""
    from publisher.hosting.cloudfront import render_cloudfront  # noqa: PLC0415

    site, survey = _look(context)
    _write(context, out, render_cloudfront(survey, host=_host(site)))
    return 0


@hosting.command("s3-cors")
@click.option("--out", type=FILE, help="The file to write; standard output by default.")
@pass_context
def s3_cors(context: Context, out: Path | None) -> int:
    """The CORS rules of a bucket that readers reach without CloudFront, for put-bucket-cors."""
    from publisher.hosting.s3_cors import render_cors  # noqa: PLC0415

    _write(context, out, render_cors())
    return 0


@hosting.command()
@pass_context
def meta(context: Context) -> int:
    """A meta element, for hosts that let nobody set headers, and what it cannot do."""
    from publisher.hosting.policy import META_CANNOT, unframed_csp  # noqa: PLC0415

    _, survey = _look(context)
    click.echo(f'<meta http-equiv="Content-Security-Policy" content="{unframed_csp(survey)}">')
    click.echo('<meta name="referrer" content="strict-origin-when-cross-origin">')
    context.say("What no page can say about itself, and such a host leaves open:")
    context.say(*(f"  {name}: {why}" for name, why in META_CANNOT))
    return 0


def _look(context: Context) -> tuple[Site, Survey]:
    """Build the site and look at it; say what its own pages will miss."""
    from publisher import app  # noqa: PLC0415
    from publisher.deliver.upload import POINTER_HEADERS  # noqa: PLC0415
    from publisher.hosting.survey import survey  # noqa: PLC0415
    from publisher.model.component import Impact  # noqa: PLC0415
    from publisher.render.badge import badge  # noqa: PLC0415

    built = app.build(context.root, now=context.now)
    site = built.history.site
    if urlsplit(site.url).path not in {"", "/"}:
        raise UsageError(
            f"{site.url} lies below a folder, and these files are for a host of its own.",
            "Give the page a host name of its own in site_url: a status page should share nothing with what may fail.",
        )
    found = survey(
        built.artifacts,
        locales=site.locales,
        pointer_cache=dict(POINTER_HEADERS)["cache-control"],
        pictures=[badge("x", impact, "x", locale=site.locale).encode() for impact in Impact],
    )
    for one in found.blocked:
        click.echo(f"warning: {one.path}: browsers will ignore {one.what}. {one.next_step}", err=True)
    return site, found


def _host(site: Site) -> str:
    return urlsplit(site.url).hostname or "localhost"


def _folder(context: Context) -> str:
    from publisher import app  # noqa: PLC0415

    for target in app.read_policy(context.root).page.targets:
        if target.kind == "folder":
            return str((context.root / (target.path or "out/site")).resolve())
    raise UsageError(
        "No target in policy/channels.yml is a folder, so there is nothing for nginx to serve.",
        "Name the folder with --site-root, or a target of the kind folder.",
    )


def _write(context: Context, out: Path | None, text: str) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror}.", "Name another place with --out.") from error
    context.say(f"{out} written.")
