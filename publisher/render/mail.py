"""Updates become one message on the wire, to exactly one recipient.

Headers, and why: `Message-ID` comes from the job, so a resend is known as the same message; `In-Reply-To` and
`References` name a root per incident, so mail programs show one thread; `List-Unsubscribe` with `List-Unsubscribe-Post`
is the one-click way out (RFC 8058) where the site has a page for it, else an address to answer; `Auto-Submitted`
(RFC 3834) and `X-Auto-Response-Suppress` (Exchange) keep machines from answering. Left out: `Precedence: bulk` (RFC
2076 discourages it, and filters read it as advertising) and `X-Entity-Ref-ID` (it would tear threads apart). The
recipient's token stands in the ways out and nowhere else.
"""

from __future__ import annotations

import email.policy
from collections.abc import Sequence
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote, urlsplit

from publisher.model.delivery import Envelope
from publisher.model.digest import short_id
from publisher.model.errors import RefusedError
from publisher.model.policy import EmailPolicy
from publisher.model.site import Site
from publisher.model.subscriber import Subscriber
from publisher.render.mail_headers import check_wire, harmless
from publisher.render.mail_page import Footing, MailPage, confirmation_page, mail_page
from publisher.render.mail_words import from_plain, mail_update, to_plain
from publisher.render.view import MailUpdate

__all__ = ["from_plain", "locale_for", "mail_update", "render_confirmation", "render_mail", "render_page", "to_plain"]

_HEAD = email.policy.SMTP.clone(max_line_length=998, cte_type="7bit")
"""998: shorter limits turn a long `List-Unsubscribe` into encoded words, which nobody follows (cpython#85725)."""
_PART = email.policy.SMTP.clone(cte_type="7bit")
_NEVER = frozenset(' <>,;:()[]\\"')
"""What an address that we write to never holds, though RFC 5321 lets quoted ones."""
TOKEN = "{token}"  # noqa: S105 - a place in an address


def locale_for(wanted: str, site: Site) -> str:
    """Choose the site's language nearest to a wish: the same, the same without country, else the source language."""
    plain = wanted.replace("_", "-").casefold()
    for locale in site.locales:
        if locale.casefold() == plain:
            return locale
    for locale in site.locales:
        if locale.casefold().partition("-")[0] == plain.partition("-")[0]:
            return locale
    return site.locale


def render_page(updates: Sequence[MailUpdate], *, site: Site, subscriber: Subscriber, policy: EmailPolicy) -> MailPage:
    """Give subject, HTML and text as `render_mail` sends them: for previews."""
    return mail_page(
        updates,
        site=site,
        locale=locale_for(subscriber.wishes.locale, site),
        footing=_footing(subscriber, policy),
    )


def render_mail(
    updates: Sequence[MailUpdate],
    *,
    site: Site,
    subscriber: Subscriber,
    policy: EmailPolicy,
    job: str,
    now: datetime,
) -> Envelope:
    """Write the one message that tells a subscriber of updates.

    Args:
        updates: at least one, in the order they are told.
        site: whose page it is.
        subscriber: who gets it.
        policy: sender and way out.
        job: stable name of the message, `[a-z0-9]+`; the Message-ID comes from it.
        now: for `Date`.

    Raises:
        RefusedError: what came out is not what was meant; it must not be sent.
    """
    page = render_page(updates, site=site, subscriber=subscriber, policy=policy)
    name = message_id(job, policy)
    domain = name.partition("@")[2]
    incidents = {update.incident for update in updates}
    thread = f"<incident.{short_id('thread', site.url, incidents.pop())}@{domain}>" if len(incidents) == 1 else None
    out = _unsubscribe(subscriber, policy)
    headers = [
        *([("In-Reply-To", thread), ("References", thread)] if thread else []),
        ("List-Id", f"<updates.{urlsplit(site.url).hostname or 'localhost'}>"),
        ("List-Unsubscribe", f"<{out}>"),
        *([("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")] if out.startswith("https:") else []),
    ]
    return _sealed(page, subscriber, policy, name, headers=headers, now=now)


