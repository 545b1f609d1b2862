"""Readers behind a real nginx while publishers are at work on the folder that it serves."""

from __future__ import annotations

import http.client
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher import app
from publisher.adapters.clock import SystemClock
from publisher.adapters.folder import FolderStore
from publisher.cli.main import cli
from publisher.deliver.site import next_generation, publish_all, survey
from publisher.model.digest import sha256
from publisher.model.policy import PagePolicy
from publisher.model.release import Artifact
from publisher.release.bundle import bundle
from publisher.release.pointer import parse_pointer
from tests.servers import nginx
from tests.site.workspace import EXAMPLE, NOW

pytestmark = pytest.mark.nginx

NIGHTLY = os.environ.get("TIDINGS_TEST_DEPTH") == "nightly"
PAUSE_S = 0.1 if NIGHTLY else 0.02
"""Between two looks of a reader: fifty who never rest would leave the publisher no time to be watched."""
POLICY = PagePolicy(lease_ttl_s=10, keep_releases=3)
BUILT = datetime(2026, 11, 20, 15, 4, tzinfo=UTC)


def bring(artifacts: tuple[Artifact, ...], store: FolderStore) -> None:
    """Publish as the command does."""
    standings = survey([store])
    generation = next_generation(standings)
    release = bundle(artifacts, generation=generation, parent=generation - 1, built=BUILT)
    receipts = publish_all(release, standings, policy=POLICY, clock=SystemClock(), allow_shrink=True, wait_s=60)
    assert all(receipt.good for receipt in receipts), receipts


def edition(artifacts: tuple[Artifact, ...], number: int) -> tuple[Artifact, ...]:
    """Mark two pages at head and foot, and give them a sheet of their own, as an update of the theme would."""
    css = b"/* %d */" % number
    path = f"assets/extra.{sha256(css)[:16]}.css"
    head = b'<meta name="edition" content="%d"><link rel="stylesheet" href="/%s"></head>' % (number, path.encode())
    foot = b"<!-- %d --></body>" % number
    marked = [
        with_body(a, a.body.replace(b"</head>", head).replace(b"</body>", foot))
        if a.path in {"index.html", "history/index.html"}
        else a
        for a in artifacts
    ]
    sheet = next(a for a in artifacts if a.path.endswith(".css"))
    return (*marked, replace(with_body(sheet, css), path=path))


def with_body(artifact: Artifact, body: bytes) -> Artifact:
    """Give an artifact other bytes, whether its own are at hand or made when asked for."""
    return Artifact(
        path=artifact.path, body=body, headers=artifact.headers, group=artifact.group, stamped=artifact.stamped
    )


@dataclass(slots=True)
class Reader:
    """Reads pages over one connection, and keeps what was wrong with them."""

    port: int
    asked: int = 0
    newest: int = 0
    wrong: list[str] = field(default_factory=list)

    def read_until(self, over: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not over.is_set():
            self.look_at(connection, "/")
            self.look_at(connection, "/history/")
            pointer = parse_pointer(self.fetch(connection, "/release.json"), where="test")
            root = pointer.root
            pack = self.fetch(connection, f"/{root.key}")
            if sha256(pack[root.offset :][: root.length]) != root.sha256:
                self.wrong.append("the pointer dangles")
            over.wait(PAUSE_S)
        self.look_at(connection, "/")
        connection.close()

    def fetch(self, connection: http.client.HTTPConnection, path: str) -> bytes:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        self.asked += 1
        if answer.status != 200:
            self.wrong.append(f"{answer.status} {path}")
        return body

    def look_at(self, connection: http.client.HTTPConnection, path: str) -> None:
        """Whole, of one edition, with its own sheet there, and never older than what was seen before."""
        page = self.fetch(connection, path)
        head = re.search(rb'name="edition" content="(\d+)"', page)
        foot = re.search(rb"<!-- (\d+) --></body>", page)
        if head is None or foot is None or head[1] != foot[1] or not page.rstrip().endswith(b"</html>"):
            self.wrong.append(f"{path} is mixed: {head} {foot}")
        for link in re.findall(rb'href="(/assets/extra[^"]+)"', page):
            self.fetch(connection, link.decode())
        stamp = re.search(rb'data-generation="(\d+)"', page)
        if stamp is not None:
            if int(stamp[1]) < self.newest:
                self.wrong.append(f"{path} went back from {self.newest} to {int(stamp[1])}")
            self.newest = int(stamp[1])


@pytest.mark.timeout(1500 if NIGHTLY else 300)
def test_t90_readers_during_publishes_see_no_error_and_no_mixed_page(tmp_path: Path) -> None:
    """Fault T90: 50 readers during 200 publishes by night, fewer by day; nobody sees an error or half of an update."""
    publishes, readers = (200, 50) if NIGHTLY else (12, 8)
    artifacts = app.build(EXAMPLE, now=NOW).artifacts
    store = FolderStore(tmp_path / "site")
    bring(edition(artifacts, 0), store)
    port = nginx.free_port()
    words = ["--root", str(EXAMPLE), "hosting", "nginx", "--site-root", str(tmp_path / "site"), "--port", str(port)]
    configuration = CliRunner().invoke(cli, words, catch_exceptions=False).stdout
    over = threading.Event()
    everybody = [Reader(port=port) for _ in range(readers)]
    with nginx.running(tmp_path / "nginx", configuration, port=port), ThreadPoolExecutor(readers) as pool:
        at_work = [pool.submit(reader.read_until, over) for reader in everybody]
        try:
            for number in range(1, publishes + 1):
                bring(edition(artifacts, number), store)
        finally:
            over.set()
        for one in at_work:
            one.result()
    assert [line for reader in everybody for line in reader.wrong] == []
    assert {reader.newest for reader in everybody} == {publishes + 1}, "afterwards all see the last one"
    asked = sum(reader.asked for reader in everybody)
    print(f"{asked} requests during {publishes} publishes")
    assert asked > publishes * readers
