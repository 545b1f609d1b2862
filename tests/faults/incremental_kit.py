"""A small status site that somebody edits without end, and the two ways to build it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from publisher import building
from publisher.adapters.memory_sources import MemorySources
from publisher.building import Built
from publisher.model.digest import sha256
from publisher.model.release import Artifact, KeptArtifact
from publisher.ports import Sources
from publisher.recall.state import State
from publisher.site.frames import Frames
from publisher.site.slots import SLOTS, mark, split

KINDS = ("home", "history", "month", "incident", "component", "maintenance", "subscribe", "404")
BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
Shown = dict[str, tuple[str, tuple[tuple[str, str], ...], int, bool]]


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


def frames(theme: int, locales: Iterable[str]) -> Frames:
    """Frames of an invented theme: all slots, and a file of its own."""
    page = f"<html><!-- theme {theme} -->{' '.join(map(mark, SLOTS))}</html>".encode()
    return Frames(
        frames={locale: {kind: split(page) for kind in KINDS} for locale in locales},
        files={"assets/a.css": b"a {}", "about/index.html": f"about {theme}".encode()},
        digest=f"theme-{theme}",
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
    """A repository, the clock, and the hand that edits. Every step changes one thing."""

    seed: int
    files: dict[str, bytes] = field(default_factory=dict)
    now: datetime = BEGIN
    theme: int = 1
    locales: tuple[str, ...] = ("en", "de")
    names: dict[str, str] = field(default_factory=dict)
    days: int = 30
    hidden: str = ""
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.names = {"web": "Web shop", "pay": "Payments", "mail": "Mail"}
        self._site()
        self._policy()
        for _ in range(4):
            self.add()
        self.log.clear()

    def step(self) -> str:
        """Edit something; say what."""
        often = [self.add, self.say, self.say, self.reword, self.retitle, self.clock, self.touch, self.translate]
        seldom = [self.remove, self.rename, self.component, self.severity, self.mend, self.maintenance, self.catalogue]
        rare = [self.policy, self.retheme, self.locale, self.clock_back, self.brand, self.break_one, self.hide]
        edit = self.dice.choice(self.dice.choices([often, seldom, rare], weights=[6, 3, 1])[0])
        self.log.append(edit.__name__)
        edit()
        return edit.__name__

    def build(self, state: State, sources: Sources | None = None) -> Built:
        content = building.read(sources or MemorySources(self.files), now=self.now, state=state)
        return building.build(content, frames(self.theme, content.history.site.locales), now=self.now)

    def clean(self) -> Built:
        return self.build(State(None, code="clean"))

    # -- edits

    def _incidents(self) -> list[str]:
        return sorted(path for path in self.files if path.endswith(("/index.md", ".md")) and ".de." not in path)

    def _text(self, path: str) -> str:
        return self.files[path].decode()

    def _at(self, moment: datetime) -> str:
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    def add(self) -> None:
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

    def mend(self) -> None:
        """Take away what `break_one` and later edits broke, and what makes the site large."""
        for path in [p for p in self.files if b"broken" in self.files[p]]:
            del self.files[path]
        for path in self._incidents()[:-8]:
            del self.files[path]

    def break_one(self) -> None:
        self.files["incidents/2026-01-01-broken.md"] = b"---\ntitle: [broken\n---\n"

    def maintenance(self) -> None:
        begins = self.now + timedelta(minutes=self.dice.choice([-60, 5, 60, 60 * 24 * 3]))
        rule = self.dice.choice(["", ", rrule: FREQ=DAILY;COUNT=5", ", rrule: FREQ=WEEKLY"])
        said = self.now - timedelta(hours=2)
        self.files[f"incidents/{begins:%Y-%m-%d}-work-{self.dice.randrange(10**6)}.md"] = (
            f"---\ntitle: Work {len(self.log)}\nkind: maintenance\ncomponents:\n  web: under_maintenance\n"
            f"window: {{from: {self._at(begins)}, until: {self._at(begins + timedelta(hours=1))}{rule}}}\n---\n\n"
            f"## {said:%Y-%m-%d %H:%M:%S} UTC · Scheduled\n\nWe work.\n"
        ).encode()

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

    def retheme(self) -> None:
        self.theme += 1

    def locale(self) -> None:
        self.locales = self.dice.choice([("en",), ("en", "de"), ("en", "ar")])
        self.files.pop("locale/de.po", None)
        self._site()

    def brand(self) -> None:
        self._site(f"Status {len(self.log)}")

    def _site(self, name: str = "Status") -> None:
        self.files["mkdocs.yml"] = (
            f"site_name: {name}\nsite_url: https://status.example.org/\nplugins:\n  - tidings:\n"
            f"      locales: [{', '.join(self.locales)}]\n      time_zone: Europe/Berlin\n"
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
