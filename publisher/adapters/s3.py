"""A store in an S3 bucket, at AWS or any server that speaks S3.

What it promises: all of `ports.ObjectStore`. Bytes travel with their SHA-256 and are refused when they arrive changed.
Conditional writes are S3's own (`If-Match`, `If-None-Match`). Every request is bounded in time; throttling, 5xx,
time-outs and lost connections are tried again by botocore, `409 ConditionalRequestConflict` by us, both with jitter.
When the answer to a conditional write was lost, the object is read back.

What it cannot do: headers S3 has no field for become metadata (`x-amz-meta-…`), which a CDN must turn into headers. A
version is the ETag, so the same bytes have the same version again. A server that ignores the conditions (some do) makes
two publishers at once unsafe; `tidings doctor` tries it out.

How to try it by hand: `moto_server -p 5555`, then `endpoint: http://127.0.0.1:5555` in `policy/channels.yml`, with any
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

Importing this module costs more than publishing to a folder does: import it where a target is S3, not before.
"""

from __future__ import annotations

import base64
import contextlib
import email.utils
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import stamina
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from publisher.adapters.s3_errors import BusyError, TornError, conditional, missing, translate
from publisher.model.digest import sha256
from publisher.model.errors import ConflictError, StorageError
from publisher.ports import Headers, Holds, StoredObject, Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef, PutObjectRequestTypeDef

_NO_TYPE = "binary/octet-stream"
"""What S3 says of an object that has no content type."""
_BEYOND = ("InvalidRange", "416", "RequestedRangeNotSatisfiable")
"""What servers call a part that begins at or after the end."""
_PER_DELETE = 1000
_BUSY_ATTEMPTS = 8


