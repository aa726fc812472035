"""The result `ledger`: what others published beside ours, each figure with its source."""

from dataclasses import asdict

import duckdb
import polars as pl

from crawlblock.analysis.observed import from_database
from crawlblock.analysis.reference import BUNDLED, read_figures, read_sources
from crawlblock.analysis.replicate import replicate, usual_tokens

LEDGER = "ledger"
_MOST_TEXTS = 50_000  # payloads that are judged under the definitions of others unasked


def ledger(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the published figures that come with crawlblock beside those of the database."""
    published = read_figures(BUNDLED)
    ((texts,),) = con.execute("SELECT count(*) FROM payloads").fetchall()
    series = from_database(con) if texts <= _MOST_TEXTS else []
    rows = replicate(published, series, usual_tokens(published))
    known = {source.source: source for source in read_sources(BUNDLED)}
    about = [asdict(row) | {"title": known[row.source].title, "url": known[row.source].url}
             for row in rows]  # fmt: skip
    return pl.DataFrame(about, infer_schema_length=None)
