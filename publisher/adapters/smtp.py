"""Mail by SMTP, one connection kept for a run.

## What it promises
- A receipt for each message: accepted (250 after the data), deferred (4xx), rejected (5xx), in doubt (the connection
  went after the data was sent and before the answer came).
- `OutsideError` when the server itself is out of order and nothing was handed over: no name, no connection, no TLS,
  log-in or sender refused.
- Every wait is bounded by `timeout_s`.

## What it cannot do
- Reach a recipient once: SMTP has no key and no look-up, so a message in doubt, sent again, may arrive twice, with the
  same Message-ID.
- Learn of bounces that come later by mail.

## How to try it by hand
    python -m aiosmtpd -n -l localhost:8025     then `email: {transport: smtp, port: 8025}` in policy/channels.yml
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from publisher.model.delivery import Envelope, Outcome, Receipt
from publisher.model.errors import DeniedError, OutsideError, UnreachableError
from publisher.ports import Clock

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_OK = 250
_TAKEN = frozenset({250, 251})
_GO_ON = frozenset({354})
_SERVICE_GONE = 421
_PERMANENT = 500
_MAX_DETAIL = 500
_REPLY_LIMIT = 8192
_SHORTEST = 4
"""Bytes of a line of a reply: three digits and an end."""
_PLAIN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_LOCAL_PART = re.compile(r"<?[^\s<>\"']+@[^\s<>\"',;:]+>?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where and how to connect.

    Attributes:
        security: `none`, `starttls` or `tls`. With the latter two, certificates are checked.
        user, password: for AUTH; None sends without.
        timeout_s: bound on each step, seconds.
        local_name: name to greet with; None takes the machine's.
    """

    host: str
    port: int = 25
    security: str = "none"
    user: str | None = None
    password: str | None = None
    timeout_s: float = 20.0
    local_name: str | None = None

    def __repr__(self) -> str:
        return f"SmtpServer(host={self.host!r}, port={self.port}, security={self.security!r})"


