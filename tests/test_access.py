"""Getting at the archive: lists that are kept or packaged, crawls that cannot be read, rankings."""

import asyncio
import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from servers import RangeServer
from stand_in import AS_IT_IS, hurry

from crawlblock.cli import main
from crawlblock.demo import build
from crawlblock.demo.contents import Rendered
from crawlblock.errors import ArchiveError, InputError, UpstreamError
from crawlblock.model import Crawl
from crawlblock.pipeline.sample import from_ranking
from crawlblock.sources.commoncrawl import keys, mirror, web_graph
from crawlblock.sources.commoncrawl.crawls import (
    _CRAWLS,
    Chosen,
    Listed,
    choose,
    dated,
    find_crawls,
    list_crawls,
)
from crawlblock.sources.commoncrawl.lists import Listing, known_list
from crawlblock.sources.commoncrawl.mirror import limits_for, open_mirror
from crawlblock.sources.commoncrawl.web_graph import RankHead, ranking_lines
from crawlblock.sources.files import zipped
from crawlblock.sources.files.rankings import read_ranks
from crawlblock.store.store import Store
from crawlblock.transport import Limits

pytestmark = pytest.mark.own_code

LATER = Crawl("CC-MAIN-2026-43", datetime(2026, 10, 3), datetime(2026, 10, 16))
NEWEST = Crawl("CC-MAIN-2025-47", datetime(2025, 11, 6, 20, 7, 18), datetime(2025, 11, 19))
OLDER = Crawl("CC-MAIN-2016-36", datetime(2016, 8, 22), datetime(2016, 8, 31))
EARLY = Crawl("CC-MAIN-2016-30", datetime(2016, 7, 23), datetime(2016, 7, 31))
TEXT = b"User-agent: GPTBot\nDisallow: /\n"
FAST = Limits(per_second=1000, retry=0.05)


@dataclass(frozen=True, slots=True)
class Hosts:
    """A stand-in of Common Crawl's two hosts."""

    data: RangeServer
    index: RangeServer
    archive: Path  # what the data host serves
    lists: Path  # what the index host serves


def entry(crawl: Crawl) -> dict[str, str]:
    """Return a crawl as collinfo.json has it."""
    first, last = crawl.first_capture.isoformat(), crawl.last_capture.isoformat()
    return {"id": crawl.crawl, "from": first, "to": last, "cdx-api": "https://none.invalid"}


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    """Return a data host of two crawls and an index host, known as Common Crawl's own are."""
    archive, lists = tmp_path / "archive", tmp_path / "lists"
    crawls = [OLDER, NEWEST]
    rendered = [
        Rendered(crawl.crawl, "https://a.example/robots.txt", crawl.first_capture, 200, TEXT)
        for crawl in crawls
    ]
    build(archive, crawls, rendered)
    (archive / "collinfo.json").unlink()
    lists.mkdir()
    listed = [entry(crawl) for crawl in (NEWEST, OLDER, EARLY)]
    (lists / "collinfo.json").write_text(json.dumps(listed))
    with RangeServer(archive) as data, RangeServer(lists) as index:
        monkeypatch.setitem(keys._INDEX_HOST_OF, data.url, index.url)
        hurry(monkeypatch)
        yield Hosts(data, index, archive, lists)


def names(found: Chosen) -> list[str]:
    """Return the names of crawls without what they share."""
    return [crawl.crawl.removeprefix("CC-MAIN-") for crawl in found.crawls]


async def listed(hosts: Hosts, kept: Path | None, limits: Limits = FAST) -> Listing[list[Listed]]:
    """Ask the stand-in for its crawls."""
    async with open_mirror(hosts.data.url, None, limits) as archive:
        return await list_crawls(archive, kept)


async def found(hosts: Hosts, wanted: str, kept: Path | None = None) -> Chosen:
    """Choose crawls of the stand-in."""
    async with open_mirror(hosts.data.url, None, FAST) as archive:
        return await find_crawls(archive, wanted, kept)


# The list of crawls


