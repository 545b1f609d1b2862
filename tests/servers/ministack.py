"""MiniStack: SES v2 on loopback, with a way to read what was sent. Started once a process, ended with it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3

READY_S = 60
KEYS = {"AWS_ACCESS_KEY_ID": "tidings-test", "AWS_SECRET_ACCESS_KEY": "only-on-loopback"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniStack:
    """A running server."""

    endpoint: str

    def verify(self, address: str) -> None:
        """Let an address send, as its owner would in SES."""
        client = boto3.client("sesv2", region_name="eu-central-1", endpoint_url=self.endpoint)
        client.create_email_identity(EmailIdentity=address)
        client.close()

    def sent(self) -> list[Mapping[str, object]]:
        """Give what was sent so far."""
        with urllib.request.urlopen(f"{self.endpoint}/_ministack/ses/messages") as answer:
            found = json.load(answer)
        return [message for account in found["messages"].values() for message in account]

    def reset(self) -> None:
        """Forget everything."""
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/_ministack/reset", method="POST")).close()


@functools.cache
def ministack() -> MiniStack:
    """Start the server, or give the one that runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="ministack-")
    log = (Path(folder) / "log").open("wb")
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "ministack")],
        cwd=folder,
        env={**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "HOME": folder},
        stdout=log,
        stderr=subprocess.STDOUT,
    )

    def stop() -> None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    server = MiniStack(endpoint=f"http://127.0.0.1:{port}")
    for _ in range(READY_S * 4):
        with contextlib.suppress(OSError):
            server.sent()
            return server
        time.sleep(0.25)
    raise AssertionError(f"MiniStack did not start: {(Path(folder) / 'log').read_text()[-2000:]}")


@contextlib.contextmanager
def credentials() -> Iterator[None]:
    """Put credentials into the environment for a block."""
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
