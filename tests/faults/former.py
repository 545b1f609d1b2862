"""A target as the protocol of format 1 left it: a manifest per release, every body an object under its hash."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.model.digest import Plain, canonical_json, sha256
from publisher.model.release import Release
from publisher.ports import ObjectStore
from publisher.release.manifest import written_time
from publisher.release.pointer import LEASE, POINTER


def publish_formerly(
    store: ObjectStore, releases: Sequence[Release], *, memory: bool = True, intent: Sequence[str] = ()
) -> None:
    """Put releases there, the last of them live.

    Args:
        store: an empty target.
        releases: oldest first.
        memory: whether the last publisher came to its end.
        intent: live paths it left half done.
    """
    previous: list[Plain] | None = None
    kept: list[Plain] = []
    versions: dict[str, Plain] = {}
    for release in releases:
        for sha, body in release.bodies.items():
            store.put(f"objects/{sha}", body, (("content-type", "application/octet-stream"),))
        manifest = _manifest(release, previous)
        sha = sha256(manifest)
        key = f"releases/{release.generation}-{sha[:16]}.json"
        store.put(key, manifest, (("content-type", "application/json"),))
        previous = [key, sha]
        kept.append([release.generation, key])
        for path, entry in release.manifest.entries.items():
            versions[path] = store.put(path, release.bodies[entry.sha256], entry.headers)
        gone = versions.keys() - release.manifest.entries.keys()
        store.delete(gone)
        versions = {path: version for path, version in versions.items() if path not in gone}
        pointer: dict[str, Plain] = {
            "format": 1,
            "generation": release.generation,
            "id": release.id,
            "built": written_time(release.built),
            "manifest": key,
            "manifest_sha256": sha,
            "second_url": None,
        }
        store.put(POINTER, canonical_json(pointer) + b"\n", ())
    lease: dict[str, Plain] = {
        "format": 1,
        "token": len(releases),
        "holder": "former",
        "state": "free",
        "ttl_s": 60,
        "beat": 0,
        "intent": list(intent),
        "memory": {"releases": kept, "dropped": [], "versions": versions} if memory else None,
    }
    store.put(LEASE, canonical_json(lease), ())


def _manifest(release: Release, previous: list[Plain] | None) -> bytes:
    sets = sorted({entry.headers for entry in release.manifest.entries.values()})
    files: dict[str, Plain] = {}
    for path, entry in release.manifest.entries.items():
        line: dict[str, Plain] = {
            "group": entry.group.name.lower(),
            "headers": sets.index(entry.headers),
            "sha256": entry.sha256,
            "size": entry.size,
        }
        if entry.unstamped != entry.sha256:
            line["unstamped"] = entry.unstamped
        files[path] = line
    document: dict[str, Plain] = {
        "format": 1,
        "generation": release.generation,
        "id": release.id,
        "parent": release.parent,
        "built": written_time(release.built),
        "rollback_of": release.rollback_of,
        "previous": previous,
        "said": [[one.incident, one.update, one.revision] for one in release.said],
        "headers": [[list(pair) for pair in headers] for headers in sets],
        "files": files,
    }
    return canonical_json(document) + b"\n"
