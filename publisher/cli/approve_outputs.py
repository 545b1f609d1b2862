"""What an approver looks at: the files and mails that would go out about one incident, byte for byte."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.model.digest import ContentHash
from publisher.model.errors import StorageError, UsageError

if TYPE_CHECKING:
    from publisher.building import Built
    from publisher.model.release import Release

Told = Collection[tuple[str, str, ContentHash]]
"""(incident, update, revision) of what was published before: it is not mailed again."""


def write_outputs(built: Built, release: Release, incident: str, folder: Path, *, announced: Told) -> tuple[str, ...]:
    """Write what readers would get about an incident.

    Files are those a publish would bring, but for the number and time of the release that the front page and a few
    others carry. Mails go to an invented reader: address and links for leaving are theirs.

    Args:
        built: what was built.
        release: the same, frozen.
        incident: its id.
        folder: where to; new or empty.
        announced: what was mailed before.

    Returns:
        The paths written, below the folder: `site/…` as on the page, `mail/<locale>.html` and `.txt` if there is
        something to be mailed.

    Raises:
        UsageError: there is something in the folder already.
        StorageError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty.", "Name a new folder.")
    named = incident.encode()
    files = {
        f"site/{path}": body
        for path, entry in release.manifest.entries.items()
        if named in (body := release.bodies[entry.sha256]) or incident in path
    }
    files |= _mails(built, incident, announced)
    try:
        for path, body in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
    except OSError as error:
        raise StorageError(f"{folder} cannot be written: {error.strerror}.", "Name another folder.") from error
    return tuple(sorted(files))


def _mails(built: Built, incident: str, announced: Told) -> dict[str, bytes]:
    from publisher.cli.preview_mail import is_due, mail_of  # noqa: PLC0415 - see LazyGroup

    files = {}
    for locale, view in built.views.items():
        if (shown := view.by_id.get(incident)) is None:
            continue
        pairs = [(shown, update) for update in sorted(shown.updates, key=lambda update: update.at)]
        due = [p for p in pairs if is_due(p, announced, policy=built.history.policy.email, now=built.now)]
        if due:
            page = mail_of(built, view, due)
            files[f"mail/{locale}.html"] = page.html.encode()
            files[f"mail/{locale}.txt"] = f"Subject: {page.subject}\n\n{page.text}".encode()
    return files
