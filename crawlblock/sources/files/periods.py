"""Which snapshot a capture of an import belongs to.

Captures are put into months or weeks.  A sweep over hosts is one snapshot also where it crosses
the end of one: in order of time, a host that is seen again, more than a day later, starts the next
sweep.  Sweeps count if none is longer than one and a half periods and their starts are at least
half a period apart; else, such as for daily fetches, the periods of the calendar do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from crawlblock.sources.files.batch import Every

FORMATS: dict[Every, str] = {"month": "%Y-%m", "week": "%G-W%V"}
_LENGTH: dict[Every, timedelta] = {"month": timedelta(days=30), "week": timedelta(days=7)}
_AGAIN = timedelta(days=1)  # redirects and second attempts come sooner


@dataclass(frozen=True, slots=True)
class Periods:
    """The snapshots of an import."""

    every: Every = "month"
    name: str | None = None  # of the one snapshot
    sweeps: tuple[tuple[datetime, str], ...] = ()  # the start of each and its name, by time
    notes: tuple[str, ...] = ()  # of each sweep that crosses the end of a month or week

    def of(self, time: datetime) -> str:
        """Return the name of the snapshot of a time: 2023-09, 2023-W36 or a name given."""
        if self.name is not None:
            return self.name
        begun = [name for start, name in self.sweeps if start <= time]
        return begun[-1] if begun else time.strftime(FORMATS[self.every])

    def named(self, time: pl.Expr) -> pl.Expr:
        """Return the same for a column of times."""
        if self.name is not None:
            return pl.lit(self.name)
        found = time.dt.strftime(FORMATS[self.every])
        for start, name in self.sweeps:
            found = pl.when(time >= start).then(pl.lit(name)).otherwise(found)
        return found


def periods_of(captures: Iterable[tuple[str, datetime]], every: Every) -> Periods:
    """Return the periods of captures, given as host and time in any order."""
    ordered = sorted(captures, key=lambda capture: capture[1])
    sweeps: list[list[datetime]] = []  # first and last time of each
    seen: dict[str, datetime] = {}
    for host, time in ordered:
        last = seen.get(host)
        if not sweeps or (last is not None and last >= sweeps[-1][0] and time - last > _AGAIN):
            if sweeps and time - sweeps[-1][0] < _LENGTH[every] / 2:
                return Periods(every)
            sweeps.append([time, time])
        sweeps[-1][1] = time
        seen[host] = time
    named = tuple((start, start.strftime(FORMATS[every])) for start, _ in sweeps)
    too_long = any(end - start > 1.5 * _LENGTH[every] for start, end in sweeps)
    if too_long or len({name for _, name in named}) < len(named):
        return Periods(every)
    crossing = [
        _note(start, end, every)
        for start, end in sweeps
        if start.strftime(FORMATS[every]) != end.strftime(FORMATS[every])
    ]
    return Periods(every, sweeps=named, notes=tuple(crossing))


def _note(start: datetime, end: datetime, every: Every) -> str:
    """Say that a sweep is one snapshot though it crosses the end of a month or week."""
    name = start.strftime(FORMATS[every])
    return (
        f"{name}: the sweep from {start:%Y-%m-%d} to {end:%Y-%m-%d} is one snapshot, though it "
        f"crosses the end of a {every}; --snapshot gives it another name"
    )
