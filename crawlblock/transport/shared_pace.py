"""The pace at which all processes of a user on this machine ask one host together."""

import hashlib
import logging
import math
import os
import platform
import re
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TextIO

from filelock import FileLock

FOLDER = "CRAWLBLOCK_PACE"  # a variable of the environment: where processes agree on the pace
_LONGEST = 3600.0  # s that one process makes others wait; no host is obeyed for longer
_PATIENCE = 5.0  # s for the lock, which is held for less than a millisecond

_log = logging.getLogger(__name__)


class SharedPace:
    """The next free moment of one host, in a small file that only one process changes at a time.

    The file holds two times of the clock: when it was written, and the next free moment.  Nothing
    in it has to be taken back, so a process that is killed leaves nothing behind.  Where the file
    cannot be used, one line says so, and each process keeps its own pace.
    """

    def __init__(self, host: str, clock: Callable[[], float] = time.time) -> None:
        """Take the host, with the port where ports have limits of their own."""
        self._clock = clock
        self._path = pace_folder() / _file_name(host)

    def begin(self, apart: float) -> float:
        """Return 0 if a request may start now, else the seconds until the next free moment.

        The request after one that starts is `apart` seconds (s) later at the earliest.
        """
        return self._change(lambda now, free: free if free > now else now + apart)

    def hold(self, seconds: float) -> None:
        """Let no process send anything for so long, because the host asked for it."""
        self._change(lambda now, free: max(free, now + min(seconds, _LONGEST)))

    def _change(self, change: Callable[[float, float], float]) -> float:
        """Set the next free moment from now and the one before, while no other process does.

        Return how many seconds away it was; 0 where the file cannot be used.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_PATIENCE):
                self._path.touch()
                with self._path.open("r+", encoding="ascii", errors="replace") as file:
                    now = self._clock()
                    free = _next_free(file.read(), now)
                    _write(file, now, change(now, free))
        except (OSError, NotImplementedError) as error:  # some network disks cannot lock
            _say_alone(self._path.parent, getattr(error, "strerror", None) or "it is locked")
            return 0.0
        return max(0.0, free - now)


def pace_folder() -> Path:
    """Return the folder of the files: the variable's, else one in the user's cache folder.

    It does not depend on how a process was started: a cron job finds the one of a terminal.
    """
    if named := os.environ.get(FOLDER):
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:  # nobody knows where that is
        home = Path(os.devnull)
    if sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        caches = home / "Library" / "Caches"
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return caches / "crawlblock" / "pace"


def _file_name(host: str) -> str:
    """Return the name of a host's file on this machine: some home folders are of many machines."""
    digest = hashlib.sha256(f"{platform.node()} {host}".encode()).hexdigest()[:12]
    return f"{re.sub('[^A-Za-z0-9.-]', '_', host)[:80]}-{digest}"


def _next_free(text: str, now: float) -> float:
    """Return the next free moment, however the clock was set since it was written."""
    try:
        written, free = map(float, text.split())
    except ValueError:  # a new file, or one that was half written
        return now
    if not (math.isfinite(written) and math.isfinite(free)):
        return now
    if written > now:  # the clock was set back
        free = now + (free - written)
    return min(free, now + _LONGEST)


def _write(file: TextIO, now: float, free: float) -> None:
    file.seek(0)
    file.truncate()
    file.write(f"{now:.6f} {free:.6f}\n")


@cache
def _say_alone(folder: Path, reason: str) -> None:
    """Say once in a process that it does not know what other processes send."""
    _log.warning(
        "%s: %s; this run keeps its own rate, and other runs at the same time add to it; make the "
        "folder writable, or name another one in %s",
        folder, reason, FOLDER,
    )  # fmt: skip
