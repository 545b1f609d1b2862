"""Every adapter of `ports.Sources` keeps the same promises."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from publisher.adapters.git import GitSources
from publisher.adapters.memory_sources import MemorySources
from publisher.adapters.worktree import WorkTree
from publisher.model.errors import UsageError
from publisher.ports import Sources
from tests.contract.sources import LayOut, SourcesContract, read

NO_LINKS: Mapping[str, str] = {}


def git(root: Path, *arguments: str) -> str:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True, text=True, timeout=30)
    return done.stdout.strip()


def write(root: Path, files: Mapping[str, bytes], links: Mapping[str, str]) -> None:
    for path, body in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(body)
    for path, target in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)


class TestMemory(SourcesContract):
    @pytest.fixture
    def lay_out(self) -> LayOut:
        def make(files: Mapping[str, bytes], links: Mapping[str, str] = NO_LINKS) -> Sources:
            return MemorySources(files, links=tuple(links))

        return make

    def test_names_the_revision_it_was_given(self) -> None:
        assert MemorySources({}).revision() is None
        assert MemorySources({}, revision="abc").revision() == "abc"

    @pytest.mark.parametrize("path", ["incidents/../internal/x", "incidents/./x", "incidents//x"])
    def test_paths_that_leave_their_folder_are_findings(self, path: str) -> None:
        assert read(MemorySources({path: b"x"}))[0] == {}


class TestWorkTree(SourcesContract):
    @pytest.fixture
    def lay_out(self, tmp_path: Path) -> LayOut:
        def make(files: Mapping[str, bytes], links: Mapping[str, str] = NO_LINKS) -> Sources:
            write(tmp_path, files, links)
            return WorkTree(tmp_path)

        return make

    def test_a_root_below_a_linked_folder_is_refused(self, lay_out: LayOut, tmp_path: Path) -> None:
        sources = lay_out({"internal/incidents/a.md": b"x"}, {"content": "internal"})
        assert read(sources, roots=["content/incidents"]) == ({}, [("TID030", "content")])

    def test_the_repository_itself_may_be_reached_through_a_link(self, tmp_path: Path) -> None:
        write(tmp_path, {"real/incidents/a.md": b"a"}, {"link": "real"})
        assert read(WorkTree(tmp_path / "link")) == ({"incidents/a.md": b"a"}, [])

    def test_no_such_folder_is_a_wrong_call(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError):
            WorkTree(tmp_path / "no").read(roots=["incidents"], max_bytes=9)

    def test_a_name_that_is_not_utf8_is_a_finding(self, tmp_path: Path) -> None:
        folder = tmp_path / "incidents"
        folder.mkdir()
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_bytes(b"x")
        files, findings = WorkTree(tmp_path).read(roots=["incidents"], max_bytes=9)
        assert files == ()
        assert [f.code for f in findings] == ["TID034"]
        str(findings[0]).encode()

    def test_revision_is_the_commit_when_what_was_read_is_what_is_committed(self, tmp_path: Path) -> None:
        write(tmp_path, {"incidents/a.md": b"a", "notes.txt": b"n"}, {})
        tree = WorkTree(tmp_path)
        assert tree.revision() is None
        tree.read(roots=["incidents"], max_bytes=9)
        assert tree.revision() is None
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", "one")
        assert tree.revision() == git(tmp_path, "rev-parse", "HEAD")
        (tmp_path / "notes.txt").write_text("changed outside the roots")
        assert tree.revision() == git(tmp_path, "rev-parse", "HEAD")
        (tmp_path / "incidents" / "b.md").write_text("new")
        assert tree.revision() is None


class TestGit(SourcesContract):
    @pytest.fixture
    def lay_out(self, tmp_path: Path) -> LayOut:
        def make(files: Mapping[str, bytes], links: Mapping[str, str] = NO_LINKS) -> Sources:
            # a file for git to hold even when there is nothing to lay out; a dotfile in the tree is skipped
            write(tmp_path, {**files, ".keep": b""}, links)
            git(tmp_path, "init", "-q")
            inner = [path for path in files if "/.git/" in path]
            git(tmp_path, "-c", "core.protectNTFS=false", "-c", "core.autocrlf=false", "add", "-f", ".")
            assert len(git(tmp_path, "ls-files", "-z").split("\0")) >= len(files) + len(links) - len(inner)
            git(tmp_path, "commit", "-q", "-m", "one")
            for path in [*files, *links]:
                (tmp_path / path).unlink(missing_ok=True)
            return GitSources(tmp_path)

        return make

    def test_reads_what_was_committed_whatever_lies_in_the_folder(self, lay_out: LayOut, tmp_path: Path) -> None:
        sources = lay_out({"incidents/a.md": b"committed"})
        write(tmp_path, {"incidents/a.md": b"changed", "incidents/b.md": b"new"}, {})
        assert read(sources) == ({"incidents/a.md": b"committed"}, [])

    def test_reads_an_older_commit_and_names_it(self, lay_out: LayOut, tmp_path: Path) -> None:
        lay_out({"incidents/a.md": b"one"})
        first = git(tmp_path, "rev-parse", "HEAD")
        write(tmp_path, {"incidents/a.md": b"two"}, {})
        git(tmp_path, "commit", "-q", "-a", "-m", "two")
        old = GitSources(tmp_path, first[:10])
        assert read(old)[0] == {"incidents/a.md": b"one"}
        assert old.revision() == first
        assert read(GitSources(tmp_path))[0] == {"incidents/a.md": b"two"}

    def test_a_commit_that_moves_meanwhile_is_resolved_once(self, lay_out: LayOut, tmp_path: Path) -> None:
        sources = lay_out({"incidents/a.md": b"one"})
        before = sources.revision()
        write(tmp_path, {"incidents/a.md": b"two"}, {})
        git(tmp_path, "commit", "-q", "-a", "-m", "two")
        assert read(sources)[0] == {"incidents/a.md": b"one"}
        assert sources.revision() == before

    @pytest.mark.parametrize("name", ["no-such", "--output=x", "HEAD:incidents", ""])
    def test_what_names_no_commit_is_a_wrong_call(self, lay_out: LayOut, tmp_path: Path, name: str) -> None:
        lay_out({"incidents/a.md": b"one"})
        with pytest.raises(UsageError):
            GitSources(tmp_path, name).revision()

    def test_a_submodule_is_a_finding(self, lay_out: LayOut, tmp_path: Path) -> None:
        lay_out({"incidents/a.md": b"one"})
        head = git(tmp_path, "rev-parse", "HEAD")
        git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{head},incidents/sub")
        git(tmp_path, "commit", "-q", "-m", "sub")
        assert ("TID031", "incidents/sub") in read(GitSources(tmp_path))[1]

    def test_paths_are_relative_to_the_folder_even_inside_a_larger_repository(self, tmp_path: Path) -> None:
        write(tmp_path, {"status/incidents/a.md": b"a", "incidents/other.md": b"x"}, {})
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", "one")
        assert read(GitSources(tmp_path / "status")) == ({"incidents/a.md": b"a"}, [])

    def test_the_repository_cannot_run_anything(self, lay_out: LayOut, tmp_path: Path) -> None:
        lay_out({"incidents/a.md": b"one"})
        for name in ("core.fsmonitor", "core.pager", "diff.external"):
            git(tmp_path, "config", name, f"touch {tmp_path}/ran-{name}")
        tree = WorkTree(tmp_path)
        write(tmp_path, {"incidents/a.md": b"one"}, {})
        read(tree)
        read(GitSources(tmp_path))
        assert tree.revision() is not None
        assert list(tmp_path.glob("ran-*")) == []
