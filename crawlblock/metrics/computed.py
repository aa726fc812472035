"""Results that SQL alone cannot compute: how long hosts stay open, and what may come next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import polars as pl

from crawlblock.metrics.forecast import Forecast, forecast
from crawlblock.metrics.headline import headline_rows
from crawlblock.metrics.signal_conflicts import signal_conflicts
from crawlblock.metrics.survival import ShareOpen, Spell, at_earliest, at_latest, openness

_MOST = 20  # crawlers followed: those that most hosts block
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Computed:
    """A result computed from the metrics, and what describes it."""

    name: str
    title: str
    unit: str
    note: str
    compute: Callable[[duckdb.DuckDBPyConnection, Frames], pl.DataFrame]
    needs: tuple[str, ...] = ()  # the metrics it is computed from, beside the database


# The listed hosts of the panel, and the day of each one's last capture that could be read.
_LAST_READ = """
SELECT l.host, CAST(any_value(l.weight) AS DOUBLE) AS weight, any_value(r.last) AS last
FROM listed l
LEFT JOIN (
    SELECT host, max(snapshot_date) AS last FROM readable_in('listed')
    WHERE population = 'panel' GROUP BY host
) r ON r.host = l.host
WHERE l.population = 'panel' GROUP BY l.host ORDER BY l.host
"""
_SPELLS = {
    "estimand": pl.String, "token": pl.String, "http_profile": pl.String, "timing": pl.String,
    "n": pl.Int64, "n_unknown": pl.Int64, "effective_rulesets": pl.Float64,
    "after": pl.Date, "before": pl.Date, "estimate": pl.Float64, "low": pl.Float64,
    "high": pl.Float64,
    "no_interval": pl.String, "no_estimate": pl.String,
}  # fmt: skip
_TIMINGS: tuple[tuple[str, Callable[[list[Spell]], list[Spell]]], ...] = (
    ("between", list),
    ("latest", at_latest),
    ("earliest", at_earliest),
)


def _still_open(con: duckdb.DuckDBPyConnection, frames: Frames) -> pl.DataFrame:
    blocks = frames["transitions"].filter((pl.col("population") == "panel") & pl.col("first_block"))
    days = _days_before(frames)
    hosts = con.execute(_LAST_READ).fetchall()
    since = dict(con.execute("SELECT token, documented_since FROM crawlers WHERE ai").fetchall())
    counts = blocks.filter(pl.col("token").is_in(list(since))).group_by("token").len()
    chosen = counts.sort(["len", "token"], descending=[True, False]).head(_MOST)["token"]
    rows = []
    for token in chosen.to_list():
        blocked = {row["host"]: row for row in blocks.filter(pl.col("token") == token).to_dicts()}
        spells = [
            Spell(
                _last_open(days, row["after"], row["snapshot_date"]),
                row["snapshot_date"],
                weight,
                row["ruleset"],
            )
            if (row := blocked.get(host))
            else Spell(_since(last, since[token]), None, weight)
            for host, weight, last in hosts
        ]
        for timing, move in _TIMINGS:
            rows += _rows(token, blocks["http_profile"][0], timing, openness(move(spells)))
    return pl.DataFrame(rows, schema=_SPELLS, orient="row")


def _rows(token: str, profile: str, timing: str, found: ShareOpen) -> list[tuple[object, ...]]:
    about = ("rulesets", token, profile, timing, found.n, found.n_unknown, found.rulesets)
    if found.no_steps:
        return [(*about, None, None, None, None, None, found.no_steps, found.no_steps)]
    return [
        (*about, step.after, _dated(step.before), step.open, step.low, step.high, None, None)
        for step in found.steps
    ]


def _since(last: date | None, documented: date | None) -> date | None:
    """Return the last day a host was seen open, None if not since the crawler is documented."""
    return last if last and (documented is None or last >= documented) else None


def _dated(day: date) -> date | None:
    """Return a day, None for the beginning of time."""
    return None if day == date.min else day


def _days_before(frames: Frames) -> list[date]:
    """Return the days of the panel's snapshots."""
    panel = headline_rows(frames["coverage"]).filter(pl.col("population") == "panel")
    return sorted(panel["snapshot_date"].drop_nulls().unique().to_list())


