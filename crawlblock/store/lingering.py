"""A database file that stays open for a moment, because its next use often follows at once."""

import time
from collections.abc import Callable
from threading import Lock, Timer

import duckdb

_IDLE = 0.2  # s without use after which the file is closed
_LONGEST = 2.0  # s after which it is closed for waiting processes; a query waits longer
_PAUSE = 0.15  # s for which it then stays closed; waiting processes try every 0.1 s


class LingeringFile:
    """Keeps the file of a run open between its transactions.

    Opening and closing a database takes some 20 ms, querying an open one 1 ms.  DuckDB lets
    connections of one process share what is open, so a second connection is all it takes.  A
    cursor would not do: it is closed with its connection.
    """

    def __init__(self) -> None:
        """Begin with a closed file."""
        self._lock = Lock()
        self._con: duckdb.DuckDBPyConnection | None = None
        self._timer: Timer | None = None
        self._opened = 0.0
        self._free_until = 0.0

    def stay(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        """Keep the file open, of which the caller is about to close its own connection."""
        with self._lock:
            if self._con is None:
                self._con, self._opened = connect(), time.monotonic()
            elif time.monotonic() - self._opened > _LONGEST:
                self._close()
                self._free_until = time.monotonic() + _PAUSE
                return
            self._wait_again()

    def let_others(self) -> None:
        """Wait until other processes have had time to open the file."""
        left = self._free_until - time.monotonic()
        if left > 0:
            time.sleep(left)

    def end(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def _wait_again(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = Timer(_IDLE, self.end)
        self._timer.daemon = True
        self._timer.start()

    def _close(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._con:
            self._con.close()
        self._con = self._timer = None
