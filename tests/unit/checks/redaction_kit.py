"""Leaks and clean words for the tests of redaction, all of our own making. No key in here opens anything.

Shapes of keys are put together from pieces, so that nobody's scanner takes this file for a leak.
"""

from __future__ import annotations

import base64
import html
import itertools
import random
import urllib.parse
from collections.abc import Callable

from publisher.model.redaction import Redaction, Sort, Term

POLICY = Redaction(
    words=(Term(words="Bluebird"), Term(words="Warehouse Seven", instead="one of our systems")),
    customers=(Term(words="Lindmark"), Term(words="Old Harbour Bakery"), Term(words="Kessler & Sons")),
    tickets=("OPS", "INC"),
    hosts=("corp.example", "northwind.net"),
    allow=("help@northwind.example", "status.northwind.example", "203.0.113.0/24", "docs.corp.example"),
)
OWN = ("status.northwind.example",)

_ALNUM = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"


def _some(count: int, seed: str, letters: str = _ALNUM) -> str:
    return "".join(random.Random(seed).choices(letters, k=count))


VALUES: dict[Sort, tuple[str, ...]] = {
    Sort.SECRET: (
        "AKIA" + _some(16, "a", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        "ASIA" + _some(16, "b", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        "ghp_" + _some(36, "c"),
        "github_" + "pat_" + _some(60, "d"),
        "glpat-" + _some(20, "e"),
        "xoxb-" + _some(24, "f", "0123456789"),
        "sk_" + "live_" + _some(24, "g"),
        "whsec_" + _some(32, "h"),
        "AIza" + _some(35, "i"),
        "SG." + _some(22, "j") + "." + _some(43, "k"),
        "npm_" + _some(36, "l"),
        "sk-" + "ant-" + _some(40, "m"),
        "hvs." + _some(24, "n"),
        "eyJ" + _some(20, "o") + ".eyJ" + _some(30, "p") + "." + _some(43, "q"),
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "password: Tr0ub4dor3x",
        "the password is hunter2-Moon",
        'api_key="9f8e7d6c5b4a3921"',
        "Bearer 7c1f0aA9e2Qd84kk",
        "das Passwort lautet Winter2026!x",
        "postgres://app:s3cr3tpw@db.example/main",
    ),
    Sort.NETWORK: (
        "10.20.30.40",
        "192.168.1.17",
        "172.16.254.3",
        "100.64.0.9",
        "198.51.100.23",
        "10.0.0.0/8",
        "fd12:3456:789a::1",
        "2001:db8:85a3::8a2e:370:7334",
        "fe80::1ff:fe23:4567:890a",
        "00:1A:2B:3C:4D:5E",
        "00-1a-2b-3c-4d-5f",
    ),
    Sort.HOST: (
        "db-prod-07",
        "prod-eu-db3",
        "redis-03",
        "kafka-staging-eu-1",
        "web042",
        "ip-10-2-33-4",
        "i-0abc123def4567890",
        "vault.corp",
        "grafana.internal",
        "printer.lan",
        "payments.svc.cluster.local",
        "build.corp.example",
        "git.northwind.net",
    ),
    Sort.PATH: (
        "/var/log/payments/error.log",
        "/etc/nginx/nginx.conf",
        "/home/ines/deploy.sh",
        "/opt/app/current",
        "~/secrets/prod.env",
        "C:\\Services\\Payments\\app.config",
        "s3://northwind-backups/2026/11",
        "gs://exports-eu/raw",
        "arn:aws:iam::123456789012:role/deploy",
        "mysql://db/main",
        "jdbc:postgresql://db/main",
    ),
    Sort.PERSON: (
        "ines.marques@example.org",
        "j.doe+alerts@mail.example.net",
        "+49 30 1234567",
        "+1 (415) 555-0133",
        "+44 20 7946 0958",
        "DE89 3704 0044 0532 0130 00",
        "GB82WEST12345698765432",
        "FR14 2004 1010 0505 0001 3M02 606",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "6011 0009 9013 9424",
    ),
    Sort.TICKET: ("OPS-1234", "ops-77", "INC-000451", "INC 4711", "OPS#9"),
    Sort.CUSTOMER: ("Lindmark", "Lindmarks", "Old Harbour Bakery", "Kessler & Sons", "old-harbour-bakery"),
    Sort.WORD: ("Bluebird", "bluebird-2", "Bluebirds"),
}
SENTENCES = (
    "We are looking into it: {}.",
    "Since 13:52 UTC, requests to {} fail for one in ten.",
    "Ursache ist {}, wir arbeiten daran.",
    "- first {} was slow\n- then it stopped",
)
LEAKS: tuple[tuple[Sort, str], ...] = tuple(
    (sort, sentence.format(value)) for sort, values in VALUES.items() for value in values for sentence in SENTENCES
)
"""Sort of leak and a text that holds one."""

TERMS = (
    *("Bluebird", "Lindmark", "Old Harbour Bakery", "Kessler & Sons", "Marlin", "Project Orca", "Vega Cluster"),
    *("Nordhafen", "Hollis Freight", "Quarry Nine", "Tannenberg GmbH", "Silverline", "Copperfield", "Iron Gate"),
    *("Wintergarten", "Zephyr Ring", "Atlas Sud", "Brightwater", "Falconer Ltd", "Moss & Daughters"),
)
_LOOK_ALIKES = str.maketrans("aeiopcxyAEOPCX", "аеіорсхуАЕОРСХ")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def _spread(text: str, sign: str) -> str:
    return text[:2] + sign + text[2:]


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda t: t,
    "upper case": str.upper,
    "full width": lambda t: t.translate(_FULL_WIDTH),
    "accents": lambda t: "".join(char + "\u0301" if char in "aeiou" else char for char in t),
    "zero width": lambda t: _spread(t, "\u200b"),
    "soft hyphen": lambda t: _spread(t, "\u00ad"),
    "decimal entities": lambda t: "".join(f"&#{ord(char)};" for char in t),
    "hexadecimal entities": lambda t: "".join(f"&#x{ord(char):x};" for char in t),
    "named entities": lambda t: html.escape(t).replace(" ", "&nbsp;"),
    "bold in the middle": lambda t: t[:2] + "**" + t[2:4] + "**" + t[4:],
    "a tag in the middle": lambda t: _spread(t, "<b></b>"),
    "a comment in the middle": lambda t: _spread(t, "<!-- x -->"),
    "letters apart": " ".join,
    "percent signs": lambda t: "".join(f"%{byte:02X}" for byte in t.encode()),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "letters of another script": lambda t: t.translate(_LOOK_ALIKES),
    "across lines": lambda t: _spread(t, "\n"),
}
"""The seventeen forms: what hides a name from a search for it."""
assert len(ENCODINGS) == 17

_CLEAN = (
    "We are investigating {what} since {time} UTC.",
    "{what} works again since {time} UTC; we keep watching.",
    "Customers in {where} could see errors with {what} between {time} and 16:40 UTC.",
    "About {share} of requests to {what} failed; orders that were placed are safe.",
    "Please update to version {version} if you see problems with {what}.",
    "Bis {time} Uhr war {what} langsam; betroffen waren Kundinnen und Kunden in {where}.",
    "The maintenance of {what} begins on 2026-11-22 at {time} UTC and takes two hours.",
    "If {what} asks for your password again, sign in as usual.",
    "Answers from the API to GET /v1/orders/{share} took 12.4 seconds, against 0.3 usually.",
    "Use [our help pages](https://help.example.com/a-b/{version}?from=status) meanwhile.",
    "We rotated all tokens of {what}; there is nothing for you to do.",
    "Error code E-4012 means that {what} was busy; try again after {time}.",
    "Refunds of 1,234.50 EUR are paid within 5-7 days in {where}.",
)
_SLOTS: dict[str, tuple[str, ...]] = {
    "what": (
        "card payments",
        "checkout",
        "the reports database",
        "sign-in by e-mail",
        "webhooks",
        "die Suche",
        "the mobile app",
        "exports",
    ),
    "where": ("the EU", "Frankfurt and Paris", "US East (Ohio)", "Österreich", "North America"),
    "time": ("13:52", "09:05", "00:00", "23:59"),
    "share": ("12 %", "1 in 200", "a third"),
    "version": ("1.2.3.4", "v10.4.1.22", "4.0.0", "2026.11.1"),
}


def clean() -> tuple[str, ...]:
    """Give texts that say nothing of the inside."""
    made: dict[str, None] = {}
    for sentence in _CLEAN:
        slots = [name for name in _SLOTS if f"{{{name}}}" in sentence]
        for chosen in itertools.product(*(_SLOTS[name] for name in slots)):
            made[sentence.format(**dict(zip(slots, chosen, strict=True)))] = None
    made |= dict.fromkeys(
        (
            "Write to help@northwind.example, or see https://status.northwind.example/history/.",
            "Our new addresses are 203.0.113.7 and 203.0.113.0/25; please allow them.",
            "See docs.corp.example for how to retry.",
            "Between 10:00:00 and 10:30:15 UTC, one in 20 requests timed out (HTTP 503).",
            "The incident is tracked as #1042 in our public tracker.",
            "IPv6 and IPv4 work; TLS 1.2 and 1.3 too. SHA-256 and UTF-8 as before.",
            "Nothing is lost: 4,111,111 messages were delivered later.",
            "Bluebells bloom; a bird is blue.",
            "An old bakery at the harbour is open.",
            "The operations team (ops) is on it.",
            urllib.parse.quote("https://example.com/a path"),
        )
    )
    return tuple(made)
