"""`tidings hosting` and `doctor --url`: what they refuse, and what they warn of."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.cli.main import cli
from publisher.model.errors import StorageError, UsageError

EXAMPLE = Path(__file__).resolve().parents[3]


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, catch_exceptions=False, standalone_mode=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    run("init", str(root))
    return root


def test_a_page_below_a_folder_is_refused_with_the_reason(repository: Path) -> None:
    config = repository / "mkdocs.yml"
    lines = config.read_text().splitlines()
    config.write_text(
        "\n".join("site_url: https://www.example.com/status/" if x.startswith("site_url") else x for x in lines) + "\n"
    )
    with pytest.raises(UsageError, match="lies below a folder"):
        run("--root", str(repository), "hosting", "nginx")


def test_nginx_needs_a_folder_to_serve(repository: Path) -> None:
    (repository / "policy/channels.yml").write_text("page:\n  targets:\n    a: {kind: s3, bucket: b, region: r}\n")
    with pytest.raises(UsageError, match="nothing for nginx to serve"):
        run("--root", str(repository), "hosting", "nginx")
    assert run("--root", str(repository), "hosting", "nginx", "--site-root", "/srv/x").return_value == 0


def test_what_the_policy_will_block_is_warned_of(repository: Path) -> None:
    (repository / "site_src/about.md").write_text('# About\n\n<p onclick="a()">x</p>\n\n<p style="color: red">y</p>\n')
    done = run("--root", str(repository), "hosting", "netlify", "--out", str(repository / "site_src"))
    assert "warning: about/index.html: browsers will ignore the inline script 'onclick=a()'" in done.stderr
    assert "warning: about/index.html: browsers will ignore style='color: red'" in done.stderr
    first = (repository / "site_src/_headers").read_text()
    run("--root", str(repository), "hosting", "netlify", "--out", str(repository / "site_src"))
    assert (repository / "site_src/_headers").read_text() == first, "what was written must not change what is written"
    run("--root", str(repository), "build", "--out", str(repository / "built"))
    assert (repository / "built/_headers").read_text() == first, "it becomes part of the site"


def test_a_place_that_cannot_be_written(repository: Path) -> None:
    (repository / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        run("--root", str(repository), "hosting", "s3-cors", "--out", str(repository / "file" / "cors.json"))


def test_meta_names_what_no_page_can_say(repository: Path) -> None:
    done = run("--root", str(repository), "hosting", "meta")
    assert done.stdout.startswith(
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src'
    )
    assert "frame-ancestors" not in done.stdout
    for name in ("frame-ancestors", "Strict-Transport-Security", "Permissions-Policy", "Cache-Control"):
        assert f"  {name}: " in done.stderr


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--url", "status.example.com"), "no web address"),
        (("--url", "https://[::1"), "no web address"),
        (("--url", "https://status.example.com:99999/"), "no web address"),
        (("--url", "ftp://status.example.com/"), "no web address"),
        (("--url", "https://user:secret@status.example.com/"), "more than an address"),
        (("--url", "https://status.example.com/", "--write"), "--write is about targets"),
    ],
)
def test_the_doctor_refuses_what_is_no_page(tmp_path: Path, words: tuple[str, ...], cause: str) -> None:
    with pytest.raises(UsageError, match=cause):
        run("--root", str(tmp_path), "doctor", *words)


def test_examples_do_not_name_this_machine() -> None:
    for path in (EXAMPLE / "deploy").rglob("*"):
        if path.is_file():
            assert str(EXAMPLE) not in path.read_text(), path
