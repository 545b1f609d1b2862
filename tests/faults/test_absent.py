"""T72: drafts, unlisted and embargoed words and internal ones are in nothing that goes out: no index, no map, no page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import app
from publisher.adapters.clock import SystemClock
from publisher.adapters.memory import MemoryStore
from publisher.deliver.site import publish_all, survey
from publisher.model.finding import blocking
from publisher.model.policy import PagePolicy
from publisher.release.bundle import bundle
from tests.site.workspace import NOW

INCIDENT = """---
title: Card payments fail{title}
category: outage
severity: sev2
components: {{payments: partial_outage}}
started: 2026-11-20T13:00:00Z
owner: canary-owner
accounts: [canary-account]
tickets: [canary-ticket]
extra: {{note: canary-extra}}
---

## 2026-11-20 13:05 UTC · Investigating

We look.{words} [[inside: canary-span
canary-second-line | ]][[ Inside :canary-other]]
"""
HOUSE = {
    "mkdocs.yml": """site_name: Crumb status
site_url: https://status.crumb.example/
docs_dir: site_src
theme: {name: material}
draft_docs: |
  drafts/
  *-draft.md
not_in_nav: |
  quiet/
exclude_docs: |
  private/
plugins:
  - tidings: {locales: [en, de]}
""",
    "policy/components.yml": """components:
  payments: {name: Card payments, owner: canary-team}
  ledger: {name: canary-ledger, description: canary-described, public: false}
# canary-remark
""",
    "incidents/2026-11-20-cards/index.md": INCIDENT,
    "incidents/2026-11-20-cards/for-gold.md": "canary-gold\n",
    "incidents/.2026-11-20-canary-hidden.md": INCIDENT,
    "internal/2026-11-20-cards/notes.md": "canary-internal",
    "drafts/2026-11-20-later.md": INCIDENT.replace("fail", "canary-later"),
    "site_src/about.md": "# About\n\nBread.\n\n<!-- canary-page-comment -->\n",
    "site_src/drafts/plan.md": "# canary-plan\n",
    "site_src/next-draft.md": "# canary-next\n",
    "site_src/private/pay.md": "# canary-pay\n",
    "site_src/.hidden.md": "# canary-dot\n",
    "site_src/quiet/party.md": "# quiet-party\n",
    ".git/config": "canary-git",
    ".tidings/notes": "canary-state",
    "README.md": "canary-readme",
}  # fmt: skip


STRAY = (
    "incidents/drafts/2026-11-20-canary.md",
    "incidents/_2026-11-20-canary-under.md",
    "incidents/2026-11-20-cards.md~",
    "incidents/2026-11-20-cards/index.draft.md",
    "incidents/2026-11-20-cards/canary.png",
    "incidents/2026-11-20-cards/for-gold.de.md",
)
"""Names under which people keep what is not ready."""


def house(root: Path, **words: str) -> Path:
    for path, text in HOUSE.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            text.format(**{"title": "", "words": "", **words}) if text is INCIDENT else text, encoding="utf-8"
        )
    return root


def everything(root: Path) -> Mapping[str, bytes]:
    """Build, publish, and give all that lies where readers can reach it: pages, data, manifests, old wordings."""
    built = app.build(root, now=NOW)
    assert [str(found) for found in blocking(built.findings)] == []
    store = MemoryStore()
    release = bundle(built.artifacts, generation=1, parent=0, built=NOW, said=built.said)
    [receipt] = publish_all(release, survey([store]), policy=PagePolicy(), clock=SystemClock())
    assert receipt.good
    return {key: there.body for key in store.list("") if (there := store.get(key)) is not None}


def holding(files: Mapping[str, bytes], word: str) -> list[str]:
    return [path for path, body in files.items() if word in path or word.encode() in body]


@pytest.fixture(scope="module")
def frame_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDINGS_CACHE", str(tmp_path_factory.mktemp("frames")))
        yield


@pytest.fixture(scope="module")
def out(frame_cache: None, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    return everything(house(tmp_path_factory.mktemp("absent")))


def test_t72_no_trace_of_what_is_not_public(out: Mapping[str, bytes]) -> None:
    assert len(out) > 100
    assert holding(out, "canary") == []


def test_t72_pages_nobody_links_to_are_in_no_map(out: Mapping[str, bytes]) -> None:
    assert holding(out, "quiet-party"), "whoever has the address reads it"
    own = re.compile(r"(^|/)quiet/party/index\.html$|^(\.tidings|releases|objects)/")
    assert [path for path, body in out.items() if b"quiet/party" in body and not own.search(path)] == []
    assert b'name="robots" content="noindex"' in out["quiet/party/index.html"]
    assert b"/about/" in out["sitemap.xml"], "the control: a page that is linked to is there"
    assert b"noindex" not in out["about/index.html"]


def test_t72_the_generator_leaves_none_of_its_own_files(out: Mapping[str, bytes]) -> None:
    """What MkDocs would give away: its search index, source maps, its map with every page, its worker."""
    odd = re.compile(r"\.map$|(^|/)search_index|sitemap\.xml\.gz|lunr|frame|mkdocs|requirements|\.md$|\.po$|\.ya?ml$")
    assert [path for path in out if odd.search(path)] == []


def test_t72_the_control_public_words_are_found_in_all_of_them(tmp_path: Path, frame_cache: None) -> None:
    found = holding(everything(house(tmp_path, title=" canary", words=" canary")), "canary")
    wanted = {
        "index.html", "de/index.html", "incidents/2026-11-20-cards/index.html", "history/2026-11/index.html",
        "components/payments/index.html", "404.html", "lite/index.html", "status.txt", "history.atom", "feed.json",
        "api/status.json", "api/v2/summary.json", "api/banner.json",
    }  # fmt: skip
    assert wanted <= set(found)


def test_t72_words_of_tomorrow_are_not_said_today(tmp_path: Path, frame_cache: None) -> None:
    """An update that is dated ahead is told to its writer, and to nobody else until its time has come."""
    root = house(tmp_path)
    path = root / "incidents/2026-11-20-cards/index.md"
    told = path.read_text(encoding="utf-8") + "\n## 2026-11-21 09:00 UTC · Resolved\n\nThe embargo.\n"
    path.write_text(told, encoding="utf-8")
    assert "TID204" in {found.code for found in app.read_content(root, now=NOW).findings}
    assert holding(everything(root), "embargo") == []
    later = app.build(root, now=NOW + timedelta(days=1))
    assert [a.path for a in later.artifacts if b"embargo" in a.body and a.path == "history.atom"], "the control"


@pytest.mark.parametrize("path", STRAY)
def test_t72_what_lies_among_incidents_without_being_one_stops_the_publish(tmp_path: Path, path: str) -> None:
    """Nobody has to guess whether a draft is left out: it must not lie there."""
    root = house(tmp_path)
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(INCIDENT.format(title="canary", words=""), encoding="utf-8")
    assert [found.place.path for found in blocking(app.read_content(root, now=NOW).findings)] == [path]
