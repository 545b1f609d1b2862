"""What the pages say, read back from their HTML."""

from __future__ import annotations

import itertools
import posixpath
import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urldefrag, urljoin

import pytest
from lxml import html

from publisher.model.component import Impact
from publisher.model.history import History
from publisher.model.incident import Incident, Kind, Status, Translation, Window, source_revision
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN
from publisher.render.i18n import language
from publisher.render.pages import Page, pages
from publisher.render.views import project
from tests.unit.render.histories import DOWN, NOW, OK, PARTIAL, SLOW, WORK, at, history, incident, minutes, update

STARTED = at("2026-11-20 13:52")


def book(told: History, *, locale: str = "en", now: datetime = NOW) -> dict[str, Page]:
    made = list(pages(project(told, locale=locale, now=now)))
    assert len({p.path for p in made}) == len(made), "two pages in one place"
    return {p.path: p for p in made}


def tree(page: Page) -> html.HtmlElement:
    return html.fromstring(f"<main>{page.body}</main>")


def pick(root: html.HtmlElement, selector: str) -> list[html.HtmlElement]:
    """Find elements by `tag.class`, `#id`, `tag[attribute]`, one below the other by a space; several by commas."""
    paths = []
    for choice in selector.split(","):
        path = "."
        for step in choice.split():
            tag, name, value, attribute = re.fullmatch(r"(\w*)(?:([.#])([\w-]+))?(?:\[(\w+)\])?", step).groups()  # type: ignore[union-attr]
            path += f"//{tag or '*'}"
            if name == ".":
                path += f"[contains(concat(' ', normalize-space(@class), ' '), ' {value} ')]"
            elif name == "#":
                path += f"[@id='{value}']"
            path += f"[@{attribute}]" if attribute else ""
        paths.append(path)
    found: list[html.HtmlElement] = root.xpath(" | ".join(paths))
    return found


def words(page: Page, selector: str = "") -> str:
    root = tree(page)
    found = pick(root, selector) if selector else [root]
    return " ".join(" ".join(node.text_content().split()) for node in found)


def open_incident() -> History:
    return history(
        incident(
            STARTED,
            [
                update(
                    at("2026-11-20 14:05"), Status.INVESTIGATING, "We are looking.", components={"payments": PARTIAL}
                ),
                replace(
                    update(at("2026-11-20 14:31"), Status.IDENTIFIED, "We found **it**.\n\nMore soon."),
                    who="Shops in the EU",
                    meanwhile="Offer bank transfer",
                    next=at("2026-11-20 15:05"),
                ),
            ],
            title="Card payments fail",
            headline="Some card payments fail at checkout.",
            components={"payments": PARTIAL},
        )
    )


def test_home_says_what_is_wrong_in_the_writers_sentence() -> None:
    home = book(open_incident())["index.html"]
    assert words(home, "h1") == "Some card payments fail at checkout."
    assert words(home, ".td-eyebrow") == "Partial outage"
    assert home.title == "▲ Some card payments fail at checkout · Example status"
    assert "Since 13:52 UTC." in words(home, ".td-now")
    assert "We will tell you more by 15:05 UTC." in words(home, ".td-now")


def test_home_holds_the_latest_words_in_full_and_the_facts() -> None:
    home = book(open_incident())["index.html"]
    card = pick(tree(home), "article.td-card")[0]
    assert "<strong>it</strong>" in html.tostring(card).decode()
    text = words(home, "article.td-card")
    assert "More soon." in text
    assert "We are looking." not in text, "only the newest words stand on the home page"
    for fact in ("Who Shops in the EU", "Meanwhile Offer bank transfer"):
        assert fact in text
    assert "15:05" not in text, "the page's top line says when we write again"
    assert "15:05" in words(home, ".td-now")
    assert "Affected Payments (and through them: Checkout and Reports)" in text


