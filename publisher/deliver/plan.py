"""Who is owed what, and when: a value, made from history and views, before anything is written or sent.

Order rules:
1. An update is news once: when no wording of it was recorded before, and it is younger than `email.announce_within`.
2. Another wording of a recorded update is owed only when the writer says why (`revises`); it goes as a correction.
3. Who confirmed before now and wished for it gets it: at once, or with their next digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.model.component import Registry
from publisher.model.delivery import Channel, Delivery
from publisher.model.digest import ContentHash, Plain
from publisher.model.history import History, outside
from publisher.model.incident import Incident, Kind, Severity
from publisher.model.policy import EmailPolicy
from publisher.model.subscriber import Consent, Frequency, Subscriber, Wishes
from publisher.ports import Owed
from publisher.render.mail import locale_for, mail_update, to_plain
from publisher.render.view import IncidentView, UpdateView, View

_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One update that somebody may be owed.

    Attributes:
        reach: ids of components and groups it concerns, also through dependencies; empty concerns everybody.
        correction: whether other words of it went out before.
    """

    incident: IncidentView
    update: UpdateView
    reach: frozenset[str]
    correction: bool


def plan_owed(
    history: History,
    views: Mapping[str, View],
    announced: frozenset[tuple[str, str, ContentHash]],
    subscribers: Iterable[Subscriber],
    *,
    policy: EmailPolicy,
    now: datetime,
) -> Owed:
    """Say what this release owes to whom.

    Args:
        history: what it is made from.
        views: the public view of each of the site's locales.
        announced: (incident, update, source revision) recorded with earlier releases.
        subscribers: everyone; who gets nothing is passed over.
        policy: how mail is sent.
        now: the run's present.

    Returns:
        Rows in the order of what was said, then by recipient; words for each of them, and for what was mended.
    """
    if not policy.enabled:
        return Owed()
    site = history.site
    found = tuple(news(history, views[site.locale], announced, within=policy.announce_within, now=now))
    told = mended(views, announced, site.locale)
    rows: list[Delivery] = []
    readers = sorted((s for s in subscribers if may_read(s, now)), key=lambda s: s.id) if found else []
    at_once = {rule.severity: rule.mail for rule in history.policy.severities}
    digests = {frequency: digest_due(frequency, policy.daily_at, site.time_zone, now) for frequency in Frequency}
    for item in found:
        for reader in readers:
            if not wishes_for(reader.wishes, item.incident.kind, item.incident.severity, item.reach):
                continue
            locale = locale_for(reader.wishes.locale, site)
            frequency = reader.wishes.frequency
            if frequency is Frequency.IMMEDIATE and not at_once.get(item.incident.severity, True):
                frequency = Frequency.DAILY
            if (item.update.said, locale) not in told:
                told[item.update.said, locale] = _words(
                    views[locale], item.incident, item.update, correction=item.correction
                )
            rows.append(
                Delivery(
                    incident=item.incident.id,
                    update=item.update.key,
                    revision=item.update.said,
                    channel=Channel.EMAIL,
                    recipient=reader.id,
                    locale=locale,
                    due=digests[frequency],
                )
            )
    return Owed(deliveries=tuple(rows), words=told)


def mended(
    views: Mapping[str, View], announced: frozenset[tuple[str, str, ContentHash]], source: str
) -> dict[tuple[ContentHash, str], Plain]:
    """Give, in every language, the words of updates that were recorded in another wording before.

    Whoever still waits for such an update is to read what the page says then, whether the change is owed to others or
    not: the ledger gives these words to rows that were not sent.
    """
    known = {(incident, update) for incident, update, _ in announced}
    changed = [
        (incident, update)
        for incident in (*views[source].incidents, *views[source].maintenances)
        for update in incident.updates
        if (incident.id, update.key) in known and (incident.id, update.key, update.said) not in announced
    ]
    return {
        (update.said, locale): _words(view, incident, update, correction=bool(update.revises))
        for incident, update in changed
        for locale, view in views.items()
    }