class SmtpTransport:
    """The port `MailTransport` over SMTP (RFC 5321).

    Args:
        server: where to.
        clock: for the time of receipts.
        context: for TLS; None checks certificates against the machine's own store.
    """

    idempotent = False

    def __init__(self, server: SmtpServer, *, clock: Clock, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._clock = clock
        self._context = context
        self._connection: smtplib.SMTP | None = None

    @property
    def name(self) -> str:
        """Say which server this is."""
        return f"smtp {self._server.host}:{self._server.port}"

    def send(self, envelope: Envelope) -> Receipt:
        """Send one message.

        Raises:
            OutsideError: the server is out of order; nothing was handed over.
        """
        kept = self._connection is not None
        connection = self._ready()
        try:
            return self._said_and_handed(connection, envelope)
        except _HungUpError as error:
            # A server may end a connection between two messages as it likes; one that was just made, it may not.
            if not kept:
                raise self._hung_up() from error.__cause__
        self._drop()
        try:
            return self._said_and_handed(self._ready(), envelope)
        except _HungUpError as error:
            raise self._hung_up() from error.__cause__

    def close(self) -> None:
        """Take leave. Safe to call twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _said_and_handed(self, connection: smtplib.SMTP, envelope: Envelope) -> Receipt:
        """Say who it is from and for, then hand the words over; a receipt, whatever the answers are.

        Where the server offers it, the three commands go as one (RFC 2920): one wait instead of three.

        Raises:
            _HungUpError: the server went before it had the final dot; it may not keep the message.
            DeniedError: it refuses our sender.
        """
        steps = (
            ("sender", f"MAIL FROM:{_path(envelope.sender)}", _TAKEN),
            ("recipient", f"RCPT TO:{_path(envelope.recipient)}", _TAKEN),
            ("words", "DATA", _GO_ON),
        )
        refused = _refusal(connection, steps)
        if refused is None:
            return self._data(connection, envelope)
        what, code, text = refused
        self._after_refusal(code)
        if code >= _PERMANENT and what == "sender":
            # No word about the recipient: whoever is next would be refused too, and nobody must lose mail over it.
            raise DeniedError(
                f"{self.name} refuses our sender ({code}).", "Check email.sender with the mail server's owner."
            )
        return self._receipt(_outcome(code), code, text, envelope)

    def _data(self, connection: smtplib.SMTP, envelope: Envelope) -> Receipt:
        """Hand the words over. From the final dot on, silence means doubt."""
        body = envelope.wire
        if body.startswith(b".") or b"\n." in body:
            body = re.sub(rb"(?m)^\.", b"..", body)
        body += b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"
        left = memoryview(body)
        try:
            while left:
                left = left[_sock(connection).send(left) :]
        except OSError as error:
            # The end of the final dot was not sent: no server may take the message (RFC 5321 section 4.1.1.4).
            raise _HungUpError from error
        try:
            code, text = _reply(connection)
        except (smtplib.SMTPServerDisconnected, OSError):
            self._drop()
            return self._said(Outcome.IN_DOUBT, "the connection went before the answer came")
        if code == _OK:
            return self._receipt(Outcome.ACCEPTED, code, text, envelope)
        self._after_refusal(code)
        return self._receipt(_outcome(code), code, text, envelope)

    def _ready(self) -> smtplib.SMTP:
        """Give the connection, a new one if there is none."""
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        connection: smtplib.SMTP | None = None
        try:
            if server.security == "tls":
                connection = smtplib.SMTP_SSL(
                    server.host,
                    server.port,
                    local_hostname=server.local_name,
                    timeout=server.timeout_s,
                    context=self._context or ssl.create_default_context(),
                )
            else:
                connection = smtplib.SMTP(
                    server.host, server.port, local_hostname=server.local_name, timeout=server.timeout_s
                )
            if connection.sock is not None:
                # A message's last piece is small; Nagle would hold it back for 40 ms.
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                connection.starttls(context=self._context or ssl.create_default_context())
                connection.ehlo()
            if server.user is not None:
                connection.login(server.user, server.password or "")
        except (smtplib.SMTPException, OSError) as error:
            if connection is not None:
                connection.close()
            raise self._out_of_order(error) from error
        return connection

    def _hung_up(self) -> OutsideError:
        self._drop()
        return UnreachableError(
            f"{self.name} hung up before the message was handed over.", "Look at the mail server's log."
        )

    def _out_of_order(self, error: Exception) -> OutsideError:  # noqa: PLR0911 - one line a cause
        match error:
            case socket.gaierror():
                return UnreachableError(f"No server is called {self._server.host}.", "Check email.host and the DNS.")
            case ssl.SSLError():
                return UnreachableError(
                    f"{self.name} could not be trusted: {error.reason or 'TLS failed'}.", "Check its certificate."
                )
            case _ if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                return UnreachableError(
                    f"{self.name} did not answer within {self._server.timeout_s:g} seconds.", "Check host and port."
                )
            case smtplib.SMTPAuthenticationError():
                return DeniedError(
                    f"{self.name} refused the user name or password ({error.smtp_code}).",
                    "Check TIDINGS_SMTP_USER and TIDINGS_SMTP_PASSWORD.",
                )
            case smtplib.SMTPNotSupportedError():
                return DeniedError(
                    f"{self.name} does not offer what email.security or the password asks for.", "Check both."
                )
            case smtplib.SMTPResponseException():
                return UnreachableError(f"{self.name} does not take mail now ({error.smtp_code}).", "Try again later.")
            case _:
                return UnreachableError(f"{self.name} cannot be reached.", "Check email.host and email.port.")

    def _after_refusal(self, code: int) -> None:
        """Clear the table for the next message, or leave where the server said goodbye."""
        if code == _SERVICE_GONE or self._connection is None or not _reset(self._connection):
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _receipt(self, outcome: Outcome, code: int, text: bytes, envelope: Envelope) -> Receipt:
        said = text.decode("utf-8", "replace").replace("\n", " ")
        if "@" in said:
            said = _LOCAL_PART.sub("<address>", said).replace(envelope.recipient, "<address>")
        enhanced = _ENHANCED.match(said)
        detail = said if enhanced else f"{code} {said}"
        return self._said(outcome, detail, provider_id=_queue_id(said) if outcome is Outcome.ACCEPTED else None)

    def _said(self, outcome: Outcome, detail: str, *, provider_id: str | None = None) -> Receipt:
        return Receipt(outcome=outcome, at=self._now(), detail=detail[:_MAX_DETAIL], provider_id=provider_id)

    def _now(self) -> datetime:
        return self._clock.now()


class _HungUpError(Exception):
    """The server went before a message was whole."""


def _refusal(
    connection: smtplib.SMTP, steps: Sequence[tuple[str, str, frozenset[int]]]
) -> tuple[str, int, bytes] | None:
    """Say commands and give the first answer that is no yes: (which step, code, text).

    Args:
        connection: to a server.
        steps: (name, command, codes that mean yes), the last one DATA.

    Raises:
        _HungUpError: the server went instead of answering.
    """
    together = connection.has_extn("pipelining")
    refused: tuple[str, int, bytes] | None = None
    try:
        if together:
            connection.send("".join(f"{command}\r\n" for _, command, _ in steps))
        for what, command, good in steps:
            if not together:
                connection.putcmd(command)
            code, text = _reply(connection)
            if code not in good:
                refused = refused or (what, code, text)
                if not together or code == _SERVICE_GONE:
                    break
            elif refused and good is _GO_ON:
                # It would take words for nobody: no dot, no message (RFC 2920 section 3.1).
                connection.close()
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise _HungUpError from error
    return refused


def _reset(connection: smtplib.SMTP) -> bool:
    try:
        connection.rset()
    except (smtplib.SMTPException, OSError):
        return False
    return True


def _path(address: str) -> str:
    """Write an address for a command; the usual ones without the library's long look at them."""
    path = f"<{address}>" if _PLAIN.fullmatch(address) else smtplib.quoteaddr(address)
    if "\r" in path or "\n" in path:
        raise ValueError("an address holds a line break")
    return path


def _sock(connection: smtplib.SMTP) -> socket.socket:
    if connection.sock is None:
        raise smtplib.SMTPServerDisconnected("no connection")
    return connection.sock


def _reply(connection: smtplib.SMTP) -> tuple[int, bytes]:
    """Read a reply, as smtplib does and in half the time; one that is no SMTP at all counts as none.

    Raises:
        smtplib.SMTPServerDisconnected: there is none.
    """
    if connection.file is None:
        connection.file = _sock(connection).makefile("rb")
    text = []
    while True:
        line: bytes = connection.file.readline(_REPLY_LIMIT)
        if len(line) < _SHORTEST or line[-1:] != b"\n" or not line[:3].isdigit():
            connection.close()
            raise smtplib.SMTPServerDisconnected("the server went, or answered something that is not SMTP")
        text.append(line[4:].strip(b" \t\r\n"))
        if line[3:4] != b"-":
            return int(line[:3]), b"\n".join(text)


def _outcome(code: int) -> Outcome:
    return Outcome.REJECTED if code >= _PERMANENT else Outcome.DEFERRED


def _queue_id(said: str) -> str | None:
    """Find the name the next server gave the message: `queued as 4F2A…`, as Postfix and others say."""
    found = re.search(r"(?:queued as|id=|Message accepted for delivery:?)\s*<?([A-Za-z0-9-]{6,64})", said)
    return found.group(1) if found else None
