"""Fetch one document over HTTP or HTTPS.

What it promises: only http and https, also after redirects; at most so many bytes and seconds, whatever the other side
does; every failure is one of our errors.

What it cannot do: sign in, or keep cookies. Proxies are taken from the environment as usual.

To try it by hand: `python -c "from publisher.adapters.http_get import get;
print(len(get('https://www.python.org/', max_bytes=10**6, timeout_s=20)))"`.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from publisher.model.errors import DeniedError, OutsideError, UnreachableError, UsageError

_CHUNK = 64 * 1024


def get(url: str, *, max_bytes: int, timeout_s: float) -> bytes:
    """Fetch a document.

    Args:
        url: absolute, http or https.
        max_bytes: more is refused, not cut.
        timeout_s: for the whole, seconds.

    Raises:
        UsageError: the address is no http(s) address.
        DeniedError: the answer was a refusal or an error.
        UnreachableError: no answer in time.
        OutsideError: the document is too large.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError(f"'{url}' is no web address.", "Give one that begins with https:// or http://.")
    deadline = time.monotonic() + timeout_s
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above, the opener knows no other
        url, headers={"User-Agent": "tidings", "Accept": "application/json"}
    )
    try:
        with _opener().open(request, timeout=timeout_s) as answer:
            body = b""
            while chunk := answer.read1(_CHUNK):
                body += chunk
                if len(body) > max_bytes:
                    raise OutsideError(
                        f"{url} is larger than {max_bytes:,} bytes.",
                        "Fetch it yourself and give the part that is needed.",
                    )
                if time.monotonic() > deadline:
                    raise UnreachableError(f"{url} took longer than {timeout_s:g} seconds.", "Try again later.")
            return body
    except urllib.error.HTTPError as error:
        with error:
            raise DeniedError(f"{url} answered {error.code} {error.reason}.", "Check the address.") from error
    except (urllib.error.URLError, TimeoutError, HTTPException, ConnectionError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise UnreachableError(f"{url} cannot be reached: {reason}.", "Check the address and the network.") from error
    except ValueError as error:
        raise UsageError(f"'{url}' is no web address.", "Give one that begins with https:// or http://.") from error


def _opener() -> urllib.request.OpenerDirector:
    """Give an opener without handlers for files, FTP or data, so that a redirect cannot lead there."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