class S3Store:
    """Objects in a bucket, below an optional prefix.

    Args:
        bucket: its name.
        prefix: key prefix, with or without closing slash.
        endpoint: only for servers other than AWS.
        region: as AWS names it; the chain's own unless given.
        profile: of the AWS configuration; credentials come from the ordinary chain.
        timeout_s: bound on one request, seconds.
        attempts: tries of one request, in all.
        parallel: requests at once.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint: str | None = None,
        region: str | None = None,
        profile: str | None = None,
        timeout_s: float = 10,
        attempts: int = 3,
        parallel: int = 16,
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._endpoint = endpoint
        self._region = region
        self._profile = profile
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._parallel = parallel
        self._made: S3Client | None = None
        self._making = threading.Lock()

    @property
    def name(self) -> str:
        """Say which bucket this is."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        """Read an object, or a part of it; None when there is none."""
        with self._told(key):
            return self._get(key) if span is None else self._get_part(key, *span)

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        """Write an object, whatever was there."""
        with self._told(key):
            return self._client.put_object(**self._request(key, body, headers))["ETag"]

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        """Write an object if its version is still `expected`."""
        request = self._request(key, body, headers)
        if expected is None:
            request["IfNoneMatch"] = "*"
        else:
            # so for what was put in one piece without a key of KMS; else the answer is a conflict, and callers read
            request["IfMatch"] = f'"{expected.md5}"' if isinstance(expected, Holds) else expected
        with self._told(key):
            return self._put_settled(key, body, request)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""
        wanted = [self._prefix + key for key in keys]
        for start in range(0, len(wanted), _PER_DELETE):
            batch = wanted[start : start + _PER_DELETE]
            with self._told(batch[0]):
                if len(batch) == 1:
                    self._client.delete_object(Bucket=self._bucket, Key=batch[0])
                    continue
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
                )
            if left := [error for error in answer.get("Errors", []) if error.get("Code") != "NoSuchKey"]:
                raise StorageError(
                    f"{self.name} did not remove {len(left)} objects, the first {left[0].get('Key')}: "
                    f"{left[0].get('Code')}.",
                    "Allow s3:DeleteObject and publish again.",
                )

    def list(self, prefix: str) -> Iterator[str]:
        """Give the keys that begin with `prefix`, sorted."""
        found: list[str] = []
        with self._told(prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            ):
                found.extend(item["Key"].removeprefix(self._prefix) for item in page.get("Contents", []))
        return iter(sorted(found))

    @property
    def _client(self) -> S3Client:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> S3Client:
        session = boto3.session.Session(profile_name=self._profile)
        region = self._region or session.region_name or ("us-east-1" if self._endpoint else None)
        return session.client(
            "s3",
            endpoint_url=self._endpoint,
            region_name=region,
            config=Config(
                connect_timeout=min(self._timeout_s, 5),
                read_timeout=self._timeout_s,
                max_pool_connections=self._parallel,
                retries={"mode": "standard", "total_max_attempts": self._attempts},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_supported",
                s3={"addressing_style": "path"} if self._endpoint else {},
            ),
        )

    def _request(self, key: str, body: bytes, headers: Headers) -> PutObjectRequestTypeDef:
        request: PutObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": self._prefix + key,
            "Body": body,
            # said outright: servers differ in what they make of silence
            "ContentType": _NO_TYPE,
            "ChecksumSHA256": base64.b64encode(bytes.fromhex(sha256(body))).decode(),
        }
        metadata: dict[str, str] = {}
        for name, value in headers:
            match name.lower():
                case "cache-control":
                    request["CacheControl"] = value
                case "content-disposition":
                    request["ContentDisposition"] = value
                case "content-encoding":
                    request["ContentEncoding"] = value
                case "content-language":
                    request["ContentLanguage"] = value
                case "content-type":
                    request["ContentType"] = value
                case "expires":
                    request["Expires"] = email.utils.parsedate_to_datetime(value)
                case other if value.isascii():
                    metadata[other] = value
                case other:
                    raise StorageError(
                        f"The header {other} of {key} holds characters that S3 cannot keep.", "Write it in ASCII."
                    )
        if metadata:
            request["Metadata"] = metadata
        return request

    def _put_settled(self, key: str, body: bytes, request: PutObjectRequestTypeDef) -> Version:
        """Put on a condition, and find out whether a refusal is about our own earlier try whose answer was lost."""
        try:
            for attempt in stamina.retry_context(
                on=BusyError, attempts=_BUSY_ATTEMPTS, timeout=None, wait_initial=0.05, wait_max=1.0, wait_jitter=0.5
            ):
                with attempt:
                    try:
                        return self._client.put_object(**request)["ETag"]
                    except ClientError as error:
                        raise conditional(error) from error
        except ConflictError as error:
            there = self._get(key)
            if there is not None and there.body == body:
                return there.version
            raise ConflictError(
                f"{key} on {self.name} is not what was expected.", "Another publisher was here; publish again."
            ) from error
        raise AssertionError("stamina returns or raises")

    def _get_part(self, key: str, offset: int, length: int) -> StoredObject | None:
        try:
            there = self._get(key, span=f"bytes={offset}-{offset + length - 1}")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _BEYOND:
                raise
            there = self._get(key)
            return replace(there, body=there.body[offset : offset + length]) if there else None
        return there

    def _get(self, key: str, *, span: str | None = None) -> StoredObject | None:
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": self._prefix + key}
        if span is not None:
            request["Range"] = span
        for attempt in stamina.retry_context(on=TornError, attempts=self._attempts, timeout=None, wait_initial=0.05):
            with attempt:
                try:
                    answer = self._client.get_object(**request)
                except ClientError as error:
                    if missing(error):
                        return None
                    raise
                try:
                    body = answer["Body"].read()
                except (BotoCoreError, HTTPError, OSError) as error:
                    raise TornError(str(error)) from error
                if span and "ContentRange" not in answer:
                    raise StorageError(
                        f"{self.name} does not give parts of an object.", "Use a server that knows HTTP ranges."
                    )
                return StoredObject(body=body, version=answer["ETag"], headers=_headers(answer))
        raise AssertionError("stamina returns or raises")

    @contextlib.contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Tell botocore's errors in our words."""
        try:
            yield
        except (BotoCoreError, ClientError, BusyError, TornError, OSError) as error:
            raise translate(error, place=self.name, bucket=self._bucket, key=key, endpoint=self._endpoint) from error


def _headers(answer: GetObjectOutputTypeDef) -> Headers:
    known = {
        "cache-control": answer.get("CacheControl"),
        "content-disposition": answer.get("ContentDisposition"),
        "content-encoding": answer.get("ContentEncoding"),
        "content-language": answer.get("ContentLanguage"),
        "content-type": None if answer.get("ContentType") == _NO_TYPE else answer.get("ContentType"),
        "expires": answer.get("ExpiresString"),
    }
    found: dict[str, str] = {name: value for name, value in known.items() if isinstance(value, str) and value}
    found |= {name.lower(): value for name, value in answer.get("Metadata", {}).items()}
    return tuple(sorted(found.items()))
