"""Published figures beside ours by the same definition.

A figure meets the snapshot nearest to its date, if one begins within MOST_DAYS of it; what has no
snapshot near is left out, never taken from another time.  A crawler is counted since it was
documented.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from crawlblock.intervals import wilson
from crawlblock.outcome import Outcome
from crawlblock.registry import crawlers, obeyed
from crawlblock.replication import counts
from crawlblock.replication.published import PublishedFigure
from crawlblock.replication.series import Series
from crawlblock.robots.judge import STAR, Judge
from crawlblock.robots.peers import DEFINITIONS, PARSERS, Definition, unambiguous

MOST_DAYS = 21  # between a figure and the beginning of the snapshot it is held against
COUNTED = "ccexp"  # the source of which the counts are known
BY_TOKENS = "dpi"  # the source that weighs domains by tokens
SPOKEN_OF = 3  # sources that speak of a crawler, for it to be compared unasked


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison; shares are in percent, their difference in percentage points."""

    source: str
    figure: str
    definition: str | None
    population: str  # theirs
    stratum: str
    date: date | None
    token: str | None
    published: float | None
    data: str  # what ours is made of
    snapshot: str | None
    n: int | None  # hosts or, for parsing mistakes, distinct bodies in our denominator
    n_outside: int | None  # hosts that the definition does not count
    ours: float | None
    low: float | None  # 95 % interval of ours; empty where theirs are counts of a whole frame
    high: float | None
    difference: float | None  # ours less theirs
    reason: str
    cite: str


@dataclass(frozen=True, slots=True)
class _Share:
    n: int
    n_outside: int
    percent: float | None
    low: float | None
    high: float | None


def usual_tokens(figures: Iterable[PublishedFigure]) -> list[str]:
    """Return the crawlers that several sources speak of, those of most sources first."""
    pairs = {(f.token, f.source) for f in figures if f.token and f.token != STAR}
    spoken = Counter(token for token, _ in pairs)
    known = [token for token, count in spoken.items() if count >= SPOKEN_OF]
    return sorted(known, key=lambda token: (-spoken[token], token.lower()))


def replicate(
    figures: Sequence[PublishedFigure],
    series: Sequence[Series],
    tokens: Sequence[str],
    every_date: bool = False,
) -> list[Comparison]:
    """Return the comparisons of some crawlers: what others counted, and what the data at hand give.

    Of the dates that a figure and a series share the latest is kept, unless `every_date`.
    """
    rows = _recounted(figures, tokens)
    for part in series:
        opinions = Opinions(part, tokens)
        pairs = _latest(_pairs(figures, part, tokens), every_date)
        rows += [_compared(figure, snapshot, opinions) for figure, snapshot in pairs]
    return rows


def under(
    definition: Definition, series: Sequence[Series], tokens: Sequence[str]
) -> list[Comparison]:
    """Return what every snapshot gives under one definition, of crawlers there were by then."""
    rows = []
    for part in series:
        opinions = Opinions(part, tokens)
        for snapshot, day in part.snapshots().items():
            for token in _documented(tokens, day):
                share = opinions.share(definition, snapshot, token)
                reason = _approximate(definition, part) or definition.says
                rows.append(_row(definition, part, snapshot, day, token, share, reason))
    return rows


def mistakes(series: Sequence[Series], tokens: Sequence[str]) -> list[Comparison]:
    """Return how many unambiguous blocks the parsers of others miss, over distinct bodies.

    Unambiguous: named, `/` blocked as Google's parser has it, no Allow in the crawler's groups.
    Rendered bodies tell nothing of how people write, and are left out.
    """
    return [row for part in series if not part.rendered for row in _missed(part, tokens)]


