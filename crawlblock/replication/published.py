"""What others published, as facts: a folder with a file of figures for each source."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from crawlblock.errors import InputError
from crawlblock.robots.peers import DEFINITIONS

SOURCES = "sources.csv"
_RANKS = re.compile(r"(\d+)([kM])")
_TIMES = {"k": 1_000, "M": 1_000_000}
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
    unit: str  # what its shares are of: hosts or tokens
    frame: str  # what its hosts were taken from, in the words that name it in a panel's frame


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
    share_of: str  # hosts or tokens
    frame: str  # what its hosts were taken from

    @property
    def top(self) -> int | None:
        """Return how many first ranks of the frame it is about, None if it is about all of it."""
        return first_ranks(self.stratum)


def read_sources(folder: Path) -> tuple[Publication, ...]:
    """Return the sources; raises InputError if they cannot be read."""
    try:
        return tuple(Publication(**row) for row in _rows(folder / SOURCES))
    except TypeError:
        wanted = ", ".join(field.name for field in fields(Publication))
        raise InputError(
            f"{folder / SOURCES}: cannot be read; the file needs the columns {wanted}"
        ) from None


def read_figures(folder: Path) -> tuple[PublishedFigure, ...]:
    """Return the figures of every source; raises InputError if one cannot be read."""
    return tuple(
        _figure(source, row, folder)
        for source in read_sources(folder)
        for row in _rows(folder / f"{source.source}.csv")
    )


def first_ranks(stratum: str) -> int | None:
    """Return the last rank of a stratum such as 10k or 1M, None if its name is no rank."""
    found = _RANKS.fullmatch(stratum)
    return int(found[1]) * _TIMES[found[2]] if found else None


def _figure(source: Publication, row: dict[str, str], folder: Path) -> PublishedFigure:
    try:
        return PublishedFigure(
            source=source.source,
            figure=row["figure"],
            definition=_definition(row["definition"]),
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
            share_of=source.unit,
            frame=source.frame,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{folder / source.source}.csv: a figure cannot be read ({error}); restore the file"
        ) from None


def _definition(name: str) -> str | None:
    """Return the name of a definition, None for an empty one; raises ValueError for another."""
    if name and name not in {known.name for known in DEFINITIONS}:
        raise ValueError(f"no definition is called {name}")
    return name or None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); name another --reference") from None