def test_everything_else_works_only_where_it_does() -> None:
    alone = book(open_incident())["index.html"]
    assert "Everything else works, apart from what depends on it." in words(alone, ".td-now")
    second = incident(
        at("2026-11-20 12:00"),
        [update(at("2026-11-20 12:05"), Status.INVESTIGATING)],
        slug="site",
        components={"website": SLOW},
    )
    both = book(replace(open_incident(), incidents=(*open_incident().incidents, second)))["index.html"]
    assert words(both, "h1") == "Some card payments fail at checkout.", "the gravest speaks"
    assert len(pick(tree(both), "article.td-card")) == 2
    assert "1 more incident is open, see below." in words(both, ".td-now")
    assert "Everything else works" not in words(both)


def test_quiet_is_said_as_quiet() -> None:
    home = book(history())["index.html"]
    assert words(home, "h1") == "Everything works."
    assert words(home, ".td-eyebrow") == "Operational"
    assert not pick(tree(home), "article.td-card")
    assert "Nothing to report" in words(home, ".td-list")
    assert home.title == "Everything works · Example status"


def test_the_end_of_the_last_incident_is_told() -> None:
    over = incident(
        at("2026-11-18 09:00"),
        [
            update(at("2026-11-18 09:05"), Status.INVESTIGATING),
            update(at("2026-11-18 09:41"), Status.RESOLVED, "It works again."),
        ],
        components={"checkout": SLOW},
    )
    home = book(history(over))["index.html"]
    assert "The last incident ended on 18 November 2026, 09:41 UTC." in words(home, ".td-now")
    assert "41 minutes, until 09:41 UTC" in words(home, ".td-entry")


def test_a_component_that_leans_on_a_broken_one_is_not_called_operational() -> None:
    home = book(open_incident())["index.html"]
    row = next(r for r in pick(tree(home), ".td-row") if pick(r, ".td-name")[0].text == "Checkout")
    assert " ".join(row.text_content().split()) == "Checkout through Payments Affected"


def test_groups_in_trouble_are_open_others_closed() -> None:
    home = book(open_incident())["index.html"]
    state = {pick(d, ".td-gname")[0].text: d.get("open") is not None for d in pick(tree(home), "details.td-group")}
    assert state == {"Shop": True, "Data": True}, "Reports leans on Checkout, which leans on Payments"
    calm = book(history())["index.html"]
    assert not [d for d in pick(tree(calm), "details") if d.get("open") is not None]


def test_bars_have_a_column_a_day_and_a_sentence() -> None:
    home = book(open_incident())["index.html"]
    bars = pick(tree(home), ".td-bar")
    assert {len(pick(bar, "i")) for bar in bars} == {90}
    labels = {bar.get("aria-label") for bar in bars}
    assert "The last 90 days: trouble on 1 day" in labels
    assert "The last 90 days: no trouble" in labels
    marked = [i for bar in bars for i in pick(bar, "i.part")]
    assert [i.get("title") for i in marked] == ["Fri 20 Nov: Partial outage, 39 minutes"]


def test_the_timeline_is_newest_first_and_every_update_has_an_address() -> None:
    told = open_incident()
    page = book(told)[f"incidents/{told.incidents[0].id}/index.html"]
    heads = [" ".join(h.text_content().split()) for h in pick(tree(page), ".td-update h3")]
    assert heads == [
        "Identified 20 November 2026, 14:31 UTC · after 39 minutes",
        "Investigating 20 November 2026, 14:05 UTC · after 13 minutes",
    ]
    view = project(told, locale="en", now=NOW)
    ids = [li.get("id") for li in pick(tree(page), ".td-update")]
    assert ids == [f"u-{u.id}" for u in view.incidents[0].updates]


def test_a_correction_is_shown_with_its_reason() -> None:
    told = open_incident()
    first = told.incidents[0]
    corrected = replace(first, updates=(first.updates[0], replace(first.updates[1], revises="The time was wrong.")))
    page = book(replace(told, incidents=(corrected,)))[f"incidents/{first.id}/index.html"]
    assert words(page, ".td-corrected") == "Corrected: The time was wrong."


