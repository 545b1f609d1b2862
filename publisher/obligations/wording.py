"""What people are shown of duties. Every line says what it is worth: a default, its source, when it was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from publisher.model.digest import Plain
from publisher.model.duty import LABEL, Duty
from publisher.obligations.standing import OPEN, Standing, State, is_stale

_WORDS = {
    State.OVERDUE: "OVERDUE",
    State.REFUSED: "NO DATE",
    State.AT_ONCE: "AT ONCE",
    State.RUNNING: "due",
    State.WAITING: "waiting",
    State.DONE_LATE: "done late",
    State.DONE: "done",
    State.STOOD_DOWN: "stood down",
    State.NOT_IN_FORCE: "not in force",
}


def lines(found: Sequence[Standing], *, now: datetime) -> tuple[str, ...]:
    """Write duties as lines of text, a block each, in the order given."""
    return tuple(line for one in found for line in _block(one, now))


def _block(one: Standing, now: datetime) -> tuple[str, ...]:
    owed = one.owed
    block = [f"{_WORDS[one.state]:<12}  {_countdown(one, now):<38}  {owed.id}", f"    {owed.title}. {owed.who}"]
    if one.started is not None:
        by = " (the outer limit)" if one.by_backstop else ""
        block.append(f"    Counts from {_moment(one.started)}: {one.why}{by}.")
    elif one.why and one.state is not State.DONE:
        block.append(f"    {one.why[0].upper()}{one.why[1:]}.")
    if one.done is not None:
        reference = f", reference {one.done.reference}" if one.done.reference else ""
        block.append(f"    Handed in {_moment(one.done.at)} by {one.done.by}{reference}.")
    if one.refusal is not None:
        block.append(f"    {one.refusal.why} {one.refusal.fix}")
    if owed.unclear is not None and one.state not in {State.DONE, State.DONE_LATE}:
        block.append(f"    May apply: {owed.unclear}")
    block.append(f"    {footing(one, now)}")
    return tuple(block)


def footing(one: Standing, now: datetime) -> str:
    """Say what a line is worth: that it is a default, where it is from, when somebody last looked."""
    owed = one.owed
    old = "; REVIEW IS DUE" if is_stale(owed.reviewed, owed.review_by, now) else ""
    over = "; enabled by override" if owed.overridden else ""
    return (
        f"[{LABEL}; {owed.source}; version {owed.version}, reviewed {owed.reviewed}, "
        f"review by {owed.review_by}{over}{old}]"
    )


def summary(one: Standing, now: datetime) -> str:
    """Say on one line what is due next."""
    return f"{_WORDS[one.state]} {_countdown(one, now)}: {one.owed.id}, {one.owed.title} {footing(one, now)}"


def plain(one: Standing, now: datetime) -> dict[str, Plain]:
    """Give a duty as plain data, for JSON."""
    owed = one.owed
    return {
        "id": owed.id,
        "title": owed.title,
        "state": str(one.state),
        "due": one.due.isoformat() if one.due else None,
        "seconds_left": int((one.due - now).total_seconds()) if one.due and one.state in OPEN else None,
        "started": one.started.isoformat() if one.started else None,
        "counts_from": one.why or None,
        "by_backstop": one.by_backstop,
        "direction": str(owed.direction),
        "who": owed.who,
        "recipient": str(owed.recipient),
        "unclear": owed.unclear,
        "refused": one.refusal.why if one.refusal else None,
        "submitted": _handed(one),
        "label": LABEL,
        "source": owed.source,
        "version": owed.version,
        "checked": str(owed.checked) if owed.checked else None,
        "reviewed": owed.reviewed.isoformat(),
        "review_by": owed.review_by.isoformat(),
        "review_due": is_stale(owed.reviewed, owed.review_by, now),
        "overridden": owed.overridden,
        "note": owed.note or None,
    }


def _handed(one: Standing) -> Mapping[str, Plain] | None:
    done = one.done
    return {"at": done.at.isoformat(), "by": done.by, "reference": done.reference or None} if done else None


def row_lines(rows: Sequence[Duty], enabled: Sequence[str], *, now: datetime) -> tuple[str, ...]:
    """Write the rows that ship as lines of text."""
    out: list[str] = []
    regime = ""
    for row in rows:
        if row.regime != regime:
            regime = row.regime
            on = "enabled" if regime in enabled else "not enabled"
            out.append(f"{regime}  {row.regime_name}  ({on})")
        old = "; REVIEW IS DUE" if is_stale(row.reviewed, row.review_by, now) else ""
        since = f" from {row.in_force_from}" if row.in_force_from else ""
        out += [
            f"  {row.id:<34} {limit(row):<42} {row.standing.replace('_', ' ')}{since}",
            f"      {row.owed_by} → {row.to}, once {row.meaning}.",
            *([f"      {row.note}"] if row.note else []),
            (
                f"      [{LABEL}; {row.source}; version {row.version}, {row.checked} source, reviewed {row.reviewed}, "
                f"review by {row.review_by}{old}]"
            ),
        ]
    return tuple(out)


def row_plain(row: Duty, enabled: Sequence[str], *, now: datetime) -> dict[str, Plain]:
    """Give a row as plain data, for JSON."""
    return {
        "id": row.id,
        "regime": row.regime_name,
        "title": row.title,
        "enabled": row.regime in enabled,
        "owed_by": row.owed_by,
        "to": row.to,
        "clock": limit(row),
        "meaning": row.meaning,
        "status": str(row.standing),
        "in_force_from": row.in_force_from.isoformat() if row.in_force_from else None,
        "label": LABEL,
        "source": row.source,
        "version": row.version,
        "checked": str(row.checked),
        "reviewed": row.reviewed.isoformat(),
        "review_by": row.review_by.isoformat(),
        "review_due": is_stale(row.reviewed, row.review_by, now),
        "note": row.note or None,
    }


def limit(row: Duty) -> str:
    """Say a row's clock in words."""
    start = f"{row.clock.event}" if row.clock.event else f"submission of {row.clock.after}"
    words = f"{row.clock.within} from {start}" if row.clock.within else f"at once from {start} (no figure)"
    return f"{words}, {row.backstop.within} from {row.backstop.event}" if row.backstop else words


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _countdown(one: Standing, now: datetime) -> str:
    if one.state is State.AT_ONCE and one.started is not None:
        return f"since {_span(now - one.started)}, no figure in law"
    if one.due is None:
        return "no date"
    if one.state is State.OVERDUE:
        return f"{_moment(one.due)}, {_span(now - one.due)} ago"
    if one.state is State.RUNNING:
        return f"{_moment(one.due)}, in {_span(one.due - now)}"
    return _moment(one.due)


def _span(length: timedelta) -> str:
    """Say a length of time in its two largest units."""
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"
