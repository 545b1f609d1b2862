"""Every JSON file of a site against its schema, and OpenAPI against its own, by validators that others wrote."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher.cli.main import cli
from tests.site.workspace import EXAMPLE, NOW, copy_example

pytestmark = pytest.mark.npm

VALIDATE = EXAMPLE / "tests" / "clients" / "validate.mjs"
CORPORA = Path(os.environ.get("TIDINGS_CORPORA") or "/nowhere")


def judge(site: Path) -> dict[str, object]:
    """Match each JSON file to the schema OpenAPI names for its path, and let ajv look."""
    openapi = json.loads((site / "api" / "openapi.json").read_bytes())
    base = openapi["servers"][0]["url"] + "/schema/"
    patterns = []
    for path, operations in openapi["paths"].items():
        reference = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert reference.startswith(base)
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        patterns.append((re.compile(pattern), reference.removeprefix(base).removesuffix(".json")))
    # What is said of a path in full stands before what is said of a family of paths.
    patterns.sort(key=lambda each: "[^/]+" in each[0].pattern)
    documents = []
    for file in sorted(site.rglob("*.json")):
        path = "/" + file.relative_to(site).as_posix()
        if path.startswith(("/schema/", "/objects/", "/releases/", "/.")) or path == "/api/openapi.json":
            continue
        name = next((name for pattern, name in patterns if pattern.fullmatch(path)), None)
        assert name is not None, f"{path} is described nowhere"
        documents.append([name, str(file)])
    schemas = {file.stem: str(file) for file in sorted((site / "schema").glob("*.json"))}
    asked = {"openapi": str(site / "api" / "openapi.json"), "schemas": schemas, "documents": documents}
    done = subprocess.run(
        ["node", str(VALIDATE)], input=json.dumps(asked), capture_output=True, text=True, check=False, cwd=EXAMPLE
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    assert found["checked"] == len(documents)
    return found


def tidings(root: Path, *words: str) -> None:
    done = CliRunner().invoke(
        cli, ["--root", str(root), "--now", NOW.isoformat(), *words], catch_exceptions=False, standalone_mode=False
    )
    assert done.return_value == 0, done.output


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with a hub, published: so that the pointer is there too."""
    root = copy_example(tmp_path_factory.mktemp("documents"))
    mkdocs = root / "mkdocs.yml"
    text = mkdocs.read_text(encoding="utf-8")
    mkdocs.write_text(text.replace("      time_zone:", "      websub: https://hub.example/\n      time_zone:"), "utf-8")
    tidings(root, "publish", "--no-deliver")
    return root / "out" / "site"


def test_every_file_of_the_example_is_valid(published: Path) -> None:
    found = judge(published)
    assert found["wrong"] == []
    assert int(str(found["checked"])) > 50


def test_the_validators_see_what_is_wrong(published: Path) -> None:
    """A word that is none, a key that is too much, a time that is none, a description that is none: each by name."""
    changes = {
        "api/v2/summary.json": (b'"indicator":"', b'"indicator":"very '),
        "api/v2/incidents.json": (b'"page_id":', b'"pageid":'),
        "api/banner.json": (b'"as_of":"2026', b'"as_of":"soon 2026'),
        "feed.json": (b'"version": "https://jsonfeed.org', b'"version": "http://jsonfeed.org'),
        "release.json": (b'"generation":', b'"generation":-'),
    }
    kept = {path: (published / path).read_bytes() for path in changes}
    openapi = (published / "api" / "openapi.json").read_bytes()
    try:
        for path, body in kept.items():
            old, new = changes[path]
            assert old in body, path
            (published / path).write_bytes(body.replace(old, new))
        wrong = judge(published)["wrong"]
        assert isinstance(wrong, list)
        assert sorted(Path(line.split(": ")[0]).relative_to(published).as_posix() for line in wrong) == sorted(kept)
    finally:
        for path, body in kept.items():
            (published / path).write_bytes(body)
    broken = json.loads(openapi)
    del broken["info"]
    (published / "api" / "openapi.json").write_text(json.dumps(broken), encoding="utf-8")
    try:
        wrong = judge(published)["wrong"]
        assert isinstance(wrong, list)
        assert [line.split(":")[0] for line in wrong] == ["openapi"]
        assert "info" in wrong[0]
    finally:
        (published / "api" / "openapi.json").write_bytes(openapi)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="TIDINGS_CORPORA names no folder of imported histories")
@pytest.mark.parametrize("source", ["cstate", "statuspage"])
def test_every_file_of_an_imported_site_is_valid(source: str, tmp_path: Path) -> None:
    where = {
        "cstate": CORPORA / "cstate-jenkins",
        "statuspage": CORPORA / "statuspage-github" / "parsed" / "incidents.jsonl",
    }[source]
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Imported\nsite_url: https://status.example.com/\ndocs_dir: site_src\ntheme: {name: material}\n"
        "plugins:\n  - tidings: {locales: [en]}\n",
        encoding="utf-8",
    )
    for folder in ("incidents", "policy", "site_src"):
        (tmp_path / folder).mkdir()
    (tmp_path / "site_src" / "about.md").write_text("# About\n\nNothing.\n", encoding="utf-8")
    (tmp_path / "policy" / "components.yml").write_text("components: {}\n", encoding="utf-8")
    tidings(tmp_path, "import", source, str(where))
    tidings(tmp_path, "build", "--out", str(tmp_path / "site"))
    found = judge(tmp_path / "site")
    assert found["wrong"] == []
    assert int(str(found["checked"])) > 290
