"""What the home page makes of a view: the sentence for the whole, the components, what is planned, two weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from publisher.model.component import Impact
from publisher.model.incident import Status
from publisher.render.pages_speech import Speech
from publisher.render.view import ComponentView, GroupView, IncidentView, View

_FORTNIGHT = 14
_PLANNED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """How things stand, in one sentence.

    Attributes:
        incident: the incident the sentence is about; None when nothing is wrong.
        rest: what to say of everything that incident does not touch; empty when nothing can be said shortly.
        quiet_since: end of the last incident, when nothing is wrong.
        maintenances: those under way.
        impact: whose sign and colour stand above the sentence.
        word: what stands beside that sign.
    """

    sentence: str
    locale: str
    incident: IncidentView | None
    rest: str
    quiet_since: datetime | None
    maintenances: tuple[IncidentView, ...]
    impact: Impact
    word: str


def sign(incident: IncidentView) -> Impact:
    """Give the impact whose sign an active incident bears: while its cause is sought, never that all is well.

    An incident that names no component, or none that is worse than it should be yet, would else be green.
    """
    sought = incident.status in {Status.INVESTIGATING, Status.IDENTIFIED}
    if incident.impact_now is Impact.OPERATIONAL and incident.active and sought:
        return Impact.DEGRADED_PERFORMANCE
    return incident.impact_now


def overall(view: View, speech: Speech) -> Overall:
    """Say how things stand: the gravest incident's own headline, else that everything works."""
    running = tuple(m for m in view.maintenances if m.active)
    ended = [i.ended for i in view.incidents if i.ended is not None]
    if not view.open_incidents:
        sentence = speech.gettext("Everything works.")
        if running:
            sentence = speech.gettext("Everything works, apart from planned maintenance.")
        if view.overall not in {Impact.OPERATIONAL, Impact.UNDER_MAINTENANCE}:
            # A maintenance that is worse than announced still is no reason to say that all is well.
            sentence = speech.gettext("Planned maintenance is under way and affects more than planned.")
        return Overall(
            sentence=sentence,
            locale=view.locale,
            incident=None,
            rest="",
            quiet_since=max(ended, default=None),
            maintenances=running,
            impact=view.overall,
            word=speech.language.impact(view.overall),
        )
    first = view.open_incidents[0]
    shown = max(view.overall, sign(first), key=lambda impact: impact.rank)
    unsaid = first.impact_now is Impact.OPERATIONAL and shown is not view.overall
    return Overall(
        sentence=first.headline,
        locale=first.locale,
        incident=first,
        rest=_rest(view, speech, first, running),
        quiet_since=None,
        maintenances=running,
        impact=shown,
        word=speech.language.status(first.status) if unsaid else speech.language.impact(shown),
    )


def _rest(view: View, speech: Speech, first: IncidentView, running: Sequence[IncidentView]) -> str:
    """Say of what the gravest incident does not name only what every row of the page bears out."""
    if len(view.open_incidents) > 1:
        more = len(view.open_incidents) - 1
        return speech.language.ngettext(
            "{n} more incident is open, see below.", "{n} more incidents are open, see below.", more
        )
    named = {a.id for a in first.affected if a.through is None}
    leaning = {a.id for a in first.affected if a.through is not None}
    worked_on = {a.id for m in running for a in m.affected}
    others = [c for c in view.components if c.id not in named]
    troubled = {c.id for c in others if c.impact is not Impact.OPERATIONAL or c.through}
    if not named or not others or not troubled <= leaning | worked_on:
        return ""
    if troubled and troubled <= leaning:
        return speech.gettext("Everything else works, apart from what depends on it.")
    if troubled - worked_on:
        return speech.gettext("Everything else works, apart from what depends on it and planned maintenance.")
    if troubled or running:
        return speech.gettext("Everything else works, apart from planned maintenance.")
    return speech.gettext("Everything else works.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A group with its components and inner groups. `group` None holds components of no group."""

    group: GroupView | None
    components: tuple[ComponentView, ...]
    branches: tuple[Branch, ...] = ()

    @property
    def troubled(self) -> bool:
        """Whether something in it does not work, by itself or through another."""
        return any(c.impact is not Impact.OPERATIONAL or c.through for c in self.components) or any(
            b.troubled for b in self.branches
        )


def tree(view: View) -> tuple[Branch, ...]:
    """Put components under their groups, in the policy's order; what has no group comes last."""
    groups = {g.id: g for g in view.groups}
    components = {c.id: c for c in view.components}
    place = {name: index for index, name in enumerate(view.ordered)}

    def shown(ids: Sequence[str]) -> tuple[ComponentView, ...]:
        found = (components[c] for c in ids if c in components)
        return tuple(c for c in found if not c.only_show_if_degraded or c.impact is not Impact.OPERATIONAL or c.through)

    def branch(group: GroupView) -> Branch:
        inner = sorted((g for g in groups.values() if g.parent == group.id), key=lambda g: place.get(g.id, 0))
        members = [c.id for c in view.components if c.group == group.id]
        return Branch(
            group=group,
            components=shown(sorted(members, key=lambda c: place.get(c, 0))),
            branches=tuple(branch(g) for g in inner),
        )

    top = sorted((g for g in groups.values() if g.parent not in groups), key=lambda g: place.get(g.id, 0))
    loose = shown([c.id for c in view.components if c.group not in groups])
    return (*(branch(g) for g in top), *((Branch(group=None, components=loose),) if loose else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A maintenance to come, with its next window and those after it."""

    maintenance: IncidentView
    windows: tuple[tuple[datetime, datetime], ...]


def planned(view: View, *, limit: int | None = _PLANNED) -> tuple[Planned, ...]:
    """Give what is planned and has not begun, the next first."""
    found = []
    for m in view.maintenances:
        if not m.open:
            continue
        windows = tuple(w for w in m.occurrences if w[0] > view.as_of)
        if windows:
            found.append(Planned(maintenance=m, windows=windows))
    found.sort(key=lambda p: (p.windows[0], p.maintenance.id))
    return tuple(found[:limit])


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """One day with what began on it, or a stretch of quiet days (`first` to `last`)."""

    first: date
    last: date
    incidents: tuple[IncidentView, ...] = ()


def fortnight(view: View, speech: Speech) -> tuple[Days, ...]:
    """Tell the last fourteen days, newest first; quiet days in a row are told once."""
    began: dict[date, list[IncidentView]] = {}
    for incident in (*view.incidents, *view.maintenances):
        if incident.active or not incident.open:
            began.setdefault(speech.local(incident.started), []).append(incident)
    told: list[Days] = []
    for back in range(_FORTNIGHT):
        day = view.today - timedelta(days=back)
        incidents = tuple(sorted(began.get(day, []), key=lambda i: (i.started, i.id), reverse=True))
        if not incidents and told and not told[-1].incidents:
            told[-1] = Days(first=day, last=told[-1].last)
        else:
            told.append(Days(first=day, last=day, incidents=incidents))
    return tuple(told)
