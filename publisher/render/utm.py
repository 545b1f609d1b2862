"""Tracking parameters on links to our own site: which channel, which incident, which wording; never who."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from publisher.model.site import Site

_CONTENT_DIGITS = 12


def tag(url: str, *, source: str, medium: str, campaign: str, content: str) -> str:
    """Add `utm_source`, `utm_medium`, `utm_campaign` and `utm_content` to a web address.

    Query and fragment stay; tracking parameters that are there already are replaced. Anything but http and https
    comes back unchanged.

    Args:
        url: absolute address.
        source: kind of channel, `feed` or `email`.
        medium: form within it, `atom` or `digest`.
        campaign: incident id, or another name of what is told.
        content: revision of the wording; its first twelve digits are used.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return url
    marks = {
        "utm_source": source,
        "utm_medium": medium,
        "utm_campaign": campaign,
        "utm_content": content[:_CONTENT_DIGITS],
    }
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in marks]
    query += [(k, v) for k, v in marks.items() if v]
    return urlunsplit(parts._replace(query=urlencode(query)))


def tagger(site: Site, *, source: str, medium: str, campaign: str, content: str) -> Callable[[str], str]:
    """Give a function that tags the addresses of one site and no others; none at all when the site wants no tags."""
    ours = urlsplit(site.url)

    def change(url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        if not site.utm or parts[:2] != ours[:2] or not (parts.path or "/").startswith(ours.path):
            return url
        return tag(url, source=source, medium=medium, campaign=campaign, content=content)

    return change
