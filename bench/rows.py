"""Where the goals' figures come from: one function a group of rows that share their preparation.

Each builds its own sites in a folder of its own, checks that the work was done (the edit shows, the mails came), and
gives rows. Nothing is measured through the counting proxy: requests are counted in runs of their own.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench import corpus, servers
from bench.goals import BY_ID, Row, missing, number, ratio
from bench.measure import Cost, environment, median, paired, run
from bench.sites import TOOLS, HugoSite, MkDocsSite, TidingsSite, ours

if TYPE_CHECKING:
    from tests.servers.s3 import S3Server

CSTATE_S = 12.1
"""cState's full build of 1,000 incidents on Hugo 0.168: recorded on two shared cores, its theme is in no registry."""
CSTATE_COUNT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured.

    Attributes:
        count: incidents of most rows.
        scale: incidents of the row that compares two sizes, the smaller; the larger is ten times as many.
        mails: sent in each round.
    """

    name: str
    count: int
    scale: int
    mails: int


SIZES = {
    size.name: size
    for size in (
        Size(name="small", count=500, scale=100, mails=1_000),
        Size(name="full", count=5_000, scale=500, mails=10_000),
        Size(name="large", count=5_000, scale=5_000, mails=10_000),
    )
}


@dataclass(slots=True, kw_only=True)
class Bench:
    """A run: how much, how often, where; and what was taken.

    Attributes:
        samples: every single figure, by what it is of: for the JSON.
        beside: figures that no goal speaks of, for people: (what, figure).
    """

    size: Size
    rounds: int
    folder: Path
    say: Callable[[str], None]
    samples: dict[str, list[Cost]] = field(default_factory=dict)
    beside: list[tuple[str, str]] = field(default_factory=list)

    def place(self, name: str) -> Path:
        """Give a folder that is not there yet."""
        return self.folder / name

    def keep(self, what: str, costs: list[Cost]) -> Cost:
        """Keep figures and give their median."""
        self.samples[what] = costs
        middle = median(costs)
        self.say(f"    {what}: {_s(middle.wall_s)} wall, {_s(middle.cpu_s)} CPU, {middle.peak_mib:.0f} MiB")
        return middle

    def pair(
        self,
        what: str,
        one: Callable[[int], Cost],
        name: str,
        other: Callable[[int], Cost],
        *,
        rounds: int | None = None,
    ) -> tuple[Cost, Cost]:
        """Measure ours and another in turns and keep both."""
        mine, theirs = paired(rounds or self.rounds, one, other)
        return self.keep(f"tidings: {what}", mine), self.keep(f"{name}: {what}", theirs)


def building(bench: Bench) -> list[Row]:
    """Compare edits and cold builds with lean Hugo's, MkDocs' and bare Python's, at the run's size."""
    count = bench.size.count
    mine, hugo = TidingsSite(bench.place("tidings"), count), HugoSite(bench.place("hugo"), count)
    mkdocs = MkDocsSite(bench.place("mkdocs"), count)
    at = f"{count:,} incidents"
    cold_rounds = max(1, bench.rounds // 2)
    cold, hugo_cold = bench.pair(
        f"cold, {at}", lambda _: mine.cold(), "hugo", lambda _: hugo.cold(), rounds=cold_rounds
    )
    mkdocs_cold = bench.keep(f"mkdocs: cold, {at}", [mkdocs.cold()])
    edited, hugo_edited = bench.pair(f"one edit, {at}", mine.rebuild, "hugo", hugo.rebuild)
    bare = [sys.executable, "-I", "-c", "pass"]
    mine.build()
    idle, python = bench.pair(
        f"nothing changed, {at}", lambda _: mine.build(), "python", lambda _: run(bare, cwd=bench.folder)
    )
    checked = bench.keep(
        f"tidings: check of one file, {at}", [_checked(mine, turn) for turn in range(100, 100 + bench.rounds)]
    )
    return [
        _compared("edit-wall", edited.wall_s, hugo_edited.wall_s, note=at),
        _compared("edit-cpu", edited.cpu_s, hugo_edited.cpu_s, note=at),
        _compared("cold-hugo", cold.wall_s, hugo_cold.wall_s, note=at),
        _compared("cold-mkdocs", cold.wall_s, mkdocs_cold.wall_s, note=f"{at}; MkDocs once, in the same run"),
        _compared("idle", idle.wall_s, python.wall_s, note=at),
        Row(
            goal=BY_ID["memory"],
            figure=ratio(cold.peak_mib, hugo_cold.peak_mib),
            ours=f"{cold.peak_mib:.0f} MiB",
            theirs=f"{hugo_cold.peak_mib:.0f} MiB",
            note=f"{at}; one edit: {ratio(edited.peak_mib, hugo_edited.peak_mib):.2g} ({edited.peak_mib:.0f} MiB)",
        ),
        Row(goal=BY_ID["check"], figure=checked.wall_s, ours=_s(checked.wall_s), note=at),
    ]


def _checked(site: TidingsSite, turn: int) -> Cost:
    site.edit(turn)
    return site.tidings("check", str(site.newest.relative_to(site.folder)))


def cstate(bench: Bench) -> list[Row]:
    """Compare an edit with cState's recorded build."""
    site = TidingsSite(bench.place("cstate"), CSTATE_COUNT)
    site.cold()
    edited = bench.keep(
        f"tidings: one edit, {CSTATE_COUNT:,} incidents", [site.rebuild(turn) for turn in range(1, bench.rounds + 1)]
    )
    return [_compared("cstate", edited.wall_s, CSTATE_S, note="cState's figure is recorded, not paired")]


