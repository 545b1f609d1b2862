"""Tells a WebSub hub that feeds have changed, so that subscribers hear at once instead of at their next look.

What it promises: one form post for up to fifty feeds, `hub.mode=publish` with a `hub.url` for each, as PubSubHubbub
0.4 (section 7) wrote it down and hubs understand; W3C WebSub (section 6) leaves this step to publisher and hub. At most
so many seconds for all of it; no redirect is followed, as a post that is redirected arrives as something else. Every
failure is one of our errors.

What it cannot do: know whether the hub told anybody. It asks nothing about subscribers, and knows none.

To try it by hand: `python -c "from publisher.adapters.websub import WebSubHub;
WebSubHub('https://pubsubhubbub.appspot.com/').tell(['https://status.example.com/history.atom'])"`.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import IO
from urllib.parse import urlencode, urlsplit

from publisher.model.errors import DeniedError, UnreachableError, UsageError

TIMEOUT_S = 10.0
"""For all posts together."""
TOPICS = 50
"""In one post."""
_SHOWN = 200
"""Bytes of a refusal that are repeated to the person."""


class WebSubHub:
    """A hub at an address, which the site's settings name."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise UsageError(f"'{url}' is no web address.", "Give a hub that begins with https:// or http://.")
        self._url = url
        self._timeout_s = timeout_s

    @property
    def name(self) -> str:
        """Say which hub this is; what may be a key after the question mark is left out."""
        return self._url.split("?")[0]

    def tell(self, topics: Sequence[str]) -> None:
        """Post that these feeds have changed; see `ports.Hub`."""
        deadline = time.monotonic() + self._timeout_s
        for first in range(0, len(topics), TOPICS):
            left = deadline - time.monotonic()
            if left <= 0:
                raise UnreachableError(
                    f"The hub {self.name} took longer than {self._timeout_s:g} seconds.",
                    "Do nothing: feeds are read all the same, only later.",
                )
            self._post(topics[first : first + TOPICS], timeout_s=left)

    def _post(self, topics: Sequence[str], *, timeout_s: float) -> None:
        form = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)])
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above, the opener knows no other
            self._url,
            data=form.encode("ascii"),
            headers={"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "tidings"},
        )
        try:
            with _opener().open(request, timeout=timeout_s):
                pass
        except urllib.error.HTTPError as error:
            with error:
                raise DeniedError(
                    f"The hub {self.name} answered {error.code} {error.reason}{_words(error)}.",
                    "See whether it knows this site, and `websub` in mkdocs.yml.",
                ) from error
        except (urllib.error.URLError, TimeoutError, HTTPException, ConnectionError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise UnreachableError(
                f"The hub {self.name} cannot be reached: {reason}.",
                "Do nothing: feeds are read all the same, only later.",
            ) from error


def _words(answer: IO[bytes]) -> str:
    """Give the beginning of what a refusal says, on one line."""
    try:
        said = " ".join(answer.read(_SHOWN).decode("utf-8", "replace").split())
    except (OSError, HTTPException):
        return ""
    said = "".join(letter for letter in said if letter.isprintable())
    return f": {said}" if said else ""


def _opener() -> urllib.request.OpenerDirector:
    """Give an opener that follows no redirect and knows no other scheme."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
