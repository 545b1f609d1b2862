"""Reads a content security policy and says where it lets through what it is there to stop (CSP 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from publisher.hosting.inline import Inline

_HASHES = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_SCHEMES = {"http:", "https:", "ws:", "wss:", "data:", "blob:", "filesystem:"}
_FETCH = ("script-src", "style-src", "img-src", "font-src", "connect-src", "object-src", "frame-src", "worker-src")
# what no directive falls back from: to leave it out is to allow it
_ALONE = ("base-uri", "form-action")


def parse(policy: str) -> dict[str, tuple[str, ...]]:
    """Read one policy: directive → sources. Of a directive said twice, the first counts (section 2.2.1)."""
    found: dict[str, tuple[str, ...]] = {}
    for part in policy.split(";"):
        words = part.split()
        if words:
            found.setdefault(words[0].lower(), tuple(words[1:]))
    return found


def policies(header: str | None) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """Read a header: policies joined by commas are all enforced."""
    return tuple(parse(text) for text in (header or "").split(",") if text.strip())


def sources(policy: Mapping[str, tuple[str, ...]], directive: str) -> tuple[str, ...] | None:
    """Give what a directive allows, by itself or as the default; None when nothing limits it."""
    if directive in policy:
        return policy[directive]
    if directive == "worker-src" and "script-src" in policy:
        return policy["script-src"]
    return policy.get("default-src") if directive in _FETCH else None


def weaknesses(policy: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Say what a policy lets through, a clause each. Nothing: it is as strict as ours."""
    out = [
        f"{directive} is not limited, as there is no default-src"
        for directive in _FETCH
        if sources(policy, directive) is None
    ]
    out += [f"{directive} is not said, and nothing stands in for it" for directive in _ALONE if directive not in policy]
    for directive, allowed in policy.items():
        if directive.endswith("-src") or directive in {*_ALONE, "frame-ancestors"}:
            out += _weak(directive, allowed)
    return tuple(dict.fromkeys(out))


def refused(policies: Iterable[Mapping[str, tuple[str, ...]]], page: Inline) -> tuple[str, ...]:
    """Say what of a page's own the policies refuse, a clause each."""
    out: list[str] = []
    for policy in policies:
        scripts, styles = sources(policy, "script-src"), sources(policy, "style-src")
        lost = [hash_ for hash_ in page.scripts if not _allows(scripts, hash_)]
        if lost:
            out.append(f"{len(lost)} of {len(page.scripts)} inline scripts ({lost[0]})")
        lost = [hash_ for hash_ in page.styles if not _allows(styles, hash_)]
        if lost:
            out.append(f"{len(lost)} of {len(page.styles)} inline sheets ({lost[0]})")
        if page.handlers and not _inline(scripts):
            out.append(f"the inline script {page.handlers[0][:60]!r}")
        if page.style_attributes and not _inline(styles):
            out.append(f"style={page.style_attributes[0][:60]!r}")
    return tuple(dict.fromkeys(out))


def _weak(directive: str, allowed: Sequence[str]) -> list[str]:
    out = []
    for source in allowed:
        plain = source.lower()
        if plain == "'unsafe-inline'" and not any(s.lower().startswith(_HASHES) for s in allowed):
            out.append(f"{directive} allows 'unsafe-inline': whatever gets into a page runs")
        elif plain in {"'unsafe-eval'", "'unsafe-hashes'", "'wasm-unsafe-eval'"}:
            out.append(f"{directive} allows {plain}")
        elif plain == "*" or "*" in plain.partition("//")[2] or plain.startswith("*."):
            out.append(f"{directive} has the wildcard {source}")
        elif plain in _SCHEMES and not (directive == "img-src" and plain == "data:"):
            out.append(f"{directive} allows everything that begins with {source}")
        elif not plain.startswith("'") and plain not in _SCHEMES:
            out.append(f"{directive} lets readers' browsers ask {source}, another host")
    return out


def _allows(allowed: Sequence[str] | None, hash_: str) -> bool:
    return allowed is None or hash_ in allowed or _inline(allowed)


def _inline(allowed: Sequence[str] | None) -> bool:
    if allowed is None:
        return True
    # a hash or nonce switches 'unsafe-inline' off (section 6.7.3.2)
    return any(s.lower() == "'unsafe-inline'" for s in allowed) and not any(
        s.lower().startswith(_HASHES) for s in allowed
    )
