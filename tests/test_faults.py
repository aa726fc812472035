"""What servers, disks, clocks and kills do to a history run, and that it is met politely."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from disks import make_read_only, small_disk
from in_process import Ended, run_command
from servers import RangeServer, Said, saying

from crawlblock.demo import Rendered, build
from crawlblock.errors import ArchiveError, LockedError, StoreError, UpstreamError
from crawlblock.model import Crawl, Member
from crawlblock.outcome import Outcome
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.run import Budget, Run
from crawlblock.store.store import Store
from crawlblock.transport import FailedAttempt, HostGate, Limits, PoliteClient, Refusal
from crawlblock.transport.shared_pace import FOLDER

AGENT = "crawlblock/0 (+test@example.org)"
BODY = os.urandom(1000)
FAST = Limits(per_second=1000, in_flight=4, attempts=2, timeout=0.8, retry=0.01, pause=0.01)
CRAWL = Crawl("DEMO-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5))
HOSTS = 12


def answer(
    body: bytes = BODY, status: str = "206 Partial Content", length: object = None, **headers: str
) -> bytes:
    """Return an answer to a request for bytes 0 to 999 of 1000, or with what is wrong about it."""
    fields = {"Content-Length": str(len(body) if length is None else length)}
    if status.startswith("206"):
        fields["Content-Range"] = f"bytes 0-{len(BODY) - 1}/{len(BODY)}"
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{head}\r\n".encode() + body


HEAD = len(answer()) - len(BODY)  # bytes
STAGES = {
    "closed on arrival": Said(listens=False),
    "closed before the answer": Said(),
    "closed in the status line": Said(answer()[:11]),
    "closed in the headers": Said(answer()[: HEAD - 20]),
    "closed after the headers": Said(answer()[:HEAD]),
    "closed in the body": Said(answer()[:-1]),
    "silent on arrival": Said(silent=True),
    "silent in the headers": Said(answer()[: HEAD - 20], silent=True),
    "silent after the headers": Said(answer()[:HEAD], silent=True),
    "silent in the body": Said(answer()[:-1], silent=True),
    "Content-Length too large": Said(answer(length=2000)),
    "Content-Length too small": Said(answer(length=500)),
    "Content-Length that is not a number": Said(answer(length="many")),
    "no Content-Length and half of the body": Said(answer(BODY[:500], length="")),
    "200 for a range": Said(answer(status="200 OK")),
    "Content-Range of other bytes": Said(answer(Content_Range="bytes 1-1000/1001")),
    "Content-Range that is none": Said(answer(Content_Range="everything")),
    "Content-Range of 5,000 digits": Said(answer(Content_Range=f"bytes 0-999/{'9' * 5000}")),
    "206 without Content-Range": Said(answer(Content_Range="")),
    "multipart for a range": Said(answer(Content_Range="", Content_Type="multipart/byteranges")),
    "no HTTP": Said(b"\x00\x01\x02 rubbish\r\n\r\n"),
}


@pytest.mark.fault("archive", "range: {stage}")
@pytest.mark.parametrize("stage", STAGES)
async def test_range_is_asked_for_again(stage: str) -> None:
    """A range that fails at any stage is asked for once more, and is whole or not there."""
    async with PoliteClient(AGENT, FAST) as client:
        async with saying(STAGES[stage], Said(answer())) as (url, asked):
            assert await client.read(url, 0, len(BODY)) == BODY
        assert len(asked) == 1 + STAGES[stage].listens
        assert all(b"\r\nRange: bytes=0-999\r\n" in request for request in asked)
        async with saying(*[STAGES[stage]] * 5) as (url, asked):
            assert isinstance(await client.read(url, 0, len(BODY)), Outcome)
        assert len(asked) == 2 * STAGES[stage].listens


def whole(body: bytes = BODY, length: object = None) -> bytes:
    """Return an answer with the whole object."""
    return answer(body, "200 OK", length, ETag='"one"')


def rest(start: int, etag: str = '"one"') -> bytes:
    """Return an answer with the object from a byte on."""
    content_range = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    return answer(BODY[start:], Content_Range=content_range, ETag=etag)


SAVING = {  # what the server says in transition, and the ranges that it must be asked for
    "save: closed on arrival": ([Said(), Said(whole())], ["", ""]),
    "save: closed after the headers": (
        [Said(whole(b"", len(BODY))), Said(whole())],
        ["", ""],
    ),
    "save: closed in the body": ([Said(whole()[:-600]), Said(rest(400))], ["", "400-"]),
    "save: silent in the body": (
        [Said(whole()[:-600], silent=True), Said(rest(400))],
        ["", "400-"],
    ),
    "save: 200 for the rest": ([Said(whole()[:-600]), Said(whole())], ["", "400-"]),
    "save: ETag changed, seen by If-Range": (
        [Said(answer(b"\0" * 1500, "200 OK", ETag='"zero"')[:-900]), Said(whole())],
        ["", "600-"],
    ),
    "save: ETag changed, If-Range passed over": (
        [Said(whole()[:-600]), Said(rest(400, '"two"')), Said(whole())],
        ["", "400-", ""],
    ),
    "save: the rest of an object of another size": (
        [
            Said(answer(BODY[:999], "200 OK", ETag='"one"')[:-599]),
            Said(rest(400)),
            Said(whole()),
        ],
        ["", "400-", ""],
    ),
    "save: Content-Length too large": (
        [Said(whole(BODY[:400], 1000)), Said(rest(400))],
        ["", "400-"],
    ),
}


@pytest.mark.fault("archive", "{case}")
@pytest.mark.parametrize("case", SAVING)
async def test_file_is_continued_or_begun_again(case: str, tmp_path: Path) -> None:
    """A file whose transfer fails is continued where it is the same object, else fetched anew."""
    said, ranges = SAVING[case]
    patient = Limits(per_second=1000, attempts=3, timeout=0.8, retry=0.01)
    async with saying(*said) as (url, asked), PoliteClient(AGENT, patient) as client:
        assert await client.save(url, tmp_path / "file") is None
    assert (tmp_path / "file").read_bytes() == BODY
    ranges_sent = [
        request.partition(b"Range: bytes=")[2].partition(b"\r\n")[0] for request in asked
    ]
    assert ranges_sent == [part.encode() for part in ranges]
    assert all(
        b"If-Range: " in request for request, part in zip(asked, ranges, strict=True) if part
    )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.fault("archive", "Retry-After by a server whose clock says {year}")
@pytest.mark.parametrize("year", [1970, 1999, 2037, 2199])
async def test_wrong_clock_of_a_server(year: int) -> None:
    """Retry-After as a date is read by the server's own clock, however wrong that is."""
    second = f"Fri, 02 Jan {year} 00:00:0"
    refusal = answer(b"", "503 No", Retry_After=f"{second}1 GMT", Date=f"{second}0 GMT")
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    said = saying(Said(refusal), Said(answer()))
    client = PoliteClient(AGENT, Limits(retry=0.01), clock=lambda: now, sleep=sleep)
    async with said as (url, _), client:
        assert await client.read(url, 0, len(BODY)) == BODY
    assert now == pytest.approx(1)


