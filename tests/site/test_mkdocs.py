"""`mkdocs build` and `mkdocs serve` give the site that `tidings build` gives."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher import app
from publisher.model.release import Release
from tests.site.workspace import NOW, copy_example, copy_small

OPEN = "incidents/2026-11-20-card-payments-eu"


def mkdocs(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TIDINGS_CACHE": str(root / "cache")},
    )


def held(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def bodies(release: Release) -> dict[str, bytes]:
    return {path: release.bodies[entry.sha256] for path, entry in release.manifest.entries.items()}


def test_mkdocs_build_gives_the_builders_bytes_and_nothing_else(tmp_path: Path) -> None:
    root = copy_example(tmp_path)
    done = mkdocs(root, "build")
    assert done.returncode == 0, done.stderr
    wanted = bodies(app.unpublished(app.build(root, now=NOW)))
    made = held(root / "site")
    assert set(made) == set(wanted)
    assert [path for path in made if made[path] != wanted[path]] == []
    assert b"Release 0, built" in made["index.html"], "a build that was not published says so"


def test_a_second_build_removes_what_is_no_longer_there_and_leaves_a_checkout_alone(tmp_path: Path) -> None:
    root = copy_small(tmp_path)
    (root / "site" / ".git").mkdir(parents=True)
    (root / "site" / ".git" / "HEAD").write_text("ref")
    (root / "site" / "old").mkdir()
    (root / "site" / "old" / "page.html").write_text("old")
    assert mkdocs(root, "build").returncode == 0
    assert not (root / "site" / "old").exists()
    assert (root / "site" / ".git" / "HEAD").read_text() == "ref"


def broken(root: Path) -> None:
    path = next(p for p in (root / f"{OPEN}.md", root / OPEN / "index.md") if p.exists())
    path.write_text(path.read_text().replace("severity: sev2", "severity: enormous"))


def test_a_broken_text_fails_the_build_with_place_and_cure_and_leaves_the_site_standing(tmp_path: Path) -> None:
    root = copy_small(tmp_path)
    assert mkdocs(root, "build").returncode == 0
    before = held(root / "site")
    broken(root)
    done = mkdocs(root, "build")
    assert done.returncode == 1
    assert re.search(rf"ERROR.*{OPEN}\S*:\d+:\d+: TID\d\d\d .*enormous", done.stderr)
    assert "must be mended first" in done.stderr
    assert "Traceback" not in done.stderr
    assert held(root / "site") == before


def test_strict_takes_warnings_for_failures(tmp_path: Path) -> None:
    root = copy_small(tmp_path)
    (root / "site_src" / "about.md").write_text("# About\n\n[nowhere](nowhere.md)\n")
    done = mkdocs(root, "build", "--strict")
    assert done.returncode == 1
    assert "nowhere.md" in done.stderr
    assert "strict mode" in done.stdout + done.stderr
    assert mkdocs(root, "build").returncode == 0


def test_a_misspelt_option_is_named(tmp_path: Path) -> None:
    root = copy_small(tmp_path)
    text = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(text.replace("time_zone:", "time_zon:"))
    done = mkdocs(root, "build", "--strict")
    assert done.returncode == 1
    assert "time_zon" in done.stderr


def test_another_configuration_file_is_refused_in_words(tmp_path: Path) -> None:
    root = copy_small(tmp_path)
    (root / "mkdocs.yml").rename(root / "other.yml")
    done = mkdocs(root, "build", "-f", "other.yml")
    assert done.returncode == 1
    assert "Tidings reads mkdocs.yml, not other.yml" in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def serving(root: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (root / "serve.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"],
        cwd=root,
        stdout=log,
        stderr=log,
        env={**os.environ, "TIDINGS_CACHE": str(root / "cache")},
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=60)
        finally:
            server.kill()
            server.wait()
            log.close()


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=70) as answer:
        body: bytes = answer.read()
    return body


def until(address: str, words: bytes, *, seconds: float = 60) -> bytes:
    end = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < end:
        try:
            last = fetch(address)
            if words in last:
                return last
        except OSError as error:
            last = error
        time.sleep(0.2)
    raise AssertionError(f"{words!r} did not appear: {str(last)[:300]}")


RELOAD = re.compile(rb"<script>(?:(?!</script>).)*livereload\((\d+), (\d+)\);(?:(?!</script>).)*</script>", re.DOTALL)


def test_mkdocs_serve_gives_the_same_pages_and_reloads_them_when_an_incident_changes(tmp_path: Path) -> None:
    root = copy_small(tmp_path)
    wanted = bodies(app.unpublished(app.build(root, now=NOW)))
    with serving(root) as address:
        home = until(address, b"Northwind status")
        for path in ("", "de/history/", f"{OPEN}/"):
            shown = fetch(address + path)
            assert RELOAD.search(shown), "MkDocs' reloading script is in the page"
            assert RELOAD.sub(b"", shown) == wanted[f"{path}index.html"], path
        assert fetch(f"{address}api/v2/status.json") == wanted["api/v2/status.json"]
        epoch = RELOAD.search(home)
        assert epoch is not None
        file = next(p for p in (root / f"{OPEN}.md", root / OPEN / "index.md") if p.exists())
        file.write_text(file.read_text().replace("declined payment", "refused payment"))
        waited = fetch(f"{address}livereload/{epoch[1].decode()}/{epoch[2].decode()}")
        assert int(waited) > int(epoch[1]), "the open page is told to reload"
        until(f"{address}{OPEN}/", b"refused payment")
        broken(root)
        time.sleep(2.5)
        assert b"Northwind status" in fetch(address), "a broken text does not take the preview down"
    assert b"enormous" in (root / "serve.log").read_bytes()


def test_the_builder_does_not_need_mkdocs_while_frames_are_kept(tmp_path: Path) -> None:
    root = copy_small(tmp_path)
    code = (
        "import sys; from pathlib import Path; from publisher import app; from tests.site.workspace import NOW\n"
        f"app.build(Path({str(root)!r}), now=NOW)\n"
        "print(sorted(name for name in sys.modules if name in ('mkdocs', 'material', 'boto3', 'sqlite3')))"
    )
    said = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={
                **os.environ,
                "TIDINGS_CACHE": str(tmp_path / "cache"),
                "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            },
        )
        said.append(done.stdout.strip())
    assert "mkdocs" in said[0]
    assert said[1] == "[]"


@pytest.mark.parametrize("other", ["search", "{name: unknown_plugin}"])
def test_other_plugins_are_kept_or_refused_by_mkdocs_itself(tmp_path: Path, other: str) -> None:
    root = copy_small(tmp_path)
    text = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(
        text.replace("plugins:\n", f"plugins:\n  - {other.strip('{}').removeprefix('name: ')}\n")
    )
    done = mkdocs(root, "build")
    if other == "search":
        assert done.returncode == 0, done.stderr
        ours = {path.name for path in (root / "site" / "search").iterdir()}
        assert "search_index.json" not in ours, "search is fed by nobody but us"
        assert "index.html" in ours
    else:
        assert done.returncode == 1
        assert "unknown_plugin" in done.stderr
