"""What others published, as facts: a folder with a file of figures for each source."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crawlblock.errors import InputError

SOURCES = "sources.csv"
_PACKAGED = Path(__file__).parent / "published"
_CHECKED_OUT = Path(__file__).parents[2] / "data" / "reference"
# The figures that come with crawlblock: a wheel has them beside this module, a checkout in data/.
BUNDLED = _PACKAGED if _PACKAGED.is_dir() else _CHECKED_OUT


@dataclass(frozen=True, slots=True)
class Publication:
    """Whose figures these are, and on what terms they may be used."""

    source: str
    title: str
    url: str
    licence: str


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A number that somebody published."""

    source: str
    figure: str
    definition: str | None  # of `robots.peers.DEFINITIONS`; None for a plain count
    population: str
    stratum: str
    date: date
    snapshot: str | None
    token: str | None
    numerator: int | None
    denominator: int | None
    value: float
    unit: str  # percent or hosts
    cite: str  # where in the source it stands


def read_sources(folder: Path) -> tuple[Publication, ...]:
    """Return the sources; raises InputError if they cannot be read."""
    return tuple(Publication(**row) for row in _rows(folder / SOURCES))


def read_figures(folder: Path) -> tuple[PublishedFigure, ...]:
    """Return the figures of every source; raises InputError if one cannot be read."""
    return tuple(
        _figure(source.source, row, folder)
        for source in read_sources(folder)
        for row in _rows(folder / f"{source.source}.csv")
    )


def _figure(source: str, row: dict[str, str], folder: Path) -> PublishedFigure:
    try:
        return PublishedFigure(
            source=source,
            figure=row["figure"],
            definition=row["definition"] or None,
            population=row["population"],
            stratum=row["stratum"],
            date=date.fromisoformat(row["date"]),
            snapshot=row["snapshot"] or None,
            token=row["token"] or None,
            numerator=int(row["numerator"]) if row["numerator"] else None,
            denominator=int(row["denominator"]) if row["denominator"] else None,
            value=float(row["value"]),
            unit=row["unit"],
            cite=row["cite"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{folder / source}.csv: a figure cannot be read ({error}); restore the file"
        ) from None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); name another --reference") from None
