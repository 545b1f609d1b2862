"""What every mail transport promises, against a real SMTP server, a real SES v2 API and a folder."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiosmtpd.smtp import AuthResult

from publisher.adapters.clock import ManualClock
from publisher.adapters.maildir import FolderTransport, MemoryTransport, file_name
from publisher.adapters.ses import SesTransport
from publisher.adapters.smtp import SmtpServer, SmtpTransport
from publisher.model.delivery import Envelope, Outcome
from publisher.model.errors import DeniedError, OutsideError, StorageError, UnreachableError
from publisher.ports import MailTransport
from publisher.render.mail import render_mail
from tests.servers.ministack import credentials, ministack
from tests.servers.smtp import DROP, LOSE, Phase, Sink, smtp_sink
from tests.unit.deliver.samples import EMAIL, NOW, SITE, subscriber
from tests.unit.render.test_mail import TOLD

CLOCK = ManualClock(NOW)


def letter(name: str = "ann", job: str = "j0b") -> Envelope:
    words = replace(TOLD, text=".a line that begins with a dot\n..and two\n" + "x" * 3000)
    return render_mail([words], site=SITE, subscriber=subscriber(name), policy=EMAIL, job=job, now=NOW)


Arrived: TypeAlias = tuple[str, str, str, str]


def opened(recipient: str, wire: bytes) -> Arrived:
    """Read a message as a mail program does."""
    message = email.message_from_bytes(wire, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    plain, html = (str(part.get_content()).replace("\r\n", "\n") for part in parts if part)
    return recipient, str(message["Subject"]), plain, html


@dataclass(frozen=True, slots=True)
class Harness:
    """A transport and a look at what arrived: (recipient, subject, text, HTML)."""

    transport: MailTransport
    arrived: Callable[[], list[Arrived]]


@contextmanager
def _smtp(_: Path) -> Iterator[Harness]:
    with smtp_sink() as sink:
        transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=sink.port, timeout_s=5), clock=CLOCK)
        yield Harness(transport, lambda: [opened(kept.recipients[0], kept.wire) for kept in sink.kept])
        transport.close()


@contextmanager
def _ses(_: Path) -> Iterator[Harness]:
    server = ministack()
    with credentials():
        server.reset()
        server.verify(EMAIL.sender)
        transport = SesTransport(clock=CLOCK, region="eu-central-1", endpoint=server.endpoint)
        yield Harness(transport, lambda: [_ses_message(m) for m in server.sent()])
        transport.close()


def _ses_message(message: Mapping[str, Any]) -> Arrived:
    (to,) = message["To"]
    assert message["CC"] == message["BCC"] == []
    texts = [str(message[name]).replace("\r\n", "\n") for name in ("BodyText", "BodyHtml")]
    return to, message["Subject"], texts[0], texts[1]


@contextmanager
def _folder(path: Path) -> Iterator[Harness]:
    def arrived() -> list[Arrived]:
        bodies = [file.read_bytes() for file in sorted((path / "mail").glob("*.eml"))]
        return [opened(str(email.message_from_bytes(body)["To"]), body) for body in bodies]

    yield Harness(FolderTransport(path / "mail", clock=CLOCK), arrived)


@contextmanager
def _memory(_: Path) -> Iterator[Harness]:
    transport = MemoryTransport(clock=CLOCK)
    yield Harness(transport, lambda: [opened(e.recipient, e.wire) for e in transport.sent.values()])


HARNESSES = {"smtp": _smtp, "ses": _ses, "folder": _folder, "memory": _memory}


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with HARNESSES[request.param](tmp_path) as made:
        yield made


def test_a_message_arrives_whole_at_its_one_recipient(harness: Harness) -> None:
    one, two = letter("ann", "one"), letter("ben", "two")
    for envelope in (one, two):
        receipt = harness.transport.send(envelope)
        assert receipt.outcome is Outcome.ACCEPTED
        assert receipt.provider_id
        assert "@" not in receipt.detail
        assert receipt.at.tzinfo is not None
    assert sorted(harness.arrived()) == [opened("ann@example.org", one.wire), opened("ben@example.org", two.wire)]


@pytest.mark.parametrize("kind", ["smtp", "folder", "memory"])
def test_not_a_byte_is_changed_on_the_way(kind: str, tmp_path: Path) -> None:
    """SES puts headers of its own in front; the others hand over what they were given."""
    with HARNESSES[kind](tmp_path) as harness:
        harness.transport.send(letter())
        match harness.transport:
            case FolderTransport():
                wire = next((tmp_path / "mail").iterdir()).read_bytes()
            case MemoryTransport(sent=sent):
                wire = next(iter(sent.values())).wire
            case _:
                with smtp_sink() as sink:
                    transport = smtp(sink)
                    transport.send(letter())
                    transport.close()
                    wire = sink.kept[0].wire
        assert wire == letter().wire


def test_the_same_message_twice_is_one_where_that_is_promised(harness: Harness) -> None:
    for _ in range(2):
        assert harness.transport.send(letter()).outcome is Outcome.ACCEPTED
    assert len(harness.arrived()) == (1 if harness.transport.idempotent else 2)


def test_it_has_a_name_and_closes_twice(harness: Harness) -> None:
    assert harness.transport.name
    harness.transport.close()
    harness.transport.close()


# SMTP


def smtp(sink: Sink, **more: object) -> SmtpTransport:
    return SmtpTransport(SmtpServer(host="127.0.0.1", port=sink.port, timeout_s=5, **more), clock=CLOCK)  # type: ignore[arg-type]


TEMPORARY = ["421 4.3.2 closing", "450 4.2.1 busy", "451 4.3.0 error", "452 4.2.2 full", "450 4.7.1 greylisted",
             "451 4.7.500 busy", "455 4.5.1 options"]  # fmt: skip
PERMANENT = ["550 5.1.1 no such user", "551 5.1.6 moved", "552 5.2.2 full", "553 5.1.3 bad", "554 5.6.0 content",
             "550 5.7.1 policy", "521 5.3.2 no mail"]  # fmt: skip


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("phase", ["RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("answer", [*TEMPORARY, *PERMANENT])
def test_each_answer_in_each_phase_means_what_rfc_5321_says(phase: Phase, answer: str, *, pipelining: bool) -> None:
    """T31: fourteen codes in three phases; after each, the next message on the same transport gets through."""
    script = {"bad@example.org": answer}
    with smtp_sink(lambda at, to: script.get(to) if at == phase else None, pipelining=pipelining) as sink:
        transport = smtp(sink)
        receipt = transport.send(letter("bad"))
        assert receipt.outcome is (Outcome.DEFERRED if answer in TEMPORARY else Outcome.REJECTED)
        assert receipt.detail == answer.partition(" ")[2]
        assert transport.send(letter("good")).outcome is Outcome.ACCEPTED
        transport.close()
        assert [kept.recipients for kept in sink.kept] == [("good@example.org",)]


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("answer", PERMANENT)
def test_a_refused_sender_is_the_servers_word_about_us_and_nobody_is_lost(answer: str, *, pipelining: bool) -> None:
    with smtp_sink(lambda at, _: answer if at == "MAIL" else None, pipelining=pipelining) as sink:
        transport = smtp(sink)
        with pytest.raises(DeniedError, match="refuses our sender"):
            transport.send(letter())
        transport.close()


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
def test_a_drop_before_the_words_is_no_delivery_and_no_doubt(phase: Phase, *, pipelining: bool) -> None:
    with smtp_sink(lambda at, _: DROP if at == phase else None, pipelining=pipelining) as sink:
        transport = smtp(sink)
        with pytest.raises(UnreachableError, match="hung up before"):
            transport.send(letter())
        sink.script = None
        assert transport.send(letter()).outcome is Outcome.ACCEPTED, "the next one connects again"
        transport.close()
        assert len(sink.kept) == 1


@pytest.mark.parametrize(("how", "kept"), [(DROP, 1), (LOSE, 0)])
def test_a_drop_after_the_final_dot_is_doubt_whether_kept_or_not(how: str, kept: int) -> None:
    with smtp_sink(lambda at, _: how if at == "DOT" else None) as sink:
        transport = smtp(sink)
        assert transport.send(letter()).outcome is Outcome.IN_DOUBT
        transport.close()
        assert len(sink.kept) == kept


def test_garbage_for_an_answer_is_none(harness: Harness) -> None:
    with smtp_sink(lambda at, _: "how do you do" if at == "DOT" else None) as sink:
        transport = smtp(sink)
        assert transport.send(letter()).outcome is Outcome.IN_DOUBT
        transport.close()
    with smtp_sink(lambda at, _: "how do you do" if at == "RCPT" else None) as sink:
        transport = smtp(sink)
        with pytest.raises(UnreachableError):
            transport.send(letter())
        transport.close()


def test_one_connection_serves_many_messages() -> None:
    with smtp_sink() as sink:
        transport = smtp(sink)
        for number in range(20):
            transport.send(letter(f"p{number}", f"j{number}"))
        transport.close()
        # the controller itself connects once, to see that it runs
        assert sink.connections <= 2
        assert len(sink.kept) == 20


@pytest.mark.parametrize("pipelining", [False, True])
def test_a_connection_that_went_between_two_messages_is_made_anew_and_nobody_gets_it_twice(*, pipelining: bool) -> None:
    """Servers end connections that are idle, or after so many messages, without a word."""
    dropped: list[str] = []

    def once(at: Phase, to: str) -> str | None:
        if at == "RCPT" and to == "ben@example.org" and not dropped:
            dropped.append(to)
            return DROP
        return None

    with smtp_sink(once, pipelining=pipelining) as sink:
        transport = smtp(sink)
        for name in ("ann", "ben", "cat"):
            assert transport.send(letter(name)).outcome is Outcome.ACCEPTED
        transport.close()
        assert dropped == ["ben@example.org"], "the control"
        assert [kept.recipients for kept in sink.kept] == [(f"{n}@example.org",) for n in ("ann", "ben", "cat")]


class Scripted(threading.Thread):
    """A server that answers what it is told, block by block, and keeps what it read."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.answers = answers
        self.read: list[bytes] = []
        self.start()

    def run(self) -> None:
        with self.listener, self.listener.accept()[0] as peer:
            peer.settimeout(5)
            with contextlib.suppress(OSError):
                for answer in self.answers:
                    peer.sendall(answer)
                    self.read.append(peer.recv(65536))


