"""Processes whose peak of memory is their own: a child is charged what its parent had.

A shell between the two has little.
"""

import subprocess
import sys
from collections.abc import Mapping

_SHELL = ("sh", "-c", '"$0" "$@"; exit $?')


def python(*arguments: object, env: Mapping[str, str] | None = None) -> str:
    """Run Python from a shell and return what it prints; fails with what it says of an error."""
    command = [*_SHELL, sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout
