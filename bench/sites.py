"""A site in the form of each program, in a folder, and the commands that build it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from bench import corpus
from bench.measure import Cost, run

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent / ".tools" / "bench"
"""The environment of the other programs; `make bench` makes it."""
_MKDOCS = """\
site_name: Status
site_url: https://status.example.org/
theme: {name: material}
nav: [index.md]
not_in_nav: /incidents/
"""
_TIDINGS = f"""\
site_name: Status
site_url: https://status.example.org/
docs_dir: site_src
theme: {{name: material}}
plugins:
  - tidings:
      locales: [en]
      time_zone: Etc/UTC
      clock: {corpus.NOW:%Y-%m-%dT%H:%M:%SZ}
"""


def ours() -> list[str | Path]:
    """Give the words that run Tidings: TIDINGS from the environment, else what is installed beside this Python."""
    named = os.environ.get("TIDINGS", "").split()
    return [*named] if named else [Path(sys.executable).parent / "tidings"]


class TidingsSite:
    """A status repository of ours.

    Args:
        folder: made here.
        count: incidents.
        channels: `policy/channels.yml`.
    """

    def __init__(self, folder: Path, count: int, *, channels: str = "email: {enabled: false}\n") -> None:
        self.folder, self.count = folder, count
        (folder / "incidents").mkdir(parents=True)
        (folder / "policy").mkdir()
        (folder / "site_src").mkdir()
        (folder / "mkdocs.yml").write_text(_TIDINGS, encoding="utf-8")
        (folder / "site_src" / "index.md").write_text("# Status\n", encoding="utf-8")
        (folder / "policy" / "components.yml").write_text(corpus.COMPONENTS, encoding="utf-8")
        (folder / "policy" / "channels.yml").write_text(channels, encoding="utf-8")
        for number in range(count):
            one = corpus.incident(number, count)
            (folder / "incidents" / f"{one.name}.md").write_text(corpus.as_tidings(one), encoding="utf-8")
        self.newest = folder / "incidents" / f"{corpus.incident(count - 1, count).name}.md"

    def edit(self, number: int) -> str:
        """Change the newest incident's words; give the mark they now hold."""
        return corpus.edit(self.newest, number)

    def tidings(self, *words: str, extra: dict[str, str] | None = None, codes: tuple[int, ...] = (0,)) -> Cost:
        """Run a command of ours in it."""
        return run([*ours(), "--quiet", *words], cwd=self.folder, extra=extra, codes=codes)

    def build(self) -> Cost:
        """Build it into `out/build`."""
        return self.tidings("build")

    def rebuild(self, number: int) -> Cost:
        """Edit and build, and see that the words are there."""
        mark = self.edit(number)
        cost = self.build()
        page = self.folder / "out" / "build" / "incidents" / self.newest.stem / "index.html"
        expect(mark, page)
        return cost

    def cold(self) -> Cost:
        """Build it as if for the first time: no cache, no output."""
        shutil.rmtree(self.folder / ".tidings", ignore_errors=True)
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        return self.build()


class HugoSite:
    """The same with Hugo and a theme that does as little as it can: HTML and JSON per incident, lists, feeds."""

    def __init__(self, folder: Path, count: int, *, deployment: str = "") -> None:
        self.folder, self.count = folder, count
        issues = folder / "content" / "issues"
        issues.mkdir(parents=True)
        shutil.copytree(HERE / "hugo" / "layouts", folder / "layouts")
        config = (HERE / "hugo" / "hugo.yaml").read_text(encoding="utf-8")
        (folder / "hugo.yaml").write_text(config + deployment, encoding="utf-8")
        for number in range(count):
            one = corpus.incident(number, count)
            (issues / f"{one.name}.md").write_text(corpus.as_hugo(one), encoding="utf-8")
        self.newest = issues / f"{corpus.incident(count - 1, count).name}.md"

    @staticmethod
    def program() -> Path:
        """Give the program itself, not the script that the package puts before it."""
        (found,) = TOOLS.glob("lib/python3*/site-packages/hugo/binaries/hugo*")
        return found

    def hugo(self, *words: str, extra: dict[str, str] | None = None) -> Cost:
        """Run Hugo in it, with a cache of its own."""
        return run(
            [self.program(), *words],
            cwd=self.folder,
            extra={"HUGO_CACHEDIR": str(self.folder / "cache")} | (extra or {}),
        )

    def build(self) -> Cost:
        """Build it into `public`."""
        return self.hugo("--quiet")

    def rebuild(self, number: int) -> Cost:
        """Edit and build, and see that the words are there."""
        mark = corpus.edit(self.newest, number)
        cost = self.build()
        expect(mark, self.folder / "public" / "issues" / self.newest.stem / "index.html")
        return cost

    def cold(self) -> Cost:
        """Build it as if for the first time."""
        for name in ("public", "resources", "cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.build()


class MkDocsSite:
    """The same with MkDocs and Material: each incident a page, outside the navigation, which would be quadratic."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        (folder / "docs" / "incidents").mkdir(parents=True)
        (folder / "mkdocs.yml").write_text(_MKDOCS, encoding="utf-8")
        (folder / "docs" / "index.md").write_text("# Status\n", encoding="utf-8")
        for number in range(count):
            one = corpus.incident(number, count)
            (folder / "docs" / "incidents" / f"{one.name}.md").write_text(corpus.as_mkdocs(one), encoding="utf-8")

    def cold(self) -> Cost:
        """Build it whole; MkDocs knows no other way that gives the right site."""
        shutil.rmtree(self.folder / "site", ignore_errors=True)
        return run([sys.executable, "-m", "mkdocs", "build", "--quiet"], cwd=self.folder)


def expect(mark: str, page: Path) -> None:
    """See that a page holds what was just written.

    Raises:
        RuntimeError: it does not: what was measured did not do the work.
    """
    if mark not in page.read_text(encoding="utf-8"):
        raise RuntimeError(f"{page.name} of {page.parent.name} does not show the edit")
