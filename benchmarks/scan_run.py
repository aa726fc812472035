"""Measures how fast whole WARC files are read and judged, against others doing less.

The corpora are Parquet files with columns `host` and `body`.  The first run builds a crawl of
100,500 responses around their bodies in a directory, in the proportions of real ones (64 % 200,
18 % 301, 14 % 404, 4 % 403 and 503); a host is chosen at random, then a body of it.  In each round
all contestants read all of it, in an order that turns.  crawlblock reads it as a worker does: in a
new process that knows nothing, shard by shard, each written to the disk; after each shard it finds
the verdicts of the texts that none before had, as merging does.  Times are of the process (starting
it left out).  What is asked is how much one core does, so POLARS_MAX_THREADS is 1.
"""

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import polars as pl
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import response
from machine import aside, resident
from measured import (
    CORPUS,
    Measurement,
    alone,
    at_least,
    at_most,
    folders,
    in_turns,
    paired,
    timed,
)  # fmt: skip
from protego import Protego
from scan_crawl import CRAWL, RESPONSES, build_crawl
from warcio.archiveiterator import ArchiveIterator

from crawlblock.registry import crawlers
from crawlblock.robots.judge import STAR, Judge
from crawlblock.scan.inputs import Task
from crawlblock.scan.plan import Plan, TakenFiles, cut
from crawlblock.scan.shard import run_shard, shard_path, tasks
from crawlblock.transport import Limits

FEW = 30  # crawlers that protego judges
SMOKE = {
    "rounds": 1, "pattern": "publishers_*", "directory": "", "responses": 100, "again": 40,
    "spins": 1_000, "wait": 0.0,
}  # fmt: skip

Contestant = Callable[[Sequence[Path]], int]  # files: responses


def with_protego(files: Sequence[Path]) -> int:
    """Read with warcio and judge / with protego, as a first program would."""
    tokens = [crawler.token for crawler in crawlers()][:FEW]
    responses = 0
    for path in files:
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type != "response":
                    continue
                responses += 1
                body = record.content_stream().read()
                if record.http_headers.get_statuscode() == "200":
                    robots = Protego.parse(body.decode("utf-8-sig", errors="ignore"))
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    for token in tokens:
                        robots.can_fetch(url, token)
    return responses


def with_line_patterns(files: Sequence[Path]) -> int:
    """Do what Common Crawl's job does: warcio, then rules by agent from lines and patterns.

    After its description: no percent-decoding, no 500 KiB cap, a rule dictionary for each agent,
    which is compared with literal forms of refusing and allowing everything.
    """
    responses = 0
    counts: Counter[tuple[str, str]] = Counter()
    for path in files:
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type != "response":
                    continue
                responses += 1
                body = record.content_stream().read()
                if record.http_headers.get_statuscode() != "200":
                    continue
                head = body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
                if head[:1] == b"<":
                    continue
                for agent, rules in _rule_lists(body).items():
                    counts[agent, _class(rules)] += 1
    return responses


_AGENT = re.compile(r"^\s*user-?agent\s*:\s*(.*?)\s*(?:#.*)?$", re.IGNORECASE)
_RULE = re.compile(r"^\s*(allow|disallow|crawl-delay)\s*:\s*(.*?)\s*(?:#.*)?$", re.IGNORECASE)
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(.*?)\s*$", re.IGNORECASE)


def _rule_lists(body: bytes) -> dict[str, dict[str, list[str]]]:
    """Return the rules of each agent by kind, in the order of their lines."""
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    found: dict[str, dict[str, list[str]]] = {}
    agents: list[str] = []
    collecting = False
    for line in text.split("\n"):
        if matched := _AGENT.match(line):
            agents = [*agents, matched[1]] if collecting else [matched[1]]
            found.setdefault(matched[1], {})
            collecting = True
        elif matched := _RULE.match(line):
            collecting = False
            for agent in agents:
                found[agent].setdefault(matched[1].lower(), []).append(matched[2])
        elif _SITEMAP.match(line):
            continue
    return found


def _class(rules: dict[str, list[str]]) -> str:
    if rules == {"disallow": ["/"]}:
        return "none"
    return "all" if rules in ({}, {"disallow": [""]}, {"allow": ["/"]}) else "part"


def with_bodies_alone(files: Sequence[Path]) -> int:
    """Read the bodies with FastWARC and do nothing with them: the floor."""
    responses = 0
    for path in files:
        for record in FastIterator(str(path), record_types=response, parse_http=True):
            record.reader.read()
            responses += 1
    return responses


NAIVE, PATTERNS = "warcio + protego, 30 crawlers", "warcio + line patterns, rules counted"
FLOOR = "FastWARC, bodies alone"
OURS = "crawlblock, every crawler, shards written"
CONTESTANTS: dict[str, Contestant] = {
    NAIVE: with_protego,
    PATTERNS: with_line_patterns,
    FLOOR: with_bodies_alone,
}
GOALS = {NAIVE: at_least(6.5)}
PARALLEL = at_least(0.95)  # of what two busy loops reach
MEMORY = at_most(300)  # MiB of a process


def _tasks(files: Sequence[Path], folder: Path, size: int = 20) -> list[Task]:
    """Return the tasks of some files of the crawl, none of which is done."""
    mirror = files[0].parents[5]
    keys = [str(path.relative_to(mirror)) for path in files]
    shards = cut(CRAWL.crawl, keys, size)
    taken = TakenFiles(CRAWL.crawl, len(keys), len(keys))
    plan = Plan(str(mirror), "", 1.0, 0, (taken,), tuple(shards))
    aside = Path(tempfile.mkdtemp(dir=folder))
    return list(tasks(plan, shards, aside, None, Limits()))


