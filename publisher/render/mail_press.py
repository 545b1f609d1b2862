"""Mails for many: a wording is set once and printed for each reader, byte for byte as `render_mail` would write it.

What differs between two readers of the same words is an address, a token, the message's name and the date. A form
holds everything else as finished bytes, read again by the guard when it was made. Three rules keep it honest:

1. `render_mail` says what is right. A form is made from what it wrote, and is used only if it gives back, for a real
   reader, every byte that `render_mail` wrote for that reader.
2. The places for what differs are marked by digests of the words themselves, which no words can hold: nothing that
   somebody typed is ever taken for a place.
3. What goes into a place is of a small alphabet, so that it means the same in a header, in HTML, in text and in an
   address. Anybody whose address or token is not gets their mail from `render_mail`.
"""

from __future__ import annotations

import binascii
import functools
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import quoprimime
from email.utils import format_datetime

from publisher.model.delivery import Envelope
from publisher.model.digest import Plain, short_id
from publisher.model.errors import RefusedError
from publisher.model.policy import EmailPolicy
from publisher.model.site import Site
from publisher.model.subscriber import Subscriber
from publisher.render.mail import boundary, from_plain, locale_for, message_id, render_mail, render_page
from publisher.render.mail_headers import LINE_LIMIT

STENCILS = 24
"""Lengths of addresses for which a form keeps a stencil, as large as the message."""
KEPT = 256
"""Forms kept at most: a day's digests come in as many mixtures as people have wishes."""
_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
_ADDRESS_LIMIT = 180
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_JOB = re.compile(r"[a-z0-9]{1,64}")
_PLACES = b"address", b"token", b"job", b"boundary", b"date"
_CRLF = b"\r\n"
_QP_LINE = 78
_BASE64_BYTES = 57
"""What the standard library puts on a line of each."""


