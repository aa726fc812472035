"""Measures how fast robots.txt files are judged, and whether memory grows.

The corpora are Parquet files with a column `body` of bytes.  Every contestant judges the same
distinct bodies for the same crawlers in every round, one after the other in the same process, in an
order that turns from round to round.  Times are of the process.  An import or a merge asks more of
a text than verdicts: who wrote its blocks, what it states besides, which of its lines bind nobody.
That is measured for all files and all crawlers.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from urllib.robotparser import RobotFileParser

import polars as pl
from machine import resident
from measured import CORPUS, Measurement, alone, in_turns, paired, parquet_files, processor_time
from protego import Protego

from crawlblock.pipeline.judging import Judging
from crawlblock.registry import crawlers
from crawlblock.robots.judge import Judge
from crawlblock.store.conclusions import PendingText

CRAWLERS = 150
BATCH = 2_000  # texts
ROOT = "https://host.invalid/"
SMALL = 20_000  # bytes; of a file used for the memory test, to keep it short
SMOKE = {"rounds": 1, "pattern": "publishers_*", "files": 200}

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


def with_all_questions(bodies: Sequence[bytes]) -> None:
    """Find all that bodies mean, in batches as an import does, starting with nothing known."""
    judging = Judging()
    texts = (PendingText(number, body) for number, body in enumerate(bodies))
    while batch := list(islice(texts, BATCH)):
        judging.batch(batch)


OURS = "crawlblock"
CONTESTANTS: dict[str, Contestant] = {
    OURS: with_crawlblock,
    "protego": with_protego,
    "urllib": with_urllib,
}


def read(folder: Path, pattern: str) -> dict[str, list[bytes]]:
    """Return the distinct bodies of each corpus of a folder, and of all of them together."""
    corpora = {}
    for path in parquet_files(folder, pattern):
        bodies = pl.read_parquet(path, columns=["body"])["body"].drop_nulls()
        corpora[path.stem] = sorted(set(bodies.to_list()))
    corpora["all"] = sorted(set().union(*corpora.values()))
    return corpora


def rates(bodies: Sequence[bytes], tokens: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Return the files judged in a second, by contestant and round."""
    calls = {
        name: partial(processor_time, partial(contestant, bodies, tokens))
        for name, contestant in CONTESTANTS.items()
    }
    seconds = in_turns(calls, rounds)
    return {name: [len(bodies) / each for each in taken] for name, taken in seconds.items()}


def memory(bodies: Sequence[bytes], tokens: Sequence[str], files: int) -> tuple[float, float]:
    """Return the MiB after a tenth and after all of ever new variations of bodies are judged."""
    judge = Judge(tokens)
    early = 0.0
    for number, body in enumerate(islice(cycle(bodies), files), 1):
        new = b"User-agent: bot%d\nDisallow: /%d/\nAllow: /*/%d\n" % (number, number, number)
        judge.policy(new + body)
        if number == files // 10:
            early = resident()
    return early, resident()


def measure(
    rounds: int = 5, corpus: Path = CORPUS, pattern: str = "*", files: int = 1_000_000
) -> Iterator[Measurement]:
    """Measure how fast each corpus is judged, and what memory so many files take."""
    corpora = read(corpus, pattern)
    tokens = [crawler.token for crawler in crawlers()][:CRAWLERS]
    for name, bodies in corpora.items():
        given = rates(bodies, tokens, rounds)
        mean = sum(map(len, bodies)) // len(bodies)
        what = f"{name}: {len(bodies):,} files of {mean:,} B"
        for other in (name for name in CONTESTANTS if name != OURS):
            yield paired(what, "files/s", given[OURS], given[other], other)
    asked = partial(with_all_questions, corpora["all"])
    found = [len(corpora["all"]) / processor_time(asked) for _ in range(rounds)]
    yield alone(f"all that {len(corpora['all']):,} files mean", "files/s", found)
    small = [body for body in corpora["all"] if len(body) < SMALL]
    early, late = memory(small, tokens, files)
    what = f"memory after {files:,} files"
    yield paired(what, "MiB", [late], [early], f"after {files // 10:,}")
