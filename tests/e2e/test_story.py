"""One incident through a real S3 server, a real SMTP server and a real browser, told with the command alone."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import feedparser
import pytest
from playwright.sync_api import Browser, Page

from publisher.adapters.s3 import S3Store
from tests.e2e.conftest import Front, front
from tests.servers.s3 import S3Server
from tests.servers.smtp import Sink, smtp_sink

pytestmark = [pytest.mark.s3, pytest.mark.chromium]

CHANNELS = """\
page:
  targets:
    main: {{kind: s3, bucket: {bucket}, endpoint: "{endpoint}", region: us-east-1}}
email:
  transport: smtp
  host: 127.0.0.1
  port: {port}
  sender: status@crumb.example
  sender_name: Crumb status
  unsubscribe_url: https://status.crumb.example/unsubscribe?token={{token}}
"""
ID = "2026-11-20-card-payments-fail"
FIRST = "About half of all card payments fail. Paying at the door works."
SECOND = "Our card processor has mended it. Payments go through again."


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A status repository, its bucket, its mail server, and what a reader's browser opens."""

    root: Path
    server: S3Server
    store: S3Store
    bucket: str
    sink: Sink
    front: Front

    def tidings(self, *words: str, at: str, code: int = 0) -> Any:
        """Run the command as people do; give its JSON where it writes some."""
        done = subprocess.run(
            [sys.executable, "-m", "publisher", "--root", str(self.root), "--now", f"2026-11-20T{at}:00Z", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            env=os.environ | self.server.environment(),
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout

    def objects(self) -> Mapping[str, tuple[str, str]]:
        """Give every object's version and time of writing."""
        client = boto3.client("s3", endpoint_url=self.server.endpoint, region_name="us-east-1")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        found = {
            o["Key"]: (o["ETag"], o["LastModified"].isoformat()) for page in pages for o in page.get("Contents", ())
        }
        client.close()
        return found

    def body(self, key: str) -> bytes:
        """Give what readers are served under a key."""
        found = self.store.get(key)
        assert found is not None, f"{key} is not there"
        return found.body

    def mails(self) -> list[EmailMessage]:
        """Give what the mail server took, in order."""
        return [email.message_from_bytes(kept.wire, policy=email.policy.default) for kept in self.sink.kept]


@pytest.fixture
def house(tmp_path: Path, seaweed: S3Server) -> Iterator[House]:
    with smtp_sink() as sink:
        bucket = seaweed.bucket()
        store = seaweed.store(bucket)
        with front(store) as served:
            yield House(root=tmp_path / "status", server=seaweed, store=store, bucket=bucket, sink=sink, front=served)


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """Open a page as a reader, and see that it asks no other host and breaks nowhere."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
    page.goto(url, wait_until="load")
    yield page
    hosts = {urlsplit(address).netloc for address in asked if not address.startswith(("data:", "blob:"))}
    context.close()
    assert hosts == {urlsplit(url).netloc}, "a reader's browser asks our host alone"
    assert broken == []


def plain(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    text = part.get_content()
    assert isinstance(text, str)
    return text


def test_one_incident_from_first_words_to_rollback(  # noqa: PLR0915 - one story, told in one go
    house: House, browser: Browser
) -> None:
    """Publish, publish again, edit, publish, roll back: what a reader of page, feed, API and mail gets."""
    # a new repository, two readers: one who confirmed, one who did not
    subprocess.run(
        [
            *(sys.executable, "-m", "publisher", "--now", "2026-11-20T08:00:00Z", "init", str(house.root), "--bare"),
            *("--name", "Crumb status", "--url", "https://status.crumb.example/"),
        ],
        check=True,
        capture_output=True,
    )
    (house.root / "policy" / "components.yml").write_text(
        "components:\n  ordering: {name: Ordering, depends_on: [payments]}\n  payments: {name: Card payments}\n"
    )
    (house.root / "policy" / "channels.yml").write_text(
        CHANNELS.format(bucket=house.bucket, endpoint=house.server.endpoint, port=house.sink.port)
    )
    house.tidings("audience", "add", "ana@example.com", at="09:00")
    (asked,) = house.mails()
    token = re.search(r"[A-Za-z0-9_-]{22,}", plain(asked, "plain"))
    assert token is not None, "the mail that asks for consent says how to give it"
    house.tidings("audience", "confirm", token[0], at="09:01")
    house.tidings("audience", "add", "never-confirmed@example.com", at="09:02")
    asked_for_consent = len(house.sink.kept)

    # something breaks
    house.tidings(
        *("new", "Card payments fail", "--category", "outage", "--severity", "sev2"),
        *("--component", "payments=partial_outage", "--text", FIRST),
        at="14:05",
    )
    first = house.tidings("publish", "--format", "json", at="14:06")
    assert (first["generation"], first["unchanged"], first["owed"]) == (1, False, 1)
    assert first["messages"]["outcomes"] == {"accepted": 1}

    with opened(browser, f"{house.front.url}/") as page:
        home = page.inner_text("body")
        assert "Card payments fail" in home
        page.get_by_role("link", name="Card payments fail").first.click()
        page.wait_for_url(f"**/incidents/{ID}/")
        assert FIRST in page.inner_text("body")
    assert FIRST in feedparser.parse(house.body("history.atom"))["entries"][0]["content"][0]["value"]
    summary = json.loads(house.body("api/v2/summary.json"))
    assert [i["name"] for i in summary["incidents"]] == ["Card payments fail"]
    assert summary["incidents"][0]["incident_updates"][0]["body"].strip() == FIRST

    (mail,) = house.mails()[asked_for_consent:]
    assert mail["To"] == "ana@example.com"
    assert FIRST in plain(mail, "plain")
    assert FIRST in plain(mail, "html")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.search(rf"https://status\.crumb\.example(/incidents/{ID}/)[^\s]*", plain(mail, "plain"))
    assert link is not None
    with opened(browser, house.front.url + link[1]) as page:
        assert FIRST in page.inner_text("body"), "the link in the mail finds its page"

    # nothing changed: nothing is uploaded, nothing is sent
    before = house.objects()
    again = house.tidings("publish", "--format", "json", at="14:10")
    assert again["unchanged"]
    assert house.objects() == before
    assert len(house.mails()) == asked_for_consent + 1

    # news
    house.tidings(
        *("update", ID, "--status", "resolved", "--text", SECOND),
        at="15:00",
    )
    plan = house.tidings("publish", "--dry-run", "--format", "json", at="15:01")
    assert plan["owed"] == 1
    assert house.objects() == before, "a dry run touches nothing"
    second = house.tidings("publish", "--format", "json", at="15:01")
    assert (second["generation"], second["owed"]) == (2, 1)
    with opened(browser, f"{house.front.url}/incidents/{ID}/") as page:
        text = page.inner_text("body")
        assert SECOND in text
        assert FIRST in text
    assert json.loads(house.body("api/v2/status.json"))["status"]["indicator"] == "none"
    told, news = house.mails()[asked_for_consent:]
    assert SECOND in plain(news, "plain")
    assert news["References"] == told["References"], "one incident is one thread"
    assert news["Message-ID"] != told["Message-ID"]

    # back to what was said first: a new release with old bodies, and nobody is written to
    back = house.tidings("rollback", "1", "--format", "json", at="15:10")
    assert [t["generation"] for t in back["targets"]] == [3]
    with opened(browser, f"{house.front.url}/incidents/{ID}/") as page:
        text = page.inner_text("body")
        assert SECOND not in text
        assert FIRST in text
    pointer = json.loads(house.body("release.json"))
    assert pointer["generation"] == 3
    house.tidings("deliver", at="15:11")
    assert len(house.mails()) == asked_for_consent + 2

    # the files still say the newer words: the next publish brings them back, and sends nothing twice
    third = house.tidings("publish", "--format", "json", at="15:20")
    assert (third["generation"], third["owed"]) == (4, 0)
    with opened(browser, f"{house.front.url}/incidents/{ID}/") as page:
        assert SECOND in page.inner_text("body")
    assert len(house.mails()) == asked_for_consent + 2
    recipients = {recipient for kept in house.sink.kept[asked_for_consent:] for recipient in kept.recipients}
    assert recipients == {"ana@example.com"}


def test_a_broken_text_leaves_readers_with_what_they_had(house: House, browser: Browser) -> None:
    """A finding that blocks: exit code 1, every place named, nothing written, nothing sent."""
    subprocess.run(
        [sys.executable, "-m", "publisher", "--now", "2026-11-20T08:00:00Z", "init", str(house.root)],
        check=True,
        capture_output=True,
    )
    (house.root / "policy" / "channels.yml").write_text(
        CHANNELS.format(bucket=house.bucket, endpoint=house.server.endpoint, port=house.sink.port)
    )
    house.tidings("publish", at="14:00")
    before = house.objects()
    (source,) = (house.root / "incidents").glob("*.md")
    source.write_text(source.read_text().replace("{website: degraded", "{webiste: degraded"))
    said = house.tidings("publish", at="14:05", code=1)
    assert re.search(rf"incidents/{source.name}:\d+:\d+: TID\d+ .*webiste.*website", said)
    assert house.objects() == before
    assert house.sink.kept == []
    with opened(browser, f"{house.front.url}/") as page:
        assert "Website" in page.inner_text("body")