async def test_the_packaged_list(hosts: Hosts) -> None:
    """Without an answer the packaged list has all 128 crawls to 2026-39, newest first."""
    (hosts.lists / "collinfo.json").unlink()
    listing = await listed(hosts, None)
    crawls = listing.entries
    assert len(crawls) == 128 and crawls[0].crawl == "CC-MAIN-2026-39"
    assert crawls[-1].crawl == "CC-MAIN-2008-2009"
    assert sum(crawl.first_capture is None for crawl in crawls) == 10
    dates = [crawl.first_capture for crawl in crawls if crawl.first_capture]
    assert dates == sorted(dates, reverse=True)
    assert listing.note == (
        f"{hosts.index.url}/collinfo.json is absent; the list of crawls that comes with "
        "crawlblock is used"
    )
    assert len(choose(crawls, "all")) == 100  # as many as have a robotstxt subset


def test_the_packaged_dates(shared: Path) -> None:
    """The dates are those of the recorded collinfo.json."""
    recorded = json.loads((shared / "commoncrawl" / "collinfo_2025-11.json").read_text())
    packaged = {crawl.crawl: crawl for crawl in known_list(_CRAWLS, None).entries}
    for each in recorded:
        crawl = packaged[each["id"]]
        assert crawl.first_capture == datetime.fromisoformat(each["from"])
        assert crawl.last_capture == datetime.fromisoformat(each["to"])
        assert crawl.cdx_api == each["cdx-api"]


UNUSABLE = {
    "absent": None,
    "a captive portal": b"<html><body>Please log in</body></html>",
    "nothing": b"",
    "an empty list": b"[]",
    "no list": b'{"error": "down"}',
    "numbers": b"[1, 2]",
    "a number as name": b'[{"id": 5, "from": "2025-01-01", "to": "2025-01-02"}]',
    "a name that leads elsewhere": b'[{"id": "../x", "from": "2025-01-01", "to": "2025-01-02"}]',
    "a number as date": b'[{"id": "CC-MAIN-2025-47", "from": 2025, "to": "2025-01-02"}]',
    "no date": b'[{"id": "CC-MAIN-2025-47", "from": "soon", "to": "2025-01-02"}]',
    "half": b'[{"id": "CC-MAIN-2025-47", "from": "2025-01-01"',
    "brackets": b"[" * 100_000,
}


@pytest.mark.fault("archive", "collinfo.json is {case}: the kept list, then the packaged one")
@pytest.mark.parametrize("case", UNUSABLE)
async def test_an_unusable_list(hosts: Hosts, tmp_path: Path, case: str) -> None:
    """What is no list of crawls is replaced by the last good one, and without it by ours."""
    kept, path = tmp_path / "cache", hosts.lists / "collinfo.json"
    good = [LATER, NEWEST]
    path.write_text(json.dumps([entry(crawl) for crawl in good]))
    assert (await listed(hosts, kept)).note is None
    before = (kept / "collinfo.json").read_bytes()
    answer = UNUSABLE[case]
    path.unlink()
    if answer is not None:
        path.write_bytes(answer)
    listing = await listed(hosts, kept)
    assert [crawl.crawl for crawl in listing.entries] == [crawl.crawl for crawl in good]
    note = str(listing.note)
    today = datetime.now(UTC).date()
    assert f"the list of crawls of {today}, 0 days old, is used" in note
    assert note.startswith(f"{hosts.index.url}/collinfo.json ")
    assert [p.name for p in kept.iterdir()] == ["collinfo.json"]
    assert (kept / "collinfo.json").read_bytes() == before
    assert "comes with crawlblock" in str((await listed(hosts, None)).note)


