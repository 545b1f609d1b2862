"""The manual's pages of findings are true: each bad example raises its code, each good one raises no error and not the code."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher import app
from publisher.adapters.worktree import WorkTree
from publisher.checks import check
from publisher.cli.main import cli
from publisher.load.history import load_history
from publisher.load.roots import PUBLIC_ROOTS
from publisher.model.codes import CODES
from publisher.model.finding import Finding, Level
from publisher.model.history import History
from publisher.outgoing import leaking
from tests.unit.checks.rights import ordinary_rights

PAGES = Path(__file__).resolve().parents[3] / "docs" / "findings"
TID6 = re.compile(r"\bTID6\d\d\b")
IMPORTS = sorted(code for code in CODES if TID6.match(code))
"""Findings about what an import reads; the others are about this repository's own files."""
READ = sorted(set(CODES) - set(IMPORTS))
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECTIONS = ("Why", "Bad example", "Good example", "Who can waive it")
_BLOCK = re.compile(
    r'^(?P<fence>`{3,})(?P<lang>\w+)(?: title="(?P<path>[^"]+)")?\n(?P<text>.*?)^(?P=fence)$', re.MULTILINE | re.DOTALL
)


def section(page: str, title: str) -> str:
    found = re.search(
        rf"^## {re.escape(title)}\n(.*?)(?=^## (?:{'|'.join(SECTIONS)})$|\Z)", page, re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"no section {title}"
    return found[1]


def lay_out(text: str, folder: Path) -> int:
    """Write a section's files and run its shell lines, in their order; give how many there were."""
    blocks = list(_BLOCK.finditer(text))
    for block in blocks:
        if block["lang"] == "console":
            for line in block["text"].splitlines():
                words = shlex.split(line)[1:]
                options = ["--root", str(folder), "--now", NOW.isoformat()]
                with contextlib.chdir(folder):
                    CliRunner().invoke(cli, [*options, *words], catch_exceptions=False, standalone_mode=False)
        elif block["lang"] == "sh":
            subprocess.run(["sh", "-eu", "-c", block["text"]], cwd=folder, check=True, timeout=30)
        elif block["path"]:
            path = folder / block["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
    return len(blocks)


def codes_of_import(page: str, title: str, folder: Path) -> set[str]:
    """Bring in a page's old site, as a reader of it would; a second time when something happens in between."""

    def tidings(*words: str) -> str:
        options = ["--verbose", "--root", str(folder / "house"), "--now", NOW.isoformat()]
        return CliRunner().invoke(cli, [*options, *words], catch_exceptions=False, standalone_mode=False).stdout

    text = section(page, title)
    old = folder / "house" / "old"
    lay_out(text.replace("```sh\n", "```text\n"), folder / "house")
    shutil.move(old, folder / "old")
    tidings("init", "--bare", str(folder / "house"))
    said = tidings("import", "cstate", str(folder / "old"))
    if "```sh\n" in text:
        assert set(TID6.findall(said)) <= {"TID603"}
        lay_out(text, folder / "house")
        said = tidings("import", "cstate", str(folder / "old"))
    return set(TID6.findall(said))


@pytest.mark.parametrize("code", IMPORTS)
def test_pages_of_import_findings_are_true(code: str, tmp_path: Path) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert codes_of_import(page, "Bad example", tmp_path / "bad") - {"TID603"} == {code} - {"TID603"}
    assert code in codes_of_import(page, "Bad example", tmp_path / "again")
    assert code not in codes_of_import(page, "Good example", tmp_path / "good")


def findings_of(page: str, title: str, folder: Path) -> list[Finding]:
    base = (PAGES / "index.md").read_text(encoding="utf-8")
    assert lay_out(base[base.index("## The examples") :], folder) == 2
    assert lay_out(section(page, title), folder) > 0
    with ordinary_rights():
        files, read = WorkTree(folder).read(roots=PUBLIC_ROOTS, max_bytes=2_000_000)
    history, found = load_history(files, read_findings=read)
    return [*found, *check(history, now=NOW), *found_inside(history, folder), *found_outgoing(folder)]


def found_outgoing(folder: Path) -> tuple[Finding, ...]:
    """Give what the last look at the files says; only pages that show something around the incidents pay for it."""
    if not (folder / "site_src" / "help.md").exists():
        return ()
    built = app.build(folder, now=NOW)
    site, policy = built.history.site, built.history.policy
    return leaking(app.unpublished(built), None, site=site, policy=policy)


def found_inside(history: History, folder: Path) -> tuple[Finding, ...]:
    """Give what colleagues alone are told; only pages that show something of theirs pay for it."""
    if not any((folder / path).exists() for path in ("internal", "policy/obligations.yml", "policy/approvals.yml")):
        return ()
    with app.records(folder, history.policy) as records:
        looked = app.look_inside(folder, history, records.ledger, now=NOW, thoroughly=True).findings
        return (*looked, *app.agreement(folder, history, records.ledger, now=NOW).findings)


@pytest.mark.parametrize("code", sorted(CODES))
def test_page_has_its_sections_and_says_its_level(code: str) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {code}: {CODES[code].title}\n")
    assert page.split("\n")[2].lower().startswith(f"{CODES[code].level}:")
    for title in SECTIONS:
        assert section(page, title).strip(), title
    nobody = section(page, "Who can waive it").strip().startswith("Nobody")
    assert nobody is CODES[code].fixed


@pytest.mark.parametrize("code", READ)
def test_bad_example_raises_the_code(code: str, tmp_path: Path) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    found = findings_of(page, "Bad example", tmp_path)
    assert code in {f.code for f in found}, [str(f) for f in found]


@pytest.mark.parametrize("code", READ)
def test_bad_example_raises_little_else(code: str, tmp_path: Path) -> None:
    """One mistake is one finding: what follows from it is not told as if it were a second."""
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    errors = {f.code for f in findings_of(page, "Bad example", tmp_path) if f.level is Level.ERROR}
    assert len(errors - {code}) <= 1, errors


@pytest.mark.parametrize("code", READ)
def test_good_example_raises_neither_the_code_nor_any_error(code: str, tmp_path: Path) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    found = findings_of(page, "Good example", tmp_path)
    assert [str(f) for f in found if f.code == code or f.level is Level.ERROR] == []


def test_index_lists_every_code_once_with_its_level() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(TID\d{3})\]\(TID\d{3}\.md\) \| (.+?) \| (\w+) \| (fixed)? ?\|$", index, re.MULTILINE)
    assert [(code, title, level, fixed == "fixed") for code, title, level, fixed in rows] == [
        (c.code, c.title, str(c.level), c.fixed) for c in CODES.values()
    ]


def test_every_page_belongs_to_a_code() -> None:
    assert {path.stem for path in PAGES.glob("TID*.md")} == set(CODES)
