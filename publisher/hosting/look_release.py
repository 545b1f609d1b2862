"""Which release a live site serves, how old it is, and whether its pages are the ones that were published."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urljoin

from publisher.hosting.answer import Answer
from publisher.hosting.inline import read_inline
from publisher.hosting.look import STATUS_OK, Look, Question, fail, ok, warn
from publisher.hosting.policy import CSP
from publisher.hosting.weakness import policies, refused
from publisher.model.digest import ContentHash, sha256
from publisher.model.errors import StorageError, TidingsError
from publisher.model.release import Manifest
from publisher.release.manifest import assemble, parse_former, parse_root
from publisher.release.pack import Blob
from publisher.release.pointer import POINTER, Pointer, parse_pointer

OLD = timedelta(hours=36)
"""A page that was not published for longer shows days that are over: the ninety days move on at midnight."""
FOLDERS = "Let the server answer /folder/ with /folder/index.html."
_SAMPLE = 12
STATUS_PART = 206


def live_release(question: Question) -> tuple[list[Look], tuple[Pointer, Manifest] | None]:
    """Read which release is live, and its manifest."""
    answer = question.get(POINTER)
    if answer.error is not None or answer.status != STATUS_OK:
        how = answer.error.cause if answer.error else f"answers {answer.status}"
        step = "Publish with `tidings publish`: a folder that was only built has none, and nobody can tell its age."
        return [fail("release", f"{POINTER} {how}", step)], None
    try:
        pointer = parse_pointer(answer.body, where=answer.url)
    except TidingsError as error:
        return [fail("release", error.cause.rstrip("."), error.next_step)], None
    looks = [_age(pointer, question.now, oldest=question.oldest)]
    try:
        body = _documents(question, [pointer.root])[pointer.root.sha256]
        if pointer.former:
            record = parse_former(body, where=pointer.root.key)
        else:
            root = parse_root(body, key=pointer.root.key)
            shards = _documents(question, root.shards)
            record = assemble(root, lambda blob: shards[blob.sha256])
    except TidingsError as error:
        return [*looks, fail("release", error.cause.rstrip("."), error.next_step)], None
    return looks, (pointer, record.release.manifest)


def _documents(question: Question, blobs: Sequence[Blob]) -> dict[ContentHash, bytes]:
    """Take documents out of the packs they lie in, one request a pack."""
    found: dict[ContentHash, bytes] = {}
    for key in dict.fromkeys(blob.key for blob in blobs):
        mine = [blob for blob in blobs if blob.key == key]
        begin = min(blob.offset for blob in mine)
        end = max(blob.offset + (blob.length or 0) for blob in mine)
        answer = question.get(key, {"Range": f"bytes={begin}-{end - 1}"} if end else None)
        if answer.error is not None or answer.status not in (STATUS_OK, STATUS_PART):
            how = answer.error.cause if answer.error else f"answers {answer.status}"
            raise StorageError(
                f"{key} {how}", "Serve the folder releases/ too: programs read it to see one release, whole."
            )
        # a server that knows no ranges gives everything
        begin = begin if answer.status == STATUS_PART else 0
        for blob in mine:
            body = answer.body
            if blob.length is not None:
                body = body[blob.offset - begin : blob.offset - begin + blob.length]
            if sha256(body) != blob.sha256:
                raise StorageError(
                    f"{key} has other bytes than {POINTER} says",
                    "Something between store and readers changes files, or keeps old ones: switch that off for this "
                    "host.",
                )
            found[blob.sha256] = body
    return found


def _age(pointer: Pointer, now: datetime, *, oldest: timedelta | None) -> Look:
    words = f"generation {pointer.generation}, built {pointer.built:%Y-%m-%d %H:%M} UTC"
    if pointer.built - now > timedelta(minutes=5):
        return warn("release", f"{words}, which is yet to come", "Set the clock of the machine that publishes.")
    if oldest is not None and now - pointer.built > oldest:
        return fail(
            "release",
            f"{words}: {(now - pointer.built) // timedelta(minutes=1)} minutes ago",
            "See why nothing was published since: `tidings publish --renew-after` has to run more often than this.",
        )
    if now - pointer.built > OLD:
        return warn(
            "release",
            f"{words}: {(now - pointer.built).days} days ago",
            "Publish once a day, as the ninety days move on.",
        )
    return ok("release", words)


def sample(manifest: Manifest) -> tuple[str, ...]:
    """Choose pages of every kind: the first and last of each folder, up to a dozen."""
    groups: dict[str, list[str]] = {}
    for path in sorted(manifest.entries):
        if path.endswith(".html") and path != "index.html":
            # the folder and the depth tell the kind: incidents/x/ is another than history/
            groups.setdefault(f"{path.split('/')[0]} {path.count('/')}", []).append(path)
    ends = [group[-1] for group in groups.values()] + [group[0] for group in groups.values()]
    return tuple(dict.fromkeys(ends))[:_SAMPLE]


def address(path: str) -> str:
    """Give the address of a file of the site."""
    return path.removesuffix("index.html")


def look_at_pages(pages: Mapping[str, Answer], manifest: Manifest | None, *, mend: str) -> Iterator[Look]:
    """Do some pages of each kind arrive, as published, under a policy that lets their own scripts run?"""
    good = 0
    for path, answer in pages.items():
        problems = list(_page(path, answer, manifest, mend=mend))
        yield from problems
        good += not problems
    if good == len(pages):
        yield ok("pages", f"{good}, some of each kind, arrive as they were published, and their own scripts may run")


def _page(path: str, answer: Answer, manifest: Manifest | None, *, mend: str) -> Iterator[Look]:
    entry = manifest.entries.get(path) if manifest else None
    if answer.error is not None:
        yield fail("pages", f"{path}: {answer.error.cause}", answer.error.next_step)
        return
    if answer.status != STATUS_OK:
        # a build that was never published may lack pages; a manifest promises them
        if entry is not None and not path.endswith("404.html"):
            yield fail("pages", f"{address(path)} answers {answer.status}, though the release holds it", FOLDERS)
        return
    if entry is not None and answer.whole and sha256(answer.body) != entry.sha256:
        yield warn(
            "pages",
            f"{path} is not what was published",
            "A cache may be a moment behind: look again. Else something on the way changes pages; switch that off.",
        )
    for thing in refused(policies(answer.header(CSP)), read_inline(answer.body)):
        yield fail("policy", f"{path}: browsers refuse {thing} of the page", f"The policy is of other pages. {mend}")
    framed = any("frame-ancestors" in policy for policy in policies(answer.header(CSP)))
    if re.search(r"(?:^|/)embed/index\.html$", path) and (framed or answer.header("x-frame-options")):
        yield fail("pages", f"{address(path)} may not be framed, which is what it is for", mend)


def look_at_generations(question: Question, home: Answer, pointer: Pointer) -> Iterator[Look]:
    """Are page, status.json and pointer of one release, here and at the second address?"""
    said = {}
    stamp = re.search(rb'data-generation="(\d+)"', home.body)
    if stamp:
        said["the home page"] = int(stamp[1])
    status = question.get("api/status.json")
    if status.status == STATUS_OK:
        number = _generation(status.body)
        if number is not None:
            said["api/status.json"] = number
    other = [f"{name} is of {number}" for name, number in said.items() if number != pointer.generation]
    if other:
        yield fail(
            "generation",
            f"release.json is of {pointer.generation}, {', '.join(other)}",
            "Wait for max-age and look again; if it stays, a cache keeps pages longer than they say.",
        )
    elif said:
        yield ok("generation", f"{' and '.join(said)} agree with release.json on {pointer.generation}")
    if pointer.second_url:
        second = question.ask(urljoin(pointer.second_url, POINTER), {})
        number = _generation(second.body) if second.status == STATUS_OK else None
        if number is None:
            how = second.error.cause if second.error else f"answers {second.status}"
            yield warn("second page", f"{pointer.second_url} cannot be read: {how}", "See why before you need it.")
        elif number != pointer.generation:
            yield warn(
                "second page",
                f"{pointer.second_url} is at generation {number}, this one at {pointer.generation}",
                "Publish again: it brings the one that is behind up to date.",
            )
        else:
            yield ok("second page", f"{pointer.second_url} is at generation {number} too")


def _generation(body: bytes) -> int | None:
    try:
        found = json.loads(body)["generation"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) else None