def rates(files: Sequence[Path], rounds: int, folder: Path) -> dict[str, list[float]]:
    """Return the responses read in a second of the processor, by contestant and round."""
    for path in files:
        path.read_bytes()  # into the cache of the system
    counted: set[int] = set()

    def rate(taken: Callable[[], tuple[int, float]]) -> float:
        responses, seconds = taken()
        counted.add(responses)
        return responses / seconds

    calls = {
        name: partial(rate, partial(timed, partial(contestant, files)))
        for name, contestant in CONTESTANTS.items()
    }
    calls[OURS] = partial(rate, partial(with_crawlblock, files, folder))
    found = in_turns(calls, rounds)
    if len(counted) != 1:
        raise RuntimeError(f"the contestants read different numbers of responses: {counted}")
    return found


def with_crawlblock(files: Sequence[Path], folder: Path) -> tuple[int, float]:
    """Read, write shards and judge for all crawlers in a new process; return its seconds, too."""
    done = aside(read_all, _tasks(files, folder))
    return sum(captures for captures, _ in done), sum(seconds for _, seconds in done)


def read_all(given: Sequence[Task]) -> list[tuple[int, float]]:
    """Read some shards one after the other and judge their texts."""
    _judge.cache_clear()
    return [read_and_judge(task) for task in given]


def read_and_judge(task: Task) -> tuple[int, float]:
    """Read a shard and judge the texts that no shard before had; return captures and seconds."""
    done = run_shard(task)
    begun = time.process_time()
    path = shard_path(task.directory, task.shard.shard)
    judge, known = _judge()
    for name, text in pl.read_parquet(path, columns=["text", "rules"]).drop_nulls().iter_rows():
        if name not in known:
            known.add(name)
            judge.outline(text)
    return done.captures, done.seconds + time.process_time() - begun


@cache
def _judge() -> tuple[Judge, set[str]]:
    """Return what judges, once in a process, and the names of the texts that were judged."""
    return Judge([STAR, *(crawler.token for crawler in crawlers())]), set()


class _Taken(NamedTuple):
    """Seconds that some processes took."""

    spun: float  # by the clock, for busy loops
    read: float  # by the clock, for shards
    cores: float  # of the processor, for shards


def _with_processes(
    number: int, files: Sequence[Path], folder: Path, spins: int, wait: float
) -> _Taken:
    """Run busy loops, then read, in processes that have started; all shards are alike."""
    given = _tasks(files[: len(files) // 20 * 20] or files, folder, 10)
    with ProcessPoolExecutor(number, get_context("spawn")) as pool:
        list(pool.map(time.sleep, [wait] * number))  # each imports meanwhile
        begun = time.perf_counter()
        list(pool.map(_spin, [spins] * 8))
        between = time.perf_counter()
        cores = sum(done.seconds for done in pool.map(run_shard, given))
    return _Taken(between - begun, time.perf_counter() - between, cores)


def _spin(turns: int) -> None:
    """Keep a core busy and no memory."""
    for _ in range(turns):
        pass


def with_two_processes(
    files: Sequence[Path], rounds: int, folder: Path, spins: int, wait: float
) -> Iterator[Measurement]:
    """Yield how much faster two processes are than one by the clock, beside two busy loops."""
    read, spun, used = [], [], []
    for _ in range(rounds):
        one, two = (_with_processes(number, files, folder, spins, wait) for number in (1, 2))
        read.append(one.read / two.read)
        spun.append(one.spun / two.spun)
        used.append(two.cores / one.cores)
    yield paired("two processes", "x one", read, spun, "two busy loops", PARALLEL)
    yield alone("processor time of two processes", "x that of one", used)


def memory(files: Sequence[Path], folder: Path, total: int) -> list[float]:
    """Return the memory after each fifth of so many files, read again from the first after all."""
    found = []
    many = list(islice(cycle(files), total))
    for start in range(0, total, 20):
        for task in _tasks(many[start : start + 20], folder):
            run_shard(task)
        if (start + 20) % (total // 5 // 20 * 20 or 20) == 0:
            found.append(resident())
    print(f"memory after each fifth: {', '.join(f'{each:.0f}' for each in found)} MiB")
    return found


def measure(
    rounds: int = 5, corpus: Path = CORPUS, pattern: str = "*", directory: str = "build/scan",
    responses: int = RESPONSES, again: int = 1_000, spins: int = 10_000_000, wait: float = 3.0,
) -> Iterator[Measurement]:  # fmt: skip
    """Measure all contestants, two processes, and the memory of reading `again` files.

    The crawl, some 250 MB, is kept in the directory, if one is named.
    """
    with folders(directory) as (kept, temporary):
        place = kept / "crawl"
        build_crawl(corpus, pattern, place, responses)
        files = sorted(place.glob("crawl-data/*/segments/*/robotstxt/*.warc.gz"))
        found = rates(files, rounds, temporary)
        for name in CONTESTANTS:
            goal = GOALS.get(name)
            yield paired("reads and judges", "responses/s", found[OURS], found[name], name, goal)
        yield from with_two_processes(files, rounds, temporary, spins, wait)
        held = aside(memory, files, temporary, again)
        what = f"memory after {again:,} files"
        yield alone(what, "MiB", held[-1:], MEMORY)
        yield paired(what, "MiB", held[-1:], held[:1], "after a fifth of them")