class Opinions:
    """Which hosts of a series block which crawlers; each body is judged once."""

    def __init__(self, series: Series, tokens: Sequence[str]) -> None:
        """Take the hosts and the crawlers asked about."""
        self.series = series
        self._judge = Judge(tokens, obeyed())
        self._known: dict[str, dict[str, set[str]]] = {}
        self._parts = {
            str(snapshot): [row for _, row in rows]
            for snapshot, rows in groupby(self._rows(), key=lambda pair: pair[0])
        }

    def share(self, definition: Definition, snapshot: str, token: str) -> _Share:
        """Return the share of hosts that block a crawler in a snapshot, with its interval."""
        hosts = outside = 0
        weights: list[float] = []
        squares: list[float] = []
        refusing: list[float] = []
        for outcome, digest, count, weight, squared in self._parts[snapshot]:
            if not definition.counts(outcome, self.series.bodies.get(digest, b"")):
                outside += count
                continue
            hosts += count
            weights.append(weight)
            squares.append(squared)
            if self._refuses(definition, outcome, digest, token):
                refusing.append(weight)
        if not hosts:
            return _Share(0, outside, None, None, None)
        total = math.fsum(weights)
        share = math.fsum(refusing) / total
        low, high = wilson(share, total**2 / math.fsum(squares))
        return _Share(hosts, outside, 100 * share, 100 * low, 100 * high)

    def _refuses(self, definition: Definition, outcome: Outcome, digest: str, token: str) -> bool:
        if outcome in definition.by_outcome:
            return True
        return outcome is Outcome.OK and token in self._of(digest)[definition.name]

    def _of(self, digest: str) -> dict[str, set[str]]:
        if digest not in self._known:
            findings = self._judge.findings(self.series.bodies.get(digest, b""))
            self._known[digest] = {
                definition.name: {t for t, found in findings.items() if definition.holds(found, t)}
                for definition in DEFINITIONS
            }
        return self._known[digest]

    def _rows(self) -> Iterator[tuple[str, tuple[Outcome, str, int, float, float]]]:
        ordered = self.series.answers.sort("snapshot", "outcome", "digest")
        for row in ordered.iter_rows(named=True):
            yield row["snapshot"], (
                Outcome(row["outcome"]), row["digest"] or "", row["hosts"], row["weight"],
                row["weight_squared"],
            )  # fmt: skip


def _recounted(figures: Sequence[PublishedFigure], tokens: Sequence[str]) -> list[Comparison]:
    """Return what the counts of others give when they are added up again."""
    theirs = [f for f in figures if f.source == COUNTED]
    asked = [f for f in theirs if f.token is None or f.token in tokens]
    token = next((f.token for f in asked if f.token), None)
    rows = [_of_counts(share, theirs[0], token) for share in counts.shares(asked)] if token else []
    for f in figures:
        if f.numerator is not None and f.denominator and f.token in tokens:
            ours = 100 * f.numerator / f.denominator
            rows.append(_published(f, "their counts", ours, f.denominator, "their counts again"))
    return rows


def _of_counts(share: counts.Share, sample: PublishedFigure, token: str | None) -> Comparison:
    published = share.published
    return Comparison(
        sample.source, share.formula.figure, published.definition if published else None,
        sample.population, share.stratum, sample.date, token,
        published.value if published else None, "their counts", sample.snapshot, share.among, None,
        share.percent, None, None, share.percent - published.value if published else None,
        share.formula.reason, published.cite if published else "",
    )  # fmt: skip


def _published(figure: PublishedFigure, data: str, ours: float, n: int, reason: str) -> Comparison:
    return Comparison(
        figure.source, figure.figure, figure.definition, figure.population, figure.stratum,
        figure.date, figure.token, figure.value, data, figure.snapshot, n, None, ours, None, None,
        ours - figure.value, reason, figure.cite,
    )  # fmt: skip


