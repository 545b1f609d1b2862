"""A small status site that somebody edits without end, and the two ways to build it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from publisher import building
from publisher.adapters.memory_sources import MemorySources
from publisher.building import Built
from publisher.model.digest import ContentHash, sha256
from publisher.model.release import Artifact, KeptArtifact
from publisher.ports import Sources
from publisher.recall.state import State
from publisher.site.frames import Frames
from publisher.site.slots import SLOTS, mark, split

KINDS = ("home", "history", "month", "incident", "component", "maintenance", "subscribe", "404")
BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
Shown = dict[str, tuple[str, tuple[tuple[str, str], ...], int, bool]]
OFTEN: Final = ("add", "say", "say", "reword", "retitle", "clock", "touch", "translate", "edge")
SELDOM: Final = (
    "remove", "rename", "refolder", "component", "severity", "mend", "maintenance", "catalogue", "revert", "window",
)  # fmt: skip
RARE: Final = ("policy", "retheme", "locale", "clock_back", "brand", "break_one", "hide", "override", "zone")


class DictMemory:
    """The port `Memory` on a mapping, which tests can damage."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, body: bytes) -> None:
        self.kept[name] = body

    def keep(self, names: Iterable[str]) -> None:
        wanted = set(names)
        self.kept = {name: body for name, body in self.kept.items() if name in wanted}


def frames(theme: int, locales: Iterable[str], files: Mapping[str, bytes]) -> Frames:
    """Frames of an invented theme: all slots, and what lies in `site_src/`, its template override in every page."""
    own = {path.removeprefix("site_src/"): body for path, body in files.items() if path.startswith("site_src/")}
    override = files.get("overrides/main.html", b"").decode()
    page = f"<html><!-- theme {theme} {override} -->{' '.join(map(mark, SLOTS))}</html>".encode()
    return Frames(
        frames={locale: {kind: split(page) for kind in KINDS} for locale in locales},
        files={"assets/a.css": b"a {}", "about/index.html": f"about {theme}".encode(), **own},
        digest=f"theme-{theme}-{sha256(repr(sorted(own.items())).encode())}-{sha256(override.encode())}",
    )


def shown(artifacts: Iterable[Artifact]) -> Shown:
    """What matters of artifacts; those that are known by hash are not made for it."""
    return {
        a.path: (
            a.sha256 if isinstance(a, KeptArtifact) else sha256(a.body),
            a.headers,
            int(a.group),
            a.stamped,
        )
        for a in artifacts
    }


