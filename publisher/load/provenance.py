"""Whether a file is as an import wrote it: what it says, the old page has said to everybody already."""

from __future__ import annotations

import re
from typing import Final

from publisher.model.digest import ContentHash, sha256

DIGEST_KEY: Final = "import_digest"
"""The internal field with the digest of the file around it."""
NO_DIGEST: Final = "0" * 64
"""What stands in its place while the digest is taken."""
_DIGEST_LINE = re.compile(rf'^(\s+{DIGEST_KEY}: "?)([0-9a-f]{{64}})("?)$', re.MULTILINE)


def is_untouched(body: bytes) -> bool:
    """Say whether an imported file is byte for byte as it was written; line ends may differ, as git turns them."""
    text = body.decode("utf-8", errors="replace").replace("\r\n", "\n")
    found = _DIGEST_LINE.search(text)
    if not found:
        return False
    blank: ContentHash = sha256((text[: found.start(2)] + NO_DIGEST + text[found.end(2) :]).encode())
    return found[2] == blank
