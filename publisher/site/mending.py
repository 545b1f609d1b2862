"""Mend what the theme renders: its HTML, its comments, its blanks, and hashes for the scripts it names.

Pure: no MkDocs here.
"""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Mapping

from publisher.model.digest import sha256

_COMMENT = re.compile(r"(<(script|style)\b.*?</\2\s*>)|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_SCRIPT = re.compile(rb"""(<script\b[^>]*\ssrc="([^":?#]+)")(?![^>]*\sintegrity=)""")


def mended(html: str, locale: str) -> str:
    """Mend the theme's HTML.

    `autocomplete` belongs on text fields, the direction on the whole document, and the language is all of its tag:
    the theme says `zh` of Chinese in either script, and a browser would have to guess the typeface.
    """
    html = re.sub(r'(<html\b[^>]*?) lang="[^"]*"', rf'\1 lang="{locale}"', html, count=1)
    html = re.sub(r'(<input class="md-toggle"[^>]*?) autocomplete="off"', r"\1", html)
    direction = re.search(r'<body dir="(ltr|rtl)"', html)
    return re.sub(r"<html ", f'<html dir="{direction[1]}" ', html, count=1) if direction else html


def uncommented(html: str) -> str:
    """Take comments out of a page: they are notes among writers, and anybody can read a page's source."""
    return _COMMENT.sub(lambda found: found[1] or "", html)


def seal_of(body: bytes) -> str:
    """Say which bytes a browser may take for a file (Subresource Integrity, section 3.1)."""
    return f"sha256-{base64.b64encode(bytes.fromhex(sha256(body))).decode()}"


def sealed(page: bytes, dest: str, files: Mapping[str, bytes]) -> bytes:
    """Name the hash of every script of ours in a page of the theme's.

    Sheets have none: browsers refuse whatever has one on a page that was saved to disk. Without scripts such a page is
    complete, without its sheets it would not be.
    """

    def seal(found: re.Match[bytes]) -> bytes:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(dest), found[2].decode()))
        return found[0] if path not in files else b'%s integrity="%s"' % (found[1], seal_of(files[path]).encode())

    return _SCRIPT.sub(seal, page)


def tidied(html: str, locale: str) -> str:
    """Take the templates' indentation out of a frame: it is paid for once per incident. Frames hold no `<pre>`."""
    return "\n".join(line.strip() for line in mended(html, locale).splitlines() if line.strip()) + "\n"


def squeezed(script: str) -> str:
    """Take comments and blanks out of our own script, which a reader on a slow line would pay for.

    Lines stay lines, strings stay as they are. Good for how that script is written, not for scripts at large: no
    blanks in regular expressions, no comment with a quote in it or without a blank before it.
    """
    script = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
    lines = (re.sub(r"(^|\s)//\s[^\"`]*$", "", line).strip() for line in script.splitlines())
    pieces = re.split(r"""("(?:[^"\\]|\\.)*"|`[^`]*`)""", "\n".join(line for line in lines if line))
    pieces[::2] = [re.sub(r" *([=(){}<>?:,;&|+*/-]) *", r"\1", piece) for piece in pieces[::2]]
    return "".join(pieces) + "\n"
