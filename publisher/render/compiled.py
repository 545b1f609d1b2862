"""Templates compiled once per installation, as Python does with modules: beside their source, in `__pycache__`.

Compiling costs a template ten times what filling it does. What is there is as trusted as the program itself, and is
never looked for in a repository.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jinja2 import BaseLoader, Environment, FileSystemBytecodeCache, StrictUndefined
from jinja2.bccache import Bucket


class _Beside(FileSystemBytecodeCache):
    """Writes where it can and where Python would."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        try:
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
        except OSError:
            return


def environment(folder: Path, loader: BaseLoader) -> Environment:
    """Give the templates of a folder of ours, for HTML."""
    return Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
        bytecode_cache=_Beside(str(folder / "__pycache__"), "%s.jinja"),
    )
