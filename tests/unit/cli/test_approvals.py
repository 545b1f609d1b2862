"""5.2, 7.4: who must agree before words go out, by real SSH signatures; forged, stale, replayed, self-given ones are refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.cli.main import cli
from publisher.model.errors import RefusedError

INC = "2026-11-20-card-payments"
OTHER = "2026-11-20-search"
NOW = "2026-11-20T14:10:00Z"
SITE = "site_name: A\nsite_url: https://a.example/\ndocs_dir: site_src\nplugins:\n  - tidings:\n      locales: [en, de]\n      time_zone: Etc/UTC\n"
COMPONENTS = """components:
  checkout: {name: Checkout, owner: payments-lead}
  search: {name: Search}
"""
CHANNELS = "page:\n  targets: {primary: {kind: folder, path: out/site}}\nemail: {enabled: false}\n"
APPROVALS = """owners: true
rules:
  serious: {roles: [legal], severities: [sev1, sev2]}
"""
INCIDENT = """---
title: Card payments failing
category: outage
severity: sev2
components: {checkout: partial_outage}
started: 2026-11-20T13:52:00Z
---

## 2026-11-20 14:05 UTC · Investigating

Some cards are declined. We look into it.
"""
GERMAN = """---
title: Kartenzahlungen schlagen fehl
---

## 2026-11-20 14:05 UTC · Investigating

Einige Karten werden abgelehnt.
"""
PEOPLE = ("amal", "ines", "theo", "mallory")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in (*PEOPLE, "second"):
        ssh_keygen("-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name))
    return folder


def ssh_keygen(*words: str) -> None:
    subprocess.run(["ssh-keygen", *words], check=True, capture_output=True, timeout=60)


def public(keys: Path, name: str) -> str:
    return (keys / f"{name}.pub").read_text().strip()


def people(keys: Path, *, amal: str = "", roles: str = "[legal, pr]") -> str:
    return f"""people:
  amal:
    name: Amal Haddad
    emails: [amal@a.example]
    roles: {roles}
    keys: [{{key: {public(keys, "amal")}{amal}}}]
  ines:
    name: Ines Marques
    emails: [ines@a.example, ines@home.example]
    roles: [payments-lead]
    keys: [{{key: {public(keys, "ines")}}}, {{key: {public(keys, "second")}}}]
  theo:
    name: Theo Brandt
    emails: [theo@a.example]
    roles: [legal, writer]
    keys: [{{key: {public(keys, "theo")}}}]
