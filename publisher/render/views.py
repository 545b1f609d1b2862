"""Cut a history into what one audience may read in one language.

The one gate: whatever is not copied here, nobody sees. An allow-list, field by field, into the types of
`render.view`. Private texts enter the view of their own segment only; a component that is not public enters none.
What was said after `now` has not been said yet, and nothing planned changes how things stand today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from publisher.model.component import Component, Group, Impact, Registry, worst
from publisher.model.digest import short_id
from publisher.model.history import History, outside
from publisher.model.incident import Incident, Kind, Translation, revision, source_revision
from publisher.model.policy import Policy
from publisher.model.site import Site
from publisher.render.arrangement import below, leaning, leans_on, order
from publisher.render.availability import availability, calendar, day_begin
from publisher.render.characters import legal, one_line
from publisher.render.markdown import words
from publisher.render.timeline import Course, Said, Stretch
from publisher.render.told import BEGINNING, Head, Listed, Told, Updates, head_of, told
from publisher.render.view import (
    Affected,
    ComponentView,
    DayView,
    Freshness,
    GroupView,
    ImpactChange,
    IncidentView,
    Indicator,
    UpdateView,
    View,
)

PUBLIC = "public"
"""The audience that is everybody. Any other name is a segment's."""

INDICATORS = {
    Impact.OPERATIONAL: Indicator.NONE,
    Impact.UNDER_MAINTENANCE: Indicator.NONE,
    Impact.DEGRADED_PERFORMANCE: Indicator.MINOR,
    Impact.PARTIAL_OUTAGE: Indicator.MAJOR,
    Impact.MAJOR_OUTAGE: Indicator.CRITICAL,
}
"""The Statuspage API has no word for maintenance that strict clients accept."""


def project(history: History, *, audience: str = PUBLIC, locale: str, now: datetime) -> View:
    """Give what an audience may read in a language at a moment.

    Args:
        history: everything.
        audience: `public`, or the id of a segment, which sees the same and its own private texts.
        locale: any; texts without a translation into it stand in their own language.
        now: the run's moment, aware.
    """
    return Projection.of(history, now).view(audience, locale)


def project_all(history: History, *, now: datetime) -> dict[str, View]:
    """Give the public view in each of the site's languages, in the site's order."""
    projection = Projection.of(history, now)
    return {locale: projection.view(PUBLIC, locale) for locale in history.site.locales}


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """One component as of now, in no language."""

    impact: Impact
    days: tuple[DayView, ...]
    uptime: float | None
    through: tuple[str, ...]
    created: datetime
    updated: datetime


