"""What a command's exit code means: 0 done, 1 findings or refused, 2 usage, 3 degraded, 4 nothing reached."""

from __future__ import annotations

from typing import Final

EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_DEGRADED: Final = 3
EXIT_NOTHING_REACHED: Final = 4
EXIT_TERMINATED: Final = 143
"""128 + SIGTERM, as shells say it."""
