"""The same incidents in the form of each program: about 310 words in five updates each, the same for a given count.

Incident `number` of `count` depends on nothing else, so a corpus can be made anew anywhere and figures compared.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SYSTEMS = ("Gateway", "Backup Gateway", "Website", "API", "Media Proxy")
GRAVITIES = ("down", "disrupted", "notice")
PHASES = ("Investigating", "Identified", "Monitoring", "Update", "Resolved")
END = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""The moment at which every site is built: later than every incident."""
_SPAN = timedelta(days=365 * 6)
_WORDS = """
we are users region latency error rate elevated service requests database cluster failover replica primary
traffic queue backlog deploy rollback mitigated observed recovering healthy engineers continue monitor upstream
provider network packet loss connection timeout retry API dashboard login webhook delivery delayed cache node
capacity restored confirmed impact limited small percentage customers affected identified root cause
configuration change applied fix normal levels the a of in to and with for on from by has been is this that
after before while during
""".split()  # noqa: SIM905 - a list of a hundred strings is harder to read
_OPEN = 2
"""So many of the newest incidents are not over."""
_IMPACT = {"down": "major_outage", "disrupted": "partial_outage", "notice": "degraded_performance"}
_SEVERITY = {"down": "sev1", "disrupted": "sev2", "notice": "sev3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One update: phase, when, one paragraph of Markdown."""

    phase: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident in no program's form; updates oldest first."""

    name: str
    title: str
    resolved: bool
    gravity: str
    systems: tuple[str, ...]
    updates: tuple[Told, ...]


def incident(number: int, count: int) -> Incident:
    """Make incident `number`, from 0, of `count`: they end on the first of November 2026."""
    dice = random.Random(number * 7919 + 13)
    began = END - _SPAN / max(count, 1) * (count - number)
    began = began.replace(second=0, microsecond=0) + timedelta(minutes=dice.randint(0, 59))
    systems = tuple(dice.sample(SYSTEMS, dice.randint(1, 3)))
    gravity = dice.choice(GRAVITIES)
    updates, at = [], began
    for phase in PHASES:
        words = " ".join(_sentence(dice) for _ in range(dice.randint(2, 6)))
        updates.append(Told(phase=phase, at=at, words=words))
        at += timedelta(minutes=dice.randint(4, 50))
    resolved = number < count - _OPEN
    kind = dice.choice(["Elevated", "Intermittent", "Widespread", "Partial"])
    what = dice.choice(["errors", "latency", "timeouts", "packet loss"])
    return Incident(
        name=f"{began.date()}-incident-{number:05d}",
        title=f"{kind} {what} in {systems[0]} #{number}",
        resolved=resolved,
        gravity=gravity,
        systems=systems,
        updates=tuple(updates if resolved else updates[:3]),
    )


def _sentence(dice: random.Random) -> str:
    text = " ".join(dice.choice(_WORDS) for _ in range(dice.randint(9, 18)))
    text = text[0].upper() + text[1:]
    if dice.random() < 0.15:
        text += f" (see `status-{dice.randint(100, 999)}`)"
    if dice.random() < 0.10:
        text += f", see [the runbook](https://example.org/rb/{dice.randint(1, 99)})"
    return text + "."


def as_tidings(one: Incident) -> str:
    """Write it as Tidings reads it."""
    gravest = _IMPACT[one.gravity]
    components = "".join(f"  {_identifier(name)}: {gravest}\n" for name in one.systems)
    head = (
        f"---\ntitle: {json.dumps(one.title)}\ncategory: outage\nseverity: {_SEVERITY[one.gravity]}\n"
        f"components:\n{components}started: {one.updates[0].at:%Y-%m-%dT%H:%M:%SZ}\n---\n"
    )
    return head + "".join(f"\n## {u.at:%Y-%m-%d %H:%M} UTC · {u.phase}\n\n{u.words}\n" for u in one.updates)


def as_hugo(one: Incident) -> str:
    """Write it as cState's users do; newest update first."""
    body = "\n\n".join(
        f'*{u.phase}* - {u.words} {{{{< track "{u.at:%Y-%m-%d %H:%M:%S}" >}}}}' for u in reversed(one.updates)
    )
    return f"{_front_matter(one, 'affected')}{body}\n"


def as_mkdocs(one: Incident) -> str:
    """Write it as a page of any Markdown site; newest update first."""
    body = "\n\n".join(
        f"*{u.phase}* - {u.words} <small>{u.at:%Y-%m-%d %H:%M:%S} UTC</small>" for u in reversed(one.updates)
    )
    return f"{_front_matter(one, 'systems')}{body}\n"


def _front_matter(one: Incident, systems: str) -> str:
    over = f"resolvedWhen: {one.updates[-1].at:%Y-%m-%d %H:%M:%S}\n" if one.resolved else ""
    return (
        f"---\ntitle: {json.dumps(one.title)}\ndate: {one.updates[0].at:%Y-%m-%d %H:%M:%S}\n"
        f"resolved: {str(one.resolved).lower()}\n{over}severity: {one.gravity}\n"
        f"{systems}:\n{''.join(f'  - {name}{chr(10)}' for name in one.systems)}section: issue\n---\n\n"
    )


def _identifier(name: str) -> str:
    return name.lower().replace(" ", "-")


COMPONENTS = "components:\n" + "".join(
    f"  {_identifier(name)}:\n    name: {name}\n    description: What customers call {name}.\n" for name in SYSTEMS
)
"""`policy/components.yml` for these incidents."""


def edit(file: Path, number: int) -> str:
    """Add a sentence to the words of the newest update of a file of ours or of Hugo's; give a mark that it holds."""
    mark = f"seen-{number}-times"
    text = file.read_text(encoding="utf-8")
    head, gap, body = text.partition("\n---\n")
    lines = body.rstrip("\n").split("\n")
    newest = len(lines) - 1 if "\n## " in f"\n{body}" else next(n for n, line in enumerate(lines) if line.strip())
    words, tail, rest = lines[newest].partition(" {{<")
    words = words.split(" Counted ", 1)[0]
    lines[newest] = f"{words} Counted `{mark}`.{tail}{rest}"
    file.write_text(head + gap + "\n".join(lines) + "\n", encoding="utf-8")
    return mark
