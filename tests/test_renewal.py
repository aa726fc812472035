"""Databases of earlier versions: renewed with all they hold, and the old file stays."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from earlier import (
    AT,
    CENSUS_TEXT,
    COLUMNS,
    EMPTY,
    PAGE,
    RULES,
    Row,
    as_today,
    asked_live,
    census_database,
    panel_database,
)
from forked import Runs

from crawlblock.errors import LockedError, StoreError
from crawlblock.model import Capture
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.live import recover
from crawlblock.pipeline.run import Run
from crawlblock.store.renewal import renew
from crawlblock.store.store import Store
from crawlblock.warc.http import digest
from crawlblock.warc.writer import Exchange, append_exchange, append_info

KILLS = int(os.environ.get("CRAWLBLOCK_KILLS", "5"))  # 50 in `make test-faults`
LAYOUTS = Path(__file__).parent / "layouts"
IMPORTS = "from pathlib import Path; from crawlblock.store.store import Store"
OPEN = IMPORTS + "; Store(Path({!r}))"


def asked(path: Path, query: str) -> list[Row]:
    """Return what a question to today's database returns, in a fixed order."""
    with Store(path).reading() as con:
        return con.execute(f"{query} ORDER BY ALL").fetchall()


def captures(path: Path) -> list[Row]:
    """Return the captures with the columns that earlier versions had."""
    return asked(path, f"SELECT {', '.join(COLUMNS)} FROM captures")


def in_order(rows: list[Row]) -> list[Row]:
    """Return rows as DuckDB orders them: an absent value comes last."""
    return sorted(rows, key=lambda row: [(each is None, each or 0) for each in row])


def old_captures(path: Path) -> list[Row]:
    """Return the captures of a database of an earlier layout."""
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute("FROM captures ORDER BY ALL").fetchall()


@pytest.mark.parametrize("layout", [1, 2, 3])
def test_a_panel(tmp_path: Path, layout: int) -> None:
    """Every capture comes back as it was, whatever its outcome, also when it is judged anew."""
    path = tmp_path / "it's.duckdb"
    rows = in_order(panel_database(path, layout))
    assert captures(path) == in_order(as_today(rows))
    assert old_captures(path.with_name(f"{path.name}.layout{layout}")) == rows
    assert {each.name for each in tmp_path.iterdir()} == {
        path.name, f"{path.name}.layout{layout}", f"{path.name}.lock",
    }  # fmt: skip
    evaluate(Run(Store(path)))
    assert captures(path) == in_order(as_today(rows))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that was renewed and judged."""
    path = tmp_path_factory.mktemp("judged") / "today.duckdb"
    panel_database(path)
    evaluate(Run(Store(path)))
    return path


@pytest.mark.parametrize("layout", [4, 5])
def test_other_words_and_columns(judged: Path, tmp_path: Path, layout: int) -> None:
    """Layouts 4 and 5 lack names, columns, a table: every row comes back, views are made anew."""
    path, before = tmp_path / "today.duckdb", tmp_path / "before.duckdb"
    path.write_bytes(judged.read_bytes())
    with duckdb.connect(str(before)) as con:
        con.execute((LAYOUTS / f"{layout}.sql").read_text("utf-8"))
        profiles = "http_readings" if layout == 4 else "http_profiles"
        con.execute(f"DELETE FROM {profiles}")
        con.execute(f"ATTACH '{path}' AS today (READ_ONLY)")
        for schema, table in tables(con, "today"):
            here = f"main.{profiles}" if table == "http_profiles" else f"{schema}.{table}"
            if table not in (
                "schema_version",
                "panel_columns",
                "ineffective_lines",
                "header_signals",
                "removed_snapshots",
                "text_rules",
                "extra_files",
                "counting_files",
                "frames",
            ):
                kept = columns(con, f"{schema}.{table}")
                con.execute(f"INSERT INTO {here} SELECT {kept} FROM today.{schema}.{table}")
        if layout == 4:
            con.execute("UPDATE conclusions.signals SET wish = 'refuse' WHERE wish = 'disallow'")
        con.execute("DETACH today")
    Store(before)
    with duckdb.connect(str(before)) as con:
        con.execute(f"ATTACH '{path}' AS today (READ_ONLY)")
        names = tables(con, "today")
        assert names == tables(con, "before")
        for schema, table in names:
            compared = columns(con, f"{schema}.{table}")
            found = [
                con.execute(
                    f"SELECT {compared} FROM {name}.{schema}.{table} ORDER BY ALL"
                ).fetchall()
                for name in ("today", "before")
            ]
            assert found[0] == found[1] or table in ("ineffective_lines", "text_rules"), table
        assert con.execute("SELECT count(*) FROM conclusions.signals").fetchone() != (0,)
        old = "SELECT 1 FROM duckdb_functions() WHERE function_name IN ('silence', 'read_as')"
        assert con.execute(old).fetchall() == []
    assert (tmp_path / f"before.duckdb.layout{layout}").exists()
    assert captures(before) == captures(path)
    assert asked(before, "FROM ineffective_lines") == []
    evaluate(Run(Store(before)))
    for view in (
        "breaks", "ineffective_lines", "signals", "verdicts", "conclusions.text_rules",
    ):  # fmt: skip
        assert asked(before, f"FROM {view}") == asked(path, f"FROM {view}"), view


LATER = {
    "judgements": 4,
    "breaks": 2,
    "verdicts": 3,
    "crawlers": 9,
    "outcomes": 1,
}  # columns added at their ends since layouts 4 and 5


def columns(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return the columns of a table of today's that earlier layouts have."""
    names = [str(name) for name, *_ in con.execute(f"DESCRIBE today.{table}").fetchall()]
    return ", ".join(names[: len(names) - LATER.get(table.partition(".")[2], 0)])


