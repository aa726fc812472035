"""A cluster.idx that is searched by ranges gives the blocks that the whole file gives."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from servers import RangeServer
from test_costs import FAST, NEW, captures, collect, members, order

from crawlblock.demo import build
from crawlblock.errors import ArchiveError, UpstreamError
from crawlblock.sources.commoncrawl.cache import Cache, CachedMirror
from crawlblock.sources.commoncrawl.cluster_index import ClusterIndex
from crawlblock.sources.commoncrawl.cluster_ranges import (
    PIECE_BYTES,
    RangedCluster,
    UnsearchableError,
)
from crawlblock.sources.commoncrawl.cost import CLUSTER_BYTES, SLOW, searching_cost, seconds
from crawlblock.sources.commoncrawl.distant_cluster import (
    DistantCluster,
    Search,
    cluster_key,
)
from crawlblock.sources.commoncrawl.key_positions import KeyPositions
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.sources.commoncrawl.spans import gap_of, merged
from crawlblock.sources.commoncrawl.zipnum import ZipNum
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

KEY = cluster_key("X")
NAMES = [f"{tld},{a}{b}{c}" for tld in ("com", "de", "org") for a in "abhmtz" for b in "aeiou19-"
         for c in ("", "x", "-shop", ",www", "0" * 40)]  # fmt: skip


def lines() -> list[bytes]:
    """Return a sorted cluster.idx of some 4 MB: large sites have many blocks, others none."""
    rng = random.Random(7)
    made = [
        f"{name})/{'robots.txt' if path % 50 == 0 else path}"
        for name in sorted(NAMES)
        for path in sorted(rng.choices(range(9_999), k=rng.choice((0, 1, 3, 20, 400))))
    ]
    stamped = sorted(f"{key} 2025080{n % 9}".encode() for n, key in enumerate(made))
    return [
        b"%s\tcdx-%05d.gz\t%d\t%d\t%d" % (key, n // 400, n % 400 * 250_000, 250_000, n + 1)
        for n, key in enumerate(stamped)
    ]


def spoilt(every: int, line: Callable[[int], bytes]) -> Callable[[list[bytes]], list[bytes]]:
    """Return what spoils some lines of a file."""
    return lambda whole: [line(n) if n % every == 7 else at for n, at in enumerate(whole)]


FILES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "whole": lambda whole: whole,
    "lost lines": spoilt(97, lambda n: (b"", b"\xff lost", b"~~ cut", bytes(40))[n % 4]),
    "long lines": spoilt(501, lambda n: b"com,m" + b"x" * 3_000),
    "a hole": lambda whole: [b"" if 9_000 < n < 9_500 else at for n, at in enumerate(whole)],
}


@dataclass
class Served:
    """A cluster.idx on a server, and what was read of it."""

    server: RangeServer
    path: Path

    def find(self, keys: list[str], cache: Path, positions: KeyPositions) -> dict[str, object]:
        """Return the blocks of each key, or the error, searched by ranges."""

        async def search() -> dict[str, object]:
            async with open_mirror(self.server.url, None, FAST) as mirror:
                index = Cache(cache, 10**9)
                kept = CachedMirror(mirror, cache / "other", index=index)
                size = self.path.stat().st_size
                positions.begin(size)
                ranged = RangedCluster(kept, KEY, size, index, positions)
                found: dict[str, object] = {}
                for key in keys:
                    try:
                        found[key] = sorted(await ranged.find([key]))
                    except ArchiveError:
                        found[key] = ArchiveError
                return found

        return asyncio.run(search())

    def expected(self, keys: list[str]) -> dict[str, object]:
        """Return the same by the whole file."""
        whole, found = ClusterIndex(self.path), dict[str, object]()
        for key in keys:
            try:
                found[key] = sorted(whole.blocks(key))
            except ArchiveError:
                found[key] = ArchiveError
        return found


def served(folder: Path, whole: list[bytes], end: bytes = b"\n") -> Served:
    """Write a cluster.idx, to be served."""
    path = folder / "archive" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\n".join(whole) + end)
    return Served(RangeServer(folder / "archive"), path)


def keys_of(whole: list[bytes]) -> list[str]:
    """Return keys of all kinds: of sites, of first lines, at the edges of pieces and the file."""
    edges = []
    at = 0
    for n, line in enumerate(whole):
        if at // PIECE_BYTES != (at + len(line) + 1) // PIECE_BYTES:
            edges += whole[max(0, n - 2) : n + 3]
        at += len(line) + 1
    firsts = [line.partition(b" ")[0].decode("latin-1") for line in [*edges, *whole[::1_500]]]
    sites = [f"{name})/robots.txt" for name in NAMES[::7]]
    return [key for key in [*firsts, *sites, "aa,a)/", "zz,z)/robots.txt"] if key.isascii()]


@pytest.mark.fault("archive", "history: a distant cluster.idx with {name}")
@pytest.mark.parametrize("name", FILES)
def test_ranges_give_what_the_whole_file_gives(tmp_path: Path, name: str) -> None:
    """Every key leads to the same blocks, or to an error in both; also with wrong hints."""
    whole = FILES[name](lines())
    made = served(tmp_path, whole)
    keys = keys_of(whole)
    wrong = KeyPositions()
    wrong.note_all(
        (f"{site})/".encode(), chance) for chance, site in ((0.9, "com,a"), (0.1, "org"))
    )
    with made.server:
        for positions in (KeyPositions(), wrong):
            cache = tmp_path / f"cache-{positions is wrong}"
            assert made.find(keys, cache, positions) == made.expected(keys)
    assert not [each for each in made.server.requests if each.range is None]


def test_pieces_are_asked_for_once(tmp_path: Path) -> None:
    """What was read is kept: a later run asks for nothing, and a piece that was harmed is asked."""
    made = served(tmp_path, lines())
    keys = keys_of(lines())[::5]
    with made.server:
        first = made.find(keys, tmp_path / "cache", KeyPositions())
        asked = len(made.server.requests)
        assert made.find(keys, tmp_path / "cache", KeyPositions()) == first
        assert len(made.server.requests) == asked
        kept = sorted(path for path in (tmp_path / "cache").iterdir() if path.is_file())
        kept[0].write_bytes(kept[0].read_bytes()[:-1])
        assert made.find(keys, tmp_path / "cache", KeyPositions()) == first
        assert len(made.server.requests) <= asked + 1


@pytest.mark.fault("archive", "history: a distant cluster.idx whose lines have no order")
def test_a_file_without_order(tmp_path: Path) -> None:
    """A file that cannot be searched by ranges is read whole, and gives what it gives then."""
    whole = lines()
    random.Random(1).shuffle(whole)
    whole = [line.rpartition(b"\t")[0] for line in whole]  # numbers would show that it has none
    made = served(tmp_path, whole * 8)
    with made.server:
        with pytest.raises(UnsearchableError):
            made.find(["com,mex)/robots.txt"], tmp_path / "cache", KeyPositions())

        async def find() -> object:
            async with open_mirror(made.server.url, None, FAST) as mirror:
                search = Search(1, 1.0)
                distant = DistantCluster(mirror, "X", Cache(tmp_path / "other", 10**9), search)
                return await distant.find(["com,mex)/robots.txt"])

        assert asyncio.run(find()) == set(ClusterIndex(made.path).blocks("com,mex)/robots.txt"))
    assert [each for each in made.server.requests if each.range is None]


@pytest.mark.fault("archive", "history: a distant cluster.idx that is cut")
def test_a_cut_file(tmp_path: Path) -> None:
    """A key behind a cut is an error; a key before it has its blocks."""
    whole = lines()
    made = served(tmp_path, whole[: len(whole) // 2], end=b"\norg,cut 2025")
    with made.server:
        found = made.find(
            ["com,aa)/robots.txt", "zz,z)/robots.txt"], tmp_path / "c", KeyPositions()
        )
    assert found["zz,z)/robots.txt"] is ArchiveError
    assert isinstance(found["com,aa)/robots.txt"], list)


def test_few_requests(tmp_path: Path) -> None:
    """A key takes a handful of requests; where an earlier crawl showed the place, it takes one."""
    made = served(tmp_path, lines())
    keys = [f"{name})/robots.txt" for name in NAMES[3::60]]
    positions = KeyPositions()
    with made.server:
        for most in (4 * len(keys), len(keys)):
            made.server.requests.clear()
            made.find(keys, tmp_path / f"cache{most}", positions)
            assert len(made.server.requests) <= most


# Whole histories


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of one crawl whose cluster.idx is as large as ten windows."""
    folder = tmp_path_factory.mktemp("ranges") / "archive"
    build(folder, [NEW], list(captures(NEW))[::7])
    for path in folder.rglob("cluster.idx"):
        with path.open("a") as file:
            file.writelines(
                f"zz,{n:06})/{'x' * 60} 20230921\tcdx-00002.gz\t9\t9\t{n}\n" for n in range(120_000)
            )
    return folder


