"""Servers that the measured programs speak to: an S3 store, a proxy that counts, a mail server. All on loopback.

The store and the proxy are those of the tests, in this process and below it; the mail server is a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import environment

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.servers.s3 import S3Server


def store() -> S3Server:
    """Start SeaweedFS; it ends with this process."""
    from _pytest.outcomes import Failed  # noqa: PLC0415 - heavy, as is boto3

    from tests.servers.s3 import start_seaweed  # noqa: PLC0415

    try:
        return start_seaweed()
    except Failed:
        # a free port may be taken between finding and using it
        return start_seaweed()


def client(server: S3Server) -> S3Client:
    """Give a client of ours for looking at what others did."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    credentials = server.environment()
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )


def contents(server: S3Server, bucket: str) -> dict[str, str]:
    """Give key → ETag of everything in a bucket."""
    opened = client(server)
    pages = opened.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    found = {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}
    opened.close()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What went through the proxy: requests, and those that wrote an object."""

    requests: int
    puts: int
    by_method: dict[str, int]


@contextmanager
def counting(server: S3Server) -> Iterator[tuple[str, list[Passed]]]:
    """Put a proxy before the store for a block; give its address, and a list that holds the count afterwards."""
    from tests.servers.proxy import fault_proxy  # noqa: PLC0415

    counted: list[Passed] = []
    with fault_proxy(server.port) as proxy:
        yield proxy.endpoint, counted
        methods: dict[str, int] = {}
        for seen in proxy.seen:
            methods[seen.method] = methods.get(seen.method, 0) + 1
        counted.append(Passed(requests=len(proxy.seen), puts=methods.get("PUT", 0), by_method=methods))


@contextmanager
def mail_server(kept: Path) -> Iterator[int]:
    """Run the mail server for a block; give its port. At the end it writes to `kept` what it was sent."""
    process = subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).with_name("mail_sink.py")), str(kept)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        # its standard input closing tells it to write and go
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def kept_mail(kept: Path) -> tuple[int, int]:
    """Say how many messages the server kept, and for how many different recipients."""
    found = json.loads(kept.read_text(encoding="utf-8"))
    return int(found["messages"]), int(found["recipients"])
