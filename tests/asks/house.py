"""Files in, artifacts and mails out: the real pipeline, published to a folder, mailed as files."""

from __future__ import annotations

import email
import email.policy
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import feedparser
from icalendar import Calendar
from lxml import html

from publisher import app, pipeline
from publisher.adapters.clock import ManualClock
from publisher.deliver.messages import deliver_due
from publisher.model.finding import blocking
from publisher.model.release import GENERATION_TOKEN
from publisher.model.subscriber import Consent, Wishes
from publisher.pipeline import Built, Published
from publisher.records.subscribers import confirm, subscribe

SITE = """site_name: Crumb status
site_url: https://status.crumb.example/
docs_dir: site_src
theme: {name: material}
plugins:
  - tidings: {locales: [en], time_zone: Europe/Berlin}
"""
COMPONENTS = """groups:
  shop: {name: Web shop}
  tills: {name: Tills, parent: shop}
components:
  ordering: {name: Ordering, group: shop, depends_on: [payments]}
  payments: {name: Card payments, group: tills}
  delivery: {name: Delivery}
uptime: {days: 14}
"""
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    """Read `2026-11-20 14:05` as UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


class House:
    """One repository and what came of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("mkdocs.yml", SITE)
        self.write("policy/components.yml", COMPONENTS)
        self.write("site_src/about.md", "# About\n\nBread.\n")
        (root / "incidents").mkdir()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def incident(self, name: str, front: str, *updates: str) -> None:
        """Write one: front matter, then updates as `2026-11-20 14:05 UTC · Investigating | Words.`"""
        said = "\n".join(f"## {heading}\n\n{words}\n" for heading, _, words in (u.partition(" | ") for u in updates))
        self.write(f"incidents/{name}.md", f"---\n{front.strip()}\n---\n\n{said}")

    def findings(self, now: datetime = NOW) -> list[str]:
        return [f.code for f in app.read_content(self.root, now=now).findings]

    def build(self, now: datetime = NOW) -> Site:
        built = app.build(self.root, now=now)
        assert [str(f) for f in blocking(built.findings)] == []
        return Site(built)

    def subscribe(self, address: str, *components: str, maintenance: bool = True, now: datetime = NOW) -> None:
        wishes = Wishes(components=components, maintenance=maintenance)
        with app.records(self.root, app.read_policy(self.root)) as records:
            someone = subscribe(records.subscribers, address, wishes=wishes, now=now, source="test")
            assert someone.consent is Consent.PENDING
            confirm(records.subscribers, someone.token, now=now)

    def publish(self, now: datetime = NOW) -> Published:
        """Publish to the folder and let the mails go."""
        built = app.build(self.root, now=now)
        policy, site = built.history.policy, built.history.site
        clock = ManualClock(now)
        with app.records(self.root, policy) as records:
            stores = list(app.stores(self.root, policy).values())
            planned = pipeline.plan(built, stores, records.ledger, records.subscribers)
            published = pipeline.publish(planned, records.ledger, clock=clock)
            transport = app.mail_transport(self.root, policy.email)
            deliver_due(
                records.outbox, records.subscribers, transport, site=site, policy=policy.email, clock=clock, worker="w"
            )
            transport.close()
        return published

    def mails(self) -> list[EmailMessage]:
        """Take the mails that were sent since the last look, by recipient."""
        out: list[EmailMessage] = []
        for path in sorted((self.root / "out/mail").rglob("*.eml")):
            out.append(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
            path.unlink()
        return sorted(out, key=lambda m: (str(m["To"]), str(m["Subject"])))


class Site:
    """A build, as its readers read it."""

    def __init__(self, built: Built) -> None:
        self.built = built
        self.bodies = {a.path: a.body for a in built.artifacts}

    def page(self, path: str = "index.html") -> html.HtmlElement:
        return html.fromstring(self.bodies[path].decode())

    def says(self, path: str = "index.html") -> str:
        """Give a page's visible words, blanks folded."""
        main = self.page(path).xpath("//main | //article | //body")[0]
        for unseen in main.xpath(".//script | .//style"):
            unseen.drop_tree()
        return " ".join(main.text_content().split())

    def json(self, path: str) -> Any:
        return json.loads(self.bodies[path].replace(GENERATION_TOKEN, b"0"))

    def v2(self, path: str) -> Any:
        return json.loads(self.bodies[f"api/v2/{path}"])

    def feed(self, path: str) -> Any:
        parsed = feedparser.parse(self.bodies[path])
        assert not parsed.bozo, path
        return parsed

    def events(self, path: str = "maintenance.ics") -> list[Any]:
        return list(Calendar.from_ical(self.bodies[path]).walk("VEVENT"))


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