def tables(con: duckdb.DuckDBPyConnection, database: str) -> list[Row]:
    """Return schema and name of all tables of a database."""
    return con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL",
        [database],
    ).fetchall()


def test_what_else_a_panel_has(tmp_path: Path) -> None:
    """Payloads, verdicts, signals, the panel and the runs come back as they were."""
    path = tmp_path / "db.duckdb"
    panel_database(path)
    with duckdb.connect(str(path), read_only=True) as con:
        tables = (
            "snapshots", "payloads", "verdicts", "signals", "templates", "breaks", "panels",
            "panel", "weights", "ranks", "accepted", "runs",
        )  # fmt: skip
        before = {table: con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables}
    store = Store(path)
    for table in tables:
        added = {"verdicts": "matched_token, strict, strict_root_allowed",
                 "breaks": "last_crawl, affects"}  # fmt: skip
        rest = f"SELECT * EXCLUDE ({added[table]}) FROM" if table in added else "FROM"
        with store.reading() as con:
            found = con.execute(f"{rest} {table} ORDER BY ALL").fetchall()
        assert before[table] == found, table
    assert asked(path, "SELECT policy FROM policies") == [("p1",), ("p2",)]
    assert asked(path, "SELECT token, operator, ai FROM crawlers") == [
        ("*", None, False),
        ("GPTBot", "OpenAI", True),
    ]
    bodies = {digest(body): body for body in (RULES, EMPTY, PAGE)}
    assert store.facts.texts_of(bodies) == bodies
    assert store.conclusions.pending() == 3  # nobody knows by which rules they were judged


def test_reasons_and_fallbacks(tmp_path: Path) -> None:
    """Why there was no answer is a reason now, and the host asked in place of another is a fact."""
    path = tmp_path / "db.duckdb"
    panel_database(path)
    wanted = "SELECT reason FROM captures WHERE outcome = 'dns'"
    assert asked(path, wanted) == [("dns: in words",)]
    query = (
        "SELECT h.host, b.host FROM facts.asked a JOIN facts.hosts h ON h.id = a.host "
        "JOIN facts.hosts b ON b.id = a.fallback"
    )
    numbers = (0, 3, 6, 9)
    assert asked(path, query) == [(f"h{n:02}.org", f"www.h{n:02}.org") for n in numbers]


def test_what_could_not_be_read_is_read_again(tmp_path: Path) -> None:
    """Records that the version before could not read are wanted of a crawl once more."""
    path = tmp_path / "db.duckdb"
    panel_database(path)
    assert Store(path).conclusions.to_fetch() == {"CC-MAIN-2025-33": {"h04.org", "192.0.2.1"}}