@pytest.mark.fault("archive", "Retry-After in {year} by a server that tells no time")
@pytest.mark.parametrize("year", [1970, 2199, 9999])
async def test_date_far_away(year: int) -> None:
    """Without the server's clock a date long past asks for nothing, one far ahead ends the run."""
    refusal = answer(b"", "429 No", Retry_After=f"Fri, 02 Jan {year} 00:00:01 GMT")
    said = saying(Said(refusal), Said(answer()))
    async with said as (url, asked), PoliteClient(AGENT, FAST) as client:
        if year == 1970:
            assert await client.read(url, 0, len(BODY)) == BODY
        else:
            with pytest.raises(UpstreamError, match="s of patience"):
                await client.read(url, 0, len(BODY))
    assert len(asked) == 1 + (year == 1970)


@pytest.mark.fault("process", "a clock that leaps {leap} s amid a pause")
@pytest.mark.parametrize("leap", [-7200, 7200])
async def test_clock_leaps(leap: float) -> None:
    """A leap of the gate's clock ends or lengthens a pause once; the rate holds on either side.

    The gate reads the monotonic clock, which no setting of the time moves; this is for machines
    that sleep.
    """
    now, starts = 10_000.0, list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now, leap
        now, leap = now + seconds + leap, 0

    async def once() -> bytes | Refusal | FailedAttempt:
        starts.append(now)
        return Refusal(503, Outcome.SERVER_ERROR) if len(starts) == 1 else BODY

    gate = HostGate("host", Limits(per_second=2), lambda: now, sleep)
    for _ in range(4):
        assert await gate.ask(once) == BODY
    assert len(starts) == 5
    gaps = [after - before for before, after in pairwise(starts[1:])]
    assert gaps == pytest.approx([0.5] * 3)


