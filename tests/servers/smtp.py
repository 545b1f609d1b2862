"""A real SMTP server on loopback that keeps what it is sent and can be told how to fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Phase: TypeAlias = Literal["MAIL", "RCPT", "DATA", "DOT"]
"""DATA is answered before the words come, DOT after them."""
DROP = "drop"
"""Hang up instead of answering; at DOT, after keeping the message."""
LOSE = "lose"
"""Hang up at DOT without keeping the message."""
Script: TypeAlias = Callable[[Phase, str], str | None]
"""(phase, recipient; empty in MAIL) → a reply such as `450 4.2.1 later`, DROP, LOSE, or None for the ordinary answer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as it came in."""

    sender: str
    recipients: tuple[str, ...]
    wire: bytes


@dataclass(slots=True)
class Sink:
    """What the server keeps and how it answers."""

    port: int = 0
    script: Script | None = None
    kept: list[Kept] = field(default_factory=list)
    connections: int = 0
    pipelining: bool = False
    """Offer RFC 2920."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, phase: Phase, recipient: str) -> str | None:
        return self.script(phase, recipient) if self.script else None

    def keep(self, message: Kept) -> None:
        with self._lock:
            self.kept.append(message)


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name and form
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.sink.pipelining else []), responses[-1]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name and form
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.sink.say("MAIL", "")
        if answer == DROP:
            _hang_up(server)
        if answer is not None:
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.sink.say("RCPT", address)
        if answer == DROP:
            _hang_up(server)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.sink.say("DOT", envelope.rcpt_tos[0])
        content = envelope.content
        assert isinstance(content, bytes)
        message = Kept(str(envelope.mail_from), tuple(envelope.rcpt_tos), content)
        if answer in {None, DROP}:
            self.sink.keep(message)
        if answer in {DROP, LOSE}:
            _hang_up(server)
        return answer or "250 2.0.0 OK: queued as 4F2A6B7C"


class _Server(SMTP):
    sink: Sink

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        envelope = self.envelope
        answer = self.sink.say("DATA", envelope.rcpt_tos[0]) if envelope and envelope.rcpt_tos else None
        if answer == DROP:
            _hang_up(self)
        elif answer is not None:
            await self.push(answer)
        else:
            await super().smtp_DATA(arg)


class _Controller(Controller):
    def __init__(self, sink: Sink, **options: Any) -> None:
        self.sink = sink
        super().__init__(_Handler(sink), hostname="127.0.0.1", port=0, **options)

    def factory(self) -> SMTP:
        server = _Server(self.handler, **self.SMTP_kwargs)
        server.sink = self.sink
        self.sink.connections += 1
        return server

    def _trigger_server(self) -> None:
        # port 0: the real one is known only now
        assert isinstance(self.server, asyncio.base_events.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


@contextmanager
def smtp_sink(script: Script | None = None, *, pipelining: bool = False, **options: Any) -> Iterator[Sink]:
    """Run a server for a block. `options` go to aiosmtpd's SMTP: `authenticator`, `tls_context`, `require_starttls`."""
    sink = Sink(script=script, pipelining=pipelining)
    controller = _Controller(sink, data_size_limit=0, **options)
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()