@dataclass
class Desk:
    """A repository, the clock, and the hand that edits.

    Attributes:
        seed: of all that happens.
        files: path → bytes, `mkdocs.yml` to `site_src/`.
        languages: those that the site may be in, one of them at a time.
        standing: whether `mkdocs.yml` says what time it is, as `mkdocs build` has no other clock to be told of.
        log: what was done, by the names of the edits.
        before: earlier days of the repository, to go back to.
        drawn: pictures that builds which remember have drawn.
    """

    seed: int
    files: dict[str, bytes] = field(default_factory=dict)
    now: datetime = BEGIN
    theme: int = 1
    locales: tuple[str, ...] = ("en",)
    languages: tuple[tuple[str, ...], ...] = (("en",), ("en",), ("en", "de"), ("de",))
    names: dict[str, str] = field(default_factory=dict)
    days: int = 30
    hidden: str = ""
    time_zone: str = "Europe/Berlin"
    name: str = "Status"
    standing: bool = False
    log: list[str] = field(default_factory=list)
    before: list[dict[str, bytes]] = field(default_factory=list, repr=False)
    drawn: dict[ContentHash, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.names = {"web": "Web shop", "pay": "Payments", "mail": "Mail"}
        self.files["overrides/main.html"] = b'{% extends "base.html" %}\n'
        self.files["site_src/index.md"] = b"# Status\n"
        self._site()
        self._policy()
        for _ in range(4):
            self.add()
        self.log.clear()

    def step(self) -> str:
        """Edit something, now and then several things; say what."""
        done = [self._one() for _ in range(self.dice.choice([1, 1, 1, 1, 1, 1, 2, 4]))]
        self.before = [*self.before[-4:], dict(self.files)]
        return " and ".join(done)

    def _one(self) -> str:
        edit: str = self.dice.choice(self.dice.choices([OFTEN, SELDOM, RARE], weights=[8, 5, 2])[0])
        self.log.append(edit)
        getattr(self, edit)()
        return edit

    def build(self, state: State, sources: Sources | None = None) -> Built:
        """Build with what a state remembers, as a run of the program does."""
        return self._build(state, sources, self.drawn)

    def clean(self) -> Built:
        """Build as if for the first time."""
        return self._build(State(None, code="clean"), None, None)

    def _build(self, state: State, sources: Sources | None, drawn: MutableMapping[ContentHash, bytes] | None) -> Built:
        content = building.read(sources or MemorySources(self.files), now=self.now, state=state)
        made = frames(self.theme, content.history.site.locales, self.files)
        return building.build(content, made, now=self.now, pictures=drawn)

    # -- edits

    def _incidents(self) -> list[str]:
        return sorted(
            path for path in self.files if path.startswith("incidents/") and path.endswith(".md") and ".de." not in path
        )

    def _text(self, path: str) -> str:
        return self.files[path].decode()

    def _at(self, moment: datetime) -> str:
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    def add(self) -> None:
        """Begin an incident; on a page that has many, an old one goes, so that steps stay cheap."""
        if len(self._incidents()) > 6:
            del self.files[self._incidents()[0]]
        started = self.now - timedelta(minutes=self.dice.randrange(0, 60 * 24 * 45))
        component, impact = (
            self.dice.choice(sorted(self.names)),
            self.dice.choice(["degraded_performance", "partial_outage", "major_outage"]),
        )
        name = f"{started:%Y-%m-%d}-case-{self.dice.randrange(10**6)}"
        path = f"incidents/{name}.md" if self.dice.random() < 0.6 else f"incidents/{name}/index.md"
        self.files[path] = (
            f"---\ntitle: Case {self.dice.randrange(100)}\ncategory: outage\nseverity: sev2\n"
            f"started: {self._at(started)}\ncomponents:\n  {component}: {impact}\n---\n\n"
            f"## {started:%Y-%m-%d %H:%M:%S} UTC · Investigating\n\nWe look, see [here](/about/) and `code`.\n"
        ).encode()

    def say(self) -> None:
        path = self.dice.choice(self._incidents() or [""])
        if not path:
            return self.add()
        status = self.dice.choice(["Update", "Identified", "Monitoring", "Resolved"])
        extra = self.dice.choice(["", "<!--\ncomponents:\n  web: partial_outage\n-->\n", "<!--\nwho: some\n-->\n"])
        at = self.now + timedelta(minutes=self.dice.choice([-1, 0, 0, 30, 60 * 26]))
        self.files[path] += f"\n## {at:%Y-%m-%d %H:%M:%S} UTC · {status}\n{extra}\nNews {len(self.log)}.\n".encode()
        return None

    def reword(self) -> None:
        path = self.dice.choice(self._incidents() or ["mkdocs.yml"])
        self.files[path] = self._text(path).replace("We look", f"We look {len(self.log)} times").encode()

    def retitle(self) -> None:
        path = self.dice.choice(self._incidents() or ["mkdocs.yml"])
        lines = self._text(path).split("\n")
        self.files[path] = "\n".join(
            f"title: Another name {len(self.log)}" if line.startswith("title:") else line for line in lines
        ).encode()

    def severity(self) -> None:
        path = self.dice.choice(self._incidents() or ["mkdocs.yml"])
        self.files[path] = self._text(path).replace("severity: sev2", "severity: sev1").encode()

    def component(self) -> None:
        path = self.dice.choice(self._incidents() or ["mkdocs.yml"])
        one, other = self.dice.sample(sorted(self.names), 2)
        self.files[path] = self._text(path).replace(f"  {one}:", f"  {other}:").encode()

    def clock(self) -> None:
        self.now += timedelta(minutes=self.dice.choice([1, 20, 60, 60 * 24, 60 * 24 * 7]))

    def clock_back(self) -> None:
        self.now -= timedelta(minutes=self.dice.choice([5, 60 * 30]))

    def edge(self) -> None:
        """Go to just before, or to, the next moment at which something changes by itself."""
        words = " ".join(self._text(path) for path in self._incidents())
        named = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", words)
        moments = [datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) for text in named]
        there = self.now.astimezone(ZoneInfo(self.time_zone))
        moments.append(there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1))
        coming = sorted(moment for moment in moments if moment > self.now)
        self.now = coming[0].astimezone(UTC) - timedelta(seconds=self.dice.choice([0, 0, 1]))

    def touch(self) -> None:
        """Nothing changes."""

    def translate(self) -> None:
        folders = [path for path in self._incidents() if path.endswith("/index.md")]
        if not folders:
            return
        path = self.dice.choice(folders)
        head = [line for line in self._text(path).split("\n") if line.startswith("## ")]
        body = "".join(f"\n{line}\n\nWorte {len(self.log)}.\n" for line in head)
        self.files[path.replace("index.md", "index.de.md")] = (
            f"---\ntitle: Titel {len(self.log)}\n---\n{body}"
        ).encode()

    def remove(self) -> None:
        if len(self._incidents()) > 2:
            del self.files[self.dice.choice(self._incidents())]

    def rename(self) -> None:
        path = self.dice.choice(self._incidents() or [""])
        if path:
            fresh = path.replace("case", f"case-{len(self.log)}x")
            self.files[fresh] = self.files.pop(path)

    def refolder(self) -> None:
        """Move an incident's file into a folder of its name, or out of it."""
        path = self.dice.choice(self._incidents() or [""])
        if path.endswith("/index.md"):
            self.files[path.removesuffix("/index.md") + ".md"] = self.files.pop(path)
        elif path:
            self.files[path.removesuffix(".md") + "/index.md"] = self.files.pop(path)

    def revert(self) -> None:
        """Go back to an earlier day of the repository, as a checkout does."""
        if self.before:
            self.files = dict(self.dice.choice(self.before))

    def mend(self) -> None:
        """Take away what `break_one` and later edits broke, and what makes the site large."""
        for path in [p for p in self.files if b"broken" in self.files[p]]:
            del self.files[path]
        for path in self._incidents()[:-5]:
            del self.files[path]

    def break_one(self) -> None:
        self.files["incidents/2026-01-01-broken.md"] = b"---\ntitle: [broken\n---\n"

    def maintenance(self) -> None:
        begins = self.now + timedelta(minutes=self.dice.choice([-60, -59, 5, 60, 60 * 24 * 3]))
        rule = self.dice.choice(["", ", rrule: FREQ=DAILY;COUNT=5", ", rrule: FREQ=WEEKLY"])
        said = self.now - timedelta(hours=2)
        self.files[f"incidents/{begins:%Y-%m-%d}-work-{self.dice.randrange(10**6)}.md"] = (
            f"---\ntitle: Work {len(self.log)}\nkind: maintenance\ncomponents:\n  web: under_maintenance\n"
            f"window: {{from: {self._at(begins)}, until: {self._at(begins + timedelta(hours=1))}{rule}}}\n---\n\n"
            f"## {said:%Y-%m-%d %H:%M:%S} UTC · Scheduled\n\nWe work.\n"
        ).encode()

    def window(self) -> None:
        """Plan something, and go to where it begins, runs, ends or has ended."""
        self.maintenance()
        self.edge()

    def catalogue(self) -> None:
        self.files["locale/de.po"] = (
            'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
            '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
            f'msgid "History"\nmsgstr "Verlauf {self.dice.randrange(3)}"\n'
        ).encode()

    def policy(self) -> None:
        name = self.dice.choice(sorted(self.names))
        self.names[name] = f"{self.names[name].split(' no')[0]} no {len(self.log)}"
        self.days = self.dice.choice([7, 30])
        self._policy()

    def hide(self) -> None:
        self.hidden = self.dice.choice(["", "mail"])
        self._policy()

    def show(self) -> None:
        """Hide nothing any more."""
        self.hidden = ""
        self._policy()

    def retheme(self) -> None:
        self.theme += 1

    def override(self) -> None:
        """Change, add or remove a template of the theme or a file of `site_src/`."""
        if self.dice.random() < 0.5:
            words = self.dice.choice(["", f"{{% block footer %}}<p>Own words {len(self.log)}</p>{{% endblock %}}\n"])
            self.files["overrides/main.html"] = f'{{% extends "base.html" %}}\n{words}'.encode()
        elif "site_src/about.txt" in self.files and self.dice.random() < 0.4:
            del self.files["site_src/about.txt"]
        else:
            self.files["site_src/about.txt"] = f"own words {len(self.log)}".encode()

    def locale(self) -> None:
        self.locales = self.dice.choice(self.languages)
        self.files.pop("locale/de.po", None)
        self._site()

    def zone(self) -> None:
        self.time_zone = self.dice.choice(["Europe/Berlin", "Etc/UTC", "Asia/Kathmandu"])
        self._site()

    def brand(self) -> None:
        self.name = f"Status {len(self.log)}"
        self._site()

    def _site(self) -> None:
        clock = f"      clock: {self._at(self.now)}\n" if self.standing else ""
        self.files["mkdocs.yml"] = (
            f"site_name: {self.name}\nsite_url: https://status.example.org/\ndocs_dir: site_src\n"
            "theme: {name: material, custom_dir: overrides}\nplugins:\n  - tidings:\n"
            f"      locales: [{', '.join(self.locales)}]\n      time_zone: {self.time_zone}\n{clock}"
        ).encode()

    def _policy(self) -> None:
        depends = {"web": "    depends_on: [pay]\n"}
        self.files["policy/components.yml"] = (
            "components:\n"
            + "".join(
                f"  {key}:\n    name: {name}\n{depends.get(key, '')}"
                + ("    public: false\n" if key == self.hidden else "")
                for key, name in self.names.items()
            )
            + f"uptime:\n  days: {self.days}\n"
        ).encode()
