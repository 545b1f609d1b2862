"""What must not leave the house, found in any text: by shape, by name, however disguised. And what stands in its stead.

One `Redactor` serves editor, pull request, preview, gate and the last look at the bytes that go out.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from publisher.checks import disguise
from publisher.checks.detectors import Hit, shapes
from publisher.checks.unmask import unmask
from publisher.model.policy import Policy
from publisher.model.redaction import Redaction, Sort, Term
from publisher.model.site import Site

_WORD_END = re.compile(r"[\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    sort: Sort
    name: str
    term: disguise.Term
    instead: str | None
    raw: str
    """Its letters and digits, `rn` not taken for `m`; for the quick look."""


class Redactor:
    """Finds and replaces.

    Args:
        redaction: the house's policy.
        own: what the house shows of itself: hosts and addresses that may be said.
    """

    def __init__(self, redaction: Redaction, own: Iterable[str] = ()) -> None:
        self._redaction = redaction
        self._sought = tuple(
            _Sought(
                sort=sort,
                name=name,
                term=disguise.term(term.words),
                instead=term.instead,
                raw=disguise.letters(term.words),
            )
            for sort, name, terms in (
                (Sort.CUSTOMER, "a customer's name", redaction.customers),
                (Sort.WORD, "a word of the inside", redaction.words),
            )
            for term in terms
            if _is_sayable(term)
        )
        self._tickets = _prefixed(redaction.tickets)
        self._hosts = _below(redaction.hosts)
        plain = {entry.strip().casefold() for entry in (*redaction.allow, *own) if entry.strip()}
        self._networks = tuple(found for entry in plain if (found := _network(entry)) is not None)
        self._allowed = frozenset(plain)

    @property
    def replaces(self) -> bool:
        """Whether any text is changed."""
        return self._redaction.replaces

    def hits(self, text: str) -> tuple[Hit, ...]:
        """Give what stands in a text, in order, none within another.

        Args:
            text: Markdown, a field, or anything else people read. At most as long as an update.
        """
        if not text:
            return ()
        found = [*self._shaped(text), *self._named(text)]
        found.sort(key=lambda hit: (hit.start, -hit.end, hit.sort))
        kept: list[Hit] = []
        for hit in found:
            if not kept or hit.start >= kept[-1].end:
                kept.append(hit)
            elif Sort.SECRET in (hit.sort, kept[-1].sort):
                # whatever else it is, nothing of it may be repeated
                before = kept[-1]
                secret = hit if hit.sort is Sort.SECRET else before
                kept[-1] = replace(secret, start=before.start, end=max(before.end, hit.end))
        return tuple(kept)

    def instead(self, hit: Hit, text: str) -> str | None:
        """Give what readers get in a hit's stead; None where it may not be said at all."""
        if hit.sort in (Sort.CUSTOMER, Sort.WORD):
            written = disguise.fold(text[hit.start : hit.end]).chars
            for one in self._sought:
                if one.instead is not None and one.sort is hit.sort and one.term.folded in written:
                    return one.instead
        return self._redaction.instead.get(hit.sort)

    def replaced(self, text: str) -> str:
        """Give a text with what policy replaces replaced. What may not be said at all still stands in it."""
        pieces, last = [], 0
        for hit in self.hits(text):
            instead = self.instead(hit, text)
            if instead is None:
                continue
            pieces += [text[last : hit.start], instead]
            last = hit.end
        return "".join([*pieces, text[last:]]) if pieces else text

    def may_hold(self, text: str) -> bool:
        """Say quickly whether a long text may hold one of the names; if so, `hits` knows."""
        if not self._sought:
            return False
        plain = disguise.letters(text)
        merged = disguise.merged(plain)
        return any(one.raw in plain or one.term.folded in merged for one in self._sought) or any(
            disguise.find(one.term, inner) is not None
            for _start, _end, inner in disguise.hidden(text)
            for one in self._sought
        )

    def shaped(self, text: str) -> tuple[Hit, ...]:
        """Give what stands in a text by its shape alone. The text is without disguise, and may be long."""
        return tuple(self._seen(text, range(len(text) + 1)))

    def named(self, text: str) -> tuple[Hit, ...]:
        """Give the names that stand in a text, however disguised."""
        return tuple(self._named(text))

    def _shaped(self, text: str) -> Iterator[Hit]:
        yield from self._seen(text, range(len(text) + 1))
        clear = unmask(text)
        if clear.text != text:
            yield from self._seen(clear.text, clear.starts)

    def _seen(self, text: str, starts: Sequence[int]) -> Iterator[Hit]:
        for hit in (*shapes(text), *self._ours(text)):
            if not self._is_allowed(hit, text):
                yield Hit(sort=hit.sort, name=hit.name, start=starts[hit.start], end=starts[hit.end - 1] + 1)

    def _ours(self, text: str) -> Iterator[Hit]:
        """Find ids and domains that only this house has."""
        for pattern, sort, name in (
            (self._tickets, Sort.TICKET, "the id of a ticket"),
            (self._hosts, Sort.HOST, "a host of the inside"),
        ):
            if pattern is not None:
                for found in pattern.finditer(text):
                    yield Hit(sort=sort, name=name, start=found.start(), end=found.end())

    def _named(self, text: str) -> Iterator[Hit]:
        if not self._sought:
            return
        yield from self._spelt(text, range(len(text) + 1))
        clear = unmask(text)
        if clear.text != text:
            yield from self._spelt(clear.text, clear.starts)

    def _spelt(self, text: str, starts: Sequence[int]) -> Iterator[Hit]:
        folded = disguise.fold(text)
        for one in self._sought:
            for start, end in disguise.spans(one.term, text, folded):
                # an ending belongs to the name: `Lindmarks`
                rest = _WORD_END.match(text, end)
                stop = rest.end() if rest and one.term.open_end else end
                yield Hit(sort=one.sort, name=one.name, start=starts[start], end=starts[stop - 1] + 1)

    def _is_allowed(self, hit: Hit, text: str) -> bool:
        if hit.sort is Sort.SECRET:
            return False
        said = text[hit.start : hit.end].casefold().rstrip(".")
        if said in self._allowed:
            return True
        if hit.sort is Sort.NETWORK:
            return self._is_in_network(said)
        parts = re.split(r"[@.]", said)
        domains = {".".join(parts[place:]) for place in range(len(parts) - 1)}
        return bool(domains & self._allowed) if hit.sort in (Sort.HOST, Sort.PERSON) else False

    def _is_in_network(self, said: str) -> bool:
        address = _network(said)
        return address is not None and any(
            address.version == network.version and address.subnet_of(network)  # type: ignore[arg-type] # same version
            for network in self._networks
        )


