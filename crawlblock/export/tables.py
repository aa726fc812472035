"""The tables of an export: each is a file in the folder `tables`, and that is all there is to one.

A file has a header of `-- key:` (what names a row), `-- of:` (the tables whose COMMENT ON describes
it and its columns, the first that has one), `-- about:` where none describes it, and `-- files:`
where only one is written.
"""

import shutil
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.metrics.columns import words_of
from crawlblock.metrics.computed import COMPUTED, Computed
from crawlblock.metrics.queries import Metric, analyze, metrics
from crawlblock.metrics.replicated import REPLICATION
from crawlblock.metrics.result_digests import inputs, result_digests
from crawlblock.metrics.result_files import current
from crawlblock.spreadsheets import FORMULA, MARK
from crawlblock.store.store import holdings

FORMATS = ("parquet", "csv")
FIRST = ("population", "meanings")  # what most readers want
LONG = "access"  # millions of rows that population and meanings give as well
RESULTS = "results"
BODIES = "bodies"
ANNOTATION = "annotation"
_PART = 64 * 2**20  # bytes of bodies in one file
_HERE = files(__package__)
_CSV = "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%f'"
PARQUET = "FORMAT parquet, COMPRESSION zstd"
# The parts that bodies are written in: about so many bytes each, by digest.
_PARTS = """
SELECT min(digest), max(digest)
FROM (SELECT digest, sum(bytes) OVER (ORDER BY digest) // ? AS part FROM payloads)
GROUP BY part ORDER BY part
"""


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, its type in DuckDB's words, and what it holds."""

    name: str
    type: str
    about: str


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table as it was written."""

    name: str
    folder: str  # data, results or bodies
    about: str
    key: tuple[str, ...]  # the columns that name a row; empty if none do
    fields: tuple[Field, ...]
    rows: int
    formats: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return its name among all tables; a result may have the name of a table."""
        if self.folder == ANNOTATION:
            return ANNOTATION
        return f"{self.folder}-{self.name}" if self.folder == RESULTS else self.name

    def path(self, form: str) -> str:
        """Return where it lies in the export, of several files with a * for their number."""
        several = "-*" if self.name == BODIES else ""
        return f"{self.folder}/{self.name}{several}.{form}"


def table_names(long: bool) -> list[str]:
    """Return the tables in the folder `tables`, without the long one unless it is wanted."""
    names = {f.name.removesuffix(".sql") for f in (_HERE / "tables").iterdir()} - {*FIRST, LONG}
    return [*FIRST, *([LONG] if long else []), *sorted(names)]


def write_table(con: duckdb.DuckDBPyConnection, name: str, target: Path) -> ExportedTable:
    """Write a table below a folder in an order of its own, holding no more than DuckDB may."""
    sql = (_HERE / "tables" / f"{name}.sql").read_text("utf-8")
    header = dict(
        line.removeprefix("-- ").split(": ", 1) for line in sql.splitlines() if line[:3] == "-- "
    )
    formats = tuple(header.get("files", ", ".join(FORMATS)).split(", "))
    (target / "data").mkdir(exist_ok=True)
    parquet, csv = (str(target / "data" / f"{name}.{form}").replace("'", "''") for form in FORMATS)
    ((rows,),) = con.execute(f"COPY ({sql}) TO '{parquet}' ({PARQUET})").fetchall()
    if "csv" in formats:  # from the other file, which is sorted
        harmless = _harmless(con, f"FROM '{parquet}'")
        con.execute(f"COPY ({harmless}) TO '{csv}' ({_CSV})").fetchall()
    sources = header["of"].split(", ")
    columns = con.execute(f"DESCRIBE ({sql})").fetchall()
    fields = [Field(c[0], c[1], _comment(con, c[0], sources)) for c in columns]
    key = tuple(header["key"].split(", ")) if "key" in header else ()
    about = header.get("about") or _about(con, (name, *sources))
    return ExportedTable(name, "data", about, key, tuple(fields), rows, formats)


