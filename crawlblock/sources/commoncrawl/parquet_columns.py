"""Some columns of a Parquet file in an archive, read by byte ranges.

The end of a Parquet file says where the bytes of each column are.  We ask for these bytes and write
them to a file at the same places.  The rest of that file is holes, which take no room on the disk.
Any Parquet reader can read the columns from it.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from crawlblock.durable import put_in_place
from crawlblock.errors import ArchiveError, StoreError, UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.parquet_pages import check_pages
from crawlblock.transport.tasks import gather

_MAGIC = b"PAR1"
_PIECE = 16 * 1024 * 1024  # bytes of one request
_AT_ONCE = 4  # requests; the limits of the host hold besides
_FINAL = (Outcome.ABSENT, Outcome.DAMAGED, Outcome.TOO_LARGE)  # asking again will not help


@dataclass(frozen=True, slots=True)
class PartColumns:
    """The columns that are read of each part, and what is made and kept of them."""

    columns: Sequence[str]
    tail: int  # bytes asked for at first; most footers should fit into them
    made: Callable[[pl.LazyFrame], pl.DataFrame]
    rows: int | None = None  # of each row group of the file that is kept; None: any number


@dataclass(frozen=True, slots=True)
class Footer:
    """The end of a Parquet file, and where the wanted columns are in the file."""

    raw: bytes
    ranges: Sequence[tuple[int, int]]  # start and length of each column of each row group, bytes
    end_requests: int  # that reading the end took
    end_bytes: int

    @property
    def pieces(self) -> list[tuple[int, int]]:
        """Return start and length of each request for the columns."""
        return [
            (at, min(_PIECE, start + length - at))
            for start, length in self.ranges
            for at in range(start, start + length, _PIECE)
        ]

    @property
    def requests(self) -> int:
        """Return how many requests the end and the columns take."""
        return self.end_requests + len(self.pieces)

    @property
    def bytes(self) -> int:
        """Return how many bytes the end and the columns take."""
        return self.end_bytes + sum(length for _, length in self.ranges)


async def keep_made(mirror: Mirror, key: str, wanted: PartColumns, path: Path) -> None:
    """Write a file with what is made of some columns of a part; it is written whole or not at all.

    Raises ArchiveError if the part cannot be used, StoreError if the disk refuses.
    """
    columns = path.with_suffix(".columns")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        local = mirror.local_path(key)
        if local is None:
            await save_columns(mirror, key, wanted, columns)
        frame = _made(f"{mirror.location}: {key}", local or columns, wanted)
        aside = path.with_suffix(".part")
        _write(frame, wanted.rows, aside)
        put_in_place(aside, path)
    except OSError as error:
        raise StoreError(
            f"{path.parent} cannot be written ({error.strerror or error}); free some space or "
            "choose another --cache, then run again"
        ) from None
    finally:
        columns.unlink(missing_ok=True)


async def read_footer(mirror: Mirror, key: str, wanted: PartColumns) -> Footer:
    """Read the end of a Parquet file and find the columns in it.

    A footer that is larger than what is asked for at first takes a second request.  Raises
    ArchiveError for a file that cannot be used.
    """
    name = f"{mirror.location}: {key}"
    raw = await _read(mirror, key, -wanted.tail)
    got, requests = len(raw), 1
    size = int.from_bytes(raw[-8:-4], "little") + 8
    if raw[-4:] == _MAGIC and size > len(raw):
        raw = await _read(mirror, key, -size)
        got, requests = got + len(raw), 2
    if raw[-4:] != _MAGIC or size > len(raw):
        raise ArchiveError(
            f"{name}: not a whole Parquet file; run again later or use another mirror"
        )
    raw = raw[-size:]
    with TemporaryDirectory() as folder:
        alone = Path(folder) / "footer.parquet"
        alone.write_bytes(_MAGIC + raw)
        return Footer(raw, _places(name, alone, wanted.columns), requests, got)


async def save_columns(mirror: Mirror, key: str, wanted: PartColumns, path: Path) -> None:
    """Write a file that has the columns of a Parquet file at their places, and its end.

    Raises OSError where the disk refuses.
    """
    footer = await read_footer(mirror, key, wanted)
    pieces = footer.pieces
    with path.open("wb") as file:
        file.write(_MAGIC)
        for some in (pieces[at : at + _AT_ONCE] for at in range(0, len(pieces), _AT_ONCE)):
            got = await gather(_read(mirror, key, *piece) for piece in some)
            for (start, _), raw in zip(some, got, strict=True):
                file.seek(start)
                file.write(raw)
        file.write(footer.raw)


def _places(name: str, footer: Path, columns: Sequence[str]) -> list[tuple[int, int]]:
    """Return the ranges of the columns, in their order in the file."""
    wanted = [str(footer), list(columns)]
    try:
        with duckdb.connect() as con:
            have = con.execute(
                "SELECT name FROM parquet_schema(?) WHERE name IN (SELECT unnest(?))", wanted
            ).fetchall()
            rows = con.execute(
                "SELECT path_in_schema, least(coalesce(nullif(dictionary_page_offset, 0), "
                "data_page_offset), data_page_offset) AS start, total_compressed_size "
                "FROM parquet_metadata(?) WHERE path_in_schema IN (SELECT unnest(?)) "
                "ORDER BY start",
                wanted,
            ).fetchall()
    except duckdb.Error as error:
        raise ArchiveError(f"{name}: {str(error).splitlines()[0]}; use another mirror") from None
    missing = set(columns) - {column for (column,) in have}
    if missing:
        raise ArchiveError(
            f"{name}: the index lacks {', '.join(sorted(missing))}; it is not in Common Crawl's "
            "layout, or in a newer one"
        )
    return [(start, length) for _, start, length in rows]


def _made(name: str, part: Path, wanted: PartColumns) -> pl.DataFrame:
    try:
        check_pages(part, frozenset(wanted.columns))
        return wanted.made(pl.scan_parquet(part, glob=False).select(wanted.columns))
    except (
        pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError,
    ) as error:  # fmt: skip
        reason = str(error).strip().split("\n")[0][:100]
        raise ArchiveError(
            f"{name}: the index cannot be read ({reason}); run again or use another mirror"
        ) from None


def _write(frame: pl.DataFrame, rows: int | None, path: Path) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, row_group_size=rows)
    path.write_bytes(buffer.getbuffer())


async def _read(mirror: Mirror, key: str, start: int, length: int | None = None) -> bytes:
    raw = await mirror.read(key, start, length)
    if isinstance(raw, bytes):
        return raw
    name = f"{mirror.location}: {key}"
    if raw in _FINAL:
        raise ArchiveError(f"{name}: {raw}; run again later or use another mirror")
    raise UpstreamError(f"{name}: {raw}; run again later: it resumes")


def collected(lazy: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    """Return the rows of files in a folder; raises StoreError if they are damaged."""
    try:
        return lazy.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = str(error).strip().split("\n")[0][:100]
        raise StoreError(
            f"{folder}: what was kept of the index cannot be read ({reason}); remove the folder "
            "and run again"
        ) from None