def test_a_census(tmp_path: Path) -> None:
    """A census comes back: its captures, the plan, the shards, and how its hosts were counted."""
    path = tmp_path / "db.duckdb"
    rows = in_order(census_database(path))
    with duckdb.connect(str(path), read_only=True) as con:
        counted = con.execute("FROM census ORDER BY ALL").fetchall()
    crawl = "CC-MAIN-2025-33"
    assert captures(path) == rows
    assert asked(path, "FROM scans") == [(crawl, "seed", 0.5, 1, 2, 1, 1)]
    assert asked(path, "SELECT shard, captures, bytes, faults FROM facts.scanned_shards") == [
        ("s1", 5, 77777, 1)
    ]
    census = (
        "SELECT c.* REPLACE (t.name AS text) FROM census c LEFT JOIN facts.texts t ON t.id = text"
    )
    assert asked(path, census) == counted
    ((body, is_text),) = asked(path, "SELECT body, is_text FROM bodies")
    assert isinstance(body, bytes)
    assert (zlib.decompress(body), is_text) == (CENSUS_TEXT, True)
    assert asked(path, "SELECT snapshot, value FROM signals, snapshots") == [(crawl, "ai-train=no")]
    assert asked(path, "SELECT count(*) FROM fetches") == [(5,)]
    evaluate(Run(Store(path)))
    assert captures(path) == rows
    assert [row[:-4] for row in asked(path, census)] == [row[:-4] for row in counted]


def test_a_damaged_file(tmp_path: Path) -> None:
    """A file that cannot be read to its end is named, and stays as it is."""
    path = tmp_path / "db.duckdb"
    panel_database(path)
    raw = bytearray(path.read_bytes())
    for place in range(0x3000, len(raw), 0x4000):  # the first blocks say where the others are
        raw[place : place + 64] = random.Random(place).randbytes(64)
    path.write_bytes(raw)
    with pytest.raises(StoreError, match=r"db\.duckdb"):
        Store(path)
    assert path.read_bytes() == raw
    assert not list(tmp_path.glob("*.layout3"))


def test_a_file_in_use(tmp_path: Path) -> None:
    """A file that another process has open is not renewed; one that a run holds is not either."""
    path = tmp_path / "db.duckdb"
    rows = in_order(panel_database(path))
    code = (
        "import duckdb, sys\n"
        f"con = duckdb.connect({str(path)!r}, read_only=True)\n"
        "print('open', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout and reader.stdin and reader.stdout.readline()
        with pytest.raises(LockedError, match="another process has it open"):
            Store(path)
        reader.stdin.close()
    assert old_captures(path) == rows
    assert captures(path) == in_order(as_today(rows))


@pytest.mark.own_code
@pytest.mark.fault("process", f"renewal of an earlier layout: kill -9 at {KILLS + 1} moments")
def test_killed(tmp_path: Path) -> None:
    """A renewal that is killed at any moment leaves the old file or the new one, both whole."""
    first = tmp_path / "first.duckdb"
    rows = in_order(panel_database(first))
    path = tmp_path / "db.duckdb"
    aside = path.with_name(f"{path.name}.renewing")
    halfway = 0
    with Runs(IMPORTS, "Store(Path(line))") as renewing:
        for number in range(KILLS + 1):
            path.write_bytes(first.read_bytes())
            renewing.start(str(path))
            while not renewing.ended(0.001) and not aside.exists():
                pass
            time.sleep(0.2 * number / KILLS)
            renewing.kill()
            assert renewing.result() in (0, -signal.SIGKILL)
            halfway += aside.exists()
            with duckdb.connect(str(path), read_only=True) as con:
                layouts = con.execute("FROM schema_version").fetchall()
            assert layouts in ([(3,)], [(6,)])
            assert captures(path) == in_order(as_today(rows))
            assert not aside.exists()
            path.unlink()
            path.with_name(f"{path.name}.layout3").unlink()
    assert halfway > KILLS // 4


def test_two_renew_at_once(tmp_path: Path) -> None:
    """Of two processes that open an old file one renews it; the other waits or gives up."""
    path = tmp_path / "db.duckdb"
    rows = in_order(panel_database(path))
    command = [sys.executable, "-c", OPEN.format(str(path))]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate(timeout=120)[1] for each in both]
    assert 0 in {each.returncode for each in both}, said
    assert all("LockedError" in each for each in said if each)
    assert captures(path) == in_order(as_today(rows))


