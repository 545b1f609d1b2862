"""What builds of small sites spend most of their time on and what follows from no edit, made once or not at all."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import resvg_py

from publisher.load import schema
from publisher.render import openapi, picture

SCHEMAS = functools.cache(schema.json_schemas)
WRITE = openapi._body


@functools.cache
def written(compact: str) -> bytes:
    return WRITE(json.loads(compact))


def undrawn(*, svg_string: str, skip_system_fonts: bool, font_files: list[str]) -> bytes:
    """Give all that a picture's points follow from; making those takes longer than all the rest of a small site."""
    return repr((svg_string, skip_system_fonts, font_files)).encode()


@contextmanager
def sparing() -> Iterator[None]:
    """Make the schemas of what people type once, write each description of an interface once, draw no points."""
    picture.draw.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "json_schemas", SCHEMAS)
        patch.setattr(openapi, "_body", lambda document: written(json.dumps(document)))
        patch.setattr(resvg_py, "svg_to_bytes", undrawn)
        yield
    picture.draw.cache_clear()
