"""Runs that begin at once: each is a process, forked from one that has done the imports."""

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
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
        self._run = self._answer()

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
        return self._answer()

    def _answer(self) -> int:
        assert self._forking.stdout is not None
        return int(self._forking.stdout.readline())


_LIBRARIES = """
import json, runpy
import aiohttp, click, duckdb, idna, jinja2, numpy, polars, warcio
import rich.console, rich.progress, rich.table

def call(folder, log, words):
    os.chdir(folder)
    sys.path.insert(0, folder)
    for number, path in ((1, os.devnull), (2, log)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.argv = ["crawlblock", *words]
    runpy.run_module("crawlblock", run_name="__main__", alter_sys=True)
"""


class OtherCode(Runs):
    """Runs commands of copies of the package: what is imported once are the libraries alone."""

    def __init__(self) -> None:
        """Import the libraries, and nothing of the package."""
        super().__init__(_LIBRARIES, "call(*json.loads(line))")

    def run(self, folder: Path, *words: str) -> tuple[int, str]:
        """Run a command of the copy in a folder, there; return its exit code and what it says."""
        log = folder / ".log"
        self.start(json.dumps([str(folder), str(log), words]))
        return self.result(), log.read_text("utf-8")
