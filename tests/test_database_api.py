"""A database from a script and from a notebook cell: its questions, its steps, its errors."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from servers import RangeServer
from sharing import copy_of_made

import crawlblock
from crawlblock.demo import Rendered, build
from crawlblock.errors import CrawlblockError, InputError, LockedError, StoreError
from crawlblock.model import Crawl
from crawlblock.store.database import copy_of

CRAWLS = (
    Crawl("DEMO-2023-23", datetime(2023, 5, 27), datetime(2023, 6, 11)),
    Crawl("DEMO-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5)),
)
HOSTS = [f"host-{number:02}.example" for number in range(30)]
TABLE = (
    "SELECT snapshot, host, token, restriction, basis FROM access "
    "WHERE token IN ('GPTBot', 'CCBot') ORDER BY ALL"
)
HOLDER = """
import sys
from pathlib import Path
from crawlblock.store.store import Store
store = Store(Path(sys.argv[1]))
with store.held(), store.transaction() as con:
    print("holds", flush=True)
    sys.stdin.read()
"""


def captures() -> Iterator[Rendered]:
    """Return a robots.txt of each host in each crawl; from the second on they block GPTBot."""
    for place, crawl in enumerate(CRAWLS):
        for number, host in enumerate(HOSTS):
            text = f"User-agent: GPTBot\nDisallow: {'/' * place}\n# {number}\n".encode()
            at = crawl.first_capture + timedelta(minutes=number)
            yield Rendered(crawl.crawl, f"https://{host}/robots.txt", at, 200, text)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of two crawls."""
    folder = tmp_path_factory.mktemp("api") / "archive"
    build(folder, CRAWLS, list(captures()))
    return folder