def test_what_changed_is_told_with_before_and_after() -> None:
    told = open_incident()
    page = book(told)[f"incidents/{told.incidents[0].id}/index.html"]
    assert words(page, ".td-changes") == "Payments: Operational then Partial outage"


def test_an_incident_page_does_not_change_with_the_day() -> None:
    told = open_incident()
    path = f"incidents/{told.incidents[0].id}/index.html"
    today, later = book(told), book(told, now=NOW + timedelta(days=3))
    assert today[path] == later[path]
    assert today["history/2026-11/index.html"] == later["history/2026-11/index.html"]
    assert today["index.html"] != later["index.html"], "the home page shows the days"


def test_no_page_says_how_long_ago_something_was() -> None:
    told = open_incident()
    at_once, in_an_hour = book(told), book(told, now=NOW + timedelta(hours=1))
    assert at_once == in_an_hour


def german(told: History, *, of: str | None) -> History:
    first = told.incidents[0]
    translation = Translation(
        locale="de",
        title="Kartenzahlungen scheitern",
        headline="Manche Kartenzahlungen scheitern.",
        of=of,
        bodies={first.updates[0].key: "Wir sehen nach."},
    )
    return replace(told, incidents=(replace(first, translations={"de": translation}),))


def test_a_missing_translation_is_marked_and_the_source_keeps_its_language() -> None:
    told = german(open_incident(), of=source_revision(open_incident().incidents[0]))
    page = book(told, locale="de")[f"incidents/{told.incidents[0].id}/index.html"]
    assert words(page, "h1") == "Kartenzahlungen scheitern"
    newest, oldest = pick(tree(page), ".td-update")
    said = pick(newest, ".td-words")[0]
    assert (said.get("lang"), said.get("dir")) == ("en", "ltr")
    assert pick(newest, ".td-notice")[0].text == "Noch nicht übersetzt; der Text steht hier auf: English."
    assert pick(oldest, ".td-words")[0].get("lang") is None
    assert not pick(oldest, ".td-notice")


def test_a_stale_translation_gives_way_to_the_source_and_says_so() -> None:
    told = german(open_incident(), of="0" * 64)
    page = book(told, locale="de")[f"incidents/{told.incidents[0].id}/index.html"]
    heading = pick(tree(page), "h1")[0]
    assert heading.text == "Card payments fail"
    assert (heading.get("lang"), heading.get("dir")) == ("en", "ltr")
    assert "Die Übersetzung wird gerade aktualisiert" in words(page, "header .td-notice")


def test_arabic_pages_mark_english_words_as_left_to_right() -> None:
    home = book(open_incident(), locale="ar")["index.html"]
    heading = pick(tree(home), "h1")[0]
    assert (heading.get("lang"), heading.get("dir")) == ("en", "ltr")
    assert words(home, ".td-eyebrow") == language("ar").impact(Impact.PARTIAL_OUTAGE)


HOSTILE = "<script>alert(1)</script> & \"quotes\" 'n' {{ 7*7 }} {v} %s \u202e"


def test_what_people_type_is_never_markup_nor_template() -> None:
    told = open_incident()
    first = told.incidents[0]
    bad = replace(
        first,
        title=HOSTILE,
        headline=HOSTILE,
        regions=(HOSTILE,),
        updates=(
            replace(first.updates[0], body="Plain.", who=HOSTILE, meanwhile=HOSTILE, revises=HOSTILE),
            replace(first.updates[1], body=f"`{HOSTILE}` and <img src=x onerror=alert(1)>", who=HOSTILE),
        ),
    )
    registry = told.policy.registry
    named = replace(
        registry, components=tuple(replace(c, name=HOSTILE, description=HOSTILE) for c in registry.components)
    )
    told = replace(told, incidents=(bad,), policy=replace(told.policy, registry=named))
    for locale in ("en", "de", "ar"):
        for page in book(told, locale=locale).values():
            root = tree(page)
            assert not pick(root, "script, img, iframe, object, style"), page.path
            assert not [a for node in root.iter() for a in node.attrib if a.lower().startswith("on")], page.path
            assert "49" not in re.findall(r"alert\(1\)[^<]{0,60}", page.body), page.path
            assert "<script" not in page.body, page.path
            assert "<script" not in page.head, page.path
    assert "{{ 7*7 }}" in words(book(told)["index.html"], "h1"), "shown as typed"


