"""Every page of the example, of every type and in every language, is valid HTML and CSS by the W3C's own checker.

The checker starts once for all pages. Languages beyond the example's own are checked on a page of each type: what they
add is their words.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from publisher import app
from publisher.model.release import BUILT_TOKEN
from tests.site.accessibility_kit import write_locale
from tests.site.workspace import EXAMPLE, NOW, copy_example

CHECKER = EXAMPLE / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def complaints(*folders: Path) -> list[str]:
    java = shutil.which("java")
    assert java is not None, "the checker runs on Java (Debian: default-jre-headless)"
    done = subprocess.run(
        [java, "-Xss8m", "-jar", str(CHECKER), "--format", "json", "--skip-non-html", *map(str, folders)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    messages = json.loads(done.stderr)["messages"]
    return sorted({f"{'/'.join(Path(m['url']).parts[-4:])}: {m['message']}" for m in messages})


TYPES = (
    "index.html",
    "404.html",
    "about/index.html",
    "accessibility/index.html",
    "components/checkout/index.html",
    "embed/index.html",
    "history/index.html",
    "history/2026-11/index.html",
    "incidents/2026-11-20-card-payments-eu/index.html",
    "incidents/2026-11-22-reports-database-upgrade/index.html",
    "lite/index.html",
    "maintenance/index.html",
    "subscribe/index.html",
)
MORE = ("fr", "es", "ja", "he")
"""Languages the example does not have; the last without a word of ours, from right to left."""


@pytest.mark.npm
def test_pages_are_valid(tmp_path: Path, example_folder: Path) -> None:
    root = copy_example(tmp_path / "root")
    config = root / "mkdocs.yml"
    text = config.read_text(encoding="utf-8")
    assert "[en, de, ar]" in text
    config.write_text(text.replace("[en, de, ar]", f"[en, {', '.join(MORE)}]"), encoding="utf-8")
    write_locale(root, MORE[-1])
    built = app.build(root, now=NOW)
    wanted = {f"{locale}/{path}" for locale in MORE for path in TYPES if path != "404.html"}
    pages = tmp_path / "pages"
    more = [artifact for artifact in built.artifacts if artifact.path in wanted]
    assert {artifact.path for artifact in more} == wanted
    for artifact in more:
        (pages / artifact.path).parent.mkdir(parents=True, exist_ok=True)
        (pages / artifact.path).write_bytes(artifact.body.replace(BUILT_TOKEN, b"2026-11-20T15:04:10Z"))
    assert all((example_folder / path).is_file() for path in TYPES)
    assert len(list(example_folder.rglob("*.html"))) > 200
    assert complaints(example_folder, pages) == []


@pytest.mark.npm
def test_the_checker_would_notice(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!doctype html><html lang=en><title>x</title><p id=a></p><p id=a></p></html>")
    assert [c for c in complaints(tmp_path) if "Duplicate ID" in c]
