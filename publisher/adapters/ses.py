"""Mail by Amazon SES v2, raw messages: the same bytes as over SMTP, so that the archive and every channel agree.

## What it promises
- A receipt for each message; SES's own message id as `provider_id`.
- One attempt a call: botocore's own retries are off, because SendEmail has no idempotency key and a blind second call
  may be a second mail.

## What it cannot do
- Reach a recipient once: SES has neither key nor look-up for SendEmail. A time-out after the request is in doubt.
- Keep our Message-ID: SES puts its own in front of recipients. The thread headers stay.
- Report bounces and complaints: SES sends those to SNS; see the manual.

## How to try it by hand
    BIND_HOST=127.0.0.1 GATEWAY_PORT=4566 ministack     then `email: {transport: ses, endpoint: http://127.0.0.1:4566}`
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from publisher.model.delivery import Envelope, Outcome, Receipt
from publisher.model.errors import DeniedError, OutsideError, ThrottledError, UnreachableError
from publisher.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_LOCAL_PART = re.compile(r"[^\s<>\"']+@[^\s<>\"',;:]+")
_DENIED = frozenset(
    {
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "AccountSuspendedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "ConfigurationSetDoesNotExistException",
    }
)
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"})
_SERVER_ERROR = 500


class SesTransport:
    """The port `MailTransport` on SES v2. Credentials come from the ordinary AWS chain.

    Args:
        clock: for the time of receipts.
        region: of SES; None takes the chain's.
        endpoint: another server that speaks SES v2.
        timeout_s: bound on one call, seconds.
    """

    idempotent = False

    def __init__(
        self, *, clock: Clock, region: str | None = None, endpoint: str | None = None, timeout_s: float = 20.0
    ) -> None:
        self._clock = clock
        try:
            self._client: SESV2Client = boto3.session.Session().client(
                "sesv2",
                region_name=region,
                endpoint_url=endpoint,
                config=Config(connect_timeout=timeout_s, read_timeout=timeout_s, retries={"total_max_attempts": 1}),
            )
        except (BotoCoreError, ValueError) as error:
            raise DeniedError(f"SES cannot be used: {error}.", "Set email.region or AWS_REGION.") from error
        self._where = endpoint or self._client.meta.region_name

    @property
    def name(self) -> str:
        """Say which SES this is."""
        return f"ses {self._where}"

    def send(self, envelope: Envelope) -> Receipt:
        """Send one message.

        Raises:
            OutsideError: SES is out of order or refuses us; nothing was handed over.
        """
        try:
            answer = self._client.send_email(
                FromEmailAddress=envelope.sender,
                Destination={"ToAddresses": [envelope.recipient]},
                Content={"Raw": {"Data": envelope.wire}},
            )
        except ClientError as error:
            return self._refused(error)
        except (ReadTimeoutError, ConnectionClosedError):
            return self._said(Outcome.IN_DOUBT, "the connection went before the answer came")
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise DeniedError("There are no AWS credentials.", "Give them as AWS tools expect them.") from error
        except (EndpointConnectionError, ConnectTimeoutError, BotoCoreError) as error:
            raise UnreachableError(f"{self.name} cannot be reached.", "Check email.region and the network.") from error
        return Receipt(
            outcome=Outcome.ACCEPTED, at=self._clock.now(), provider_id=answer["MessageId"], detail="accepted by SES"
        )

    def close(self) -> None:
        """Let go of connections. Safe to call twice."""
        self._client.close()

    def _refused(self, error: ClientError) -> Receipt:
        said = error.response.get("Error", {})
        code = str(said.get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        detail = _LOCAL_PART.sub("<address>", f"{code}: {said.get('Message', '')}")
        outside = self._out_of_order(code, detail)
        if outside is not None:
            raise outside from error
        if status >= _SERVER_ERROR:
            # A fault on their side after they had the message: they do not say whether it was kept.
            return self._said(Outcome.IN_DOUBT, detail)
        return self._said(Outcome.REJECTED, detail)

    def _out_of_order(self, code: str, detail: str) -> OutsideError | None:
        if code in _THROTTLED:
            return ThrottledError(f"{self.name} asks to wait ({code}).", "Run deliver again in a minute.")
        if code in _DENIED or (code == "MessageRejected" and "not verified" in detail):
            # An identity that is not verified is our set-up, not a recipient's refusal: nobody must lose mail over it.
            return DeniedError(f"{self.name} does not let us send: {detail}", "Check credentials and the sender.")
        return None

    def _said(self, outcome: Outcome, detail: str) -> Receipt:
        return Receipt(outcome=outcome, at=self._clock.now(), detail=detail[:500])
