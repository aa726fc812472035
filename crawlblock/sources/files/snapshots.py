"""When a row was in force, and which snapshots that covers."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl

from crawlblock.sources.files.batch import Every
from crawlblock.sources.files.periods import FORMATS, Periods

_NUMBER = re.compile(r"([0-9]{9,10}|[0-9]{12,14})(?:\.0*)?", re.ASCII)
_TICK = timedelta(seconds=1)  # what a period ends before the next one
_AHEAD = timedelta(days=1)
_EARLIEST, _LATEST = datetime(1994, 1, 1), datetime(2100, 1, 1)


def future() -> tuple[str, datetime]:
    """Return why a capture is left out that says it is of a time after another one, and that time.

    A day is for clocks that differ.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    return f"dated in the future (by this machine's clock it is {now:%Y-%m-%d})", now + _AHEAD


def moment(text: str) -> datetime | None:
    """Return an ISO time, day or month (2023-09) as naive UTC, a day or month by its beginning.

    14 digits are read as CDX files write times, other long numbers as seconds or milliseconds
    since 1970.  Returns None for anything else, and for times before robots.txt was thought of.
    """
    try:
        if number := _NUMBER.fullmatch(text):
            return _plausible(_of_digits(number[1]))
        parsed = datetime.fromisoformat(f"{text}-01" if _is_month(text) else text)
        if parsed.tzinfo:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return _plausible(parsed)


def _plausible(time: datetime) -> datetime | None:
    return time if _EARLIEST <= time < _LATEST else None


def _of_digits(digits: str) -> datetime:
    """Return the time in 14 digits, as CDX files have it, or in (milli)seconds since 1970."""
    if len(digits) == 14:
        return datetime.strptime(digits, "%Y%m%d%H%M%S")
    seconds = int(digits) / (1 if len(digits) < 12 else 1_000)
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def last_moment(text: str) -> datetime | None:
    """Return the same, a day or month by its last second."""
    start = moment(text)
    if start is None or not (_is_month(text) or _is_day(text)):
        return start
    return (_month_after(start) if _is_month(text) else start + timedelta(days=1)) - _TICK


def snapshot_names(times: Sequence[datetime]) -> list[str]:
    """Name observation times by their day, with the time of day where a day has several."""
    days = Counter(time.date() for time in times)
    return [
        time.isoformat() if days[time.date()] > 1 else time.date().isoformat() for time in times
    ]


def with_times(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `start`, `end` (null where unreadable) and `run`: whether the row tells of a span."""
    run = pl.col("fetch_time").is_null()
    parsed = rows.select(
        run=run,
        at=_mapped("fetch_time", moment),
        first=_mapped("first_seen", moment),
        last=_mapped("last_seen", last_moment),
    )
    return rows.with_columns(
        parsed.select(
            "run",
            start=pl.when("run").then("first").otherwise("at"),
            end=pl.when("run").then("last").otherwise("at"),
        )
    )


def expanded(rows: pl.DataFrame, periods: Periods, at: Sequence[datetime]) -> pl.DataFrame:
    """Return one row for each snapshot a row covers, with `snapshot` and `time` of the capture.

    A span gives one for each month or week, its time the first moment of the span in it; with
    observation times it gives one for each of them that lies in it.  A row with a snapshot of its
    own, or of a single fetch, gives one.
    """
    spans = pl.col("run") & pl.col("snapshot").is_null()
    single = rows.filter(~spans).with_columns(
        snapshot=pl.coalesce("snapshot", periods.named(pl.col("end"))), time="end"
    )
    covered = rows.filter(spans)
    split = _at(covered, at) if at else _every(covered, periods.every)
    return pl.concat([single, split.select(single.columns)])


def _every(rows: pl.DataFrame, every: Every) -> pl.DataFrame:
    step = "1w" if every == "week" else "1mo"
    periods = pl.datetime_ranges(
        pl.col("start").dt.truncate(step), pl.col("end"), interval=step, time_unit="us"
    )
    return (
        rows.with_columns(period=periods)
        .explode("period")
        .with_columns(
            snapshot=pl.col("period").dt.strftime(FORMATS[every]),
            time=pl.max_horizontal("start", "period"),
        )
    )


def _at(rows: pl.DataFrame, at: Sequence[datetime]) -> pl.DataFrame:
    times = sorted(set(at))
    looks = pl.DataFrame(
        {"look": range(len(times)), "time": times, "snapshot": snapshot_names(times)},
        schema={"look": pl.Int64, "time": pl.Datetime("us"), "snapshot": pl.String},
    )
    microseconds = looks["time"].to_physical()
    first = microseconds.search_sorted(rows["start"].to_physical(), side="left")
    behind = microseconds.search_sorted(rows["end"].to_physical(), side="right")
    return (
        rows.drop("snapshot")
        .with_columns(first.alias("_first"), behind.alias("_behind"))
        .filter(pl.col("_first") < pl.col("_behind"))
        .with_columns(look=pl.int_ranges("_first", "_behind", dtype=pl.Int64))
        .explode("look")
        .join(looks, on="look")
    )


def _mapped(column: str, read: Callable[[str], datetime | None]) -> pl.Expr:
    """Read each distinct text once."""

    def times(texts: pl.Series) -> pl.Series:
        distinct = texts.drop_nulls().unique()
        read_once = pl.DataFrame(
            {"text": distinct, "time": [read(text.strip()) for text in distinct]},
            schema={"text": pl.String, "time": pl.Datetime("us")},
        )
        return texts.to_frame("text").join(read_once, on="text", how="left", maintain_order="left")[
            "time"
        ]

    return pl.col(column).map_batches(times, return_dtype=pl.Datetime("us"))


def _is_month(text: str) -> bool:
    return len(text) == 7 and text[4] == "-" and text[5:].isdigit()


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text) is not None
    except ValueError:
        return False


def _month_after(start: datetime) -> datetime:
    return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
