"""A small site whose every file names its edition, publishers that can be killed, and a reader who checks what it sees."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from publisher.adapters.clock import SystemClock
from publisher.adapters.s3 import S3Store
from publisher.deliver.live import history, read_live
from publisher.deliver.retention import assets
from publisher.deliver.site import SiteReceipt, next_generation, publish_all, survey
from publisher.model.digest import sha256
from publisher.model.policy import PagePolicy
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Artifact, Group
from publisher.ports import Clock, Headers, Holds, ObjectStore, Version
from publisher.release.bundle import bundle
from publisher.release.manifest import assemble, parse_root
from publisher.release.pack import Blob
from publisher.release.pointer import LEASE, OBJECTS, POINTER, RELEASES, parse_pointer

NIGHTLY = os.environ.get("TIDINGS_TEST_DEPTH") == "nightly"
TTL_S = 0.4
BUILT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
HTML = (("cache-control", "public, max-age=15"), ("content-type", "text/html; charset=utf-8"))
JSON = (("cache-control", "public, max-age=15"), ("content-type", "application/json"))
ASSET = (("cache-control", "public, max-age=31536000, immutable"), ("content-type", "text/css"))
POLICY = PagePolicy(lease_ttl_s=1, keep_releases=3)


def depth(ordinary: int, nightly: int) -> int:
    """Choose a figure."""
    return nightly if NIGHTLY else ordinary


def site(edition: str, *, still: int = 34, extra: str | None = None) -> tuple[Artifact, ...]:
    """Make a site: files that never change, and one of each group that names its edition.

    Args:
        edition: what the changing files say.
        still: pages that stay as they are.
        extra: a page that only this edition has, so that the next one removes it.
    """
    css = f"body {{ color: {edition} }}".encode()
    files = [
        Artifact(path=f"assets/site.{sha256(css)[:8]}.css", body=css, headers=ASSET, group=Group.ASSETS),
        Artifact(path="incidents/now/index.html", body=f"<p>{edition}</p>".encode(), headers=HTML, group=Group.PAGES),
        Artifact(path="history.atom", body=f"<feed>{edition}</feed>".encode(), headers=JSON, group=Group.FEEDS),
        Artifact(
            path="index.html",
            body=f"<h1>{edition}</h1> ".encode() + GENERATION_TOKEN + b" " + BUILT_TOKEN,
            headers=HTML,
            group=Group.FRONT,
            stamped=True,
        ),
    ]
    files += [
        Artifact(path=f"incidents/{n:03}/index.html", body=f"<p>{n}</p>".encode(), headers=HTML, group=Group.PAGES)
        for n in range(still)
    ]
    if extra is not None:
        files.append(Artifact(path=f"{extra}/index.html", body=b"<p>extra</p>", headers=HTML, group=Group.PAGES))
    return tuple(files)


def publish(
    artifacts: Sequence[Artifact],
    *stores: ObjectStore,
    ttl_s: float = TTL_S,
    clock: Clock | None = None,
    policy: PagePolicy = POLICY,
    allow_shrink: bool = False,
) -> tuple[SiteReceipt, ...]:
    """Publish as the command does: look, stamp, bring."""
    standings = survey(stores)
    generation = next_generation(standings)
    release = bundle(artifacts, generation=generation, parent=generation - 1, built=BUILT)
    return publish_all(
        release,
        standings,
        policy=with_ttl(policy, ttl_s),
        clock=clock or SystemClock(),
        allow_shrink=allow_shrink,
        wait_s=30,
    )


def with_ttl(policy: PagePolicy, ttl_s: float) -> PagePolicy:
    """Give a policy with a lease shorter than whole seconds, which people cannot type."""
    return PagePolicy(
        targets=policy.targets,
        max_shrink=policy.max_shrink,
        keep_releases=policy.keep_releases,
        lease_ttl_s=ttl_s,  # type: ignore[arg-type]
        timeout_s=policy.timeout_s,
    )


@dataclass(slots=True)
class Reader:
    """Reads a site through its pointer, as a program would that must not see a mix.

    Attributes:
        store: where from.
        known: bodies read before; under a hash they cannot have changed, only gone.
        packs: read before, likewise.
    """

    store: ObjectStore
    known: dict[str, bytes] = field(default_factory=dict)
    packs: dict[str, bytes] = field(default_factory=dict)

    def look(self) -> tuple[int, Mapping[str, bytes]]:
        """Read all that the pointer names: (generation, path → bytes). Fails on anything missing or mixed."""
        pointed = self.store.get(POINTER)
        if pointed is None:
            return 0, {}
        pointer = parse_pointer(pointed.body, where="test")
        root = parse_root(self._part(pointer.root), key=pointer.root.key)
        record = assemble(root, self._part)
        assert record.release.generation == pointer.generation
        there = {key for prefix in (OBJECTS, RELEASES) for key in self.store.list(prefix)}
        bodies = {}
        for path, entry in record.release.manifest.entries.items():
            for sha in (entry.sha256, entry.unstamped):
                assert record.spots[sha].key in there, f"{path} of generation {pointer.generation} dangles"
                self._part(record.spots[sha])
            bodies[path] = self.known[entry.sha256]
        return pointer.generation, bodies

    def _part(self, blob: Blob) -> bytes:
        """Read a body, a shard or a root where it is said to lie."""
        if blob.sha256 not in self.known:
            found = self._whole(blob.key)
            body = found if blob.length is None else found[blob.offset : blob.offset + blob.length]
            assert sha256(body) == blob.sha256, f"{blob} is not what it is said to be"
            self.known[blob.sha256] = body
        return self.known[blob.sha256]

    def _whole(self, key: str) -> bytes:
        if key not in self.packs:
            found = self.store.get(key)
            assert found is not None, f"{key} dangles"
            self.packs[key] = found.body
        return self.packs[key]


def edition_of(bodies: Mapping[str, bytes]) -> str:
    """Say which edition a snapshot is, having seen that all its files agree."""
    page = bodies["incidents/now/index.html"].decode().removeprefix("<p>").removesuffix("</p>")
    assert bodies["history.atom"] == f"<feed>{page}</feed>".encode()
    assert bodies["index.html"].startswith(f"<h1>{page}</h1> ".encode())
    css = f"body {{ color: {page} }}".encode()
    assert bodies[f"assets/site.{sha256(css)[:8]}.css"] == css
    return page


def assert_live_paths_agree(store: ObjectStore) -> None:
    """See that what browsers open is exactly what the live manifest says, bytes and headers.

    Nothing else is there, but for assets of earlier releases that are still kept, or that wait to be removed together.
    """
    live = read_live(store)
    assert live is not None
    for path, entry in live.manifest.entries.items():
        there = store.get(path)
        assert there is not None, path
        assert (sha256(there.body), there.headers) == (entry.sha256, entry.headers), path
    served = {key for key in store.list("") if not key.startswith((OBJECTS, "releases/", ".tidings/"))}
    earlier = {path for _, record in history(store, live, limit=100) for path in assets(record.release.manifest)}
    earlier |= set(live.record.waste)
    assert served - earlier == {*live.manifest.entries, POINTER} - earlier
    assert served >= {*live.manifest.entries, POINTER}


def start_publisher(
    context: multiprocessing.context.ForkServerContext,
    endpoint: str,
    bucket: str,
    edition: str,
    *,
    extra: str | None = None,
    freeze_at: int | None = None,
) -> ForkServerProcess:
    """Start a publisher in a process of its own; it stops itself before its `freeze_at`-th write under its lease."""
    # the server that forks may be older than these credentials: it keeps the surroundings it was started in
    secrets = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    process = context.Process(target=_publisher, args=(endpoint, bucket, edition, extra, freeze_at, secrets))
    process.start()
    return process


def is_frozen(process: ForkServerProcess) -> bool:
    """Say whether a process was stopped, as Linux tells (proc(5): the state follows the name in brackets)."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] == "T"
    return False


