"""Unattended runs: what cron and systemd start, day after day, from the panel to the page."""

import asyncio
import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from in_process import Ended, run_command
from live.servers import LOOPBACK, ROBOTS, TestResolver, WebServer, answer, sending, web_server
from servers import RangeServer
from sharing import copy_of_made

from crawlblock.demo import Rendered, build
from crawlblock.errors import InputError, UpstreamError
from crawlblock.metrics.result_files import MANIFEST
from crawlblock.model import Crawl, Member
from crawlblock.pipeline.history import Wanted
from crawlblock.pipeline.live import Asking
from crawlblock.pipeline.run import Run, checked
from crawlblock.pipeline.update import bring_up_to_date
from crawlblock.sources.commoncrawl.crawls import NEW, choose_new
from crawlblock.store.store import Store
from crawlblock.transport import Limits

pytestmark = [pytest.mark.own_code, pytest.mark.usefixtures("unpainted")]

OPEN = b"User-agent: *\nDisallow: /private\n"
CCBOT = b"User-agent: CCBot\nDisallow: /\n"
NOBODY = b"User-agent: *\nDisallow: /\n"
HOSTS = [f"127.77.0.{number}" for number in range(1, 6)]
CRAWLS = {"DEMO-2024-18": datetime(2024, 5, 1), "DEMO-2024-26": datetime(2024, 6, 24)}


def archive(folder: Path, crawls: Mapping[str, Mapping[str, bytes]]) -> Path:
    """Render an archive with these bodies by crawl and host."""
    build(
        folder,
        [Crawl(crawl, CRAWLS[crawl], CRAWLS[crawl]) for crawl in crawls],
        [
            Rendered(crawl, f"http://{host}/robots.txt", CRAWLS[crawl], 200, body)
            for crawl, bodies in crawls.items()
            for host, body in bodies.items()
        ],
    )
    return folder


class Web:
    """Serves hosts by their address on port 80, each with a body that may be changed."""

    def __init__(self) -> None:
        """Listen; raises OSError where this process may not."""
        bodies = self.bodies = dict.fromkeys(HOSTS, OPEN)

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = bodies[self.headers["Host"]]
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.servers = [ThreadingHTTPServer((host, 80), Answer) for host in HOSTS]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        for server in self.servers:
            server.shutdown()
            server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    """Return hosts that answer on port 80 of loopback addresses."""
    try:
        served = Web()
    except OSError as error:
        pytest.skip(f"port 80 of loopback addresses cannot be had ({error.strerror})")
    yield served
    served.close()


def crawlblock(*arguments: object) -> Ended:
    """Run a command in this process."""
    return run_command([str(argument) for argument in arguments])


def scheduled(folder: Path, mirror: Path) -> tuple[list[str], list[str]]:
    """Return what cron and what systemd execute of what `schedule` prints."""
    done = crawlblock(
        "schedule", "--db", folder / "x.duckdb", "--mirror", mirror, "--contact", "me@example.org"
    )
    assert done.returncode == 0, done.stderr
    cron = re.search(r"^17 04 \* \* \* (.*)$", done.stdout, re.MULTILINE)
    systemd = re.search(r"^ExecStart=(.*)$", done.stdout, re.MULTILINE)
    assert cron and systemd
    words = (word.replace("%%", "%").replace("$$", "$") for word in shlex.split(systemd[1]))
    return ["/bin/sh", "-c", cron[1].replace(r"\%", "%") + ' "$@"', "sh"], list(words)