def captures(text: str) -> Iterator[Rendered]:
    """Return a capture for each host, too far apart for one request."""
    for number in range(HOSTS):
        at = CRAWL.first_capture + timedelta(minutes=number)
        url = f"https://host-{number:02}.example/robots.txt"
        body = f"User-agent: {text}\nDisallow: /{number}\n".encode()
        yield Rendered(CRAWL.crawl, url, at, 200, body)
        yield Rendered(CRAWL.crawl, f"https://x{number}.example/", at, 200, os.urandom(66_000))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of one crawl that takes one request for each host."""
    folder = tmp_path_factory.mktemp("faults") / "archive"
    build(folder, [CRAWL], captures("GPTBot"))
    return folder


def collect(
    database: Path, mirror: str, limits: Limits = FAST, cache: Path | None = None
) -> list[tuple[object, ...]]:
    """Run a history by ZipNum and return its captures."""
    names = [f"host-{number:02}.example" for number in range(HOSTS)]
    members = [Member("p", n, n, None, "all", None, 1.0, at) for at, n in enumerate(names)]
    store = Store(database)
    cache = cache or database.parent / "cache"
    wanted = Wanted(mirror, "test@example.org", "all", "zipnum", limits, cache)
    with store.held():
        asyncio.run(collect_history(Run(store), wanted, members))
        return captured(store)


def captured(store: Store) -> list[tuple[object, ...]]:
    """Return the captures of a database."""
    store.conclusions.settle()
    with store.reading() as con:
        return con.execute("SELECT * FROM captures ORDER BY host").fetchall()


@pytest.mark.fault("archive", "503 with Retry-After amid a run: pause, rate, flight in the log")
@pytest.mark.fault("archive", "429 and 403 without Retry-After amid a run")
def test_server_log_shows_manners(archive: Path, tmp_path: Path) -> None:
    """By the server's log pauses and rate are kept, and only what was refused is asked twice."""
    undisturbed = collect(tmp_path / "a.duckdb", str(archive))
    limits = Limits(per_second=40, in_flight=2, pause=0.4, retry=0.01)
    with RangeServer(archive, seconds=0.03) as server:
        server.fault("warc", [200, ("retry-after", 503, 1), 200, 200, 200, 429, 200, 200, 200, 403])
        server.fault("cdx", ["drop"])
        assert collect(tmp_path / "b.duckdb", server.url, limits) == undisturbed
        log = server.requests
        assert server.most_in_flight <= 2
        assert server.busiest(0.5) <= 40 * 0.5 + 1
    for refused in log:
        if refused.fault not in (200, "drop"):
            pause = 1.0 if isinstance(refused.fault, tuple) else 0.4
            within = [r for r in log if refused.time < r.time < refused.time + pause]
            assert len(within) <= limits.in_flight - 1  # was on its way
    served = [(request.path, request.range) for request in log if request.fault == 200]
    assert len(served) == len(set(served))


@pytest.mark.own_code
@pytest.mark.fault("archive", "a host without a name in DNS: one line, nothing stored")
def test_no_such_name(tmp_path: Path) -> None:
    """Where the archive's name does not resolve, the run says so and stores nothing."""
    with pytest.raises(UpstreamError, match=r"collinfo\.json cannot be downloaded \(dns\)"):
        collect(tmp_path / "db.duckdb", "http://archive.invalid")
    assert captured(Store(tmp_path / "db.duckdb")) == []


@pytest.mark.fault("archive", "half a collinfo.json")
@pytest.mark.parametrize("keep", [0, 0.5, 0.99])
def test_half_a_list_of_crawls(archive: Path, tmp_path: Path, keep: float) -> None:
    """A list of crawls that was half written is named as what it is."""
    copy = tmp_path / "archive"
    copy.mkdir()
    raw = (archive / "collinfo.json").read_bytes()
    (copy / "collinfo.json").write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(ArchiveError, match=r"collinfo\.json cannot be read"):
        collect(tmp_path / "db.duckdb", str(copy))


@pytest.mark.fault("archive", "objects replaced between two ranges of a run")
def test_archive_changes_in_mid_run(archive: Path, tmp_path: Path) -> None:
    """Where a WARC file becomes another one, its records are damaged, and never another's."""
    changed = tmp_path / "archive"
    changed.mkdir()
    subprocess.run(["cp", "-r", f"{archive}/.", str(changed)], check=True)
    for path in changed.rglob("*.warc.gz"):
        path.write_bytes(path.read_bytes()[::-1])
    with RangeServer(changed) as server:
        rows = collect(tmp_path / "db.duckdb", server.url)
        assert {row[8:11] for row in rows} <= {(200, Outcome.DAMAGED, None)}
        asked = [r.range for r in server.requests if "warc" in r.path]
        assert len(asked) == 2 * len(set(asked)) == 2 * HOSTS  # once more, and that is all


