"""Frames and the site made of them, with the real MkDocs and Material."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from lxml import etree

from publisher import app
from publisher.model.errors import RefusedError, UsageError
from publisher.model.release import Artifact, Group
from publisher.pipeline import Built
from publisher.render.artifacts import data_artifacts
from publisher.site.fill import page_artifacts
from publisher.site.frames import Frames, load_frames
from publisher.site.slots import SLOTS
from tests.site.workspace import EXAMPLE, NOW, copy_example, parsed, tree_digest

KINDS = {"404", "component", "history", "home", "incident", "maintenance", "month", "subscribe"}


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    return load_frames(EXAMPLE, app.read_site(EXAMPLE), cache=tmp_path_factory.mktemp("frames"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    root = copy_example(tmp_path_factory.mktemp("site"))
    return app.build(root, now=NOW)


@pytest.fixture(scope="module")
def site(built: Built) -> Mapping[str, Artifact]:
    return {artifact.path: artifact for artifact in built.artifacts}


def test_there_is_a_frame_for_each_kind_and_language(frames: Frames) -> None:
    assert {locale: set(kinds) for locale, kinds in frames.frames.items()} == dict.fromkeys(("en", "de", "ar"), KINDS)


def test_a_frame_has_every_slot_and_no_words_of_another_page(frames: Frames) -> None:
    for locale, kinds in frames.frames.items():
        for kind, frame in kinds.items():
            assert set(frame.slots) == set(SLOTS), (locale, kind)
            assert b"@@td:" not in b"".join(frame.parts)
            assert frame.slots.count("body") == 1
            assert frame.slots.count("title") == 1


def test_frames_speak_their_language_and_direction(frames: Frames) -> None:
    for locale, direction in (("en", "ltr"), ("de", "ltr"), ("ar", "rtl")):
        page = parsed(frames.frames[locale]["home"].fill({}))
        assert page.get("lang") == locale
        assert page.find("body").get("dir") == direction
    assert "Verlauf" in parsed(frames.frames["de"]["home"].fill({})).text_content()


def test_frames_are_no_pages(site: Mapping[str, Artifact]) -> None:
    assert not [path for path in site if "frame" in path]
    assert b"frame" not in site["sitemap.xml"].body
    assert not [path for path in site if path.endswith((".map", ".gz"))]
    assert {path for path in site if path.startswith("search/")} == {
        "search/index.html",
        "search/2025.json",
        "search/2026.json",
    }, "ours, and not the theme's"


def test_kept_frames_are_the_same_and_mkdocs_stays_asleep(tmp_path: Path) -> None:
    code = (
        "import sys, json; from pathlib import Path; from publisher import app; from publisher.site.frames import load_frames\n"
        f"root = Path({str(EXAMPLE)!r}); f = load_frames(root, app.read_site(root), cache=Path({str(tmp_path)!r}))\n"
        "from publisher.model.digest import sha256\n"
        "print(json.dumps(['mkdocs' in sys.modules, f.digest, sha256(repr(f.frames).encode() + repr(sorted(f.files.items())).encode())]))"
    )
    first, second = (json.loads(run(code)) for _ in range(2))
    assert (first[0], second[0]) == (True, False)
    assert first[1:] == second[1:]


def run(code: str, *, cwd: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(EXAMPLE), **environment},
    )
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["mkdocs.yml", "site_src/about.md", "site_src/new.md"])
def test_frames_are_made_again_when_what_they_are_made_of_changes(tmp_path: Path, name: str) -> None:
    root = copy_example(tmp_path / "site")
    cache = tmp_path / "cache"
    before = load_frames(root, app.read_site(root), cache=cache)
    with (root / name).open("a", encoding="utf-8") as file:
        file.write("\n# Said anew\n")
    after = load_frames(root, app.read_site(root), cache=cache)
    assert after.digest != before.digest
    if name.startswith("site_src"):
        assert b"Said anew" in after.files[f"{Path(name).stem}/index.html"]


def test_a_new_incident_does_not_touch_the_frames(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    site = app.read_site(root)
    before = load_frames(root, site, cache=None).digest
    (root / "incidents" / "2026-11-20-more.md").write_text("---\ntitle: More\n---\n")
    from publisher.site.frames import ingredients

    assert ingredients(root, site) == before


def test_a_page_without_translation_is_shown_in_the_source_language_with_a_notice(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    (root / "site_src" / "about.de.md").unlink()
    made = load_frames(root, app.read_site(root), cache=None)
    page = parsed(made.files["de/about/index.html"])
    assert page.get("lang") == "de"
    assert "Diese Seite ist noch nicht übersetzt." in page.text_content()
    assert page.xpath("//article/div[@lang='en' and @dir='ltr']")
    assert not parsed(made.files["ar/about/index.html"]).xpath("//article/div[@lang='en']")


def test_pictures_beside_the_pages_are_found_from_every_language(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    (root / "site_src" / "pictures").mkdir()
    (root / "site_src" / "pictures" / "plan.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for name in ("about.md", "about.de.md"):
        with (root / "site_src" / name).open("a", encoding="utf-8") as file:
            file.write("\n![The plan](pictures/plan.svg)\n")
    made = load_frames(root, app.read_site(root), cache=None)
    assert not made.warnings
    for path, wanted in (
        ("about/index.html", "../pictures/plan.svg"),
        ("de/about/index.html", "../../pictures/plan.svg"),
    ):
        assert wanted in [img.get("src") for img in parsed(made.files[path]).iter("img")]
    assert "pictures/plan.svg" in made.files
    assert "de/pictures/plan.svg" not in made.files


def test_without_a_navigation_of_the_writers_ours_comes_first(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    text = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(re.sub(r"nav:\n(?:  - .*\n)+", "", text))
    made = load_frames(root, app.read_site(root), cache=None)
    assert not made.warnings
    drawer = parsed(made.frames["en"]["home"].fill({})).xpath("//nav[contains(@class, 'td-drawer')]//a")
    assert [a.text for a in drawer] == [
        "Status",
        "History",
        "Planned maintenance",
        "Follow",
        "How we communicate",
        "Accessibility",
    ]


def test_the_writers_own_overrides_win_over_ours(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    text = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(text.replace("  name: material\n", "  name: material\n  custom_dir: overrides\n"))
    (root / "overrides" / "partials").mkdir(parents=True)
    own = root / "overrides" / "partials" / "footer.html"
    own.write_text("<footer>Said by the house</footer>")
    before = load_frames(root, app.read_site(root), cache=None)
    assert b"Said by the house" in before.frames["de"]["incident"].fill({})
    own.write_text("<footer>Said otherwise</footer>")
    assert load_frames(root, app.read_site(root), cache=None).digest != before.digest


def test_what_mkdocs_warns_about_reaches_the_writer_from_the_cache_too(tmp_path: Path) -> None:
    root = copy_example(tmp_path / "site")
    with (root / "site_src" / "about.md").open("a", encoding="utf-8") as file:
        file.write("\n[nowhere](nowhere.md)\n")
    for _ in range(2):
        made = load_frames(root, app.read_site(root), cache=tmp_path / "cache")
        assert [w for w in made.warnings if "nowhere.md" in w]


def test_a_page_in_the_place_of_ours_is_named(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    (root / "site_src" / "index.md").write_text("# Mine\n")
    made = load_frames(root, app.read_site(root), cache=None)
    assert [w for w in made.warnings if "index.md is not used" in w]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("theme: {name: nonsense}\n", "nonsense"),
        ("markdown_extensions: [no_such_extension]\n", "no_such_extension"),
        ("hooks: [missing.py]\n", "missing.py"),
    ],
)
def test_a_configuration_mkdocs_refuses_is_refused_with_its_words(tmp_path: Path, config: str, says: str) -> None:
    root = copy_example(tmp_path)
    site = app.read_site(root)
    (root / "mkdocs.yml").write_text(f"site_name: X\ndocs_dir: site_src\n{config}")
    with pytest.raises(RefusedError, match=re.escape(says)):
        load_frames(root, site, cache=None)


@pytest.mark.parametrize("body", [None, b"site_name: [\n", b"site_name: \xe9\n"])
def test_no_configuration_is_said_in_words(tmp_path: Path, body: bytes | None) -> None:
    root = copy_example(tmp_path)
    site = app.read_site(root)
    (root / "mkdocs.yml").unlink()
    if body is not None:
        (root / "mkdocs.yml").write_bytes(body)
    with pytest.raises(UsageError, match=r"mkdocs\.yml"):
        load_frames(root, site, cache=None)


def test_links_in_site_src_are_never_followed_out(tmp_path: Path) -> None:
    root = copy_example(tmp_path / "site")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("planted-secret")
    (root / "site_src" / "key.txt").symlink_to(secret / "key.txt")
    (root / "site_src" / "folder").symlink_to(secret)
    made = load_frames(root, app.read_site(root), cache=None)
    assert not [path for path, body in made.files.items() if b"planted-secret" in body]
    assert [w for w in made.warnings if "key.txt" in w]


def test_colours_of_the_brand_enter_the_sheet_but_nothing_else_does(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    text = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(
        text.replace("brand:\n", 'brand:\n        colours: {ok: "#006633", part: "red;}body{display:none"}\n')
    )
    made = load_frames(root, app.read_site(root), cache=None)
    sheet = next(
        body for path, body in made.files.items() if path.startswith("assets/tidings.") and path.endswith(".css")
    )
    assert b"--td-ok:#006633;" in sheet
    assert b"display:none" not in sheet.replace(b" ", b"").split(b"body[dir]{--td-ok")[-1]


def test_every_link_and_address_of_the_whole_site_leads_somewhere(site: Mapping[str, Artifact]) -> None:
    dead: list[tuple[str, str]] = []
    anchors: dict[str, set[str]] = {}
    wanted: list[tuple[str, str, str]] = []
    for path, artifact in site.items():
        if not path.endswith(".html"):
            continue
        page = parsed(artifact.body)
        anchors[path] = {node.get("id") for node in page.iter() if node.get("id")}
        found = [(node, name) for node in page.iter() for name in ("href", "src") if node.get(name)]
        for node, name in found:
            href, fragment = urldefrag(node.get(name))
            full = urljoin(f"https://status.northwind.example/{path}", href)
            if node.tag == "use" or not full.startswith("https://status.northwind.example/"):
                continue
            target = unquote(full.removeprefix("https://status.northwind.example/")).partition("?")[0]
            target = f"{target}index.html" if not target or target.endswith("/") else target
            if target not in site:
                dead.append((path, node.get(name)))
            elif fragment:
                wanted.append((path, target, fragment))
    assert not dead
    assert not [(path, target, f) for path, target, f in wanted if f not in anchors[target]]


def test_no_page_names_another_host_in_what_it_loads(site: Mapping[str, Artifact]) -> None:
    for path, artifact in site.items():
        if path.endswith(".html"):
            page = parsed(artifact.body)
            loaded = [n.get("src") for n in page.iter("script", "img", "iframe") if n.get("src")]
            loaded += [
                n.get("href")
                for n in page.iter("link")
                if n.get("rel") in {"stylesheet", "icon", "preload", "preconnect"}
            ]
            assert not [href for href in loaded if "//" in href], path
        if path.endswith(".css"):
            assert not re.findall(rb"url\((?:[\"']?)(?:https?:)?//", artifact.body), path


def test_assets_are_named_by_their_content_and_kept_for_ever(site: Mapping[str, Artifact]) -> None:
    assets = [a for a in site.values() if a.group is Group.ASSETS]
    assert len(assets) >= 6
    for artifact in assets:
        assert re.search(r"\.[0-9a-f]{8,16}\.", artifact.path), artifact.path
        assert dict(artifact.headers)["cache-control"] == "public, max-age=31536000, immutable"
    pages = [a for a in site.values() if a.path.endswith(".html")]
    assert {dict(a.headers)["cache-control"] for a in pages} == {"public, max-age=15, stale-if-error=604800"}
    assert {dict(a.headers)["content-type"] for a in pages} == {"text/html; charset=utf-8"}


def test_home_pages_come_last_and_carry_the_stamp(site: Mapping[str, Artifact]) -> None:
    stamped = {a.path for a in site.values() if a.stamped and a.path.endswith(".html")}
    homes = {f"{tree}{page}index.html" for tree in ("", "de/", "ar/") for page in ("", "lite/")}
    assert stamped == {*homes, "404.html"}
    assert {site[path].group for path in stamped} == {Group.FRONT}
    for path, artifact in site.items():
        if path.endswith(".html"):
            assert (b"@@tidings:generation@@" in artifact.body) is (path in stamped), path
            assert (b"@@tidings:built@@" in artifact.body) is (path in stamped), path


def own_address(path: str) -> str:
    return f"https://status.northwind.example/{path.removesuffix('index.html')}"


def canonical(page: Artifact) -> list[str]:
    """Give the address a page says it should be known by: the embedded and the light page name the home page."""
    return [str(link.get("href")) for link in parsed(page.body).iter("link") if link.get("rel") == "canonical"]


def test_every_page_names_one_canonical_address_that_is_there(site: Mapping[str, Artifact]) -> None:
    known = {own_address(path) for path in site if path.endswith("index.html")}
    for path, artifact in site.items():
        if path.endswith("index.html"):
            named = canonical(artifact)
            assert len(named) == 1, path
            assert named[0] in known, path


def test_the_sitemap_has_every_page_once_and_no_other(site: Mapping[str, Artifact]) -> None:
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    sitemap: Any = etree.fromstring(site["sitemap.xml"].body)
    found = sitemap.xpath("//s:loc/text()", namespaces=space)
    assert len(found) == len(set(found))
    pages = {
        f"https://status.northwind.example/{path.removesuffix('index.html')}"
        for path in site
        if path.endswith("index.html")
        and own_address(path) in canonical(site[path])
        and b'<meta name="robots" content="noindex">' not in site[path].body
    }
    assert set(found) == pages
    assert not [
        address for address in found if address.endswith(("/search/", "de/search/")) and "/components/" not in address
    ], "a page of answers is no answer"
    assert b"Sitemap: https://status.northwind.example/sitemap.xml" in site["robots.txt"].body


def test_every_page_names_all_its_languages_in_its_head_or_in_the_sitemap(site: Mapping[str, Artifact]) -> None:
    sitemap: Any = etree.fromstring(site["sitemap.xml"].body)
    told = {}
    for entry in sitemap:
        address, *links = [node.get("href") or node.text for node in entry if not node.tag.endswith("lastmod")]
        told[address] = (links, [node.get("hreflang") for node in entry if node.get("hreflang")])
    for address, (links, tongues) in told.items():
        path = address.removeprefix("https://status.northwind.example/") + "index.html"
        in_head = [
            (link.get("href"), link.get("hreflang"))
            for link in parsed(site[path].body).iter("link")
            if link.get("rel") == "alternate" and link.get("hreflang")
        ]
        named = in_head or list(zip(links, tongues, strict=True))
        assert sorted(tongue for _, tongue in named) == ["ar", "de", "en", "x-default"], address
        assert {href for href, _ in named} <= set(told), "each leads to a page that is there"
        assert address in dict(named), "a page names itself too"


def test_every_page_that_may_be_listed_has_one_whole_card(site: Mapping[str, Artifact]) -> None:
    """Pages of the house's own among them; the light and the embedded page are copies of the home page."""
    for path, artifact in site.items():
        if not path.endswith("index.html") or own_address(path) not in canonical(artifact):
            continue
        metas = [(m.get("property") or m.get("name"), m.get("content")) for m in parsed(artifact.body).iter("meta")]
        names = [name for name, _ in metas if name]
        said = dict(metas)
        assert names.count("description") == names.count("og:title") == names.count("twitter:card") == 1, path
        assert said["description"], path
        assert said["og:url"] == own_address(path)
        picture = said["og:image"].removeprefix("https://status.northwind.example/")
        assert site[picture].body.startswith(b"\x89PNG"), path


