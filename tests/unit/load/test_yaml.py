"""Strict YAML keeps every value as typed and knows where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.load import yaml as strict
from publisher.load.report import Report
from publisher.load.yaml import Document, Limits, Opaque, Quoted, read_yaml


def read(text: str, **options: object) -> tuple[Document | None, list[str]]:
    report = Report("f.yml")
    document = read_yaml(text, report=report, **options)  # type: ignore[arg-type]
    return document, [str(f) for f in report.findings]


def test_gives_plain_data_with_every_scalar_as_text() -> None:
    document, found = read("a: no\nb: [1.10, 'x', {c: 0123}]\nd: |\n  two\n  lines\ne:\n")
    assert found == []
    assert document is not None
    assert document.value == {"a": "no", "b": ["1.10", "x", {"c": "0123"}], "d": "two\nlines\n", "e": None}


def test_knows_what_stood_in_quotes() -> None:
    document, _ = read("a: 'true'\nb: true\nc: |\n  true\nd: \"true\"\n")
    assert document is not None
    assert [isinstance(v, Quoted) for v in document.mapping.values()] == [True, False, True, True]


def test_knows_line_and_column_of_every_key_and_value() -> None:
    document, _ = read("a: x\nb:\n  - y\n  - {c: z}\nünï: w\n")
    assert document is not None
    assert document.keys == {("a",): (1, 1), ("b",): (2, 1), ("b", 1, "c"): (4, 6), ("ünï",): (5, 1)}
    assert document.values == {
        (): (1, 1),
        ("a",): (1, 4),
        ("b",): (3, 3),
        ("b", 0): (3, 5),
        ("b", 1): (4, 5),
        ("b", 1, "c"): (4, 9),
        ("ünï",): (5, 6),
    }


def test_offset_moves_lines_and_the_first_lines_columns() -> None:
    document, _ = read(" a: x\n b: y\n", offset=(7, 5))
    assert document is not None
    assert document.keys == {("a",): (7, 6), ("b",): (8, 2)}


def test_a_place_that_is_not_written_is_that_of_what_is_around_it() -> None:
    document, _ = read("a: {b: c}\n")
    assert document is not None
    assert document.spot(("a", "nothing")) == document.values["a",]
    assert document.key_spot(("a", "nothing", "at all")) == document.values["a",]
    assert Document().spot(("x",)) == (1, 1)


def test_the_first_of_two_equal_keys_is_kept_with_its_place() -> None:
    document, found = read("a: {b: one}\na: {b: two, c: three}\n")
    assert document is not None
    assert document.value == {"a": {"b": "one"}}
    assert document.keys["a", "b"] == (1, 5)
    assert ("a", "c") not in document.keys
    assert found == ['f.yml:2:1: TID006 "a" stands here and on line 1. Keep one of the two.']


def test_refused_values_are_marked_so_that_nothing_else_is_said_of_them() -> None:
    document, found = read("a: !x y\nb: *c\nd: ~\n")
    assert document is not None
    assert all(isinstance(v, Opaque) for v in document.mapping.values())
    assert [line.split()[1] for line in found] == ["TID008", "TID007", "TID018"]


def test_lenient_reading_lets_other_programs_files_pass() -> None:
    text = (
        "x: &x {a: 1}\ny: *x\nz: {<<: *x, 1: one}\ne: !!python/name:a.b\nm: !ENV [A, b]\nn: null\nn: 2\nk: !relative\n"
    )
    document, found = read(text, lenient=True)
    assert found == []
    assert document is not None
    assert document.mapping["x"] == {"a": "1"}
    assert all(isinstance(document.mapping[key], Opaque) for key in "yemk")


@pytest.mark.parametrize(
    ("limits", "text", "fits"),
    [
        (Limits(max_bytes=9, max_depth=9, max_keys=9), "a: bcdefg", True),
        (Limits(max_bytes=9, max_depth=9, max_keys=9), "a: bcdefgh", False),
        (Limits(max_bytes=9, max_depth=9, max_keys=9), "a: ääää", False),
        (Limits(max_bytes=99, max_depth=2, max_keys=9), "a: {b: c}", True),
        (Limits(max_bytes=99, max_depth=2, max_keys=9), "a: {b: {c: d}}", False),
        (Limits(max_bytes=99, max_depth=9, max_keys=2), "a: {b: c}", True),
        (Limits(max_bytes=99, max_depth=9, max_keys=2), "a: {b: c, d: e}", False),
    ],
)
def test_limits_are_exact(limits: Limits, text: str, fits: bool) -> None:  # noqa: FBT001
    document, found = read(text, limits=limits)
    assert (document is not None, found == []) == (fits, fits)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: b: c\n", '": " stands inside'),
        ("a: @b\n", "character YAML keeps"),
        ("a: `b`\n", "character YAML keeps"),
        ("a: 'b\n", "never closed"),
        ("a: [b\n", "never closed"),
        ("a: {b: c\n", "never closed"),
        ("a:\n\tb: c\n", "tab"),
        ("a: x\n b: y\n", '": " stands inside'),
        ("a\nb: c\n", ""),
        ('a: "\\q"\n', "backslash"),
        ("a: b\n- c\n", ""),
    ],
)
def test_what_cannot_be_read_is_explained_in_words(text: str, hint: str) -> None:
    document, found = read(text)
    assert document is None
    assert len(found) == 1
    assert "TID005" in found[0]
    assert hint in found[0]


def test_reads_the_same_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    texts = [
        "a: no\nb: [1, 'x', {c: }]\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !x y\n",
        "a: 1\na: 2\n",
        "[" * 99,
        "? [a]\n: b\n",
    ]
    fast = [read(text) for text in texts]
    monkeypatch.setattr(strict, "_Loader", yaml.SafeLoader)
    slow = [read(text) for text in texts]
    for (quick, quick_found), (plain, plain_found) in zip(fast, slow, strict=True):
        assert (quick.value if quick else None) == (plain.value if plain else None)
        assert [f.split()[1] for f in quick_found] == [f.split()[1] for f in plain_found]


def test_an_empty_document_has_no_value() -> None:
    for text in ("", "\n", "# only words\n"):
        document, found = read(text)
        assert document is not None
        assert (document.value, document.mapping, found) == (None, {}, [])


@given(st.text(max_size=200))
def test_never_raises_whatever_the_text(text: str) -> None:
    document, found = read(text.encode(errors="replace").decode())
    assert document is not None or found


@given(st.text(alphabet=" \n:-[]{}#&*!|>'\"%@`,?~ab1.<=\t\\", max_size=60))
def test_never_raises_whatever_the_punctuation(text: str) -> None:
    document, found = read(text)
    assert document is not None or found
    read(text, lenient=True)
