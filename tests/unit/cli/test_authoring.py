"""init, new and update write what a person would have typed, whole or not at all, and never over anybody's work."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.adapters.worktree import WorkTree
from publisher.cli.context import parse_moment
from publisher.cli.main import cli
from publisher.model.errors import RefusedError, UsageError
from publisher.model.finding import Level
from publisher.model.incident import Category
from publisher.pipeline import read

NOW = "2026-11-20T15:04:10Z"


def tidings(root: Path, *words: str, now: str = NOW, given: bytes = b"") -> Result:
    options = ["--root", str(root), "--now", now]
    return CliRunner().invoke(cli, [*options, *words], input=given, catch_exceptions=False)


def errors(root: Path, now: str = NOW) -> list[str]:
    content = read(WorkTree(root), now=parse_moment(now))
    return [str(f) for f in content.findings if f.level is not Level.NOTE]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "acme-status"
    tidings(tmp_path, "init", str(folder))
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class TestInit:
    def test_the_new_repository_has_nothing_to_mend(self, house: Path) -> None:
        assert errors(house) == []
        assert set(everything(house)) == {
            ".editorconfig",
            ".github/CODEOWNERS",
            ".github/workflows/publish.yml",
            ".gitignore",
            ".pre-commit-config.yaml",
            ".vscode/extensions.json",
            ".vscode/settings.json",
            "README.md",
            "incidents/2026-11-20-website-slow.md",
            "mkdocs.yml",
            "policy/channels.yml",
            "policy/components.yml",
            "site_src/about.md",
        }

    @pytest.mark.parametrize("now", ["2026-01-01T00:20:00Z", "2028-02-29T23:59:59Z"])
    def test_the_example_is_over_whenever_it_is_written(self, tmp_path: Path, now: str) -> None:
        tidings(tmp_path, "init", str(tmp_path / "x"), now=now)
        assert errors(tmp_path / "x", now) == []
        (incident,) = read(WorkTree(tmp_path / "x"), now=parse_moment(now)).history.incidents
        assert not incident.is_open
        assert incident.updated < parse_moment(now)

    @pytest.mark.parametrize(
        "name", ["true", 'A "quoted": # name', "Ünïcode – 状況", "{braces}", "2026", "@company@ @version@"]
    )
    def test_any_name_is_kept_as_it_is(self, tmp_path: Path, name: str) -> None:
        tidings(
            tmp_path,
            "init",
            str(tmp_path / "x"),
            "--name",
            name,
            "--url",
            "https://s.acme.example",
            "--locale",
            "en,de",
        )
        site = read(WorkTree(tmp_path / "x"), now=parse_moment(NOW)).history.site
        assert (site.name, site.url, site.locales) == (name, "https://s.acme.example/", ("en", "de"))

    @pytest.mark.parametrize(
        "options", [("--url", "status.example.com"), ("--locale", "klingon!"), ("--name", "a\u202eb")]
    )
    def test_what_cannot_be_is_refused_before_anything_is_written(
        self, tmp_path: Path, options: tuple[str, str]
    ) -> None:
        with pytest.raises(UsageError):
            tidings(tmp_path, "init", str(tmp_path / "x"), *options)
        assert not (tmp_path / "x").exists()

    def test_a_folder_with_something_in_it_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(RefusedError, match="not empty"):
            tidings(tmp_path, "init", str(tmp_path))
        assert everything(tmp_path) == {"notes.txt": b"mine"}

    def test_force_adds_what_is_missing_and_changes_nothing(self, house: Path) -> None:
        (house / "mkdocs.yml").write_text("site_name: Mine\nsite_url: https://mine.example/\nplugins: [tidings]\n")
        (house / "README.md").unlink()
        before = everything(house)
        tidings(house, "init", str(house), "--force")
        assert {name: body for name, body in everything(house).items() if name != "README.md"} == before
        assert (house / "README.md").is_file()

    def test_a_fresh_clone_counts_as_empty(self, tmp_path: Path) -> None:
        (tmp_path / "x" / ".git").mkdir(parents=True)
        assert tidings(tmp_path, "init", str(tmp_path / "x")).exit_code == 0

    def test_bare_leaves_room_for_an_import(self, tmp_path: Path) -> None:
        tidings(tmp_path, "init", "--bare", str(tmp_path / "x"))
        names = set(everything(tmp_path / "x"))
        assert "policy/components.yml" not in names
        assert not any(name.startswith("incidents/") for name in names)

    def test_the_workflow_asks_for_no_more_rights_than_it_needs(self, house: Path) -> None:
        text = (house / ".github/workflows/publish.yml").read_text()
        assert re.findall(r"^ *([a-z-]+: (?:read|write))$", text, re.MULTILINE) == [
            "contents: read",
            "contents: read",
            "id-token: write",
        ]
        assert all("@v" in use for use in re.findall(r"^[ -]*uses: (\S+)$", text, re.MULTILINE))


class TestNew:
    @pytest.mark.parametrize("category", [c for c in Category if c is not Category.MAINTENANCE])
    def test_every_category_begins_with_words_of_its_own(self, house: Path, category: Category) -> None:
        result = tidings(
            house, "new", "Sign-in is slow", "--category", str(category), "--component", "website=partial_outage"
        )
        assert result.stdout == "incidents/2026-11-20-sign-in-is-slow.md\n"
        text = (house / result.stdout.strip()).read_text()
        assert "[[" in text
        assert "15:34 UTC" in text or category is Category.DATA_BREACH
        assert {e.split()[1] for e in errors(house)} == {"TID310"}, "only the prompts are left to mend"

    def test_a_maintenance_has_its_window(self, house: Path) -> None:
        tidings(
            house, "new", "Move", "--from", "2026-12-01T02:00Z", "--until", "2026-12-01T03:00Z", "--component", "api"
        )
        text = (house / "incidents/2026-12-01-move.md").read_text()
        assert "window: {from: 2026-12-01T02:00:00Z, until: 2026-12-01T03:00:00Z}" in text
        assert "components: {api: under_maintenance}" in text
        assert "## 2026-11-20 15:04 UTC · Scheduled" in text
        assert {e.split()[1] for e in errors(house)} == {"TID310"}, "only the prompts are left to mend"

    def test_twins_of_a_day_get_numbers(self, house: Path) -> None:
        paths = [json.loads(tidings(house, "new", "Down", "--format", "json").stdout)["path"] for _ in range(2)]
        assert paths == ["incidents/2026-11-20-down.md", "incidents/2026-11-20-down-2.md"]

    def test_an_unknown_component_writes_nothing(self, house: Path) -> None:
        before = everything(house)
        with pytest.raises(RefusedError, match="Nothing was written"):
            tidings(house, "new", "Down", "--component", "webside=major_outage")
        assert everything(house) == before

    @pytest.mark.parametrize(
        "words",
        [
            ("--component", "website=partial-outrage"),
            ("--component", "website"),
            ("--component", "../x=partial_outage"),
            ("--started", "yesterday"),
            ("--started", "2026-11-20T10:00"),
            ("--kind", "maintenance"),
            ("--from", "2026-12-01T02:00Z", "--until", "2026-12-01T01:00Z"),
            ("--until", "2026-12-01T01:00Z"),
        ],
    )
    def test_calls_that_mean_nothing_are_refused(self, house: Path, words: tuple[str, ...]) -> None:
        before = everything(house)
        with pytest.raises(UsageError):
            tidings(house, "new", "Down", *words)
        assert everything(house) == before

    def test_a_title_cannot_leave_the_folder_or_the_front_matter(self, house: Path) -> None:
        result = tidings(house, "new", '../../x"\nseverity: sev1 # {', "--text", "Words.")
        assert result.stdout == "incidents/2026-11-20-x-severity-sev1.md\n"
        assert errors(house) == []

    def test_elsewhere_it_says_where_to_go(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no status repository"):
            tidings(tmp_path, "new", "Down")


OLD = """---
title:   Odd   # spaces stay
category: outage
severity: sev3
components: {api: major_outage}
started: 2026-11-20T14:00:00Z
---

