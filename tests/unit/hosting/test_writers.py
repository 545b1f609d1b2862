"""What each host is told: the same headers, in its own form, and nothing that the form cannot hold."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from publisher.hosting import cloudfront
from publisher.hosting.cloudfront import render_cloudfront
from publisher.hosting.netlify import render_headers, render_redirects
from publisher.hosting.nginx import NginxSettings, render_nginx
from publisher.hosting.policy import CSP, csp, headers
from publisher.hosting.s3_cors import render_cors
from publisher.hosting.survey import Kind, kind_of
from publisher.hosting.weakness import parse, weaknesses
from publisher.model.errors import RefusedError, UsageError
from tests.unit.hosting.samples import file, site


@pytest.mark.parametrize("kind", list(Kind))
def test_no_policy_of_ours_has_a_weakness(kind: Kind) -> None:
    assert weaknesses(parse(csp(kind, site()))) == ()


def test_hsts_is_not_promised_without_https() -> None:
    assert "Strict-Transport-Security" not in dict(headers(Kind.PAGE, site(), secure=False))


@pytest.mark.parametrize("bad", ["a b", "x;", "x}", "$host", "a\nb", '"', ""])
def test_nothing_can_be_smuggled_into_nginx(bad: str) -> None:
    for settings in (NginxSettings(names=(bad,), root="/srv"), NginxSettings(names=("x",), root=bad)):
        with pytest.raises(UsageError, match="cannot stand"):
            render_nginx(site(), settings)


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(UsageError, match="needs its key"):
        render_nginx(site(), NginxSettings(names=("x",), root="/srv", certificate="/c.pem"))


# ------------------------------------------------------------------------------------------------------------ netlify

Rules = list[tuple[str, dict[str, str]]]


def rules(text: str) -> Rules:
    found: Rules = []
    for line in text.splitlines():
        if line.startswith("/"):
            found.append((line, {}))
        elif line.startswith("  "):
            name, _, value = line.strip().partition(": ")
            assert name not in found[-1][1]
            found[-1][1][name] = value
    return found


def met(path: str, found: Rules) -> list[dict[str, str]]:
    return [h for pattern, h in found if re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), path)]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/404.html",
        "/history/",
        "/de/",
        "/de/history/",
        "/embed/",
        "/de/embed/",
        "/api/status.json",
        "/assets/site.0a1b2c3d.css",
    ],
)
def test_both_ways_that_rules_meet_end_in_the_same(path: str) -> None:
    """Netlify lets a later rule replace a header, Cloudflare joins both with a comma: browsers enforce both."""
    hits = met(path, rules(render_headers(site())))
    names = [name for h in hits for name in h]
    assert {name for name in names if names.count(name) > 1} <= {CSP}
    replaced: dict[str, str] = {}
    for h in hits:
        replaced |= h
    policies = [parse(h[CSP]) for h in hits if CSP in h]
    last = parse(replaced[CSP])
    # every policy met asks no more than the last: joined, they are the last
    assert all(last[name] == values for policy in policies for name, values in policy.items())
    wanted = kind_of(path.removeprefix("/"), ("embed/", "de/embed/"))
    if wanted is Kind.PAGE:
        assert replaced[CSP] == csp(Kind.PAGE, site())
        assert replaced["X-Frame-Options"] == "DENY"
    if wanted is Kind.EMBED:
        assert "frame-ancestors" not in replaced[CSP]
        assert "X-Frame-Options" not in replaced
    assert (replaced.get("Cache-Control") is not None) is path.startswith("/assets/")
    assert replaced["Access-Control-Allow-Origin"] == "*"


def test_more_rules_than_are_read_are_refused() -> None:
    many = [file(f"page{number}/index.html") for number in range(100)]
    with pytest.raises(RefusedError, match="rules"):
        render_headers(site(*many))


def test_redirects_hide_the_publishers_files() -> None:
    assert "/.tidings/*  /404.html  404!" in render_redirects().splitlines()


# --------------------------------------------------------------------------------------------------------- cloudfront


def template() -> dict[str, Any]:
    found = yaml.safe_load(render_cloudfront(site(), host="status.example.com"))
    assert isinstance(found, dict)
    return found


def test_every_file_meets_the_headers_of_its_kind() -> None:
    config = template()["Resources"]["Page"]["Properties"]["DistributionConfig"]

    def policy(path: str) -> str:
        for behavior in config["CacheBehaviors"]:
            pattern = re.escape(behavior["PathPattern"]).replace(r"\*", ".*").replace(r"\?", ".")
            # a pattern without a slash in front matches as if it had one
            if re.fullmatch(pattern, path):
                return str(behavior["ResponseHeadersPolicyId"]["Ref"])
        return str(config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]["Ref"])

    for path, name in {
        "/": "PageHeaders",
        "/de/history/": "PageHeaders",
        "/404.html": "PageHeaders",
        "/embed/": "EmbedHeaders",
        "/de/embed/": "EmbedHeaders",
        "/badge.svg": "PictureHeaders",
        "/assets/site.0a1b2c3d.css": "AssetHeaders",
        "/embed.js": "OpenHeaders",
        "/feed.json": "OpenHeaders",
        "/api/v2/summary.json": "OpenHeaders",
        "/release.json": "OpenHeaders",
        f"/objects/{'a' * 64}": "OpenHeaders",
    }.items():
        assert policy(path) == name, path


def test_the_bucket_is_closed_and_stays() -> None:
    resources = template()["Resources"]
    bucket = resources["Bucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    statements = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [s["Principal"] for s in statements if s["Effect"] == "Allow"] == [
        {"Service": "cloudfront.amazonaws.com"}
    ] * 2
    assert resources["Page"]["Properties"]["DistributionConfig"]["IPV6Enabled"] is True
    assert resources["ArchiveBucket"]["Condition"] == "WithArchive"
    assert resources["ArchiveBucket"]["Properties"]["ObjectLockEnabled"] is True


@pytest.mark.npm
def test_the_function_leads_folders_to_their_pages() -> None:
    code = Path(cloudfront.__file__).with_name("viewer_request.js").read_text()
    cases = {
        "/": "/index.html",
        "/history/": "/history/index.html",
        "/index.html": "/index.html",
        "/feed.json": "/feed.json",
        f"/objects/{'a' * 64}": f"/objects/{'a' * 64}",
        "/history": "301 /history/",
        "//evil.example": "//evil.example",
        "//evil": "301 /evil/",
        "/.tidings/lease.json": "/not/served",
        "/a/.git/config": "/not/served",
        "/.well-known/security.txt": "/.well-known/security.txt",
    }
    script = (
        f"{code}\nconst out = {json.dumps(list(cases))}.map((uri) => {{"
        "const r = handler({request: {uri, headers: {}}});"
        "return r.statusCode ? `${r.statusCode} ${r.headers.location.value}` : r.uri;});"
        "console.log(JSON.stringify(out));"
    )
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    assert dict(zip(cases, json.loads(done.stdout), strict=True)) == cases
    assert len(code.encode()) < 10 * 1024, "what CloudFront accepts"


# ----------------------------------------------------------------------------------------------------------------- s3


def test_a_bucket_accepts_the_cors_rules() -> None:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="status")
        client.put_bucket_cors(Bucket="status", CORSConfiguration=json.loads(render_cors()))
        (rule,) = client.get_bucket_cors(Bucket="status")["CORSRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["GET", "HEAD"])
