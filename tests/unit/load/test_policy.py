"""Policy files become one value; what is not written keeps its default."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from publisher.load.policy import load_policy
from publisher.model.component import Component, Group, Impact
from publisher.model.finding import Level, Place
from publisher.model.incident import Severity
from publisher.model.policy import EmailPolicy, PagePolicy, Policy, SeverityRule, Target
from publisher.ports import SourceFile

COMPONENTS = "components: {api: {name: API}}\n"


def load(**files: str) -> tuple[Policy, list[tuple[str, str]]]:
    whole = {"components": COMPONENTS, **files}
    sources = [SourceFile(path=f"policy/{name}.yml", body=body.encode()) for name, body in whole.items() if body]
    policy, found = load_policy(sources)
    return policy, [(f.code, str(f.place)) for f in found]


def test_components_alone_are_enough() -> None:
    policy, found = load()
    assert found == []
    assert policy.registry.components == (Component(id="api", name="API"),)
    assert (policy.page, policy.email, policy.severities, policy.levels) == (PagePolicy(), EmailPolicy(), (), {})


def test_without_components_there_is_a_finding_and_a_policy() -> None:
    policy, found = load(components="")
    assert found == [("TID502", "policy/components.yml:1:1")]
    assert policy == Policy()


def test_files_of_later_policies_are_no_findings_yet() -> None:
    assert load(limits="a: [", audiences="x")[1] == []


def test_components_and_groups_keep_the_order_of_the_file_and_every_field() -> None:
    policy, found = load(
        components="""groups:
  z: {name: Z, names: {de: Zett}, description: About Z., descriptions: {de: Über Z.}}
  a: {name: A, parent: z}
components:
  zz:
    name: ZZ
    names: {de: ZettZett}
    description: About.
    descriptions: {de: Über.}
    group: a
    depends_on: [aa]
    owner: team
    since: 2025-03-01
    showcase: false
    only_show_if_degraded: true
  aa: {name: AA}
