"""Both histories in one repository: checked, built, and read by a feed reader and a JSON reader."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
from click.testing import CliRunner

from publisher.cli.main import cli
from tests.unit.render.statuspage_shapes import look_at_all


def tidings(root: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        cli,
        ["--root", str(root), "--now", "2026-11-24T12:00:00Z", *words],
        catch_exceptions=False,
        standalone_mode=False,
    )
    return int(result.return_value or 0), result.stdout


def test_import_check_build_read(tmp_path: Path, jenkins: Path, github: Path) -> None:
    house = tmp_path / "old-pages"
    tidings(tmp_path, "init", "--bare", str(house))
    for source, path, number in (("cstate", jenkins, 297), ("statuspage", github, 819)):
        code, out = tidings(house, "import", source, str(path), "--format", "json")
        told = json.loads(out)
        assert (code, told["new"], told["left_out"]) == (0, number, 0)
    assert tidings(house, "check")[0] == 0
    assert tidings(house, "build", "--out", str(tmp_path / "site"))[0] == 0
    assert tidings(house, "publish")[0] == 0
    site = tmp_path / "site"
    assert len([p for p in (site / "incidents").iterdir() if p.is_dir()]) == 297 + 819
    feeds = [*site.rglob("*.atom"), *site.rglob("*.rss")]
    assert len(feeds) > 2
    for feed in feeds:
        assert not feedparser.parse(feed.read_bytes()).bozo, feed
    documents = sorted((site / "api/v2").rglob("*.json"))
    assert len(documents) == 8
    served = {d.relative_to(site / "api/v2").as_posix(): json.loads(d.read_text(encoding="utf-8")) for d in documents}
    assert look_at_all(served, served["status.json"]["page"]["time_zone"]) > 110
    latest = served["incidents.json"]["incidents"]
    assert len(latest) == 50
