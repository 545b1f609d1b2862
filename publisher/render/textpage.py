"""`/status.txt`: the whole state as plain text, for terminals, screen readers and the worst of connections.

What matters is in the first 25 lines: how things stand, what is open with its latest words, what is planned next.
"""

from __future__ import annotations

import textwrap

from publisher.model.component import Impact
from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Artifact, Group
from publisher.render.characters import legal
from publisher.render.headers import data, prefix
from publisher.render.i18n import Language, language
from publisher.render.pages_home import overall
from publisher.render.pages_speech import Speech
from publisher.render.view import IncidentView, View

WIDTH = 76
_LINES_AN_INCIDENT = 4
_FIRST = 3
"""Open incidents, and planned maintenances, that are told with their words; the rest by title."""


def render_textpage(view: View) -> Artifact:
    """Write the state as text: UTF-8, LF, lines of at most 76 characters where words allow."""
    said = language(view.locale, view.site)
    lines = [
        *_head(view, said),
        *_open(view, said),
        *_planned(view, said),
        *_components(view, said),
        *_foot(view, said),
    ]
    body = legal("\n".join(lines)).encode() + b"\n"
    return data(view.site, f"{prefix(view.site, view.locale)}status.txt", body, stamped=True, group=Group.FRONT)


def _head(view: View, said: Language) -> list[str]:
    built = said.gettext(
        "As of {time}. Release {generation}, made {built}.",
        time=said.datetime(view.as_of, view.site.time_zone),
        generation=GENERATION_TOKEN.decode(),
        built=BUILT_TOKEN.decode(),
    )
    return [view.site.name, overall(view, Speech(view)).sentence, built, ""]


def _open(view: View, said: Language) -> list[str]:
    if not view.open_incidents:
        return [said.gettext("No open incidents."), ""]
    lines = [said.gettext("Open incidents")]
    for place, incident in enumerate(view.open_incidents):
        lines.append(f"* {incident.title}")
        if place < _FIRST:
            lines += _latest(view, said, incident)
    return [*lines, ""]


def _latest(view: View, said: Language, incident: IncidentView) -> list[str]:
    if not incident.updates:
        return []
    update = incident.updates[0]
    when = said.datetime(update.at, view.site.time_zone)
    lines = [f"  {said.status(update.status)} · {when}"]
    words = textwrap.wrap(
        " ".join(update.words.text.split()), WIDTH - 2, break_long_words=False, break_on_hyphens=False
    )
    shown = words[:_LINES_AN_INCIDENT]
    if len(words) > len(shown):
        shown[-1] += " …"
    lines += [f"  {line}" for line in shown]
    if incident.next is not None:
        promised = said.datetime(incident.next, view.site.time_zone)
        lines.append("  " + said.pair(said.gettext("Next update"), promised))
    return [*lines, f"  {view.site.href(f'incidents/{incident.id}/', view.locale)}"]


def _planned(view: View, said: Language) -> list[str]:
    coming = sorted((m for m in view.maintenances if m.open and m.occurrences), key=lambda m: m.occurrences[0])
    if not coming:
        return []
    lines = [said.gettext("Planned maintenance")]
    for maintenance in coming[:_FIRST]:
        begin, end = (said.datetime(t, view.site.time_zone) for t in maintenance.occurrences[0])
        lines += [
            f"* {maintenance.title}",
            f"  {said.status(maintenance.status)} · {begin} \N{EN DASH} {end}",
        ]
    lines += [f"* {maintenance.title}" for maintenance in coming[_FIRST:]]
    return [*lines, ""]


def _components(view: View, said: Language) -> list[str]:
    groups = {g.id: g for g in view.groups}
    components = {c.id: c for c in view.components}
    lines = [said.gettext("Components")]
    for each in view.ordered:
        if each in groups:
            depth = _depth(view, each)
            lines.append(f"{'  ' * depth}{groups[each].name}")
            continue
        component = components[each]
        if component.only_show_if_degraded and component.impact is Impact.OPERATIONAL and not component.through:
            continue
        depth = _depth(view, component.group) + 1 if component.group in groups else 0
        line = "  " * depth + said.pair(component.name, said.impact(component.impact))
        if component.through:
            line += " " + said.gettext("(affected through {names})", names=said.list(component.through))
        lines.append(line)
    return [*lines, ""]


def _depth(view: View, group: str | None) -> int:
    parents = {g.id: g.parent for g in view.groups}
    depth, seen = -1, set[str]()
    while group in parents and group not in seen:
        seen.add(group)
        depth += 1
        group = parents[group]
    return depth


def _foot(view: View, said: Language) -> list[str]:
    lines = [view.site.href("", view.locale)]
    if view.site.second_url:
        lines.append(said.gettext("Second address: {url}", url=view.site.second_url))
    return lines
