"""A forecast, only where the same model predicted the earlier part of the series well."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import pairwise, product

from crawlblock.errors import InputError
from crawlblock.intervals import student

HORIZON = 3  # points ahead
TRAINING = 10  # points before the first origin of the backtest
ORIGINS = 10  # origins that a backtest needs at least
NEEDED = TRAINING + ORIGINS + HORIZON - 1
_LEVELS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9)  # how much of an error changes the level
_TRENDS = (0.0, 0.02, 0.05, 0.1, 0.3)  # and the trend
_DAMPINGS = (0.8, 0.85, 0.9, 0.95, 0.98)  # what is left of the trend after one step

Model = Callable[[float], float]  # from a time to the value predicted for it


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is expected on a day, with its 95 % interval; shares from 0 to 1."""

    day: date
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected next."""

    points: tuple[Ahead, ...]


@dataclass(frozen=True, slots=True)
class NoForecast:
    """No forecast is warranted."""

    reason: str


def segments(dates: Sequence[date], breaks: Iterable[date]) -> list[slice]:
    """Return the runs of dates that no break divides; one that falls on a date begins a run.

    Raises InputError unless the dates ascend.
    """
    for before, after in pairwise(dates):
        if before >= after:
            raise InputError(f"{after} follows {before} in a series; sort its dates, each once")
    days = sorted(breaks)
    cuts = [
        index
        for index in range(1, len(dates))
        if any(dates[index - 1] < day <= dates[index] for day in days)
    ]
    edges = [0, *cuts, len(dates)] if dates else []
    return [slice(start, end) for start, end in pairwise(edges)]


def forecast(
    dates: Sequence[date], estimates: Sequence[float | None], breaks: Iterable[date] = ()
) -> Forecast | NoForecast:
    """Return what a damped trend (Gardner and McKenzie 1985) predicts, or why it should not.

    Only the points after the last break count.  From each origin the next points are predicted with
    what was known then; the absolute error must be below that of the last value and that of a
    linear trend, each by a one-sided test at 5 % (Diebold and Mariano 1995, as corrected by Harvey,
    Leybourne and Newbold 1997).  The interval comes from these errors.  Raises InputError for dates
    that do not ascend.
    """
    if len(dates) != len(estimates):
        raise InputError(f"{len(dates)} dates but {len(estimates)} estimates; give one for each")
    runs = segments(dates, breaks)
    last = runs[-1] if runs else slice(0)
    pairs = zip(dates[last], estimates[last], strict=True)
    known = [(day, value) for day, value in pairs if value is not None]
    reason = _too_little(known, broken=len(runs) > 1)
    return NoForecast(reason) if reason else _earned(known)


def _too_little(known: Sequence[tuple[date, float]], *, broken: bool) -> str | None:
    """Return why so few or such points allow no forecast, if so."""
    since = " after the last break" if broken else ""
    if not known:
        return f"no point{since} is known"
    if len(known) < NEEDED:
        return f"a backtest needs {NEEDED} known points, and there are {len(known)}{since}"
    if len({value for _, value in known}) == 1:
        return f"the series does not change{since}"
    return None


def _earned(known: Sequence[tuple[date, float]]) -> Forecast | NoForecast:
    days, values = [day for day, _ in known], [value for _, value in known]
    gap = statistics.median((after - before).days for before, after in pairwise(days))
    times = [(day - days[0]).days / gap for day in days]
    settings = [_damped(times, values, *s) for s in product(_LEVELS, _TRENDS, _DAMPINGS)]
    models: dict[str, Callable[[int], Model]] = {
        "a damped trend": lambda seen: min(settings, key=lambda s: s[seen].loss)[seen].model,
        "the last value": lambda seen: lambda time: values[seen - 1],
        "a linear trend": lambda seen: _line(times[:seen], values[:seen]),
    }
    errors = {name: _backtest(fit, times, values) for name, fit in models.items()}
    damped, *others = models
    for other in others:
        if not _beats(errors[damped], errors[other]):
            return NoForecast(
                f"{damped} did not predict the next {HORIZON} points better than {other} did"
            )
    model = models[damped](len(values))
    points = []
    for ahead, reach in enumerate(_reaches(errors[damped]), 1):
        value = model(times[-1] + ahead)
        day = days[-1] + timedelta(days=round(ahead * gap))
        points.append(Ahead(day, _share(value), _share(value - reach), _share(value + reach)))
    return Forecast(tuple(points))


@dataclass(frozen=True, slots=True)
class _State:
    """What a damped trend has learnt from the points so far."""

    model: Model
    loss: float  # squared errors of one step so far


def _damped(
    times: Sequence[float], values: Sequence[float], level_gain: float, trend_gain: float,
    damping: float,
) -> list[_State]:  # fmt: skip
    """Return the state before each point and after the last, begun from the first points' line."""
    start = _line(times[:TRAINING], values[:TRAINING], damping)
    level, trend, loss = start(times[0] - 1), (start(times[0]) - start(times[0] - 1)) / damping, 0.0
    before, states = times[0] - 1, []
    for time, value in zip(times, values, strict=True):
        states.append(_State(partial(_trend, before, level, trend, damping), loss))
        step, predicted = time - before, _trend(before, level, trend, damping, time)
        error = value - predicted
        level, trend = predicted + level_gain * error, trend * damping**step + trend_gain * error
        before, loss = time, loss + error * error
    states.append(_State(partial(_trend, before, level, trend, damping), loss))
    return states