@pytest.fixture(scope="module")
def made(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that a script has filled and analyzed."""

    def make(folder: Path) -> None:
        _fill(folder / "own.duckdb", archive)

    return copy_of_made(tmp_path_factory, "api", make) / "own.duckdb"


def _fill(path: Path, archive: Path) -> None:
    with crawlblock.open(path, create=True) as db:
        panel = db.sample([*HOSTS, "not a host"], name="mine")
        assert (panel.panel, panel.new, panel.hosts[0]) == ("mine", 30, HOSTS[0])
        assert len(panel.left_out) == 1 and "not a host" in panel.left_out[0]
        done = db.history("all", mirror=archive)
        assert (done.captures, done.finished, done.problems) == (60, True, ())
        assert db.history("all", mirror=archive).captures == 0
        assert db.analyze() == path.parent / "own-results" / "index.html"


@pytest.fixture
def db(made: Path) -> Iterator[crawlblock.Database]:
    """Return that database, open."""
    with crawlblock.open(made) as opened:
        yield opened


@pytest.fixture
def held(made: Path) -> Iterator[Path]:
    """Return that database while another process writes to it."""
    command = [sys.executable, "-c", HOLDER, str(made)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as run:
        assert run.stdout is not None and run.stdout.readline() == "holds\n"
        yield made
        run.communicate("")


def test_sql(db: crawlblock.Database) -> None:
    """A query gives a polars frame, takes parameters of either kind, and changes nothing."""
    assert db.sql("SELECT count(*) AS n FROM captures")["n"].to_list() == [60]
    assert db.sql("SELECT ? + ? AS n", [1, 2])["n"].to_list() == [3]
    assert db.sql("SELECT $n AS n", {"n": 4})["n"].to_list() == [4]
    assert db.sql("SET VARIABLE x = 1").is_empty()
    for query, message in {
        "FROM acces": "did you mean access",
        "SELECT": "sql: Parser Error",
        "DELETE FROM facts.fetches": "changes and reads nothing but the database",
        "FROM 'other.csv'": "changes and reads nothing but the database",
        "SELECT 1 AS a, 2 AS a": "name each column once with AS",
        "SELECT ?": "sql:",
    }.items():
        with pytest.raises(InputError, match=message):
            db.sql(query)


def test_sql_about_interruptions(db: crawlblock.Database) -> None:
    """An error whose text speaks of interruptions is an error in the query, and no stop."""
    for query in ("SELECT interrupted FROM captures", "SELECT 'interrupt'::INTEGER"):
        with pytest.raises((InputError, KeyboardInterrupt), match="interrupt"):
            db.sql(query)
    with pytest.raises((InputError, KeyboardInterrupt), match="interrupt"):
        db.access().filter("interrupt = 1")


def test_access_is_lazy(db: crawlblock.Database) -> None:
    """`access` reads nothing before it is asked to, and then only what is asked for."""
    rows = db.access()
    assert rows.count() == 60 * len(crawlblock.crawlers()) + 60  # and `*`
    assert db.access("gptbot").limit(5).pl().height == 5
    blocked = db.access(["GPTBot", "CCBot"], snapshot="DEMO-2023-40").filter("NOT root_allowed")
    assert blocked.order("host").limit(1).pl()["host"].to_list() == HOSTS[:1]
    assert blocked.pl()["token"].unique().to_list() == ["GPTBot"]
    parts = list(db.access("GPTBot").batches(25))
    assert [part.height for part in parts] == [25, 25, 10]
    assert parts[0].schema == db.access("GPTBot").pl().schema
    assert "snapshot" in repr(rows) and "<table" in rows.limit(3)._repr_html_()
    with pytest.raises(InputError, match="sql: Binder Error"):
        rows.filter("no_column = 1")
    with pytest.raises(InputError, match="DEMO-2023-4: there is no such snapshot; did you mean"):
        db.access(snapshot="DEMO-2023-4")


def test_rows_outlive_the_database(made: Path) -> None:
    """Rows may be read after the database was closed; nothing else can be asked then."""
    with crawlblock.open(made) as db:
        rows = db.access("GPTBot")
    assert rows.count() == 60
    for ask in (lambda: db.sql("SELECT 1"), db.access, db.evaluate):
        with pytest.raises(InputError, match=r"closed; open it again with crawlblock\.open"):
            ask()


def test_results(db: crawlblock.Database) -> None:
    """A result is a frame; a name that is not one is met with those that are."""
    assert db.result("coverage").height and "coverage" in db.result_names
    with pytest.raises(InputError, match="there is no such result; did you mean coverage"):
        db.result("coverag")
    with pytest.raises(InputError, match=r"there is no such result; there are .*coverage"):
        db.result("../own")


def test_pandas(db: crawlblock.Database) -> None:
    """Frames and rows go to pandas where the extra `notebooks` is installed."""
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    assert len(db.access("GPTBot").to_pandas()) == 60
    assert len(db.result("coverage").to_pandas())


def test_timeline(db: crawlblock.Database) -> None:
    """The history of a host has a row for each verdict that differs from the one before."""
    frame = db.timeline(HOSTS[0], "gptbot")
    assert frame["to_restriction"].to_list() == ["full"]  # it was not documented in the first
    assert frame.schema["before"] == pl.Datetime("us")
    whole = db.timeline(f"https://{HOSTS[0]}/", ["GPTBot", "CCBot"], every_snapshot=True)
    assert whole.height == 3  # CCBot is in both, GPTBot was not documented in the first


def test_explain(db: crawlblock.Database) -> None:
    """An explanation has the line, at the last capture or at a snapshot or day."""
    found = db.explain(HOSTS[0], "GPTBOT")
    assert (found.token, found.line, found.rule) == ("GPTBot", 2, "Disallow: /")
    assert db.explain(HOSTS[0], "GPTBot", at="DEMO-2023-23").verdict.root_allowed
    assert db.explain(HOSTS[0], "GPTBot", at=date(2023, 7, 1)).verdict.root_allowed
    with pytest.raises(InputError, match="no registered crawler has this token; did you mean GPT"):
        db.explain(HOSTS[0], "GPTBto")
    with pytest.raises(InputError, match=f"did you mean {HOSTS[0]}"):
        db.explain("hots-00.example", "GPTBot")
    with pytest.raises(InputError, match="HTTP profile 'google' is not known"):
        db.explain(HOSTS[0], "GPTBot", http_profile="google")  # type: ignore[arg-type]


def test_changes(db: crawlblock.Database) -> None:
    """Changes are rows with a name of their own; without one the columns are there."""
    frame = db.changes("DEMO-2023-23", tokens="GPTBot")
    assert frame.height == 30 and frame["id"].n_unique() == 30
    none = db.changes(datetime(2030, 1, 1))
    assert none.is_empty() and none.schema == frame.schema
    with pytest.raises(InputError, match="neither a snapshot nor a date"):
        db.changes("yesterday")


def test_charts(db: crawlblock.Database, tmp_path: Path) -> None:
    """A chart is the page's own, and is saved as the ending says."""
    chart = db.chart("coverage")
    assert "<svg" in chart.save(tmp_path / "a.svg").read_text("utf-8")
    assert chart.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    shown = chart._repr_mimebundle_()
    assert "<svg" in shown["image/svg+xml"] and shown["image/png"].startswith("iVBORw0KGgo")
    assert db.chart("verdicts", "ccbot").title.endswith(": CCBot")
    with pytest.raises(InputError, match=r"saved as \.svg or \.png"):
        chart.save(tmp_path / "a.pdf")
    with pytest.raises(InputError, match="there is no such chart; did you mean coverage"):
        db.chart("coverages")
    with pytest.raises(InputError, match="not about one crawler"):
        db.chart("coverage", "GPTBot")
    with pytest.raises(InputError, match="no rows about GPTBto; did you mean GPTBot"):
        db.chart("verdicts", "GPTBto")


def test_an_empty_database(tmp_path: Path) -> None:
    """A database that holds nothing says what to do, or gives nothing; none of it is a fault."""
    with crawlblock.open(tmp_path / "deep" / "new.duckdb", create=True) as db:
        assert db.access().count() == 0 and db.changes("2024-01-01").is_empty()
        for ask, message in (
            (lambda: db.result("coverage"), "no complete results there"),
            (lambda: db.chart("coverage"), "no complete results there"),
            (lambda: db.timeline("example.com"), "nothing is stored about this host"),
            (lambda: db.explain("example.com", "GPTBot"), "nothing is judged"),
            (lambda: db.access("GPTBot"), "nothing is judged"),
            (lambda: db.history(mirror=tmp_path), "crawlblock sample"),
            (lambda: db.live(contact="a@b.example"), "crawlblock sample"),
            (lambda: db.sample([]), "no host in it can be used"),
            (lambda: db.sample(), "name one of hosts, ranks and crawl"),
            (lambda: db.import_(tmp_path / "none.csv"), r"none\.csv"),
        ):
            with pytest.raises(InputError, match=message):
                ask()
        assert db.analyze().is_file()
        with pytest.raises(InputError, match="nothing to draw"):
            db.chart("coverage")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is not made unless that is asked for, and neither is its folder."""
    path = tmp_path / "folder" / "none.duckdb"
    with pytest.raises(InputError, match=r"no database is there; .*crawlblock\.open\(path, create"):
        crawlblock.open(path)
    assert not path.parent.exists()
    with pytest.raises(InputError, match="a folder; name the file"):
        crawlblock.open(tmp_path)
    (tmp_path / "other.duckdb").write_bytes(b"not a database")
    with crawlblock.open(tmp_path / "other.duckdb") as db, pytest.raises(StoreError, match="other"):
        db.sql("SELECT 1")


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    """A step makes no database anew in place of one that was removed."""
    path = tmp_path / "gone.duckdb"
    db = crawlblock.open(path, create=True)
    path.unlink()
    with pytest.raises(InputError, match="no database is there"):
        db.evaluate()
    assert not path.exists()


def test_create_keeps_what_is_there(made: Path) -> None:
    """`create` opens a database that is there as it is."""
    with crawlblock.open(made, create=True) as db:
        assert db.sql("SELECT count(*) AS n FROM captures")["n"].item() == 60


def test_the_copy_is_for_reading(made: Path) -> None:
    """The copy can be opened and asked; a step wants the database itself."""
    with crawlblock.open(copy_of(made)) as db:
        assert db.access("GPTBot").count() == 60
        with pytest.raises(InputError, match="a copy for readers; open the database itself"):
            db.evaluate()


def test_opened_twice(archive: Path, tmp_path: Path) -> None:
    """Each sees what was published when it first asked, and its own steps at once."""
    path = tmp_path / "twice.duckdb"
    with crawlblock.open(path, create=True) as one, crawlblock.open(path) as other:
        assert one.access().count() == other.access().count() == 0
        one.sample(HOSTS[:3])
        one.history("all", mirror=archive)
        assert one.access("GPTBot").count() == 6
        assert other.access().count() == 0
        with crawlblock.open(path) as third:
            assert third.access("GPTBot").count() == 6
        other.evaluate()
        assert other.access("GPTBot").count() == 6


def test_while_another_process_writes(held: Path) -> None:
    """Questions are answered at once from the copy; a step says that another run is at work."""
    with crawlblock.open(held) as db:
        assert db.access("GPTBot").count() == 60 and db.timeline(HOSTS[0]).height
        with pytest.raises(LockedError, match=r"another (run|process)"):
            db.evaluate()
        assert db.access("GPTBot").count() == 60


def test_in_a_notebook_cell(archive: Path, tmp_path: Path) -> None:
    """Steps work where an event loop runs already."""

    async def cell() -> int:
        with crawlblock.open(tmp_path / "cell.duckdb", create=True) as db:
            db.sample(HOSTS[:2])
            return db.history("all", mirror=archive).captures

    assert asyncio.run(cell()) == 4


def test_an_interrupted_cell(archive: Path, made: Path, tmp_path: Path) -> None:
    """After an interrupt of a cell the same call goes on, and ends in the undisturbed table."""
    path = tmp_path / "stopped.duckdb"
    seen: list[str] = []

    def stop_once(what: str, done: int, _: int) -> None:
        if done and not seen:
            seen.append(what)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)  # until the main thread has heard of it

    async def cell(url: str) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with crawlblock.open(path, progress=stop_once) as db:
            with pytest.raises(KeyboardInterrupt):
                db.history("all", mirror=url, rate=100)
            (result,) = db.sql("SELECT result FROM runs WHERE command = 'history'")["result"]
            assert result == "stopped: KeyboardInterrupt"

    before = signal.getsignal(signal.SIGINT)
    crawlblock.open(path, create=True).sample(HOSTS, name="mine")
    with RangeServer(archive) as server:
        try:
            asyncio.run(cell(server.url))
        finally:
            signal.signal(signal.SIGINT, before)
    with crawlblock.open(path) as db, crawlblock.open(made) as undisturbed:
        assert db.history("all", mirror=archive).finished
        assert db.sql(TABLE).equals(undisturbed.sql(TABLE))
    assert seen


def test_a_budget(archive: Path, tmp_path: Path) -> None:
    """A step that its budget ends says so, and goes on when it is called again."""
    with crawlblock.open(tmp_path / "x.duckdb", create=True) as db:
        db.sample(HOSTS)
        assert not db.history("all", mirror=archive, max_requests=1).finished
        assert db.history("all", mirror=archive).finished
        assert db.access("GPTBot").count() == 60


def test_live(tmp_path: Path) -> None:
    """Hosts are asked now; those of one's own network only where that is said."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "robots.txt").write_text("User-agent: GPTBot\nDisallow: /\n")
    heard: list[str] = []
    with RangeServer(tmp_path / "web") as server:
        host = server.url.removeprefix("http://")
        with crawlblock.open(tmp_path / "x.duckdb", create=True, say=heard.append) as db:
            db.sample([host])
            done = db.live(contact="a@example.org", allow_network=["127.0.0.0/8"])
            assert (done.captures, done.payloads) == (1, 1), done
            assert db.access("GPTBot").pl()["restriction"].to_list() == ["full"]
            with pytest.raises(InputError, match="in Python as contact="):
                db.live(contact=None)
            with pytest.raises(InputError, match=r"allow_network: .*; write one as 10\.1"):
                db.live(contact="a@example.org", allow_network=["here"])


def test_import(tmp_path: Path) -> None:
    """Files of captures are stored, and what was left out is reported."""
    rows = '{"host": "a.example", "fetch_time": "2024-05-06", "status": 200, "body": "x"}\n'
    with gzip.open(tmp_path / "rows.jsonl.gz", "wt") as file:
        file.write(rows)
    (tmp_path / "rows.jsonl").write_text(rows + rows.replace("a.example", "no host"))
    with crawlblock.open(tmp_path / "x.duckdb", create=True) as db:
        done = db.import_(tmp_path / "rows.jsonl")
        assert done.captures == 1 and "no host" in done.problems[0]


def test_samples(tmp_path: Path) -> None:
    """Hosts come from names in Python, from a file or from a ranking."""
    (tmp_path / "list.txt").write_text("example.com\n")
    (tmp_path / "ranks.csv").write_text("".join(f"{n},site-{n}.example\n" for n in range(1, 9)))
    with crawlblock.open(tmp_path / "x.duckdb", create=True) as db:
        assert db.sample(name for name in ["example.org"]).panel == "list"
        assert db.sample(tmp_path / "list.txt").panel == "list-list"
        chosen = db.sample(ranks=tmp_path / "ranks.csv", size=3, seed="x")
        assert len(chosen.hosts) == 3 and chosen.panel == "ranks-ranks"


def test_options_that_do_not_exist(db: crawlblock.Database) -> None:
    """A mistyped option is an error that names the right one."""
    with pytest.raises(TypeError, match=r"history\(\) has no option 'crwals'; did you mean crawls"):
        db.history(crwals=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"has no option 'speed'; it has .*max_runtime"):
        db.history(speed=3)  # type: ignore[call-arg]


def test_errors_are_of_one_kind() -> None:
    """Whatever stops a call is a CrawlblockError."""
    for error in (InputError, StoreError, LockedError):
        assert issubclass(error, crawlblock.CrawlblockError) and CrawlblockError is not error
