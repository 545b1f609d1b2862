"""The guard of a message's header: texts are made harmless before, the wire bytes are read again after.

The standard library is not the guard: on Python 3.11 it turns an encoded word such as `=?utf-8?q?a=0D=0ABcc=3A_b?=` in
a subject into a second header line (CVE-2024-6923 and its kin). So nothing that could be read as an encoded word ever
reaches it, and what it wrote is parsed again, byte by byte, and compared with what was meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from publisher.model.errors import RefusedError

SUBJECT_LIMIT = 180
"""Characters of a subject: mail programs show fewer."""
LINE_LIMIT = 998
"""Bytes of a line without CRLF, RFC 5322 section 2.1.1."""

_BREAKS = re.compile(r"[\x00-\x20\x7f-\x9f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_NAME = re.compile(rb"[!-9;-~]+")


def harmless(text: str, *, limit: int = SUBJECT_LIMIT) -> str:
    """Give a text that may stand in a header: one line, no controls, no lone surrogates, nothing like an encoded word.

    Args:
        text: anything at all.
        limit: characters; a longer text is cut at a blank and ends in `…`.
    """
    clean = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    clean = _BREAKS.sub(" ", clean)
    clean = "".join(c for c in clean if unicodedata.category(c) not in {"Cc", "Cn", "Co"})
    # RFC 2047 words begin with `=?` and end with `?=`; a blank inside the mark takes their meaning away.
    clean = " ".join(clean.replace("=?", "= ?").replace("?=", "? =").split())
    if len(clean) > limit:
        head = clean[: limit - 1]
        clean = f"{head.rpartition(' ')[0] or head}…"
    return clean


def check_wire(wire: bytes, *, names: Sequence[str], recipient: str, parts: Sequence[tuple[str, str]]) -> None:
    """Read a finished message again and compare it with what was meant.

    Args:
        wire: the message, CRLF.
        names: the header names it may have, each once, in order.
        recipient: the one address in `To`.
        parts: (content type, text with LF) of each alternative, in order.

    Raises:
        RefusedError: it is not what was meant. It must not be sent.
    """
    problem = _lines_problem(wire)
    if problem is None and _header_names(wire) != list(names):
        problem = "its header has other lines than it should"
    if problem is None:
        # The plain old policy: it reads what is there, where the modern one also interprets.
        problem = _parsed_problem(message_from_bytes(wire), names, recipient, parts)
    if problem:
        raise RefusedError(
            f"A mail was not sent because {problem}.", "Look for odd characters in the incident's words."
        )


def _lines_problem(wire: bytes) -> str | None:
    if b"\r" in wire.replace(b"\r\n", b"") or b"\n" in wire.replace(b"\r\n", b""):
        return "it holds a lone line break"
    if any(len(line) > LINE_LIMIT for line in wire.split(b"\r\n")):
        return f"a line is longer than {LINE_LIMIT} bytes"
    if not wire.isascii() or b"\x00" in wire:
        return "it holds bytes that not every mail server takes"
    return None


def _header_names(wire: bytes) -> list[str] | None:
    """Read the names in a header by hand; None when a line is neither a field nor the continuation of one."""
    head, gap, _ = wire.partition(b"\r\n\r\n")
    found: list[str] = []
    for line in head.split(b"\r\n"):
        if line[:1] in {b" ", b"\t"} and found and line.strip():
            continue
        name, colon, _value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            return None
        found.append(name.decode())
    return found if gap else None


def _parsed_problem(
    message: Message, names: Sequence[str], recipient: str, parts: Sequence[tuple[str, str]]
) -> str | None:
    if message.keys() != list(names) or message.defects:
        return "its header reads differently when parsed"
    if [address for _, address in getaddresses(message.get_all("To", []))] != [recipient]:
        return "it names other recipients than the one it is for"
    found = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            found.append((part.get_content_type(), content.decode("utf-8", "replace").replace("\r\n", "\n")))
    return None if found == list(parts) else "its text reads differently when parsed"