def planned(when: datetime, *, status: Status, rrule: str | None = None, slug: str = "work") -> Incident:
    return replace(
        incident(
            when,
            [update(when - timedelta(days=7), status)],
            slug=slug,
            title="Database upgrade",
            components={"reports": WORK},
        ),
        kind=Kind.MAINTENANCE,
        window=Window(begins=when, ends=when + timedelta(hours=2), rrule=rrule),
    )


def test_planned_work_is_told_with_its_window() -> None:
    told = replace(history(), incidents=(planned(at("2026-11-22 02:00"), status=Status.SCHEDULED),))
    made = book(told)
    assert "Sunday, 22 November 2026, 02:00 to 04:00 UTC" in words(made["index.html"], ".td-card--maint")
    assert words(made["index.html"], "h1") == "Everything works."
    assert "Database upgrade" in words(made["maintenance/index.html"])
    assert "history/2026-11/index.html" not in made, "what has not begun is not history"


def test_each_window_of_recurring_work_is_listed() -> None:
    told = replace(
        history(), incidents=(planned(at("2026-11-22 02:00"), status=Status.SCHEDULED, rrule="FREQ=WEEKLY"),)
    )
    text = words(book(told)["maintenance/index.html"])
    assert "recurring" in text
    assert "29 November 2026" in text


def test_months_follow_the_zone_of_the_site() -> None:
    late = incident(
        at("2026-10-31 23:30"), [update(at("2026-10-31 23:40"), Status.RESOLVED)], components={"website": DOWN}
    )
    told = history(late)
    berlin = replace(told, site=replace(told.site, time_zone="Europe/Berlin"))
    assert "history/2026-10/index.html" in book(told)
    assert "history/2026-11/index.html" in book(berlin)


def test_history_reaches_every_month_and_every_month_its_neighbours() -> None:
    told = history(
        *(
            incident(
                at(f"2026-{month:02}-10 08:00"),
                [update(at(f"2026-{month:02}-10 09:00"), Status.RESOLVED)],
                components={"website": SLOW},
            )
            for month in range(1, 12)
        )
    )
    made = book(told)
    assert [p for p in made if p.startswith("history/2026")] == [
        f"history/2026-{m:02}/index.html" for m in range(11, 0, -1)
    ]
    linked = {a.get("href") for a in pick(tree(made["history/index.html"]), "a")}
    assert {f"2026-{m:02}/" for m in range(1, 12)} <= linked
    pager = [a.get("href") for a in pick(tree(made["history/2026-05/index.html"]), ".td-pager a")]
    assert pager == ["../2026-06/", "../2026-04/"]


ELSEWHERE = re.compile(r"(\.atom|\.rss|\.ics|\.txt|\.svg|feed\.json|api/.*\.json|(?:lite|embed|search)/index\.html)$")


@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_link_leads_to_a_page(locale: str) -> None:
    """Feeds and API are other rooms' to make; the whole site's links are followed in tests/site."""
    made = book(
        replace(
            open_incident(),
            incidents=(*open_incident().incidents, planned(at("2026-11-22 02:00"), status=Status.SCHEDULED)),
        ),
        locale=locale,
    )
    dead = []
    for page in made.values():
        root = tree(page)
        anchors = {node.get("id") for node in root.iter() if node.get("id")}
        for link in pick(root, "a[href]"):
            href, fragment = urldefrag(link.get("href"))
            if not href:
                assert fragment in anchors, (page.path, fragment)
                continue
            target = urljoin(f"https://x/{page.path}", href).removeprefix("https://x/")
            if href.startswith("/"):
                target = href.removeprefix("/")
            target = posixpath.join(target, "index.html") if target.endswith("/") or not target else target
            if target not in made and not ELSEWHERE.search(target):
                dead.append((page.path, link.get("href")))
    assert not dead


