"""A run: it locks the database, and stores a row that says how it ended."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from crawlblock import __version__, registry
from crawlblock.errors import CrawlblockError, InputError
from crawlblock.stopping import stoppable
from crawlblock.store.new_database import holds_anything
from crawlblock.store.store import RunRecord, Store

_EARLIEST, _LATEST = datetime(2016, 1, 1), datetime(2100, 1, 1)
_DAY = timedelta(days=1)
_LONG_UNUSED = timedelta(days=30 * 365)
_DATED = frozenset({"sample", "live", "update"})  # these store times of this machine's clock
_APART = timedelta(hours=1)  # if two clocks differ by more, one must be wrong

Progress = Callable[[str, int, int], None]  # what, done, of how many
Say = Callable[[str], None]  # a line for the user


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may use; the run ends between two batches, and the next run continues there."""

    seconds: float | None = None  # None: no limit
    requests: int | None = None

    @classmethod
    def of(cls, minutes: float | None, requests: int | None) -> "Budget":
        """Return the budget that a user named."""
        return cls(None if minutes is None else minutes * 60, requests)

    def spent(self, tally: "Tally", requests: int) -> bool:
        """Tell whether a run must end after sending `requests` beyond those in its tally."""
        late = self.seconds is not None and time.monotonic() - tally.begun >= self.seconds
        return late or self.requests_left(tally, requests) == 0

    def requests_left(self, tally: "Tally", requests: int) -> int | None:
        """Return how many requests a run may still send, None: any number.

        `requests`: those sent beyond those in the tally.
        """
        return None if self.requests is None else max(0, self.requests - tally.requests - requests)

    def seconds_left(self, tally: "Tally") -> float | None:
        """Return how long the run may still take, None: no limit."""
        return None if self.seconds is None else tally.begun + self.seconds - time.monotonic()


@dataclass(slots=True)
class Tally:
    """What a run has done so far."""

    begun: float = field(default_factory=time.monotonic)  # s
    unfinished: bool = False  # the budget ended it
    troubles: list[str] = field(default_factory=list)  # what could not be done
    result: str = "ok"  # what is stored for a run that was not stopped

    captures: int = 0
    payloads: int = 0
    requests: int = 0
    bytes: int = 0


UNLIMITED = Budget()


def unshown(what: str, done: int, of: int) -> None:
    """Show no progress."""


def silent(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What every step of a run needs: where it stores, what it counts and what it may use."""

    store: Store
    tally: Tally = field(default_factory=Tally)
    progress: Progress = unshown
    budget: Budget = UNLIMITED
    say: Say = silent

    def is_spent(self, requests: int) -> bool:
        """Tell whether the budget is used up; if so, note that the run is not finished.

        `requests`: those sent beyond those in the tally.
        """
        if self.budget.spent(self.tally, requests):
            self.tally.unfinished = True
        return self.tally.unfinished


@contextmanager
def recorded(store: Store, command: str, configuration: Mapping[str, object]) -> Iterator[Tally]:
    """Lock the database for a run, store how it ended and publish the database.

    If the run stored nothing, no new database is made.
    """
    with store.held(), stoppable():
        started = checked(now())
        if command in _DATED:
            check_against(store, started)
        tally = Tally()
        result = None
        try:
            yield tally
        except CrawlblockError as error:
            result = str(error)
            raise
        except BaseException as error:
            result = f"stopped: {type(error).__name__}"
            raise
        finally:
            if holds_anything(store.path):
                run = f"{started:%Y%m%dT%H%M%S.%f}-{os.getpid()}"
                store.add_run(
                    RunRecord(
                        run, command, versions(), dict(configuration), registry.stamp(),
                        tally.requests, tally.bytes, started, now(), result or tally.result,
                    )
                )  # fmt: skip
                store.publish()  # while no other run can write
            else:
                tally.troubles.append(f"{store.path}: not made, for there is nothing to store")


def versions() -> dict[str, str]:
    """Return the versions of crawlblock and of the libraries that read and judge."""
    packages = ("warcio", "aiohttp", "polars", "duckdb", "tldextract", "protego")
    return {"crawlblock": __version__, **{name: version(name) for name in packages}}


def checked(clock: datetime) -> datetime:
    """Return a plausible time; raises InputError for one before 2016, or from 2100 on.

    A machine whose clock shows its factory date would date its captures before all others.
    """
    if not _EARLIEST <= clock < _LATEST:
        raise InputError(
            f"this machine's clock says {clock:%Y-%m-%d}, which is impossible; set it and run again"
        )
    return clock


def check_against(store: Store, clock: datetime) -> None:
    """Raise InputError if the stored captures contradict the clock: one of the two is wrong."""
    newest = store.facts.newest_capture()
    if newest is None or newest[1] - _DAY <= clock <= newest[1] + _LONG_UNUSED:
        return
    snapshot, ended = newest
    way = "before" if clock < ended else "decades after"
    raise InputError(
        f"this machine's clock says {clock:%Y-%m-%d %H:%M} UTC, {way} the newest stored capture "
        f"({ended:%Y-%m-%d %H:%M} UTC, snapshot {snapshot}); set the clock and run again, or, if "
        "the clock was wrong when that snapshot was made, remove the snapshot or use another --db"
    )


def wrong_clock(clock: datetime, reported: datetime | None) -> str | None:
    """Warn if this machine's clock differs from the server's (both in UTC)."""
    if reported is None or abs(clock - reported) < _APART:
        return None
    apart = abs(clock - reported)
    length = f"{apart.days} days" if apart.days > 1 else f"{apart.total_seconds() / 3600:.0f} hours"
    way = "ahead of" if clock > reported else "behind"
    return (
        f"this machine's clock is {length} {way} the archive's; set it, or live captures and "
        "reports get wrong dates"
    )


def now() -> datetime:
    """Return the time, naive and in UTC."""
    return datetime.now(UTC).replace(tzinfo=None)
