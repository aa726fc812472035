"""The table of readers: what is mutated, all of it written by this repository's own code.

A reader takes a chance and gives the bytes it was fed; it raises what the code under test raises.
"""

import gzip
import io
import json
import random
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from documents import HOWTO, blocks
from scan.warcs import TEXT

from crawlblock import loops, registry
from crawlblock.demo import build
from crawlblock.demo.contents import PLAIN, Rendered
from crawlblock.errors import InputError
from crawlblock.host_list import Ranking
from crawlblock.metrics.queries import metrics
from crawlblock.model import Asked, Crawl, Fetch
from crawlblock.pipeline.sample import from_list, from_ranking
from crawlblock.registry import Break, crawler_of
from crawlblock.registry.entries import made_of, read_entries
from crawlblock.scan.plan import FileShare, make_plan, read_plan, write_plan
from crawlblock.scan.shard import KEY, run_shard, tasks
from crawlblock.scan.shards import find_shards, period
from crawlblock.sources.commoncrawl.cluster_index import ClusterIndex
from crawlblock.sources.commoncrawl.columnar import Columnar
from crawlblock.sources.commoncrawl.crawls import (
    choose,
    dated,
    find_crawls,
    list_crawls,
    paths,
    period_of,
    tells_targets,
)
from crawlblock.sources.commoncrawl.index import named
from crawlblock.sources.commoncrawl.mirror import DirectoryMirror
from crawlblock.sources.commoncrawl.web_graph import ranking_lines
from crawlblock.sources.commoncrawl.zipnum import ZipNum
from crawlblock.sources.files import Files, read_observation_times
from crawlblock.sources.files.rankings import read_ranks
from crawlblock.sources.files.weight_lists import read_weights
from crawlblock.sources.live import Answer, Archive, Journal, Visit, read_journal
from crawlblock.transport import Limits
from crawlblock.warc.http import digest
from fuzz.mutations import mutated, odd_json, odd_value

CRAWL = Crawl("DEMO-2025-33", datetime(2025, 8, 2), datetime(2025, 8, 18))
EARLIER = Crawl("DEMO-2016-36", datetime(2016, 8, 25), datetime(2016, 9, 5))
HOSTS = ("a.example.com", "example.org", "www.example.co.uk", "b.de")
URLS = [f"https://{host}/robots.txt" for host in HOSTS]
_EVENT = (Path(__file__).parents[2] / "crawlblock/registry/events.toml").read_bytes()
OWN = {  # of a folder of one's own
    "crawlers.toml": blocks(HOWTO, "toml")[0],
    "templates.toml": blocks(HOWTO, "toml")[1],
    "events.toml": _EVENT[_EVENT.index(b"[[event]]") :][:600].rpartition(b"\n\n")[0].decode()
    .replace('id = "', 'id = "my-'),
    "metrics/a.sql": next(sql for sql in blocks(HOWTO, "sql") if sql.startswith("-- title:")),
}  # fmt: skip
REGISTRY = Path(__file__).parents[2] / "crawlblock/registry"