def unattended(command: Sequence[str]) -> tuple[int, str]:
    """Run a command with no PATH, no HOME, no terminal and no input, as cron does."""
    done = subprocess.run(
        command, cwd="/", env={}, stdin=subprocess.DEVNULL, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def changes(db: Path, *options: str) -> set[tuple[str, str, str, str, str]]:
    """Return host, token, event and the two snapshots of each change that is printed."""
    done = crawlblock("changes", "--db", db, "--since", "2020-01-01", "-o", "json", *options)
    assert done.returncode == 0, done.stderr
    names = ("host", "token", "transition", "from_snapshot", "snapshot")
    return {tuple(row[name] for name in names) for row in json.loads(done.stdout)}


def test_unattended_sequence(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five updates tell exactly the changes made; cron and systemd start the first two."""
    one, two, three, four, _ = HOSTS
    folder = tmp_path / "who's 100% $HOME"  # what shells, cron and systemd would stumble over
    folder.mkdir()
    db = folder / "x.duckdb"
    (folder / "hosts.txt").write_text("\n".join(HOSTS))
    first = dict.fromkeys(HOSTS, OPEN)
    mirror = archive(folder / "mirror", {"DEMO-2024-18": first})
    assert crawlblock("sample", "--db", db, "--list", folder / "hosts.txt").returncode == 0
    by_cron, by_systemd = scheduled(folder, mirror)

    def options(day: int) -> list[str]:
        return ["--allow-network", "127.77.0.0/16", "--snapshot", f"live-2026-11-0{day}"]

    def update(command: list[str], day: int) -> tuple[int, str]:
        return unattended([*command, *options(day)])

    def update_here(day: int) -> tuple[int, str]:
        words = by_systemd[by_systemd.index("crawlblock") + 1 :]
        ended = crawlblock(*words, *options(day))
        return ended.returncode, ended.stdout + ended.stderr

    web.bodies[one] = ROBOTS  # blocks GPTBot
    assert update(by_cron, 1) == (0, "")
    page = (folder / "x-results" / "index.html").read_text("utf-8")
    assert changes(db) == {(one, "GPTBot", "started", "DEMO-2024-18", "live-2026-11-01")}
    assert update(by_systemd, 1) == (5, "")
    archive(mirror, {"DEMO-2024-18": first, "DEMO-2024-26": {**first, one: ROBOTS}})
    web.bodies[two] = CCBOT
    with monkeypatch.context() as patched:  # the page after the fifth is of these days, too
        patched.setattr("crawlblock.cli.update._answered", lambda *_: "")
        assert update_here(3) == (0, "")
        web.bodies[three], web.bodies[one] = NOBODY, OPEN
        assert update_here(4) == (0, "")
    web.bodies[four] = OPEN + b"# another comment\n"
    assert update_here(5) == (0, "")

    named = {
        (one, "GPTBot", "started", "DEMO-2024-18", "DEMO-2024-26"),
        (one, "GPTBot", "stopped", "live-2026-11-03", "live-2026-11-04"),
        (two, "CCBot", "started", "live-2026-11-01", "live-2026-11-03"),
    }
    wildcard = ("started", "live-2026-11-03", "live-2026-11-04")
    found = changes(db)
    assert named <= found
    rest = found - named
    assert {(host, *events) for host, _, *events in rest} == {(three, *wildcard)}
    assert {"GPTBot", "CCBot"} <= {token for _, token, *_ in rest}
    with Store(db).reading() as con:
        runs = con.execute("SELECT command, result FROM runs ORDER BY started").fetchall()
    assert runs[1:] == [("update", result) for result in ("ok", "nothing new", "ok", "ok", "ok")]
    assert "live-2026-11-05" not in page
    assert "live-2026-11-05" in (folder / "x-results" / "index.html").read_text("utf-8")


def test_schedule_is_what_systemd_wants(tmp_path: Path) -> None:
    """Systemd itself finds no fault with the service and the timer."""
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd-analyze is not here")
    done = crawlblock(
        "schedule", "--db", tmp_path / "a b" / "x.duckdb", "--contact", "https://example.org/%7Eme"
    )
    for part in re.split(r"^# --- ", done.stdout, flags=re.MULTILINE)[1:]:
        path, _, text = part.partition("\n")
        (tmp_path / Path(path).name).write_text(text)
    units = sorted(map(str, tmp_path.glob("crawlblock.*")))
    assert len(units) == 2
    verified = subprocess.run(
        [analyze, "verify", *units], capture_output=True, text=True, timeout=60, check=False
    )
    assert "crawlblock" not in verified.stderr, verified.stderr


@pytest.mark.parametrize("option", ["--contact=nobody", "--at=25:00"])
def test_schedule_refuses(option: str) -> None:
    """A contact that is none and a time that is none are refused before cron has them."""
    done = crawlblock("schedule", "--contact=me@example.org", option)
    assert done.returncode == 2
    assert option.partition("=")[2] in done.stderr


def followed(folder: Path, hosts: list[str]) -> Store:
    """Return a database that follows hosts."""
    store = Store(folder / "x.duckdb")
    members = [Member("p", host, host, None, "all", None, 1.0, n) for n, host in enumerate(hosts)]
    store.facts.add_panel("p", "test", None, datetime(2026, 1, 1), members)
    return store


async def day(
    store: Store, server: WebServer, number: int, wanted: Wanted | None = None
) -> list[str]:
    """Update once, as of a day; return what went wrong."""
    asking = Asking(
        "me@example.org", f"live-2026-11-{number:02}", allowed=LOOPBACK,
        resolver=TestResolver(server.port),
    )  # fmt: skip

    def work() -> list[str]:
        with store.held():
            return bring_up_to_date(Run(store), store.facts.members(), asking, wanted)

    return await asyncio.to_thread(work)


async def test_an_outage_is_no_news(tmp_path: Path) -> None:
    """A run in which hosts fail that never failed is suspect and left out, until it is accepted."""
    hosts = [f"h{number}.test" for number in range(20)]
    store = followed(tmp_path, hosts)
    good = dict.fromkeys(hosts, sending(answer(OPEN)))
    bad = dict.fromkeys(hosts[:8], sending(answer(b"overloaded", 503)))
    async with web_server(good) as server:
        assert [await day(store, server, number) for number in (1, 2)] == [[], []]
    async with web_server(good | bad) as server:
        (trouble,) = await day(store, server, 3)
    assert "live-2026-11-03 is suspect" in trouble
    assert "server_error: 40.0 %, usually 0.0 %" in trouble

    def counted() -> list[tuple[str, int]]:
        with store.reading() as con:
            return con.execute(
                "SELECT snapshot, CAST(sum(hosts) AS INTEGER) FROM access_counts "
                "WHERE token = '*' GROUP BY 1 ORDER BY 1"
            ).fetchall()

    assert [name for name, _ in counted()] == ["live-2026-11-01", "live-2026-11-02"]
    with store.reading() as con:
        assert con.execute("SELECT count(*) FROM changes").fetchall() == [(0,)]
    done = crawlblock("accept", "live-2026-11-03", "--db", store.path, "--because", "it is so")
    assert done.returncode == 0, done.stderr
    assert counted()[-1] == ("live-2026-11-03", 20)
    again = crawlblock("accept", "live-2026-11-03", "--db", store.path, "--because", "again")
    assert again.returncode == 2
    assert "not a suspect snapshot" in again.stderr


async def test_a_dead_network_is_suspect_at_once(tmp_path: Path) -> None:
    """A first run that reaches less than half of the hosts has no earlier one to differ from."""
    store = followed(tmp_path, ["a.test", "b.test"])
    async with web_server({}) as server:
        port = server.port
    (trouble,) = await day(store, WebServer(port), 1)
    assert "hosts that answered: 0.0 %" in trouble
    status = crawlblock("status", "--db", store.path, "--json")
    assert status.returncode == 1
    assert json.loads(status.stdout)["suspect"] == ["live-2026-11-01"]


async def test_the_archive_fails_and_today_is_kept(tmp_path: Path) -> None:
    """When the archive is down, what the hosts said today is judged; alone it is an error."""
    store = followed(tmp_path, ["a.test"])
    archive(tmp_path / "mirror", {"DEMO-2024-18": {"a.test": OPEN}})
    limits = Limits(1000, 4, pause=0.01, longest_pause=0.02, pauses=2, attempts=2)
    with RangeServer(tmp_path / "mirror") as mirror:
        mirror.fault(".", [403] * 100)
        wanted = Wanted(mirror.url, None, NEW, None, limits, tmp_path / "cache")
        async with web_server({"a.test": sending(answer(ROBOTS))}) as server:
            (trouble,) = await day(store, server, 1, wanted)
            with pytest.raises(UpstreamError):
                await day(store, server, 1, wanted)
            mirror.mend()
            assert await day(store, server, 1, wanted) == []
    assert "403" in trouble
    with store.reading() as con:
        rows = con.execute(
            "SELECT snapshot, root_allowed FROM access WHERE token = 'GPTBot' ORDER BY 1"
        ).fetchall()
    assert rows == [("DEMO-2024-18", True), ("live-2026-11-01", False)]


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an archive, and a database that an update has filled."""
    return copy_of_made(tmp_path_factory, "updated", _updated)


def _updated(folder: Path) -> None:
    folder.mkdir()
    (folder / "hosts.txt").write_text("a.test")
    archive(folder / "mirror", {"DEMO-2024-18": {"a.test": OPEN}})
    sample = ("sample", "--db", folder / "x.duckdb", "--list", folder / "hosts.txt")
    for command in (sample, _update(folder / "x.duckdb")):
        assert crawlblock(*command).returncode == 0


@pytest.fixture
def again(updated: Path, tmp_path: Path) -> tuple[object, ...]:
    """Return the command that updates a copy of it."""
    shutil.copytree(updated, tmp_path / "again")
    return _update(tmp_path / "again" / "x.duckdb")


def _update(db: Path) -> tuple[object, ...]:
    return ("update", "--db", db, "--mirror", db.parent / "mirror", "--no-live")


def test_health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ended badly is reported until that command, or an update, has ended well since."""
    store = followed(tmp_path, ["a.test"])
    archive(tmp_path / "mirror", {"DEMO-2024-18": {"a.test": OPEN}})
    at = ("--db", store.path)
    monkeypatch.setattr("crawlblock.cli.update._answered", lambda *_: "")  # needs no page

    def healthy() -> bool:
        done = crawlblock("status", *at, "--json")
        assert done.returncode == (not json.loads(done.stdout)["healthy"])
        return done.returncode == 0

    assert crawlblock("accept", "live-typo", *at, "--because", "x").returncode == 2
    assert not healthy()
    assert crawlblock("update", *at, "--mirror", tmp_path / "mirror", "--no-live").returncode == 0
    assert healthy()
    assert crawlblock("update", *at, "--mirror", tmp_path / "x", "--no-live").returncode == 2
    assert crawlblock("evaluate", *at).returncode == 0
    assert not healthy()


def test_a_question_holds_no_run_up(tmp_path: Path) -> None:
    """A run waits for who has the database open longer than a question itself would."""
    store = followed(tmp_path, ["a.test"])
    code = (
        "import duckdb, sys, time\n"
        f"con = duckdb.connect({str(store.path)!r})\n"
        "print('open', flush=True); time.sleep(6)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline()
        with store.held():
            assert len(store.facts.members()) == 1


def test_another_run_is_at_work(again: tuple[object, ...]) -> None:
    """While another process updates, an update ends with 75; a killed one holds no lock."""
    db = Path(str(again[2]))
    code = (
        "from pathlib import Path; import sys\n"
        "from crawlblock.store.store import Store\n"
        f"with Store(Path({str(db)!r})).held():\n"
        "    print('held', flush=True); sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdout.readline()
        done = crawlblock(*again)
        assert (done.returncode, "another run is at work" in done.stderr) == (75, True)
        other.kill()
    assert db.with_name("x.duckdb.lock").exists()
    assert crawlblock(*again).returncode == 5


def test_results_are_renewed_when_they_must(again: tuple[object, ...]) -> None:
    """An update that was stopped before its page was written writes it the next time."""
    page = Path(str(again[2])).with_name("x-results") / "index.html"
    assert crawlblock(*again).returncode == 5
    before = page.stat().st_mtime_ns
    page.with_name(MANIFEST).unlink()
    assert crawlblock(*again).returncode == 0
    assert page.stat().st_mtime_ns > before
    assert crawlblock(*again).returncode == 5


def test_new_crawls() -> None:
    """New is what was begun and what came out since; without a beginning the newest alone."""
    crawls = [Crawl(name, datetime(2024, 1, 1), datetime(2024, 1, 2)) for name in "EDCBA"]
    assert [c.crawl for c in choose_new(crawls, {"C", "A"})] == ["E", "D", "C", "A"]
    assert [c.crawl for c in choose_new(crawls, {"live-2026-11-01"})] == ["E"]


def test_a_clock_that_cannot_be() -> None:
    """Someone whose clock was never set learns it before captures are dated."""
    with pytest.raises(InputError, match="1970-01-01"):
        checked(datetime(1970, 1, 1))
    assert checked(datetime(2026, 1, 1)) == datetime(2026, 1, 1)