def _harmless(con: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return a query whose texts no spreadsheet takes for formulas."""
    columns = con.execute(f"DESCRIBE ({sql})").fetchall()
    names = [column[0].replace('"', '""') for column in columns if column[1] == "VARCHAR"]
    pattern, mark = (text.replace("'", "''") for text in (FORMULA, MARK))
    texts = [
        f"CASE WHEN regexp_matches(\"{name}\", '{pattern}') THEN '{mark}' ELSE '' END "
        f'|| "{name}" AS "{name}"'
        for name in names
    ]
    return f"SELECT * REPLACE ({', '.join(texts)}) {sql}" if texts else sql


def write_results_of(
    con: duckdb.DuckDBPyConnection, target: Path, http_profile: str, ready: Path | None = None
) -> list[ExportedTable]:
    """Write every result below a folder, copied from `ready` where it is of the same data."""
    keep = take_over(con, ready, target / RESULTS, http_profile) if ready else set()
    frames = analyze(con, target / RESULTS, http_profile, keep)
    computed: list[Metric | Computed] = [*metrics(), *COMPUTED]
    made = {each.name: each for each in computed}
    tables = []
    for name in sorted(frames):
        path = str(target / RESULTS / f"{name}.parquet")
        words = words_of(name, frames[name].columns)
        fields = [
            Field(c[0], c[1], words[c[0]])
            for c in con.execute("DESCRIBE (FROM read_parquet(?))", [path]).fetchall()
        ]
        about = f"{made[name].title} ({made[name].unit}). {made[name].note}"
        tables.append(
            ExportedTable(name, RESULTS, about, (), tuple(fields), frames[name].height, FORMATS)
        )
    return tables


def take_over(
    con: duckdb.DuckDBPyConnection, ready: Path, target: Path, http_profile: str
) -> set[str]:
    """Copy the results that are of what a database holds now, and return their names."""
    digests = result_digests(inputs(con, http_profile, holdings(con)))
    names = current(ready, digests) - {REPLICATION}  # which no export has
    target.mkdir()
    for name in names:
        for form in FORMATS:
            shutil.copyfile(ready / f"{name}.{form}", target / f"{name}.{form}")
    return names


def write_bodies(con: duckdb.DuckDBPyConnection, target: Path) -> ExportedTable:
    """Write the payloads themselves, as bytes, in files of bounded size."""
    (target / BODIES).mkdir()
    rows = 0
    schema = pl.Schema({"digest": pl.String(), "body": pl.Binary()})
    parts = con.execute(_PARTS, [_PART]).fetchall() or [("", "")]
    for number, (first, last) in enumerate(parts):
        frame = pl.DataFrame(_inflated(con, first, last), schema, orient="row")
        frame.write_parquet(target / BODIES / f"{BODIES}-{number:05}.parquet")
        rows += frame.height
    fields = (
        Field("digest", "VARCHAR", _comment(con, "digest", ["payloads"])),
        Field("body", "BLOB", "The payload, as its site sent it."),
    )
    about = "The texts themselves, each once. They are their sites' own."
    return ExportedTable(BODIES, BODIES, about, ("digest",), fields, rows, ("parquet",))


def _inflated(con: duckdb.DuckDBPyConnection, first: str, last: str) -> list[tuple[str, bytes]]:
    """Return digests and bodies from one digest to another."""
    rows = con.execute(
        "SELECT digest, body FROM bodies WHERE digest BETWEEN ? AND ? ORDER BY digest",
        [first, last],
    ).fetchall()
    return [(digest, zlib.decompress(body)) for digest, body in rows]


def _comment(con: duckdb.DuckDBPyConnection, column: str, sources: Sequence[str]) -> str:
    """Return what the first of some tables says of its column of that name."""
    found: dict[str, str] = dict(
        con.execute(
            "SELECT table_name, comment FROM duckdb_columns() "
            "WHERE schema_name = 'main' AND column_name = ? AND comment IS NOT NULL",
            [column],
        ).fetchall()
    )
    return next((found[source] for source in sources if source in found), "")


def _about(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> str:
    """Return what the database says of the first of some tables or views that it has."""
    found: dict[str, str] = dict(
        con.execute(
            "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'main' "
            "UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main'"
        ).fetchall()
    )
    return next(found[name] for name in names if found.get(name))
