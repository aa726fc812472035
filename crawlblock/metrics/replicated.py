"""The result `replication`: what others published beside ours, each figure with its source."""

from dataclasses import asdict

import duckdb
import polars as pl

from crawlblock.metrics.columns import conformed
from crawlblock.replication.comparison import replicate, usual_tokens
from crawlblock.replication.published import BUNDLED, read_figures, read_sources
from crawlblock.replication.series import from_database

REPLICATION = "replication"
_MOST_TEXTS = 50_000  # payloads that are judged under the definitions of others unasked
_NO_HOSTS = "the definition counts none of the hosts"
_COUNTS = "counts of all hosts that the source asked"
_PERCENT = ("published", "estimate", "low", "high", "difference")


def replication(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the published figures that come with crawlblock beside those of the database."""
    published = read_figures(BUNDLED)
    ((texts,),) = con.execute("SELECT count(*) FROM payloads").fetchall()
    series = from_database(con) if texts <= _MOST_TEXTS else []
    rows = replicate(published, series, usual_tokens(published))
    known = {source.source: source for source in read_sources(BUNDLED)}
    about = [asdict(row) | {"title": known[row.source].title, "url": known[row.source].url}
             for row in rows]  # fmt: skip
    frame = pl.DataFrame(about, infer_schema_length=None).rename(
        {"ours": "estimate", "stratum": "segment"}
    )
    counted, unknown = pl.col("low").is_null(), pl.col("estimate").is_null()
    found = frame.with_columns(
        pl.lit("stratum").alias("dimension"),
        pl.lit("rfc9309").alias("http_profile"),
        pl.when(counted).then(pl.lit("list")).otherwise(pl.lit("as_if_sample")).alias("estimand"),
        pl.when(unknown).then(pl.lit(_NO_HOSTS)).alias("no_estimate"),
        pl.when(unknown).then(pl.lit(_NO_HOSTS)).when(counted).then(pl.lit(_COUNTS))
        .alias("no_interval"),
        *(pl.col(name) / 100 for name in _PERCENT),
    )  # fmt: skip
    return conformed(found, REPLICATION)
