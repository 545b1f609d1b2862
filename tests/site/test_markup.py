"""Every page of the example is valid HTML, by the W3C's own checker."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from publisher import app
from publisher.adapters.site_folder import write_site
from tests.site.workspace import EXAMPLE, NOW

CHECKER = EXAMPLE / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def complaints(folder: Path) -> list[str]:
    java = shutil.which("java")
    assert java is not None, "the checker runs on Java (Debian: default-jre-headless)"
    done = subprocess.run(
        [java, "-Xss8m", "-jar", str(CHECKER), "--format", "json", "--skip-non-html", str(folder)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    messages = json.loads(done.stderr)["messages"]
    return sorted({f"{Path(m['url']).name}: {m['message']}" for m in messages})


@pytest.mark.npm
def test_pages_are_valid(tmp_path: Path) -> None:
    write_site(tmp_path / "site", app.unpublished(app.build(EXAMPLE, now=NOW)))
    assert len(list((tmp_path / "site").rglob("*.html"))) > 200
    assert complaints(tmp_path / "site") == []


@pytest.mark.npm
def test_the_checker_would_notice(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!doctype html><html lang=en><title>x</title><p id=a></p><p id=a></p></html>")
    assert [c for c in complaints(tmp_path) if "Duplicate ID" in c]