def _trend(since: float, level: float, trend: float, damping: float, time: float) -> float:
    decay: float = damping ** (time - since)
    return level + trend * damping * (1 - decay) / (1 - damping)


def _line(times: Sequence[float], values: Sequence[float], damping: float = 1.0) -> Model:
    """Return the least-squares line through the points, or through powers of a damping below 1."""
    bent = [damping**time if damping < 1 else time for time in times]
    slope, intercept = statistics.linear_regression(bent, values)
    return lambda time: intercept + slope * (damping**time if damping < 1 else time)


def _backtest(
    fit: Callable[[int], Model], times: Sequence[float], values: Sequence[float]
) -> list[list[float]]:
    """Return the errors of the next points, by origin."""
    errors = []
    for seen in range(TRAINING, len(values) - HORIZON + 1):
        model = fit(seen)
        errors.append([values[i] - model(times[i]) for i in range(seen, seen + HORIZON)])
    return errors


def _beats(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> bool:
    """Tell whether our errors are smaller by a one-sided test at 5 %.

    Origins overlap, so neighbours count as correlated, by Bartlett's weights, whose variance is
    never below 0.
    """
    gains = [_mean_size(b) - _mean_size(a) for a, b in zip(ours, theirs, strict=True)]
    n, mean = len(gains), statistics.fmean(gains)
    off = [gain - mean for gain in gains]
    variance = math.fsum(x * x for x in off)
    for lag in range(1, HORIZON):
        weight = 2 * (1 - lag / HORIZON)
        variance += weight * math.fsum(x * y for x, y in zip(off, off[lag:], strict=False))
    if variance <= 0:
        return mean > 0
    small = (n + 1 - 2 * HORIZON + HORIZON * (HORIZON - 1) / n) / n
    return mean * n / math.sqrt(variance) * math.sqrt(small) > student(0.95, n - 1)


def _reaches(errors: Sequence[Sequence[float]]) -> list[float]:
    """Return how far the 95 % interval reaches at each horizon, never less than at a nearer one.

    Errors of the later origins count, as the first knew much less than what is known now.
    """
    found, reach = [], 0.0
    for missed in zip(*errors[-max(ORIGINS, len(errors) // 2) :], strict=True):
        size = math.sqrt(statistics.fmean(x * x for x in missed))
        reach = max(reach, student(0.975, len(missed) - 1) * size)
        found.append(reach)
    return found


def _mean_size(errors: Iterable[float]) -> float:
    return statistics.fmean(abs(error) for error in errors)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
