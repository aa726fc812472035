"""Signals and closed pipes: every command ends in one line with the documented exit code."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from archives import small
from servers import RangeServer
from shells import called

from crawlblock.errors import StoreError
from crawlblock.stopping import caused_by_stop, stoppable, undisturbed
from crawlblock.store.faults import explained
from crawlblock.store.query import ask

pytestmark = pytest.mark.own_code

STOPPED = "crawlblock: stopped; what was stored stays, run the same command to continue"
SIGNALS = [
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, 0))
]
ENDLESS = "SELECT count(*) FROM range(100000000000) r WHERE hash(range) = 1"  # one task, no end


def begun(*arguments: object, **streams: int) -> subprocess.Popen[str]:
    """Begin a command."""
    command = [sys.executable, "-m", "crawlblock", *map(str, arguments)]
    out, errors = (streams.get(name, subprocess.PIPE) for name in ("stdout", "stderr"))
    return subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=out, stderr=errors)


def stopped(process: subprocess.Popen[str], number: int, at: Callable[[], bool]) -> list[str]:
    """Send a signal when it is time; return what the command says, with 130 unless killed."""
    until = time.monotonic() + 60
    while not at():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(number)
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode in (130, -9), errors
    return errors.strip().splitlines()


@pytest.fixture(scope="module")
def db(outset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a panel."""
    path = tmp_path_factory.mktemp("signals") / "db.duckdb"
    called("sample", "--db", path, "--list", outset / "domains.csv")
    return path


@pytest.fixture
def slow(outset: Path) -> Iterator[RangeServer]:
    """Return an archive that answers nothing but the list of crawls."""
    with RangeServer(outset / "build" / "demo") as server:
        server.fault("crawl-data|cc-index", ["stall"] * 1000)
        yield server


@pytest.mark.fault("process", "history, amid a request: {number}")
@pytest.mark.parametrize("number", SIGNALS)
def test_history(db: Path, slow: RangeServer, number: int) -> None:
    """A run that waits for a server says what became of it."""
    process = begun("history", "--db", db, "--mirror", slow.url)
    assert stopped(process, number, lambda: slow.in_flight > 0) == [STOPPED]


@pytest.mark.fault("process", "a first sample, before there is a panel: {number}")
@pytest.mark.parametrize("number", [*SIGNALS[:2], *([signal.SIGKILL] if SIGNALS[2:] else [])])
def test_first_command(tmp_path: Path, number: int) -> None:
    """A first command that is stopped, or killed, before it has stored anything makes no database.

    What a killed one leaves aside is removed by the next.
    """
    db = tmp_path / "data" / "x.duckdb"
    with RangeServer(tmp_path) as server:
        server.fault("graphinfo", ["stall"] * 10)
        process = begun("sample", "--db", db, "--ranks", "webgraph", "--mirror", server.url)
        said = stopped(process, number, lambda: server.in_flight > 0)
    assert said == ([] if process.returncode < 0 else [STOPPED])
    assert not db.exists()
    (tmp_path / "list").write_text("a.example\n")
    called("sample", "--db", db, "--list", tmp_path / "list")
    found = {path.name for path in db.parent.iterdir()} - {f"{db.name}.lock"}
    assert found == {"x.duckdb", "x.snapshot.duckdb"}


@pytest.mark.fault("process", "scan run with two workers: {number}")
@pytest.mark.parametrize("number", SIGNALS)
def test_scan_with_workers(outset: Path, slow: RangeServer, tmp_path: Path, number: int) -> None:
    """A scan says so, too, and leaves no worker behind: that would hold stderr open."""
    called("scan", "plan", tmp_path / "s", "--mirror", outset / "build" / "demo", "--crawls", "all")
    plan = tmp_path / "s" / "plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_text("utf-8")) | {"mirror": slow.url}))
    process = begun("scan", "run", tmp_path / "s", "--processes", 2, "--rate", 100)
    assert stopped(process, number, lambda: slow.in_flight == 2) == [STOPPED]


@pytest.mark.fault("process", "sql, amid a query: {number}")
@pytest.mark.parametrize("number", SIGNALS)
def test_query(db: Path, number: int) -> None:
    """A query of one's own ends at once, whichever thread of the database is at it."""
    process = begun("sql", ENDLESS, "--db", db)
    opened = Path(f"/proc/{process.pid}/fd")
    if not opened.is_dir():
        process.kill()
        pytest.skip("this system does not tell which files a process has open")

    def runs() -> bool:
        for file in opened.iterdir():
            with contextlib.suppress(FileNotFoundError):  # it was closed since it was listed
                if file.readlink().suffix == ".duckdb":
                    return True
        return False

    assert stopped(process, number, runs) == [STOPPED]


