"""Run a command and write what it cost, as JSON, to a file descriptor: python -I -S launch.py DESCRIPTOR COMMAND…

A process of its own, because Linux counts the memory of whoever starts a command as the command's: this one is small.
"""

import json
import os
import sys
import time

answer, command = int(sys.argv[1]), sys.argv[2:]
begun = time.monotonic()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, answer)])
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - begun
cost = {
    "wall_s": wall,
    "cpu_s": used.ru_utime + used.ru_stime,
    "peak_mib": used.ru_maxrss / 1024,
    "code": os.waitstatus_to_exitcode(status),
}
os.write(answer, json.dumps(cost).encode())
