"""Addresses between pages: up from a page, across languages, and the marks search engines read."""

from __future__ import annotations

import posixpath
from html import escape
from urllib.parse import quote, urlsplit

from publisher.model.site import Site
from publisher.render.i18n import language


def tree(site: Site, locale: str) -> str:
    """Give the folder a language's pages live in: nothing for the source language, else `de/`."""
    return "" if locale == site.locale else f"{locale}/"


def address(path: str) -> str:
    """Give a page's address from its file: `a/index.html` is `a/`."""
    folder, name = posixpath.split(path)
    return quote((f"{folder}/" if folder else "") if name == "index.html" else path)


def up(path: str, *, site: Site, absolute: bool = False) -> str:
    """Give the way from a file to the site's root: `../../`, or an absolute path for a page served anywhere (404)."""
    if absolute:
        return urlsplit(site.url).path or "/"
    return "../" * path.count("/") or "./"


def head_links(site: Site, path: str, locale: str, *, alternates: bool = True) -> str:
    """Give the canonical link of a page and those to the same page in other languages.

    Args:
        site: the site.
        path: the page's file within its language's tree.
        locale: the page's language.
        alternates: no on pages that load the theme's script, which would fetch a sitemap below every alternate link,
            from the public address, on every view. Crawlers find those pages' languages in our sitemap.
    """
    here = address(path)
    lines = [f'<link rel="canonical" href="{escape(site.url + tree(site, locale) + here)}">']
    if alternates and len(site.locales) > 1:
        lines += [
            f'<link rel="alternate" hreflang="{escape(other)}" href="{escape(site.url + tree(site, other) + here)}">'
            for other in site.locales
        ]
        lines.append(f'<link rel="alternate" hreflang="x-default" href="{escape(site.url + here)}">')
    return "".join(lines)


def language_links(site: Site, path: str, locale: str, *, absolute: bool = False) -> str:
    """Give links to the same page in the site's other languages, each in its own name; nothing when there are none."""
    if len(site.locales) == 1:
        return ""
    root = up(tree(site, locale) + path, site=site, absolute=absolute)
    here = "" if absolute else address(path)
    links = []
    for other in site.locales:
        if other == locale:
            continue
        tongue = language(other)
        links.append(
            f'<a href="{escape(root + tree(site, other) + here)}" hreflang="{escape(other)}" lang="{escape(other)}"'
            f' dir="{tongue.direction}">{escape(tongue.name)}</a>'
        )
    return "".join(links)


def xml_escape(text: str) -> str:
    """Write text into XML. The standard library's own loads all of HTTP and TLS when it is imported."""
    return text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")
