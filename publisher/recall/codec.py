"""Plain values and the model's own types, to bytes and back.

What is read back may build values of these types and call nothing else: a damaged or foreign file can only be refused.
Who can write into the cache can make a build say something else all the same, as who can change the code can.
"""

from __future__ import annotations

import enum
import io
import pickle
import sys
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta, timezone

_TIMES = {("datetime", each.__name__): each for each in (date, datetime, timedelta, timezone)}
_OURS = ("publisher.model.", "publisher.render.view")


class _Reader(pickle.Unpickler):
    """Reads values of the types named here, and refuses all others."""

    def find_class(self, module: str, name: str) -> object:
        known = _TIMES.get((module, name))
        if known is not None:
            return known
        if module.startswith(_OURS):
            __import__(module)
            found = getattr(sys.modules[module], name, None)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, enum.Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no type of ours")


def pack(value: object) -> bytes:
    """Write a value."""
    return pickle.dumps(value, protocol=5)


def unpack(body: bytes) -> object:
    """Read a value.

    Raises:
        ValueError: it is not one that `pack` wrote.
    """
    try:
        return _Reader(io.BytesIO(body)).load()
    except Exception as error:
        raise ValueError("not a value that was kept") from error
