"""How often the rule for "this 200 body is not a robots.txt" is wrong, on labelled real bodies.

The labels (tests/robots/labels.csv) have the digest of a body and what a person saw in it: `robots`
or `not`.  Looked at were all bodies that the rule rejects although they have no markup, all that it
accepts without a group or with markup, and seeded samples of the others.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl
from measured import CORPUS, Measurement, alone, parquet_files

from crawlblock.intervals import wilson
from crawlblock.robots.parser import parse
from crawlblock.robots.sniff import _DOCUMENT, _MAGIC, _MARKUP, is_robots
from crawlblock.warc.http import digest

ROOT = Path(__file__).parent.parent
LABELS = ROOT / "tests" / "robots" / "labels.csv"
SAMPLE, SEED = 60, 14  # bodies of each stratum that is not looked at whole
SHORT = 2_000  # bytes
SMOKE = {"pattern": "publishers_*"}


def bodies(corpus: Path, pattern: str) -> list[bytes]:
    """Return the distinct bodies of the corpora in a fixed order."""
    paths = parquet_files(corpus, pattern)
    frames = [pl.read_parquet(path, columns=["body"]) for path in paths]
    texts = {path.read_bytes() for path in corpus.glob("*/*.txt")}
    return sorted(texts.union(*(frame["body"].drop_nulls().to_list() for frame in frames)))


def stratum(body: bytes) -> str:
    """Return which kind of body it is, by today's rule."""
    text = body[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    markup = body.startswith(_MAGIC) or _DOCUMENT.match(text) or _MARKUP.match(text)
    if not is_robots(body):
        return "rejected, markup" if markup else "rejected, plain text"
    if markup:
        return "accepted, markup"
    if not parse(body):
        return "accepted, no group"
    return "accepted, groups, short" if len(body) < SHORT else "accepted, groups, long"


def sampled(strata: Mapping[str, list[bytes]]) -> list[bytes]:
    """Return the bodies to look at."""
    rng = random.Random(SEED)
    sampled = [
        rng.sample(strata[name], min(SAMPLE, len(strata[name])))
        for name in ("rejected, markup", "accepted, groups, short")
    ]
    whole = ("rejected, plain text", "accepted, no group", "accepted, markup")
    return [body for name in whole for body in strata[name]] + sampled[0] + sampled[1]


def by_stratum(found: Iterable[bytes]) -> dict[str, list[bytes]]:
    """Sort bodies by stratum."""
    strata: dict[str, list[bytes]] = defaultdict(list)
    for body in found:
        strata[stratum(body)].append(body)
    return strata


def _share(wrong: int, seen: int) -> str:
    low, high = wilson(wrong / seen, seen)
    return f"{100 * wrong / seen:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def measure(
    corpus: Path = CORPUS, pattern: str = "*", sample: bool = False
) -> Iterator[Measurement]:
    """Measure which share of the labelled bodies of each stratum the rule takes for what they are.

    `sample` prints the digests of the sampled bodies that have no label yet.
    """
    labels = dict(csv.reader(LABELS.read_text("utf-8").splitlines()[1:]))
    strata = by_stratum(bodies(corpus, pattern))
    missing = [digest(body) for body in sampled(strata) if digest(body) not in labels]
    print("| stratum | bodies | looked at | wrong | share wrong, 95 % interval |")
    print("|---|---|---|---|---|")
    for name in sorted(strata):
        seen = [labels[digest(body)] for body in strata[name] if digest(body) in labels]
        wrong = seen.count("not" if name.startswith("accepted") else "robots")
        share = _share(wrong, len(seen)) if seen else ""
        print(f"| {name} | {len(strata[name]):,} | {len(seen)} | {wrong} | {share} |")
        if seen:
            what = f"taken for what they are: {name}, {len(seen)} bodies"
            yield alone(what, "%", [100 - 100 * wrong / len(seen)])
    print(f"{len(labels)} labels, {len(missing)} sampled bodies without one")
    if sample:
        print(*missing, sep="\n")
