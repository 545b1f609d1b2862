"""The exported schemas are schemas, and they accept what init writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]

from publisher.cli.main import cli
from publisher.model.errors import UsageError

DRAFTS = {"07": Draft7Validator, "2020-12": Draft202012Validator}


def schema(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--root", str(root), "schema", *words], catch_exceptions=False)


@pytest.mark.parametrize("draft", DRAFTS)
def test_they_are_valid_schemas_of_their_draft(tmp_path: Path, draft: str) -> None:
    found: dict[str, dict[str, Any]] = json.loads(schema(tmp_path, "--draft", draft).stdout)
    assert {"incident", "components", "channels"} <= set(found)
    for value in found.values():
        DRAFTS[draft].check_schema(value)
        assert draft in value["$schema"].replace("draft-", "draft/")


@pytest.mark.parametrize("draft", DRAFTS)
def test_one_accepts_what_init_writes_and_refuses_a_slip(tmp_path: Path, draft: str) -> None:
    CliRunner().invoke(cli, ["init", str(tmp_path / "x")], catch_exceptions=False)
    value = json.loads(schema(tmp_path, "components", "--draft", draft).stdout)
    validator = DRAFTS[draft](value)
    written = yaml.safe_load((tmp_path / "x/policy/components.yml").read_text())
    assert list(validator.iter_errors(written)) == []
    written["components"]["website"]["grup"] = "product"
    assert list(validator.iter_errors(written)) != []


def test_files_for_editors(tmp_path: Path) -> None:
    """The settings that init writes name files that this writes."""
    CliRunner().invoke(cli, ["init", str(tmp_path / "x")], catch_exceptions=False)
    schema(tmp_path, "--draft", "07", "--out", str(tmp_path / "x/.vscode/schemas"))
    settings = json.loads((tmp_path / "x/.vscode/settings.json").read_text())
    for name in settings["yaml.schemas"]:
        Draft7Validator.check_schema(json.loads((tmp_path / "x" / name).read_text()))


def test_a_slip_in_the_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        schema(tmp_path, "incidnet")
    assert caught.value.next_step == "Did you mean 'incident'?"
