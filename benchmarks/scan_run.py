"""Measures how fast whole WARC files are read and judged, against others doing less.

Usage:
    python benchmarks/scan_run.py CORPUS DIRECTORY [--rounds 5] [--files 201]

CORPUS is a folder of Parquet files with columns `host` and `body`.  The first run builds a crawl of
100,500 responses around its bodies in DIRECTORY, in the proportions of real ones (64 % 200, 18 %
301, 14 % 404, 4 % 403 and 503); a host is drawn evenly, then one of its bodies.  In each round all
contestants read all of it, in an order that turns.  crawlblock reads it as a worker does: in a new
process that knows nothing, shard by shard, each written to the disk; after each shard it finds the
verdicts of the texts that none before had, as merging does.  Times are of the process
(starting it left out), ratios medians over the rounds.  What is asked is how much one core does:
set POLARS_MAX_THREADS=1.
"""

import argparse
import gc
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.metadata import version
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import polars as pl
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import response
from judge import describe, resident
from protego import Protego
from scan_crawl import CRAWL, build_crawl
from warcio.archiveiterator import ArchiveIterator

from crawlblock.registry import crawlers
from crawlblock.robots.judge import STAR, Judge
from crawlblock.scan.inputs import Task
from crawlblock.scan.plan import Plan, TakenFiles, cut
from crawlblock.scan.shard import run_shard, shard_path, tasks
from crawlblock.transport import Limits

FEW = 30  # crawlers that protego judges

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


def _tasks(files: Sequence[Path], folder: Path, size: int = 20) -> list[Task]:
    """Return the tasks of some files of the crawl, none of which is done."""
    mirror = files[0].parents[5]
    keys = [str(path.relative_to(mirror)) for path in files]
    shards = cut(CRAWL.crawl, keys, size)
    taken = TakenFiles(CRAWL.crawl, len(keys), len(keys))
    plan = Plan(str(mirror), "", 1.0, 0, (taken,), tuple(shards))
    aside = Path(tempfile.mkdtemp(dir=folder))
    return list(tasks(plan, shards, aside, None, Limits()))


def measure(files: Sequence[Path], rounds: int, folder: Path) -> dict[str, list[float]]:
    """Return the responses read in a second of the processor, by contestant and round."""
    names = (*CONTESTANTS, OURS)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for path in files:
        path.read_bytes()  # into the cache of the system
    for turn in range(rounds):
        for name in islice(cycle(names), turn, turn + len(names)):
            if name == OURS:
                responses, seconds = with_crawlblock(files, folder)
            else:
                gc.collect()
                begun = time.process_time()
                responses = CONTESTANTS[name](files)
                seconds = time.process_time() - begun
            rates[name].append(responses / seconds)
    return rates


def with_crawlblock(files: Sequence[Path], folder: Path) -> tuple[int, float]:
    """Read, write shards and judge for all crawlers in a new process; return its seconds, too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        done = list(pool.map(read_and_judge, _tasks(files, folder)))
    return sum(captures for captures, _ in done), sum(seconds for _, seconds in done)


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


def print_rates(rates: dict[str, list[float]]) -> None:
    """Print a Markdown table of medians and of the medians of paired ratios."""
    print("| reads and judges | responses/s | crawlblock is |\n|---|---|---|")
    for name, each in rates.items():
        ratio = statistics.median(
            ours / other for ours, other in zip(rates[OURS], each, strict=True)
        )
        print(f"| {name} | {statistics.median(each):,.0f} | {ratio:.2f} x |")


def measure_processes(files: Sequence[Path], rounds: int, folder: Path) -> None:
    """Print how much faster two processes are than one by the clock, beside two busy loops."""
    read, spun, used = [], [], []
    for _ in range(rounds):
        one, two = (_with_processes(number, files, folder) for number in (1, 2))
        read.append(one.read / two.read)
        spun.append(one.spun / two.spun)
        used.append(two.cores / one.cores)
    share = statistics.median(ours / bare for ours, bare in zip(read, spun, strict=True))
    print(
        f"two processes: {_told(read)} x one by the clock; two busy loops: {_told(spun)} x one; "
        f"that is {share:.2f} of them; together they use {_told(used)} x its processor time"
    )


def _told(each: Sequence[float]) -> str:
    return f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"


class _Taken(NamedTuple):
    """Seconds that some processes took."""

    spun: float  # by the clock, for busy loops
    read: float  # by the clock, for shards
    cores: float  # of the processor, for shards


def _with_processes(number: int, files: Sequence[Path], folder: Path) -> _Taken:
    """Run busy loops, then read, in processes that have started; all shards are alike."""
    given = _tasks(files[: len(files) // 20 * 20], folder, 10)
    with ProcessPoolExecutor(number, get_context("spawn")) as pool:
        list(pool.map(time.sleep, [3] * number))  # each imports meanwhile
        begun = time.perf_counter()
        list(pool.map(_spin, [10_000_000] * 8))
        between = time.perf_counter()
        cores = sum(done.seconds for done in pool.map(run_shard, given))
    return _Taken(between - begun, time.perf_counter() - between, cores)


def _spin(turns: int) -> None:
    """Keep a core busy and no memory."""
    for _ in range(turns):
        pass


def measure_memory(files: Sequence[Path], folder: Path, total: int = 1_000) -> None:
    """Print the memory of a process that reads a thousand files, again from the first after all."""
    told = []
    many = list(islice(cycle(files), total))
    for start in range(0, total, 20):
        for task in _tasks(many[start : start + 20], folder):
            run_shard(task)
        if (start + 20) % 200 == 0:
            told.append(f"{resident():.0f}")
    print(f"memory after each 200 files: {', '.join(told)} MiB")


def main() -> None:
    """Build what is read, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("directory", type=Path, help="for the crawl, some 250 MB; kept")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=201, help="of 500 responses each")
    options = parser.parse_args()
    build_crawl(options.corpus, options.directory)
    found = options.directory.glob("crawl-data/*/segments/*/robotstxt/*.warc.gz")
    files = sorted(found)[: options.files]
    print(f"{describe()}, FastWARC {version('fastwarc')}; {len(crawlers())} crawlers\n")
    with tempfile.TemporaryDirectory(dir=options.directory) as folder:
        print_rates(measure(files, options.rounds, Path(folder)))
        print()
        measure_processes(files, 3, Path(folder))
        measure_memory(files, Path(folder))


if __name__ == "__main__":
    main()
