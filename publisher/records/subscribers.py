"""Consent, step by step: asked, confirmed, ended. Nothing here writes to anybody who did not confirm.

Order rules:
1. `subscribe` makes somebody pending and gives them a token; `confirm` takes that token and nothing else.
2. `unsubscribe` works at any time, twice too, and only a new `subscribe` with a new confirmation undoes it.
3. A suppressed address stays suppressed, whoever asks.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from publisher.model.errors import RefusedError
from publisher.model.subscriber import Consent, Subscriber, Wishes
from publisher.ports import Subscribers

TOKEN_BYTES = 24
"""192 bits: nobody guesses one."""
ID_BYTES = 12


def normalised(address: str) -> str:
    """Give an address as we write and compare it: no blanks around, domain in lower case and IDNA.

    Raises:
        RefusedError: it is no address that mail can reach. Nothing is looked up.
    """
    # lazily: who sends mail needs nothing of it
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        found = validate_email(
            address.strip(), check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        ).ascii_email
    except EmailNotValidError as error:
        raise RefusedError(
            f"This is not a mail address: {_shown(str(error))}", "Write it like ann@example.org."
        ) from error
    if found is None:
        raise RefusedError("This mail address has letters that mail servers refuse.", "Use one in plain letters.")
    return found


def _shown(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _token() -> str:
    """Make a token that can be typed after a command: one that began with a dash would be taken for an option."""
    while (token := secrets.token_urlsafe(TOKEN_BYTES)).startswith("-"):
        pass
    return token


def new_subscriber(
    address: str, *, now: datetime, wishes: Wishes | None = None, source: str, consent: Consent = Consent.PENDING
) -> Subscriber:
    """Make a subscriber with a fresh random id and token, stored nowhere yet."""
    return Subscriber(
        id=secrets.token_hex(ID_BYTES),
        address=normalised(address),
        token=_token(),
        consent=consent,
        wishes=wishes or Wishes(),
        asked=now,
        confirmed=now if consent is Consent.CONFIRMED else None,
        source=source,
    )


def subscribe(
    store: Subscribers, address: str, *, now: datetime, wishes: Wishes | None = None, source: str = "command"
) -> Subscriber:
    """Note that somebody asked for mail. They are pending until they confirm; who has confirmed before stays so.

    A pending person's wishes are replaced by the newer ones; a confirmed person's are not: whoever types an address
    need not be its owner.

    Raises:
        RefusedError: not an address, or a suppressed one.
    """
    asked = new_subscriber(address, now=now, wishes=wishes, source=source)
    known = store.add(asked)
    if known.id == asked.id or known.consent is Consent.CONFIRMED:
        return known
    if known.consent is Consent.SUPPRESSED:
        raise RefusedError(
            "This address is suppressed: it bounced for good or complained.", "Ask the person for another address."
        )
    again = replace(
        known,
        token=asked.token if known.consent is Consent.UNSUBSCRIBED else known.token,
        consent=Consent.PENDING,
        wishes=wishes or known.wishes,
        asked=now,
        confirmed=None,
        ended=None,
        source=source,
    )
    store.save(again)
    return again


def confirm(store: Subscribers, token: str, *, now: datetime) -> Subscriber:
    """Take a confirmation. A second one changes nothing.

    Raises:
        RefusedError: nobody holds this token, or they have left.
    """
    someone = _holder(store, token)
    if someone.consent is Consent.CONFIRMED:
        return someone
    if someone.consent is not Consent.PENDING:
        raise RefusedError("Whoever held this token has left since.", "Subscribe again.")
    confirmed = replace(someone, consent=Consent.CONFIRMED, confirmed=now)
    store.save(confirmed)
    return confirmed


def unsubscribe(store: Subscribers, token: str, *, now: datetime) -> Subscriber:
    """End it. A second time, or of a suppressed address, changes nothing.

    Raises:
        RefusedError: nobody holds this token.
    """
    someone = _holder(store, token)
    if someone.consent in {Consent.UNSUBSCRIBED, Consent.SUPPRESSED}:
        return someone
    left = replace(someone, consent=Consent.UNSUBSCRIBED, ended=now)
    store.save(left)
    return left


def suppress(store: Subscribers, someone: Subscriber, *, now: datetime) -> Subscriber:
    """Stop writing to an address for good: it bounced or complained."""
    if someone.consent is Consent.SUPPRESSED:
        return someone
    stopped = replace(someone, consent=Consent.SUPPRESSED, ended=now)
    store.save(stopped)
    return stopped


def set_wishes(store: Subscribers, token: str, wishes: Wishes) -> Subscriber:
    """Change what somebody wants to hear of.

    Raises:
        RefusedError: nobody holds this token.
    """
    changed = replace(_holder(store, token), wishes=wishes)
    store.save(changed)
    return changed


def _holder(store: Subscribers, token: str) -> Subscriber:
    someone = store.find(token=token)
    if someone is None:
        raise RefusedError("Nobody holds this token.", "Take it from the newest mail.")
    return someone