def test_with_pipelining_a_message_takes_two_writes_and_no_words_go_to_nobody() -> None:
    offers = b"250-here\r\n250 PIPELINING\r\n"
    server = Scripted(b"220 hello\r\n", offers, b"250 ok\r\n250 ok\r\n354 go\r\n", b"250 2.0.0 kept\r\n")
    transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=server.port, timeout_s=5), clock=CLOCK)
    assert transport.send(letter()).outcome is Outcome.ACCEPTED
    transport.close()
    server.join(5)
    assert server.read[1] == b"MAIL FROM:<status@northwind.example>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n"
    assert server.read[2].endswith(b"\r\n.\r\n")
    # this one refuses the only recipient, and would still take words (RFC 2920 section 3.1)
    server = Scripted(b"220 hello\r\n", offers, b"250 ok\r\n550 5.1.1 who\r\n354 go\r\n", b"250 2.0.0 kept\r\n")
    transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=server.port, timeout_s=5), clock=CLOCK)
    assert transport.send(letter()).outcome is Outcome.REJECTED
    transport.close()
    server.join(5)
    assert b"".join(server.read[2:]) == b"", "not a dot"


def test_receipts_hold_no_address() -> None:
    with smtp_sink(lambda at, to: f"550 5.1.1 <{to}> {to}: unknown" if at == "RCPT" else None) as sink:
        transport = smtp(sink)
        assert transport.send(letter()).detail == "5.1.1 <address> <address>: unknown"
        transport.close()


