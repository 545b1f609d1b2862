"""T64: whatever characters stand in whatever field, every feed stays well-formed and its ids stay what they were."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.parsers import expat

import feedparser
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.history import History
from publisher.model.incident import Status, Translation
from publisher.model.site import Brand, Site
from publisher.render.artifacts import data_artifacts
from publisher.render.feeds import render_feeds
from publisher.render.jsonfeed import render_jsonfeed
from publisher.render.views import project
from tests.unit.render.histories import NOW, REGISTRY, SITE, history, incident, maintenance, minutes, update

NASTY = (
    "".join(map(chr, range(0x20)))
    + "\x7f\x85\u2028\ufffe\uffff\ufdd0\ud800\udfff\U0001fffe]]>&<>\"'`&#0;&#x1f;\u202e\u200f\ufeff"
)
FIELDS = 11
"""Strings in one history."""

nasty = st.lists(
    st.one_of(
        st.sampled_from(
            ["]]>", "&", "<![CDATA[", "&#0;", "&#xFFFE;", "&amp;", "<a href='x'>", "\ud83d", "\udc00", "\x00", "*", "`"]
        ),
        st.sampled_from(list(NASTY)),
        st.characters(),
    ),
    max_size=12,
).map("".join)


def told(*texts: list[str], site: Site = SITE) -> History:
    """Put each text into one field that readers see; of several lists, each makes an incident, the first the site."""
    *_, name, brand, site_name, _, _ = texts[0]
    made = []
    for number, fields in enumerate(texts):
        title, headline, body, who, meanwhile, why, _, _, _, tag, translated = fields
        begun = NOW - minutes(30 + number)
        said = replace(
            update(begun + minutes(10), Status.INVESTIGATING, body), who=who, meanwhile=meanwhile, revises=why
        )
        german = Translation(locale="de", title=translated, bodies={said.key: translated})
        one = incident(begun, [said], title=title, headline=headline, translations=[german])
        made.append(replace(one, id=f"{one.id}-{number}", tags=(tag,), regions=(tag,)))
    title, _, body, *_ = texts[0]
    work = maintenance(
        NOW + minutes(30), NOW + minutes(60), [update(NOW - minutes(40), Status.SCHEDULED, body)], title=title
    )
    registry = replace(REGISTRY, components=tuple(replace(c, name=name) for c in REGISTRY.components))
    return history(
        *made,
        work,
        site=replace(site, name=site_name, description=brand, brand=Brand(company=brand)),
        registry=registry,
    )


def ids(body: bytes) -> list[str]:
    return [entry.id for entry in feedparser.parse(body).entries]


BATCH = 20
"""Strings read at once, each in an incident of its own."""
PLAIN = {
    a.path: ids(a.body)
    for a in render_feeds(project(told(*([["x"] * FIELDS] * BATCH)), locale="en", now=NOW), ("en", "de"))
}


def turned(text: str) -> list[str]:
    """Give each field the text, beginning elsewhere: drawing eleven texts would cost more than reading the feeds."""
    return [text[n % (len(text) or 1) :] + text[: n % (len(text) or 1)] for n in range(FIELDS)]


@settings(max_examples=2000 // BATCH)
@given(st.lists(nasty, min_size=BATCH, max_size=BATCH))
def test_two_thousand_strings_leave_feeds_well_formed(texts: list[str]) -> None:
    view = project(told(*map(turned, texts)), locale="en", now=NOW)
    for artifact in render_feeds(view, ("en", "de")):
        expat.ParserCreate().Parse(artifact.body, True)  # noqa: FBT003 (expat's own name for the last piece)
        if artifact.path in {"history.atom", "history.rss"}:
            found = feedparser.parse(artifact.body, response_headers={"content-type": "application/xml; charset=utf-8"})
            assert found.bozo == 0, found.bozo_exception
            assert [e.id for e in found.entries] == PLAIN[artifact.path]
    json.loads(render_jsonfeed(view).body)


@settings(max_examples=40)
@given(st.lists(nasty, min_size=FIELDS, max_size=FIELDS))
def test_every_other_output_can_be_read_too(fields: list[str]) -> None:
    views = {locale: project(told(fields), locale=locale, now=NOW) for locale in ("en", "de")}
    for artifact in data_artifacts(views):
        text = artifact.body.decode("utf-8")
        assert "\x00" not in text
        if artifact.path.endswith(".json"):
            json.loads(text.replace("@@tidings:generation@@", "1"))


def test_the_worst_characters_in_every_field() -> None:
    view = project(told([NASTY] * FIELDS), locale="de", now=NOW)
    for artifact in render_feeds(view, ("en", "de")):
        expat.ParserCreate().Parse(artifact.body, True)  # noqa: FBT003
        assert feedparser.parse(artifact.body).bozo == 0, artifact.path
