"""The five ways to read an archive, each through the command line, and what it stored."""

import io
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb

from crawlblock.cli import main
from crawlblock.hosts import other_name, registered_domain, surt
from crawlblock.model import Member
from crawlblock.store.store import Store
from worlds.archive import CRAWL, Row, files_of, write_archive
from worlds.cases import Case, Record, Seen, moment
from worlds.records import digest

_PARTIAL = 3  # exit code: something could not be read
# What is kept without its payload is a stored fetch, though it is reported, too.
_LOST = re.compile(
    r"^\S+\.w?arc\S*?(?: at [\d,]+:|: ([\d,]+) left out,(?! kept without its payload))",
    re.MULTILINE,
)
_MORE = re.compile(r"and ([\d,]+) more that could not be read")
_SEEN = """
    SELECT c.host, c.fetch_time, c.outcome, c.status, c.digest,
           max((a.restriction, a.basis, a.root_allowed)) FILTER (a.token = 'GPTBot'),
           max((a.restriction, a.basis, a.root_allowed)) FILTER (a.token = '*')
    FROM captures c JOIN access a ON a.snapshot = c.snapshot AND a.host = c.host
    WHERE c.resource = '/robots.txt' AND a.token IN ('GPTBot', '*')
    GROUP BY ALL
"""

Answer = dict[str, object]
Answers = dict[str, list[Answer]]  # by host


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The archive of all cases, and the hosts that they name."""

    folder: Path
    cases: Sequence[Case]

    @property
    def mirror(self) -> Path:
        """Return where the archive is."""
        return self.folder / "archive"

    def hosts(self) -> list[str]:
        """Return every host that a case names."""
        return [host for case in self.cases for host in case.hosts()]

    def answers(self) -> int:
        """Return how many answers the files hold, revisits among them."""
        return sum(isinstance(r, Record) for case in self.cases for r in case.written())


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a path stored, and what it said of the places that it could not read."""

    database: Path
    answers: Answers
    reported: int


@contextmanager
def opened(folder: Path, cases: Sequence[Case]) -> Iterator[World]:
    """Write the archive of some cases and serve its index by a CDX server on loopback."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        (folder / "archive").mkdir()
        server.add(write_archive(folder / "archive", cases, f"{server.url}/{CRAWL}-index"))
        yield World(folder=folder, cases=cases)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Server(ThreadingHTTPServer):
    """A CDX server of one crawl that answers exact look-ups as Common Crawl's does."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Lookup)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lines: dict[str, list[bytes]] = {}

    def add(self, rows: Sequence[Row]) -> None:
        """Add lines of the index, which are in its order."""
        for row in rows:
            start = {"urlkey": row.key, "timestamp": f"{row.time:%Y%m%d%H%M%S}"}
            line = json.dumps({**start, **row.fields()}).encode() + b"\n"
            self.lines.setdefault(row.key, []).append(line)


class _Lookup(BaseHTTPRequestHandler):
    """One look-up."""

    server: _Server

    def do_GET(self) -> None:
        """Answer with the lines of a URL's key."""
        (url,) = parse_qs(urlsplit(self.path).query)["url"]
        found = self.server.lines.get(surt(url), [])
        none = json.dumps({"message": f"No Captures found for: {url}"}).encode()
        body = b"".join(found) or none
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/x-ndjson" if found else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def run(*arguments: object, ends: Sequence[int] = (0,)) -> None:
    """Run a command to its end."""
    code: object = None
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        code = stopped.code
    assert code in ends, f"crawlblock {' '.join(map(str, arguments[:3]))} ended with {code}"


def history(world: World, name: str, *how: object) -> Path:
    """Collect the history of all hosts into a database.

    The panel is stored as it is: a list leaves out ports, and counts a site once.
    """
    db = world.folder / f"{name}.duckdb"
    members = [
        Member(name, host, host, _www(host), "list", None, 1.0, place)
        for place, host in enumerate(world.hosts())
    ]
    Store(db).facts.add_panel(name, "all cases", None, datetime(2026, 11, 1), members)
    run("history", "--db", db, "--mirror", world.mirror, "--crawls", "all", *how)
    return db


