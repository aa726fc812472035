"""Lines of a shell that need no shell, run in this process, which is faster than a new one."""

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from guard import beyond
from shells import run_line

from crawlblock.cli import main

NEEDS_A_SHELL = re.compile(r"[|<>&;$`\n]")


def run_here(line: str, folder: Path, shell: dict[str, str]) -> tuple[str, str]:
    """Run a line as `run_line` does, but here if it needs no shell; return stdout and stderr."""
    if NEEDS_A_SHELL.search(line):
        done = run_line(line, folder, shell)
        return done.stdout, done.stderr
    with _guard().watching() as reached, chdir(folder), _environment(shell):
        ended = run_command(shlex.split(line)[1:])
    assert not reached, (line, reached)
    assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
    return ended.stdout, ended.stderr


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run_command(arguments: list[str], encoding: str = "utf-8") -> Ended:
    """Run a command in this process, whatever its exit code."""
    out, errors = (io.TextIOWrapper(io.BytesIO(), encoding, write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(errors), pytest.raises(SystemExit) as stopped:
        main(arguments)
    return Ended(int(stopped.value.code or 0), _written(out), _written(errors))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(stream.encoding)


class Guard:
    """Lets this process reach nobody beyond this machine, while it watches."""

    def __init__(self) -> None:
        """Begin; a hook can never be taken back, so there is one for all tests."""
        self._watching = False
        self._reached: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, values: tuple[object, ...]) -> None:
        if self._watching and (host := beyond(event, values)):
            self._reached.append(f"{event} {host}")
            raise OSError("beyond loopback")

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Watch; give the list of those who would have been reached."""
        self._reached.clear()
        self._watching = True
        try:
            yield self._reached
        finally:
            self._watching = False


@cache
def _guard() -> Guard:
    """Return the guard of this process."""
    return Guard()


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    """Set the environment of this process for a while."""
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