Fed = Callable[[random.Random], bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader under test: what a chance makes of its seeds, and how it is called."""

    name: str
    seeds: Sequence[str]  # what they are, for people
    feed: Fed
    read: Callable[[bytes], object]


class World:
    """A small archive, a scan, a journal and lists, from which all seeds are taken."""

    def __init__(self, folder: Path) -> None:
        """Write them below a folder."""
        self.folder = folder
        self.archive = folder / "archive"
        captures = [_capture(crawl, n) for crawl in (CRAWL, EARLIER) for n in range(8)]
        build(
            self.archive, [CRAWL, EARLIER], captures, {host: n for n, host in enumerate(HOSTS, 1)}
        )
        self.mirror = DirectoryMirror(str(self.archive))
        self.scan = folder / "scan"
        found = loops.run(find_crawls(self.mirror, "all"))
        plan, _ = loops.run(make_plan(self.mirror, found.crawls, FileShare(1.0, "seed", 1)))
        write_plan(plan, self.scan)
        for task in tasks(plan, plan.shards, self.scan, None, Limits()):
            run_shard(task)

    def files(self, pattern: str) -> list[Path]:
        """Return the archive's files of a pattern, at least one."""
        found = sorted(self.archive.glob(pattern))
        assert found, pattern
        return found

    def put(self, name: str, data: bytes) -> Path:
        """Write what is read."""
        path = self.folder / name
        path.write_bytes(data)
        return path


def _capture(crawl: Crawl, number: int) -> Rendered:
    host = HOSTS[number % len(HOSTS)]
    at = crawl.first_capture.replace(hour=number + 1)
    moved = number == 3
    headers = (("Location", "https://www.b.de/robots.txt"),) if moved else PLAIN
    body = b"" if moved else TEXT * (number + 1)
    status = (200, 200, 404, 301, 503, 200, 200, 200)[number]
    return Rendered(crawl.crawl, f"https://{host}/robots.txt", at, status, body, headers)


# What a chance makes of the seeds


def of_bytes(seeds: Sequence[bytes]) -> Fed:
    """Mutate bytes."""
    return lambda chance: mutated(chance, seeds)


def of_json(seeds: Sequence[bytes]) -> Fed:
    """Mutate the bytes of a JSON text, or its values."""

    def feed(chance: random.Random) -> bytes:
        return mutated(chance, seeds) if chance.random() < 0.4 else odd_json(chance, seeds[0])

    return feed


def packed(fed: Fed, seeds: Sequence[bytes]) -> Fed:
    """Mutate what a gzip file holds, or the file."""
    whole = [gzip.compress(seed) for seed in seeds]

    def feed(chance: random.Random) -> bytes:
        outer = chance.random() < 0.3
        return mutated(chance, whole) if outer else gzip.compress(fed(chance), 1)

    return feed


def lines_of_json(lines: Sequence[bytes]) -> Fed:
    """Mutate the values on lines of JSON, or the bytes of all lines."""

    def feed(chance: random.Random) -> bytes:
        if chance.random() < 0.3:
            return mutated(chance, [b"\n".join(lines) + b"\n"])
        kept = [odd_json(chance, line) if chance.random() < 0.3 else line for line in lines]
        return b"\n".join(kept) + b"\n"

    return feed


def _table(frame: pl.DataFrame, metadata: dict[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream, metadata=metadata)
    return stream.getvalue()


def of_table(frame: pl.DataFrame, metadata: dict[str, str] | None = None) -> Fed:
    """Mutate the values of a table, the kinds of its columns, or the bytes of its file."""
    whole = [_table(frame, metadata)]
    about = (metadata or {}).items()

    def feed(chance: random.Random) -> bytes:
        if chance.random() < 0.5:
            return mutated(chance, whole)
        name = chance.choice(frame.columns)
        if chance.random() < 0.15:
            return _table(frame.drop(name), metadata)
        values = frame[name].to_list()
        odd = odd_value(chance, 8)
        values[chance.randrange(len(values))] = odd
        kind = frame[name].dtype if chance.random() < 0.5 else None
        for series in (partial(pl.Series, name, values, kind, strict=False),
                       partial(pl.Series, name, [odd] * len(values))):  # fmt: skip
            with suppress(pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError,
                          ValueError, OverflowError):  # fmt: skip
                stated = {name: odd_json(chance, text.encode()).decode() for name, text in about}
                return _table(frame.with_columns(series()), stated or None)
        return mutated(chance, whole)

    return feed


# The readers


def readers(world: World) -> list[Reader]:
    """Return all readers."""
    return [*_of_archives(world), *_of_files(world), *_of_lists(world), *_of_our_own(world)]


def _of_archives(world: World) -> list[Reader]:
    (ranks,) = world.files("projects/**/*-domain-ranks.txt.gz")
    keys = [gzip.decompress(path.read_bytes()) for path in world.files("crawl-data/*/*.paths.gz")]
    (cluster,) = world.files(f"cc-index/collections/{CRAWL.crawl}/indexes/cluster.idx")
    name, offset, length = cluster.read_text().splitlines()[0].split("\t")[1:4]
    assert offset == "0"
    block = zlib.decompress(cluster.with_name(name).read_bytes()[: int(length)], 31)
    (part,) = world.files(f"cc-index/table/**/crawl={CRAWL.crawl}/subset=robotstxt/*.parquet")[:1]
    index = pl.read_parquet(part, hive_partitioning=False)
    rank_text = gzip.decompress(ranks.read_bytes())
    warcs = [path.read_bytes() for path in world.files("crawl-data/**/*.warc.gz")]
    plain = [gzip.decompress(raw) for raw in warcs]
    listed = [(world.archive / "collinfo.json").read_bytes()]
    graphs = [(world.archive / "graphinfo.json").read_bytes()]
    return [
        Reader("collinfo.json", ["two crawls"], of_json(listed), partial(_collinfo, world)),
        Reader("paths", ["keys of each kind"], packed(of_bytes(keys), keys),
               partial(_paths, world)),
        Reader("cluster.idx", ["of one crawl"], of_bytes([cluster.read_bytes()]),
               partial(_cluster, world)),
        Reader("CDX", ["a block"], packed(of_bytes([block]), [block]), partial(_cdx, world)),
        Reader("Parquet index", ["a part"], of_table(index), partial(_columnar, world)),
        Reader("WARC", ["two files, packed or not"], of_bytes([*warcs, *plain]),
               partial(_warc, world)),
        Reader("web graph ranks", ["four domains"], packed(of_bytes([rank_text]), [rank_text]),
               partial(_web_graph, world, ranks)),
        Reader("graphinfo.json", ["one release"], of_json(graphs), partial(_graphinfo, world)),
    ]  # fmt: skip


def _collinfo(world: World, data: bytes) -> None:
    own = world.folder / "listed"
    own.mkdir(exist_ok=True)
    (own / "collinfo.json").write_bytes(data)
    found = loops.run(list_crawls(DirectoryMirror(str(own)))).entries
    for crawl in choose(found, "all", subset=False):
        tells_targets(crawl)
        loops.run(dated(world.mirror, crawl))


def _paths(world: World, data: bytes) -> None:
    own = world.folder / "listed/crawl-data/X"
    own.mkdir(exist_ok=True, parents=True)
    (own / "robotstxt.paths.gz").write_bytes(data)
    mirror = DirectoryMirror(str(world.folder / "listed"))
    keys = loops.run(paths(mirror, "X", "robotstxt"))
    period_of(keys)
    for key in keys:
        path = mirror.local_path(key)
        assert path is None or path.resolve().is_relative_to(world.folder / "listed")


def _cluster(world: World, data: bytes) -> None:
    index = ClusterIndex(world.put("cluster.idx", data))
    for key in ("com,example,a)/robots.txt", "a", "zzz", "org,example)/robots.txt"):
        for name, offset, length in index.blocks(key):
            assert "/" not in name
            folder = f"cc-index/collections/{CRAWL.crawl}/indexes"
            loops.run(world.mirror.read(f"{folder}/{name}", offset, length))


def _cdx(world: World, data: bytes) -> None:
    own = world.folder / f"cdx/cc-index/collections/{CRAWL.crawl}/indexes"
    own.mkdir(exist_ok=True, parents=True)
    (own / "cdx-00000.gz").write_bytes(data)
    line = f"com,a)/ 20250101000000\tcdx-00000.gz\t0\t{len(data)}\t1\n"
    cluster = ClusterIndex(world.put("cluster-of-one.idx", line.encode()))
    index = ZipNum(DirectoryMirror(str(world.folder / "cdx")), CRAWL.crawl, cluster)
    for rows in loops.run(index.look_up(URLS)).values():
        for row in rows:
            named(CRAWL.crawl, row)


def _columnar(world: World, data: bytes) -> None:
    index = Columnar([world.put("part.parquet", data)])
    for rows in loops.run(index.look_up(URLS)).values():
        for row in rows:
            named(CRAWL.crawl, row)


def _warc(world: World, data: bytes) -> None:
    _imported(world, "x.warc.gz" if data[:2] == b"\x1f\x8b" else "x.warc", data)


def _web_graph(world: World, ranks: Path, data: bytes) -> None:
    path = world.folder / "graph" / ranks.relative_to(world.archive)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(data)
    (world.folder / "graph/graphinfo.json").write_bytes(
        (world.archive / "graphinfo.json").read_bytes()
    )
    found = loops.run(ranking_lines(DirectoryMirror(str(world.folder / "graph")), 100))
    from crawlblock.sources.files.host_lists import list_of_lines

    list(Ranking(list_of_lines(found.lines).entries()))


def _graphinfo(world: World, data: bytes) -> None:
    (world.archive / "graphinfo.json").write_bytes(data)
    loops.run(ranking_lines(world.mirror, 100))


def _of_files(world: World) -> list[Reader]:
    fetches = pl.DataFrame(
        {
            "host": HOSTS,
            "fetch_time": ["2024-01-01T12:00:00Z", "2024-01-02", "2024-02", "20240103000000"],
            "status": ["200", "404", "error_dns", "200.0"],
            "body": ["User-agent: *\nDisallow: /\n", "", None, 'a,"b"\n'],
            "url": [URLS[0], None, None, "https://other.example/robots.txt"],
            "headers": ['{"Server": "nginx"}', None, "[]", None],
            "snapshot": ["2024-01", "", None, None],
        }
    )
    spans = fetches.drop("fetch_time", "snapshot").with_columns(
        first_seen=pl.Series(["2024-01-01", "2024-01-05", "2023-12", "2024-01-01"]),
        last_seen=pl.Series(["2024-03-01", "2024-01-07", "2024-01", "2024-01-01T00:00:00+02:00"]),
    )
    tables = [fetches, spans]
    lines = [json.dumps(row).encode() for row in fetches.to_dicts()]
    csv = [table.write_csv().encode() for table in tables]
    timed = fetches.with_columns(
        fetch_time=pl.Series([datetime(2024, 1, n) for n in (1, 2, 3, 4)]),
        status=pl.Series([200, 404, None, 200]),
    )
    at = [b"observed_at\n2024-01-01\n2024-02-01T00:00:00Z\n", b"n,date\n1,2024-03-03\n"]
    odd: Fed = lambda chance: of_table(chance.choice((fetches, spans, timed)))(chance)  # noqa: E731
    return [
        Reader("CSV import", ["fetches, spans"], of_bytes(csv), partial(_csv, world)),
        Reader("JSONL import", ["fetches"], lines_of_json(lines), partial(_jsonl, world)),
        Reader("Parquet import", ["fetches, spans, times"], odd, partial(_parquet, world)),
        Reader("observation times", ["two files"], of_bytes(at),
               lambda data: read_observation_times(world.put("at.csv", data))),
    ]  # fmt: skip


def _imported(world: World, name: str, data: bytes) -> None:
    files = Files([world.put(name, data)])
    for batch in files.read():
        json.dumps([batch.fetches.to_dicts(), batch.asked.to_dicts()], default=str).encode()
    [str(out).encode("utf-8", "backslashreplace") for out in files.left_out]


def _csv(world: World, data: bytes) -> None:
    _imported(world, "x.csv", data)


def _jsonl(world: World, data: bytes) -> None:
    _imported(world, "x.jsonl", data)


def _parquet(world: World, data: bytes) -> None:
    _imported(world, "x.parquet", data)


def _of_lists(world: World) -> list[Reader]:
    columns = "outlet,domain,country\n" + "".join(f'"The, {h}",{h},US\n' for h in HOSTS)
    ranks = [
        "".join(f"{n},{host}\n" for n, host in enumerate(HOSTS, 1)).encode(),
        ("GlobalRank,Domain\n" + "".join(f"{n},{h}\n" for n, h in enumerate(HOSTS, 1))).encode(),
    ]
    tokens = "domain,c4_tokens,pages\n" + "".join(
        f"{host},{n},{n}\n" for n, host in enumerate(HOSTS)
    )
    objects = [json.dumps({"domain": host, "n": {"x": 1}}).encode() for host in HOSTS]
    whole = json.dumps([{"url": url, "n": 1} for url in URLS]).encode()
    lists = ["\n".join(HOSTS).encode(), columns.encode(), whole, b"\n".join(objects),
             columns.replace(",", ";").encode("utf-16"),
             "\n".join(URLS).encode("latin-1")]  # fmt: skip
    table = pl.DataFrame({"domain": HOSTS, "rank": [1, 2, 3, 4], "c4_tokens": [1, 2, 3, 4]})

    def fed(seeds: list[bytes]) -> Fed:
        files = [*seeds, _table(table), gzip.compress(seeds[0])]

        def feed(chance: random.Random) -> bytes:
            kind = chance.randrange(10)
            if kind == 0:
                return of_table(table)(chance)
            if kind == 1:
                return odd_json(chance, whole)
            return mutated(chance, files if kind == 2 else seeds)

        return feed

    return [
        Reader("list", ["text, CSV, JSON, JSONL, UTF-16, Parquet, gzip"], fed(lists),
               lambda data: from_list(world.put("list", data), "p")),
        Reader("ranks", ["with and without header, Parquet, gzip"], fed(ranks),
               lambda data: (_both_ranks(world.put("ranks", data)))),
        Reader("weights", ["C4 tokens and pages, Parquet, gzip"], fed([tokens.encode()]),
               lambda data: read_weights(world.put("weights", data), lambda _: None, "X")),
    ]  # fmt: skip


def _both_ranks(path: Path) -> None:
    try:
        from_ranking(path, "p", "seed", 2)
    except InputError:
        read_ranks(path)
    else:
        read_ranks(path)


def _of_our_own(world: World) -> list[Reader]:
    plan = (world.scan / "plan.json").read_bytes()
    shards = sorted((world.scan / "shards").glob("*.parquet"))
    about = pl.read_parquet_metadata(shards[0])[KEY]
    shard = of_table(pl.read_parquet(shards[0]), {KEY: about})
    whole = [json.dumps(json.loads(plan)).encode(), plan]
    toml = [(REGISTRY / f"{name}.toml").read_bytes()[:3_000].rpartition(b"\n\n")[0]
            for name in ("crawlers", "breaks")]  # fmt: skip
    return [
        Reader("plan", ["of two crawls, on lines and on one"], of_json(whole),
               partial(_plan, world)),
        Reader("shard", ["of one file"], shard, partial(_shard, world, shards)),
        Reader("journal", ["of four visits"], _journal_feed(world), partial(_journal, world)),
        Reader("TOML", ["crawlers, breaks"], of_bytes(toml), _toml),
        Reader("own entries", ["crawler, template, event, metric"],
               of_bytes([text.encode() for text in OWN.values()]), partial(_own, world)),
    ]  # fmt: skip


def _plan(world: World, data: bytes) -> None:
    own = world.folder / "planned"
    own.mkdir(exist_ok=True)
    (own / "plan.json").write_bytes(data)
    plan = read_plan(own)
    plan.minutes(1.0)
    for task in tasks(plan, plan.shards, own, None, Limits()):
        assert (own / "shards" / task.shard.shard).resolve().is_relative_to(own.resolve())


def _shard(world: World, shards: Sequence[Path], data: bytes) -> None:
    own = world.folder / "sharded"
    (own / "shards").mkdir(exist_ok=True, parents=True)
    (own / "plan.json").write_bytes((world.scan / "plan.json").read_bytes())
    (own / "shards" / shards[0].name).write_bytes(data)
    for found in find_shards([own]):
        period(found)


def _journal_feed(world: World) -> Fed:
    path = world.folder / "live.duckdb"
    time = datetime(2026, 11, 20, 23, 59)
    with Archive(world.folder / "warc", "live-2026-11-20", "agent") as archive, Journal(path) as j:
        for host in HOSTS:
            answer = Answer(
                f"http://{host}/robots.txt", time, "", (), 200, "OK", (), TEXT, None, ()
            )
            place = archive.add(answer)
            fetch = Fetch(
                snapshot="live-2026-11-20", host=host, resource="/robots.txt", secure=False,
                fetch_time=time, status=200, digest=digest(TEXT), warc_file=place.warc_file,
                warc_offset=place.offset, warc_length=place.length,
            )  # fmt: skip
            j.add(Visit((Asked(snapshot=fetch.snapshot, host=host),), (fetch,)))
    raw = (world.folder / "live.duckdb.live-00000.journal").read_bytes()
    texts = [line.partition(b" ")[2] for line in raw.splitlines()]

    def feed(chance: random.Random) -> bytes:
        if chance.random() < 0.2:
            return mutated(chance, [raw])
        odd = odd_json if chance.random() < 0.7 else _mutated_text
        kept = [odd(chance, text) if chance.random() < 0.5 else text for text in texts]
        return b"".join(b"%08x %s\n" % (zlib.crc32(text), text) for text in kept)

    return feed


def _mutated_text(chance: random.Random, text: bytes) -> bytes:
    return mutated(chance, [text]).replace(b"\n", b" ")


def _journal(world: World, data: bytes) -> None:
    batch = read_journal(world.put("x.duckdb.live-00000.journal", data))
    json.dumps([batch.fetches.to_dicts(), batch.asked.to_dicts()], default=str).encode()


def _own(world: World, data: bytes) -> None:
    name = next(
        (name for name, text in OWN.items() if data[:9] == text.encode()[:9]), "events.toml"
    )
    folder = world.folder / "own" / name.partition(".")[0]
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    with registry.using(folder):
        registry.crawlers(), registry.templates(), registry.events(), metrics()


def _toml(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    found = read_entries(text, "x.toml")
    made: Any = made_of(found, "x.toml", crawler_of) if "token" in text else None
    made = made or made_of(found, "x.toml", lambda entry: Break(**entry))
    repr(made)
