"""A real nginx on the loopback interface, IPv4 and IPv6, with a file that `tidings hosting nginx` wrote."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_MAIN = """\
{user}daemon off;
pid {folder}/pid;
error_log {folder}/error.log warn;
worker_processes 2;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/tmp1;
    proxy_temp_path {folder}/tmp2;
    fastcgi_temp_path {folder}/tmp3;
    uwsgi_temp_path {folder}/tmp4;
    scgi_temp_path {folder}/tmp5;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """PEM files of a certificate for the loopback addresses that signs itself."""

    certificate: Path
    key: Path


def find() -> str | None:
    """Give nginx's address; it lies where only root looks."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """Give a port that is free on both families."""
    for _ in range(50):
        with socket.socket(socket.AF_INET6) as six, socket.socket() as four:
            four.bind(("127.0.0.1", 0))
            port = int(four.getsockname()[1])
            try:
                six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                six.bind(("::1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free on both families")


def make_certificate(folder: Path) -> Certificate:
    """Make one, good for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "status.northwind.example")])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - certificates live in the machine's time
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.IPAddress(ipaddress.ip_address("::1")),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = Certificate(certificate=folder / "certificate.pem", key=folder / "key.pem")
    paths.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextmanager
def running(
    folder: Path, configuration: str, *, port: int, hosts: Sequence[str] = ("::1", "127.0.0.1")
) -> Iterator[None]:
    """Run nginx with a server's configuration until the block ends. What it complains about fails the test."""
    program = find()
    assert program is not None
    folder.mkdir(parents=True, exist_ok=True)
    # workers of root become nobody, who may not look into a test's folder
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "site.conf").write_text(configuration, encoding="utf-8")
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user), encoding="utf-8")
    command = [program, "-p", str(folder), "-e", str(folder / "early.log"), "-c", str(folder / "nginx.conf")]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr, tested.stderr
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for host in hosts:
            _wait(host, port, process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "nginx ended"
        try:
            with socket.create_connection((host, port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx does not listen")