def render_confirmation(
    subscriber: Subscriber, *, site: Site, policy: EmailPolicy, now: datetime, confirm_url: str | None = None
) -> Envelope:
    """Write the message that asks somebody to confirm. It is the only one a pending subscriber gets.

    Args:
        subscriber: who asked.
        site: what they asked for.
        policy: sender.
        now: for `Date`.
        confirm_url: address of the page that confirms, with `{token}` in it; None when confirming is done by command.

    Raises:
        RefusedError: what came out is not what was meant; it must not be sent.
    """
    page = confirmation_page(
        site=site,
        locale=locale_for(subscriber.wishes.locale, site),
        footing=_footing(subscriber, policy),
        confirm_url=confirm_url.replace(TOKEN, quote(subscriber.token, safe="")) if confirm_url else None,
    )
    name = short_id("confirm", subscriber.id, subscriber.asked.astimezone(UTC).isoformat(), length=25)
    return _sealed(page, subscriber, policy, f"{name}@{_domain(policy)}", headers=[], now=now)


def _sealed(
    page: MailPage,
    subscriber: Subscriber,
    policy: EmailPolicy,
    message_id: str,
    *,
    headers: Sequence[tuple[str, str]],
    now: datetime,
) -> Envelope:
    """Put words and headers together, and read the result again before anybody else can."""
    message = EmailMessage(policy=_HEAD)
    recipient = _address(subscriber.address, "the subscriber's address")
    message["From"] = Address(
        display_name=harmless(policy.sender_name or ""), addr_spec=_address(policy.sender, "email.sender").addr_spec
    )
    message["To"] = recipient
    message["Subject"] = harmless(page.subject)
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["Message-ID"] = f"<{message_id}>"
    for name, value in headers:
        message[name] = value
    if policy.reply_to:
        message["Reply-To"] = _address(policy.reply_to, "email.reply_to")
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary(message_id)}"'
    names = list(message.keys())
    for kind, body in (("plain", page.text), ("html", page.html)):
        part = EmailMessage(policy=_PART)
        part.set_content(body, subtype=kind, charset="utf-8")
        del part["MIME-Version"]
        message.attach(part)
    wire = message.as_bytes(policy=_HEAD)
    check_wire(
        wire,
        names=names,
        recipient=recipient.addr_spec,
        parts=[("text/plain", page.text), ("text/html", page.html)],
    )
    return Envelope(message_id=message_id, sender=policy.sender, recipient=recipient.addr_spec, wire=wire)


def _address(text: str, what: str) -> Address:
    try:
        if not text.isascii() or harmless(text) != text or text.count("@") != 1 or _NEVER & set(text):
            raise ValueError(text)  # noqa: TRY301 - one refusal for both ways of being wrong
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError) as error:
        raise RefusedError(f"A mail was not sent because {what} is no address.", "Mend it.") from error
    if not address.username or not address.domain:
        raise RefusedError(f"A mail was not sent because {what} is no address.", "Mend it.")
    return address


def _domain(policy: EmailPolicy) -> str:
    return _address(policy.sender, "email.sender").domain


def message_id(job: str, policy: EmailPolicy) -> str:
    """Give a job's Message-ID, without angle brackets."""
    return f"{job}@{_domain(policy)}"


def boundary(message_id: str) -> str:
    """Give the boundary between a message's parts.

    Quoted-printable never holds "=_" and base64 never "_": it stands in no part.
    """
    return f"=_{short_id('boundary', message_id, length=24)}"


def _footing(subscriber: Subscriber, policy: EmailPolicy) -> Footing:
    out = _unsubscribe(subscriber, policy)
    return Footing(
        address=subscriber.address,
        answer_to=policy.reply_to or policy.sender,
        token=subscriber.token,
        unsubscribe=out if out.startswith(("https:", "http:")) else None,
    )


def _unsubscribe(subscriber: Subscriber, policy: EmailPolicy) -> str:
    token = quote(subscriber.token, safe="")
    if policy.unsubscribe_url:
        return policy.unsubscribe_url.replace(TOKEN, token)
    return f"mailto:{policy.reply_to or policy.sender}?subject=unsubscribe%20{token}"