def _pairs(
    figures: Iterable[PublishedFigure], series: Series, tokens: Sequence[str]
) -> Iterator[tuple[PublishedFigure, str]]:
    """Yield the figures that a snapshot of the series is near to, with the nearest one."""
    snapshots = series.snapshots()
    for figure in figures:
        if figure.definition is None or figure.token not in _documented(tokens, figure.date):
            continue
        apart = {name: abs(day - figure.date) for name, day in snapshots.items()}
        nearest = min(apart, key=lambda name: apart[name], default=None)
        if nearest is not None and apart[nearest] <= timedelta(MOST_DAYS):
            yield figure, nearest


def _documented(tokens: Sequence[str], day: date) -> list[str]:
    """Return the crawlers that there were on a day, as far as is known."""
    since = {crawler.token: crawler.documented_since for crawler in crawlers()}
    return [token for token in tokens if (since.get(token) or day) <= day]


def _latest(
    pairs: Iterable[tuple[PublishedFigure, str]], every_date: bool
) -> list[tuple[PublishedFigure, str]]:
    """Return the pairs, of each figure only the one of the latest date unless all are wanted."""
    if every_date:
        return list(pairs)
    kept: dict[tuple[str, str, str, str | None], tuple[PublishedFigure, str]] = {}
    for figure, snapshot in pairs:
        key = (figure.source, figure.figure, figure.stratum, figure.token)
        if key not in kept or kept[key][0].date < figure.date:
            kept[key] = figure, snapshot
    return list(kept.values())


def _compared(figure: PublishedFigure, snapshot: str, opinions: Opinions) -> Comparison:
    definition = next(d for d in DEFINITIONS if d.name == figure.definition)
    share = opinions.share(definition, snapshot, str(figure.token))
    reasons = [f"population: theirs {figure.population}, ours {opinions.series.name}"]
    if figure.source == BY_TOKENS:
        reasons.append("unit: theirs weighs domains by tokens, ours counts hosts")
    if approximate := _approximate(definition, opinions.series):
        reasons.append(approximate)
    ours = share.percent
    return Comparison(
        figure.source, figure.figure, figure.definition, figure.population, figure.stratum,
        figure.date, figure.token, figure.value, opinions.series.name, snapshot, share.n,
        share.n_outside, ours, share.low, share.high,
        None if ours is None else ours - figure.value, "; ".join(reasons), figure.cite,
    )  # fmt: skip


def _approximate(definition: Definition, series: Series) -> str:
    if not (definition.textual and series.rendered):
        return ""
    return "texts: rendered from verdicts, so that a definition by spelling is approximate"


def _row(
    definition: Definition, series: Series, snapshot: str, day: date, token: str, share: _Share,
    reason: str,
) -> Comparison:  # fmt: skip
    return Comparison(
        definition.source, "share under the definition", definition.name, series.name, "all", day,
        token, None, series.name, snapshot, share.n, share.n_outside, share.percent, share.low,
        share.high, None, reason, "",
    )  # fmt: skip


def _missed(series: Series, tokens: Sequence[str]) -> list[Comparison]:
    judge = Judge(tokens)
    refusals: Counter[str] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    for body in series.bodies.values():
        findings = judge.findings(body)
        refused = {token for token in tokens if unambiguous(findings[token])}
        refusals.update(refused)
        if refused:
            for reading in PARSERS:
                lost = refused - reading.refusing(body, refused)
                missed.update((reading.name, token) for token in lost)
    return [
        _missed_row(series, reading.source, reading.name, reading.mistake, token, n, missed)
        for reading in PARSERS
        for token in tokens
        if (n := refusals[token])
    ]


def _missed_row(
    series: Series, source: str, reading: str, mistake: str, token: str, n: int,
    missed: Counter[tuple[str, str]],
) -> Comparison:  # fmt: skip
    share = missed[reading, token] / n
    low, high = wilson(share, n)
    return Comparison(
        source, "unambiguous blocks missed", reading, series.name, "all", None, token, None,
        series.name, None, n, None, 100 * share, 100 * low, 100 * high, None, mistake, "",
    )  # fmt: skip
