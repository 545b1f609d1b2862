"""The mails of a preview: what the next publish would send, as readers would get it."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from publisher.adapters.preview_server import PREFIX, Page
from publisher.model.digest import ContentHash
from publisher.model.errors import TidingsError
from publisher.model.policy import EmailPolicy
from publisher.model.subscriber import Consent, Subscriber, Wishes
from publisher.pipeline import Built
from publisher.render.mail import mail_update, render_page
from publisher.render.mail_page import MailPage
from publisher.render.view import IncidentView, UpdateView, View

FOLDER = PREFIX.lstrip("/") + "mail/"
MOST = 12
"""So many updates are shown in each language: rendering all of a long history would slow every save down."""
TOKEN = "a-token-that-only-the-preview-has"  # noqa: S105 - it opens nothing
DIGEST = timedelta(days=1)

_HTML = (("content-type", "text/html; charset=utf-8"),)
_TEXT = (("content-type", "text/plain; charset=utf-8"),)


def mail_pages(built: Built, announced: Collection[tuple[str, str, ContentHash]] = ()) -> dict[str, Page]:
    """Render the mails of the newest updates in every language, and their list.

    Args:
        built: what was built.
        announced: (incident, update, revision) of what was published before: it is not mailed again.
    """
    policy = built.history.policy.email
    pages: dict[str, Page] = {}
    rows: list[str] = []
    for locale, view in built.views.items():
        newest = _newest(view)
        due = [pair for pair in newest if is_due(pair, announced, policy=policy, now=built.now)]
        rows.append(f'<h2 lang="{html.escape(locale)}">{html.escape(locale)}</h2><ul>')
        for incident, update in newest:
            told = "the next publish sends it" if (incident, update) in due else "not sent: told before, or too old"
            rows.append(_put(pages, built, view, name=update.id, pairs=[(incident, update)], told=told))
        lately = [pair for pair in reversed(newest) if built.now - pair[1].at <= DIGEST]
        if lately:
            rows.append(_put(pages, built, view, name="digest", pairs=lately, told="the daily digest, as of now"))
        rows.append("</ul>")
    pages[f"{FOLDER}index.html"] = Page(body=_index(rows).encode(), headers=_HTML)
    return pages


def mail_of(built: Built, view: View, pairs: Sequence[tuple[IncidentView, UpdateView]]) -> MailPage:
    """Render the mail about some updates, to an invented reader of the view's language.

    Raises:
        TidingsError: it cannot be rendered.
    """
    reader = Subscriber(
        id="preview",
        address="reader@example.com",
        token=TOKEN,
        consent=Consent.CONFIRMED,
        wishes=Wishes(locale=view.locale),
        asked=built.now,
        confirmed=built.now,
    )
    updates = [mail_update(view, incident, update) for incident, update in pairs]
    return render_page(updates, site=built.history.site, subscriber=reader, policy=built.history.policy.email)


def is_due(
    pair: tuple[IncidentView, UpdateView],
    announced: Collection[tuple[str, str, ContentHash]],
    *,
    policy: EmailPolicy,
    now: datetime,
) -> bool:
    """Say whether the next publish would send a mail about an update."""
    incident, update = pair
    told = (incident.id, update.key, update.said) in announced
    return not told and timedelta(0) <= now - update.at <= policy.announce_within


def _newest(view: View) -> list[tuple[IncidentView, UpdateView]]:
    told = [(i, u) for i in (*view.incidents, *view.maintenances) for u in i.updates]
    return sorted(told, key=lambda pair: (pair[1].at, pair[0].id), reverse=True)[:MOST]


def _put(
    pages: dict[str, Page],
    built: Built,
    view: View,
    *,
    name: str,
    pairs: Sequence[tuple[IncidentView, UpdateView]],
    told: str,
) -> str:
    """Render one mail into `pages` and give its row of the list."""
    locale = view.locale
    try:
        page = mail_of(built, view, pairs)
    except TidingsError as error:
        return f"<li><strong>Refused.</strong> {html.escape(str(error))}</li>"
    at = f"{locale}/{name}"
    pages[f"{FOLDER}{at}.html"] = Page(body=page.html.encode(), headers=_HTML)
    pages[f"{FOLDER}{at}.txt"] = Page(body=f"Subject: {page.subject}\n\n{page.text}".encode(), headers=_TEXT)
    subject = f'<a href="{at}.html" lang="{html.escape(locale)}" dir="auto">{html.escape(page.subject)}</a>'
    return f'<li>{subject} · <a href="{at}.txt">text</a> · {html.escape(told)}</li>'


def _index(rows: Sequence[str]) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Mails</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{PREFIX}live.css"></head>\n<body class="tidings-mails"><main>'
        "<h1>The mails</h1><p>Newest first, to an invented reader. Nothing here is sent by looking at it.</p>\n"
        + "\n".join(rows)
        + "\n</main></body></html>\n"
    )
