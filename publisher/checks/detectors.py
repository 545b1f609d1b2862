"""What gives the inside away by its shape: keys, addresses, hosts, paths, personal data. Pure, and one pass each.

Shapes are chosen so that what status pages really say passes: version numbers, public web addresses, times, amounts.
Sources of shapes: RFC 4291 (IPv6), RFC 1918 and 6598 (private IPv4), RFC 7519 (JWT), RFC 7468 (PEM), ISO 13616 (IBAN),
ISO/IEC 7812 (card numbers), E.164 (telephone), and the makers' own documentation of their keys.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from publisher.model.redaction import Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something that was found.

    Attributes:
        sort: what it is.
        name: what people call it: "a private key".
        start, end: where it stands in the text.
    """

    sort: Sort
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What something looks like.

    Attributes:
        sort: what it is.
        name: what people call it.
        pattern: compiled when it is first tried; a group `value` is what is meant, otherwise the whole.
        literals: in small letters; without one of them the pattern is not tried.
        hint: the same as a pattern, quicker than the whole.
        really: says of what was found whether it is meant.
    """

    sort: Sort
    name: str
    pattern: str
    literals: tuple[str, ...] = ()
    hint: str = ""
    really: Callable[[re.Match[str]], bool] | None = None

    def may_stand_in(self, text: str, lowered: str) -> bool:
        """Look quickly."""
        if self.literals and not any(one in lowered for one in self.literals):
            return False
        return not self.hint or _compiled(self.hint).search(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_ROLES: Final = (
    r"db|sql|pg|postgres|mysql|mongo|redis|cache|kafka|zk|etcd|es|web|app|api|lb|proxy|gw|mq|rabbit|queue|worker|job|"
    r"node|kube|k8s|vm|host|srv|server|bastion|vpn|fw|sw|switch|router|nas|san|esx|dc|ns|mx|smtp|backup|jenkins|runner"
)
_STAGES: Final = r"prod|prd|stg|staging|stage|dev|test|qa|uat|live|int|pre"
_TAIL: Final = r"(?:-[a-z0-9]{1,12}){0,3}"

_SECRETS: Final = (
    ("an access key of AWS", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", ("akia", "asia")),
    ("a token of GitHub", r"\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b", ("gh", "github_pat")),
    ("a token of GitLab", r"\bgl(?:pat|dt|rt|cbt)-[A-Za-z0-9_-]{20,}", ("glpat-", "gldt-", "glrt-", "glcbt-")),
    ("a token of Slack", r"\bxox[abposr]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{20,}", ("xox", "xapp-")),
    ("a webhook of Slack", r"\bhooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,}", ("hooks.slack",)),
    (
        "a key of Stripe",
        r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{16,}\b|\bwhsec_[A-Za-z0-9+/=]{20,}",
        ("k_live_", "k_test_", "whsec_"),
    ),
    ("a key of Google", r"\bAIza[0-9A-Za-z_-]{35}", ("aiza",)),
    ("a key of SendGrid", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", ("sg.",)),
    ("a token of npm or PyPI", r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[A-Za-z0-9_-]{40,}", ("npm_", "pypi-")),
    ("a key of an AI service", r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{24,}", ("sk-",)),
    ("a token of Vault or Databricks", r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}|\bdapi[0-9a-f]{32}\b", ("hv", "dapi")),
    ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", ("eyj",)),
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----", ("private key",)),
)
_NAMED: Final = (
    r"(?i:pass(?:word|wd|phrase)?|pwd|secret|token|api[ _-]?key|access[ _-]?key|client[ _-]?secret|bearer|"
    r"passwort|kennwort|authorization)"
    r"(?:[\"'`]?\s*(?:[:=]|:=|\bis\b|\bist\b|\blautet\b)\s*|\s+(?=[^\s]*\d))[\"'`]?"
    r"(?P<value>[^\s\"'`<>,;()]{6,})"
)
_IN_URL: Final = r"\b(?i:[a-z][a-z0-9+.-]{1,20})://[^\s/@:\"'<>]{1,80}:(?P<value>[^\s/@\"'<>]{1,80})@"
_IPV4: Final = r"(?<![\w.:/-])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w-]|\.\d)"
_IPV6: Final = (
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:|::)(?:[0-9A-Fa-f]{0,4}:){1,7}"
    r"(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})(?![\w:])"
)
_MAC: Final = r"(?<![\w:-])[0-9A-Fa-f]{2}(?P<by>[:-])(?:[0-9A-Fa-f]{2}(?P=by)){4}[0-9A-Fa-f]{2}(?![\w:-])"
_INNER: Final = (
    "internal",
    "intern",
    "intra",
    "intranet",
    "local",
    "lan",
    "corp",
    "private",
    "localdomain",
    "home.arpa",
)
_INSIDE: Final = (
    r"(?<![\w.-])(?i:(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+"
    rf"(?:{'|'.join(map(re.escape, _INNER))}))\b(?!\.[A-Za-z]|-)"
)
_MACHINE: Final = (
    rf"(?<![\w./@-])(?:(?:{_ROLES})-(?:[a-z0-9]{{1,12}}-){{0,3}}(?:{_STAGES}){_TAIL}"
    rf"|(?:{_STAGES})-(?:[a-z0-9]{{1,12}}-){{0,3}}(?:{_ROLES})(?:-?[a-z0-9]{{1,12}}){{0,3}}"
    rf"|(?:{_ROLES})-?\d{{2,4}}{_TAIL}"
    r"|ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}|i-[0-9a-f]{8,17})(?![\w-])"
)
_TOPS: Final = "etc|var|home|root|usr|opt|srv|mnt|tmp|proc|sys|data|dev|run|boot|Users|Volumes"
_ROOTS: Final = tuple(f"/{top.lower()}/" for top in _TOPS.split("|"))
_FILE: Final = rf"(?<![\w.:/-])/(?:{_TOPS})/[\w.@%+=,:/-]+"
_DATABASE: Final = (
    r"\b(?:jdbc:[a-z]+|postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|ldaps?|mssql)://[^\s\"'<>)]{3,}"
)
_BASES: Final = ("jdbc:", "postgres", "mysql", "mariadb", "mongodb", "redis", "amqp", "ldap", "mssql")
_MAIL: Final = (
    r"(?<![\w.+/-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}\b"
)
_PHONE: Final = r"(?<![\w+.-])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?![\w-])"
_IBAN: Final = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
_CARD: Final = r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)"
_VERSION: Final = r"(?i:\b(?:v|version|release|build|chrome|firefox|safari|sdk|agent|client)[ :]*)\Z"
_MIN_BITS: Final = 2.8
"""Bits in a character from which on a word beside "token" is taken for one."""
_FUNCTIONS: Final = frozenset(
    (
        *("info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "webmaster"),
        *("help", "hello", "contact", "status", "privacy", "billing", "press", "legal", "feedback", "service", "team"),
        *("noreply", "no", "customerservice", "accounts", "orders", "jobs", "trust", "hilfe", "kontakt", "presse"),
    )
)
_SHORTEST_VALUE: Final = 6
_OF_A_TIME: Final = 2
_IBAN_LENGTHS: Final = (15, 34)
_CARD_LENGTHS: Final = (13, 19)
_ISSUERS: Final = frozenset({2, 3, 4, 5, 6})


def _is_ipv4(found: re.Match[str]) -> bool:
    try:
        address = ipaddress.ip_interface(found[0]).ip
    except ValueError:
        return False
    return not address.is_unspecified and not _compiled(_VERSION).search(
        found.string[max(0, found.start() - 24) : found.start()]
    )


def _is_ipv6(found: re.Match[str]) -> bool:
    # times of day have two colons
    if found[0].count(":") <= _OF_A_TIME and "::" not in found[0]:
        return False
    try:
        return not ipaddress.IPv6Address(found[0]).is_unspecified
    except ValueError:
        return False


def _is_person(found: re.Match[str]) -> bool:
    """Say whether an address is somebody's: those of a function (RFC 2142 and what houses add) are for everybody."""
    return re.split(r"[-+._]", found[0].partition("@")[0].lower())[0] not in _FUNCTIONS