def test_only_front_pages_carry_the_stamp() -> None:
    tokens = (GENERATION_TOKEN.decode(), BUILT_TOKEN.decode())
    for page in book(open_incident()).values():
        held = [token in page.stamp for token in tokens]
        assert all(held) if page.stamped else not any(held)
        assert not any(token in page.body + page.head for token in tokens)
    assert {p.path for p in book(open_incident()).values() if p.stamped} == {"index.html", "404.html"}
    assert "404.html" not in book(open_incident(), locale="de"), "one page for unknown addresses"


def test_the_page_for_unknown_addresses_says_how_things_stand_from_any_depth() -> None:
    lost = book(open_incident())["404.html"]
    assert "Some card payments fail at checkout." in words(lost)
    assert [a.get("href") for a in pick(tree(lost), "a")] == ["/", "/history/", "/lite/"]


def test_headings_descend_without_gaps_and_ids_are_unique() -> None:
    for page in book(open_incident()).values():
        root = tree(page)
        levels = [int(h.tag[1]) for h in root.iter("h1", "h2", "h3", "h4")]
        assert levels[0] == 1, page.path
        assert levels.count(1) == 1, page.path
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (page.path, levels)
        ids = [node.get("id") for node in root.iter() if node.get("id")]
        assert len(ids) == len(set(ids)), page.path
        assert pick(root, "h1#content"), "the skip link leads here"


def test_times_are_readable_by_machines() -> None:
    home = book(open_incident())["index.html"]
    stamps = [t.get("datetime") for t in pick(tree(home), "time")]
    assert "2026-11-20T13:52:00Z" in stamps
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", s or "") for s in stamps)


def test_a_site_without_anything_still_has_its_pages() -> None:
    bare = history()
    bare = replace(bare, policy=replace(bare.policy, registry=replace(bare.policy.registry, components=(), groups=())))
    made = book(bare)
    assert {"index.html", "history/index.html", "maintenance/index.html", "subscribe/index.html", "404.html"} == set(
        made
    )
    assert not pick(tree(made["index.html"]), "#components")


def test_a_component_shown_only_in_trouble_is_hidden_when_well() -> None:
    told = open_incident()
    registry = told.policy.registry
    shy = replace(registry, components=tuple(replace(c, only_show_if_degraded=True) for c in registry.components))
    home = book(replace(told, policy=replace(told.policy, registry=shy)))["index.html"]
    assert {n.text for n in pick(tree(home), ".td-name")} == {"Checkout", "Payments", "Reports"}


@pytest.mark.parametrize(
    ("state", "sign"), [(Status.INVESTIGATING, "deg"), (Status.IDENTIFIED, "deg"), (Status.MONITORING, "ok")]
)
def test_an_incident_that_names_nothing_is_never_green_while_its_cause_is_sought(state: Status, sign: str) -> None:
    """Imported incidents often name no component: `Operational` above their words would deny them."""
    told = [update(NOW - minutes(20), Status.INVESTIGATING), update(NOW - minutes(10), state, ordinal=1)]
    made = book(history(incident(NOW - minutes(30), told, components={})))
    home, page = made["index.html"], made["incidents/2026-11-20-trouble/index.html"]
    word = {"deg": str(state).capitalize(), "ok": "Operational"}[sign]
    assert words(home, ".td-eyebrow") == word
    assert f"td-card--{sign}" in home.body
    assert f'class="td-eyebrow td-{sign}"' in home.body
    assert f'class="td-eyebrow td-{sign}"' in page.body
    assert home.state == page.state == {"deg": SLOW, "ok": OK}[sign]
    assert "Everything else works" not in words(home), "what else there is, nobody knows"
    not_found = made["404.html"]
    assert f"td-card--{sign}" in not_found.body
