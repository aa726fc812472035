"""A ranking of registered domains, from a file such as Tranco's."""

from pathlib import Path

import polars as pl

from crawlblock.errors import InputError
from crawlblock.sources.files.zipped import is_zip, read_zipped


def read_ranks(path: Path) -> pl.DataFrame:
    """Return the columns domain and rank of a Parquet file that has them, or of CSV `rank,domain`.

    CSV may have a first line with the names, and may be zipped as Tranco's is.  Of a domain named
    twice the best rank counts; raises InputError if the file is no ranking.
    """
    names = ["rank", "domain"]
    try:
        if path.suffix == ".parquet":
            read = pl.read_parquet(path, columns=names)
        else:
            source = read_zipped(path) if is_zip(path) else path
            read = pl.read_csv(source, has_header=False, new_columns=names, infer_schema=False)
        rows = read.select(
            pl.col("domain").cast(pl.String).str.strip_chars().str.to_lowercase(),
            pl.col("rank").cast(pl.Int64, strict=False),
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: {_REFUSED} ({str(error).splitlines()[0]})") from None
    ranked = rows.filter((pl.col("rank") > 0) & pl.col("domain").str.contains(".", literal=True))
    if ranked.height < max(1, rows.height - 1):
        raise InputError(f"{path}: {_REFUSED} ({rows.height - ranked.height} lines are not so)")
    return ranked.group_by("domain").agg(pl.col("rank").min()).sort("rank", "domain")


_REFUSED = "no ranking; give CSV lines such as 1,example.com, or Parquet with rank and domain"
