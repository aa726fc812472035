"""What is said of an export: who made it, under which licence, of what state of which data."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files

import duckdb


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence for data."""

    spdx: str  # its id at spdx.org
    hugging_face: str  # its id on a dataset's card
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Request:
    """What the maker of an export says of it, and wants in it."""

    title: str
    authors: tuple[str, ...]  # empty: nobody is named
    licence: str  # its SPDX id
    http_profile: str  # of HTTP statuses
    long: bool  # also one row per host, snapshot and crawler
    bodies: bool  # also the robots.txt files themselves
    annotation: bool = False  # also the annotation of Common Crawl's index
    url: str = ""  # where it is published, or its DOI as https://doi.org/...; empty: not known
    published: date | None = None  # the day


@dataclass(frozen=True, slots=True)
class Extent:
    """What an export is of; the same database gives the same."""

    layout: int  # of the database
    registry: tuple[str, ...]  # digests of the registries and rules that judged it
    snapshots: int
    hosts: int
    first: datetime | None  # capture, UTC
    last: datetime | None  # capture, UTC
    rendered: bool  # of the bundled sample, whose archive is rendered
    crawls: bool  # it has crawls of Common Crawl, or of an archive like it

    @property
    def version(self) -> str:
        """Return the version of the data: the day of the last capture."""
        day = self.last
        return f"{day.year}.{day.month}.{day.day}" if day else "0.0.0"

    @property
    def span(self) -> str:
        """Return the days of the first and the last capture."""
        return f"{self.first:%Y-%m-%d}/{self.last:%Y-%m-%d}" if self.first and self.last else ""


_STATE = """
SELECT (SELECT max(version) FROM schema_version),
       (SELECT list(DISTINCT s.digest ORDER BY s.digest) FROM conclusions.stamps s
        JOIN (SELECT DISTINCT unnest([verdicts, authorship, signals, ineffective]) AS id
              FROM conclusions.judgements) USING (id)),
       (SELECT count(*) FROM snapshots),
       (SELECT count(DISTINCT host) FROM captures),
       (SELECT min(first_capture) FROM snapshots),
       (SELECT max(coalesce(last_capture, first_capture)) FROM snapshots),
       (SELECT count(*) > 0 FROM snapshots WHERE is_demo(snapshot)),
       (SELECT count(*) > 0 FROM snapshots WHERE kind = 'crawl' AND NOT is_demo(snapshot))
"""


def state(con: duckdb.DuckDBPyConnection) -> Extent:
    """Return what a database holds."""
    ((layout, registry, *others),) = con.execute(_STATE).fetchall()
    return Extent(layout, tuple(registry or ()), *others)


@cache
def licences() -> dict[str, Licence]:
    """Return the licences that can be chosen by their SPDX id, the default first."""
    text = (files(__package__) / "licences.toml").read_text("utf-8")
    return {entry["spdx"]: Licence(**entry) for entry in tomllib.loads(text)["licence"]}