class Press:
    """Writes the mails of a run.

    Args:
        site: whose page it is.
        policy: sender and way out.
    """

    def __init__(self, *, site: Site, policy: EmailPolicy) -> None:
        self._site = site
        self._policy = policy
        # the words are kept with what was made of them: as long as they are, nothing else has their identity
        self._forms: OrderedDict[tuple[str, tuple[int, ...]], _Known] = OrderedDict()

    def mail(self, words: Sequence[Plain], *, subscriber: Subscriber, job: str, now: datetime) -> Envelope:
        """Write the one message that tells a subscriber of updates.

        Args:
            words: the updates as `to_plain` wrote them, at least one; never changed while the press is used.
            subscriber: who gets it.
            job: stable name of the message, `[a-z0-9]+`.
            now: for `Date`.

        Raises:
            RefusedError: what came out is not what was meant; it must not be sent.
            TypeError, KeyError, ValueError: the words are not what `to_plain` writes.
        """
        key = locale_for(subscriber.wishes.locale, self._site), tuple(map(id, words))
        found = self._forms.get(key)
        simple = _simple(subscriber, job)
        if found is not None and found.form is not None and simple:
            return found.form.print(subscriber, job=job, now=now)
        envelope = render_mail(
            [from_plain(one) for one in words],
            site=self._site,
            subscriber=subscriber,
            policy=self._policy,
            job=job,
            now=now,
        )
        if found is None:
            self._forms[key] = _Known(words=tuple(words))
            if len(self._forms) > KEPT:
                self._forms.popitem(last=False)
        elif simple and not found.tried:
            # the second reader of the same words: there may be many more
            form = self._set(words, subscriber, now=now)
            good = form is not None and form.print(subscriber, job=job, now=now) == envelope
            self._forms[key] = _Known(words=found.words, form=form if good else None, tried=True)
        return envelope

    def _set(self, words: Sequence[Plain], subscriber: Subscriber, *, now: datetime) -> _Form | None:
        """Make a form; None where the words do not lend themselves to one."""
        updates = [from_plain(one) for one in words]
        places = _Places.of(f"{updates!r}", message_id("job", self._policy).partition("@")[2])
        nobody = replace(subscriber, address=places.address, token=places.token)
        try:
            page = render_page(updates, site=self._site, subscriber=nobody, policy=self._policy)
            envelope = render_mail(
                updates, site=self._site, subscriber=nobody, policy=self._policy, job=places.job, now=now
            )
        except RefusedError:
            return None
        return _form_of(envelope, places, (page.text, page.html), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """The marks of what differs, as they stand in a message to nobody."""

    address: str
    token: str
    job: str
    domain: str

    @classmethod
    def of(cls, words: str, domain: str) -> _Places:
        mark = functools.partial(short_id, words, length=25)
        return cls(
            address=f"a{mark('address')}@example.org", token=f"t{mark('token')}", job=f"j{mark('job')}", domain=domain
        )

    @property
    def boundary(self) -> bytes:
        return boundary(f"{self.job}@{self.domain}").encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part's body: what is the same for all as bytes, what is not as lines to be encoded.

    Attributes:
        base64: the way it is encoded; else quoted-printable.
        pieces: in order; text holds places.
    """

    base64: bool
    pieces: tuple[bytes | str, ...]

    def encoded(self, places: _Places, address: str, token: str) -> bytes:
        """Give the bytes, CRLF."""
        out = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                out.append(piece)
            else:
                mine = piece.replace(places.address, address).replace(places.token, token)
                out.append(_base64(mine.encode()) if self.base64 else _quoted(mine.encode()))
        return b"".join(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stencil:
    """A whole message for all readers whose address, token and name are as long as each other's.

    Simple characters stand for themselves in every encoding but base64, so where lines are broken depends on lengths
    alone.

    Attributes:
        pieces: in order; those of `holes` are empty.
        holes: (which piece, which of `_PLACES`, from, to): a line may be broken in the middle of an address.
    """

    pieces: tuple[bytes, ...]
    holes: tuple[tuple[int, int, int, int], ...]

    def filled(self, mine: Sequence[bytes]) -> bytes:
        """Give the message."""
        out = list(self.pieces)
        for piece, place, begin, end in self.holes:
            out[piece] = mine[place][begin:end]
        return b"".join(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A message with places.

    Attributes:
        places: their marks.
        frame: header, boundaries and the parts' own headers, cut at the places: even items are the same for all, odd
            ones name a place.
        parts: bodies, by the name of their place.
        sender: for the envelope.
        stencils: by the lengths of address, token and name.
    """

    places: _Places
    frame: tuple[bytes, ...]
    parts: Mapping[bytes, _Part]
    sender: str
    stencils: dict[tuple[int, int, int], _Stencil] = field(default_factory=dict)

    def print(self, subscriber: Subscriber, *, job: str, now: datetime) -> Envelope:
        """Write the message for a reader whose address and token are simple."""
        name = f"{job}@{self.places.domain}"
        address, token = subscriber.address, subscriber.token
        mine = (
            address.encode(),
            token.encode(),
            job.encode(),
            boundary(name).encode(),
            _date(now.replace(microsecond=0)),
        )
        lengths = len(address), len(token), len(job)
        stencil = self.stencils.get(lengths)
        wire = stencil.filled(mine) if stencil else self._set(mine)
        if stencil is None and len(self.stencils) < STENCILS and not any(p.base64 for p in self.parts.values()):
            stencil = _stencil_of(self._set, tuple(map(len, mine)))
            if stencil.filled(mine) == wire:
                self.stencils[lengths] = stencil
        return Envelope(message_id=name, sender=self.sender, recipient=address, wire=wire)

    def _set(self, mine: Sequence[bytes]) -> bytes:
        """Write the message, from what goes to each of `_PLACES`."""
        address, token = mine[0].decode(), mine[1].decode()
        known = dict(zip(_PLACES, mine, strict=True))
        known |= {name: part.encoded(self.places, address, token) for name, part in self.parts.items()}
        frame = list(self.frame)
        frame[1::2] = [known[place] for place in frame[1::2]]
        return b"".join(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Words that came by, and their form if they have one."""

    words: tuple[Plain, ...]
    form: _Form | None = None
    tried: bool = False


def _stencil_of(print_: Callable[[Sequence[bytes]], bytes], lengths: Sequence[int]) -> _Stencil:
    """Find the holes: print twice for each place, with one letter in it and with another, and see what differs."""
    fill = [b"a" * length for length in lengths]
    plain = print_(fill)
    number = int.from_bytes(plain, "big")
    found: list[tuple[int, int, int, int]] = []
    for place, length in enumerate(lengths):
        other = print_([*fill[:place], b"b" * length, *fill[place + 1 :]])
        differs = (number ^ int.from_bytes(other, "big")).to_bytes(max(len(plain), len(other)), "big")
        done = 0
        for run in re.finditer(rb"[^\0]+", differs):
            at = run.start()
            while at < run.end():
                begin = done % length
                size = min(run.end() - at, length - begin)
                found.append((at, place, begin, begin + size))
                at, done = at + size, done + size
    pieces, holes, last = [], [], 0
    for at, place, begin, end in sorted(found):
        pieces += [plain[last:at], b""]
        holes.append((len(pieces) - 1, place, begin, end))
        last = at + end - begin
    return _Stencil(pieces=(*pieces, plain[last:]), holes=tuple(holes))


def _simple(subscriber: Subscriber, job: str) -> bool:
    address = subscriber.address
    return (
        len(address) <= _ADDRESS_LIMIT
        and _ADDRESS.fullmatch(address) is not None
        and _TOKEN.fullmatch(subscriber.token) is not None
        and _JOB.fullmatch(job) is not None
    )


@functools.lru_cache(maxsize=4)
def _date(now: datetime) -> bytes:
    return format_datetime(now.astimezone(UTC)).encode()


def _form_of(envelope: Envelope, places: _Places, texts: tuple[str, str], now: datetime) -> _Form | None:
    head, _, body = envelope.wire.partition(_CRLF * 2)
    edge = b"--" + places.boundary
    cut = body.split(edge)
    date = _CRLF + b"Date: " + _date(now.replace(microsecond=0)) + _CRLF
    if len(cut) != 4 or head.count(date) != 1:  # noqa: PLR2004 - before, text, HTML, after
        return None
    # A line of the header grows by what differs; where it might grow too long, everybody is written to one by one.
    if max(map(len, head.split(_CRLF))) > LINE_LIMIT - 2 * _ADDRESS_LIMIT:
        return None
    parts, bodies = {}, []
    for name, piece, text in ((b"text", cut[1], texts[0]), (b"html", cut[2], texts[1])):
        own, _, encoded = piece.partition(_CRLF * 2)
        part = _part(own, text, places)
        if part is None:
            return None
        same = part.encoded(places, places.address, places.token)
        if not encoded.startswith(same):
            return None
        parts[name] = part
        bodies += [own + _CRLF * 2, name, encoded[len(same) :]]
    marks = {
        b"address": places.address.encode(),
        b"token": places.token.encode(),
        b"job": places.job.encode(),
        b"boundary": places.boundary,
    }
    before, _, after = head.partition(date)
    line = b"--", b"boundary"
    frame = _joined(
        _cut(before, marks),
        (_CRLF + b"Date: ", b"date", _CRLF),
        _cut(after, marks),
        (_CRLF * 2 + cut[0] + line[0], line[1], bodies[0]),
        (b"", *bodies[1:3]),
        (line[0], line[1], bodies[3]),
        (b"", *bodies[4:]),
        (line[0], line[1], cut[3]),
    )
    return _Form(places=places, frame=frame, parts=parts, sender=envelope.sender)


def _cut(text: bytes, marks: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    """Cut at the marks: what is between them, and the names of places, in turns."""
    names = {mark: name for name, mark in marks.items()}
    found = re.split(b"(" + b"|".join(re.escape(mark) for mark in names) + b")", text)
    return tuple(names[piece] if number % 2 else piece for number, piece in enumerate(found))


def _joined(*frames: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Put frames one after the other: the last piece of one and the first of the next become one."""
    out = [b""]
    for frame in frames:
        out[-1] += frame[0]
        out += frame[1:]
    return tuple(out)


def _part(own: bytes, text: str, places: _Places) -> _Part | None:
    """Make a part's form; None when how it is encoded could depend on the reader."""
    base64 = own.endswith(b"Transfer-Encoding: base64")
    if not base64 and not own.endswith(b"Transfer-Encoding: quoted-printable"):
        return None
    lines = text.encode().splitlines()
    marks = places.address.encode(), places.token.encode()
    personal = [any(mark in line for mark in marks) for line in lines]
    same = [line for line, mine in zip(lines, personal, strict=True) if not mine]
    # The library chooses by the first ten lines, or sends what is short and plain as it is.
    if any(personal[:10]) or all(line.isascii() and len(line) <= _QP_LINE for line in same):
        return None
    if base64:
        whole = _CRLF.join(lines) + _CRLF
        first = min((at for at in (whole.find(mark) for mark in marks) if at >= 0), default=len(whole))
        first -= first % _BASE64_BYTES
        # a cut inside a character would have to be glued again; go back to one that is none
        while first and not _begins(whole, first):
            first -= _BASE64_BYTES
        return _Part(base64=True, pieces=(_base64(whole[:first]), whole[first:].decode()))
    pieces: list[bytes | str] = []
    for line, mine in zip(lines, personal, strict=True):
        if mine:
            pieces.append(line.decode())
        elif pieces and isinstance(pieces[-1], bytes):
            pieces[-1] += _quoted(line)
        else:
            pieces.append(_quoted(line))
    return _Part(base64=False, pieces=tuple(pieces))


def _begins(text: bytes, at: int) -> bool:
    """Say whether a character of UTF-8 begins there."""
    return at >= len(text) or text[at] & 0xC0 != 0x80  # noqa: PLR2004 - RFC 3629 section 3


def _quoted(line: bytes) -> bytes:
    """Encode one line as the standard library does, with its end."""
    encoded = quoprimime.body_encode(line.decode("latin-1"), _QP_LINE, eol="\r\n")
    return encoded.encode("ascii") + _CRLF


def _base64(text: bytes) -> bytes:
    lines = range(0, len(text), _BASE64_BYTES)
    return b"".join(binascii.b2a_base64(text[at : at + _BASE64_BYTES], newline=False) + _CRLF for at in lines)