def own_names(site: Site, policy: Policy) -> tuple[str, ...]:
    """Give what a site says of itself: its hosts, those that its foot leads to, and where its mail comes from."""
    listed = (
        *(site.url, site.second_url, site.websub, site.brand.contact, policy.email.sender, policy.email.reply_to),
        *(link for _label, link in site.brand.links),
    )
    return tuple(urlsplit(one).hostname or one.removeprefix("mailto:") for one in listed if one)


def _is_sayable(term: Term) -> bool:
    return bool(disguise.term(term.words).folded)


def _prefixed(prefixes: Sequence[str]) -> re.Pattern[str] | None:
    if not prefixes:
        return None
    listed = "|".join(re.escape(prefix.rstrip("-#")) for prefix in prefixes)
    return re.compile(rf"(?<![\w-])(?:{listed})[-#\u2010-\u2015 ]?\d{{1,9}}(?!\w)", re.IGNORECASE)


def _below(domains: Sequence[str]) -> re.Pattern[str] | None:
    if not domains:
        return None
    listed = "|".join(re.escape(domain.strip(".")) for domain in domains)
    return re.compile(rf"(?<![\w.-])(?:[\w-]+\.)*(?:{listed})(?![\w-]|\.[\w-])", re.IGNORECASE)


def _network(said: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(said, strict=False)
    except ValueError:
        return None
