"""The servers these tests talk to."""

from __future__ import annotations

from tests.servers.s3 import aws_credentials, moto_server, seaweed_server

__all__ = ["aws_credentials", "moto_server", "seaweed_server"]