def _www(host: str) -> str | None:
    """Return the host that stands in for a registered domain; the cases expect no others."""
    return other_name(host) if registered_domain(host) == host else None


def by_zipnum(world: World) -> Read:
    """Read by history over the ZipNum index."""
    return _read(history(world, "zipnum", "--lookup", "zipnum"))


def by_columnar(world: World) -> Read:
    """Read by history over the columnar index."""
    return _read(history(world, "columnar", "--lookup", "columnar"))


def by_cdx_api(world: World) -> Read:
    """Read by history over the CDX server, which is of this machine and may be asked quickly."""
    how = ("--cdx-api", "--contact", "tests@example.org", "--rate", 10_000, "--in-flight", 8)
    return _read(history(world, "cdx-api", *how))


def by_import(world: World) -> Read:
    """Read by import: all files at once."""
    db = world.folder / "import.duckdb"
    files = [world.mirror / key for key in files_of(world.cases)]
    with redirect_stderr(io.StringIO()) as said:
        run("import", *files, "--db", db, ends=(0, _PARTIAL))
    return _read(db, said.getvalue())


def by_scan(world: World) -> Read:
    """Read by scan: planned, run and merged into a census."""
    folder, db = world.folder / "scan", world.folder / "census.duckdb"
    with redirect_stderr(io.StringIO()) as said:
        run("scan", "plan", folder, "--mirror", world.mirror, "--crawls", "all")
        run("scan", "run", folder, ends=(0, _PARTIAL))
        run("scan", "merge", folder, "--db", db)
    return _read(db, said.getvalue())


class Reads:
    """What each path reads; a path runs once, also one that fails."""

    def __init__(self, world: World) -> None:
        """Take the archive."""
        self._world = world
        self._done: dict[str, Read | AssertionError] = {}

    def __call__(self, path: str) -> Read:
        """Return what a path has read."""
        if path not in self._done:
            try:
                self._done[path] = PATHS[path](self._world)
            except AssertionError as error:
                self._done[path] = error
        done = self._done[path]
        if isinstance(done, AssertionError):
            raise done
        return done


PATHS = {
    "history-zipnum": by_zipnum,
    "history-columnar": by_columnar,
    "history-cdx-api": by_cdx_api,
    "import": by_import,
    "scan": by_scan,
}


def _read(database: Path, said: str = "") -> Read:
    answers: Answers = {}
    with duckdb.connect(str(database), read_only=True) as con:
        for host, *values in con.execute(_SEEN).fetchall():
            answers.setdefault(host, []).append(_answer(*values))
    return Read(database=database, answers=answers, reported=_reported(said))


def _answer(
    time: datetime | None, outcome: str, status: int | None, name: str | None, *verdicts: object
) -> Answer:
    return {
        "time": time and time.replace(microsecond=0),
        "outcome": outcome,
        "status": status,
        "digest": name,
        "GPTBot": verdicts[0],
        "*": verdicts[1],
    }


def _reported(said: str) -> int:
    """Return how many places and records the commands said that they could not read or use."""
    counts = [int((number or "1").replace(",", "")) for number in _LOST.findall(said)]
    return sum(counts) + sum(int(more.replace(",", "")) for more in _MORE.findall(said))


def answer_of(seen: Seen | None, path: str) -> list[Answer]:
    """Return what a path must have stored of a host, as it is read from the database."""
    if seen is None and not path.startswith("history"):
        return []
    seen = seen or Seen(at=None, outcome="not_captured", status=None)
    named = None if seen.payload is None else f"sha1:{digest(seen.payload)}"
    time = moment(seen.at) if seen.at else None
    return [_answer(time, seen.outcome, seen.status, named, seen.gptbot, seen.star)]
