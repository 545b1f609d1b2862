"""T13: a cache before the store that nobody tells anything; news comes through in time, and old pages stay whole."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import pytest

from publisher.adapters.memory import MemoryStore
from publisher.deliver.upload import POINTER_HEADERS
from publisher.model.policy import PagePolicy
from publisher.model.release import Artifact
from publisher.ports import ObjectStore
from publisher.render.artifacts import data_artifacts
from publisher.render.views import project_all
from publisher.site.fill import page_headers
from tests.faults.publishing_kit import assert_live_paths_agree, publish, site
from tests.servers import nginx
from tests.servers.s3 import S3Server
from tests.unit.render.histories import NOW, SITE, busy

MAX_AGE_S = 2
KEPT = 10
CACHE = """
proxy_cache_path {folder}/cache keys_zone=pages:1m;
server {{
    listen 127.0.0.1:{port};
    location / {{
        rewrite ^(.*)/$ /{bucket}$1/index.html break;
        rewrite ^(.*)$ /{bucket}$1 break;
        proxy_pass http://127.0.0.1:{behind};
        proxy_cache pages;
        proxy_cache_use_stale error timeout http_500 http_503;
        add_header X-Cache $upstream_cache_status always;
    }}
}}
"""


def edition(number: int) -> tuple[Artifact, ...]:
    """A site that caches may keep for two seconds; its home page names its own sheet."""
    made = site(f"#{number:06}", still=1)
    [sheet] = [a.path for a in made if a.path.endswith(".css")]
    short = (("cache-control", f"public, max-age={MAX_AGE_S}, stale-if-error=604800"),)
    return tuple(
        a
        if a.path == sheet
        else replace(
            a,
            headers=(*short, *(h for h in a.headers if h[0] != "cache-control")),
            body=a.body + (f'<link rel="stylesheet" href="/{sheet}">'.encode() if a.path == "index.html" else b""),
        )
        for a in made
    )


@dataclass
class Cache:
    port: int

    def get(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def assets_of(self, page: bytes) -> list[int]:
        """Load what a page names; give the answers' numbers."""
        return [self.get(path)[0] for path in re.findall(r'href="(/assets/[^"]+)"', page.decode())]


def max_age(headers: Mapping[str, str]) -> int:
    found = re.search(r"max-age=(\d+)", headers["cache-control"])
    assert found is not None, headers
    return int(found[1])


def test_t13_what_caches_are_told_is_at_most_a_minute_for_pages_and_half_for_data() -> None:
    assert max_age(dict(page_headers(SITE, "index.html"))) <= 60
    assert max_age(dict(POINTER_HEADERS)) <= 30
    made = data_artifacts(project_all(busy(), now=NOW))
    data = [a for a in made if a.path.endswith((".json", ".atom", ".rss", ".ics", ".txt"))]
    assert len(data) > 20
    assert [a.path for a in data if max_age(dict(a.headers)) > 30] == []


def let_everybody_read(server: S3Server, bucket: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    client = boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1")
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    client.close()


@pytest.mark.s3
@pytest.mark.nginx
def test_t13_behind_a_cache_news_comes_in_time_and_old_pages_find_their_sheets(moto: S3Server, tmp_path: Path) -> None:
    bucket = moto.bucket()
    let_everybody_read(moto, bucket)
    store = moto.store(bucket)
    policy = PagePolicy(lease_ttl_s=10, keep_releases=KEPT)
    publish(edition(0), store, policy=policy, ttl_s=10)
    port = nginx.free_port()
    configuration = CACHE.format(folder=tmp_path, port=port, bucket=bucket, behind=moto.port)
    with nginx.running(tmp_path / "nginx", configuration, port=port, hosts=["127.0.0.1"]):
        cache = Cache(port)
        status, headers, first = cache.get("/")
        assert (status, headers["x-cache"]) == (200, "MISS")
        assert cache.get("/history.atom")[0] == 200
        publish(edition(1), store, policy=policy, ttl_s=10)
        live = time.monotonic()
        status, headers, seen = cache.get("/")
        held = headers["x-cache"] == "HIT"
        assert not held or seen == first, "the cache does hold the old page"
        assert cache.assets_of(first) == [200], "its sheet was never asked for before"
        waiting = {"/": b"#000001", "/history.atom": b"#000001", "/release.json": b'"generation":2,'}
        while waiting:
            for path, words in list(waiting.items()):
                if words in re.sub(rb"\s+", b"", cache.get(path)[2]):
                    del waiting[path]
            assert time.monotonic() - live < 30, waiting
            time.sleep(0.1)
        took = time.monotonic() - live
        print(f"all there {took:.1f} s after the publish; the old page was {'' if held else 'not '}held")
        assert took < max(MAX_AGE_S, max_age(dict(POINTER_HEADERS))) + 5, "a busy machine included"
        for number in range(2, KEPT):
            publish(edition(number), store, policy=policy, ttl_s=10)
        assert cache.assets_of(first) == [200]
        assert store.get(sheet_of(first)) is not None, "at the store itself, for caches that forgot it"
        publish(edition(KEPT), store, policy=policy, ttl_s=10)
        assert store.get(sheet_of(first)) is None, "after ten more releases it goes"
        assert_live_paths_agree(store)


def sheet_of(page: bytes) -> str:
    found = re.search(r'href="/(assets/[^"]+)"', page.decode())
    assert found is not None
    return found[1]


def pages_and_sheets(store: ObjectStore, numbers: range) -> list[bool]:
    return [store.get(next(a.path for a in edition(n) if a.path.endswith(".css"))) is not None for n in numbers]


def test_t13_sheets_stay_as_long_as_their_release_whatever_was_forgotten() -> None:
    """Also where the last publisher's memory is lost, and where a sheet comes back."""
    store = MemoryStore()
    policy = PagePolicy(keep_releases=3)
    for number in range(4):
        publish(edition(number), store, policy=policy, ttl_s=10)
    assert pages_and_sheets(store, range(4)) == [False, True, True, True]
    publish(edition(1), store, policy=policy, ttl_s=10)
    assert pages_and_sheets(store, range(4)) == [False, True, True, True], "one came back before it went"
    store.delete([".tidings/lease.json"])
    foreign = "assets/theirs.0123456789abcdef.css"
    store.put(foreign, b"", (("content-type", "text/css"),))
    publish(edition(4), store, policy=policy, ttl_s=10)
    assert pages_and_sheets(store, range(5)) == [False, True, False, True, True]
    publish(edition(5), store, policy=policy, ttl_s=10)
    publish(edition(6), store, policy=policy, ttl_s=10)
    assert pages_and_sheets(store, range(7)) == [False, False, False, False, True, True, True]
    assert store.get(foreign) is not None, "what we did not write stays"
    store.delete([foreign])
    assert_live_paths_agree(store)