@pytest.mark.fault("archive", "the index host: {fault}")
@pytest.mark.parametrize("fault", ["drop", 403, 429, 503])
async def test_the_index_host_is_down(
    hosts: Hosts, fault: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index host is left alone after a few requests, and the packaged list is used."""
    monkeypatch.setattr(mirror, "_BRIEF", AS_IT_IS)
    hosts.index.fault("", [fault] * 100)
    started = asyncio.get_running_loop().time()
    listing = await listed(hosts, None, Limits())
    assert "comes with crawlblock" in str(listing.note) and hosts.index.url[7:16] in str(
        listing.note
    )
    assert len(hosts.index.requests) <= 6
    assert asyncio.get_running_loop().time() - started < 40


async def test_the_index_host_is_asked_once_a_second(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pace of the index host is its own, however fast the data host is asked."""
    monkeypatch.setattr(mirror, "_BRIEF", AS_IT_IS)
    started = asyncio.get_running_loop().time()
    for _ in range(2):
        await listed(hosts, None)
    assert asyncio.get_running_loop().time() - started > 0.99
    assert len(hosts.index.requests) == 2


async def test_how_old_a_kept_list_is(hosts: Hosts, tmp_path: Path) -> None:
    """The age is that of the answer; rubbish is no list, and what knows less than ours is none."""
    path = tmp_path / "cache" / "collinfo.json"
    path.parent.mkdir()
    (hosts.lists / "collinfo.json").unlink()
    now = datetime.now(UTC).replace(tzinfo=None)

    async def note(days: float, crawl: Crawl = LATER) -> str:
        at = (now - timedelta(days=days)).isoformat()
        path.write_text(json.dumps({"read": at, "answer": [entry(crawl)]}))
        return str((await listed(hosts, path.parent)).note)

    assert f"of {now - timedelta(days=12.1):%Y-%m-%d}, 12 days old, is" in await note(12.1)
    assert f"of {now + timedelta(days=400):%Y-%m-%d}, is used" in await note(-400)
    assert "comes with crawlblock" in await note(1, NEWEST)
    path.write_text('{"read": "x"')
    assert "comes with crawlblock" in str((await listed(hosts, path.parent)).note)


async def test_zones_are_kept_apart(hosts: Hosts) -> None:
    """Times with a zone and without one are put into one order, in UTC."""
    mixed = [
        {"id": "A", "from": "2025-01-01T03:00:00+05:00", "to": "2025-01-02T00:00:00Z"},
        {"id": "B", "from": "2024-12-31T23:00:00", "to": "2025-01-02"},
    ]
    (hosts.lists / "collinfo.json").write_text(json.dumps(mixed))
    listing = await listed(hosts, None)
    assert listing.note is None
    assert [crawl.crawl for crawl in listing.entries] == ["B", "A"]
    assert listing.entries[1].first_capture == datetime(2024, 12, 31, 22)


@pytest.mark.fault("archive", "another mirror without collinfo.json, or with an empty one")
async def test_other_mirrors_have_their_own_list(tmp_path: Path) -> None:
    """A directory or server that is not Common Crawl's fails without its list, and names it."""
    with RangeServer(tmp_path) as server:
        for location in (str(tmp_path), server.url):
            async with open_mirror(location, None, FAST) as archive:
                with pytest.raises(ArchiveError, match=f"{location}/collinfo.json is absent"):
                    await find_crawls(archive, "CC-MAIN-2025-47", tmp_path / "cache")
        (tmp_path / "collinfo.json").write_text("[]")
        async with open_mirror(server.url, None, FAST) as archive:
            with pytest.raises(ArchiveError, match="it lists no crawl"):
                await list_crawls(archive, tmp_path / "cache")
        server.fault("", ["drop"] * 9)
        async with open_mirror(server.url, None, FAST) as archive:
            with pytest.raises(UpstreamError, match=r"collinfo\.json cannot be downloaded"):
                await list_crawls(archive, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


# Choosing crawls


async def test_a_name_in_full_needs_no_list(hosts: Hosts, tmp_path: Path) -> None:
    """A crawl named in full is chosen without a request; what no list dates its files date."""
    assert names(await found(hosts, "CC-MAIN-2025-47, CC-MAIN-2016-36")) == ["2025-47", "2016-36"]
    unlisted = await found(hosts, "CC-MAIN-2026-43")
    assert names(unlisted) == ["2026-43"] and not unlisted.notes
    assert not hosts.index.requests and not hosts.data.requests
    lists = hosts.archive / "crawl-data" / "CC-MAIN-2026-43"
    lists.mkdir()
    key = "crawl-data/CC-MAIN-2026-43/segments/1.1/robotstxt/CC-MAIN-2026{}-2026{}-0000{}.warc.gz"
    lines = [key.format("1003040506", "1003070506", 1), key.format("1016000000", "1016030000", 2)]
    (lists / "robotstxt.paths.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    async with open_mirror(hosts.data.url, None, FAST) as archive:
        crawl = await dated(archive, unlisted.crawls[0])
        assert crawl.first_capture == datetime(2026, 10, 3, 4, 5, 6)
        assert crawl.last_capture == datetime(2026, 10, 16, 3)
        with pytest.raises(ArchiveError, match=r"2026-47/robotstxt\.paths\.gz is absent"):
            await dated(archive, Listed("CC-MAIN-2026-47", None, None))
    with pytest.raises(InputError, match="did you mean"):
        await found(hosts, "CC-MAIN-2025-11")


def test_dates_of_names_are_those_of_the_list(shared: Path, tmp_path: Path) -> None:
    """The names in a real list of files date the crawl as collinfo.json does, to some minutes."""
    lists = tmp_path / "crawl-data" / "CC-MAIN-2020-45"
    lists.mkdir(parents=True)
    real = shared / "commoncrawl" / "CC-MAIN-2020-45.robotstxt.paths.gz"
    (lists / "robotstxt.paths.gz").write_bytes(real.read_bytes())

    async def ask() -> Crawl:
        async with open_mirror(str(tmp_path), None) as archive:
            return await dated(archive, Listed("CC-MAIN-2020-45", None, None))

    crawl = asyncio.run(ask())
    assert crawl.first_capture == datetime(2020, 10, 19, 14, 59, 1)
    assert abs(crawl.last_capture - datetime(2020, 11, 1, 3, 12, 51)) < timedelta(minutes=5)


async def test_all_means_crawls_with_the_subset(hosts: Hosts) -> None:
    """All, numbers and beginnings mean crawls from 2016-36 on; a full name is refused."""
    for wanted in ("all", "CC-MAIN-2016, all", "CC-MAIN"):
        chosen = await found(hosts, wanted)
        assert names(chosen) == ["2025-47", "2016-36"]
        assert chosen.notes == [
            "crawls before CC-MAIN-2016-36 have no robotstxt subset and are left out (1)"
        ]
    assert names(await found(hosts, "3")) == ["2025-47", "2016-36"]
    assert (await found(hosts, "CC-MAIN-2025")).notes == []
    assert names(await found(hosts, "CC-MAIN-2016-3")) == ["2016-36"]
    (hosts.lists / "collinfo.json").unlink()  # ours has more
    for wanted in ("CC-MAIN-2016-30", "CC-MAIN-2012", "CC-MAIN-2013"):
        with pytest.raises(InputError, match=f"{wanted} has no robotstxt subset.*CC-MAIN-2016-36"):
            await found(hosts, wanted)


async def test_weights_need_no_subset(hosts: Hosts) -> None:
    """Where pages are asked for an earlier crawl is as good as any."""
    async with open_mirror(hosts.data.url, None, FAST) as archive:
        chosen = await find_crawls(archive, "CC-MAIN-2016-30", subset=False)
    assert names(chosen) == ["2016-30"]


# Commands


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, list[str]]:
    """Run a command; return its exit code, what it printed and the lines it said."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    out, messages = capsys.readouterr()
    return int(stopped.value.code or 0), out, messages.splitlines()


@pytest.fixture
def db(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a database with a panel of one host."""
    (tmp_path / "hosts.txt").write_text("a.example\n")
    path = tmp_path / "db.duckdb"
    assert run(capsys, "sample", "--db", path, "--list", tmp_path / "hosts.txt")[0] == 0
    return path


def snapshots(db: Path) -> list[str]:
    """Return the crawls with captures."""
    with Store(db).reading() as con:
        rows = con.execute("SELECT DISTINCT snapshot FROM captures ORDER BY 1").fetchall()
    return [str(name) for (name,) in rows]


@pytest.mark.fault("archive", "history: a crawl is listed before its index is there")
def test_one_crawl_ends_no_other(
    hosts: Hosts, db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A crawl without its lists is reported, the others are done, and the exit code is 3."""
    crawls = [entry(crawl) for crawl in (LATER, NEWEST, OLDER, EARLY)]
    (hosts.lists / "collinfo.json").write_text(json.dumps(crawls))
    command = ("history", "--db", db, "--mirror", hosts.data.url, "--crawls", "all", "--rate", 1000)
    reported = f"CC-MAIN-2026-43 is skipped: {hosts.data.url}: "
    code, out, messages = run(capsys, *command, "--dry-run", "-o", "jsonl")
    assert code == 3 and out.count("CC-MAIN") == 2
    assert sum(line.startswith(reported) for line in messages) == 1
    code, _, messages = run(capsys, *command)
    assert code == 3 and snapshots(db) == ["CC-MAIN-2016-36", "CC-MAIN-2025-47"]
    assert sum(line.startswith(reported) for line in messages) == 1
    assert sum("have no robotstxt subset" in line for line in messages) == 1
    code, _, messages = run(capsys, *command[:-3], "CC-MAIN-2026-43")
    assert code == 1 and "the crawl may not be whole yet" in messages[-1]


@pytest.mark.fault("archive", "history, update, sample, doctor, scan plan: no index host")
def test_commands_without_the_index_host(
    hosts: Hosts, db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the data host alone commands do their work, and say once whose list they used."""
    (hosts.lists / "collinfo.json").write_text("<html>log in</html>")
    at = ("--mirror", hosts.data.url, "--rate", 1000)
    used = "the list of crawls that comes with crawlblock is used"
    code, _, messages = run(capsys, "history", "--db", db, *at, "--crawls", "CC-MAIN-2025")
    assert code == 3 and snapshots(db) == ["CC-MAIN-2025-47"]
    assert sum(used in line for line in messages) == 1
    asked = len(hosts.index.requests)
    code, _, messages = run(capsys, "history", "--db", db, *at, "--crawls", "CC-MAIN-2016-36")
    assert code == 0 and not any(used in line for line in messages)
    assert len(hosts.index.requests) == asked
    _, _, messages = run(
        capsys, "sample", "--db", db, *at, "--crawl", "CC-MAIN-2025-4", "--size", 1
    )
    assert sum(used in line for line in messages) == 1
    code, out, messages = run(
        capsys, "scan", "plan", tmp_path / "scan", *at, "--crawls", "CC-MAIN-2016"
    )
    assert code == 3 and sum(used in line for line in messages) == 1 and "CC-MAIN-2016-36" in out
    code, out, _ = run(capsys, "doctor", "--db", db, *at, "-o", "json")
    (row,) = [row for row in json.loads(out) if row["what"] == "archive"]
    assert row["state"] == "fail" and hosts.data.url in row["advice"]  # 2026-39 is not there


def test_doctor_without_the_index_host(
    hosts: Hosts, db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Doctor warns where only the data host answers, and names the URL that did not."""
    data = hosts.archive / "crawl-data"
    copytree(data / "CC-MAIN-2025-47", data / "CC-MAIN-2026-39")
    (hosts.lists / "collinfo.json").unlink()
    _, out, _ = run(capsys, "doctor", "--db", db, "--mirror", hosts.data.url, "-o", "json")
    (row,) = [row for row in json.loads(out) if row["what"] == "archive"]
    assert row["state"] == "warn" and f"{hosts.index.url}/collinfo.json is absent" in row["advice"]
    assert not db.with_suffix(".cache").exists()


def test_update_without_crawls(hosts: Hosts, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list is said, not passed over as nothing new."""
    at = ("--mirror", hosts.data.url, "--rate", 1000)
    assert run(capsys, "history", "--db", db, *at, "--crawls", "latest")[0] == 0
    (hosts.lists / "collinfo.json").write_text("[]")
    _, _, messages = run(capsys, "update", "--db", db, *at, "--no-live", "--quiet")
    assert any("it lists no crawl" in line for line in messages)


def test_the_default_rate() -> None:
    """Public https is asked once a second and one at a time, others as before, or as is said."""

    def asked(mirror: str, rate: float | None = None, flight: int | None = None) -> object:
        limits = limits_for(mirror, rate, flight)
        return limits.per_second, limits.in_flight

    for public in ("https://data.commoncrawl.org", "HTTPS://mirror.example/cc"):
        assert asked(public) == (1, 1)
    for own in ("/archive", "http://127.0.0.1:80", "s3://commoncrawl"):
        assert asked(own) == (2, 2)
    assert asked("https://data.commoncrawl.org", 0.5, 3) == (0.5, 3)


@pytest.mark.parametrize(
    "command", ["sample", "weights", "history", "update", "doctor", "scan plan"]
)
def test_the_same_options_everywhere(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command that asks the archive has --rate and --in-flight."""
    _, out, _ = run(capsys, *command.split(), "--help")
    assert "--rate" in out and "--in-flight" in out


# Rankings


def graphs(hosts: Hosts, *releases: str) -> None:
    """List web graphs, the last of which alone has its table."""
    (hosts.lists / "graphinfo.json").write_text(json.dumps([{"id": name} for name in releases]))
    table = hosts.archive / f"projects/hyperlinkgraph/{releases[-1]}/domain"
    table.mkdir(parents=True, exist_ok=True)
    lines = b"#harmonicc_pos\t#host_rev\n1\tcom.example\n"
    (table / f"{releases[-1]}-domain-ranks.txt.gz").write_bytes(gzip.compress(lines))


async def ranked(hosts: Hosts, kept: Path) -> RankHead:
    """Ask the stand-in for its domain ranks."""
    async with open_mirror(hosts.data.url, None, FAST) as archive:
        return await ranking_lines(archive, 10, kept)


@pytest.mark.fault("archive", "the newest web graph has no domain ranks yet")
async def test_the_next_web_graph(hosts: Hosts, tmp_path: Path) -> None:
    """Where a release lacks its table the next one is taken and said; the list may be the kept."""
    graphs(hosts, "cc-main-2026-aug-sep-oct", "cc-main-2026-jul-aug-sep")
    ranking = await ranked(hosts, tmp_path / "cache")
    assert ranking.release == "cc-main-2026-jul-aug-sep" and len(ranking.lines) == 2
    assert ranking.notes == [
        "the web graph cc-main-2026-aug-sep-oct has no domain ranks yet: "
        "cc-main-2026-jul-aug-sep is used"
    ]
    (hosts.lists / "graphinfo.json").write_text("[]")
    again = await ranked(hosts, tmp_path / "cache")
    assert again.release == ranking.release and "0 days old, is used" in again.notes[0]
    packaged = await ranked(hosts, tmp_path / "none")
    assert packaged.release == ranking.release and "comes with crawlblock" in packaged.notes[0]


@pytest.mark.fault("archive", "no web graph has domain ranks")
async def test_no_web_graph(hosts: Hosts, tmp_path: Path) -> None:
    """Five releases are tried and no more."""
    graphs(hosts, *(f"cc-main-{n}" for n in range(9)))
    with pytest.raises(ArchiveError, match=r"cc-main-0-domain-ranks\.txt\.gz: absent, and so are"):
        await ranked(hosts, tmp_path)
    assert len([r for r in hosts.data.requests if "hyperlinkgraph" in r.path]) == 5


@pytest.mark.fault("archive", "the server goes away amid the domain ranks")
async def test_half_a_web_graph(
    hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that gives no more of the ranks is named; it is not said that they end there."""
    monkeypatch.setattr(web_graph, "_STEP", 40)
    graphs(hosts, "cc-main-2026-jul-aug-sep")
    hosts.data.fault("domain-ranks", [200, *["drop"] * 9])
    with pytest.raises(UpstreamError, match="cannot be downloaded"):
        await ranked(hosts, tmp_path)


def zip_of(path: Path, **files: bytes) -> Path:
    """Write a zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("_csv", ".csv"), body)
    return path


RANKS = b"1,example.com\r\n2,example.org\r\n3,example.net\r\n"


def test_tranco_is_read_zipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A download of Tranco gives the panel and the ranks of the file in it."""
    path = zip_of(tmp_path / "tranco_ABCDE-1m.csv.zip", **{"top-1m_csv": RANKS})
    plain = tmp_path / "plain.csv"
    plain.write_bytes(RANKS)
    assert read_ranks(path).equals(read_ranks(plain)) and read_ranks(path).height == 3
    sampled, same = (from_ranking(each, "p", "seed", 5).members for each in (path, plain))
    assert sampled == same and len(sampled) == 3
    code, _, messages = run(capsys, "sample", "--db", tmp_path / "db.duckdb", "--ranks", path)
    assert code == 0 and messages[-1].startswith("panel ranks-tranco_ABCDE-1m: 3 domains")


@pytest.mark.fault("input", "a zip: {case}")
@pytest.mark.parametrize("case", ["two files", "none", "cut", "too large", "altered"])
def test_zips_that_are_no_ranking(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip with more or less than one file, damaged or larger than a ranking can be is refused."""
    files = {"two files": {"a": RANKS, "b": RANKS}, "none": {"a/": b""}}.get(case, {"a": RANKS})
    path = zip_of(tmp_path / "x.zip", **files)
    raw = bytearray(path.read_bytes())
    if case == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    if case == "altered":
        raw[33] ^= 0xFF
        path.write_bytes(raw)
    if case == "too large":
        monkeypatch.setattr(zipped, "_MOST", len(RANKS) - 1)
    for read in (read_ranks, lambda path: from_ranking(path, "p", "seed", 5)):
        with pytest.raises(InputError, match=r"x\.zip"):
            read(path)
