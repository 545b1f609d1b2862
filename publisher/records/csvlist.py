"""The list of subscribers as CSV: out, and in again, with the consent it came with.

RFC 4180. Columns: address, locale, frequency, severity, components, maintenance, consent, asked, confirmed, ended,
source, and token when it is asked for. UTF-8, comma, header line, times as RFC 3339 in UTC; `components` are ids apart
by blanks.

Rules of import:
1. A confirmed row needs the time of its consent; without it the row is rejected, with its line number.
2. Nobody comes back: who left or is suppressed here stays so. An ending that is newer than our consent is taken over.
3. Somebody known keeps their token, their wishes and their consent.
4. Importing the same file twice changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from publisher.model.errors import RefusedError, UsageError
from publisher.model.incident import Severity
from publisher.model.subscriber import Consent, Frequency, Subscriber, Wishes
from publisher.ports import Subscribers
from publisher.records.subscribers import new_subscriber

COLUMNS = (
    "address",
    "locale",
    "frequency",
    "severity",
    "components",
    "maintenance",
    "consent",
    "asked",
    "confirmed",
    "ended",
    "source",
)
TOKEN = "token"  # noqa: S105 - a column's name
MIN_TOKEN = 20
"""Characters; shorter ones could be guessed and are replaced."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
E = TypeVar("E", Consent, Severity, Frequency)
_YES = {"yes", "true", "1"}
_NO = {"no", "false", "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that did not come in.

    Attributes:
        line: in the file, from 1; the header is line 1.
        why: a sentence, without the address.
    """

    line: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did.

    Attributes:
        added: new on the list.
        ended: known ones whose ending the file brought.
        known: known ones that stayed as they were.
        kept_out: rows that would have brought back somebody who left or is suppressed.
    """

    added: int = 0
    ended: int = 0
    known: int = 0
    kept_out: int = 0
    rejected: tuple[Rejected, ...] = ()


def export_csv(subscribers: Iterable[Subscriber], *, tokens: bool = False) -> str:
    """Write subscribers as CSV, sorted by address. Cells that a spreadsheet would run as formulas begin with `'`.

    Args:
        subscribers: whom to write.
        tokens: whether to add the column `token`: whoever has it can confirm and unsubscribe in their name.
    """
    out = io.StringIO()
    columns = (*COLUMNS, TOKEN) if tokens else COLUMNS
    writer = csv.DictWriter(out, columns, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    for someone in sorted(subscribers, key=lambda s: s.address):
        writer.writerow({name: _guarded(value) for name, value in _cells(someone).items()})
    return out.getvalue()


def import_csv(
    store: Subscribers,
    data: bytes,
    *,
    name: str,
    now: datetime,
    known_ids: frozenset[str] | None = None,
    locales: Sequence[str] = (),
) -> Imported:
    """Bring a CSV list in. Nobody is written to.

    Args:
        store: where they go.
        data: the file.
        name: of the file, for `source` where a row has none.
        now: the present, for rows without `asked`.
        known_ids: component and group ids; wishes for others are rejected. None accepts all.
        locales: the site's languages, the one for rows without first; wishes for others are rejected. None given
            accepts all.

    Raises:
        UsageError: the file is not UTF-8 CSV with at least the column `address`.
    """
    done = Imported()
    for line, row in _rows(data):
        try:
            someone = _someone(row, source=f"import:{name}", now=now, known_ids=known_ids, locales=locales)
        except (RefusedError, ValueError) as error:
            why = error.cause if isinstance(error, RefusedError) else str(error)
            done = replace(done, rejected=(*done.rejected, Rejected(line=line, why=why)))
            continue
        done = _bring(store, someone, done)
    return done


def _bring(store: Subscribers, someone: Subscriber, done: Imported) -> Imported:
    known = store.add(someone)
    if known.id == someone.id:
        return replace(done, added=done.added + 1)
    if known.consent is Consent.SUPPRESSED or known.consent is someone.consent:
        kept = known.consent is Consent.SUPPRESSED and someone.consent is not Consent.SUPPRESSED
        return replace(done, kept_out=done.kept_out + 1) if kept else replace(done, known=done.known + 1)
    if someone.consent is Consent.SUPPRESSED or (
        someone.consent is Consent.UNSUBSCRIBED
        and someone.ended is not None
        and someone.ended > (known.confirmed or known.asked)
    ):
        store.save(replace(known, consent=someone.consent, ended=someone.ended))
        return replace(done, ended=done.ended + 1)
    if known.consent is Consent.UNSUBSCRIBED:
        return replace(done, kept_out=done.kept_out + 1)
    return replace(done, known=done.known + 1)


def _rows(data: bytes) -> Iterable[tuple[int, Mapping[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("The file is not UTF-8.", "Save it as CSV in UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        if "address" not in header:
            raise UsageError("The file has no column `address`.", f"Give it a header line: {','.join(COLUMNS)}")
        strange = [cell for cell in header if cell not in (*COLUMNS, TOKEN)]
        if strange:
            raise UsageError(
                f"The file has a column `{strange[0]}` that means nothing here.", f"Known ones: {', '.join(COLUMNS)}"
            )
        line = reader.line_num
        for cells in reader:
            first, line = line + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield first, {key: _bare(cell) for key, cell in zip(header, cells, strict=False)}
    except csv.Error as error:
        raise UsageError(f"Line {reader.line_num} of the file is not CSV: {error}.", "Save it as CSV again.") from error


def _someone(
    row: Mapping[str, str], *, source: str, now: datetime, known_ids: frozenset[str] | None, locales: Sequence[str]
) -> Subscriber:
    consent = _word(Consent, row, "consent", Consent.PENDING)
    asked, confirmed, ended = (_time(row, name) for name in ("asked", "confirmed", "ended"))
    if consent is Consent.CONFIRMED and confirmed is None:
        raise ValueError("It says confirmed but not when; without that time we may not write.")
    if any(moment is not None and moment > now for moment in (asked, confirmed, ended)):
        raise ValueError("It names a time in the future.")
    if consent in {Consent.UNSUBSCRIBED, Consent.SUPPRESSED} and ended is None:
        ended = now
    components = tuple(row.get("components", "").split())
    unknown = [c for c in components if known_ids is not None and c not in known_ids]
    if unknown:
        raise ValueError(f"No component or group is called {unknown[0]!r}.")
    locale = row.get("locale") or (locales[0] if locales else "en")
    if locales and locale not in locales:
        raise ValueError(f"The site does not speak {locale[:40]!r}; it speaks {', '.join(locales)}.")
    wishes = Wishes(
        components=components,
        severity=_word(Severity, row, "severity", Severity.SEV4),
        maintenance=_truth(row, "maintenance"),
        frequency=_word(Frequency, row, "frequency", Frequency.IMMEDIATE),
        locale=locale,
    )
    fresh = new_subscriber(row.get("address", ""), now=asked or confirmed or now, wishes=wishes, source=source)
    token = row.get(TOKEN, "")
    return replace(
        fresh,
        consent=consent,
        confirmed=confirmed,
        ended=ended,
        source=row.get("source") or source,
        token=token if len(token) >= MIN_TOKEN else fresh.token,
    )


def _word(kind: type[E], row: Mapping[str, str], name: str, default: E) -> E:
    text = row.get(name, "").strip().casefold()
    if not text:
        return default
    if text not in {str(member) for member in kind}:
        raise ValueError(f"{name} is {text[:40]!r}; it can be {', '.join(str(member) for member in kind)}.")
    return kind(text)


def _truth(row: Mapping[str, str], name: str) -> bool:
    text = row.get(name, "").strip().casefold()
    if text in _NO:
        return False
    if text and text not in _YES:
        raise ValueError(f"{name} is {text[:40]!r}; it can be yes or no.")
    return True


def _time(row: Mapping[str, str], name: str) -> datetime | None:
    text = row.get(name, "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{name} is {text[:40]!r}; write a time with its zone, like 2026-11-20T14:05:00Z.")
    return found.astimezone(UTC)


def _cells(someone: Subscriber) -> Mapping[str, str]:
    wishes = someone.wishes
    return {
        "address": someone.address,
        "locale": wishes.locale,
        "frequency": str(wishes.frequency),
        "severity": str(wishes.severity),
        "components": " ".join(wishes.components),
        "maintenance": "yes" if wishes.maintenance else "no",
        "consent": str(someone.consent),
        "asked": _shown(someone.asked),
        "confirmed": _shown(someone.confirmed),
        "ended": _shown(someone.ended),
        "source": someone.source,
        TOKEN: someone.token,
    }


def _shown(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell
