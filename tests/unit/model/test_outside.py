"""What people outside may know of: everything but what is marked, and what would tell of it."""

from __future__ import annotations

from datetime import UTC, datetime

from publisher.model.component import Component, Group, Impact, Registry
from publisher.model.history import History, outside
from publisher.model.incident import Category, Incident, Kind, Scope, Severity, Status, Update
from publisher.model.policy import Policy
from publisher.model.site import Site

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


def part(name: str, group: str | None = None, *needs: str, public: bool = True) -> Component:
    return Component(id=name, name=name, group=group, depends_on=needs, public=public)


def test_where_nothing_is_hidden_the_history_is_the_same_object() -> None:
    whole = History(
        site=Site(name="S", url="https://s.example/"), policy=Policy(registry=Registry(components=(part("a"),)))
    )
    assert outside(whole) is whole


def test_a_hidden_group_hides_what_is_in_it_however_deep() -> None:
    registry = Registry(
        groups=(
            Group(id="machines", name="M", public=False),
            Group(id="racks", name="R", parent="machines"),
            Group(id="shop", name="S"),
        ),
        components=(part("disk", "racks"), part("checkout", "shop")),
    )
    assert registry.hidden() == {"machines", "racks", "disk"}
    shown = registry.outside()
    assert ([g.id for g in shown.groups], [c.id for c in shown.components]) == (["shop"], ["checkout"])


def test_a_group_of_nothing_but_hidden_components_is_hidden_and_an_empty_one_is_not() -> None:
    registry = Registry(
        groups=(Group(id="a", name="A"), Group(id="b", name="B", parent="a"), Group(id="empty", name="E")),
        components=(part("x", "b", public=False),),
    )
    assert registry.hidden() == {"a", "b", "x"}
    mixed = Registry(groups=registry.groups, components=(*registry.components, part("y", "a")))
    assert mixed.hidden() == {"b", "x"}


def test_dependencies_reach_through_what_is_hidden() -> None:
    registry = Registry(
        components=(
            part("shop", None, "ledger", "web"),
            part("ledger", None, "disk", "shop", public=False),
            part("disk", None, "ledger", "power", "web", public=False),
            part("power"),
            part("web"),
        )
    )
    assert {c.id: c.depends_on for c in registry.outside().components} == {
        "shop": ("power", "web"),
        "power": (),
        "web": (),
    }


def test_groups_that_lie_in_a_circle_are_walked_once() -> None:
    registry = Registry(
        groups=(Group(id="a", name="A", parent="b"), Group(id="b", name="B", parent="a", public=False)),
        components=(part("x", "a"), part("y")),
    )
    assert registry.hidden() == {"a", "b", "x"}


def test_incidents_lose_the_names_and_nothing_else() -> None:
    registry = Registry(components=(part("shop"), part("ledger", public=False)))
    one = Incident(
        id="2026-11-20-x",
        kind=Kind.INCIDENT,
        title="T",
        category=Category.OUTAGE,
        severity=Severity.SEV2,
        scope=Scope.LOCAL,
        components={"ledger": Impact.MAJOR_OUTAGE, "shop": Impact.PARTIAL_OUTAGE},
        started=START,
        updates=(
            Update(at=START, status=Status.INVESTIGATING, body="A.", components={"ledger": Impact.MAJOR_OUTAGE}),
            Update(at=START, status=Status.UPDATE, body="B.", components={"shop": Impact.MAJOR_OUTAGE}),
            Update(at=START, status=Status.RESOLVED, body="C."),
        ),
    )
    other = Incident(
        **{name: getattr(one, name) for name in one.__slots__} | {"id": "2026-11-20-y", "components": {}, "updates": ()}
    )
    whole = History(
        site=Site(name="S", url="https://s.example/"), policy=Policy(registry=registry), incidents=(one, other)
    )
    seen, untouched = outside(whole).incidents
    assert seen.components == {"shop": Impact.PARTIAL_OUTAGE}
    assert [u.components for u in seen.updates] == [None, {"shop": Impact.MAJOR_OUTAGE}, None]
    assert [u.body for u in seen.updates] == ["A.", "B.", "C."]
    assert untouched is other
