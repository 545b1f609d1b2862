"""One publisher at a time on a target: a lease that lapses by itself, with a fencing token.

The lease is one object, changed by conditional writes alone. Rules:

- Whoever finds it free takes it, with a token one higher. Whoever finds it held waits.
- It lapses when it has not changed for `ttl_s` on the *observer's* monotonic clock. No wall clock is ever compared, so
  machines whose clocks are ten minutes apart agree.
- The holder renews it when a third of its time is over, looking at its clock before each write, and asks the store (by
  renewing) before removals. A renewal that meets a conflict means the lease is lost: the holder stops.
- It carries the holder's intent: the live paths it is about to change. When a holder dies, the next one treats those as
  unsure, and writes them whatever the manifest says.
- It is given back with no request of its own: the pointer that a publisher writes last names the lease's version. While
  the lease has that version, it is free, and the next publisher takes it without reading it. A publisher that has
  something to do after its pointer (removals) names none, and gives the lease back by a write.
- It is never deleted: a free lease keeps the token.

What this cannot rule out, on plain S3: a holder that is frozen between asking and one single write, for longer than the
lease. That write still names the version it expects, so it fails unless exactly the bytes it knew are there again; and
on waking the holder finds the lease lost and puts right what it did (`deliver.repair`).
"""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from publisher.deliver.reading import read_pointer
from publisher.model.digest import canonical_json
from publisher.model.errors import ConflictError, RefusedError, StorageError, SupersededError
from publisher.ports import Clock, Headers, ObjectStore, Version
from publisher.release.pointer import LEASE, GivenBack, Pointer

_HEADERS: Headers = (("cache-control", "no-store"), ("content-type", "application/json"))
_RENEW_AT = 1 / 3
"""Share of the lease's time after which a holder renews."""
_FORMAT, _FORMER = 2, 1
_POLLS = 20
"""Looks at a held lease per lease time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseState:
    """The lease as the store holds it.

    Attributes:
        token: rises with each holder.
        beat: rises with each renewal, so that no two states have the same bytes.
        generation: the release it was taken for.
        intent: live paths that may hold anything until the holder is done.
        tidy: whether the last holder came to its end; if not, objects may lie there that nothing names.
        versions: live path → version it was last written with; told by the former protocol alone.
    """

    token: int
    holder: str
    held: bool
    ttl_s: float
    beat: int = 0
    generation: int = 0
    intent: tuple[str, ...] = ()
    tidy: bool = False
    versions: Mapping[str, Version] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether nobody is at work and nobody left anything half done."""
        return not self.held and not self.intent


def read_lease(store: ObjectStore, *, pointer: Pointer | None = None) -> tuple[LeaseState | None, Version | None]:
    """Read the lease and its version; (None, None) when nobody ever published here.

    Args:
        store: the target.
        pointer: as read before, if it was; it may have given the lease back.
    """
    if (there := store.get(LEASE)) is None:
        return None, None
    state = _parse(there.body, where=f"{LEASE} on {store.name}")
    if state.held:
        if pointer is None and (found := read_pointer(store)) is not None:
            pointer = found[0]
        if pointer is not None and pointer.lease is not None and pointer.lease.version == there.version:
            state = replace(state, held=False, intent=(), tidy=True)
    return state, there.version


