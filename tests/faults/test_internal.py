"""Internal text never becomes public: by construction, and shown here on the whole pipeline (T71 of the fault list)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher import pipeline
from publisher.adapters.memory_sources import MemorySources
from publisher.adapters.worktree import WorkTree
from publisher.load.roots import MAX_SOURCE_BYTES, PUBLIC_ROOTS
from publisher.model.finding import blocking
from publisher.model.release import Artifact
from publisher.site.frames import Frames, load_frames

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 11, 20, 15, 4, 10, tzinfo=UTC)
CANARY = "CANARY-9f1c77e2"
KEPT = ("2026-11-20-card-payments-eu", "2026-01-20-order-files-to-wrong-shops", "2026-11-22-reports-database-upgrade")
PICTURES: dict[str, bytes] = {}
"""Pictures of links, drawn once: each is looked up under a hash of all it shows."""
LISTS = ("accounts", "jurisdictions", "tickets")

words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=40).map(
    lambda text: f"x{text}x"
)
internal = st.fixed_dictionaries(
    {},
    optional={
        "owner": words,
        "commander": words,
        "personal_data": st.booleans(),
        "extra": st.dictionaries(st.from_regex(r"[a-z]{1,12}", fullmatch=True), words, max_size=4),
        **{name: st.lists(words, min_size=1, max_size=5) for name in LISTS},
    },
)


@cache
def example(locales: str = "en, de, ar") -> dict[str, bytes]:
    files, findings = WorkTree(ROOT).read(roots=PUBLIC_ROOTS, max_bytes=MAX_SOURCE_BYTES)
    assert not findings
    kept = {
        file.path: file.body
        for file in files
        if not file.path.startswith("incidents/") or any(name in file.path for name in KEPT)
    }
    settings_ = kept["mkdocs.yml"].decode()
    assert "[en, de, ar]" in settings_
    return kept | {
        "mkdocs.yml": settings_.replace("[en, de, ar]", f"[{locales}]").encode(),
        # translations into a language that the site leaves out stay where they are
        "policy/checks.yml": b"levels: {TID402: note}\n",
    }


@cache
def frames(locales: tuple[str, ...]) -> Frames:
    content = pipeline.read(MemorySources(example(", ".join(locales))), now=NOW)
    return load_frames(ROOT, content.history.site, cache=None)


def build(files: Mapping[str, bytes]) -> tuple[Artifact, ...]:
    content = pipeline.read(MemorySources(files), now=NOW)
    assert not blocking(content.findings), [str(f) for f in blocking(content.findings)]
    return pipeline.build(content, frames(content.history.site.locales), now=NOW, pictures=PICTURES).artifacts


def with_fields(files: Mapping[str, bytes], fields: Mapping[str, object]) -> dict[str, bytes]:
    """Put internal fields into the front matter of every incident."""
    out = dict(files)
    for path, body in files.items():
        name = path.rsplit("/", 1)[-1]
        if not path.startswith("incidents/") or name not in {"index.md", *(f"{kept}.md" for kept in KEPT)}:
            continue
        head, matter, rest = body.decode().split("---\n", 2)
        known = yaml.safe_load(matter)
        lines = "".join(
            yaml.safe_dump({key: value}, allow_unicode=True, default_style='"' if isinstance(value, str) else None)
            for key, value in fields.items()
            if key not in known
        )
        out[path] = f"{head}---\n{matter}{lines}---\n{rest}".encode()
    return out


@pytest.mark.parametrize(("pairs", "locales"), [(30, "en, de, ar"), (170, "en")], ids=["three languages", "one"])
def test_trees_that_differ_inside_give_the_same_public_bytes(pairs: int, locales: str) -> None:
    """T71: two hundred pairs; length, count, presence and order of internal text leave no trace."""
    plain = build(example(locales))

    @settings(max_examples=pairs, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(fields=internal, notes=st.dictionaries(st.sampled_from(["notes.md", "decisions.md", "facts.yml"]), words))
    def differ(fields: dict[str, object], notes: dict[str, str]) -> None:
        changed = with_fields(example(locales), fields)
        for name, text in notes.items():
            changed[f"internal/{KEPT[0]}/{name}"] = text.encode()
        assert build(changed) == plain

    differ()


def test_a_canary_in_every_internal_place_is_in_no_artifact() -> None:
    fields = {name: [CANARY] for name in LISTS} | {"owner": CANARY, "commander": CANARY, "extra": {"note": CANARY}}
    files = with_fields(example(), fields)
    for path in list(files):
        if path.endswith("index.md"):
            files[f"{path.removesuffix('index.md')}for-key-accounts.md"] = f"Only for you: {CANARY}\n".encode()
    files |= {f"internal/{KEPT[0]}/notes.md": CANARY.encode(), "internal/secret.md": CANARY.encode()}
    policy = files["policy/components.yml"].decode()
    assert "owner:" in policy
    files["policy/components.yml"] = (
        "\n".join(
            f"{line.partition('owner:')[0]}owner: {CANARY}" if line.strip().startswith("owner:") else line
            for line in policy.splitlines()
        ).encode()
        + f"\n# {CANARY}\n".encode()
    )
    found = [artifact.path for artifact in build(files) if CANARY.encode() in artifact.body]
    assert found == []


def test_the_canary_is_found_where_it_is_public() -> None:
    """The control: a detector that finds nothing anywhere would prove nothing."""
    files = dict(example())
    path = f"incidents/{KEPT[0]}/index.md"
    files[path] = files[path].replace(b"title: ", f"title: {CANARY} ".encode(), 1)
    found = {artifact.path for artifact in build(files) if CANARY.encode() in artifact.body}
    page = f"incidents/{KEPT[0]}/index.html"
    assert {"index.html", page, "history.atom", "history.rss", "feed.json", "updates.atom", "api/status.json"} <= found
    assert {"api/v2/summary.json", "api/v2/incidents.json", "status.txt"} <= found


def test_a_public_read_opens_nothing_inside(tmp_path: Path) -> None:
    """`internal/` could be unreadable, or a trap: a public build does not look."""
    (tmp_path / "internal").mkdir()
    (tmp_path / "internal" / "trap").symlink_to("/dev/zero")
    (tmp_path / "mkdocs.yml").write_text("site_name: X\nsite_url: https://x.example/\nplugins: [tidings]\n")
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "components.yml").write_text("components: {web: {name: Web}}\n")
    (tmp_path / "incidents").mkdir()
    content = pipeline.read(WorkTree(tmp_path), now=NOW)
    assert blocking(content.findings) == ()
    assert "internal" not in PUBLIC_ROOTS