uptime: {days: 30, weights: {partial_outage: 0.5, degraded_performance: .1, major_outage: 1}}
"""
    )
    assert found == []
    assert policy.registry.groups == (
        Group(id="z", name="Z", names={"de": "Zett"}, description="About Z.", descriptions={"de": "Über Z."}),
        Group(id="a", name="A", parent="z"),
    )
    assert policy.registry.components == (
        Component(
            id="zz",
            name="ZZ",
            names={"de": "ZettZett"},
            description="About.",
            descriptions={"de": "Über."},
            group="a",
            depends_on=("aa",),
            owner="team",
            since=date(2025, 3, 1),
            showcase=False,
            only_show_if_degraded=True,
        ),
        Component(id="aa", name="AA"),
    )
    assert policy.registry.components[0].place == Place(path="policy/components.yml", line=5, col=3)
    assert policy.uptime.days == 30
    assert policy.uptime.weights == {
        Impact.OPERATIONAL: 0.0,
        Impact.UNDER_MAINTENANCE: 0.0,
        Impact.DEGRADED_PERFORMANCE: 0.1,
        Impact.PARTIAL_OUTAGE: 0.5,
        Impact.MAJOR_OUTAGE: 1.0,
    }


def test_one_bad_component_does_not_take_the_others_with_it() -> None:
    policy, found = load(components="components:\n  a: {nmae: A}\n  b: {name: B}\n  C c: {name: C}\n")
    assert [c.id for c in policy.registry.components] == ["b"]
    assert found == [
        ("TID013", "policy/components.yml:2:3"),
        ("TID012", "policy/components.yml:2:7"),
        ("TID108", "policy/components.yml:4:3"),
    ]


def test_severities_come_worst_first() -> None:
    policy, found = load(
        severities="sev3: {name: Minor, mail: false}\nsev1: {name: Critical, description: All down.}\n"
    )
    assert found == []
    assert policy.severities == (
        SeverityRule(severity=Severity.SEV1, name="Critical", description="All down."),
        SeverityRule(severity=Severity.SEV3, name="Minor", mail=False),
    )


def test_channels_give_every_field() -> None:
    policy, found = load(
        channels="""page:
  targets:
    main: {kind: s3, bucket: status-example, prefix: /live/, endpoint: http://127.0.0.1:8333, region: eu, profile: p}
    other: {kind: folder, path: out/site}
  max_shrink: 0.1
  keep_releases: 3
  lease_ttl_s: 30
  timeout_s: 5
email:
  enabled: false
  transport: smtp
  path: mail
  host: mail.example.com
  port: 587
  security: starttls
  region: eu
  endpoint: https://ses.example.com
  sender: status@example.com
  sender_name: Status
  reply_to: help@example.com
  unsubscribe_url: https://example.com/u/{token}
  in_doubt: hold
  announce_within: 36h
  daily_at: 08:30
  timeout_s: 7
"""
    )
    assert found == []
    assert policy.page == PagePolicy(
        targets=(
            Target(
                name="main",
                kind="s3",
                bucket="status-example",
                prefix="live",
                endpoint="http://127.0.0.1:8333",
                region="eu",
                profile="p",
            ),
            Target(name="other", kind="folder", path="out/site"),
        ),
        max_shrink=0.1,
        keep_releases=3,
        lease_ttl_s=30,
        timeout_s=5,
    )
    assert policy.email == EmailPolicy(
        enabled=False,
        transport="smtp",
        path="mail",
        host="mail.example.com",
        port=587,
        security="starttls",
        region="eu",
        endpoint="https://ses.example.com",
        sender="status@example.com",
        sender_name="Status",
        reply_to="help@example.com",
        unsubscribe_url="https://example.com/u/{token}",
        in_doubt="hold",
        announce_within=timedelta(hours=36),
        daily_at="08:30",
        timeout_s=7,
    )


def test_a_shrink_of_nothing_is_not_the_default() -> None:
    assert load(channels="page: {max_shrink: 0}\n")[0].page.max_shrink == 0


@pytest.mark.parametrize(
    ("target", "finding"),
    [
        ("{kind: folder}", ("TID507", "policy/channels.yml:3:5")),
        ("{kind: s3}", ("TID507", "policy/channels.yml:3:5")),
        ("{kind: s3, bucket: No_Such}", ("TID507", "policy/channels.yml:3:27")),
        ("{kind: folder, path: .}", ("TID507", "policy/channels.yml:3:29")),
        ("{kind: folder, path: ..}", ("TID507", "policy/channels.yml:3:29")),
        ("{kind: folder, path: ../x}", ("TID507", "policy/channels.yml:3:29")),
        ("{kind: folder, path: out/../incidents}", ("TID507", "policy/channels.yml:3:29")),
        ("{kind: folder, path: policy/x}", ("TID507", "policy/channels.yml:3:29")),
        ("{kind: folder, path: /}", ("TID507", "policy/channels.yml:3:29")),
        ("{kind: folder, path: 'a\\b'}", ("TID507", "policy/channels.yml:3:29")),
        ("{kind: folder, path: out, bucket: abc}", ("TID507", "policy/channels.yml:3:34")),
        ("{kind: s3, bucket: abc, path: out}", ("TID507", "policy/channels.yml:3:32")),
        ("{kind: ftp, path: out}", ("TID015", "policy/channels.yml:3:15")),
        ("{path: out}", ("TID013", "policy/channels.yml:3:5")),
    ],
)
def test_targets_that_cannot_be_published_to(target: str, finding: tuple[str, str]) -> None:
    assert load(channels=f"page:\n  targets:\n    a: {target}\n")[1] == [finding]


@pytest.mark.parametrize("path", ["out/site", "/srv/status", "build"])
def test_folders_that_can(path: str) -> None:
    assert load(channels=f"page: {{targets: {{a: {{kind: folder, path: {path}}}}}}}\n")[1] == []


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("sender: Status", "TID508"),
        ("sender: a@b c", "TID508"),
        ('sender: "a@b\\r\\nBcc: c@d"', "TID309"),
        ("reply_to: <a@b>", "TID508"),
        ("unsubscribe_url: https://example.com/u", "TID508"),
        ("unsubscribe_url: ftp://example.com/{token}", "TID508"),
        ("port: 0", "TID508"),
        ("port: 65536", "TID508"),
        ("timeout_s: 0", "TID508"),
        ("daily_at: 8:00", "TID017"),
        ("daily_at: 24:00", "TID017"),
        ("announce_within: 24", "TID017"),
        ("announce_within: 1d12h", "TID017"),
        ("transport: pigeon", "TID015"),
        ("endpoint: localhost", "TID503"),
    ],
)
def test_mail_settings_that_cannot_work(setting: str, code: str) -> None:
    assert code in [c for c, _ in load(channels=f"email:\n  {setting}\n")[1]]


@pytest.mark.parametrize("setting", ["keep_releases: 0", "lease_ttl_s: 1", "timeout_s: 0"])
def test_page_settings_that_cannot_work(setting: str) -> None:
    assert [c for c, _ in load(channels=f"page: {{{setting}}}\n")[1]] == ["TID507"]


def test_levels_are_known_codes_and_fixed_ones_are_not_lowered() -> None:
    policy, found = load(checks="levels: {TID104: error, TID203: note, TID304: note, TID301: error, TID1O2: note}\n")
    assert policy.levels == {"TID104": Level.ERROR, "TID203": Level.NOTE, "TID301": Level.ERROR}
    assert [code for code, _ in found] == ["TID506", "TID505"]


@pytest.mark.parametrize("body", ["[", "- a\n", "a: 1\n", "\xff"])
def test_a_file_that_cannot_be_read_leaves_the_rest(body: str) -> None:
    sources = [
        SourceFile(path="policy/components.yml", body=COMPONENTS.encode()),
        SourceFile(path="policy/channels.yml", body=body.encode("latin-1")),
    ]
    policy, found = load_policy(sources)
    assert len(found) == 1
    assert policy.registry.components[0].id == "api"
    assert policy.page == PagePolicy()


def test_what_is_not_public_is_marked_and_everything_else_is() -> None:
    policy, found = load(
        components="groups: {g: {name: G, public: false}}\ncomponents: {a: {name: A, public: false}, b: {name: B, group: g}}\n"
    )
    assert found == []
    assert [c.public for c in policy.registry.components] == [False, True]
    assert policy.registry.hidden() == {"a", "b", "g"}


def test_a_switch_in_other_words_is_refused_so_that_nothing_is_shown_by_mistake() -> None:
    assert load(components="components: {a: {name: A, public: no}}\n")[1] == [("TID017", "policy/components.yml:1:35")]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("policy/severity.yml", "policy/severities.yml"),
        ("policy/channel.yml", "policy/channels.yml"),
        ("policy/checks.yaml", "policy/checks.yml"),
        ("policy/Components.yml", "policy/components.yml"),
    ],
)
def test_a_file_meant_for_ours_is_named(path: str, meant: str) -> None:
    _, found = load_policy(
        [SourceFile(path="policy/components.yml", body=b"components: {}\n"), SourceFile(path=path, body=b"a: 1\n")]
    )
    assert [(f.code, f.place.path) for f in found] == [("TID510", path)]
    assert meant in found[0].fix


@pytest.mark.parametrize(
    "name",
    [
        *("audiences.yml", "escalations.yml", "language.de.yml"),
        *("limits.yml", "intake.yml", "playbooks/outage.yml", "README.md", "checks.md"),
    ],
)
def test_other_files_beside_ours_are_left_alone(name: str) -> None:
    path = f"policy/{name}"
    files = [SourceFile(path="policy/components.yml", body=b"components: {}\n"), SourceFile(path=path, body=b"a\n")]
    assert load_policy(files)[1] == ()