class Lease:
    """A lease that is held, by this process. Safe for use by several threads.

    Attributes:
        before: the state it was taken from; None for the first ever.
        unread: whether it was taken without reading it: nobody had it since the pointer that gave it back.
    """

    def __init__(
        self,
        store: ObjectStore,
        clock: Clock,
        *,
        state: LeaseState,
        version: Version,
        sent: float,
        before: LeaseState | None,
        unread: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._state = state
        self._version = version
        self._confirmed = sent
        self._lock = threading.Lock()
        self._unconfirmed: set[str] = set()
        self._complete: set[str] = set()
        self.before = before
        self.unread = unread

    @property
    def token(self) -> int:
        """The fencing token."""
        return self._state.token

    @property
    def renew_every_s(self) -> float:
        """How often to call `keep` while waiting, seconds."""
        return self._state.ttl_s * _RENEW_AT

    @property
    def unconfirmed(self) -> frozenset[str]:
        """Keys touched since the store last said that the lease is ours."""
        with self._lock:
            return frozenset(self._unconfirmed)

    @contextlib.contextmanager
    def changing(self, keys: Iterable[str]) -> Iterator[None]:
        """Guard one change: see that the lease is ours, and remember the keys until that is confirmed again."""
        named = set(keys)
        with self._lock:
            self._keep()
            self._unconfirmed |= named
            self._complete -= named
        yield
        with self._lock:
            self._complete |= named

    def keep(self) -> None:
        """Renew if it is time to."""
        with self._lock:
            self._keep()

    def confirm(self, *, intent: tuple[str, ...] | None = None) -> None:
        """Ask the store whether the lease is ours, by renewing it; maybe with a new intent.

        Raises:
            SupersededError: it is another's.
        """
        with self._lock:
            self._confirm(self._state.intent if intent is None else intent)

    def free(self, *, intent: tuple[str, ...] = (), tidy: bool = False) -> None:
        """Let go. `intent` names paths left half done, for the next holder."""
        with self._lock:
            self._write(replace(self._state, held=False, intent=intent, tidy=tidy))

    def given_back(self) -> GivenBack:
        """Say what a pointer must name to give this lease back. A renewal after this makes it void."""
        with self._lock:
            return GivenBack(version=self._version, token=self._state.token)

    def _keep(self) -> None:
        if self._clock.monotonic() - self._confirmed > self._state.ttl_s * _RENEW_AT:
            self._confirm(self._state.intent)

    def _confirm(self, intent: tuple[str, ...]) -> None:
        sent, complete = self._clock.monotonic(), frozenset(self._complete)
        self._write(replace(self._state, beat=self._state.beat + 1, intent=intent))
        self._confirmed = sent
        self._unconfirmed -= complete
        self._complete -= complete

    def _write(self, state: LeaseState) -> None:
        body = _render(state)
        try:
            self._version = self._store.put_if(LEASE, body, _HEADERS, expected=self._version)
        except ConflictError:
            self._version = self._write_again(state, body)
        self._state = state

    def _write_again(self, state: LeaseState, body: bytes) -> Version:
        """Write over our own earlier renewal, whose answer was lost; if it is not ours, the lease is lost."""
        there, version = read_lease(self._store)
        lost = SupersededError(
            f"Another publisher took over {self._store.name} while this one was held up.",
            "Look at what is live; publish again if your change is not there.",
        )
        if there is None or (there.holder, there.token) != (state.holder, state.token):
            raise lost
        try:
            return self._store.put_if(LEASE, body, _HEADERS, expected=version)
        except ConflictError as error:
            raise lost from error


def take(
    store: ObjectStore,
    clock: Clock,
    *,
    intent: Callable[[LeaseState | None], tuple[str, ...]],
    ttl_s: float,
    wait_s: float,
    meanwhile: Callable[[], None],
    generation: int = 0,
    given_back: GivenBack | None = None,
    seen: tuple[LeaseState | None, Version | None] | None = None,
) -> Lease:
    """Take the lease, waiting for another holder to finish or to lapse.

    Args:
        store: the target.
        clock: to wait by.
        intent: live paths to be changed, given the state the lease is taken from.
        ttl_s: after how many seconds without renewal others may take it.
        wait_s: how long to wait for a holder that is alive.
        meanwhile: called at each look while waiting; raises to give up.
        generation: of the release it is for.
        given_back: what the live pointer says of the last lease.
        seen: the lease as it was read a moment ago, if it was; a guess that saves reading it again.

    Raises:
        RefusedError: another publisher was at work all the time.
    """
    holder = secrets.token_hex(8)

    def try_for(state: LeaseState | None, version: Version | None, *, unread: bool = False) -> Lease:
        mine = LeaseState(
            token=(state.token if state else 0) + 1,
            holder=holder,
            held=True,
            ttl_s=ttl_s,
            generation=generation,
            intent=intent(state),
        )
        sent = clock.monotonic()
        taken = store.put_if(LEASE, _render(mine), _HEADERS, expected=version)
        return Lease(store, clock, state=mine, version=taken, sent=sent, before=state, unread=unread)

    if given_back is not None:
        free = LeaseState(token=given_back.token, holder="", held=False, ttl_s=ttl_s, tidy=True)
        with contextlib.suppress(ConflictError):
            return try_for(free, given_back.version, unread=True)
    elif seen is not None and (seen[0] is None or not seen[0].held):
        with contextlib.suppress(ConflictError):
            return try_for(*seen)
    began, met, since = clock.monotonic(), None, 0.0
    while True:
        looked = clock.monotonic()
        state, version = read_lease(store)
        if state is None or not state.held or (version == met and looked - since >= state.ttl_s):
            try:
                return try_for(state, version)
            except ConflictError:
                meanwhile()
        elif version != met:
            # counted from after the answer, so that the holder had its full time
            met, since = version, clock.monotonic()
        if clock.monotonic() - began > wait_s:
            raise RefusedError(
                f"Another publisher has been at work on {store.name} for over {wait_s:.0f} seconds.",
                "Wait for it to end and publish again.",
            )
        meanwhile()
        clock.sleep(min(1.0, ttl_s / _POLLS) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter


def _render(state: LeaseState) -> bytes:
    return canonical_json(
        {
            "format": _FORMAT,
            "token": state.token,
            "holder": state.holder,
            "state": "held" if state.held else "free",
            "ttl_s": state.ttl_s,
            "beat": state.beat,
            "generation": state.generation,
            "intent": list(state.intent),
            "tidy": state.tidy,
        }
    )


def _parse(body: bytes, *, where: str) -> LeaseState:
    try:
        data = json.loads(body)
        generation, tidy, versions = 0, False, {}
        if data["format"] == _FORMAT:
            generation, tidy = int(data["generation"]), bool(data["tidy"])
        elif data["format"] != _FORMER:
            raise ValueError(f"format {data['format']!r}")  # noqa: TRY301 - one message for all
        elif (memory := data["memory"]) is not None:
            versions = {str(path): str(version) for path, version in memory["versions"].items()}
            generation = max((int(number) for number, _ in memory["releases"]), default=0)
        return LeaseState(
            token=int(data["token"]),
            holder=str(data["holder"]),
            held=data["state"] == "held",
            ttl_s=float(data["ttl_s"]),
            beat=int(data["beat"]),
            generation=generation,
            intent=tuple(map(str, data["intent"])),
            tidy=tidy,
            versions=versions,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"The lease {where} cannot be read.", "Make sure nobody is publishing, remove it and publish again."
        ) from error
