"""From files of others to an archive in Common Crawl's layout."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from crawlblock.miniature import pack
from crawlblock.sources.files import Every, read_files


def pack_files(paths: Sequence[Path], every: Every, at: Sequence[datetime], directory: Path) -> int:
    """Write the captures in files as an archive; return how many there were.

    All bodies are in memory at once.  Raises InputError for a file that cannot be used.
    """
    batches = list(read_files(paths, every, at))
    bodies = pl.DataFrame(
        [(payload.digest, payload.body) for batch in batches for payload in batch.payloads],
        schema={"digest": pl.String, "body": pl.Binary},
        orient="row",
    )
    captures = pl.concat([batch.captures for batch in batches]).unique(
        ["snapshot", "host"], keep="first", maintain_order=True
    )
    pack(captures.join(bodies, on="digest", how="left", maintain_order="left"), directory)
    return captures.height
