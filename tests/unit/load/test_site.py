"""`mkdocs.yml` belongs to MkDocs; of it we read what is ours, strictly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.load.site import load_site
from publisher.model.site import Brand, Robots, Site
from publisher.ports import SourceFile

OURS = "site_name: Acme Status\nsite_url: https://status.example.com\n"


def load(text: str) -> tuple[Site, list[tuple[str, int]]]:
    site, found = load_site(SourceFile(path="mkdocs.yml", body=text.encode()))
    return site, [(f.code, f.place.line) for f in found]


def test_every_setting_arrives() -> None:
    site, found = load(
        OURS
        + """site_description: How Acme is doing
docs_dir: site_src
theme: {name: material, features: [&f a, *f]}
markdown_extensions:
  - pymdownx.emoji:
      emoji_index: !!python/name:material.extensions.emoji.twemoji
extra: {version: !ENV [VERSION, dev]}
plugins:
  - search
  - tidings:
      locales: [en, de, zh-Hant, pt-BR]
      time_zone: Europe/Berlin
      second_url: https://status.example.net/acme
      clock: 2026-11-24T12:00:00Z
      utm: false
      max_age_s: 30
      brand:
        company: Acme
        logo: logo.svg
        contact: mailto:help@example.com
        links: {Help: https://example.com/help, No: https://example.com/no}
        colours: {accent: "#123456"}
"""
    )
    assert found == []
    assert site == Site(
        name="Acme Status",
        url="https://status.example.com/",
        description="How Acme is doing",
        locales=("en", "de", "zh-Hant", "pt-BR"),
        time_zone="Europe/Berlin",
        second_url="https://status.example.net/acme/",
        clock=datetime(2026, 11, 24, 12, tzinfo=UTC),
        utm=False,
        max_age_s=30,
        brand=Brand(
            company="Acme",
            logo="logo.svg",
            contact="mailto:help@example.com",
            links=(("Help", "https://example.com/help"), ("No", "https://example.com/no")),
            colours={"accent": "#123456"},
        ),
    )


@pytest.mark.parametrize(
    "plugins",
    [
        "",
        "plugins: []\n",
        "plugins: [search, tidings]\n",
        "plugins:\n  - tidings: {}\n",
        "plugins: {tidings: {}}\n",
        "plugins:\n  tidings:\n",
    ],
)
def test_without_options_all_have_their_defaults(plugins: str) -> None:
    assert load(OURS + plugins) == (Site(name="Acme Status", url="https://status.example.com/"), [])


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("site_name: A\n", "TID503", 1),
        ("site_url: status.example.com\n", "TID503", 1),
        ("site_url: ftp://status.example.com\n", "TID503", 1),
        ("site_url: https://status.example.com/?a=b\n", "TID503", 1),
        ("site_url: https://status.example.com/#a\n", "TID503", 1),
        ("site_url: https://user@status.example.com/\n", "TID503", 1),
        ("site_url: 'https://status.example.com\\@evil.example'\n", "TID503", 1),
        ("site_url: !ENV SITE_URL\n", "TID509", 1),
        ("site_url: [a]\n", "TID014", 1),
        (f"{OURS}site_description: |\n  a\n  b\n", "TID309", 3),
        (f"{OURS}plugins:\n  - tidings: {{locale: [en]}}\n", "TID012", 4),
        (f"{OURS}plugins:\n  - tidings: {{locales: [english]}}\n", "TID504", 4),
        (f"{OURS}plugins:\n  - tidings: {{locales: [en, de, en]}}\n", "TID504", 4),
        (f"{OURS}plugins:\n  - tidings: {{time_zone: Berlin}}\n", "TID504", 4),
        (f"{OURS}plugins:\n  - tidings: {{time_zone: ../../etc/passwd}}\n", "TID504", 4),
        (f"{OURS}plugins:\n  - tidings: {{time_zone: /etc/localtime}}\n", "TID504", 4),
        (f"{OURS}plugins:\n  - tidings: {{utm: yes}}\n", "TID017", 4),
        (f"{OURS}plugins:\n  - tidings: {{max_age_s: 1m}}\n", "TID017", 4),
        (f"{OURS}plugins:\n  - tidings: {{clock: 2026-11-24}}\n", "TID016", 4),
        (f"{OURS}plugins:\n  - tidings: {{brand: {{company: !ENV A}}}}\n", "TID509", 4),
        (f"{OURS}plugins:\n  - tidings: {{locales: [!ENV A]}}\n", "TID509", 4),
        (f"{OURS}plugins:\n  - tidings: [a]\n", "TID014", 4),
        ("- a\n", "TID014", 1),
        ("a: [\n", "TID005", 2),
    ],
)
def test_what_is_ours_is_read_strictly(text: str, code: str, line: int) -> None:
    site, found = load(text)
    assert (code, line) in found
    assert site.url.startswith(("https://status.example.com/", "http://localhost/"))


def test_without_the_file_there_is_a_finding_and_a_site() -> None:
    site, found = load_site(None)
    assert [f.code for f in found] == ["TID501"]
    assert site.locales == ("en",)


def test_rules_for_robots_arrive() -> None:
    site, found = load(
        OURS
        + """plugins:
  - tidings:
      robots:
        index: false
        disallow: [/api/, "/*.json$", /api/]
        agents: {GPTBot: disallow, Googlebot: allow}
"""
    )
    assert found == []
    assert site.robots == Robots(
        index=False, disallow=("/api/", "/*.json$"), agents={"GPTBot": False, "Googlebot": True}
    )
    assert load(OURS)[0].robots == Robots()


@pytest.mark.parametrize(
    ("rules", "code", "line"),
    [
        ("index: nope", "TID017", 6),
        ("disallow: [api]", "TID014", 6),
        ('disallow: ["/a b"]', "TID014", 6),
        ('disallow: ["/a\\nAllow: /"]', "TID014", 6),
        ("disallow: /api/", "TID014", 6),
        ("agents: {GPTBot: never}", "TID015", 6),
        ('agents: {"*": disallow}', "TID014", 6),
        ('agents: {"a: b": disallow}', "TID014", 6),
        ("agents: [GPTBot]", "TID014", 6),
        ("noindex: true", "TID012", 6),
    ],
)
def test_a_rule_for_robots_that_cannot_work_is_a_finding(rules: str, code: str, line: int) -> None:
    """What a crawler would misread, or a second line smuggled into robots.txt."""
    site, found = load(f"{OURS}plugins:\n  - tidings:\n      robots:\n        {rules}\n")
    assert found == [(code, line)]
    assert site.robots == Robots()


@pytest.mark.parametrize(
    ("brand", "code"),
    [
        ("logo: ../../etc/passwd", "TID034"),
        ("logo: /logo.svg", "TID034"),
        ("logo: pictures/./logo.svg", "TID034"),
        ('logo: "javascript:alert(1)"', "TID034"),
        ("logo: https://elsewhere.example/logo.svg", "TID034"),
        ('links: {Help: "javascript:alert(1)"}', "TID306"),
        ("links: {Help: help.html}", "TID306"),
        ("links: {Help: 'https://example.com/ \"onclick=x'}", "TID306"),
        ('contact: "javascript:alert(1)"', "TID306"),
        ("contact: Ann", "TID306"),
        ('colours: {accent: "red;}body{display:none"}', "TID014"),
        ('colours: {acent: "#123456"}', "TID012"),
    ],
)
def test_a_brand_that_would_break_pages_is_a_finding_and_left_out(brand: str, code: str) -> None:
    site, found = load(f"{OURS}plugins:\n  - tidings:\n      brand:\n        company: Acme\n        {brand}\n")
    assert found == [(code, 7)]
    assert site.brand == Brand(company="Acme")


@pytest.mark.parametrize("contact", ["help@example.com", "mailto:help@example.com", "https://example.com/help?a=b#c"])
def test_a_contact_is_a_mail_address_or_one_of_the_web(contact: str) -> None:
    site, found = load(f"{OURS}plugins:\n  - tidings:\n      brand: {{contact: '{contact}'}}\n")
    assert found == []
    assert site.brand.contact == contact


@pytest.mark.parametrize("locale", ["xx", "qaa", "tlh"])
def test_a_language_nobody_can_write_dates_in_is_a_finding(locale: str) -> None:
    site, found = load(f"{OURS}plugins:\n  - tidings:\n      locales: [en, {locale}]\n")
    assert found == [("TID504", 5)]
    assert site.locales == ("en",)


@pytest.mark.parametrize(
    ("theme", "line"),
    [
        ("theme: readthedocs", 3),
        ("theme: {name: mkdocs}", 3),
        ("theme:\n  name: null", 4),
        ("theme: {language: de}", 3),
    ],
)
def test_a_theme_our_pages_are_not_made_for_is_a_finding(theme: str, line: int) -> None:
    assert load(f"{OURS}{theme}\n")[1] == [("TID015", line)]


@pytest.mark.parametrize("theme", ["", "theme: material\n", "theme: {name: material}\n"])
def test_without_a_theme_it_is_material(theme: str) -> None:
    assert load(OURS + theme)[1] == []
