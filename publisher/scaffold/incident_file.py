"""A new incident's file: fields filled in, words to replace.

The words differ by category, because what readers need first does: who is hit by an outage, what to check after a
breach, what stops during a maintenance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.component import Impact
from publisher.model.incident import Category, Kind, Scope, Severity, Status, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """What is known when somebody starts to write.

    Attributes:
        at: the first update's moment.
        text: its words; None puts prompts there.
    """

    title: str
    kind: Kind
    category: Category
    severity: Severity
    scope: Scope
    started: datetime
    at: datetime
    status: Status
    components: Mapping[str, Impact] = field(default_factory=dict)
    window: Window | None = None
    next: datetime | None = None
    text: str | None = None


_PROMPTS: Mapping[Category, str] = {
    Category.OUTAGE: """
[[What]] does not work since {clock} UTC for [[whom]]. [[What]] still works.
We are looking for the cause and will write again by {next} UTC.
""",
    Category.DEGRADATION: """
Since {clock} UTC, [[what]] is slower than usual, or fails now and then, for [[whom]]: [[what people notice, in figures
if you have them]]. Nothing is lost. We are looking for the cause and will write again by {next} UTC.
""",
    Category.DATA_BREACH: """
On [[day and time]], [[whose data]] could be seen by [[whom]]: [[which data, and which certainly not]]. We closed the
way in at [[time]]. What you should do now: [[steps, or: you need not do anything]]. Whoever is affected hears from us
directly by [[when]]. We will write again by {next} UTC.
""",
    Category.SECURITY: """
We know of [[what: a weakness, an attack, a deception]] since {clock} UTC. It concerns [[whom]]; it does not concern
[[whom]]. What you should do now: [[steps]]. We will write again by {next} UTC.
""",
    Category.DATA_LOSS: """
[[Which data]] from between [[time]] and [[time]] is missing for [[whom]]. [[Which data]] is not affected. Please do not
[[what would make it worse]]. We are restoring it and will write again by {next} UTC.
""",
    Category.MAINTENANCE: """
On {day} between {clock} and {until} UTC we [[do what, and what for]]. Meanwhile [[what stops or is slow]]; [[what works
as usual]]. You need not do anything. We will write here when we begin and when we are done.
""",
    Category.MAINTENANCE_OVERRUN: """
The maintenance [[which]] takes longer than planned: [[what is not back yet]] for [[whom]]. We expect to be done by
[[time]], and will write again by {next} UTC.
""",
    Category.VENDOR: """
Since {clock} UTC, [[what]] does not work for [[whom]], because a company we depend on has a disruption. We are in touch
with them. Meanwhile: [[what people can do]]. We will write again by {next} UTC.
""",
}
_NEWS: Mapping[Status, str] = {
    Status.INVESTIGATING: "[[What people notice]]. [[What works]]. We are looking for the cause.",
    Status.IDENTIFIED: "The cause is [[what, as far as it is confirmed]]. We are [[doing what]].",
    Status.MONITORING: "[[What]] works again since [[time]] UTC. We are watching it.",
    Status.RESOLVED: "[[What]] works since [[time]] UTC. It was [[how bad]] for [[whom]] from [[time]] on.",
    Status.POSTMORTEM: "[[What happened, why, and what we changed so that it does not happen again]].",
    Status.UPDATE: "[[What is new]].",
    Status.SCHEDULED: "[[What]] is planned for [[when]]. Meanwhile [[what stops]].",
    Status.IN_PROGRESS: "We have begun. [[What stops or is slow]].",
    Status.VERIFYING: "The work is done. We are checking that [[what]] works as before.",
    Status.COMPLETED: "We are done. Everything works as before.",
}


def prompt(status: Status) -> str:
    """Give words to replace for an update of a status. What is to be replaced stands in double square brackets."""
    return _NEWS[status]


def incident_text(new: NewIncident) -> str:
    """Write the file of a new incident or maintenance."""
    lines = ["---", f"title: {json.dumps(new.title, ensure_ascii=False)}"]
    if new.kind is Kind.MAINTENANCE:
        lines.append("kind: maintenance")
    lines += [f"category: {new.category}", f"severity: {new.severity}", f"scope: {new.scope}"]
    if new.components:
        impacts = ", ".join(f"{name}: {impact}" for name, impact in new.components.items())
        lines.append(f"components: {{{impacts}}}")
    if new.window is not None:
        lines.append(f"window: {{from: {_moment(new.window.begins)}, until: {_moment(new.window.ends)}}}")
    else:
        lines.append(f"started: {_moment(new.started)}")
    lines += ["---", "", *update_block(at=new.at, status=new.status, text=_words(new), next_at=new.next).split("\n")]
    return "\n".join(lines) + "\n"


def update_block(
    *,
    at: datetime,
    status: Status,
    text: str,
    components: Mapping[str, Impact] | None = None,
    who: str | None = None,
    meanwhile: str | None = None,
    next_at: datetime | None = None,
) -> str:
    """Write one update: heading, facts, words. LF, without newline at the end."""
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    lines = [f"## {at:%Y-%m-%d} {clock} UTC · {status.replace('_', ' ').capitalize()}"]
    facts = []
    if components:
        facts.append("components: {" + ", ".join(f"{name}: {impact}" for name, impact in components.items()) + "}")
    facts += [f"{name}: {_fact(value)}" for name, value in (("who", who), ("meanwhile", meanwhile)) if value]
    if next_at is not None:
        facts.append(f"next: {_moment(next_at)}")
    if facts:
        lines += ["<!--", *facts, "-->"]
    return "\n".join([*lines, "", text.replace("\r\n", "\n").strip()])


def _words(new: NewIncident) -> str:
    if new.text is not None:
        return new.text
    words = {
        "{day}": f"{new.started:%Y-%m-%d}",
        "{clock}": f"{new.started:%H:%M}",
        "{until}": f"{new.window.ends:%H:%M}" if new.window else "[[time]]",
        "{next}": f"{new.next:%H:%M}" if new.next else "[[time]]",
    }
    text = _PROMPTS[new.category].strip()
    for slot, word in words.items():
        text = text.replace(slot, word)
    return text


def _fact(text: str) -> str:
    # "--" would end the comment that holds the facts for some readers; a JSON escape keeps the words
    return json.dumps(text, ensure_ascii=False).replace("--", "-\\u002d")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
