"""The notebooks run as notebooks, on the bundled sample and on whatever else a database holds."""

import ast
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import small_database as small
from archives import small as few
from rich.console import Console

from crawlblock import notebook
from crawlblock.demo import render_demo
from crawlblock.errors import InputError, StoreError
from crawlblock.metrics.results_folder import results_of
from crawlblock.report.assemble import write_answer
from crawlblock.report.charts.chart import EMPTY
from crawlblock.store.database import copy_of
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "demo"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
OWN = "04-own-list"  # from a list to a chart by the API alone
HOSTILE = '<script>alert("x")</script>.example'
HOLDING = """
import sys, time
from pathlib import Path
from crawlblock.pipeline.run import recorded
from crawlblock.store.store import Store
store = Store(Path(sys.argv[1]))
with recorded(store, "history", {}), store.transaction() as con:
    con.execute("INSERT INTO panels VALUES ('half', 'list', NULL, TIMESTAMP '2030-01-01')")
    print("holds", flush=True)
    time.sleep(600)
"""


def analyze(db: Path) -> None:
    """Write the results beside a database and publish its copy, as `analyze` does."""
    store = Store(db)
    write_answer(store, results_of(db), "rfc9309", Console(file=io.StringIO()))
    store.publish()


@pytest.fixture(scope="module")
def tools() -> None:
    """Skip where notebooks cannot be executed, as with the lowest versions."""
    for package in ("jupytext", "IPython"):
        pytest.importorskip(package)


@pytest.fixture(scope="module")
def sample(bundled: Path) -> Path:
    """Return the database that `make analyze` makes."""
    return bundled / "crawlblock.duckdb"


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of one host in one import: no panel, no weights, no crawl."""
    db = tmp_path_factory.mktemp("poor") / "own.duckdb"
    with closing(small.make(db)) as con:
        small.snapshot(con, "2024-05", date(2024, 5, 1), {HOSTILE: "named"}, "import")
    analyze(db)
    return db


@pytest.fixture
def own(poor: Path, tmp_path: Path) -> Path:
    """Return a copy of it with its results and its copy for readers, to be changed."""
    return Path(shutil.copytree(poor.parent, tmp_path / "data")) / poor.name


@pytest.fixture
def held(poor: Path) -> Iterator[Path]:
    """Return a database that another process writes to at this moment."""
    command = [sys.executable, "-c", HOLDING, str(poor)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stdout.readline() == "holds\n"
        yield poor
        run.kill()


def executed(
    db: Path, out: Path, books: list[Path], archive: Path | None = None
) -> dict[str, "NotebookNode"]:
    """Execute notebooks on a database and return them by name; the last one reads an archive."""
    script = ROOT / "scripts" / "run_notebooks.py"
    command = [sys.executable, str(script), "--db", str(db), "--out", str(out), *map(str, books)]
    environment = os.environ | ({"CRAWLBLOCK_MIRROR": str(archive)} if archive else {})
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=280, env=environment
    )
    assert done.returncode == 0, done.stderr
    read: Any = pytest.importorskip("nbformat").read
    made = {path.stem: read(path, 4) for path in sorted(out.glob("*.ipynb"))}
    assert [*made] == [path.stem for path in books]
    return made


def outputs(book: "NotebookNode") -> list["NotebookNode"]:
    """Return everything that the cells of a notebook show."""
    return [output for cell in book.cells for output in cell.get("outputs", ())]


def shown(book: "NotebookNode", kind: str) -> list[str]:
    """Return what the cells of a notebook show of one kind."""
    return [o["data"][kind] for o in outputs(book) if kind in o.get("data", {})]


def committed() -> list[Path]:
    """Return the notebooks that are committed with what they showed."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_committed_ones_are_in_step(tools: None) -> None:
    """Each source has its notebook with the same cells, executed without an error, and small."""
    jupytext: Any = pytest.importorskip("jupytext")
    nbformat: Any = pytest.importorskip("nbformat")
    assert [path.stem for path in committed()] == [path.stem for path in NOTEBOOKS]
    for source, path in zip(NOTEBOOKS, committed(), strict=True):
        book, text = nbformat.read(path, 4), path.read_text("utf-8")
        cells = [(cell.cell_type, cell.source) for cell in book.cells]
        wanted = jupytext.read(source, fmt="py:percent").cells
        assert cells == [(cell.cell_type, cell.source) for cell in wanted], (
            f"{path.name} lags its source; run make notebooks"
        )
        assert len(text) < 400_000 and not re.search(r"/(home|root|tmp|work|Users)/", text)
        run = [cell for cell in book.cells if cell.cell_type == "code"]
        assert all(cell.execution_count for cell in run)
        assert sum(bool(cell.outputs) for cell in run) > len(run) / 2
        assert {output.output_type for output in outputs(book)} <= {"execute_result", "stream"}
        assert shown(book, "image/svg+xml") and shown(book, "text/html")