def _last_open(days: list[date], moment: datetime | None, blocked: date) -> date | None:
    """Return the day of the snapshot that a capture belongs to, always before the block's."""
    if moment is None:
        return None
    day = max((day for day in days if day <= moment.date()), default=moment.date())
    return min(day, blocked - timedelta(days=1))  # of two snapshots of one day


_AHEAD = {
    "estimand": pl.String, "population": pl.String, "http_profile": pl.String, "token": pl.String,
    "n": pl.Int64, "n_unknown": pl.Int64, "date": pl.Date, "estimate": pl.Float64,
    "low": pl.Float64, "high": pl.Float64, "no_interval": pl.String, "no_estimate": pl.String,
}  # fmt: skip


# A break of digests or headers alone leaves the shares as they are.
_BREAKS = """
SELECT date FROM breaks WHERE list_has_any(affects, ['coverage', 'verdicts']) ORDER BY 1
"""
_OTHER_HOSTS = "the snapshots have different hosts, so their shares do not form a series"


def _ahead(con: duckdb.DuckDBPyConnection, frames: Frames) -> pl.DataFrame:
    breaks = [day for (day,) in con.execute(_BREAKS).fetchall()]
    series = headline_rows(frames["blocked"]).filter(
        (pl.col("definition") == "root") & pl.col("ai") & pl.col("snapshot_date").is_not_null()
    )
    order = ["population", "token", "snapshot_date", "snapshot"]
    rows: list[tuple[object, ...]] = []
    for (population, token), points in series.sort(order).group_by(
        ["population", "token"], maintain_order=True
    ):
        points = points.unique("snapshot_date", keep="last", maintain_order=True)
        if points["estimate"].is_not_null().sum() == 0:
            continue
        last = points.row(-1, named=True)
        profile = last["http_profile"]
        about = (last["estimand"], population, profile, token, last["n"], last["n_unknown"])
        days, shares = points["snapshot_date"].to_list(), points["estimate"].to_list()
        if population != "panel":
            rows.append((*about, None, None, None, None, _OTHER_HOSTS, _OTHER_HOSTS))
        elif isinstance(found := forecast(days, shares, breaks), Forecast):
            rows += [(*about, p.day, p.estimate, p.low, p.high, None, None) for p in found.points]
        else:
            rows.append((*about, None, None, None, None, found.reason, found.reason))
    return pl.DataFrame(rows, schema=_AHEAD, orient="row")


COMPUTED = (
    Computed(
        "survival",
        "How long hosts stay open to a crawler",
        "share of the panel's hosts, 0 to 1",
        f"Of the {_MOST} AI crawlers that most hosts block: the share of hosts that have not yet "
        "blocked /, by Turnbull's estimate. A first block happened between two captures. timing "
        "says which time is used: between (anywhere between them), latest (the later capture) or "
        "earliest (the earlier one). A host that was never seen to block counts until its last "
        "readable capture. A host that opens again counts as closed here; transitions has both. "
        "If there are more than 20,000 hosts, a random 20,000 are followed. The interval counts "
        "hosts that share a rule set as one.",
        _still_open,
        needs=("coverage", "transitions"),
    ),
    Computed(
        "forecast",
        "What may come next",
        "share of hosts, 0 to 1",
        "There is a forecast only if a damped trend has predicted this series better than its last "
        "value and better than a straight line, since the last break of the archive that affects "
        "coverage or verdicts. Otherwise no_estimate says why there is none. The interval comes "
        "from earlier errors of the forecast. estimand is that of the series.",
        _ahead,
        needs=("blocked",),
    ),
    Computed(
        "signal_conflicts",
        "Preferences that the rules do not follow",
        "share of the hosts that state the preference, 0 to 1",
        "Of the hosts that allow or disallow a use by a signal of that kind, those with a "
        "conflict. overruled: the signal allows a use, but the rules block an AI crawler for it. "
        "unenforced: the signal disallows a use, but the rules let an AI crawler for it in "
        "everywhere. For a crawler, the signals of its own group count, else those of *. Hosts "
        "that state no such preference are not in n.",
        signal_conflicts,
    ),
)