def table(store: Store) -> list[object]:
    """Return what a history found."""
    with store.reading() as con:
        return list(con.execute("SELECT * FROM captures ORDER BY host").fetchall())


PANEL = ["two-hops", "one-hop", "half-dead", "nothing"]
GENTLE = replace(FAST, attempts=3, retry=0.01, pause=0.01)


@pytest.mark.parametrize("faults", [[], ["short", "drop", 503], ["stalled", 429]])
def test_a_history_by_ranges(archive: Path, tmp_path: Path, faults: list[int | str]) -> None:
    """A history that searches by ranges stores what one stores that has the whole file."""
    local, _ = collect(order(archive, tmp_path / "a.duckdb", "zipnum"), tmp_path / "a.duckdb",
                       members(PANEL))  # fmt: skip
    with RangeServer(archive) as server:
        server.fault("cluster.idx", faults)
        limits = replace(GENTLE, timeout=1.0)
        wanted = replace(order(server.url, tmp_path / "b.duckdb", "zipnum"), limits=limits)
        distant, _ = collect(wanted, tmp_path / "b.duckdb", members(PANEL))
    assert table(distant) == table(local) and table(local)
    read = [each for each in server.requests if each.path.endswith("cluster.idx")]
    assert len(read) > 1 and all(each.range for each in read)


