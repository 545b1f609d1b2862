"""The same facts for programs, in the words of schema.org, as JSON-LD within a page.

An incident is a `LiveBlogPosting`: one text that grows by dated entries, which is what its page is. A maintenance is
an `Event` with a beginning and an end; it takes place online. `SpecialAnnouncement`, made for a pandemic, is gone from
the engines that read it, and nothing here claims to be news. A block of data runs nothing, so no policy has to name
it (CSP 3, section 4.2.3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from publisher.model.digest import Plain
from publisher.model.incident import Kind
from publisher.model.site import Site
from publisher.render.view import IncidentView, UpdateView, View

_CONTEXT = "https://schema.org"
_UPDATES = 30
"""Entries a page repeats for programs, newest first; the API has all."""
_WORDS = 500
"""Characters of each."""
_UNSAFE = (
    ("<", "\\u003c"),
    (">", "\\u003e"),
    ("&", "\\u0026"),
    ("\u2028", "\\u2028"),
    ("\u2029", "\\u2029"),
)
"""What could end the block or mean something in HTML; JSON may write any character by its number."""


def block(nodes: Sequence[Mapping[str, Plain]]) -> str:
    """Write nodes as one block of data, safe within HTML whatever they say; nothing for none."""
    if not nodes:
        return ""
    data = {"@context": _CONTEXT, "@graph": list(nodes)}
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign, number in _UNSAFE:
        body = body.replace(sign, number)
    return f'<script type="application/ld+json">{body}</script>'


def organization(site: Site) -> dict[str, Plain]:
    """Say whose page it is."""
    brand = site.brand
    node: dict[str, Plain] = {
        "@type": "Organization",
        "@id": f"{site.url}#organization",
        "name": brand.company or site.name,
    }
    links = [href for _label, href in brand.links if href.startswith(("https://", "http://"))]
    if links:
        node["url"] = links[0]
    if links[1:]:
        node["sameAs"] = [*links[1:]]
    if brand.logo:
        node["logo"] = site.url + brand.logo
    if brand.contact:
        contact = brand.contact.removeprefix("mailto:")
        key = "email" if "@" in contact and "://" not in contact else "url"
        node["contactPoint"] = {"@type": "ContactPoint", "contactType": "customer support", key: contact}
    return node


def website(view: View) -> dict[str, Plain]:
    """Say what the site is."""
    site = view.site
    node: dict[str, Plain] = {
        "@type": "WebSite",
        "@id": f"{site.url}#website",
        "url": site.href("", view.locale),
        "name": site.name,
        "inLanguage": list(site.locales),
        "publisher": {"@id": f"{site.url}#organization"},
    }
    if site.description:
        node["description"] = site.description
    return node


def breadcrumbs(trail: Sequence[tuple[str, str]]) -> dict[str, Plain]:
    """Say where a page stands: (name, address) of each step from the home page to the page itself."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": href}
            for number, (name, href) in enumerate(trail, start=1)
        ],
    }


def incident(view: View, told: IncidentView, *, description: str, picture: str) -> dict[str, Plain]:
    """Say what an incident or a maintenance is.

    Args:
        view: it stands in.
        told: the incident.
        description: the page's own.
        picture: address of the page's picture.
    """
    if told.kind is Kind.MAINTENANCE:
        return _event(view, told, description=description, picture=picture)
    return _posting(view, told, description=description, picture=picture)


def _posting(view: View, told: IncidentView, *, description: str, picture: str) -> dict[str, Plain]:
    site = view.site
    url = site.href(f"incidents/{told.id}/", view.locale)
    house: dict[str, Plain] = {"@type": "Organization", "name": site.brand.company or site.name, "url": site.url}
    node: dict[str, Plain] = {
        "@type": "LiveBlogPosting",
        "@id": f"{url}#incident",
        "url": url,
        "mainEntityOfPage": url,
        "headline": told.title,
        "description": description,
        "inLanguage": told.locale,
        "image": picture,
        "datePublished": _moment(min((update.at for update in told.updates), default=told.started)),
        "dateModified": _moment(told.updated),
        "coverageStartTime": _moment(told.started),
        "author": house,
        "publisher": house,
        "isPartOf": {"@id": f"{site.url}#website"},
    }
    if told.ended is not None:
        node["coverageEndTime"] = _moment(told.ended)
    named = [affected.name for affected in told.affected if affected.through is None]
    if named:
        node["about"] = [{"@type": "Service", "name": name} for name in named]
    if told.updates:
        node["liveBlogUpdate"] = [_entry(update, told, url, house) for update in told.updates[:_UPDATES]]
    return node


def _entry(update: UpdateView, told: IncidentView, url: str, house: Mapping[str, Plain]) -> dict[str, Plain]:
    return {
        "@type": "BlogPosting",
        "headline": told.title,
        "url": f"{url}#u-{update.id}",
        "datePublished": _moment(update.at),
        "inLanguage": update.words.locale,
        "articleBody": shortened(update.words.text, _WORDS),
        "author": dict(house),
    }


def _event(view: View, told: IncidentView, *, description: str, picture: str) -> dict[str, Plain]:
    site = view.site
    url = site.href(f"incidents/{told.id}/", view.locale)
    begins, ends = told.occurrences[0] if told.occurrences else (told.started, told.ended)
    node: dict[str, Plain] = {
        "@type": "Event",
        "@id": f"{url}#maintenance",
        "url": url,
        "name": told.title,
        "description": description,
        "inLanguage": told.locale,
        "image": picture,
        "startDate": _moment(begins),
        "eventAttendanceMode": f"{_CONTEXT}/OnlineEventAttendanceMode",
        "eventStatus": f"{_CONTEXT}/EventScheduled",
        "location": {"@type": "VirtualLocation", "url": url},
        "organizer": {"@type": "Organization", "name": site.brand.company or site.name, "url": site.url},
    }
    if ends is not None:
        node["endDate"] = _moment(ends)
    return node


def shortened(text: str, most: int) -> str:
    """Give the beginning of a text on one line, cut between words where it has blanks."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    head = line[:most]
    cut = head.rpartition(" ")[0]
    return (cut if len(cut) > most // 2 else head).rstrip(" ,;:") + " …"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
