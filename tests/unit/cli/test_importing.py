"""`tidings import` writes whole files or none, says what it did, and fetches from the web with its eyes open."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.adapters.http_get import get
from publisher.cli.main import cli
from publisher.model.errors import DeniedError, OutsideError, UnreachableError, UsageError

INCIDENTS = {
    "page": {"id": "p"},
    "incidents": [
        {
            "id": f"i{n}",
            "name": "Down",
            "impact": "major",
            "status": "resolved",
            "started_at": "2026-03-01T10:00:00Z",
            "components": [{"id": "c", "name": "API"}],
            "incident_updates": [{"status": "resolved", "display_at": "2026-03-01T11:00:00Z", "body": "Over."}],
        }
        for n in range(2)
    ],
}


def tidings(root: Path, *words: str) -> Result:
    options = ["--root", str(root), "--now", "2026-11-24T12:00:00Z"]
    return CliRunner().invoke(cli, [*options, *words], catch_exceptions=False, standalone_mode=False)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    tidings(tmp_path, "init", "--bare", str(tmp_path / "house"))
    return tmp_path / "house"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    file = tmp_path / "incidents.json"
    file.write_text(json.dumps(INCIDENTS))
    return file


def incidents(house: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted((house / "incidents").glob("*.md"))}


def test_it_says_what_it_did(house: Path, saved: Path) -> None:
    result = tidings(house, "import", "statuspage", str(saved), "--format", "json")
    told = json.loads(result.stdout)
    assert result.return_value == 0
    assert (told["found"], told["new"], told["left_out"], told["components_added"]) == (2, 2, 0, ["api"])
    assert [file["path"] for file in told["files"]] == [
        "incidents/2026-03-01-down-2.md",
        "incidents/2026-03-01-down.md",
    ]
    assert tidings(house, "check").return_value == 0


def test_again_it_writes_nothing(house: Path, saved: Path) -> None:
    tidings(house, "import", "statuspage", str(saved))
    before = incidents(house)
    told = json.loads(tidings(house, "import", "statuspage", str(saved), "--format", "json").stdout)
    assert (told["new"], told["same"]) == (0, 2)
    assert incidents(house) == before


def test_a_dry_run_writes_nothing(house: Path, saved: Path) -> None:
    result = tidings(house, "import", "statuspage", str(saved), "--dry-run")
    assert "2 would be new" in result.stderr
    assert incidents(house) == {}
    assert not (house / "policy/components.yml").exists()


def test_an_edited_file_stays_and_is_named(house: Path, saved: Path) -> None:
    tidings(house, "import", "statuspage", str(saved))
    path = house / "incidents/2026-03-01-down.md"
    path.write_text(path.read_text().replace("Over.", "Over, and sorry."))
    result = tidings(house, "import", "statuspage", str(saved))
    assert "incidents/2026-03-01-down.md:1:1: TID604 It was edited since" in result.stdout
    assert "Over, and sorry." in path.read_text()
    assert result.return_value == 0


def test_what_our_checks_refuse_is_left_out_and_the_rest_comes_in(house: Path, saved: Path) -> None:
    """A title that cannot be published would otherwise block the whole page."""
    data = json.loads(saved.read_text())
    data["incidents"][0]["incident_updates"].append(
        {"status": "scheduled", "display_at": "2026-03-01T10:30:00Z", "body": "x"}
    )
    data["incidents"][0]["scheduled_for"] = "2026-03-01T10:00:00Z"
    data["incidents"][0]["scheduled_until"] = "2026-03-01T12:00:00Z"
    saved.write_text(json.dumps(data))
    result = tidings(house, "import", "statuspage", str(saved))
    assert result.return_value == 1
    assert "TID206" in result.stdout
    assert "1 left out" in result.stderr
    assert list(incidents(house)) == ["2026-03-01-down-2.md"]
    assert tidings(house, "check").return_value == 0


def test_what_cannot_come_in_is_named_and_the_exit_code_says_so(house: Path, tmp_path: Path) -> None:
    lines = [json.dumps(INCIDENTS["incidents"][0]), "{broken"]  # type: ignore[index]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    result = tidings(house, "import", "statuspage", str(tmp_path / "x.jsonl"))
    assert result.return_value == 1
    assert "x.jsonl:2:1: TID601 The line is not JSON" in result.stdout
    assert "2 incidents found: 1 new" in result.stderr


def test_a_cstate_site_with_a_link_in_it(house: Path, tmp_path: Path) -> None:
    site = tmp_path / "old"
    (site / "content/issues").mkdir(parents=True)
    (site / "config.yml").write_text("params:\n  systems:\n    - name: Web\n")
    matter = (
        "title: Down\ndate: 2021-03-04T15:00:00Z\nresolved: true\nresolvedWhen: 2021-03-04T16:00:00Z\nseverity: down\n"
    )
    (site / "content/issues/2021-03-04-down.md").write_text(f"---\n{matter}---\nGone.\n")
    (tmp_path / "secret.md").write_text(f"---\n{matter}---\nSecret.\n")
    (site / "content/issues/2021-03-05-link.md").symlink_to(tmp_path / "secret.md")
    result = tidings(house, "import", "cstate", str(site))
    assert list(incidents(house)) == ["2021-03-04-down.md"]
    assert "TID030" in result.stdout
    assert "Secret" not in "".join(incidents(house).values())


@pytest.mark.parametrize("source", ["ftp://x.example/incidents.json", "file:///etc/passwd", "nowhere.json", "https://"])
def test_other_sources_are_refused(house: Path, source: str) -> None:
    with pytest.raises(UsageError):
        tidings(house, "import", "statuspage", source)


def test_elsewhere_it_says_where_to_go(tmp_path: Path, saved: Path) -> None:
    with pytest.raises(UsageError, match="no status repository"):
        tidings(tmp_path, "import", "statuspage", str(saved))


class Page(BaseHTTPRequestHandler):
    """A status page with odd corners."""

    def do_GET(self) -> None:
        if self.path == "/api/v2/incidents.json":
            self.answer(200, json.dumps(INCIDENTS).encode())
        elif self.path.startswith("/api/v2/"):
            self.answer(200, b'{"page": {"id": "p"}}')
        elif self.path == "/to-file.json":
            self.answer(302, b"", ("Location", "file:///etc/hostname"))
        elif self.path == "/loop.json":
            self.answer(302, b"", ("Location", "/loop.json"))
        elif self.path == "/slow.json":
            self.send_response(200)
            self.end_headers()
            for _ in range(50):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
        elif self.path == "/large.json":
            self.answer(200, b" " * 100_000)
        else:
            self.answer(404, b"no")

    def answer(self, code: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_is_asked_for_all_its_documents(house: Path, page: str) -> None:
    result = tidings(house, "import", "statuspage", f"{page}/")
    assert result.return_value == 0
    assert len(incidents(house)) == 2


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/missing.json", DeniedError),
        ("/to-file.json", OutsideError),
        ("/loop.json", DeniedError),
        ("/slow.json", UnreachableError),
        ("/large.json", OutsideError),
    ],
)
def test_a_page_that_misbehaves(page: str, path: str, error: type[OutsideError]) -> None:
    with pytest.raises(error):
        get(page + path, max_bytes=10_000, timeout_s=0.6)


def test_nobody_there() -> None:
    with pytest.raises(UnreachableError):
        get("http://127.0.0.1:9/incidents.json", max_bytes=10, timeout_s=2)
