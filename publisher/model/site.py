"""What the site is called, where it lives and in which languages: read from `mkdocs.yml`, without MkDocs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.digest import short_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """How the company looks. Colours are CSS colours, paths relative to `site_src/`."""

    company: str = ""
    logo: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    """(label, address), shown in the footer."""
    contact: str | None = None
    colours: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What crawlers are asked to do (RFC 9309). They are asked, not stopped.

    Attributes:
        index: whether the site is to be found at all; no for a rehearsal or a page that only invited people know.
        disallow: beginnings of paths nobody is to fetch, each with its leading slash.
        agents: crawler's name → whether it may fetch anything.
    """

    index: bool = True
    disallow: tuple[str, ...] = ()
    agents: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The public site.

    Attributes:
        url: absolute, ends in `/`.
        locales: the source locale first.
        time_zone: IANA name; times on the page and in the Statuspage API are shown in it.
        second_url: the same page on an unrelated host, or None.
        websub: the hub that feeds name and that hears of each change (W3C WebSub), or None.
        clock: a fixed present for demonstrations; None is the real one.
        max_age_s: how long a reader's cache may keep pages, feeds and JSON, seconds.
    """

    name: str
    url: str
    description: str = ""
    locales: tuple[str, ...] = ("en",)
    time_zone: str = "Etc/UTC"
    second_url: str | None = None
    websub: str | None = None
    brand: Brand = Brand()
    clock: datetime | None = None
    max_age_s: int = 15
    utm: bool = True
    robots: Robots = Robots()
    catalogues: Mapping[str, str] = field(default_factory=dict)
    """Locale → the house's own gettext catalogue, as text. What it says stands before what we ship."""

    @property
    def locale(self) -> str:
        """The language incidents are written in."""
        return self.locales[0]

    @property
    def page_id(self) -> str:
        """The Statuspage API's id of this page, from its address."""
        return short_id("page", self.url)

    def href(self, path: str, locale: str | None = None) -> str:
        """Give the absolute address of a site path, in a locale's tree."""
        prefix = "" if locale in (None, self.locale) else f"{locale}/"
        return f"{self.url}{prefix}{path.lstrip('/')}"
