"""Read what lies on a target: pointer, manifest and bodies, with few requests, nothing believed without its hash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from publisher.model.digest import ContentHash, sha256
from publisher.model.errors import StorageError
from publisher.ports import ObjectStore, Version
from publisher.release.manifest import Record, assemble, parse_former, parse_root
from publisher.release.pack import Blob
from publisher.release.pointer import POINTER, Pointer, parse_pointer

Documents = MutableMapping[ContentHash, bytes]
"""Parts of manifests read or written before, by hash. All of it can be lost, and damage is found."""

PARALLEL = 8
"""Requests at once, per target."""
_GAP = 64 * 1024
"""Bytes between two wanted bodies that are cheaper read than asked around."""
_SPAN = 16 * 1024 * 1024
"""Bytes of one request, at most, unless one body is larger."""
_DAMAGED = "Remove release.json there; the next publish writes the whole site anew."


def read_pointer(store: ObjectStore) -> tuple[Pointer, Version] | None:
    """Read a target's pointer; None when nothing is live."""
    there = store.get(POINTER)
    return None if there is None else (parse_pointer(there.body, where=f"{POINTER} on {store.name}"), there.version)


def read_record(store: ObjectStore, root: Blob, *, documents: Documents | None = None) -> Record:
    """Read a manifest and see that it is the one meant.

    Args:
        store: the target.
        root: where the manifest begins, or a manifest of the former protocol.
        documents: what need not be read; what was read is added.

    Raises:
        StorageError: it is gone or has other bytes.
    """
    known: Documents = {} if documents is None else documents
    body = _documents(store, [root], known)[root.sha256]
    if root.length is None:
        return parse_former(body, where=f"{root.key} on {store.name}")
    head = parse_root(body, key=root.key)
    shards = _documents(store, head.shards, known)
    return assemble(head, lambda blob: shards[blob.sha256])


def _documents(store: ObjectStore, blobs: Sequence[Blob], known: Documents) -> dict[ContentHash, bytes]:
    found = {blob.sha256: body for blob in blobs if (body := known.get(blob.sha256)) and sha256(body) == blob.sha256}
    missing = [blob for blob in blobs if blob.sha256 not in found]
    try:
        read = read_blobs(store, missing)
    except StorageError as error:
        if error.__cause__ is not None:
            raise
        raise StorageError(f"The manifest: {error.cause}", _DAMAGED) from error
    known.update(read)
    return found | read


def read_blobs(store: ObjectStore, blobs: Iterable[Blob]) -> dict[ContentHash, bytes]:
    """Read bodies, neighbours together, and see that each has its hash.

    Raises:
        StorageError: one is missing or damaged.
        OutsideError: the store cannot be read.
    """
    spans = list(_spans(blobs))
    found: dict[ContentHash, bytes] = {}
    if not spans:
        return found
    with ThreadPoolExecutor(max_workers=min(PARALLEL, len(spans))) as pool:
        for some in pool.map(lambda span: _read(store, span), spans):
            found |= some
    return found


def _read(store: ObjectStore, blobs: Sequence[Blob]) -> Mapping[ContentHash, bytes]:
    key, begin = blobs[0].key, blobs[0].offset
    if blobs[0].length is None:
        there = store.get(key)
    else:
        end = max(blob.offset + (blob.length or 0) for blob in blobs)
        # no store has a part of no bytes: an empty body is read with its neighbour
        there = store.get(key, span=(begin, max(end - begin, 1)))
    found = {}
    for blob in blobs:
        start = blob.offset - begin
        body = b"" if there is None else there.body
        body = body if blob.length is None else body[start : start + blob.length]
        if there is None or sha256(body) != blob.sha256:
            raise StorageError(
                f"{key} on {store.name} is {'missing' if there is None else 'damaged'}.",
                "Go back to another generation, or to this one from another target.",
            )
        found[blob.sha256] = body
    return found


def _spans(blobs: Iterable[Blob]) -> Iterator[Sequence[Blob]]:
    """Put together what is read with one request."""
    there: dict[str, dict[Blob, None]] = defaultdict(dict)
    for blob in blobs:
        there[blob.key][blob] = None
    for some in there.values():
        span: list[Blob] = []
        begin = end = 0
        for blob in sorted(some, key=lambda one: (one.offset, one.length or 0)):
            after = blob.offset + (blob.length or 0)
            if span and (blob.length is None or blob.offset > end + _GAP or after - begin > _SPAN):
                yield span
                span = []
            if not span:
                begin, end = blob.offset, after
            span.append(blob)
            end = max(end, after)
        yield span
