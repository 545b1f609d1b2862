"""Updates as a mail tells them: taken from a view, frozen as plain data, and read back when the mail leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from publisher.model.component import Impact
from publisher.model.digest import Plain
from publisher.model.incident import Kind, Severity, Status
from publisher.render.characters import legal
from publisher.render.view import IncidentView, MailUpdate, UpdateView, View


def mail_update(view: View, incident: IncidentView, update: UpdateView) -> MailUpdate:
    """Take one update out of a view, with what its incident is like now."""
    prefix = "" if view.locale == view.site.locale else f"{view.locale}/"
    return MailUpdate(
        incident=incident.id,
        title=incident.title,
        kind=incident.kind,
        severity=incident.severity,
        status=update.status,
        state=update.state,
        impact=incident.impact_now,
        affected=tuple(affected.name for affected in incident.affected),
        at=update.at,
        started=incident.started,
        next=update.next,
        who=update.who,
        meanwhile=update.meanwhile,
        html=update.words.html,
        text=update.words.text,
        text_locale=update.words.locale,
        revises=update.revises,
        update=update.key,
        revision=update.said,
        path=f"{prefix}incidents/{incident.id}/",
    )


def to_plain(update: MailUpdate) -> Plain:
    """Write an update as plain data that any store keeps; what no store keeps (lone surrogates) is dropped."""
    return {
        "incident": update.incident,
        "title": legal(update.title),
        "kind": str(update.kind),
        "severity": str(update.severity),
        "status": str(update.status),
        "state": str(update.state),
        "impact": str(update.impact),
        "affected": [legal(name) for name in update.affected],
        "at": _written(update.at),
        "started": _written(update.started),
        "next": _written(update.next) if update.next else None,
        "who": _legal(update.who),
        "meanwhile": _legal(update.meanwhile),
        "html": legal(update.html),
        "text": legal(update.text),
        "text_locale": update.text_locale,
        "revises": _legal(update.revises),
        "update": update.update,
        "revision": update.revision,
        "path": update.path,
    }


def from_plain(plain: Plain) -> MailUpdate:
    """Read back what `to_plain` wrote.

    Raises:
        TypeError, KeyError, ValueError: somebody else wrote it.
    """
    if not isinstance(plain, Mapping):
        raise TypeError("an update is a mapping")
    affected = plain["affected"]
    if not isinstance(affected, Sequence) or isinstance(affected, str):
        raise TypeError("affected is a list")
    following = plain["next"]
    return MailUpdate(
        incident=str(plain["incident"]),
        title=str(plain["title"]),
        kind=Kind(str(plain["kind"])),
        severity=Severity(str(plain["severity"])),
        status=Status(str(plain["status"])),
        state=Status(str(plain["state"])),
        impact=Impact(str(plain["impact"])),
        affected=tuple(str(name) for name in affected),
        at=datetime.fromisoformat(str(plain["at"])),
        started=datetime.fromisoformat(str(plain["started"])),
        next=None if following is None else datetime.fromisoformat(str(following)),
        who=_text(plain["who"]),
        meanwhile=_text(plain["meanwhile"]),
        html=str(plain["html"]),
        text=str(plain["text"]),
        text_locale=str(plain["text_locale"]),
        revises=_text(plain["revises"]),
        update=str(plain["update"]),
        revision=str(plain["revision"]),
        path=str(plain["path"]),
    )


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _legal(text: str | None) -> str | None:
    return None if text is None else legal(text)


def _text(plain: Plain) -> str | None:
    return None if plain is None else str(plain)
