"""What every `ports.Sources` promises; each adapter's test gives a way to lay files out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pytest

from publisher.model.errors import UsageError
from publisher.model.finding import Finding
from publisher.ports import SourceFile, Sources

ROOTS = ("incidents", "policy", "mkdocs.yml")


class LayOut(Protocol):
    def __call__(self, files: Mapping[str, bytes], links: Mapping[str, str] = ...) -> Sources: ...


def read(
    sources: Sources, *, roots: Sequence[str] = ROOTS, max_bytes: int = 1000
) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    files, findings = sources.read(roots=roots, max_bytes=max_bytes)
    assert all(isinstance(f, SourceFile) for f in files)
    assert all(isinstance(f, Finding) for f in findings)
    assert [f.path for f in files] == sorted(f.path for f in files)
    assert len({f.path for f in files}) == len(files)
    return {f.path: f.body for f in files}, [(f.code, f.place.path) for f in findings]


class SourcesContract:
    """Inherit, and give a fixture `lay_out`."""

    def test_reads_all_files_at_and_below_the_roots_byte_for_byte(self, lay_out: LayOut) -> None:
        files = {
            "incidents/b.md": b"b\r\n\xff\x00",
            "incidents/a/index.md": b"a",
            "incidents/a/deep/er/x.md": b"",
            "mkdocs.yml": b"site_name: x",
            "policy/components.yml": "Ü".encode(),
        }
        assert read(lay_out(files)) == (files, [])

    def test_gives_the_same_twice(self, lay_out: LayOut) -> None:
        sources = lay_out({"incidents/b.md": b"b", "incidents/a.md": b"a"})
        assert sources.read(roots=ROOTS, max_bytes=9) == sources.read(roots=ROOTS, max_bytes=9)

    def test_gives_nothing_from_outside_the_roots(self, lay_out: LayOut) -> None:
        sources = lay_out({"internal/x.md": b"x", "incidents2/x.md": b"x", "mkdocs.yml.bak": b"x", "README.md": b"x"})
        assert read(sources) == ({}, [])

    def test_a_root_that_is_not_there_is_no_error(self, lay_out: LayOut) -> None:
        assert read(lay_out({"policy/a.yml": b"a"}), roots=["incidents", "policy/no/such", "policy"]) == (
            {"policy/a.yml": b"a"},
            [],
        )

    def test_the_same_root_twice_gives_its_files_once(self, lay_out: LayOut) -> None:
        assert read(lay_out({"policy/a.yml": b"a"}), roots=["policy", "policy"]) == ({"policy/a.yml": b"a"}, [])

    def test_a_root_may_lie_deep_or_be_one_file(self, lay_out: LayOut) -> None:
        files = {"policy/a/b.yml": b"b", "policy/a/c.yml": b"c", "policy/d.yml": b"d"}
        sources = lay_out(files)
        assert read(sources, roots=["policy/a"])[0].keys() == {"policy/a/b.yml", "policy/a/c.yml"}
        assert read(sources, roots=["policy/d.yml"])[0].keys() == {"policy/d.yml"}

    def test_hidden_files_and_folders_are_skipped(self, lay_out: LayOut) -> None:
        files = {"incidents/.swp": b"x", "incidents/.git/config": b"x", "incidents/a/.b/c.md": b"x"}
        assert read(lay_out(files)) == ({}, [])

    @pytest.mark.parametrize("root", ["..", "/etc", "incidents/../internal", "a\\b", "", ".", "a//b", "a\0b"])
    def test_a_root_that_leaves_the_repository_is_refused(self, lay_out: LayOut, root: str) -> None:
        with pytest.raises(UsageError):
            lay_out({"incidents/a.md": b"a"}).read(roots=[root], max_bytes=9)

    def test_a_file_of_at_most_the_limit_is_read(self, lay_out: LayOut) -> None:
        files = {"incidents/empty.md": b"", "incidents/just.md": b"x" * 10, "incidents/over.md": b"x" * 11}
        read_whole, findings = read(lay_out(files), max_bytes=10)
        assert read_whole.keys() == {"incidents/empty.md", "incidents/just.md"}
        assert findings == [("TID033", "incidents/over.md")]

    @pytest.mark.parametrize(
        "name",
        [
            "a\\b.md",
            "a\x07.md",
            "a\nb.md",
            "a\u202eb.md",
            "a\u200bb.md",
            "CON",
            "con.md",
            "nul.txt.md",
            "COM1.md",
            "lpt9",
            "a.md.",
            "a.md ",
            " a.md",
            "a:b.md",
            "a%2e%2e.md",
            "a?.md",
            'a".md',
            "a<b>.md",
            "a|b.md",
            "a*.md",
        ],
    )
    def test_an_unsafe_name_is_a_finding_that_can_be_printed(self, lay_out: LayOut, name: str) -> None:
        sources = lay_out({f"incidents/{name}": b"x", "incidents/good.md": b"y"})
        files, findings = sources.read(roots=ROOTS, max_bytes=100)
        assert [f.path for f in files] == ["incidents/good.md"]
        assert [f.code for f in findings] == ["TID034"]
        assert str(findings[0]).isprintable()

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("a.md", "A.md"),
            ("stra\u00dfe.md", "strasse.md"),
            ("caf\u00e9.md", "cafe\u0301.md"),
            ("x/index.md", "X/index.md"),
            ("\ufb01le.md", "file.md"),
            ("x/a.md", "X/b.md"),
        ],
    )
    def test_twins_by_case_or_unicode_form_collide_loudly(self, lay_out: LayOut, one: str, other: str) -> None:
        files, findings = read(lay_out({f"incidents/{one}": b"1", f"incidents/{other}": b"2"}))
        assert len(files) == 1
        assert [code for code, _ in findings] == ["TID035"]

    def test_links_are_findings_and_never_followed(self, lay_out: LayOut) -> None:
        sources = lay_out(
            {"incidents/a.md": b"a", "internal/secret.md": b"secret"},
            links={
                "incidents/out.md": "../internal/secret.md",
                "incidents/in.md": "a.md",
                "incidents/folder": "../internal",
                "incidents/dangling.md": "nowhere",
                "incidents/loop.md": "loop.md",
                "mkdocs.yml": "internal/secret.md",
            },
        )
        files, findings = read(sources)
        assert files == {"incidents/a.md": b"a"}
        assert findings == [
            ("TID030", path)
            for path in (
                "incidents/dangling.md",
                "incidents/folder",
                "incidents/in.md",
                "incidents/loop.md",
                "incidents/out.md",
                "mkdocs.yml",
            )
        ]

    def test_every_finding_says_what_to_do(self, lay_out: LayOut) -> None:
        sources = lay_out(
            {"incidents/con": b"x", "incidents/big.md": b"x" * 11, "incidents/a": b"", "incidents/A": b""}
        )
        _, findings = sources.read(roots=ROOTS, max_bytes=10)
        assert len(findings) == 3
        assert all(f.what.endswith(".") and f.fix.endswith(".") and f.fix[0].isupper() for f in findings)
