"""The share still open against Kaplan and Meier, lifelines, and hosts with a known answer."""

import math
import random
from datetime import date, timedelta

import pytest

from crawlblock.errors import InputError
from crawlblock.intervals import wilson
from crawlblock.metrics.survival import Spell, at_earliest, at_latest, openness

pytestmark = pytest.mark.own_code

START = date(2023, 1, 1)


def day(number: int) -> date:
    """Return the day so many days after the start."""
    return START + timedelta(days=number)


def test_kaplan_and_meier() -> None:
    """With exact days it is Kaplan and Meier's estimate with Greenwood's variance.

    Remission of 21 patients under 6-MP (Gehan 1965): 0.857 after 6 weeks, 0.448 after 23.
    """
    closed = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    spells = [Spell(day(t - 1), day(t)) for t in closed] + [Spell(day(t), None) for t in still]
    steps = openness(spells).steps
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert [step.open for step in steps] == pytest.approx(expected, abs=1e-4)
    assert [step.before for step in steps] == [day(t) for t in (6, 7, 10, 13, 16, 22, 23)]
    greenwood = 0.4482**2 * sum(
        d / (n * (n - d)) for d, n in [(3, 21), (1, 17), (1, 15), (1, 12), (1, 11), (1, 7), (1, 6)]
    )
    low, high = wilson(0.44818, 0.44818 * 0.55182 / greenwood)
    assert (steps[-1].low, steps[-1].high) == pytest.approx((low, high), abs=1e-3)


def test_turnbull() -> None:
    """Intervals that overlap share their hosts as maximum likelihood has it, found by hand.

    Hosts (0, 2], (1, 3] and (2, 4]: the innermost intervals are (1, 2] and (2, 3].  The likelihood
    p (p + q) q with p + q = 1 is greatest at one half each.
    """
    steps = openness([Spell(day(0), day(2)), Spell(day(1), day(3)), Spell(day(2), day(4))]).steps
    assert [(s.after, s.before) for s in steps] == [(day(1), day(2)), (day(2), day(3))]
    assert [s.open for s in steps] == pytest.approx([0.5, 0], abs=1e-4)


def test_likelihood_cannot_be_raised() -> None:
    """On overlapping spells no shift of hosts between intervals raises the likelihood."""
    rng = random.Random(1)
    spells = _spells(rng, 300, seen=0.3)
    steps = openness(spells).steps
    masses, left = [], 1.0
    for step in steps:
        masses.append((step.after, step.before, left - step.open))
        left = step.open
    slopes = [0.0] * len(masses)
    for spell in spells:
        inside = [
            (spell.after is None or (a is not None and a >= spell.after))
            and (spell.before is None or b <= spell.before)
            for a, b, _ in masses
        ]
        held = sum(m for yes, (_, _, m) in zip(inside, masses, strict=True) if yes)
        held += left if spell.before is None else 0
        for index, yes in enumerate(inside):
            slopes[index] += yes / held / len(spells)
    assert max(slopes) <= 1 + 1e-4
    assert slopes == pytest.approx([1] * len(slopes), abs=0.01)


def _spells(rng: random.Random, hosts: int, seen: float, rate: float = 0.03) -> list[Spell]:
    found = []
    for _ in range(hosts):
        closes = rng.expovariate(rate)
        crawls = [crawl for crawl in range(25) if rng.random() < seen]
        open_ = [crawl for crawl in crawls if crawl < closes]
        shut = [crawl for crawl in crawls if crawl >= closes]
        found.append(
            Spell(day(30 * max(open_)) if open_ else None, day(30 * min(shut)) if shut else None)
        )
    return found


def test_readings_are_bounds() -> None:
    """The share open lies between the readings that close each host as early and late as may be."""
    spells = _spells(random.Random(2), 400, seen=0.5)
    for month in (6, 12, 18):
        early, middle, late = (
            [s.open for s in openness(read(spells)).steps if s.before <= day(30 * month + 1)][-1]
            for read in (at_earliest, list, at_latest)
        )
        assert early - 0.03 <= middle <= late + 0.03
    held = 0
    for seed in range(60):
        steps = openness(_spells(random.Random(seed), 150, seen=0.5)).steps
        past = [step for step in steps if step.before <= day(360)][-1]
        held += past.low <= math.exp(-0.03 * 12) <= past.high
    assert held >= 53  # of 60; 95 % would be 57


def test_decisions_widen_the_interval() -> None:
    """Hosts that follow one template leave the estimate and widen its interval."""
    spells = _spells(random.Random(3), 200, seen=1.0)
    shared = [
        Spell(s.after, s.before, s.weight, "template" if i < 100 else None)
        for i, s in enumerate(spells)
    ]
    alone, together = openness(spells), openness(shared)
    assert together.rulesets == pytest.approx(200**2 / (100**2 + 100))
    for one, other in zip(alone.steps, together.steps, strict=True):
        assert other.open == pytest.approx(one.open, abs=1e-3)
        assert other.high - other.low > one.high - one.low


def test_weights_count() -> None:
    """A host of weight 3 counts as three, in the estimate."""
    heavy = [Spell(day(1), day(2), 3), Spell(day(2), day(3)), Spell(day(5), None)]
    copies = [heavy[0], heavy[0], *heavy]
    copies = [Spell(s.after, s.before) for s in copies]
    for one, other in zip(openness(heavy).steps, openness(copies).steps, strict=True):
        assert one.open == pytest.approx(other.open, abs=1e-4)


def test_no_steps_and_why() -> None:
    """Without hosts, without captures or without a block there are no steps, and a reason."""
    assert openness([]).no_steps == "there are no hosts"
    unread = openness([Spell(None, None), Spell(None, None)])
    assert (unread.n, unread.n_unknown, unread.no_steps) == (0, 2, "none of the hosts is known")
    quiet = openness([Spell(day(3), None), Spell(None, None)])
    assert (quiet.n, quiet.n_unknown, quiet.steps) == (1, 1, ())
    assert quiet.no_steps == "none of the 1 hosts was seen to block"
    with pytest.raises(InputError, match="swap the days"):
        openness([Spell(day(3), day(3))])


def test_blocked_at_first_sight() -> None:
    """Hosts that were never seen open make a first step that begins nowhere; all may be closed."""
    first = openness([Spell(None, day(4)), Spell(day(9), None)]).steps[0]
    assert (first.after, first.before) == (None, day(4))
    assert first.open == pytest.approx(0.5)
    (only,) = openness([Spell(None, day(4))] * 3).steps
    assert (only.open, only.low) == (0, 0)
    assert only.high == pytest.approx(wilson(0, 3)[1])


@pytest.mark.parametrize("heavy", [10, 1e4, 1e6, 1e9])
def test_a_host_that_stands_for_few(heavy: float) -> None:
    """A stratum taken whole may stand beside one of which each host stands for thousands."""
    days = date(2023, 11, 1), date(2023, 12, 1)
    found = openness([Spell(*days, heavy), Spell(days[0], None, heavy), Spell(days[1], None, 1)])
    (step,) = found.steps
    left = 1 / (heavy + 1)  # the second host may have blocked on any day since
    assert step.open == pytest.approx(left if left > 1e-7 else 0, rel=1e-3)
    assert 0 <= step.low <= step.open <= step.high <= 1
