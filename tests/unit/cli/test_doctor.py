"""The doctor finds each fault it promises to find, and says what to do."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.adapters.folder import FolderStore
from publisher.adapters.memory import MemoryStore
from publisher.cli import doctor
from publisher.cli.doctor import Look, State
from publisher.model.errors import DeniedError, UnreachableError
from publisher.model.policy import EmailPolicy, Target
from publisher.model.site import Site
from publisher.ports import Headers, Holds, ObjectStore, Version

NOW = datetime(2026, 11, 20, 15, 4, 10, tzinfo=UTC)
SITE = Site(name="x", url="https://localhost.localdomain/")
TARGET = Target(name="main", kind="s3", bucket="b")


def states(looks: Iterator[Look]) -> list[tuple[str, State]]:
    return [(look.subject, look.state) for look in looks]


@pytest.mark.parametrize(("running", "state"), [((3, 10), State.FAIL), ((3, 11), State.OK), ((3, 14), State.OK)])
def test_an_old_python_fails(running: tuple[int, int], state: State) -> None:
    assert doctor.look_at_python(running).state is state


def test_our_own_packages_are_all_here() -> None:
    look = doctor.look_at_packages()
    assert look.state is State.OK
    assert "MkDocs 1." in look.what


def git(folder: Path, *words: str, at: datetime = NOW) -> None:
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
        check=True,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": at.isoformat(), "GIT_AUTHOR_DATE": at.isoformat()},
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    git(folder, "commit", "-q", "--allow-empty", "-m", "two")
    return folder


def test_a_folder_without_git_is_told_to_begin(tmp_path: Path) -> None:
    (look,) = doctor.look_at_git(tmp_path)
    assert (look.state, "git init" in look.next_step) == (State.WARN, True)


def test_a_repository_is_well(repository: Path) -> None:
    assert states(doctor.look_at_git(repository)) == [("git", State.OK)]


def test_a_shallow_clone_is_found(repository: Path, tmp_path: Path) -> None:
    """Actions clones one commit by default; authors and dates of words are then unknown."""
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    (look,) = doctor.look_at_git(tmp_path / "shallow")
    assert (look.state, "--unshallow" in look.next_step) == (State.WARN, True)


@pytest.mark.parametrize(("behind", "state"), [(timedelta(minutes=4), State.OK), (timedelta(minutes=6), State.WARN)])
def test_a_clock_behind_the_newest_commit_is_found(repository: Path, behind: timedelta, state: State) -> None:
    assert doctor.look_at_clock(repository, NOW - behind).state is state


def test_a_folder_that_cannot_be_made_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    look = doctor.look_at_folder("state", tmp_path / "file" / ".tidings")
    assert look.state is State.FAIL
    assert doctor.look_at_folder("state", tmp_path / "new" / ".tidings").state is State.OK
    assert not (tmp_path / "new").exists(), "looking changes nothing"


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (replace(SITE, url="https://status.northwind.example/"), [("address", State.WARN)]),
        (replace(SITE, url="http://localhost/"), [("address", State.WARN)]),
        (replace(SITE, url="http://127.0.0.1/"), [("address", State.WARN)]),
        (replace(SITE, url="https://127.0.0.1/"), [("address", State.OK)]),
        (replace(SITE, url="https://127.0.0.1/", clock=NOW), [("site clock", State.WARN), ("address", State.OK)]),
    ],
)
def test_addresses_that_lead_no_reader_anywhere(site: Site, expected: list[tuple[str, State]]) -> None:
    assert states(doctor.look_at_site(site)) == expected


def test_a_target_that_answers_is_well() -> None:
    store = MemoryStore()
    assert "nothing is published" in doctor.look_at_target(TARGET, lambda _: store).what
    store.put("release.json", b"{}", ())
    look = doctor.look_at_target(TARGET, lambda _: store)
    assert (look.state, "a release is live" in look.what) == (State.OK, True)


@pytest.mark.parametrize("error", [DeniedError("No such bucket.", "Make it."), UnreachableError("No answer.", "Wait.")])
def test_a_target_that_refuses_fails_with_its_own_next_step(error: DeniedError | UnreachableError) -> None:
    def refuse(_: Target) -> ObjectStore:
        raise error

    look = doctor.look_at_target(TARGET, refuse)
    assert (look.state, look.what, look.next_step) == (State.FAIL, error.cause.rstrip("."), error.next_step)


def test_a_target_is_tried_out_and_left_as_it_was(tmp_path: Path) -> None:
    for store in (MemoryStore(), FolderStore(tmp_path / "site")):
        assert doctor.look_at_writing(TARGET, store).state is State.OK
        assert list(store.list("")) == []


class Careless(MemoryStore):
    """A store that ignores conditions, as some servers that speak S3 do."""

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        return self.put(key, body, headers)


def test_a_store_that_ignores_conditions_is_found_out() -> None:
    store = Careless()
    look = doctor.look_at_writing(TARGET, store)
    assert (look.state, "ignores conditional writes" in look.what) == (State.FAIL, True)
    assert list(store.list("")) == []


@pytest.fixture
def door() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_mail_servers_are_knocked_at(door: int, tmp_path: Path) -> None:
    smtp = EmailPolicy(transport="smtp", host="127.0.0.1", port=door)
    assert doctor.look_at_mail(smtp, tmp_path).state is State.OK
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = replace(smtp, port=unused.getsockname()[1])
        look = doctor.look_at_mail(closed, tmp_path)
    assert (look.state, f":{closed.port} does not answer" in look.what) == (State.FAIL, True)


def test_mail_files_need_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    assert doctor.look_at_mail(EmailPolicy(), tmp_path).state is State.FAIL
    (tmp_path / "out").unlink()
    assert doctor.look_at_mail(EmailPolicy(), tmp_path).state is State.OK
    assert doctor.look_at_mail(EmailPolicy(enabled=False), tmp_path).what == "switched off"


def test_programs_that_are_missing_are_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("git") is None
    assert states(doctor.look_at_git(tmp_path)) == [("git", State.WARN)]
    assert doctor.look_at_ssh_keygen().state is State.WARN