def _is_iban(found: re.Match[str]) -> bool:
    plain = found[0].replace(" ", "")
    turned = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return _IBAN_LENGTHS[0] <= len(plain) <= _IBAN_LENGTHS[1] and int(turned) % 97 == 1


def _is_card(found: re.Match[str]) -> bool:
    digits = [int(char) for char in found[0] if char.isdigit()]
    low, high = _CARD_LENGTHS
    # a row of one digit is a rule or a placeholder
    if not low <= len(digits) <= high or digits[0] not in _ISSUERS or len(set(digits)) == 1:
        return False
    weighed = [sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits))]
    return sum(weighed) % 10 == 0


def _is_value(found: re.Match[str]) -> bool:
    """Say whether what stands beside "password" looks like one, and not like the next word of a sentence."""
    value = found["value"].rstrip(".!?:*_")
    if len(value) < _SHORTEST_VALUE or "://" in value or not re.search(r"\d", value):
        return False
    is_mixed = re.search(r"[^\d.,:/-]", value) is not None
    return is_mixed and bits(value) >= _MIN_BITS


def bits(text: str) -> float:
    """Give Shannon's entropy of a text's characters, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


_SHAPES: Final = (
    *(_Shape(sort=Sort.SECRET, name=name, pattern=pattern, literals=some) for name, pattern, some in _SECRETS),
    _Shape(
        sort=Sort.SECRET,
        name="a key of Twilio",
        pattern=r"\b(?:AC|SK)[0-9a-f]{32}\b",
        hint=r"(?:AC|SK)[0-9a-f]{9}",
    ),
    _Shape(
        sort=Sort.SECRET,
        name="a password or token",
        pattern=_NAMED,
        literals=("pass", "pwd", "secret", "token", "key", "bearer", "kennwort", "authorization"),
        hint=r"\d",
        really=_is_value,
    ),
    _Shape(sort=Sort.SECRET, name="a password in an address", pattern=_IN_URL, literals=("@",), hint="://"),
    _Shape(sort=Sort.NETWORK, name="an IP address", pattern=_IPV4, hint=r"\d\.\d", really=_is_ipv4),
    _Shape(sort=Sort.NETWORK, name="an IP address", pattern=_IPV6, hint=r"[0-9A-Fa-f:]:[0-9A-Fa-f:]", really=_is_ipv6),
    _Shape(sort=Sort.NETWORK, name="a MAC address", pattern=_MAC, hint=r"(?:[:-][0-9A-Fa-f]{2}){4}"),
    _Shape(
        sort=Sort.HOST,
        name="a host of the inside",
        pattern=_INSIDE,
        literals=tuple(f".{name}" for name in _INNER),
    ),
    _Shape(
        sort=Sort.HOST,
        name="the name of a machine",
        pattern=_MACHINE,
        hint=rf"[a-z]-?\d\d|-(?:{_STAGES})|(?:{_STAGES})-|ip-\d|i-[0-9a-f]",
    ),
    _Shape(sort=Sort.PATH, name="the place of a file", pattern=_FILE, literals=_ROOTS),
    _Shape(sort=Sort.PATH, name="the place of a file", pattern=r"(?<![\w/.-])~/[\w.@%+=,:/-]{3,}", literals=("~/",)),
    _Shape(
        sort=Sort.PATH,
        name="the place of a file",
        pattern=r"(?<![A-Za-z])[A-Za-z]:\\[^\s\"'<>|]{3,}",
        literals=(":\\",),
    ),
    _Shape(
        sort=Sort.PATH,
        name="a share",
        pattern=r"(?<![\\\w])\\\\[A-Za-z0-9_.-]{2,}\\[^\s\"'<>|]{2,}",
        literals=("\\\\",),
    ),
    _Shape(
        sort=Sort.PATH,
        name="the place of a bucket",
        pattern=r"\b(?:s3|gs|abfss?|wasbs?|hdfs)://[^\s\"'<>)]{3,}",
        literals=("s3://", "gs://", "abfs", "wasb", "hdfs://"),
    ),
    _Shape(
        sort=Sort.PATH,
        name="a resource of AWS",
        pattern=r"\barn:aws[a-z-]*:[a-z0-9-]+:[^\s\"'<>)]{3,}",
        literals=("arn:",),
    ),
    _Shape(sort=Sort.PATH, name="a database's address", pattern=_DATABASE, literals=_BASES),
    _Shape(sort=Sort.PERSON, name="a mail address", pattern=_MAIL, literals=("@",), really=_is_person),
    _Shape(sort=Sort.PERSON, name="a telephone number", pattern=_PHONE, hint=r"\+[1-9]"),
    _Shape(
        sort=Sort.PERSON,
        name="an account number",
        pattern=_IBAN,
        hint=r"[A-Z]{2}\d\d ?[A-Z0-9]{4} ?[A-Z0-9]{4}",
        really=_is_iban,
    ),
    _Shape(sort=Sort.PERSON, name="a card number", pattern=_CARD, hint=r"\d{4}[ -]?\d{4}", really=_is_card),
)


def shapes(text: str) -> Iterator[Hit]:
    """Find what gives the inside away by its shape, in a text without disguise. What overlaps may be given twice."""
    lowered = text.lower()
    for shape in _SHAPES:
        if not shape.may_stand_in(text, lowered):
            continue
        pattern = _compiled(shape.pattern)
        for found in pattern.finditer(text):
            if shape.really is None or shape.really(found):
                start, end = found.span("value") if "value" in pattern.groupindex else found.span()
                yield Hit(sort=shape.sort, name=shape.name, start=start, end=end)
