"""How much a reader on a slow line pays, held as figures; and whose page it is."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
import yaml

from publisher import app
from publisher.adapters.site_folder import write_site
from publisher.site.mending import squeezed
from tests.site.workspace import EXAMPLE, NOW, copy_example, parsed

HOME = 20 * 1024
LITE = 10 * 1024
SCRIPT = 6 * 1024
"""Bytes. The first compressed by gzip, the others as they are."""
_INCIDENT = """---
title: {title}
headline: {title} for some customers.
category: outage
severity: sev2
components: {{{component}: partial_outage}}
started: 2026-11-20T1{n}:02:00Z
---

## 2026-11-20 1{n}:10 UTC · Investigating

{words}

## 2026-11-20 1{n}:40 UTC · Identified
<!--
who: Customers in region {n}
meanwhile: Use the other region where you can
next: 2026-11-20T16:05:00Z
-->

{words} This was update two.
"""
_WORDS = (
    "Since {n}2 past the hour, requests number {n} to the service take longer than they should or fail. Our engineers "
    "see the cause in store {n} and are moving traffic away from it. Nothing that was saved is lost.\n\nWe do not know "
    "yet how long shelf {n} needs; the next words follow at the time given below."
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with thirty components and three incidents open at once, built."""
    top = tmp_path_factory.mktemp("busy")
    root = copy_example(top / "repository")
    registry = root / "policy" / "components.yml"
    known = yaml.safe_load(registry.read_text(encoding="utf-8"))
    for n in range(len(known["components"]), 31):
        known["components"][f"region-{n}"] = {"name": f"Region number {n}", "since": "2025-01-01"}
    registry.write_text(yaml.safe_dump(known, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for n, component in enumerate(["sandbox", "payouts"]):
        folder = root / "incidents" / f"2026-11-20-region-{n}.md"
        words = _WORDS.format(n=n)
        folder.write_text(
            _INCIDENT.format(title=f"Slow answers in region {n}", component=component, n=n, words=words),
            encoding="utf-8",
        )
    out = top / "site"
    write_site(out, app.unpublished(app.build(root, now=NOW)))
    return out


def test_home_with_thirty_components_and_three_incidents(busy: Path) -> None:
    body = (busy / "index.html").read_bytes()
    page = parsed(body)
    assert len(page.xpath("//*[@class='td-comp']")) >= 30
    assert len(page.xpath("//article[contains(@class, 'td-card--part')]")) == 3
    assert len(gzip.compress(body, 6)) <= HOME
    for locale in ("de", "ar"):
        assert len(gzip.compress((busy / locale / "index.html").read_bytes(), 6)) <= HOME


def test_the_light_page_with_three_incidents(busy: Path) -> None:
    for locale in ("", "de/", "ar/"):
        assert len((busy / locale / "lite" / "index.html").read_bytes()) <= LITE


def test_one_script_and_it_is_small(busy: Path) -> None:
    scripts = list((busy / "assets").glob("tidings.*.js"))
    assert [len(s.read_bytes()) <= SCRIPT for s in scripts] == [True]
    page = parsed((busy / "index.html").read_bytes())
    ours = [s for s in page.xpath("//script/@src") if "tidings." in s]
    assert ours == [f"./assets/{scripts[0].name}"], "relative, so that a saved page finds it"


def test_squeezing_leaves_words_alone() -> None:
    assert squeezed('/* a */\nconst x = "a  =  b // c"; // why\n  y(`${ x } = 1`);\n') == (
        'const x="a  =  b // c";\ny(`${ x } = 1`);\n'
    )


def test_the_brand_is_the_houses_own(tmp_path: Path) -> None:
    root = copy_example(tmp_path / "repository")
    (root / "site_src" / "sign.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    config = root / "mkdocs.yml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["site_name"] = "Contoso status"
    settings["plugins"][0]["tidings"]["brand"] = {
        "company": "Contoso",
        "logo": "sign.svg",
        "contact": "help@contoso.example",
        "links": {"Contoso": "https://contoso.example/"},
        "colours": {"maint": "#123456", "evil": "red}body{display:none"},
    }
    config.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    out = tmp_path / "site"
    write_site(out, app.unpublished(app.build(root, now=NOW)))
    for path, up in (("index.html", "./"), ("ar/history/index.html", "../../"), ("about/index.html", "../")):
        page = parsed((out / path).read_bytes())
        assert page.xpath("string(//*[contains(@class, 'td-brand')]//a[1])").strip() == "Contoso status", path
        assert page.xpath("//img[@class='td-logo']/@src") == [f"{up}sign.svg"], path
        footer = page.xpath("//footer")[0]
        assert footer.xpath(".//a[.='Contoso']/@href") == ["https://contoso.example/"], path
        assert footer.xpath(".//a[starts-with(@href, 'mailto:')]/@href") == ["mailto:help@contoso.example"], path
        assert "Northwind" not in page.xpath("string(//header)"), path
    assert (out / "sign.svg").is_file()
    sheet = next((out / "assets").glob("tidings.*.css")).read_text(encoding="utf-8")
    assert "--td-maint:#123456;" in sheet
    assert "display:none}" not in re.sub(r"\s", "", sheet.rsplit("body[dir]{", 1)[1]), "a colour is a colour"


def test_no_page_shows_its_own_markup_as_words() -> None:
    build = app.build(EXAMPLE, now=NOW)
    for artifact in build.artifacts:
        if artifact.path.endswith(".html") and not artifact.path.startswith(("incidents/", "ar/", "de/")):
            assert not re.search(rb"&lt;(span|svg|time|a |b>)", artifact.body), artifact.path
