"""Put an update into a file's bytes without touching any other byte."""

from __future__ import annotations


def with_update(body: bytes, block: str, *, before_line: int | None) -> bytes:
    """Give the file with one more update.

    Args:
        body: the file as it is.
        block: the update, LF, without newline at its end.
        before_line: for files with the newest first: number of the line, from 1, of the first update's heading. None
            puts the update at the end.
    """
    newline = b"\r\n" if b"\r\n" in body else b"\n"
    added = block.encode().replace(b"\n", newline)
    if before_line is None:
        return body + _gap(body, newline) + added + newline
    lines = body.splitlines(keepends=True) if newline == b"\r\n" else _lines(body)
    head, tail = b"".join(lines[: before_line - 1]), b"".join(lines[before_line - 1 :])
    return head + added + newline * 2 + tail


def _lines(body: bytes) -> list[bytes]:
    parts = body.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _gap(body: bytes, newline: bytes) -> bytes:
    """Give what must stand between the file's last words and a heading: exactly one empty line."""
    if not body or body.endswith(newline * 2):
        return b""
    return newline if body.endswith(newline) else newline * 2