def test_a_silent_server_is_given_up_in_time() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = SmtpServer(host="127.0.0.1", port=listener.getsockname()[1], timeout_s=0.2)
        with pytest.raises(UnreachableError, match=r"within 0\.2 seconds"):
            SmtpTransport(server, clock=CLOCK).send(letter())


def test_no_server_and_no_name_are_said_in_words() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(UnreachableError, match="cannot be reached"):
        SmtpTransport(SmtpServer(host="127.0.0.1", port=port, timeout_s=2), clock=CLOCK).send(letter())


def test_a_greeting_that_refuses_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def greet() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"554 5.3.2 not today\r\n")
                peer.recv(100)

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(UnreachableError, match=r"does not take mail now \(554\)"):
            SmtpTransport(SmtpServer(host="127.0.0.1", port=port, timeout_s=5), clock=CLOCK).send(letter())
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for 127.0.0.1, and a client's that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_starttls_with_a_password(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    ours, trusting = certificate

    def authenticator(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        good = getattr(data, "login", b"") == b"tidings" and getattr(data, "password", b"") == b"secret"
        return AuthResult(success=good, handled=good)

    options: dict[str, Any] = {
        "tls_context": ours,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": authenticator,
    }
    with smtp_sink(**options) as sink:
        server = SmtpServer(
            host="127.0.0.1", port=sink.port, security="starttls", user="tidings", password="secret", timeout_s=5
        )
        assert "secret" not in repr(server)
        transport = SmtpTransport(server, clock=CLOCK, context=trusting)
        assert transport.send(letter()).outcome is Outcome.ACCEPTED
        transport.close()
        with pytest.raises(DeniedError, match="refused the user name or password"):
            SmtpTransport(replace(server, password="wrong"), clock=CLOCK, context=trusting).send(letter())
        with pytest.raises(UnreachableError, match="could not be trusted"):
            SmtpTransport(server, clock=CLOCK).send(letter())
        assert len(sink.kept) == 1


def test_a_server_without_starttls_gets_no_mail_in_the_clear() -> None:
    with smtp_sink() as sink:
        with pytest.raises(DeniedError, match="does not offer"):
            smtp(sink, security="starttls").send(letter())
        assert sink.kept == []


# SES


def test_ses_refuses_a_sender_that_is_not_verified_and_nobody_is_lost() -> None:
    server = ministack()
    with credentials():
        server.reset()
        transport = SesTransport(clock=CLOCK, region="eu-central-1", endpoint=server.endpoint)
        with pytest.raises(DeniedError, match="not verified") as refused:
            transport.send(letter())
        transport.close()
    assert "@" not in refused.value.cause


def test_ses_without_credentials_or_region_or_network_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeniedError, match="no AWS credentials"):
        SesTransport(clock=CLOCK, region="eu-central-1", endpoint="http://127.0.0.1:9").send(letter())
    with credentials(), pytest.raises(UnreachableError, match="cannot be reached"):
        SesTransport(clock=CLOCK, region="eu-central-1", endpoint="http://127.0.0.1:9").send(letter())
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(DeniedError, match=r"email\.region"):
        SesTransport(clock=CLOCK)


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (429, "TooManyRequestsException", "Too many requests", OutsideError),
        (403, "ExpiredTokenException", "The security token included in the request is expired", DeniedError),
        (400, "AccountSuspendedException", "suspended", DeniedError),
        (400, "BadRequestException", "Invalid recipient", Outcome.REJECTED),
        (500, "InternalServiceErrorException", "oops", Outcome.IN_DOUBT),
        (0, "", "", Outcome.IN_DOUBT),
    ],
)
def test_what_ses_answers_means(status: int, code: str, message: str, expected: type[Exception] | Outcome) -> None:
    """Answers that MiniStack does not give, from a socket that does; status 0 hangs up after the request."""
    import http.server
    import json

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if not status:
                self.close_connection = True
                return
            body = json.dumps({"message": message}).encode()
            self.send_response(status)
            self.send_header("x-amzn-ErrorType", code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server, credentials():
        threading.Thread(target=server.serve_forever, daemon=True).start()
        transport = SesTransport(
            clock=CLOCK, region="eu-central-1", endpoint=f"http://127.0.0.1:{server.server_port}", timeout_s=5
        )
        if isinstance(expected, Outcome):
            assert transport.send(letter()).outcome is expected
        else:
            with pytest.raises(expected):
                transport.send(letter())
        transport.close()
        server.shutdown()


# Files


def test_files_are_whole_named_by_message_and_leave_no_drafts(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path / "mail", clock=CLOCK)
    transport.send(letter())
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == file_name("j0b@northwind.example")
    assert file.name.startswith("j0b@northwind.example-")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(StorageError, match="could not be written"):
        FolderTransport(tmp_path / "mail", clock=CLOCK).send(letter())


def test_file_names_are_safe_and_differ() -> None:
    names = ["../../etc/passwd", "a/b@c", "a:b@c", "x" * 500, "x" * 501, "", "..", "CON", "ü@é"]
    made = [file_name(name) for name in names]
    assert len(set(made)) == len(names)
    assert all("/" not in name and "\\" not in name and len(name) < 100 and not name.startswith(".") for name in made)
