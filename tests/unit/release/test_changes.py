"""What differs between two manifests, and the guard against a site that vanishes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.release import Entry, Group, Manifest
from publisher.release.changes import Change, Reason, changes, shrinks

PLAIN = (("content-type", "text/html"),)


def _entry(sha: str = "a", unstamped: str | None = None, headers: tuple[tuple[str, str], ...] = PLAIN) -> Entry:
    return Entry(sha256=sha, unstamped=unstamped or sha, size=1, headers=headers, group=Group.PAGES)


def _site(**entries: Entry) -> Manifest:
    return Manifest(entries=entries)


CASES = {
    "nothing differs": (_site(p=_entry()), _site(p=_entry()), []),
    "a new path": (_site(), _site(p=_entry()), [("p", Reason.NEW)]),
    "other bytes": (_site(p=_entry("a")), _site(p=_entry("b")), [("p", Reason.BYTES)]),
    "other headers": (_site(p=_entry()), _site(p=_entry(headers=())), [("p", Reason.HEADERS)]),
    "only the stamp": (_site(p=_entry("a", "u")), _site(p=_entry("b", "u")), [("p", Reason.STAMP)]),
    "stamp and headers": (_site(p=_entry("a", "u")), _site(p=_entry("b", "u", ())), [("p", Reason.HEADERS)]),
    "became stamped, same words": (_site(p=_entry("a")), _site(p=_entry("b", "a")), [("p", Reason.STAMP)]),
    "a path gone": (_site(p=_entry()), _site(), [("p", Reason.REMOVED)]),
    "sorted by path": (
        _site(b=_entry(), c=_entry()),
        _site(a=_entry(), c=_entry("z")),
        [("a", Reason.NEW), ("b", Reason.REMOVED), ("c", Reason.BYTES)],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_changes(old: Manifest, new: Manifest, expected: list[tuple[str, Reason]]) -> None:
    found = changes(old, new)
    assert [(change.path, change.reason) for change in found] == expected
    assert [change.entry for change in found] == [new.entries.get(path) for path, _ in expected]


def test_an_unsure_path_is_written_or_removed_whatever_the_manifests_say() -> None:
    site = _site(p=_entry(), q=_entry())
    assert changes(site, site, unsure=("p", "elsewhere")) == (
        Change(path="elsewhere", reason=Reason.UNSURE, entry=None),
        Change(path="p", reason=Reason.UNSURE, entry=_entry()),
    )
    assert [c.reason for c in changes(_site(), _site(p=_entry()), unsure=("p",))] == [Reason.NEW]


MANIFESTS = st.builds(
    lambda entries: Manifest(entries=entries),
    st.dictionaries(
        st.sampled_from("abcdef"), st.builds(_entry, st.sampled_from("123"), st.sampled_from(["u", "v", ""]))
    ),
)


@given(old=MANIFESTS, new=MANIFESTS)
def test_applying_the_changes_gives_the_new_site(old: Manifest, new: Manifest) -> None:
    result = dict(old.entries)
    for change in changes(old, new):
        if change.entry is None:
            del result[change.path]
        else:
            result[change.path] = change.entry
    assert result == new.entries
    assert bool(changes(old, new)) == (old != new)


def _pages(count: int, first: int = 0) -> Manifest:
    return Manifest(entries={f"p{n}/index.html": _entry() for n in range(first, first + count)})


@pytest.mark.parametrize(
    ("old", "new", "share", "word"),
    [
        (_pages(0), _pages(1), 0.25, None),
        (_pages(20), _pages(20), 0.0, None),
        (_pages(20), _pages(15), 0.25, None),
        (_pages(20), _pages(14), 0.25, "6 of 20"),
        (_pages(20), _pages(19), 0.0, "1 of 20"),
        (_pages(4), _pages(4, first=4), 0.25, "4 of 4"),
        (_pages(4), _pages(1), 1.0, None),
        (_pages(4), _pages(0), 1.0, "no pages"),
        (_pages(0), _pages(0), 1.0, "no pages"),
        (_pages(0), _site(json=_entry()), 1.0, "no pages"),
    ],
)
def test_shrinks(old: Manifest, new: Manifest, share: float, word: str | None) -> None:
    why = shrinks(old, new, max_shrink=share)
    assert (why is None) if word is None else (why is not None and word in why)
