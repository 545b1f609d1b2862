"""Whatever goes wrong ends in a line of cause, a line of next step and an exit code: never in a page of Python."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.cli import status as status_module
from publisher.cli.main import main


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handler, threshold = signal.getsignal(signal.SIGTERM), gc.get_threshold()
    yield
    signal.signal(signal.SIGTERM, handler)
    gc.set_threshold(*threshold)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house") / "acme status"
    with pytest.raises(SystemExit) as ended:
        main(["--now", "2026-11-20T15:04:10Z", "--quiet", "init", str(folder)])
    assert ended.value.code == 0
    return folder


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_folder_that_cannot_be_made_is_told_in_two_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run("init", str(tmp_path / "file" / "acme")) == 4
    out, err = capsys.readouterr()
    assert out == ""
    cause, next_step = err.splitlines()
    assert cause == f"tidings: {tmp_path / 'file' / 'acme'}: Not a directory."
    assert next_step.strip().startswith("Look at the disk")


def test_a_list_that_cannot_be_written_is_told_in_two_lines(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--root", str(house), "audience", "export", "--out", str(house / "mkdocs.yml" / "x.csv")) == 4
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("verbose", [False, True])
def test_a_fault_of_ours_is_owned_up_to(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, verbose: bool
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr(status_module, "named", broken)
    assert run(*["--verbose"] * verbose, "--root", str(house), "status", "website") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2] == "tidings: This is a fault of Tidings itself. ZeroDivisionError: one two"
    assert "report it" in lines[-1]
    assert ("Traceback (most recent call last):" in lines) is verbose
    assert len(lines) == 2 or verbose


def test_the_next_step_can_be_pasted_into_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "our status") == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("13 files. Next: cd 'our status' && tidings publish,")
    assert run("init", "--bare", "old") == 0
    assert capsys.readouterr().err.splitlines()[-1] == "11 files. Next: cd old && tidings import --help."


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--name", "A\u202eB"),
        ("--name", "A\x07"),
        ("--locale", "xx"),
        ("--locale", "english"),
        ("--url", "https://a b/"),
    ],
)
def test_init_says_which_option_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert run("init", option, value, str(tmp_path / "acme")) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"tidings: {option} cannot be that. ")
    assert f"Give another {option}." in err
    assert not (tmp_path / "acme").exists()


@pytest.mark.parametrize("name", ["2026-11-20-website-slow", "website", "incidents/2026-11-20-website-slow.md"])
def test_status_takes_as_much_of_a_name_as_update_does(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(house)
    assert run("--now", "2026-11-20T15:04:10Z", "status", name) == 0
    assert capsys.readouterr().out.startswith("2026-11-20-website-slow  Website slow to answer\n")
    assert run("status", "websit3") == 2
    assert "Did you mean '2026-11-20-website-slow'?" in capsys.readouterr().err


def test_one_incident_is_one_incident(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--root", str(house), "--now", "2026-11-20T15:04:10Z", "check") == 0
    assert capsys.readouterr().err == "1 incident read: nothing to mend.\n"


def test_a_damaged_memory_is_found_before_a_publish_needs_it(
    house: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.db"
    monkeypatch.setenv("TIDINGS_STATE", str(state))
    run("--root", str(house), "doctor")
    assert "records" not in capsys.readouterr().out
    assert not state.exists(), "a look makes nothing"
    state.write_bytes(b"no database" * 100)
    assert run("--root", str(house), "doctor") == 1
    assert f"FAIL  records      {state} is damaged" in capsys.readouterr().out


def test_a_dry_run_that_cannot_look_does_not_end_well(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIDINGS_CACHE", str(tmp_path / "cache"))
    channels = house / "policy" / "channels.yml"
    before = channels.read_text(encoding="utf-8")
    (tmp_path / "site").symlink_to(tmp_path / "site")
    target = f"path: {tmp_path / 'site'}"
    try:
        channels.write_text(before.replace("path: out/site", target), encoding="utf-8")
        assert run("--root", str(house), "publish", "--dry-run") == 4
        both = f"path: out/site\n    second: {{kind: folder, {target}}}"
        channels.write_text(before.replace("path: out/site", both), encoding="utf-8")
        assert run("--root", str(house), "publish", "--dry-run") == 3
    finally:
        channels.write_text(before, encoding="utf-8")
    assert "cannot be reached" in capsys.readouterr().out


def test_what_is_left_out_of_the_site_is_said(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIDINGS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "secret.txt").write_text("planted")
    link, about = house / "site_src" / "secret.txt", house / "site_src" / "about.md"
    before = about.read_text(encoding="utf-8")
    link.symlink_to(tmp_path / "secret.txt")
    about.write_text(f"{before}\n[nowhere](nowhere.md)\n", encoding="utf-8")
    try:
        for _ in range(2):
            assert run("--root", str(house), "build", "--out", str(tmp_path / "out")) == 0
            said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
            assert any("secret.txt is a link and was left out" in line for line in said)
            assert any("nowhere.md" in line for line in said)
    finally:
        link.unlink()
        about.write_text(before, encoding="utf-8")
    assert run("--root", str(house), "build", "--out", str(tmp_path / "out")) == 0
    assert "warning" not in capsys.readouterr().err


def test_a_path_that_is_not_there_has_not_been_checked(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(house)
    assert run("check", "incidents/2026-11-20-websit-slow.md") == 2
    assert "There is no incidents/2026-11-20-websit-slow.md to check." in capsys.readouterr().err
    assert run("--now", "2026-11-20T15:04:10Z", "check", "incidents", "incidents/2026-11-20-website-slow.md") == 0
    components = house / "policy" / "components.yml"
    components.rename(house / "policy" / "away")
    try:
        assert run("check", "policy/components.yml") == 0, "what is said of it is only a warning"
        assert "TID502" in capsys.readouterr().out
    finally:
        (house / "policy" / "away").rename(components)


def test_a_form_that_a_command_does_not_have_is_refused_wherever_it_stands(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["--format", "github", "status"], ["status", "--format", "github"]):
        with pytest.raises(SystemExit) as ended:
            main(["--root", str(house), *words])
        assert ended.value.code == 2
        assert "'github' is not one of 'text', 'json'" in capsys.readouterr().err