def news(
    history: History,
    view: View,
    announced: frozenset[tuple[str, str, ContentHash]],
    *,
    within: timedelta,
    now: datetime,
) -> Iterator[News]:
    """Give the updates that are news, earliest said first.

    Args:
        history: for dependencies; what is shown comes from `view`.
        view: the public one of the source locale.
        announced: as for `plan_owed`.
        within: how old an update may be when it is first recorded.
        now: the run's present.
    """
    known = {(incident, update) for incident, update, _ in announced}
    reached = Reach(history)
    found: list[News] = []
    for incident in (*view.incidents, *view.maintenances):
        if incident.spoken and all((incident.id, key, revision) in announced for key, revision in incident.spoken):
            # words that all went out before need not be looked at
            continue
        for update in incident.updates:
            if (incident.id, update.key, update.said) in announced:
                continue
            correction = (incident.id, update.key) in known
            if correction and not update.revises:
                continue
            if not correction and now - update.at > within:
                continue
            found.append(News(incident=incident, update=update, reach=reached.of(incident.id), correction=correction))
    yield from sorted(found, key=lambda n: (n.update.at, n.incident.id, n.update.key))


class Reach:
    """What incidents concern, worked out once for each."""

    def __init__(self, history: History) -> None:
        # Who hears of something must not tell what is behind it.
        self._history = outside(history)
        self._registry = self._history.policy.registry
        self._known: dict[str, frozenset[str]] = {}

    def of(self, incident_id: str) -> frozenset[str]:
        """Give the components an incident names, those that lean on them, and the groups of all these."""
        if incident_id not in self._known:
            incident = self._history.incident(incident_id)
            self._known[incident_id] = _reach(incident, self._registry) if incident else frozenset()
        return self._known[incident_id]


def _reach(incident: Incident, registry: Registry) -> frozenset[str]:
    named = set(incident.components)
    for update in incident.updates:
        named |= set(update.components or ())
    reached = set(named)
    for component in named:
        reached |= {c.id for c in registry.dependants(component)}
    for component in tuple(reached):
        found = registry.component(component)
        group = found.group if found else None
        while group and group not in reached:
            reached.add(group)
            enclosing = registry.group(group)
            group = enclosing.parent if enclosing else None
    return frozenset(reached)


def may_read(someone: Subscriber, now: datetime) -> bool:
    """Say whether we may write to somebody: confirmed, and before now."""
    return someone.consent is Consent.CONFIRMED and someone.confirmed is not None and someone.confirmed <= now


def wishes_for(wishes: Wishes, kind: Kind, severity: Severity, reach: frozenset[str]) -> bool:
    """Say whether somebody's wishes cover an incident. One that names no component concerns everybody."""
    if kind is Kind.MAINTENANCE and not wishes.maintenance:
        return False
    ranks = list(Severity)
    if kind is not Kind.MAINTENANCE and ranks.index(severity) > ranks.index(wishes.severity):
        return False
    return not wishes.components or not reach or bool(reach & set(wishes.components))


def digest_due(frequency: Frequency, daily_at: str, time_zone: str, now: datetime) -> datetime:
    """Give when mail of a frequency leaves next: now, the next `daily_at`, or the next Monday's. UTC.

    A local time that a clock change leaves out means the moment an hour later; one that comes twice, the first.
    """
    if frequency is Frequency.IMMEDIATE:
        return now
    zone = ZoneInfo(time_zone)
    hour, minute = (int(part) for part in daily_at.split(":"))
    day = now.astimezone(zone).date()
    if frequency is Frequency.WEEKLY:
        day += timedelta(days=-day.weekday() % _WEEK)
    due = _local(day, hour, minute, zone)
    if due <= now:
        due = _local(day + timedelta(days=_WEEK if frequency is Frequency.WEEKLY else 1), hour, minute, zone)
    return due


def _local(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)


def _words(view: View, incident: IncidentView, update: UpdateView, *, correction: bool) -> Plain:
    shown = view.by_id[incident.id]
    plain = to_plain(mail_update(view, shown, next(u for u in shown.updates if u.key == update.key)))
    if not correction and isinstance(plain, Mapping):
        # `revises` speaks of words that went out; these are the first of this update to do so.
        return {**plain, "revises": None}
    return plain