@pytest.mark.fault("archive", "history: a server that ignores ranges of cluster.idx")
def test_a_server_without_ranges(archive: Path, tmp_path: Path) -> None:
    """Where a whole file comes in place of each range, the run ends and stores nothing."""
    with RangeServer(archive) as server:
        server.fault("cluster.idx", ["full"] * 9)
        wanted = replace(order(server.url, tmp_path / "db.duckdb", "zipnum"), limits=GENTLE)
        with pytest.raises((UpstreamError, ArchiveError)):
            collect(wanted, tmp_path / "db.duckdb", members(PANEL))
    assert table(Store(tmp_path / "db.duckdb")) == []


def test_neighbouring_blocks_are_one_request(archive: Path, tmp_path: Path) -> None:
    """Blocks side by side are read at once and kept one by one; a bad one is read again alone."""
    urls = [f"https://{name}.example/robots.txt" for name in PANEL]
    path = next(archive.rglob("cluster.idx"))

    async def look_up(server: RangeServer) -> object:
        async with open_mirror(server.url, None, GENTLE) as mirror:
            kept = CachedMirror(mirror, tmp_path / "cache")
            return await ZipNum(kept, NEW.crawl, ClusterIndex(path)).look_up(urls)

    with RangeServer(archive) as server:
        first = asyncio.run(look_up(server))
        asked = len(server.requests)
        assert asyncio.run(look_up(server)) == first
        assert len(server.requests) == asked <= len(PANEL)


# What is decided


def test_what_pays() -> None:
    """A few keys are searched, many are not; a known place makes more of them worth it."""
    for known, most in ((True, 50), (False, 10)):
        paying = [k for k in (1, 10, 50, 1_000) if searching_cost(k, CLUSTER_BYTES, 1.0, known)]
        assert paying[-1] == most
    assert searching_cost(1, PIECE_BYTES, 1.0, True) is None
    assert seconds(1, 1.0) == 1.0 and seconds(round(10 * SLOW), 1.0) == 6.0


def test_gaps_follow_the_rate() -> None:
    """The slower the rate, the more is read in vain rather than asking twice, within bounds."""
    assert gap_of(0.1) == gap_of(0.5) == 1_048_576
    assert gap_of(1.0) == 1_000_000 and gap_of(2.0) == 500_000 and gap_of(1_000) == 65_536
    places = [("a", 0, 10), ("a", 100, 10), ("a", 130, 10), ("b", 135, 10)]
    assert [each.places for each in merged(places, 20)] == [
        (places[0],), tuple(places[1:3]), (places[3],),
    ]  # fmt: skip
