"""Captures from elsewhere, packed into an archive with their own bodies."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from crawlblock.demo.archive import build
from crawlblock.demo.contents import Rendered
from crawlblock.errors import InputError
from crawlblock.model import Crawl

NAME = "DEMO-"
_NEEDED = ("snapshot", "host", "fetch_time", "status", "body")


def pack(captures: pl.DataFrame, directory: Path) -> None:
    """Write captures (snapshot, host, fetch_time in UTC, status, body; url optional) as an archive.

    Each snapshot becomes a crawl called DEMO-<snapshot>.  Rows that are no answer are left out, for
    Common Crawl has no record of them: those without a status, and a 2xx without its body.
    Raises InputError for missing columns and as `build` does.
    """
    missing = [name for name in _NEEDED if name not in captures.columns]
    if missing:
        raise InputError(f"the captures lack the columns {', '.join(missing)}; add them")
    answers = captures.filter(
        pl.col("status").is_not_null()
        & pl.col("fetch_time").is_not_null()
        & (pl.col("body").is_not_null() | ~pl.col("status").is_between(200, 299))
    ).with_columns(crawl=NAME + pl.col("snapshot").str.strip_prefix(NAME))
    dates = answers.group_by("crawl").agg(
        first=pl.col("fetch_time").min(), last=pl.col("fetch_time").max()
    )
    build(directory, [Crawl(*row) for row in dates.iter_rows()], _rendered(answers))


def _rendered(answers: pl.DataFrame) -> Iterator[Rendered]:
    for row in answers.iter_rows(named=True):
        body = row["body"] or b""
        yield Rendered(
            crawl=row["crawl"],
            url=row.get("url") or f"https://{row['host']}/robots.txt",
            fetch_time=row["fetch_time"],
            status=row["status"],
            body=body.encode() if isinstance(body, str) else body,
        )