class Projection:
    """What is the same in every language, worked out once.

    Args:
        site: the site.
        policy: the policy as those outside may know it: a component that is not public does not exist here.
        told: every incident that has been told of, newest first.
        now: the run's moment.
    """

    def __init__(self, site: Site, policy: Policy, told: Sequence[Told], now: datetime) -> None:
        self.site: Site = _named(site)
        self.registry: Registry = policy.registry
        self.uptime = policy.uptime
        self.zone = ZoneInfo(site.time_zone)
        self.now = now.astimezone(UTC)
        self.told = told
        self.today: date = self.now.astimezone(self.zone).date()
        self.as_of = self._as_of()
        self.components: Mapping[str, Component] = {c.id: c for c in self.registry.components}
        self.leaning: Mapping[str, tuple[str, ...]] = leaning(self.registry)
        self.states = self._states()
        self._sources: dict[str, str] = {}

    @staticmethod
    def of(history: History, now: datetime) -> Projection:
        """Make it from a history, looking at every incident."""
        history, now = outside(history), now.astimezone(UTC)
        found = (told(incident, now) for incident in history.incidents)
        return Projection(history.site, history.policy, [each for each in found if each is not None], now)

    def view(self, audience: str, locale: str) -> View:
        """Give what an audience may read in a language."""
        names = {c.id: one_line(c.names.get(locale, c.name)) or c.id for c in self.registry.components}
        cut = _Cut(self, audience, locale, names)
        found = [cut.incident(each) for each in self.told]
        happened = [i for i in found if i.kind is not Kind.MAINTENANCE]
        planned = [i for i in found if i.kind is Kind.MAINTENANCE]
        overall = worst(state.impact for state in self.states.values())
        ordered, positions = order(self.registry)
        return View(
            audience=audience,
            locale=locale,
            site=self.site,
            as_of=self.as_of,
            today=self.today,
            overall=overall,
            indicator=INDICATORS[overall],
            open_incidents=tuple(sorted((i for i in happened if i.active), key=lambda i: -i.impact_now.rank)),
            incidents=tuple(happened),
            maintenances=tuple(planned),
            components=tuple(cut.component(c, positions[c.id]) for c in self.registry.components),
            groups=tuple(self._group(g, locale, positions[g.id]) for g in self.registry.groups),
            ordered=ordered,
            by_id={i.id: i for i in found},
            uptime=self.uptime,
        )

    def source_revision(self, incident: Incident) -> str:
        """Hash the source wording once, however many languages ask."""
        return self._sources.get(incident.id) or self._sources.setdefault(incident.id, source_revision(incident))

    def _as_of(self) -> datetime:
        """Find the last thing that changed what is true: a word, a window's edge, a beginning, or the day."""
        moments = (each.sketch.last for each in self.told)
        return max(day_begin(self.today, self.zone), *(m for m in moments if m is not None), BEGINNING)

    def _states(self) -> dict[str, _State]:
        over = calendar(today=self.today, count=self.uptime.days, zone=self.zone, until=self.as_of)
        begun = over.edges[0]
        weighed: dict[str, list[Stretch]] = {}
        now: dict[str, Impact] = {}
        first: dict[str, datetime] = {}
        last: dict[str, datetime] = {}
        for each in self.told:
            known = each.sketch
            for component, impact in zip(known.named, known.now, strict=True):
                first[component] = min(first.get(component, known.created), known.created)
                newest = known.updated if known.edge is None else max(known.updated, known.edge)
                last[component] = max(last.get(component, newest), newest)
                if impact.rank > now.get(component, Impact.OPERATIONAL).rank:
                    now[component] = impact
            if not known.open and known.ended is not None and known.ended < begun:
                continue
            for stretch in each.stretches(self.as_of):
                if stretch.end >= begun:
                    weighed.setdefault(stretch.component, []).append(stretch)
        # Nothing was planned before it was told: what is to begin later must not make a component younger than today.
        oldest = min((t.sketch.created for t in self.told if t.sketch.created <= self.now), default=BEGINNING)
        states = {}
        for c in self.registry.components:
            impact = now.get(c.id, Impact.OPERATIONAL)
            created = day_begin(c.since, self.zone) if c.since else min(oldest, first.get(c.id, oldest))
            days, uptime = availability(
                weighed.get(c.id, ()), over, since=c.since, now=impact, weights=self.uptime.weights
            )
            through: tuple[str, ...] = ()
            if impact is Impact.OPERATIONAL:
                through = tuple(d for d in leans_on(c.id, self.components) if d in now)
            states[c.id] = _State(
                impact=impact,
                days=days,
                uptime=uptime,
                through=tuple(d for d in through if now[d] is not Impact.OPERATIONAL),
                created=created,
                updated=max(created, last.get(c.id, created)),
            )
        return states

    def _group(self, group: Group, locale: str, position: int) -> GroupView:
        inside = below(group.id, self.registry)
        members = [c for c in self.registry.components if c.group in inside]
        return GroupView(
            id=group.id,
            code=short_id("group", group.id),
            name=one_line(group.names.get(locale, group.name)) or group.id,
            description=_optional(group.descriptions.get(locale, group.description)),
            parent=group.parent,
            impact=worst(self.states[c.id].impact for c in members),
            components=tuple(c.id for c in self.registry.components if c.group == group.id),
            position=position,
        )


