"""Feeds name their hub, and a publish tells it what changed once that is live: with a real hub, behind a real nginx."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from click.testing import CliRunner, Result

from publisher.adapters.websub import TOPICS, WebSubHub
from publisher.cli.main import cli
from publisher.model.errors import DeniedError, UnreachableError, UsageError
from tests.servers import nginx
from tests.servers import websub as hubs
from tests.servers.websub import Hub

MKDOCS = """site_name: Crumb status
site_url: {url}
docs_dir: site_src
theme: {{name: material}}
plugins:
  - tidings: {{locales: [en], websub: "{hub}"}}
"""
COMPONENTS = "components:\n  ordering: {name: Ordering}\n  delivery: {name: Delivery}\n"
INCIDENT = """---
title: Orders fail
category: outage
severity: sev2
components: {ordering: partial_outage}
started: 2026-11-20T14:00:00Z
---

## 2026-11-20 14:05 UTC · Investigating

Some orders fail.
"""
SECOND = "\n## 2026-11-20 14:31 UTC · Resolved\n\nOrders work again.\n"
NOW = "2026-11-20T15:00:00Z"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hubs.running() as running:
        yield running


@pytest.fixture(scope="session")
def frame_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("websub-frames")


@pytest.fixture
def root(tmp_path: Path, hub: Hub, frame_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIDINGS_CACHE", str(frame_cache))
    made = tmp_path / "house"
    texts = {
        "mkdocs.yml": MKDOCS.format(url="https://status.crumb.example/", hub=hub.url),
        "policy/components.yml": COMPONENTS,
        "policy/channels.yml": "page: {targets: {here: {kind: folder, path: out/site}}}\nemail: {enabled: false}\n",
        "site_src/about.md": "# About\n\nBread.\n",
        "incidents/2026-11-20-orders.md": INCIDENT,
    }
    for path, text in texts.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text, encoding="utf-8")
    return made


def tidings(root: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["--root", str(root), "--now", NOW, *words], catch_exceptions=False, standalone_mode=False
    )


def say_more(root: Path) -> None:
    with (root / "incidents" / "2026-11-20-orders.md").open("a", encoding="utf-8") as file:
        file.write(SECOND)


def assert_hub_and_topic_are_named(feeds: dict[str, bytes], hub: str) -> None:
    """W3C WebSub, section 4; JSON Feed 1.1, `hubs`."""
    for topic, body in feeds.items():
        if topic.endswith(".json"):
            document = json.loads(body)
            assert document["hubs"] == [{"type": "WebSub", "url": hub}]
            assert document["feed_url"] == topic
        else:
            named = [(each["rel"], each["href"]) for each in feedparser.parse(body).feed.links]
            assert [href for rel, href in named if rel == "hub"] == [hub]
            assert [href for rel, href in named if rel == "self"] == [topic]


@pytest.mark.nginx
def test_subscribers_of_a_hub_get_the_new_words_at_once(root: Path, hub: Hub, tmp_path: Path) -> None:
    port = nginx.free_port()
    url = f"http://127.0.0.1:{port}/"
    (root / "mkdocs.yml").write_text(MKDOCS.format(url=url, hub=hub.url), encoding="utf-8")
    answers: list[http.client.HTTPMessage] = []

    def fetch(topic: str) -> bytes:
        """As a hub does: by HTTP, at the moment it hears (W3C WebSub, section 7)."""
        parts = urlsplit(topic)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            connection.request("GET", parts.path)
            answer = connection.getresponse()
            assert answer.status == 200, topic
            answers.append(answer.msg)
            return answer.read()
        finally:
            connection.close()

    hub.fetch = fetch
    site = root / "out" / "site"
    site.mkdir(parents=True)
    configuration = tidings(root, "hosting", "nginx", "--site-root", str(site), "--port", str(port)).stdout
    with nginx.running(tmp_path / "nginx", configuration, port=port):
        first = tidings(root, "publish")
        assert "told of 6 feeds" in first.stderr
        assert sorted(hub.topics) == [
            f"{url}{path}"
            for path in (
                "components/delivery.atom",
                "components/ordering.atom",
                "feed.json",
                "history.atom",
                "history.rss",
                "updates.atom",
            )
        ]
        hub.handed_on.clear()
        say_more(root)
        assert tidings(root, "publish").return_value == 0
        got = dict(hub.handed_on)
        assert f"{url}components/delivery.atom" not in got, "nothing was said of delivery"
        assert set(got) == set(hub.topics) - {f"{url}components/delivery.atom"}
        assert all(b"Orders work again." in body for body in got.values()), "the hub came after the flip"
        assert_hub_and_topic_are_named(got, hub.url)
        headed = {msg["Link"] for msg in answers}
        assert f'<{hub.url}>; rel="hub", <{url}history.atom>; rel="self"' in headed
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/")
        page = connection.getresponse()
        page.read()
        connection.close()
        assert page.getheader("Link") is None, "a page is no topic"

        posts = len(hub.posts)
        assert tidings(root, "publish").return_value == 0
        assert len(hub.posts) == posts, "nothing new, nobody told"


@pytest.mark.parametrize("trouble", ["refuses", "is gone"])
def test_a_hub_in_trouble_is_a_warning_and_the_words_are_live(root: Path, hub: Hub, trouble: str) -> None:
    if trouble == "refuses":
        hub.status, hub.words = 403, b"Who\nare you?"
    else:
        (root / "mkdocs.yml").write_text(
            MKDOCS.format(url="https://status.crumb.example/", hub="http://127.0.0.1:9/hub?key=secret"), "utf-8"
        )
    done = tidings(root, "--format", "json", "publish")
    assert done.return_value == 0
    told = json.loads(done.stdout)
    assert told["targets"][0]["outcome"] == "live"
    assert b"Some orders fail." in (root / "out" / "site" / "history.atom").read_bytes()
    assert len(told["hub"]["topics"]) == 6
    assert told["hub"]["error"] in done.stderr
    assert ("answered 403" in done.stderr) == (trouble == "refuses")
    assert "secret" not in done.stderr


def test_without_a_hub_nothing_names_one(root: Path) -> None:
    text = (root / "mkdocs.yml").read_text(encoding="utf-8")
    (root / "mkdocs.yml").write_text(text[: text.index(", websub")] + "}\n", encoding="utf-8")
    done = tidings(root, "--format", "json", "publish")
    assert json.loads(done.stdout)["hub"] is None
    site = root / "out" / "site"
    assert b'rel="hub"' not in (site / "history.atom").read_bytes() + (site / "history.rss").read_bytes()
    assert "hubs" not in json.loads((site / "feed.json").read_bytes())
    assert "tidings_link" not in tidings(root, "hosting", "nginx", "--site-root", "/srv").stdout


def test_a_dry_run_tells_nobody_and_a_rollback_does(root: Path, hub: Hub) -> None:
    assert tidings(root, "publish").return_value == 0
    say_more(root)
    told = len(hub.posts)
    assert tidings(root, "publish", "--dry-run").return_value == 0
    assert len(hub.posts) == told
    assert tidings(root, "publish").return_value == 0
    told = len(hub.posts)
    assert tidings(root, "rollback", "1").return_value == 0
    assert len(hub.posts) == told + 1
    assert ("hub.url", "https://status.crumb.example/history.atom") in hub.posts[-1]


def test_a_hub_that_is_no_address_is_a_finding(root: Path) -> None:
    (root / "mkdocs.yml").write_text(MKDOCS.format(url="https://status.crumb.example/", hub="file:///etc"), "utf-8")
    done = tidings(root, "check")
    assert done.return_value == 1
    assert "mkdocs.yml:6" in done.stdout


class TestTheAdapter:
    def test_it_posts_a_form_with_the_mode_first(self, hub: Hub) -> None:
        WebSubHub(hub.url).tell(["https://x.example/a.atom", "https://x.example/ä b.atom"])
        assert hub.posts == [
            [
                ("hub.mode", "publish"),
                ("hub.url", "https://x.example/a.atom"),
                ("hub.url", "https://x.example/ä b.atom"),
            ]
        ]
        assert hub.types == ["application/x-www-form-urlencoded"]

    def test_many_feeds_go_in_several_posts_and_none_is_lost(self, hub: Hub) -> None:
        topics = [f"https://x.example/{n}.atom" for n in range(2 * TOPICS + 1)]
        WebSubHub(hub.url).tell(topics)
        assert [len(form) - 1 for form in hub.posts] == [TOPICS, TOPICS, 1]
        assert hub.topics == topics

    @pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
    def test_every_other_answer_is_a_refusal_with_its_words(self, hub: Hub, status: int) -> None:
        hub.status, hub.words = status, b"No such\x00 topic\n" + b"x" * 5000
        with pytest.raises(DeniedError, match=f"answered {status}.*No such topic") as caught:
            WebSubHub(hub.url + "?key=hidden").tell(["https://x.example/a.atom"])
        assert "hidden" not in str(caught.value)
        assert len(str(caught.value)) < 500
        assert len(hub.posts) == 1, "a redirect is not followed"

    def test_a_hub_that_thinks_too_long_is_left(self, hub: Hub) -> None:
        hub.delay_s = 30
        begun = time.monotonic()
        with pytest.raises(UnreachableError, match="cannot be reached: timed out"):
            WebSubHub(hub.url, timeout_s=0.3).tell(["https://x.example/a.atom"])
        assert time.monotonic() - begun < 5

    def test_the_time_is_for_all_posts_together(self, hub: Hub) -> None:
        hub.delay_s = 0.2
        with pytest.raises(UnreachableError):
            WebSubHub(hub.url, timeout_s=0.5).tell([f"https://x.example/{n}" for n in range(20 * TOPICS)])
        assert 1 <= len(hub.posts) <= 4

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://hub.example/", "https://", "hub.example"])
    def test_other_schemes_are_none(self, url: str) -> None:
        with pytest.raises(UsageError):
            WebSubHub(url)