def test_on_the_demo(tools: None, sample: Path, tmp_path: Path) -> None:
    """On the demo every cell answers, every figure is an SVG, and pages load nothing."""
    source = next(path for path in NOTEBOOKS if path.stem == OWN).read_text("utf-8")
    sites = ast.literal_eval(re.findall(r"^sites = (.*)$", source, re.MULTILINE)[0])
    facts = few(tmp_path / "facts", sites, ["DEMO-2023-40", "DEMO-2024-30"])
    render_demo(facts, tmp_path / "archive")
    books = executed(sample, tmp_path, NOTEBOOKS, tmp_path / "archive")
    for name, book in books.items():
        figures = shown(book, "image/svg+xml")
        assert figures and not [text for text in figures if EMPTY in text], name
        html = (tmp_path / f"{name}.html").read_text("utf-8")
        assert html.count("<svg") >= len(figures)
        assert "<script" not in html and "# %%" not in html
    assert "GPTBot" in shown(books["02-blocking"], "text/plain")[0]
    assert "of this database" in shown(books["01-panel"], "text/html")[0]
    assert "20.8 %" in "".join(shown(books["02-blocking"], "text/html"))
    printed = [output.text for output in outputs(books[OWN]) if output.output_type == "stream"]
    assert "Disallow: /" in printed[0]
    assert "CCBot" in shown(books[OWN], "image/svg+xml")[0]


def test_on_a_poor_database_in_use(tools: None, held: Path, tmp_path: Path) -> None:
    """One host, one snapshot, no panel and a run at work: empty figures say so, nothing fails."""
    books = executed(held, tmp_path, NOTEBOOKS[:3])  # the fourth makes its own database
    figures = [text for book in books.values() for text in shown(book, "image/svg+xml")]
    assert [text for text in figures if EMPTY not in text]
    assert "Alpha" in "".join(shown(books["02-blocking"], "text/html"))
    events = shown(books["02-blocking"], "text/html")[-1]
    assert "<script" not in "".join(p.read_text("utf-8") for p in tmp_path.glob("*.html"))
    assert HOSTILE not in events and "alert" in unescape(events)


def test_headlines_are_of_one_segment(sample: Path) -> None:
    """What the notebooks show first is about one segment, never about all of them together."""
    with notebook.load(sample) as data:
        assert data.segments()[0] == "top sites"
        for name in ("blocked", "coverage", "gap", "authors", "change"):
            assert data.headline(name)["segment"].unique().to_list() == ["top sites"], name
        news = data.newest("blocked", "news").filter(pl.col("token") == "CCBot")
        assert news["segment"].unique().to_list() == ["news"] and news["n"].max() == 95
        assert data.headline("blocked_by_basis")["segment"].is_null().all()
        assert "802 sites (top sites)" in data.answers()["answer"][0]


