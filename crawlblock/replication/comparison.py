"""Published figures beside ours by the same definition.

A figure is compared with a series that measures the same thing, at the snapshot nearest to its
date.  Where there is no such series, the figure is listed with what is nearest to it and the reason
why the two are not compared.  A crawler is counted since it was documented.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from crawlblock.registry import crawlers
from crawlblock.registry.extra import per_extra
from crawlblock.replication import counts
from crawlblock.replication.comparable import not_comparable
from crawlblock.replication.opinions import Opinions, Readings, SeriesShare
from crawlblock.replication.published import PublishedFigure
from crawlblock.replication.series import HOSTS, Series
from crawlblock.robots.judge import STAR
from crawlblock.robots.peers import DEFINITIONS, Definition

COUNTED = "ccexp"  # the source of which the counts are known
THEIR_COUNTS = "their counts"
SPOKEN_OF = 3  # sources that speak of a crawler, for it to be compared unasked


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A published figure and ours; shares are in percent, their difference in percentage points."""

    source: str
    figure: str
    definition: str | None = None
    population: str  # theirs
    stratum: str = "all"
    date: date | None
    token: str | None
    published: float | None = None
    compared: bool = False  # both measure the same thing
    data: str  # what ours is made of
    unit: str = HOSTS  # what our share is of
    snapshot: str | None = None
    n: int | None = None  # hosts or, for parsing mistakes, distinct texts in our denominator
    n_outside: int | None = None  # hosts that the definition does not count
    ours: float | None = None
    low: float | None = None  # 95 % interval of sampling our hosts; a list has none
    high: float | None = None
    sampled: bool = False  # our hosts are a sample
    difference: float | None = field(init=False)  # ours less theirs, if both are compared
    differs: str = ""  # what keeps them from being compared: unit, population, date, definition
    reason: str = ""  # the same in words; of other rows what there is to know about ours
    cite: str = ""

    def __post_init__(self) -> None:
        """Subtract."""
        both = self.compared and self.ours is not None and self.published is not None
        difference = (self.ours or 0.0) - (self.published or 0.0) if both else None
        object.__setattr__(self, "difference", difference)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A figure and a series, with the nearest snapshot and what keeps them from being compared."""

    figure: PublishedFigure
    series: Series
    snapshot: str | None
    differs: Mapping[str, str]


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
    """Return what others published about some crawlers beside ours, compared rows first.

    Of the dates of a figure the latest that can be compared is kept, unless `every_date`.
    """
    readings = Readings(tokens)
    opinions = {part.name: Opinions(part, readings) for part in series}
    pairs = _nearest(_pairs(figures, series, tokens), every_date)
    rows = _recounted(figures, tokens)
    rows += [_beside(pair, opinions[pair.series.name]) for pair in pairs]
    return sorted(rows, key=lambda row: not row.compared)


def under(
    definition: Definition, series: Sequence[Series], tokens: Sequence[str]
) -> list[Comparison]:
    """Return what every snapshot gives under one definition, of crawlers there were by then."""
    readings = Readings(tokens)
    rows = []
    for part in series:
        opinions = Opinions(part, readings)
        for snapshot, day in part.snapshots().items():
            for token in _documented(tokens, day):
                share = opinions.share(definition, snapshot, token)
                rows.append(_row(definition, part, snapshot, day, token, share))
    return rows


def _recounted(figures: Sequence[PublishedFigure], tokens: Sequence[str]) -> list[Comparison]:
    """Return what the counts of others give when they are added up again."""
    theirs = [f for f in figures if f.source == COUNTED]
    asked = [f for f in theirs if f.token is None or f.token in tokens]
    token = next((f.token for f in asked if f.token), None)
    rows = [_of_counts(share, theirs[0], token) for share in counts.shares(asked)] if token else []
    for figure in figures:
        if figure.numerator is not None and figure.denominator and figure.token in tokens:
            ours = 100 * figure.numerator / figure.denominator
            row = _published(figure, THEIR_COUNTS)
            rows.append(replace(row, compared=True, ours=ours, n=figure.denominator))
    return rows


def _of_counts(share: counts.Share, sample: PublishedFigure, token: str | None) -> Comparison:
    published = share.published
    return Comparison(
        source=sample.source,
        figure=share.formula.figure,
        definition=published.definition if published else None,
        population=sample.population,
        stratum=share.stratum,
        date=sample.date,
        token=token,
        published=published.value if published else None,
        compared=published is not None and not share.formula.differs,
        data=THEIR_COUNTS,
        snapshot=sample.snapshot,
        n=share.among,
        ours=share.percent,
        differs=share.formula.differs,
        reason=share.reason,
        cite=published.cite if published else "",
    )


def _published(figure: PublishedFigure, data: str) -> Comparison:
    return Comparison(
        source=figure.source,
        figure=figure.figure,
        definition=figure.definition,
        population=figure.population,
        stratum=figure.stratum,
        date=figure.date,
        token=figure.token,
        published=figure.value,
        data=data,
        snapshot=figure.snapshot,
        cite=figure.cite,
    )


def _pairs(
    figures: Iterable[PublishedFigure], series: Sequence[Series], tokens: Sequence[str]
) -> Iterator[_Pair]:
    """Yield each figure with each series, at the nearest snapshot since there was the crawler."""
    days = {part.name: part.snapshots() for part in series}
    for figure in figures:
        token = str(figure.token)
        if figure.definition is None or token not in _documented(tokens, figure.date):
            continue
        for part in series:
            known = {n: day for n, day in days[part.name].items() if _documented([token], day)}
            apart = {name: abs(day - figure.date) for name, day in known.items()}
            nearest = min(apart, key=lambda name: apart[name], default=None)
            differs = not_comparable(figure, part, known[nearest] if nearest else None) or {}
            yield _Pair(figure=figure, series=part, snapshot=nearest, differs=differs)


def _documented(tokens: Sequence[str], day: date) -> list[str]:
    """Return the crawlers that there were on a day, as far as is known."""
    since = _since()
    return [token for token in tokens if (since.get(token) or day) <= day]


@per_extra
def _since() -> Mapping[str, date | None]:
    return {crawler.token: crawler.documented_since for crawler in crawlers()}


def _nearest(pairs: Iterable[_Pair], every_date: bool) -> list[_Pair]:
    """Return of each figure the pairs that differ in least, those of the latest date.

    With `every_date` of each figure and date.
    """

    def topic(pair: _Pair) -> tuple[str, ...]:
        figure = pair.figure
        day = figure.date.isoformat() if every_date else ""
        return figure.source, figure.figure, figure.stratum, figure.token or "", day

    kept: list[_Pair] = []
    for _, group in groupby(sorted(pairs, key=topic), key=topic):
        found = list(group)
        fewest = min(len(pair.differs) for pair in found)
        latest: dict[str, _Pair] = {}
        for pair in sorted(found, key=lambda pair: pair.figure.date):
            if len(pair.differs) == fewest:
                latest[pair.series.name] = pair
        kept += latest.values()
    return kept


def _beside(pair: _Pair, opinions: Opinions) -> Comparison:
    definition = next(d for d in DEFINITIONS if d.name == pair.figure.definition)
    row = replace(
        _published(pair.figure, pair.series.name),
        compared=not pair.differs,
        unit=pair.series.unit,
        snapshot=pair.snapshot,
        sampled=pair.series.sampled,
        differs=", ".join(pair.differs),
        reason="; ".join(f"{what}: {how}" for what, how in pair.differs.items()),
    )
    if pair.snapshot is None:
        return row
    share = opinions.share(definition, pair.snapshot, str(pair.figure.token))
    return _with(row, share)


def _row(
    definition: Definition, series: Series, snapshot: str, day: date, token: str, share: SeriesShare
) -> Comparison:
    approximate = definition.textual and series.rendered
    row = Comparison(
        source=definition.source,
        figure="share under the definition",
        definition=definition.name,
        population=series.name,
        date=day,
        token=token,
        data=series.name,
        unit=series.unit,
        snapshot=snapshot,
        sampled=series.sampled,
        reason=_APPROXIMATE if approximate else definition.says,
    )
    return _with(row, share)


_APPROXIMATE = (
    "our texts are reconstructed from verdicts, so a definition that depends on spelling is "
    "approximate"
)


def _with(row: Comparison, share: SeriesShare) -> Comparison:
    return replace(
        row, n=share.n, n_outside=share.n_outside, ours=share.percent, low=share.low,
        high=share.high,
    )  # fmt: skip
