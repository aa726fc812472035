"""Runs that begin at once: each is a process, forked from one that has done the imports."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Self

_FORKING = """
import os, sys
sys.modules["pandas"] = None  # DuckDB would load it in each run, where it is there
{imports}
for line in map(str.strip, sys.stdin):
    run = os.fork()
    if not run:
        code = 1
        try:
            {call}
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            os._exit(code)  # threads that the imports began are not here to be ended
    print(run, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]), flush=True)
"""


class Runs:
    """A process that forks runs, one at a time (context manager)."""

    def __init__(self, imports: str, call: str) -> None:
        """Take what is imported once, and what a run calls with the `line` that it is given."""
        self._forking = subprocess.Popen(
            [sys.executable, "-c", _FORKING.format(imports=imports, call=call)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forking.communicate(timeout=30)

    def start(self, line: str) -> None:
        """Start a run."""
        assert self._forking.stdin is not None
        self._forking.stdin.write(f"{line}\n".encode())
        self._run = self._told()

    def kill(self) -> None:
        """Kill the run as `kill -9` does."""
        with suppress(ProcessLookupError):
            os.kill(self._run, signal.SIGKILL)

    def ended(self, seconds: float = 0.0) -> bool:
        """Tell whether the run ends within a time."""
        assert self._forking.stdout is not None
        return bool(select.select([self._forking.stdout], [], [], seconds)[0])

    def result(self) -> int:
        """Return the exit code of the run once it has ended."""
        assert self.ended(120)
        return self._told()

    def _told(self) -> int:
        assert self._forking.stdout is not None
        return int(self._forking.stdout.readline())
