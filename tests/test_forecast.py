"""Forecasts on series with a known answer, and the reasons for none."""

import math
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from crawlblock.errors import InputError
from crawlblock.metrics.forecast import NEEDED, Forecast, NoForecast, forecast, segments

pytestmark = pytest.mark.own_code

START = date(2023, 12, 1)


def months(count: int) -> list[date]:
    """Return days a month apart."""
    return [START + timedelta(days=30 * month) for month in range(count)]


def damped(rng: random.Random, count: int) -> list[float]:
    """Return a rise that slows down, with little noise."""
    return [0.05 + 0.15 * (1 - 0.93**t) + rng.gauss(0, 0.002) for t in range(count)]


def walk(rng: random.Random, count: int) -> list[float]:
    """Return a random walk."""
    series = [0.2]
    while len(series) < count:
        series.append(series[-1] + rng.gauss(0, 0.003))
    return series


def line(rng: random.Random, count: int) -> list[float]:
    """Return a straight rise with little noise."""
    return [0.05 + 0.003 * t + rng.gauss(0, 0.002) for t in range(count)]


@pytest.mark.parametrize(("make", "least", "most"), [(damped, 36, 40), (walk, 0, 2), (line, 0, 2)])
def test_shown_only_where_it_is_earned(
    make: Callable[[random.Random, int], list[float]], least: int, most: int
) -> None:
    """Of 40 series each, a slowing rise is foretold; a random walk and a straight line are not."""
    rng = random.Random(1)
    shown = [isinstance(forecast(months(30), make(rng, 30)), Forecast) for _ in range(40)]
    assert least <= sum(shown) <= most


def test_interval_holds_what_came() -> None:
    """Of the points that came after 80 series, about 95 % lie in their interval."""
    rng = random.Random(2)
    held = tries = 0
    for _ in range(80):
        series = damped(rng, 33)
        found = forecast(months(30), series[:30])
        if isinstance(found, Forecast):
            for point, came in zip(found.points, series[30:], strict=True):
                assert 0 <= point.low <= point.estimate <= point.high <= 1
                held, tries = held + (point.low <= came <= point.high), tries + 1
    assert tries > 200
    assert 0.91 <= held / tries <= 0.99


def test_what_a_forecast_says() -> None:
    """A forecast has the days that follow the series, and an interval that never narrows."""
    found = forecast(months(40), damped(random.Random(3), 40))
    assert isinstance(found, Forecast)
    last = months(40)[-1]
    assert [point.day for point in found.points] == [last + timedelta(30 * k) for k in (1, 2, 3)]
    widths = [point.high - point.low for point in found.points]
    assert widths == sorted(widths)


def test_without_noise() -> None:
    """A damped trend without noise is continued as it is."""
    values = [0.3 - 0.2 * 0.9**t for t in range(33)]
    found = forecast(months(30), values[:30])
    assert isinstance(found, Forecast)
    assert [p.estimate for p in found.points] == pytest.approx(values[30:], abs=1e-6)


def _reason(values: list[float | None], breaks: tuple[date, ...] = ()) -> str:
    found = forecast(months(len(values)), values, breaks)
    assert isinstance(found, NoForecast)
    return found.reason


def test_why_not() -> None:
    """No point, one point, unknown ones, too few and a constant series each have their reason."""
    assert _reason([]) == "no point is known"
    assert _reason([None] * 40) == "no point is known"
    assert _reason([0.1]) == f"a backtest needs {NEEDED} known points, and there are 1"
    assert _reason([0.1] * 40) == "the series does not change"
    assert _reason(list(line(random.Random(4), 40))).endswith("better than a linear trend did")
    assert _reason(list(walk(random.Random(4), 40))).endswith("better than the last value did")


def test_only_what_follows_the_last_break_counts() -> None:
    """Forty good points are too few where a break leaves ten, which the reason says."""
    values: list[float | None] = list(damped(random.Random(5), 40))
    assert _reason(values, (months(40)[30],)).endswith("there are 10 after the last break")
    jumped = [0.6 + t % 3 / 10 for t in range(10)] + [y for y in values if y is not None]
    days = months(50)
    found = forecast(days, jumped, [days[9] + timedelta(1)])
    plain = forecast(days[10:], values)
    assert isinstance(found, Forecast)
    assert found == plain


def test_points_that_are_missing() -> None:
    """Unknown points leave a gap in time; what follows is still foretold by the calendar."""
    values: list[float | None] = [0.3 - 0.2 * 0.9**t for t in range(36)]
    for missing in (7, 15, 16, 24):
        values[missing] = None
    found = forecast(months(33), values[:33])
    assert isinstance(found, Forecast)
    for point, came in zip(found.points, values[33:], strict=True):
        assert came is not None
        assert math.isclose(point.estimate, came, abs_tol=1e-4)


def test_segments() -> None:
    """A break divides the points before it from its own day on; one outside divides nothing."""
    days = months(6)
    assert segments(days, []) == [slice(0, 6)]
    assert segments([], [START]) == []
    assert segments(days, [days[2]]) == [slice(0, 2), slice(2, 6)]
    assert segments(days, [days[2] - timedelta(1)]) == [slice(0, 2), slice(2, 6)]
    assert segments(days, [days[2] + timedelta(1), days[3]]) == [slice(0, 3), slice(3, 6)]
    assert segments(days, [days[0], days[5] + timedelta(1)]) == [slice(0, 6)]
    assert segments(days[:1], [days[0]]) == [slice(0, 1)]


def test_bad_series() -> None:
    """Dates that do not ascend and estimates without a date are refused."""
    with pytest.raises(InputError, match="sort its dates"):
        segments([START, START], [])
    with pytest.raises(InputError, match="give one for each"):
        forecast(months(3), [0.1])