@pytest.mark.fault("process", "history: the time is up amid a pause that the archive asked for")
def test_time_is_up_amid_a_pause(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run ends when its time is up, whatever it waits for, and the next one goes on."""
    undisturbed = collect(tmp_path / "a.duckdb", str(archive))
    names = [f"host-{number:02}.example" for number in range(HOSTS)]
    members = [Member("p", n, n, None, "all", None, 1.0, at) for at, n in enumerate(names)]
    path = tmp_path / "b.duckdb"
    limited = Run(Store(path), budget=Budget(2.0))
    with RangeServer(archive) as server:
        server.fault("warc", [200, 200, ("retry-after", 503, 600)])
        wanted = Wanted(server.url, "a@example.org", "all", "zipnum", FAST, tmp_path / "cache")
        asyncio.run(asyncio.wait_for(collect_history(limited, wanted, members), 30))
        assert limited.tally.unfinished
        server.mend()
        monkeypatch.setenv(FOLDER, str(tmp_path / "pace"))  # as if the pause had passed
        assert collect(path, server.url) == undisturbed
        served = [(r.path, r.range) for r in server.requests if r.fault == 200 and "warc" in r.path]
    assert len(served) == len(set(served))


def command(*arguments: object) -> Ended:
    """Run a command to its end."""
    return run_command([*map(str, arguments)])


@pytest.mark.fault("disk", "history: the disk of the cache is full, the database's is not")
def test_full_disk_of_the_cache(archive: Path, tmp_path: Path) -> None:
    """Where ranges cannot be kept the run ends in one line, and goes on once there is room."""
    undisturbed = collect(tmp_path / "a.duckdb", str(archive))
    with RangeServer(archive) as server:
        with small_disk(tmp_path / "disk", "32k") as disk:
            with pytest.raises(
                StoreError, match=r"No space left on device\); free some space"
            ) as raised:
                collect(tmp_path / "b.duckdb", server.url, cache=disk)
            assert "\n" not in str(raised.value)
        assert captured(Store(tmp_path / "b.duckdb")) == []
        assert collect(tmp_path / "b.duckdb", server.url) == undisturbed


@pytest.mark.own_code
@pytest.mark.fault("disk", "a disk that may not be written to: sample, history, analyze")
def test_read_only_disk(archive: Path, tmp_path: Path) -> None:
    """On a read-only disk each command ends in one line, and the database is as it was."""
    (tmp_path / "hosts.txt").write_text("host-00.example\n")
    with small_disk(tmp_path / "disk", "64m") as disk:
        at = ("--db", disk / "db.duckdb")
        assert command("sample", "--list", tmp_path / "hosts.txt", *at).returncode == 0
        make_read_only(disk)
        for arguments in (
            ("sample", "--list", tmp_path / "hosts.txt", *at),
            ("sample", "--list", tmp_path / "hosts.txt", "--db", disk / "new" / "db.duckdb"),
            ("history", "--mirror", archive, "--crawls", "all", *at),
            ("analyze", *at, "--results", tmp_path / "results"),
        ):
            done = command(*arguments)
            assert done.returncode == 1, done
            assert len(done.stderr.strip().splitlines()) == 1, done.stderr
            assert "Traceback" not in done.stderr
        make_read_only(disk, False)
        assert command("history", "--mirror", archive, "--crawls", "all", *at).returncode == 0


HOLD = """
import pathlib, sys, time
from crawlblock.store.store import Store
with Store(pathlib.Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.fault("process", "a lock left by a killed run")
def test_lock_of_a_killed_run(tmp_path: Path) -> None:
    """The lock of a run that was killed holds nobody up, though its file is still there."""
    path = tmp_path / "db.duckdb"
    store = Store(path)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(LockedError, match="another run is at work"), store.held():
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=30)
    assert (tmp_path / "db.duckdb.lock").exists()
    with store.held():
        pass


RUBBISH = (
    "site-{}.example",
    "https://www.shop-{}.co.uk/path?x#y",
    "bücher-{}.de",
    "{},rank-{}.com,extra",
    "<html><body>",
    "\x1b[2J\x07\x00 {}",
    "a" * 300 + ".com",
    "",
    "# {}",
    "10.0.0.300",
    "twice.example",
    "..",
)


@pytest.mark.fault("input", "a panel of rubbish lines")
def test_panel_of_rubbish(tmp_path: Path) -> None:
    """Of a list with rubbish the hosts are taken, the rest is counted and five of it are shown."""
    lines = [RUBBISH[n % len(RUBBISH)].replace("{}", str(n)) for n in range(3_600)]
    rubbish = b"\xff\xfe\x00\n" + b"x" * 1_000_000 + b"\n"
    (tmp_path / "list.txt").write_bytes("\n".join([*lines, ""]).encode() + rubbish)
    done = command("sample", "--list", tmp_path / "list.txt", "--db", tmp_path / "db.duckdb")
    assert done.returncode == 0
    messages = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in messages[:4]] == [
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert messages[-2].startswith("... and ")
    assert "panel list-list: 901 domains (901 new)" in messages[-1]
    assert max(map(len, messages)) < 160