def test_looked_at_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renewal that finds the file opened by a process that looks at its layout waits for it."""
    path = tmp_path / "db.duckdb"
    rows = in_order(panel_database(path))
    looking = [path]

    def disturbed(file: Path) -> None:
        if looking:
            looking.pop()
            raise duckdb.IOException("IO Error: Could not set lock on file: it is held")
        renew(file)

    monkeypatch.setattr("crawlblock.store.database.renew", disturbed)
    assert captures(path) == in_order(as_today(rows))
    assert not looking


def _noted(row: Row) -> bytes:
    """Return a line of a journal as the version before wrote it."""
    text = json.dumps(dict(zip(COLUMNS, row, strict=True)), default=datetime.isoformat).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def test_a_journal(tmp_path: Path) -> None:
    """What a killed run of the version before noted is stored, but for a line that is cut."""
    assert {field.name for field in fields(Capture)} == {*COLUMNS, "reason", "stated_time"}
    rows = [row for row in asked_live() if row[12] is None]  # without records
    name = "live-2026-11-21"
    exchange = Exchange(
        url="https://new.org/robots.txt", fetch_time=AT, address="192.0.2.1",
        request_headers=(), status=200, reason="OK",
        headers=(("Content-Length", str(len(RULES))),), payload=RULES, detected="text/plain",
    )  # fmt: skip
    with (tmp_path / "live.warc.gz").open("wb") as file:
        info = append_info(file, "live.warc.gz", AT, {})
        offset, length = append_exchange(file, info, exchange)
    rows.append(
        (name, "new.org", "/robots.txt", "new.org", "http://new.org/robots.txt",
         exchange.url, 1, AT, 200, "ok", digest(RULES), None, "live.warc.gz", offset, length)
    )  # fmt: skip
    path = tmp_path / "db.duckdb"
    store = Store(path)
    lines = [*map(_noted, rows), _noted(rows[0]).replace(b"h00", b"bad"), _noted(rows[0])[:40]]
    journal = tmp_path / f"{path.name}.live-00000.journal"
    journal.write_bytes(b"".join(lines))
    assert recover(store) == len({(row[1], row[2]) for row in rows})
    evaluate(Run(store))
    assert captures(path) == in_order(as_today(rows))
    assert store.facts.texts_of([digest(RULES)]) == {digest(RULES): RULES}
    assert not journal.exists()


def test_tables_that_layout_6_was_given_later(judged: Path, tmp_path: Path) -> None:
    """A database of layout 6 that was made before they existed gets them, and loses nothing."""
    path, before = tmp_path / "today.duckdb", tmp_path / "before.duckdb"
    for copy in (path, before):
        copy.write_bytes(judged.read_bytes())
    with duckdb.connect(str(before)) as con:
        views = con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        macros = con.execute(
            "SELECT DISTINCT function_name, function_type FROM duckdb_functions() "
            "WHERE NOT internal AND function_type LIKE '%macro'"
        ).fetchall()
        for (name,) in views:
            con.execute(f"DROP VIEW IF EXISTS {name}")
        for name, kind in macros:
            con.execute(f"DROP MACRO {'TABLE ' if kind == 'table_macro' else ''}{name}")
        for table in ("conclusions.header_signals", "conclusions.text_rules", "frames"):
            con.execute(f"DROP TABLE {table}")
        con.execute("DROP TABLE extra_files")
        con.execute("ALTER TABLE crawlers DROP web_archive")
        con.execute("ALTER TABLE crawlers DROP national_library")
        con.execute("ALTER TABLE outcomes DROP refused")
    assert captures(before) == captures(path)
    evaluate(Run(Store(before)))
    for view in ("verdicts", "signals", "crawlers", "outcomes"):
        assert asked(before, f"FROM {view}") == asked(path, f"FROM {view}"), view
