"""T24: a publisher that fell silent is noticed from outside, by the page's own word, within two intervals."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.cli.main import cli

EVERY = timedelta(minutes=15)
"""How often a scheduled job publishes, with nothing to say on most days."""
BEGUN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SITE = """site_name: Crumb status
site_url: https://status.crumb.example/
docs_dir: site_src
theme: {name: material}
plugins:
  - tidings: {locales: [en]}
"""


def tidings(now: datetime, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--now", now.isoformat(), *words], catch_exceptions=False, standalone_mode=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("silence")
    for path, text in {
        "mkdocs.yml": SITE,
        "policy/components.yml": "components: {shop: {name: Shop}}\n",
        "site_src/about.md": "# About\n\nBread.\n",
        "incidents/.gitkeep": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(root / "out" / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield root, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def publish(root: Path, now: datetime, *words: str) -> dict[str, object]:
    done = tidings(now, "--root", str(root), "publish", "--format", "json", *words)
    assert done.return_value == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def alarmed(url: str, now: datetime) -> bool:
    """Do as a checker does that looks from outside: ask the doctor, and look at the one thing that is to wake somebody."""
    minutes = str(2 * EVERY // timedelta(minutes=1))
    done = tidings(now, "doctor", "--url", url, "--older-than", minutes, "--format", "json")
    [release] = [look for look in json.loads(done.stdout)["checks"] if look["subject"] == "release"]
    assert done.return_value == 1 or release["state"] != "fail"
    return bool(release["state"] == "fail")


def test_t24_thirty_silent_minutes_are_seen_and_quiet_ones_are_not(house: tuple[Path, str]) -> None:
    root, url = house
    renew = ("--renew-after", "10")
    for interval in range(3):
        now = BEGUN + interval * EVERY
        told = publish(root, now, *renew)
        assert told["unchanged"] is False, "nothing changed but the page's age"
        status = json.loads((root / "out/site/api/status.json").read_text(encoding="utf-8"))
        assert status["built"] == f"{now:%Y-%m-%dT%H:%M:%SZ}", "any program can see it"
        assert not alarmed(url, now + EVERY - timedelta(minutes=1))
    last = BEGUN + 2 * EVERY
    # the publisher falls silent
    seen = {n: alarmed(url, last + timedelta(minutes=n)) for n in (15, 29, 31, 90)}
    assert seen == {15: False, 29: False, 31: True, 90: True}, "within two intervals"
    pages = {
        path: (root / "out/site" / path).read_text(encoding="utf-8")
        for path in ("index.html", "lite/index.html", "status.txt")
    }
    assert all(f"{last:%Y-%m-%dT%H:%M:%SZ}" in text for text in pages.values()), "and a reader too"
    publish(root, last + 4 * EVERY, *renew)
    assert not alarmed(url, last + 4 * EVERY + timedelta(minutes=1)), "it is over when somebody publishes again"


def test_t24_what_is_young_or_was_not_to_be_renewed_is_left_alone(house: tuple[Path, str]) -> None:
    root, _ = house
    now = BEGUN + timedelta(hours=3)
    publish(root, now, "--renew-after", "10")
    folder = root / "out" / "site"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert publish(root, now + timedelta(minutes=9), "--renew-after", "10")["unchanged"] is True
    assert publish(root, now + timedelta(hours=1))["unchanged"] is True
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    told = tidings(now + timedelta(minutes=10), "--root", str(root), "publish", "--renew-after", "10", "--dry-run")
    assert "Nothing to do" not in told.output
    told = tidings(
        now + timedelta(minutes=10), "--root", str(root), "publish", "--renew-after", "10", "--format", "json"
    )
    changed = json.loads(told.stdout)["targets"][0]["changed"]
    assert 0 < changed < 10, "the few files that tell the age"


def test_t24_an_age_without_an_address_is_refused() -> None:
    from publisher.model.errors import UsageError

    with pytest.raises(UsageError, match="live page"):
        tidings(BEGUN, "doctor", "--older-than", "30")