@pytest.mark.fault("process", "sql, while its thread starts: {number}")
@pytest.mark.parametrize("number", SIGNALS)
def test_query_that_starts(db: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A signal ends a query whose thread has just begun; a second one does not leave it behind."""
    begin = getattr(threading.Thread, "_bootstrap_inner")  # noqa: B009  # it is private
    main = threading.get_ident()

    def slowly(thread: threading.Thread) -> None:
        if thread.name == "query":
            for each in (number, signal.SIGINT):
                signal.pthread_kill(main, each)
            time.sleep(0.2)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "_bootstrap_inner", slowly)
    with pytest.raises(KeyboardInterrupt), stoppable():
        ask(db, ENDLESS)
    assert "query" not in {thread.name for thread in threading.enumerate()}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return facts of a few crawls, of which an archive is made in some seconds."""
    crawls = ["DEMO-2023-23", "DEMO-2023-40", "DEMO-2024-30"]
    return small(tmp_path_factory.mktemp("facts") / "facts", 5_000, crawls)


@pytest.mark.fault("process", "demo and a command that reads stdin: {number}")
@pytest.mark.parametrize("number", SIGNALS)
def test_other_commands(facts: Path, tmp_path: Path, number: int) -> None:
    """So do commands that neither ask a server nor hold a database."""
    process = begun("demo", facts, tmp_path / "archive")
    assert stopped(process, number, lambda: any(tmp_path.glob(".archive.*/new/*"))) == [STOPPED]
    assert not any(tmp_path.iterdir())


def test_a_signal_waits_for_what_would_drop_it() -> None:
    """A signal that comes while DuckDB imports its types ends the run after that, not never."""
    done = False
    with pytest.raises(KeyboardInterrupt), stoppable(), undisturbed():
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        done = True
    assert done


class _Collected:
    """A value that gets a signal while it is destroyed, where Python drops each exception."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        signal.raise_signal(self.number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_was_dropped_comes_again(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signal whose exception is dropped ends the run a moment later, and nothing is printed."""
    with pytest.raises(KeyboardInterrupt), stoppable():
        _Collected(number)
        time.sleep(60)
    assert capsys.readouterr() == ("", "")


def test_a_signal_that_comes_again_too_soon(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signal that comes again before the first was dealt with, as on a busy machine, counts."""
    start = threading.Timer.start
    waits = [0.2, 0.2]

    def slow_start(timer: threading.Timer) -> None:
        start(timer)
        time.sleep(waits.pop() if waits else 0)

    monkeypatch.setattr(threading.Timer, "start", slow_start)
    with pytest.raises(KeyboardInterrupt), stoppable():
        _Collected(signal.SIGTERM)
        time.sleep(60)
    assert not waits
    assert capsys.readouterr() == ("", "")


def test_a_signal_in_a_block_that_fails() -> None:
    """A signal that waits for the end of a block is not lost if the block raises."""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stoppable(), undisturbed():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    "text",
    [
        "INTERRUPT Error: Query interrupted",
        "INTERRUPT Error: Interrupted!",
        "Invalid Input Error: Required module 'uuid' failed to import, due to the following Python "
        "exception:\nKeyboardInterrupt: \n\nAt:\n  uuid.py(1)",
    ],
)
def test_what_duckdb_makes_of_a_stop(text: str) -> None:
    """Errors of DuckDB that a stop caused are recognised, also after they are explained."""
    assert caused_by_stop(duckdb.Error(text))
    assert not caused_by_stop(duckdb.Error("Required module 'uuid' failed to import"))
    assert not caused_by_stop(duckdb.Error('Binder Error: column "interrupted" not found'))
    with pytest.raises(StoreError) as failed:
        try:
            raise duckdb.Error(text)
        except duckdb.Error as error:
            raise explained(Path("a.duckdb"), error) from None
    assert caused_by_stop(failed.value)


def test_what_nohup_ignores_stays_ignored(tmp_path: Path) -> None:
    """A command under nohup goes on when its terminal is closed."""
    if not hasattr(signal, "SIGHUP"):
        pytest.skip("this system has no such signal")
    ask = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); from crawlblock.cli"
    end = "import main; main(['sql', '-', '--db', 'none'])"
    code = f"{ask} {end}"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(1)
    process.send_signal(signal.SIGHUP)
    _, errors = process.communicate("SELECT 1", timeout=60)
    assert process.returncode == 2 and "no database is there" in errors


PRINTING: list[Sequence[object]] = [
    ["--help"], ["sql", "FROM range(100000)"], ["sql", "SELECT 1"], ["status"], ["discover"],
    ["check", "-"],
]  # fmt: skip


@pytest.mark.fault("process", "{command}: the reader of its output is gone")
@pytest.mark.parametrize("command", PRINTING, ids=lambda command: " ".join(command))
def test_nobody_reads_the_output(db: Path, command: Sequence[object]) -> None:
    """Where `head` has enough, a command ends well and says nothing."""
    more = [] if command[0] in ("--help", "check") else ["--db", db]
    gone, ours = os.pipe()
    os.close(gone)
    process = begun(*command, *more, stdout=ours)
    os.close(ours)
    _, errors = process.communicate("User-agent: *\nDisallow: /\n", timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_nobody_reads_the_messages(db: Path) -> None:
    """Where stderr is closed as well, the exit code says what the line would have said."""
    gone, ours = os.pipe()
    os.close(gone)
    with begun("sql", "SELECT", "--db", db, stdout=ours, stderr=ours) as process:
        os.close(ours)
        assert process.wait(60) == 2