def scale(bench: Bench) -> list[Row]:
    """Compare an edit with an edit at ten times as many incidents."""
    few, many = bench.size.scale, bench.size.scale * 10
    small, large = TidingsSite(bench.place("few"), few), TidingsSite(bench.place("many"), many)
    bench.keep(f"tidings: first build, {many:,} incidents", [large.cold()])
    small.cold()
    taken = paired(bench.rounds, large.rebuild, small.rebuild)
    more = bench.keep(f"tidings: one edit, {many:,} incidents", taken[0])
    less = bench.keep(f"tidings: one edit, {few:,} incidents", taken[1])
    note = f"{many:,} to {few:,} incidents" + ("" if many >= 50_000 else "; the goal is for 50,000: SIZE=large")
    return [_compared("scale", more.wall_s, less.wall_s, note=note)]


def publishing(bench: Bench) -> list[Row]:
    """Compare edit to live with Hugo's build and deploy, on one store; then count requests."""
    server = servers.store()
    keys = server.environment()
    count = bench.size.count
    mine_bucket, hugo_bucket = server.bucket(), server.bucket()
    mine = TidingsSite(bench.place("published"), count, channels=_channels(mine_bucket, server.endpoint))
    hugo = HugoSite(bench.place("deployed"), count, deployment=_deployment(hugo_bucket, server.endpoint))
    bench.say("    first uploads, not compared: a server's work")
    bench.keep(f"tidings: first publish, {count:,} incidents", [mine.tidings("publish", extra=keys)])
    hugo.build()
    bench.keep(f"hugo: first deploy, {count:,} incidents", [_deploy(hugo, keys)])

    def published(turn: int) -> Cost:
        mark = mine.edit(turn)
        cost = mine.tidings("publish", extra=keys)
        _stored(server, mine_bucket, f"incidents/{mine.newest.stem}/index.html", mark)
        return cost

    def deployed(turn: int) -> Cost:
        cost = hugo.rebuild(turn) + _deploy(hugo, keys)
        _stored(server, hugo_bucket, f"issues/{hugo.newest.stem}/index.html", f"seen-{turn}-times")
        return cost

    live, their_live = bench.pair(f"edit to live, {count:,} incidents", published, "hugo", deployed)
    rows = [
        _compared("live", live.wall_s, their_live.wall_s, note=f"{count:,} incidents, SeaweedFS on the same machine")
    ]
    rows += _counted(bench, server, keys, mine, mine_bucket)
    _count_peers(bench, server, keys, hugo, hugo_bucket)
    return rows


def _counted(bench: Bench, server: S3Server, keys: Mapping[str, str], site: TidingsSite, bucket: str) -> list[Row]:
    """Count requests after an edit, and uploads after a rebuild that gives the same bytes."""
    before = servers.contents(server, bucket)
    site.edit(900)
    with servers.counting(server) as (endpoint, counted):
        _point(site, bucket, endpoint)
        site.tidings("publish", extra=dict(keys))
    after = servers.contents(server, bucket)
    changed = [key for key, tag in after.items() if before.get(key) != tag]
    passed = counted[0]
    bench.beside.append(
        (
            f"tidings publish, one edit, {site.count:,} incidents",
            f"{passed.requests} requests ({_methods(passed)}), {len(changed)} objects new or changed of {len(after):,}",
        )
    )
    for file in (*(site.folder / "incidents").iterdir(), site.folder / "mkdocs.yml"):
        file.touch()
    with servers.counting(server) as (endpoint, again):
        _point(site, bucket, endpoint)
        site.tidings("publish", extra=dict(keys))
    _point(site, bucket, server.endpoint)
    return [
        Row(
            goal=BY_ID["requests"],
            figure=passed.requests - len(changed),
            ours=f"{passed.requests} requests",
            theirs=f"{len(changed)} objects changed",
            note=f"{site.count:,} incidents; changed: by ETag, in the store, before and after",
        ),
        Row(
            goal=BY_ID["identical"],
            figure=again[0].puts,
            ours=f"{again[0].puts} PUT of {again[0].requests} requests",
            note="every file touched, nothing changed",
        ),
    ]


