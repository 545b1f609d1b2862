"""S3 keeps the port's promises, on two servers that share no code."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from publisher.adapters.s3 import S3Store
from publisher.model.errors import DeniedError, OutsideError, StorageError, UnreachableError
from publisher.ports import ObjectStore
from tests.contract.object_store import JSON, ObjectStoreContract
from tests.servers.s3 import S3Server, free_ports


class TestS3OnMoto(ObjectStoreContract):
    """The suite on moto's server."""

    @pytest.fixture
    def store(self, moto: S3Server) -> ObjectStore:
        """Give a bucket of its own."""
        return moto.store()


@pytest.mark.s3
class TestS3OnSeaweed(ObjectStoreContract):
    """The suite on SeaweedFS, which checks signatures and checksums."""

    racing_rounds = 6

    @pytest.fixture
    def store(self, seaweed: S3Server) -> ObjectStore:
        """Give a bucket of its own."""
        return seaweed.store()


class TestS3BelowAPrefix(ObjectStoreContract):
    """The suite below a prefix, in a bucket that holds other things too."""

    racing_rounds = 5
    many = 1001

    @pytest.fixture
    def store(self, moto: S3Server) -> ObjectStore:
        """Give a prefix in a bucket with neighbours."""
        bucket = moto.bucket()
        moto.store(bucket).put("site2/neighbour", b"x", JSON)
        moto.store(bucket).put("neighbour", b"x", JSON)
        return S3Store(bucket, prefix="/site/", endpoint=moto.endpoint, region="us-east-1")


def _fails(store: ObjectStore) -> OutsideError:
    with pytest.raises(OutsideError) as caught:
        store.put("page", b"x", JSON)
    error = caught.value
    assert "\n" not in error.cause
    assert error.next_step[0].isupper()
    return error


def test_no_bucket_is_named_with_the_way_to_make_it(moto: S3Server) -> None:
    error = _fails(moto.store("not-there"))
    assert isinstance(error, DeniedError)
    assert "not-there" in error.cause
    assert "s3 mb s3://not-there" in error.next_step
    with pytest.raises(DeniedError):
        moto.store("not-there").get("page")


@pytest.mark.s3
def test_a_wrong_secret_is_refused(seaweed: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = seaweed.bucket()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    error = _fails(seaweed.store(bucket))
    assert isinstance(error, DeniedError)
    assert "SignatureDoesNotMatch" in error.cause
    assert "wrong" not in str(error)


@pytest.mark.s3
def test_bytes_changed_on_the_way_are_refused(seaweed: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.adapters.s3.sha256", lambda _body: "00" * 32)
    store = seaweed.store()
    error = _fails(store)
    assert isinstance(error, StorageError)
    assert store.get("page") is None


def test_no_credentials_are_told(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = moto.bucket()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    error = _fails(moto.store(bucket))
    assert isinstance(error, DeniedError)
    assert "credentials" in error.cause


def test_an_unknown_profile_is_told(moto: S3Server) -> None:
    error = _fails(S3Store("b", endpoint=moto.endpoint, profile="nobody"))
    assert isinstance(error, DeniedError)
    assert "profile" in error.cause


def test_a_name_without_address_is_told() -> None:
    error = _fails(S3Store("b", endpoint="http://tidings.invalid", region="us-east-1", timeout_s=2, attempts=1))
    assert isinstance(error, UnreachableError)
    assert "resolve" in error.cause


def test_a_closed_port_is_told(aws_credentials: None) -> None:
    (port,) = free_ports(1)
    error = _fails(S3Store("b", endpoint=f"http://127.0.0.1:{port}", region="us-east-1", timeout_s=2))
    assert isinstance(error, UnreachableError)


def test_a_server_that_never_answers_is_given_up(aws_credentials: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = _fails(S3Store("b", endpoint=f"http://127.0.0.1:{port}", region="us-east-1", timeout_s=0.3, attempts=1))
    assert isinstance(error, UnreachableError)
    assert "in time" in error.cause


def test_a_certificate_nobody_vouches_for_is_told(tmp_path: Path, aws_credentials: None) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def serve() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        error = _fails(S3Store("b", endpoint=f"https://127.0.0.1:{port}", region="us-east-1", timeout_s=2, attempts=1))
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    assert isinstance(error, UnreachableError)
    assert "certificate" in error.cause


def test_a_header_s3_cannot_keep_is_refused_before_sending(moto: S3Server) -> None:
    with pytest.raises(StorageError):
        moto.store().put("page", b"x", (("x-note", "Störung"),))