"""


def git(house: Path, *words: str, who: str = "theo") -> None:
    identity = ["-c", f"user.name={who}", "-c", f"user.email={who}@a.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(house), *identity, *words], check=True, capture_output=True, timeout=60)


def commit(house: Path, message: str = "x", who: str = "theo") -> None:
    git(house, "add", "-A", who=who)
    git(house, "commit", "-qm", message, who=who)


@pytest.fixture(autouse=True, scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Frames are made once for all houses: they are alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDINGS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def house(tmp_path: Path, keys: Path) -> Path:
    files = {
        "mkdocs.yml": SITE,
        "policy/components.yml": COMPONENTS,
        "policy/channels.yml": CHANNELS,
        "policy/people.yml": people(keys),
        "policy/approvals.yml": APPROVALS,
        f"incidents/{INC}/index.md": INCIDENT,
        f"incidents/{INC}/index.de.md": GERMAN,
        "site_src/help.md": "# Help\n",
        ".gitignore": "out/\n.tidings/\n",
    }
    for path, text in files.items():
        write(tmp_path, path, text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.email", "robot@a.example")
    commit(tmp_path, "Write")
    return tmp_path


def write(house: Path, path: str, text: str) -> None:
    (house / path).parent.mkdir(parents=True, exist_ok=True)
    (house / path).write_text(text, encoding="utf-8")


def run(house: Path, *words: str, now: str = NOW) -> Result:
    return CliRunner().invoke(cli, ["--root", str(house), "--now", now, *words], standalone_mode=False)


def sign(house: Path, keys: Path, who: str, *more: str, incident: str = INC, now: str = NOW) -> Result:
    return run(house, "approve", incident, "--yes", "--key", str(keys / who), *more, now=now)


def agree(house: Path, keys: Path, *, incident: str = INC) -> None:
    for who, role in (("amal", "legal"), ("ines", "payments-lead")):
        result = sign(house, keys, who, "--role", role, incident=incident)
        assert result.exception is None, result.exception


def publish(house: Path, *words: str, now: str = NOW) -> tuple[int, str]:
    result = run(house, "publish", *words, now=now)
    assert result.exception is None, result.exception
    return result.return_value, result.output


def is_live(house: Path) -> bool:
    return (house / "out" / "site" / "index.html").exists()


def standing(house: Path, incident: str = INC) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(run(house, "approve", incident, "--format", "json").stdout)
    return found


def test_nothing_goes_out_until_everybody_has_agreed(house: Path, keys: Path) -> None:
    code, said = publish(house)
    assert code == 1
    assert "legal has not approved" in said
    assert "payments-lead has not approved" in said
    assert sign(house, keys, "amal", "--role", "legal").return_value == 1, "one is still missing"
    assert publish(house)[0] == 1
    assert not is_live(house)
    assert sign(house, keys, "ines").return_value == 0
    assert publish(house)[0] == 0
    assert is_live(house)
    assert standing(house)["missing"] == []


def test_without_rules_nobody_is_asked(house: Path) -> None:
    (house / "policy" / "approvals.yml").unlink()
    assert publish(house)[0] == 0
    assert standing(house)["needs"] == []


def test_what_was_received_counts_though_the_file_is_gone(house: Path, keys: Path) -> None:
    agree(house, keys)
    assert publish(house)[0] == 0
    shutil.rmtree(house / "internal")
    shutil.rmtree(house / "out")
    assert publish(house, now="2026-11-21T10:00:00Z")[0] == 0


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("index.md", "declined.", "declined,"),
        ("index.md", "Card payments failing", "Card payments failing "[:-1] + "!"),
        ("index.md", "sev2", "sev1"),
        ("index.md", "partial_outage", "major_outage"),
        ("index.md", "13:52", "13:51"),
        ("index.md", "category: outage", "category: vendor"),
        ("index.md", "Investigating", "Identified"),
        ("index.de.md", "abgelehnt.", "abgelehnt!"),
        ("index.de.md", "schlagen fehl", "gehen nicht"),
    ],
)
def test_any_changed_word_makes_agreement_void(house: Path, keys: Path, path: str, before: str, after: str) -> None:
    agree(house, keys)
    assert publish(house)[0] == 0
    file = house / "incidents" / INC / path
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    assert publish(house, now="2026-11-20T14:20:00Z")[0] == 1
    file.write_text(text)
    assert publish(house, now="2026-11-20T14:30:00Z")[0] == 0, "the words that were agreed to may go out again"


def test_theme_and_pages_around_ask_nobody(house: Path, keys: Path) -> None:
    agree(house, keys)
    assert publish(house)[0] == 0
    write(house, "site_src/help.md", "# Help\n\nMore.\n")
    write(house, "mkdocs.yml", SITE.replace("site_name: A", "site_name: Another"))
    write(house, "policy/components.yml", COMPONENTS.replace("name: Checkout", "name: Till"))
    assert publish(house, now="2026-11-20T14:20:00Z")[0] == 0


def test_t79_an_approval_is_good_for_one_incident_site_wording_and_role(house: Path, keys: Path) -> None:
    write(house, f"incidents/{OTHER}.md", INCIDENT.replace("Card payments", "Search").replace("checkout", "search"))
    commit(house)
    agree(house, keys)
    mine = sorted((house / "internal" / INC / "approvals").iterdir())
    legal = next(file for file in mine if "legal" in file.name)
    good = json.loads(legal.read_text())
    content = standing(house, OTHER)["content"]
    offers = [
        {**good, "incident": OTHER},
        {**good, "incident": OTHER, "content": content},
        {**good, "content": content, "incident": OTHER, "role": "legal"},
    ]
    for number, offer in enumerate(offers):
        write(house, f"internal/{OTHER}/approvals/{number}.json", json.dumps(offer))
        write(house, f"internal/{OTHER}/approvals/moved-{number}.json", legal.read_text())
    assert standing(house, OTHER)["missing"] == ["legal"]
    for change in ({"site": "https://b.example/"}, {"role": "payments-lead"}, {"person": "theo"}, {"signature": "x"}):
        legal.write_text(json.dumps({**good, **change}))
        assert "legal" in standing(house)["missing"], change
    legal.write_text(json.dumps(good))
    assert standing(house)["missing"] == []
    write(house, "mkdocs.yml", SITE.replace("https://a.example/", "https://b.example/"))
    assert set(standing(house)["missing"]) == {"legal", "payments-lead"}


def test_t80_who_wrote_the_words_cannot_agree_to_them(house: Path, keys: Path) -> None:
    assert sign(house, keys, "theo", "--role", "legal").return_value == 1
    assert "legal" in standing(house)["missing"]
    assert any("TID762" in one for one in standing(house)["findings"])
    assert publish(house)[0] == 1


def test_t80_a_co_author_wrote_too_under_any_address(house: Path, keys: Path) -> None:
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("We look", "We are looking"))
    commit(house, "Mend\n\nCo-authored-by: Ines <INES@home.example>")
    agree(house, keys)
    assert standing(house)["missing"] == ["payments-lead"]


def test_t80_whoever_edits_without_committing_wrote_too(house: Path, keys: Path) -> None:
    git(house, "config", "user.email", "amal@a.example")
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("We look", "We are looking"))
    agree(house, keys)
    assert standing(house)["missing"] == ["legal"]


def test_t80_people_are_counted_and_not_their_keys(house: Path, keys: Path) -> None:
    write(house, "policy/approvals.yml", "rules: {two: {roles: [payments-lead], count: 1}}\n")
    write(house, "policy/people.yml", people(keys).replace("roles: [legal, pr]", "roles: [payments-lead]"))
    write(house, "policy/approvals.yml", "rules: {two: {roles: [payments-lead], count: 2}}\n")
    assert sign(house, keys, "ines").return_value == 1
    file = next((house / "internal" / INC / "approvals").iterdir())
    file.rename(file.with_name("first.json"))
    assert sign(house, keys, "second").return_value == 1, "the same person with another key"
    assert sign(house, keys, "amal").return_value == 0
    assert publish(house)[0] == 0


@pytest.mark.parametrize(
    "bound",
    [
        ", until: 2026-11-20T14:09:59Z",
        ", since: 2026-11-20T14:10:01Z",
        ", revoked: 2026-11-20T14:00:00Z",
    ],
)
def test_t81_a_key_out_of_its_time_neither_signs_nor_counts(house: Path, keys: Path, bound: str) -> None:
    agree(house, keys)
    write(house, "policy/people.yml", people(keys, amal=bound))
    assert standing(house)["missing"] == ["legal"]
    assert publish(house)[0] == 1
    assert sign(house, keys, "amal", "--role", "legal").exception is not None
    write(house, "policy/people.yml", people(keys))
    assert publish(house)[0] == 0


def test_t81_a_key_that_is_revoked_later_leaves_what_was_received(house: Path, keys: Path) -> None:
    agree(house, keys)
    assert publish(house)[0] == 0
    write(house, "policy/people.yml", people(keys, amal=", revoked: 2026-11-20T14:30:00Z"))
    assert publish(house, now="2026-11-20T15:00:00Z")[0] == 0


def test_t81_foreign_keys_namespaces_and_people_are_refused(house: Path, keys: Path, tmp_path: Path) -> None:
    assert sign(house, keys, "mallory").exception is not None
    assert sign(house, keys, "amal", "--as", "ines").exception is not None
    assert sign(house, keys, "amal", "--role", "payments-lead").exception is not None
    agree(house, keys)
    file = next(f for f in (house / "internal" / INC / "approvals").iterdir() if "legal" in f.name)
    good = json.loads(file.read_text())
    said = {"tidings": "approval", "version": 1, **{k: v for k, v in good.items() if k != "signature"}}
    statement = tmp_path / "statement"
    statement.write_text(json.dumps(said, sort_keys=True, separators=(",", ":")) + "\n")
    for key, namespace, counts in (("mallory", "tidings", False), ("amal", "git", False), ("amal", "tidings", True)):
        statement.with_name("statement.sig").unlink(missing_ok=True)
        ssh_keygen("-Y", "sign", "-f", str(keys / key), "-n", namespace, str(statement))
        file.write_text(json.dumps({**good, "signature": statement.with_name("statement.sig").read_text()}))
        assert (standing(house)["missing"] == []) is counts, (key, namespace)


def test_t81_who_changes_words_cannot_change_in_the_same_breath_who_must_agree(house: Path, keys: Path) -> None:
    """Rules, roles, keys, owners and addresses: what the last publish went by counts too."""
    agree(house, keys)
    assert publish(house)[0] == 0
    now = "2026-11-20T14:20:00Z"
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("We look", "We are looking"))
    commit(house, who="mallory")
    mallory = f"  mallory: {{name: M, roles: [legal, payments-lead], keys: [{{key: {public(keys, 'mallory')}}}]}}\n"
    changes = {
        "no rules": ("policy/approvals.yml", "owners: false\n"),
        "milder rules": (
            "policy/approvals.yml",
            "owners: true\nrules: {serious: {roles: [legal], severities: [sev1]}}\n",
        ),
        "later rules": ("policy/approvals.yml", f"since: 2026-11-21T00:00:00Z\n{APPROVALS}"),
        "no owner": ("policy/components.yml", COMPONENTS.replace(", owner: payments-lead", "")),
        "new people": ("policy/people.yml", people(keys) + mallory),
        "a new key": ("policy/people.yml", people(keys).replace(public(keys, "amal"), public(keys, "mallory"))),
    }
    for what, (path, text) in changes.items():
        before = (house / path).read_text()
        write(house, path, text)
        if "mallory" in text:
            for role in ("legal", "payments-lead"):
                sign(house, keys, "mallory", "--role", role, now=now)
        code, said = publish(house, now=now)
        assert code == 1, what
        assert "has not approved" in said, what
        shutil.rmtree(house / "internal", ignore_errors=True)
        write(house, path, before)
    write(house, "policy/people.yml", people(keys).replace("amal@a.example", "other@a.example"))
    git(house, "commit", "--allow-empty", "-qm", "x")
    git(house, "config", "user.email", "amal@a.example")
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("We look", "We looked"))
    agree(house, keys)
    assert standing(house)["missing"] == ["legal"], "who wrote the words took the address out of the policy"


def test_t81_a_change_of_rules_counts_from_the_next_publish_on(house: Path, keys: Path) -> None:
    agree(house, keys)
    assert publish(house)[0] == 0
    write(house, "policy/people.yml", people(keys, roles="[legal, payments-lead]"))
    assert publish(house, now="2026-11-20T14:15:00Z")[0] == 0, "the words are those that were agreed to"
    now = "2026-11-20T14:20:00Z"
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("We look", "We are looking"))
    for role in ("legal", "payments-lead"):
        assert sign(house, keys, "amal", "--role", role, now=now).exception is None
    assert publish(house, now=now)[0] == 0
    (house / "policy" / "approvals.yml").unlink()
    assert publish(house, now="2026-11-20T14:25:00Z")[0] == 0
    write(house, f"incidents/{INC}/index.md", INCIDENT)
    assert publish(house, now="2026-11-20T14:30:00Z")[0] == 0, "a house that gave up its rules asks nobody"


def test_an_agent_holds_the_key(house: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(keys / "amal.pub", alone / "amal.pub")
    agent = subprocess.run(["ssh-agent", "-s"], check=True, capture_output=True, text=True, timeout=60).stdout
    words = dict(part.split(";")[0].split("=", 1) for part in agent.splitlines() if "=" in part)
    for name in ("SSH_AUTH_SOCK", "SSH_AGENT_PID"):
        monkeypatch.setenv(name, words[name])
    try:
        subprocess.run(["ssh-add", "-q", str(keys / "amal")], check=True, timeout=60)
        result = run(house, "approve", INC, "--yes", "--key", str(alone / "amal.pub"), "--role", "legal")
        assert result.exception is None, result.exception
    finally:
        os.kill(int(words["SSH_AGENT_PID"]), 15)
    assert standing(house)["missing"] == ["payments-lead"]


def test_t82_a_broken_glass_is_loud_and_must_be_reviewed_in_time(house: Path) -> None:
    for words in (["--break-glass", "why"], ["--by", "Ines"], ["--break-glass", " ", "--by", "Ines"]):
        assert run(house, "publish", *words).exception is not None
    code, said = publish(house, "--break-glass", "Legal cannot be reached.", "--by", "Ines Marques")
    assert code == 0
    assert "glass is broken" in said
    assert is_live(house)
    [one] = json.loads(run(house, "report", "near-misses", "--format", "json").stdout)
    assert (one["code"], one["path"], one["reviewed"]) == ("TID766", f"incidents/{INC}", None)
    later = "2026-11-21T14:10:01Z"
    code, said = publish(house, "--break-glass", "Again.", "--by", "Ines Marques", now=later)
    assert code == 1
    assert "TID766" in said
    number = str(one["entry"])
    assert run(house, "report", "near-misses", "--review", number, "--by", "Amal Haddad", now=later).exception is None
    assert publish(house, "--break-glass", "Still.", "--by", "Ines Marques", now=later)[0] == 0


def test_a_broken_glass_lets_nothing_else_pass(house: Path) -> None:
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("We look", "On db-prod-07 we look"))
    assert publish(house, "--break-glass", "Now.", "--by", "Ines Marques")[0] == 1
    assert not is_live(house)


def test_a_dry_run_puts_nothing_on_record(house: Path, keys: Path) -> None:
    agree(house, keys)
    assert publish(house, "--dry-run")[0] == 0
    assert publish(house, "--dry-run", "--break-glass", "x", "--by", "y")[0] == 0
    shutil.rmtree(house / "internal")
    assert publish(house)[0] == 1


def test_what_was_said_before_the_house_had_rules_stands(house: Path) -> None:
    write(house, "policy/approvals.yml", f"since: 2026-11-20T14:05:01Z\n{APPROVALS}")
    assert publish(house)[0] == 0


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("policy/approvals.yml", "rules: {a: {roles: [lgeal]}}\n", "legal"),
        ("policy/approvals.yml", "rules: {a: {roles: [legal], count: 3}}\n", "3 of the role"),
        ("policy/approvals.yml", "rules: {a: {roles: [legal], components: [chekout]}}\n", "checkout"),
        (
            "policy/people.yml",
            "people: {amal: {name: A, roles: [legal], keys: [{key: ssh-ed25519 x}]}}\n",
            "public key",
        ),
    ],
)
def test_rules_that_nobody_can_meet_are_told(house: Path, path: str, text: str, said: str) -> None:
    write(house, path, text)
    result = run(house, "check")
    assert result.return_value == 1
    assert "TID760" in result.stdout
    assert said in result.stdout


def test_one_key_is_one_persons(house: Path, keys: Path) -> None:
    write(house, "policy/people.yml", people(keys).replace(public(keys, "theo"), public(keys, "amal")))
    assert "people are counted" in run(house, "check").stdout


def test_the_words_are_shown_before_they_are_signed(house: Path) -> None:
    shown = run(house, "approve", INC).output
    for words in (
        "Some cards are declined.",
        "Einige Karten werden abgelehnt.",
        "legal",
        "waiting",
        "owner of checkout",
    ):
        assert words in shown
    assert not (house / "internal").exists()


MAILED = """page:
  targets: {primary: {kind: folder, path: out/site}}