def _count_peers(bench: Bench, server: S3Server, keys: Mapping[str, str], hugo: HugoSite, bucket: str) -> None:
    """Say what the other uploaders need for the same edit; no goal speaks of it."""
    at = f"one edit, {hugo.count:,} incidents"
    hugo.rebuild(901)
    with servers.counting(server) as (endpoint, counted):
        config = hugo.folder / "hugo.yaml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace(server.endpoint, endpoint), encoding="utf-8")
        _deploy(hugo, keys)
        config.write_text(text, encoding="utf-8")
    bench.beside.append((f"hugo deploy, {at}", f"{counted[0].requests} requests ({_methods(counted[0])})"))

    def sync(endpoint: str) -> Cost:
        words = ["s3", "sync", "public", f"s3://{bucket}", "--endpoint-url", endpoint, "--only-show-errors"]
        return run([TOOLS / "bin" / "aws", *words], cwd=hugo.folder, extra=keys)

    # the bucket is Hugo's: aws compares time and size, so it puts everything once, and one edit after that
    sync(server.endpoint)
    hugo.rebuild(902)
    synced = bench.keep(f"aws s3 sync: {at}", [sync(server.endpoint)])
    hugo.rebuild(903)
    with servers.counting(server) as (endpoint, counted):
        sync(endpoint)
    bench.beside.append(
        (f"aws s3 sync, {at}", f"{_s(synced.wall_s)}, {counted[0].requests} requests ({_methods(counted[0])})")
    )


