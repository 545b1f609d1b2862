"""What S3 and botocore say when something goes wrong, in our words: one line of cause, one of next step.

The causes name bucket, key and endpoint, never credentials: of botocore's messages only the server's own error code is
passed on.
"""

from __future__ import annotations

from botocore import exceptions as boto
from botocore.exceptions import ClientError
from urllib3.exceptions import NameResolutionError

from publisher.model.errors import (
    ConflictError,
    DeniedError,
    OutsideError,
    StorageError,
    ThrottledError,
    UnreachableError,
)

_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_BUSY = frozenset({"ConditionalRequestConflict", "OperationAborted"})
_THROTTLED = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_UNKNOWN_KEY = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId"})
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.ProfileNotFound,
)
_SERVER_ERROR = 500


class BusyError(Exception):
    """S3 answered 409: another conditional write of the key is under way. To be tried again."""


class TornError(Exception):
    """The connection broke while a body was read. To be tried again; botocore does not."""


def code_of(error: ClientError) -> str:
    """Give the server's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Give the HTTP status."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def missing(error: ClientError) -> bool:
    """Whether it says that there is no such object (the bucket is there)."""
    return code_of(error) in _MISSING


def conditional(error: ClientError) -> Exception:
    """Tell what the refusal of a conditional write means; what is not about the condition comes back as it was."""
    if code_of(error) in _BUSY:
        return BusyError(code_of(error))
    if code_of(error) == "PreconditionFailed" or status_of(error) == 412 or missing(error):  # noqa: PLR2004
        return ConflictError("The object is not what was expected.")
    return error


def translate(error: Exception, *, place: str, bucket: str, key: str, endpoint: str | None) -> OutsideError:  # noqa: PLR0911 - a table
    """Tell an error of botocore's in our words.

    Args:
        error: what was raised.
        place: the store's name.
        bucket: its bucket.
        key: the object, or the prefix of a listing.
        endpoint: where the server is, when it is not AWS.
    """
    server = endpoint or "AWS"
    match error:
        case ClientError():
            return _answered(error, place=place, bucket=bucket, key=key)
        case boto.SSLError():
            return UnreachableError(
                f"No secure connection to {server} for {place}: its certificate was not accepted.",
                "Check the endpoint's name, its certificate and this machine's clock and CA certificates.",
            )
        case boto.EndpointConnectionError() if isinstance(error.kwargs.get("error"), NameResolutionError):
            return UnreachableError(
                f"{server} for {place} has no address: its name does not resolve.",
                "Check the endpoint and region in policy/channels.yml and this machine's DNS.",
            )
        case boto.ConnectTimeoutError() | boto.ReadTimeoutError():
            return UnreachableError(
                f"{server} did not answer in time for {place}.", "Check the network and publish again."
            )
        case boto.HTTPClientError() | boto.ConnectionError() | OSError() | TornError():
            return UnreachableError(
                f"The connection to {server} for {place} failed.",
                "Check the endpoint and the network and publish again.",
            )
        case boto.NoRegionError():
            return DeniedError(
                f"No region is known for {place}.", "Set region in policy/channels.yml or AWS_DEFAULT_REGION."
            )
        case boto.ProfileNotFound():
            return DeniedError(
                f"The AWS profile of {place} is not configured.", "Check profile in policy/channels.yml."
            )
        case _ if isinstance(error, _NO_CREDENTIALS):
            return DeniedError(
                f"There are no usable credentials for {place}.",
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the role of this machine.",
            )
        case BusyError():
            return ThrottledError(
                f"{key} on {place} is being written by others all the time (409).", "Publish again in a moment."
            )
        case _:
            return StorageError(f"{place} could not be used for {key}: {type(error).__name__}.", "Check the settings.")


def _answered(error: ClientError, *, place: str, bucket: str, key: str) -> OutsideError:  # noqa: PLR0911 - a table
    code, status = code_of(error), status_of(error)
    if code == "NoSuchBucket":
        return DeniedError(
            f"There is no bucket {bucket!r}.", f"Make it (aws s3 mb s3://{bucket}) or correct policy/channels.yml."
        )
    if code in _EXPIRED:
        return DeniedError(f"The credentials for {place} have expired.", "Sign in again and publish again.")
    if code in _UNKNOWN_KEY:
        return DeniedError(
            f"The credentials for {place} are not accepted ({code}).", "Check the access key and its secret."
        )
    if code in _SKEWED:
        return DeniedError(f"This machine's clock is wrong, says {place}.", "Set the clock (NTP) and publish again.")
    if code in _THROTTLED or status in {429, 503}:
        return ThrottledError(f"{place} asks us to slow down ({code or status}).", "Publish again in a moment.")
    if code in _BUSY:
        return ThrottledError(f"{key} on {place} is being written by others ({code}).", "Publish again in a moment.")
    if status in {401, 403}:
        return DeniedError(
            f"{place} does not allow this for {key} ({code or status}).",
            "Give these credentials s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket.",
        )
    if status >= _SERVER_ERROR:
        return UnreachableError(f"{place} failed at {key} ({code or status}).", "Publish again in a moment.")
    return StorageError(f"{place} refused {key} ({code or status}).", "Check the bucket's settings.")
