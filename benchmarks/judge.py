"""Measures how fast robots.txt files are judged, and whether memory grows.

Usage:
    python benchmarks/judge.py CORPUS [--rounds 3] [--files 1000000]

CORPUS is a folder of Parquet files with a column `body` of bytes.  Every contestant judges the same
distinct bodies for the same crawlers in every round, one after the other in the same process, in an
order that turns from round to round.  Times are of the process, medians over the rounds.
"""

import argparse
import gc
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from urllib.robotparser import RobotFileParser

import polars as pl
from protego import Protego

import crawlblock
from crawlblock.registry import crawlers
from crawlblock.robots.judge import Judge

CRAWLERS = 150
ROOT = "https://host.invalid/"
MARKS = (100_000, 500_000)  # judged files after which memory is read, beside the last one
SMALL = 20_000  # bytes; of a file used for the memory test, to keep it short

Contestant = Callable[[Sequence[bytes], Sequence[str]], None]


def with_crawlblock(bodies: Sequence[bytes], tokens: Sequence[str]) -> None:
    """Judge with crawlblock, which starts knowing nothing."""
    judge = Judge(tokens)
    for body in bodies:
        judge.policy(body)


def with_protego(bodies: Sequence[bytes], tokens: Sequence[str]) -> None:
    """Judge the root with protego."""
    for body in bodies:
        robots = Protego.parse(body.decode("utf-8-sig", errors="ignore"))
        for token in tokens:
            robots.can_fetch(ROOT, token)


def with_urllib(bodies: Sequence[bytes], tokens: Sequence[str]) -> None:
    """Judge the root with the standard library."""
    for body in bodies:
        robots = RobotFileParser()
        robots.parse(body.decode("utf-8-sig", errors="ignore").splitlines())
        for token in tokens:
            robots.can_fetch(token, ROOT)


CONTESTANTS: dict[str, Contestant] = {
    "crawlblock": with_crawlblock,
    "protego": with_protego,
    "urllib": with_urllib,
}


def read(folder: Path) -> dict[str, list[bytes]]:
    """Return the distinct bodies of each file of a folder, and of all of them together."""
    corpora = {}
    for path in sorted(folder.glob("*.parquet")):
        bodies = pl.read_parquet(path, columns=["body"])["body"].drop_nulls()
        corpora[path.stem] = sorted(set(bodies.to_list()))
    corpora["all"] = sorted(set().union(*corpora.values()))
    return corpora


def measure(bodies: Sequence[bytes], tokens: Sequence[str], rounds: int) -> dict[str, float]:
    """Return the files judged in a second, by contestant."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for start in range(rounds):
        for name in islice(cycle(CONTESTANTS), start, start + len(CONTESTANTS)):
            gc.collect()
            begun = time.process_time()
            CONTESTANTS[name](bodies, tokens)
            seconds[name].append(time.process_time() - begun)
    return {name: len(bodies) / statistics.median(taken) for name, taken in seconds.items()}


def measure_memory(bodies: Sequence[bytes], tokens: Sequence[str], files: int) -> None:
    """Print the memory of a process that judges ever new variations of some bodies."""
    judge = Judge(tokens)
    begun = time.process_time()
    for number, body in enumerate(islice(cycle(bodies), files), 1):
        new = b"User-agent: bot%d\nDisallow: /%d/\nAllow: /*/%d\n" % (number, number, number)
        judge.policy(new + body)
        if number in (*MARKS, files):
            seconds = time.process_time() - begun
            print(f"{number:9} files  {resident():6.0f} MiB  {seconds:6.0f} s", flush=True)


def resident() -> float:
    """Return the resident memory of this process in MiB; Linux only."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def describe() -> str:
    """Return the machine and the versions."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    cores = 0
    for line in info.read_text().splitlines() if info.exists() else ():
        cores += line.startswith("processor")
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
    return (
        f"{cores} cores/{cpu}, Python {platform.python_version()}, "
        f"crawlblock {crawlblock.__version__}, protego {version('protego')}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    here = Path(__file__).parents[2] / "shared" / "corpus"
    parser.add_argument("corpus", type=Path, nargs="?", default=here, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=1_000_000, help="judged for the memory test")
    options = parser.parse_args()
    if not any(options.corpus.glob("*.parquet")):
        parser.error(f"{options.corpus}: no Parquet files; name a folder that has some")
    corpora = read(options.corpus)
    tokens = [crawler.token for crawler in crawlers()][:CRAWLERS]
    print(f"{describe()}; {len(tokens)} crawlers, {options.rounds} rounds; files/s")
    print(f"{'corpus':32}{'files':>8}{'mean B':>8}" + "".join(f"{n:>12}" for n in CONTESTANTS))
    for name, bodies in corpora.items():
        rates = measure(bodies, tokens, options.rounds)
        mean = sum(map(len, bodies)) // len(bodies)
        print(f"{name:32}{len(bodies):8}{mean:8}" + "".join(f"{r:12.0f}" for r in rates.values()))
    small = [body for body in corpora["all"] if len(body) < SMALL]
    measure_memory(small, tokens, options.files)


if __name__ == "__main__":
    main()