def warm(bench: Bench) -> list[Row]:
    """Time a running preview: from the file saved to the page served."""
    site = TidingsSite(bench.place("warm"), bench.size.count)
    process = subprocess.Popen(
        [str(word) for word in ours()] + ["--quiet", "preview", "--port", "0"],
        cwd=site.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        address = process.stdout.readline().strip()
        if not address.startswith("http://127.0.0.1"):
            return [missing("warm", "the preview did not start")]
        page = f"{address}incidents/{site.newest.stem}/"
        taken = [_until(page, site.edit(turn)) for turn in range(1, bench.rounds + 2)][1:]
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    middle = median([Cost(wall_s=seconds, cpu_s=0, peak_mib=0) for seconds in taken]).wall_s
    bench.say(f"    tidings: preview, saved to served: {middle * 1000:.0f} ms")
    bench.samples["tidings: preview, saved to served"] = [Cost(wall_s=s, cpu_s=0, peak_mib=0) for s in taken]
    return [
        Row(
            goal=BY_ID["warm"],
            figure=middle * 1000,
            ours=f"{middle * 1000:.0f} ms",
            note=f"{site.count:,} incidents; asked for every 10 ms",
        )
    ]


def _until(page: str, mark: str) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < 300:
        with urllib.request.urlopen(page, timeout=60) as answer:
            if mark.encode() in answer.read():
                # let it finish what it does after showing, before the next save
                seconds = time.monotonic() - begun
                time.sleep(max(1.0, seconds / 4))
                return seconds
        time.sleep(0.01)
    raise RuntimeError("the preview never showed the edit")


def mail(bench: Bench) -> list[Row]:
    """Compare `tidings deliver` with smtplib and bodies made beforehand."""
    count = bench.size.mails
    folder, kept = bench.place("mail"), bench.place("kept.json")
    with servers.mail_server(kept) as port:
        site = TidingsSite(folder, 20, channels=_mail_channels(port))
        site.tidings("publish", "--no-deliver")
        (folder / "people.csv").write_text(
            "address,locale,frequency,severity,components,maintenance,consent,asked,confirmed,ended,source\n"
            + "".join(
                f"p{n:05d}@example.org,en,immediate,sev4,,yes,confirmed,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,,bench\n"
                for n in range(count)
            ),
            encoding="utf-8",
        )
        site.tidings("audience", "import", "people.csv")
        _owe(site, 0)
        site.tidings("deliver", "--limit", "1")
        site.tidings("deliver")
    body = kept.with_suffix(".eml")
    with servers.mail_server(kept) as port:
        (folder / "policy" / "channels.yml").write_text(_mail_channels(port), encoding="utf-8")
        plain: list[str | Path] = [
            sys.executable,
            "-I",
            Path(__file__).with_name("mail_plain.py"),
            str(port),
            body,
            str(count),
        ]

        def delivered(turn: int) -> Cost:
            _owe(site, turn)
            return site.tidings("deliver")

        mine, theirs = bench.pair(f"{count:,} mails", delivered, "smtplib", lambda _: run(plain, cwd=bench.folder))
    messages, recipients = servers.kept_mail(kept)
    if (messages, recipients) != (2 * bench.rounds * count, count):
        raise RuntimeError(f"the mail server kept {messages} messages to {recipients} people")
    ms = 1000 / count
    return [
        Row(
            goal=BY_ID["mail"],
            figure=ratio(mine.cpu_s, theirs.cpu_s),
            ours=f"{mine.cpu_s * ms:.2f} ms CPU, {mine.wall_s * ms:.2f} ms wall",
            theirs=f"{theirs.cpu_s * ms:.2f} ms CPU, {theirs.wall_s * ms:.2f} ms wall",
            note=f"{count:,} mails of {body.stat().st_size:,} bytes, start-up included",
        )
    ]


def _owe(site: TidingsSite, turn: int) -> None:
    """Say something new and publish it, so that everybody is owed a mail."""
    at = corpus.NOW.replace(hour=8, minute=turn)
    with site.newest.open("a", encoding="utf-8") as file:
        file.write(f"\n## {at:%Y-%m-%d %H:%M} UTC · Monitoring\n\nWe wait and watch, for turn number {turn}.\n")
    site.tidings("publish", "--no-deliver")


GROUPS: tuple[tuple[tuple[str, ...], Callable[[Bench], list[Row]]], ...] = (
    (("edit-wall", "edit-cpu", "cold-hugo", "cold-mkdocs", "idle", "memory", "check"), building),
    (("cstate",), cstate),
    (("scale",), scale),
    (("live", "requests", "identical"), publishing),
    (("warm",), warm),
    (("mail",), mail),
)
"""(goals, where their rows come from), in the order in which they are measured."""


def _compared(goal: str, mine: float, theirs: float, *, note: str = "") -> Row:
    return Row(goal=BY_ID[goal], figure=ratio(mine, theirs), ours=_s(mine), theirs=_s(theirs), note=note)


def _s(seconds: float) -> str:
    return f"{number(seconds)} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _methods(passed: servers.Passed) -> str:
    return ", ".join(f"{count} {method}" for method, count in sorted(passed.by_method.items()))


def _channels(bucket: str, endpoint: str) -> str:
    return (
        f"page:\n  targets:\n    store: {{kind: s3, bucket: {bucket}, endpoint: '{endpoint}', region: us-east-1}}\n"
        "email: {enabled: false}\n"
    )


def _point(site: TidingsSite, bucket: str, endpoint: str) -> None:
    (site.folder / "policy" / "channels.yml").write_text(_channels(bucket, endpoint), encoding="utf-8")


def _mail_channels(port: int) -> str:
    return (
        "page:\n  targets:\n    local: {kind: folder, path: out/site}\n"
        f"email:\n  enabled: true\n  transport: smtp\n  host: 127.0.0.1\n  port: {port}\n"
        "  sender: status@example.org\n  sender_name: Status\n"
        "  unsubscribe_url: https://status.example.org/unsubscribe?token={token}\n"
    )


def _deployment(bucket: str, endpoint: str) -> str:
    url = f"s3://{bucket}?region=us-east-1&endpoint={endpoint}&use_path_style=true"
    return f'deployment:\n  targets:\n  - name: s3\n    url: "{url}"\n'


def _deploy(hugo: HugoSite, keys: Mapping[str, str]) -> Cost:
    return hugo.hugo("deploy", "--target", "s3", "--maxDeletes", "-1", "--quiet", extra=dict(keys))


def _stored(server: S3Server, bucket: str, key: str, mark: str) -> None:
    """See that the store holds what was just written."""
    opened = servers.client(server)
    body = opened.get_object(Bucket=bucket, Key=key)["Body"].read()
    opened.close()
    if mark.encode() not in body:
        raise RuntimeError(f"{re.sub('^.*/(?=[^/]+/)', '', key)} in the store does not show the edit")
