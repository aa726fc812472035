"""From files of others to an archive in Common Crawl's layout."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from crawlblock.demo import pack
from crawlblock.model import SnapshotKind
from crawlblock.sources.files import Every, Files
from crawlblock.store.scratch import settled

_CAPTURES = """
SELECT c.snapshot, c.host, c.url, c.fetch_time, c.status, b.body
FROM captures c LEFT JOIN bodies b ON b.digest = c.digest
ORDER BY c.snapshot, c.host
"""


def pack_files(paths: Sequence[Path], every: Every, at: Sequence[datetime], directory: Path) -> int:
    """Write the captures in files as an archive; return how many there were.

    All bodies are in memory at once.  Raises InputError for a file that cannot be used.
    """
    with settled(Files(paths, every, at).read(), SnapshotKind.IMPORT) as con:
        captures = pl.DataFrame(con.sql(_CAPTURES))
    bodies = [None if body is None else zlib.decompress(body) for body in captures["body"]]
    pack(captures.with_columns(pl.Series("body", bodies, pl.Binary)), directory)
    return captures.height