class _Freezing(S3Store):
    """Stops its own process once, before one of its writes."""

    freeze_at: int | None = None
    _written = 0
    _counting = threading.Lock()

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        self._count()
        return super().put(key, body, headers)

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        if key != LEASE or self._written:
            self._count()
            return super().put_if(key, body, headers, expected=expected)
        # others may hold the lease for a while: only the take that succeeds is the first write
        version = super().put_if(key, body, headers, expected=expected)
        self._written = 1
        return version

    def delete(self, keys: Iterable[str]) -> None:
        self._count()
        super().delete(keys)

    def _count(self) -> None:
        with self._counting:
            mine, self._written = self._written, self._written + 1
        if mine == self.freeze_at:
            os.kill(os.getpid(), signal.SIGSTOP)


def forkserver() -> multiprocessing.context.ForkServerContext:
    """Give a way to start processes that have our modules imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _publisher(  # noqa: PLR0917 -- as a process is handed them
    endpoint: str,
    bucket: str,
    edition: str,
    extra: str | None,
    freeze_at: int | None,
    secrets: Mapping[str, str],
) -> None:
    os.environ.update(secrets)
    store = _Freezing(bucket, endpoint=endpoint, region="us-east-1", timeout_s=5)
    store.freeze_at = freeze_at
    publish(site(edition, extra=extra), store)
