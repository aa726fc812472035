"""The result `replication`: what others published beside ours, each figure with its source."""

from dataclasses import fields

import duckdb
import polars as pl

from crawlblock.metrics.columns import conformed
from crawlblock.replication.comparison import THEIR_COUNTS, Comparison, replicate, usual_tokens
from crawlblock.replication.published import BUNDLED, read_figures, read_sources
from crawlblock.replication.series import TOKENS, from_database

REPLICATION = "replication"
_MOST_TEXTS = 50_000  # payloads that are judged under the definitions of others unasked
_NO_HOSTS = "the definition counts none of the hosts"
_NO_SNAPSHOT = "there is no snapshot since the crawler was documented"
_COUNTS = "counts of all hosts that the source asked"
_LIST = "these hosts are a list: nothing was sampled"
_WHOLE = "every host of the population is known: there is no sampling error"
_TOKENS = "no interval is computed for tokens under the definitions of others"
_PERCENT = ("published", "estimate", "low", "high", "difference")


def replication(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the published figures that come with crawlblock beside those of the database."""
    published = read_figures(BUNDLED)
    ((texts,),) = con.execute("SELECT count(*) FROM payloads").fetchall()
    series = from_database(con) if texts <= _MOST_TEXTS else []
    rows = replicate(published, series, usual_tokens(published))
    known = {source.source: source for source in read_sources(BUNDLED)}
    names = [field.name for field in fields(Comparison)]
    about = [
        {name: getattr(row, name) for name in names}  # `asdict` would copy each value
        | {"title": known[row.source].title, "url": known[row.source].url}
        for row in rows
    ]
    frame = pl.DataFrame(about, infer_schema_length=None).rename(
        {"ours": "estimate", "stratum": "segment"}
    )
    sampled, unknown = pl.col("sampled"), pl.col("estimate").is_null()
    no_estimate = (
        pl.when(pl.col("n").is_null()).then(pl.lit(_NO_SNAPSHOT)).otherwise(pl.lit(_NO_HOSTS))
    )
    found = frame.with_columns(
        pl.lit("stratum").alias("dimension"),
        pl.lit("rfc9309").alias("http_profile"),
        pl.when(sampled).then(pl.lit("sample")).otherwise(pl.lit("list")).alias("estimand"),
        pl.when(unknown).then(no_estimate).alias("no_estimate"),
        pl.when(unknown).then(no_estimate)
        .when(pl.col("data") == THEIR_COUNTS).then(pl.lit(_COUNTS))
        .when(~sampled).then(pl.lit(_LIST))
        .when(pl.col("unit") == TOKENS).then(pl.lit(_TOKENS))
        .when(pl.col("low").is_null()).then(pl.lit(_WHOLE))
        .alias("no_interval"),
        *(pl.col(name) / 100 for name in _PERCENT),
    )  # fmt: skip
    return conformed(found, REPLICATION)
