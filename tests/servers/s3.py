"""Real S3 servers for tests: moto's, and SeaweedFS, which checks signatures and checksums.

Each is started once per process, on free ports of the loopback interface, and ended with it. The fixtures `moto` and
`seaweed` come into a folder of tests by its `conftest.py`:

    from tests.servers.s3 import aws_credentials, moto_server, seaweed_server
"""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from publisher.adapters.s3 import S3Store

ACCESS_KEY = "tidings-test"
SECRET_KEY = "only-on-loopback"
READY_S = 60
ROOT = Path(__file__).resolve().parents[2]
STARTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A server that speaks S3.

    Attributes:
        endpoint: its address.
        port: on 127.0.0.1.
    """

    endpoint: str
    port: int

    def environment(self) -> dict[str, str]:
        """Give the credentials as a child process needs them."""
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_DEFAULT_REGION": "us-east-1"}

    def bucket(self) -> str:
        """Make a bucket of its own for one test."""
        name = f"t-{secrets.token_hex(6)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )
        client.create_bucket(Bucket=name)
        client.close()
        return name

    def store(
        self, bucket: str | None = None, *, endpoint: str | None = None, timeout_s: float = 10, attempts: int = 3
    ) -> S3Store:
        """Give a store on a bucket, a new one unless named; `endpoint` leads through a proxy."""
        return S3Store(
            bucket or self.bucket(),
            endpoint=endpoint or self.endpoint,
            region="us-east-1",
            timeout_s=timeout_s,
            attempts=attempts,
        )


@pytest.fixture(scope="session")
def aws_credentials() -> Iterator[None]:
    """Give this process the servers' key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        patch.delenv("AWS_PROFILE", raising=False)
        yield


@pytest.fixture(name="moto")
def moto_server(aws_credentials: None) -> S3Server:
    """Give moto's server."""
    return _once("moto", _moto)


@pytest.fixture(name="seaweed")
def seaweed_server(aws_credentials: None) -> S3Server:
    """Give SeaweedFS."""
    return start_seaweed()


_running: dict[str, tuple[S3Server, subprocess.Popen[bytes]]] = {}
"""Servers of this process. One that died (a machine short of memory ends the largest) is started again."""


class _EndedError(Exception):
    """A server ended before it answered: most often because somebody took one of its ports in between."""


def _once(name: str, start: Callable[[], tuple[S3Server, subprocess.Popen[bytes]]]) -> S3Server:
    for _ in range(STARTS):
        if name in _running and _running[name][1].poll() is None:
            return _running[name][0]
        with contextlib.suppress(_EndedError):
            _running[name] = start()
    pytest.fail(f"{name} ended {STARTS} times before it answered", pytrace=False)


def _moto() -> tuple[S3Server, subprocess.Popen[bytes]]:
    (port,) = free_ports(1)
    process = _start([sys.executable, "-m", "tests.servers.moto", str(port)])
    _await_answer(process, port, "/moto-api/")
    return S3Server(endpoint=f"http://127.0.0.1:{port}", port=port), process


def start_seaweed() -> S3Server:
    """Start SeaweedFS, once per process; it ends with it."""
    return _once("seaweed", _seaweed)


def _seaweed() -> tuple[S3Server, subprocess.Popen[bytes]]:
    folder = Path(tempfile.mkdtemp(prefix="tidings-weed-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    config = folder / "s3.json"
    keys = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    config.write_text(json.dumps({"identities": [{"name": "test", "credentials": keys, "actions": ["Admin"]}]}))
    (folder / "data").mkdir()
    parts = ("master", "volume", "filer", "s3")
    ports = dict(zip([f"{part}.port{kind}" for part in parts for kind in ("", ".grpc")], free_ports(8), strict=True))
    process = _start(
        [
            _tool("weed"),
            "server",
            f"-dir={folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            f"-s3.config={config}",
            "-volume.max=1000",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            # their ports are fixed otherwise, and a second server on the machine would end at once
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            *(f"-{name}={port}" for name, port in ports.items()),
        ]
    )
    port = ports["s3.port"]
    _await_answer(process, port, "/")
    server = S3Server(endpoint=f"http://127.0.0.1:{port}", port=port)
    _await_bucket(process, server)
    return server, process


def free_ports(count: int) -> list[int]:
    """Find ports nobody listens on, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not installed; `make test` installs it", pytrace=False)
    return found


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    # one volume a bucket instead of seven
    environment = os.environ | {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def _await_answer(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        _alive(process)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    pytest.fail(f"the server on port {port} did not answer within {READY_S} s", pytrace=False)


def _alive(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        raise _EndedError


def _await_bucket(process: subprocess.Popen[bytes], server: S3Server) -> None:
    """Wait until objects can be kept: SeaweedFS answers before it has a volume."""
    end = time.monotonic() + READY_S
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        while True:
            _alive(process)
            try:
                server.store().put("probe", b"x", ())
            except Exception:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return