## 2026-11-20 14:05 UTC · Investigating

Words.

## 2026-11-20 14:30 UTC - identified

More words.
"""


class TestUpdate:
    def put(self, house: Path, text: str, name: str = "2026-11-20-odd.md") -> Path:
        path = house / "incidents" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def test_every_other_byte_stays(self, house: Path) -> None:
        path = self.put(house, OLD)
        words = ("--status", "monitoring", "--text", "It works.", "--next", "30m", "--component", "api=operational")
        result = tidings(house, "update", "odd", *words, "--who", 'All "of" -- you', "--meanwhile", "Wait")
        assert result.stdout == "incidents/2026-11-20-odd.md\n"
        assert path.read_text() == OLD + (
            "\n## 2026-11-20 15:04 UTC · Monitoring\n<!--\ncomponents: {api: operational}\n"
            'who: "All \\"of\\" -\\u002d you"\nmeanwhile: "Wait"\nnext: 2026-11-20T15:34:00Z\n-->\n\nIt works.\n'
        )
        update = next(
            i for i in read(WorkTree(house), now=parse_moment(NOW)).history.incidents if "odd" in i.id
        ).updates[-1]
        assert (update.who, update.meanwhile, update.body) == ('All "of" -- you', "Wait", "It works.")
        assert errors(house) == []

    def test_newest_first_stays_newest_first(self, house: Path) -> None:
        head, first, second = OLD.split("## ")
        turned = f"{head}## {second.strip()}\n\n## {first.strip()}\n"
        path = self.put(house, turned)
        tidings(house, "update", "odd", "--status", "update", "--text", "News.")
        assert path.read_text() == turned.replace(
            "## 2026-11-20 14:30", "## 2026-11-20 15:04 UTC · Update\n\nNews.\n\n## 2026-11-20 14:30"
        )
        assert errors(house) == []

    def test_windows_line_ends_and_a_missing_last_one(self, house: Path) -> None:
        path = self.put(house, OLD.rstrip("\n").replace("\n", "\r\n"))
        before = path.read_bytes()
        tidings(house, "update", "odd", "--status", "update", "--text", "One.\nTwo.")
        assert path.read_bytes() == before + b"\r\n\r\n## 2026-11-20 15:04 UTC \xc2\xb7 Update\r\n\r\nOne.\r\nTwo.\r\n"
        assert errors(house) == []

    def test_words_from_standard_input(self, house: Path) -> None:
        path = self.put(house, OLD)
        tidings(house, "update", str(path), "--status", "resolved", "--stdin", given="Grüße.\n\n- one\n".encode())
        assert path.read_text().endswith("· Resolved\n\nGrüße.\n\n- one\n")

    def test_without_words_there_are_words_to_replace(self, house: Path) -> None:
        path = self.put(house, OLD)
        result = tidings(house, "update", "odd", "--status", "resolved")
        assert path.read_text().endswith("for [[whom]] from [[time]] on.\n")
        assert "square brackets" in result.stderr

    def test_twice_in_a_minute_keeps_the_order(self, house: Path) -> None:
        self.put(house, OLD.replace("14:30 UTC", "15:04:05 UTC"))
        tidings(house, "update", "odd", "--status", "update", "--text", "News.")
        assert "## 2026-11-20 15:04:10 UTC · Update" in (house / "incidents/2026-11-20-odd.md").read_text()
        assert errors(house) == []

    def test_a_folder_incident(self, house: Path) -> None:
        path = self.put(house, OLD, "2026-11-20-odd/index.md")
        assert tidings(house, "update", "2026-11-20-odd", "--status", "resolved", "--text", "Over.").exit_code == 0
        assert path.read_text().endswith("Over.\n")

    @pytest.mark.parametrize(
        "words",
        [
            pytest.param(("--status", "scheduled", "--text", "x"), id="a status of another kind"),
            pytest.param(("--status", "update", "--text", " "), id="no words"),
            pytest.param(("--status", "update", "--text", "<b>x</b>"), id="HTML"),
            pytest.param(("--status", "update", "--text", "a\u202eb"), id="reordering characters"),
            pytest.param(
                ("--status", "update", "--text", "x\n\n## 2026-11-20 16:00\n\ny"), id="a heading in the words"
            ),
            pytest.param(("--status", "update", "--text", "```\nx"), id="a fence that hides what follows"),
            pytest.param(
                ("--status", "update", "--text", "x", "--component", "nope=operational"), id="unknown component"
            ),
            pytest.param(("--status", "update", "--text", "x", "--at", "2026-11-20T13:00Z"), id="before the start"),
        ],
    )
    def test_what_must_be_mended_is_not_written(self, house: Path, words: tuple[str, ...]) -> None:
        path = self.put(house, OLD)
        with pytest.raises(RefusedError, match="was not changed"):
            tidings(house, "update", "odd", *words)
        assert path.read_text() == OLD

    def test_force_writes_it_all_the_same(self, house: Path) -> None:
        path = self.put(house, OLD)
        assert tidings(house, "update", "odd", "--status", "scheduled", "--text", "x", "--force").exit_code == 0
        assert "· Scheduled\n\nx\n" in path.read_text()

    @pytest.mark.parametrize(
        ("name", "words"),
        [("od", "part of 2 ids"), ("website-slwo", "Did you mean"), ("zzz", "There is no incident 'zzz'")],
    )
    def test_an_incident_is_meant_clearly_or_not_at_all(self, house: Path, name: str, words: str) -> None:
        self.put(house, OLD)
        self.put(house, OLD, "2026-11-20-odder.md")
        with pytest.raises(UsageError) as caught:
            tidings(house, "update", name, "--status", "update", "--text", "x")
        assert words in str(caught.value)

    def test_a_link_is_not_written_through(self, house: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere.md"
        elsewhere.write_text(OLD)
        (house / "incidents" / "2026-11-20-odd.md").symlink_to(elsewhere)
        with pytest.raises(UsageError):
            tidings(house, "update", "2026-11-20-odd", "--status", "update", "--text", "x")
        assert elsewhere.read_text() == OLD
