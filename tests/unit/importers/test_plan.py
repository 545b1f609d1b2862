"""Running an import again writes nothing twice, renews what nobody touched, and never overwrites a person's work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from publisher.importers.draft import Entry, EntryUpdate, Imported, SeenComponent, SeenGroup
from publisher.importers.plan import Fate, Plan, plan_import
from publisher.importers.registry import RegistryError, merged
from publisher.model.component import Impact
from publisher.model.finding import Place
from publisher.model.incident import Category, Kind, Severity, Status
from publisher.ports import SourceFile

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
ENTRY = Entry(
    source="cstate",
    source_id="issues/x",
    slug="x",
    title="No: 'quotes\" # here",
    kind=Kind.INCIDENT,
    category=Category.OUTAGE,
    severity=Severity.SEV2,
    started=AT,
    components={"Web site": Impact.MAJOR_OUTAGE},
    updates=(EntryUpdate(at=AT, status=Status.INVESTIGATING, body="Gone."),),
    place=Place(path="content/issues/x.md"),
)
IMPORTED = Imported(entries=(ENTRY,), components=(SeenComponent(name="Web site"),), found=1)


def files(plan: Plan) -> list[SourceFile]:
    return [SourceFile(path=f.path, body=f.body) for f in plan.files]


def incident(plan: Plan) -> tuple[str, Fate]:
    (file,) = [f for f in plan.files if f.source_id]
    return file.path, file.fate


def test_first_and_second_time() -> None:
    first = plan_import(IMPORTED, [])
    assert [(f.path, f.fate) for f in first.to_write] == [
        ("policy/components.yml", Fate.NEW),
        ("incidents/2026-03-01-x.md", Fate.NEW),
    ]
    assert plan_import(IMPORTED, files(first)).to_write == ()


CHANGED = replace(IMPORTED, entries=(replace(ENTRY, title="Now: better"),))


def test_a_changed_source_renews_what_nobody_touched() -> None:
    assert incident(plan_import(CHANGED, files(plan_import(IMPORTED, [])))) == (
        "incidents/2026-03-01-x.md",
        Fate.RENEWED,
    )


@pytest.mark.parametrize(
    ("old", "new"), [(b"Gone.", b"Gone!"), (b"severity: sev2", b"severity: sev1"), (b"import_digest", b"my_note")]
)
def test_an_edited_file_is_kept_and_named(old: bytes, new: bytes) -> None:
    edited = [replace(f, body=f.body.replace(old, new)) for f in files(plan_import(IMPORTED, []))]
    for imported in (IMPORTED, CHANGED):
        plan = plan_import(imported, edited)
        assert incident(plan)[1] is Fate.KEPT
        assert plan.to_write == ()
        assert [f.code for f in plan.findings] == ["TID604"]


def test_line_ends_that_git_turned_are_no_edit() -> None:
    turned = [replace(f, body=f.body.replace(b"\n", b"\r\n")) for f in files(plan_import(IMPORTED, []))]
    assert incident(plan_import(IMPORTED, turned))[1] is Fate.SAME
    assert incident(plan_import(CHANGED, turned))[1] is Fate.RENEWED


def test_a_file_that_was_moved_into_a_folder_is_recognised() -> None:
    moved = [
        replace(f, path=f.path.replace("2026-03-01-x.md", "2026-03-01-y/index.md"))
        for f in files(plan_import(IMPORTED, []))
    ]
    assert incident(plan_import(IMPORTED, moved)) == ("incidents/2026-03-01-y/index.md", Fate.SAME)


def test_twins_get_numbers_and_others_names_are_left_alone() -> None:
    twin = replace(ENTRY, source_id="issues/x2")
    mine = SourceFile(path="incidents/2026-03-01-X/index.md", body=b"---\ntitle: mine\n---\n")
    plan = plan_import(replace(IMPORTED, entries=(ENTRY, twin), found=2), [mine])
    assert [f.path for f in plan.files if f.source_id] == ["incidents/2026-03-01-x-2.md", "incidents/2026-03-01-x-3.md"]
    again = plan_import(replace(IMPORTED, entries=(twin, ENTRY), found=2), [mine, *files(plan)])
    assert again.to_write == ()


ADDED = Imported(
    components=(SeenComponent(name="Web site", group="Shop"), SeenComponent(name="API v2", description="Calls:\nall")),
    groups=(SeenGroup(name="Shop"),),
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "# ours\ncomponents:\n  web-site: {name: Web, owner: me} # keep\n# end\n",
            "# ours\ncomponents:\n  web-site: {name: Web, owner: me} # keep\n"
            '  api-v2:\n    name: API v2\n    description: "Calls: all"\n# end\n\ngroups:\n  shop:\n    name: Shop\n',
            id="below the last one, comments stay",
        ),
        pytest.param(
            "components:\n    w:\n        name: web-site\ngroups:\n    shop:\n        name: x\nuptime: {days: 90}",
            "components:\n    w:\n        name: web-site\n    api-v2:\n      name: API v2\n"
            '      description: "Calls: all"\ngroups:\n    shop:\n        name: x\nuptime: {days: 90}\n',
            id="names count, and the file's own indentation",
        ),
        pytest.param(
            "components: {}\ngroups:\n",
            "components:\n  web-site:\n    name: Web site\n    group: shop\n"
            '  api-v2:\n    name: API v2\n    description: "Calls: all"\ngroups:\n  shop:\n    name: Shop\n',
            id="empty sections",
        ),
    ],
)
def test_components_are_added_without_touching_others(before: str, after: str) -> None:
    assert merged(ADDED, before).text == after
    assert merged(ADDED, after).text == after


@pytest.mark.parametrize(
    "text", ["components: {a: {name: A}}\n", "{components: {}}\n", "- a\n", "a: [\n", "components: x\n"]
)
def test_a_file_that_cannot_be_added_to_is_left_alone(text: str) -> None:
    with pytest.raises(RegistryError):
        merged(ADDED, text)
    plan = plan_import(IMPORTED, [SourceFile(path="policy/components.yml", body=text.encode())])
    assert plan.files == ()
    assert [(f.code, f.place.path) for f in plan.findings] == [("TID601", "policy/components.yml")]
