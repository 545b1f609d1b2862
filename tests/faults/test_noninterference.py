"""T71: two histories that readers cannot tell apart give the same public bytes, whatever is internal in them.

Here with values in memory that no file could hold; the two hundred pairs of whole repositories are in `test_internal.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.finding import Place
from publisher.model.history import History
from publisher.model.incident import Cause, Incident, Internal
from publisher.render.artifacts import data_artifacts
from publisher.render.views import project_all
from tests.unit.render.histories import NOW, busy

SECRET = st.text(min_size=1, max_size=30).map(lambda text: f"canary:{text}")
SECRETS = st.fixed_dictionaries(
    {
        "fields": st.dictionaries(st.sampled_from(["owner", "commander", "tickets", "extra.deep"]) | SECRET, SECRET, max_size=5),
        "private": st.dictionaries(st.sampled_from(["gold", "silver", "public", "en"]), SECRET, max_size=3),
        "vendor": st.none() | SECRET,
        "imported": st.none() | SECRET,
        "template": st.none() | SECRET,
        "slots": st.dictionaries(SECRET, SECRET, max_size=3),
        "line": st.integers(min_value=1, max_value=9999),
        "owner": st.none() | SECRET,
    }
)  # fmt: skip


def with_internals(whole: History, secret: Mapping[str, object]) -> History:
    """Fill every internal place there is."""
    place = Place(path=f"incidents/{secret['line']}.md", line=int(str(secret["line"])))

    def fill(incident: Incident) -> Incident:
        return replace(
            incident,
            internal=Internal(fields=secret["fields"]),  # type: ignore[arg-type]
            private=secret["private"],  # type: ignore[arg-type]
            cause=Cause(disclosure=incident.cause.disclosure, vendor=secret["vendor"]),  # type: ignore[arg-type]
            imported_from=secret["imported"],  # type: ignore[arg-type]
            place=place,
            places={"title": place},
            updates=tuple(
                replace(u, template=secret["template"], slots=secret["slots"], place=place)  # type: ignore[arg-type]
                for u in incident.updates
            ),
        )

    components = tuple(replace(c, owner=secret["owner"], place=place) for c in whole.policy.registry.components)  # type: ignore[arg-type]
    registry = replace(whole.policy.registry, components=components)
    return replace(
        whole, policy=replace(whole.policy, registry=registry), incidents=tuple(fill(i) for i in whole.incidents)
    )


PLAIN = data_artifacts(project_all(busy(), now=NOW))


@settings(max_examples=40)
@given(SECRETS)
def test_internal_text_changes_no_public_byte(secret: dict[str, object]) -> None:
    told = data_artifacts(project_all(with_internals(busy(), secret), now=NOW))
    assert [a.path for a in told] == [a.path for a in PLAIN]
    assert [a.path for a, b in zip(told, PLAIN, strict=True) if a != b] == []


def test_a_public_comma_does_change_bytes() -> None:
    """The control: the comparison above sees what it should see."""
    whole = busy()
    first, *others = whole.incidents
    changed = replace(whole, incidents=(replace(first, title=first.title + ","), *others))
    told = data_artifacts(project_all(changed, now=NOW))
    assert [a.path for a, b in zip(told, PLAIN, strict=True) if a != b]