email:
  sender: status@a.example
  announce_within: 7d
"""


def test_t84_what_an_approver_is_shown_is_what_goes_out(house: Path, keys: Path, tmp_path: Path) -> None:
    """Pages, feeds, JSON and both forms of the mails, in each language; a release's number and time alone may differ."""
    write(house, "policy/channels.yml", MAILED)
    subscribe(house, en="en@b.example", de="de@b.example")
    said = INCIDENT
    sent = set((house / "out" / "mail").rglob("*.eml"))
    for number, words in enumerate(("Cards *fail*, see <https://x.example/?a=1&b=2>.", "Nur „manche“ – 30 % · Säle.")):
        now = f"2026-11-20T14:1{number}:00Z"
        said += f"\n## 2026-11-20 14:1{number} UTC · Identified\n\n{words}\n"
        write(house, f"incidents/{INC}/index.md", said)
        shown = tmp_path / f"shown{number}"
        result = run(house, "approve", INC, "--outputs", str(shown), now=now)
        assert result.exception is None, result.exception
        assert "2 mails." in result.stdout
        for who, role in (("amal", "legal"), ("ines", "payments-lead")):
            assert sign(house, keys, who, "--role", role, now=now).exception is None
        assert publish(house, now=now)[0] == 0
        files = {path.relative_to(shown / "site") for path in (shown / "site").rglob("*") if path.is_file()}
        assert {"index.html", "history.atom", "summary.json"} <= {path.name for path in files}
        for path in files:
            before, after = (shown / "site" / path).read_bytes(), (house / "out" / "site" / path).read_bytes()
            if before != after:
                # those that say which release they belong to
                assert path.name in {"index.html", "status.txt", "status.json"}, path
                assert re.sub(rb"\d+", b"", before) == re.sub(rb"\d+", b"", after), path
        fresh = set((house / "out" / "mail").rglob("*.eml")) - sent
        sent |= fresh
        told = [message_from_bytes(path.read_bytes(), policy=default) for path in fresh]
        assert len(told) == 2
        for message in told:
            locale = str(message["To"])[:2]
            html, text = message.get_body(("html",)), message.get_body(("plain",))
            assert html is not None
            assert text is not None
            shown_text = (shown / "mail" / f"{locale}.txt").read_text(encoding="utf-8")
            assert as_one(f"Subject: {message['Subject']}\n\n{text.get_content()}") == as_one(shown_text)
            shown_html = (shown / "mail" / f"{locale}.html").read_text(encoding="utf-8")
            assert as_one(html.get_content()) == as_one(shown_html)


