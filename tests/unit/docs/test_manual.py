"""The manual leads nowhere wrong: links hit, commands are those that exist, examples are accepted."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if "node_modules" not in path.parts and ".venv" not in path.parts
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^    (?:\.venv/bin/)?tidings ([a-z]+)(?: ([a-z]+))?", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(ROOT)) for p in PAGES])
def test_every_link_within_the_repository_hits(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    lost = [
        target
        for target in LINK.findall(text)
        if not re.match(r"[a-z]+:|#", target) and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert lost == []


def test_every_command_the_manual_types_exists() -> None:
    from publisher.cli.main import VERBS

    typed = {match[0] for page in PAGES for match in COMMAND.findall(page.read_text(encoding="utf-8"))}
    assert typed, "the manual shows commands"
    assert typed - set(VERBS) == set()


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    done = subprocess.run(
        [sys.executable, "tools/commands.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_setting_has_its_line_in_the_reference() -> None:
    """A setting nobody can find is a setting nobody has."""
    from publisher.load.schema import EmailTyped, PageTyped, SiteTyped

    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    names = {name for model in (EmailTyped, PageTyped, SiteTyped) for name in model.model_fields}
    assert {name for name in names if f"`{name}" not in text} == set()


def test_every_front_matter_field_has_its_line_and_its_audience() -> None:
    from publisher.load.schema import IncidentTyped

    lines = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8").splitlines()
    for name, field in IncidentTyped.model_fields.items():
        told = [line for line in lines if line.startswith("|") and f"`{name}`" in line.split("|")[1]]
        assert told, f"{name} is not in docs/reference/formats.md"
        extra = field.json_schema_extra
        public = isinstance(extra, dict) and "public" in str(extra.values())
        assert ("●" in told[0]) == public, f"{name}: the manual says otherwise than the schema"
