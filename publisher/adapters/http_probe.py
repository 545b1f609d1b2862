"""Asks a web server one question at a time and gives its answer as it came.

What it promises: http and https alone, certificates are checked, redirects are not followed, nothing is kept between
questions; at most so many bytes and seconds; no answer is an exception: what went wrong stands in the answer.

What it cannot do: go through a proxy. It is to see what readers see, not what a proxy makes of it.

How to try it by hand: `tidings doctor --url https://status.example.com/`.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from publisher.hosting.answer import Answer
from publisher.model.errors import OutsideError, UnreachableError

TIMEOUT_S = 10.0
"""For one question, whatever the other side does."""
MAX_BYTES = 4_000_000
_CHUNK = 64 * 1024


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """Ask for a document.

    Args:
        url: absolute, http or https.
        headers: besides the host and our name.
        timeout_s: for the whole, seconds.
        max_bytes: of the body; more is left unread.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _none(url, f"{url} is no web address")
    if parts.scheme not in {"http", "https"} or not host:
        return _none(url, f"{url} is no web address")
    deadline = time.monotonic() + timeout_s
    connection: http.client.HTTPConnection
    try:
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=timeout_s, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers={"User-Agent": "tidings-doctor", **(headers or {})})
            response = connection.getresponse()
            body, whole = _read(response, connection, deadline, max_bytes)
            return Answer(
                url=url,
                status=response.status,
                headers=tuple((name.lower(), value) for name, value in response.getheaders()),
                body=body,
                whole=whole,
            )
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return _none(url, f"its certificate is not accepted: {error.verify_message}")
    except TimeoutError:
        return _none(url, f"no answer within {timeout_s:g} seconds")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _none(url, getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _read(
    response: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float, max_bytes: int
) -> tuple[bytes, bool]:
    body = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        chunk = response.read1(_CHUNK)
        if not chunk:
            return body, True
        body += chunk
        if len(body) > max_bytes:
            return body[:max_bytes], False


def _none(url: str, why: str) -> Answer:
    error: OutsideError = UnreachableError(why, "Check the address, the server and the network between.")
    return Answer(url=url, status=0, error=error)


def ipv6_addresses(host: str) -> tuple[str, ...]:
    """Give the IPv6 addresses a name has; none when it has none or does not resolve."""
    try:
        found = socket.getaddrinfo(host, None, family=socket.AF_INET6, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found if not str(entry[4][0]).startswith("::ffff:")))
