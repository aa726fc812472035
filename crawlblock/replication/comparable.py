"""Whether a published figure and a series of ours measure the same thing."""

from collections.abc import Mapping
from datetime import date, timedelta

from crawlblock.replication.published import PublishedFigure
from crawlblock.replication.series import Series
from crawlblock.robots.peers import DEFINITIONS

UNIT, POPULATION, DATE, DEFINITION = "unit", "population", "date", "definition"
APART = timedelta(366)  # most between a figure and the beginning of a snapshot


def not_comparable(
    figure: PublishedFigure, series: Series, day: date | None
) -> Mapping[str, str] | None:
    """Return in what a figure and a series differ, each with its explanation, or None.

    They are comparable if both are about the same unit and population, if the snapshot that begins
    on `day` is within a year of the figure, and if the definition can be applied to our texts.
    `day` is None where there is no snapshot since the crawler was documented.
    """
    found = {}
    if figure.share_of != series.unit:
        found[UNIT] = f"theirs is a share of {figure.share_of}, ours of {series.unit}"
    if not _same_population(figure, series):
        found[POPULATION] = f"theirs is {_theirs(figure)}, ours is {_ours(series)}"
    if day is None:
        found[DATE] = "ours has no snapshot since the crawler was documented"
    elif abs(day - figure.date) > APART:
        found[DATE] = "the nearest snapshot is more than a year away"
    definition = next(d for d in DEFINITIONS if d.name == figure.definition)
    if definition.textual and series.rendered:
        found[DEFINITION] = (
            "theirs depends on how rules are written, and our texts are reconstructed from verdicts"
        )
    return found or None


def _same_population(figure: PublishedFigure, series: Series) -> bool:
    """Tell whether both are about the same first ranks of one frame, which ours names."""
    return figure.frame.lower() in series.frame.lower() and figure.top == series.top


def _theirs(figure: PublishedFigure) -> str:
    if figure.top:
        return f"{figure.population}, the first {figure.top:,} ranks"
    return figure.population


def _ours(series: Series) -> str:
    return f"{series.name} ({series.frame})"