def subscribe(house: Path, **readers: str) -> None:
    for locale, address in readers.items():
        assert run(house, "audience", "add", address, "--locale", locale).exception is None
    with sqlite3.connect(house / ".tidings" / "state.db") as db:
        tokens = [token for (token,) in db.execute("SELECT token FROM subscriber")]
    for token in tokens:
        assert run(house, "audience", "confirm", token).exception is None


def as_one(text: str) -> str:
    """Take out what belongs to one reader: the address, and the token in the links for leaving."""
    text = re.sub(r"\w+@(?:b\.example|example\.com)", "READER", text.replace("\r\n", "\n"))
    return re.sub(r"(unsubscribe(?: |%20))[\w-]{16,}", r"\1TOKEN", text).strip()


def test_an_approver_is_shown_nothing_that_could_not_go_out_and_nothing_is_overwritten(
    house: Path, tmp_path: Path
) -> None:
    write(tmp_path, "full/of.txt", "x")
    assert "not empty" in str(run(house, "approve", INC, "--outputs", str(tmp_path / "full")).exception)
    write(house, f"incidents/{INC}/index.md", INCIDENT.replace("We look", "On db-prod-07 we look"))
    result = run(house, "approve", INC, "--outputs", str(tmp_path / "new"))
    assert isinstance(result.exception, RefusedError)
    assert not (tmp_path / "new").exists()