def test_pages_and_data_never_meet_in_one_place(built: Built, frames: Frames) -> None:
    pages = {a.path for a in page_artifacts(built.views, frames)}
    data = {a.path for a in data_artifacts(built.views)}
    assert not pages & data


def test_the_whole_is_the_same_however_and_wherever_it_is_built(tmp_path: Path) -> None:
    """T15, for pages and the rest alike; frames are made anew each time. `test_build.py` has twenty surroundings."""
    code = (
        "import sys; from pathlib import Path; from tests.site.workspace import NOW, artifacts_digest; from publisher import app\n"
        f"print(artifacts_digest(app.build(Path({str(EXAMPLE)!r}), now=NOW).artifacts))"
    )
    settings = [
        {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"},
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "POSIX", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"},
        {"TZ": "Antarctica/Troll", "LANG": "ar_EG.UTF-8", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4242"},
    ]
    seen = set()
    for number, setting in enumerate(settings):
        where = tmp_path / f"cwd{number}"
        where.mkdir()
        seen.add(
            run(
                code,
                cwd=where,
                TIDINGS_CACHE=str(tmp_path / f"cache{number}"),
                SOURCE_DATE_EPOCH=str(number * 10**8),
                **setting,
            )
        )
    assert len(seen) == 1
    again = run(code, cwd=tmp_path, TIDINGS_CACHE=str(tmp_path / "cache0"))
    assert {again} == seen, "kept frames give the same bytes as new ones"


def test_the_digest_would_notice(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    one = tree_digest(tmp_path)
    (tmp_path / "a").write_bytes(b"2")
    assert tree_digest(tmp_path) != one
