"""What crawlers ask for: `robots.txt` (RFC 9309) and the sitemap (sitemaps.org 0.9), of public pages alone.

The sitemap names every page that may be listed, in every language, with the moment its words last changed where that
is known. Pages of ours name their other languages in their heads; pages of `site_src/` have them here, because the
theme's script would take such links for addresses to fetch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from publisher.model.incident import Kind
from publisher.model.site import Site
from publisher.render.view import IncidentView, View
from publisher.site.links import address, tree, xml_escape

MOST = 45_000
"""Addresses in one file; the protocol allows 50,000."""
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"


def robots_text(site: Site) -> str:
    """Write `robots.txt`: who may fetch what, and where the sitemap is."""
    rules = site.robots
    everybody = ["Disallow: /"] if not rules.index else [f"Disallow: {path}" for path in rules.disallow]
    groups = [
        # a crawler with a group of its own reads no other, so what nobody may fetch stands in each
        [f"User-agent: {name}", *(["Disallow: /"] if not allowed else everybody or ["Allow: /"])]
        for name, allowed in sorted(rules.agents.items())
    ]
    groups.append(["User-agent: *", *(everybody or ["Allow: /"])])
    if rules.index:
        groups.append([f"Sitemap: {site.url}sitemap.xml"])
    return "\n\n".join("\n".join(lines) for lines in groups) + "\n"


def sitemap_files(
    site: Site, views: Mapping[str, View], others: Sequence[str], *, most: int = MOST
) -> dict[str, bytes]:
    """Write the sitemap as path → bytes: one file, or several and their index; none for a site not to be found.

    Args:
        site: the site.
        views: locale → public view.
        others: files of pages of `site_src/`, in every language's tree.
        most: addresses in one file.
    """
    if not site.robots.index:
        return {}
    lines = [_url(site.url + address(path), tongues=_tongues(site, path)) for path in sorted(others)]
    for locale, view in views.items():
        lines += [_url(site.href(path, locale), changed) for path, changed in _addresses(view)]
    sheets = [lines[i : i + most] for i in range(0, len(lines), most)] or [[]]
    if len(sheets) == 1:
        return {"sitemap.xml": _document("urlset", sheets[0])}
    made = {f"sitemap-{number}.xml": _document("urlset", sheet) for number, sheet in enumerate(sheets, start=1)}
    index = [f"<sitemap><loc>{xml_escape(site.url + name)}</loc></sitemap>" for name in made]
    return {"sitemap.xml": _document("sitemapindex", index), **made}


def _addresses(view: View) -> Iterator[tuple[str, datetime | None]]:
    """Give the addresses of a view's pages with the moment of the newest words on them, where that is known."""
    zone = ZoneInfo(view.site.time_zone)
    everything: tuple[IncidentView, ...] = (*view.incidents, *view.maintenances)
    newest = max((one.updated for one in everything), default=None)
    months: dict[date, datetime] = {}
    touched: dict[str, datetime] = {}
    for one in everything:
        if one.kind is not Kind.MAINTENANCE or one.active or not one.open or one.started <= view.as_of:
            month = one.started.astimezone(zone).date().replace(day=1)
            months[month] = max(months.get(month, one.updated), one.updated)
        for name in one.touched:
            touched[name] = max(touched.get(name, one.updated), one.updated)
    yield "", newest
    yield "history/", newest
    yield "maintenance/", max((one.updated for one in view.maintenances), default=None)
    yield "subscribe/", None
    for month in sorted(months):
        yield f"history/{month:%Y-%m}/", months[month]
    for component in view.components:
        yield f"components/{component.id}/", touched.get(component.id)
    for incident in sorted(everything, key=lambda one: one.id):
        yield f"incidents/{incident.id}/", incident.updated


def _tongues(site: Site, path: str) -> str:
    """Give the links to a page of `site_src/` in every language."""
    if len(site.locales) == 1:
        return ""
    plain = next((path.removeprefix(tree(site, x)) for x in site.locales[1:] if path.startswith(tree(site, x))), path)
    named = [*((other, other) for other in site.locales), ("x-default", site.locale)]
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{name}" href="{xml_escape(site.href(address(plain), locale))}"/>'
        for name, locale in named
    )


def _url(href: str, changed: datetime | None = None, tongues: str = "") -> str:
    when = f"<lastmod>{changed.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if changed else ""
    return f"<url><loc>{xml_escape(href)}</loc>{when}{tongues}</url>"


def _document(kind: str, lines: Sequence[str]) -> bytes:
    body = "\n".join(lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{_SPACE}" xmlns:xhtml="{_XHTML}">\n{body}\n</{kind}>\n'
    ).encode()
