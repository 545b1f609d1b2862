"""A mail server that takes everything, and counts: as little work as RFC 5321 allows, so that clients are measured.

Prints its port; ends when its standard input does, and writes what it saw to the file it was given, its last message
beside it. It offers PIPELINING (RFC 2920) and SIZE, as Postfix, Exim and the big providers do.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

HELLO = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    messages = 0
    last = b""
    recipients: set[bytes] = set()  # noqa: RUF012 - of all connections

    def __init__(self) -> None:
        self.held = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.held += data
        answers = []
        while True:
            if self.in_data:
                # the header always comes before the end: it never begins with the dot
                end = self.held.find(b"\r\n.\r\n")
                if end < 0:
                    break
                body, self.held = self.held[: end + 2], self.held[end + 5 :]
                self.in_data = False
                Sink.messages += 1
                Sink.last = body
                answers.append(b"250 2.0.0 OK: queued as 4F2A6B7C\r\n")
                continue
            line, found, rest = self.held.partition(b"\r\n")
            if not found:
                break
            self.held = rest
            answers.append(self.answer(line))
        if answers:
            self.transport.write(b"".join(answers))

    def answer(self, line: bytes) -> bytes:
        word = line[:4].upper()
        if word == b"EHLO":
            return HELLO
        if word == b"DATA":
            self.in_data = True
            return b"354 End data with <CR><LF>.<CR><LF>\r\n"
        if word == b"RCPT":
            Sink.recipients.add(line.partition(b":")[2].strip().lower())
            return b"250 2.1.5 Ok\r\n"
        if word == b"QUIT":
            return b"221 2.0.0 Bye\r\n"
        return b"250 2.1.0 Ok\r\n"


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    server.close()
    told = {"messages": Sink.messages, "recipients": len(Sink.recipients)}
    kept = Path(sys.argv[1])
    kept.write_text(json.dumps(told), encoding="utf-8")  # noqa: ASYNC240 - nothing else runs any more
    kept.with_suffix(".eml").write_bytes(Sink.last)


asyncio.run(main())