def test_tables_are_readable() -> None:
    """Shares are percent, differences points, names of strangers harmless, and long tables cut."""
    frame = pl.DataFrame(
        {
            "host": [HOSTILE, "a\x1b[31m.example"], "share": [0.2345, None],
            "change": [-0.021, 0.0], "n_known": [1234, 5], "rank": [1832.5, 2.0],
            "day": [date(2024, 5, 1), None],
        }
    )  # fmt: skip
    made = notebook.table(frame, points=["change"], numbers=["rank"])
    text, html = repr(made), made._repr_html_()
    for cell in ("23.4 %", "-2.1 points", "1,234", "1,832", "2024-05-01", "n known", "\u2013"):
        assert cell in text and cell in html
    assert HOSTILE not in html and "\x1b" not in text + html
    assert repr(notebook.table(frame, rows=1)).endswith("and 1 more rows")
    assert "no rows" in notebook.table(frame.clear())._repr_html_()


def test_access_is_the_view(poor: Path) -> None:
    """access() gives the rows of the view, of the crawlers and the snapshot asked for."""
    with notebook.load(poor) as data:
        assert data.access("Alpha").pl().rows(named=True)[0]["restriction"] == "full"
        assert data.access("alpha", "Beta").count() == 2
        assert data.access().count() == len(small.CRAWLERS)
        assert data.access(snapshot="2024-05").count() == len(small.CRAWLERS)
        with pytest.raises(InputError, match="no registered crawler"):
            data.access("Nobody")


def test_results_of_an_older_state(own: Path) -> None:
    """What the database holds and the results do not is said in the first table."""
    store = Store(own)
    with store.transaction() as con:
        small.snapshot(con, "2024-06", date(2024, 6, 1), {"b.example": "open"}, "import")
    store.publish()
    data = notebook.load(own)
    held = dict(data.holds().rows())
    assert held["captures"] == "2" and held["results"].startswith("older than the database")
    data.database.close()


def test_reader_sees_no_later_run(own: Path) -> None:
    """A run that publishes while a notebook is open leaves the notebook's own copy as it was."""
    data = notebook.load(own)
    store = Store(own)
    with store.transaction() as con:
        small.snapshot(con, "2024-06", date(2024, 6, 1), {"b.example": "open"}, "import")
    store.publish()
    assert data.query("SELECT count(*) AS n FROM captures")["n"].to_list() == [1]
    data.database.close()


def test_what_is_missing_is_named(poor: Path, tmp_path: Path) -> None:
    """Without copy, results or result the error says which and what to run."""
    with pytest.raises(InputError, match=r"none\.duckdb: no database is there"):
        notebook.load(tmp_path / "none.duckdb")
    with pytest.raises(InputError, match="no complete results there; run `crawlblock analyze`"):
        notebook.load(poor, tmp_path)
    data = notebook.load(poor)
    with pytest.raises(InputError, match="blocked"):
        data.result("refusal")
    data.database.close()


def test_copy_of_another_version(own: Path) -> None:
    """A copy with the views of another version is refused with what renews it."""
    store = Store(own)
    with store.transaction() as con:
        con.execute("CREATE OR REPLACE MACRO views_stamp() AS 0").fetchall()
    store.publish()
    with pytest.raises(StoreError, match="another version of crawlblock; run `crawlblock analyze`"):
        notebook.load(own)


def test_usual_place(
    poor: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a name the database is $CRAWLBLOCK_DB, or data/ in this folder or one above it."""
    monkeypatch.setenv("CRAWLBLOCK_DB", str(poor))
    with notebook.load():
        pass
    monkeypatch.delenv("CRAWLBLOCK_DB")
    (tmp_path / "notebooks").mkdir()
    usual = own.with_name("crawlblock.duckdb")
    for place in (Path, copy_of, results_of):
        place(own).rename(place(usual))
    monkeypatch.chdir(tmp_path / "notebooks")
    data = notebook.load()
    assert data.database.path == usual
    data.database.close()


def test_figures_of_nothing() -> None:
    """Each figure of an empty frame says that nothing is known."""
    empty = pl.DataFrame(
        schema={
            "snapshot": pl.String, "snapshot_date": pl.Date, "token": pl.String, "n": pl.Int64,
            "estimate": pl.Float64, "low": pl.Float64, "high": pl.Float64,
        }
    )  # fmt: skip
    for made in (
        notebook.lines(empty, "token", "title"),
        notebook.bars(empty, "token", "title"),
        notebook.stack(empty, "token", "n", "title"),
    ):
        assert EMPTY in made.svg()
