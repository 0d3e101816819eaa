"""Runs a command and prints what it used, as one line of JSON: `launch.py COMMAND...`

A process of its own because Linux counts the memory of the process that starts a
program into the program's peak: this one is small."""
import json
import os
import sys
import time

start = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(child, 0)
print(json.dumps({"exit": os.waitstatus_to_exitcode(status), "wall_s": time.monotonic() - start,
                  "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}))
