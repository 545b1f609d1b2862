"""What an approval is over: a hash of everything that is said, and the statement that somebody signs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.model.component import Impact
from publisher.model.digest import ContentHash, Plain, digest
from publisher.model.incident import Incident, Update
from publisher.model.site import Site

NAMESPACE = "tidings"
"""Of the signatures (ssh-keygen(1), -n): one made for something else does not count here."""
_VERSION = 1


def content_of(incident: Incident, site: Site) -> ContentHash:
    """Hash what is said about an incident, in every language and to every audience, and where.

    A changed comma changes it. Theme, feeds and pages do not: they are how it is said. Names of components are in it as
    ids, because a renamed component asks nobody again.
    """
    return digest(
        {
            "version": _VERSION,
            "site": site.url,
            "incident": incident.id,
            "kind": str(incident.kind),
            "title": incident.title,
            "headline": incident.headline,
            "category": str(incident.category),
            "severity": str(incident.severity),
            "scope": str(incident.scope) if incident.scope else None,
            "regions": list(incident.regions),
            "tags": list(incident.tags),
            "components": _impact(incident.components),
            "started": _moment(incident.started),
            "detected": _moment(incident.detected),
            "window": _window(incident),
            "cause": str(incident.cause.disclosure),
            "updates": [_update(update) for update in incident.updates],
            "translations": {
                locale: {
                    "title": one.title,
                    "headline": one.headline,
                    "bodies": dict(one.bodies),
                    "facts": {key: list(facts) for key, facts in one.facts.items()},
                }
                for locale, one in incident.translations.items()
            },
            "private": dict(incident.private),
        }
    )


def _update(update: Update) -> Plain:
    return {
        "key": update.key,
        "body": update.body,
        "components": _impact(update.components) if update.components is not None else None,
        "who": update.who,
        "meanwhile": update.meanwhile,
        "next": _moment(update.next),
        "template": update.template,
        "slots": dict(update.slots),
        "revises": update.revises,
    }


def _impact(components: Mapping[str, Impact]) -> Plain:
    return {name: str(impact) for name, impact in components.items()}


def _window(incident: Incident) -> Plain:
    window = incident.window
    return [_moment(window.begins), _moment(window.ends), window.rrule] if window else None


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody signs: who, in which role, agrees to which words about what, on which site."""

    site: str
    incident: str
    content: ContentHash
    role: str
    person: str

    @property
    def text(self) -> bytes:
        """Give the bytes that are signed: one form, whoever writes it."""
        said = {
            "tidings": "approval",
            "version": _VERSION,
            "site": self.site,
            "incident": self.incident,
            "content": self.content,
            "role": self.role,
            "person": self.person,
        }
        return (json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A statement with a signature over it, as it lies in `internal/<id>/approvals/`; nobody has looked at it yet."""

    statement: Statement
    signature: str
    path: str