class _Cut:
    """The allow-list itself: one audience, one language."""

    def __init__(self, projection: Projection, audience: str, locale: str, names: Mapping[str, str]) -> None:
        self.of = projection
        self.audience = audience
        self.locale = locale
        self.names = names

    def component(self, component: Component, position: int) -> ComponentView:
        state = self.of.states[component.id]
        return ComponentView(
            id=component.id,
            code=short_id("component", component.id),
            name=self.names[component.id],
            description=_optional(component.descriptions.get(self.locale, component.description)),
            group=component.group,
            impact=state.impact,
            through=tuple(self.names[c] for c in state.through),
            days=state.days,
            uptime=state.uptime,
            since=component.since,
            created=state.created,
            updated=state.updated,
            position=position,
            showcase=component.showcase,
            only_show_if_degraded=component.only_show_if_degraded,
        )

    def incident(self, each: Told) -> IncidentView:
        """Give one incident: from what was kept of it where that is known, else from its course."""
        if self.audience != PUBLIC:
            return self._whole(each)
        if each.sketch.touched is not None:
            updates = Updates(len(each.spoken), lambda: self._updates(each.course))
            return Listed(each.sketch, lambda: self._head(each), updates, each.spoken)
        made = self._whole(each)
        each.sketch = replace(each.sketch, touched=made.touched)
        each.heads[self.locale] = head_of(made)
        each.headed = True
        return made

    def _head(self, each: Told) -> Head:
        """Give what lists say of an incident, as it was kept or anew."""
        head = each.heads.get(self.locale)
        if head is None:
            head = each.heads[self.locale] = head_of(self._whole(each))
            each.headed = True
        return head

    def _updates(self, course: Course) -> tuple[UpdateView, ...]:
        incident = course.incident
        translation, freshness = self._translation(incident)
        base_url = self.of.site.href(f"incidents/{incident.id}/", self.locale)
        return tuple(self._update(incident, said, translation, freshness, base_url) for said in reversed(course.said))

    def _whole(self, each: Told) -> IncidentView:
        course = each.course
        incident = course.incident
        translation, freshness = self._translation(incident)
        base_url = self.of.site.href(f"incidents/{incident.id}/", self.locale)
        private = incident.private.get(self.audience) if self.audience != PUBLIC else None
        title = one_line(translation.title if translation else incident.title) or incident.id
        headline = translation.headline if translation else incident.headline
        affected = self._affected(course)
        return IncidentView(
            id=incident.id,
            code=short_id("incident", incident.id),
            kind=incident.kind,
            title=title,
            headline=one_line(headline or "") or title,
            category=incident.category,
            severity=incident.severity,
            scope=incident.scope,
            regions=tuple(one_line(r) for r in incident.regions),
            tags=tuple(one_line(t) for t in incident.tags),
            status=course.status,
            impact=worst(course.worst.values()),
            impact_now=worst(course.now.values()),
            affected=affected,
            named=course.named,
            touched=tuple(one.id for one in affected),
            disclosure=incident.cause.disclosure,
            started=incident.started,
            detected=incident.detected,
            ended=course.ended,
            updated=course.updated,
            created=course.created,
            active=course.active,
            open=course.open,
            next=course.said[-1].update.next if course.said and course.open else None,
            occurrences=course.around(self.of.now),
            rrule=incident.window.rrule if incident.window else None,
            window=(incident.window.begins, incident.window.ends) if incident.window else None,
            updates=Updates(len(course.said), lambda: self._updates(course)),
            spoken=each.spoken,
            freshness=freshness,
            locale=translation.locale if translation else incident.locale,
            private=words(private, locale=incident.locale, base_url=base_url) if private is not None else None,
        )

    def _translation(self, incident: Incident) -> tuple[Translation | None, Freshness]:
        """Pick the translation to show: none when it is of older words than the source has now."""
        if self.locale == incident.locale:
            return None, Freshness.SOURCE
        translation = incident.translations.get(self.locale)
        if translation is None:
            return None, Freshness.MISSING
        if translation.of is not None and translation.of != self.of.source_revision(incident):
            return None, Freshness.STALE
        return translation, Freshness.TRANSLATED

    def _update(
        self,
        incident: Incident,
        said: Said,
        translation: Translation | None,
        freshness: Freshness,
        base_url: str,
    ) -> UpdateView:
        update = said.update
        body, who, meanwhile, locale = update.body, update.who, update.meanwhile, incident.locale
        shown = said.revision
        if translation is not None:
            if said.key in translation.bodies:
                body, locale = translation.bodies[said.key], translation.locale
                who, meanwhile = translation.facts.get(said.key, (who, meanwhile))
                shown = revision(incident, update, translation.locale)
            else:
                freshness = Freshness.MISSING
        return UpdateView(
            id=said.id,
            key=said.key,
            revision=shown,
            said=said.revision,
            at=update.at,
            status=update.status,
            state=said.state,
            words=words(body, locale=locale, base_url=base_url),
            freshness=freshness,
            who=_optional(who),
            meanwhile=_optional(meanwhile),
            next=update.next,
            changes=tuple(
                ImpactChange(
                    component=c,
                    name=self.names.get(c, c),
                    old=said.before.get(c, Impact.OPERATIONAL),
                    new=impact,
                )
                for c, impact in said.after.items()
            ),
            revises=_optional(update.revises),
        )

    def _affected(self, course: Course) -> tuple[Affected, ...]:
        impacts = course.now if course.active else course.worst
        out = [Affected(id=c, name=self.names.get(c, c), impact=impacts[c]) for c in course.named]
        reached = set(course.named)
        for named in course.named:
            if impacts[named] is Impact.OPERATIONAL:
                continue
            for c in self.of.leaning.get(named, ()):
                if c not in reached:
                    reached.add(c)
                    name = self.names.get(named, named)
                    out.append(Affected(id=c, name=self.names[c], impact=impacts[named], through=name))
        return tuple(out)


def _optional(text: str | None) -> str | None:
    return (legal(text).strip() or None) if text is not None else None


def _named(site: Site) -> Site:
    """Give the site with names that every format can hold; a nameless one is called after its host."""
    return replace(
        site,
        name=one_line(site.name) or urlsplit(site.url).hostname or site.url,
        description=one_line(site.description),
        brand=replace(site.brand, company=one_line(site.brand.company)),
    )
