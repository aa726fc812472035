"""CSV files in a spreadsheet: no text of a stranger becomes a formula, and none is lost."""

import csv
import io
import re
from itertools import product
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlblock.host_list import Rejected
from crawlblock.metrics.result_files import as_csv
from crawlblock.report.formats import formatted
from crawlblock.sources.files.host_lists.rejects import Rejects
from crawlblock.sources.files.readers import open_table
from crawlblock.spreadsheets import FORMULA, as_written, harmless

pytestmark = pytest.mark.own_code

PACKAGE = Path(__file__).parent.parent / "crawlblock"
RUN = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
TEXTS = [
    "=HYPERLINK(0)", "+1+1", "-2+3|cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", '"=1"', "'=1", "''-",
    "\n@x", "\ufeff=1", "\uff1d1", "a=1", "'", "'a", "/-", "Disallow: /", "é",
]  # fmt: skip
SIGNS = "=+-@\t\r\n'\" a\xa0\ufeff\uff1d"
odd = st.text(st.sampled_from(SIGNS), max_size=6)


def is_run(cell: str) -> bool:
    """Tell whether a spreadsheet may run a cell."""
    return cell.lstrip('" \n\xa0\ufeff').startswith(RUN) or cell.startswith(RUN)


@settings(deadline=None)
@given(odd | st.text())
@example("'=")
def test_every_text_comes_back(text: str) -> None:
    """A cell begins with nothing that is run, and gives the text again."""
    cell = harmless(text)
    assert isinstance(cell, str) and not is_run(cell)
    assert as_written(cell) == text


def test_polars_and_duckdb_agree() -> None:
    """Result files and exported tables mark the same texts as all other writers."""
    texts = ["".join(text) for n in range(4) for text in product(SIGNS, repeat=n)]
    ours = [bool(re.match(FORMULA, text)) for text in texts]
    assert pl.Series(texts, dtype=pl.String).str.contains(FORMULA).to_list() == ours
    asked = "SELECT regexp_matches(unnest(?::VARCHAR[]), ?)"
    with duckdb.connect() as con:
        assert [found for (found,) in con.execute(asked, [texts, FORMULA]).fetchall()] == ours


def printed(folder: Path) -> bytes:
    """Return what commands print with -o csv."""
    rows = [{"text": text, "n": -1.5, "none": None} for text in TEXTS]
    return formatted(rows, ["text", "n", "none"], "csv")


def results(folder: Path) -> bytes:
    """Return what a result file holds."""
    return as_csv(pl.DataFrame({"text": TEXTS, "n": -1.5, "none": None}))


def rejected(folder: Path) -> bytes:
    """Return the file of rejected lines."""
    with Rejects(folder / "rejects.csv") as rejects:
        for number, text in enumerate(TEXTS):
            rejects.add(Rejected(number, text, "=reason"))
    return (folder / "rejects.csv").read_bytes()


@pytest.mark.parametrize("writer", [printed, results, rejected])
def test_writers(writer: object, tmp_path: Path) -> None:
    """Each writer marks texts alone; numbers and absent cells stay (test_export.py has tables)."""
    assert callable(writer)
    rows = list(csv.DictReader(io.StringIO(writer(tmp_path).decode(), newline="")))
    assert not any(is_run(row["text"]) for row in rows)
    assert [as_written(row["text"]) for row in rows] == TEXTS
    for row in rows:
        assert row.get("n", "-1.5") == "-1.5" and row.get("none", "") == ""
        assert row.get("reason", "'=reason") == "'=reason"


def test_header() -> None:
    """A column may be named by a query of one's own."""
    assert formatted([{"=1": "-"}], ["=1"], "csv") == b"'=1\n'-\n"


def test_import_reads_our_csv(tmp_path: Path) -> None:
    """Captures that were printed as CSV are imported as they were."""
    names = ("host", "fetch_time", "status", "body")
    rows = [dict(zip(names, ("a.example", "2024-01-01", "200", t), strict=True)) for t in TEXTS]
    path = tmp_path / "captures.csv"
    path.write_bytes(formatted(rows, names, "csv"))
    (frame,) = open_table(path, ".csv").slices()
    assert [body.decode() for body in frame["body"]] == TEXTS


def test_no_other_writer() -> None:
    """Whoever writes CSV in the package does it with the marks."""
    writes = re.compile(r"csv\.(writer|DictWriter)\(|write_csv\(|sink_csv\(|FORMAT csv")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if writes.search(text := path.read_text("utf-8")) and "spreadsheets import" not in text
    }
    assert found == {"metrics/columns.py"}  # the data dictionary: our own words, in no cell a sign
