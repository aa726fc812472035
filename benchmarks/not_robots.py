"""How often the rule for "this 200 body is not a robots.txt" is wrong, on labelled real bodies.

    python benchmarks/not_robots.py [--sample]

The labels (tests/robots/labels.csv) have the digest of a body and what a person saw in it: `robots`
or `not`.  Looked at were all bodies that the rule rejects although they have no markup, all that it
accepts without a group or with markup, and seeded samples of the others.  `--sample` prints the
digests of the sample that have no label yet.
"""

import csv
import random
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from crawlblock.intervals import wilson
from crawlblock.robots.parser import parse
from crawlblock.robots.sniff import _DOCUMENT, _MAGIC, _MARKUP, is_robots
from crawlblock.warc.http import digest

ROOT = Path(__file__).parent.parent
CORPORA = ROOT.parent / "shared" / "corpus"
LABELS = ROOT / "tests" / "robots" / "labels.csv"
SAMPLE, SEED = 60, 14  # bodies of each stratum that is not looked at whole
SHORT = 2_000  # bytes


def bodies() -> list[bytes]:
    """Return the distinct bodies of all corpora in a fixed order."""
    frames = [pl.read_parquet(path, columns=["body"]) for path in CORPORA.glob("*.parquet")]
    texts = {path.read_bytes() for path in CORPORA.glob("*/*.txt")}
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
    strata: dict[str, list[bytes]] = {}
    for body in found:
        strata.setdefault(stratum(body), []).append(body)
    return strata


def _share(wrong: int, seen: int) -> str:
    low, high = wilson(wrong / seen, seen)
    return f"{100 * wrong / seen:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def main() -> None:
    """Print both errors by stratum, with Wilson's 95 % interval."""
    labels = dict(csv.reader(LABELS.read_text("utf-8").splitlines()[1:]))
    strata = by_stratum(bodies())
    missing = [digest(body) for body in sampled(strata) if digest(body) not in labels]
    if "--sample" in sys.argv:
        print(*missing, sep="\n")
        return
    print("| stratum | bodies | looked at | wrong | share wrong, 95 % interval |")
    print("|---|---|---|---|---|")
    for name in sorted(strata):
        seen = [labels[digest(body)] for body in strata[name] if digest(body) in labels]
        wrong = seen.count("not" if name.startswith("accepted") else "robots")
        share = _share(wrong, len(seen)) if seen else ""
        print(f"| {name} | {len(strata[name]):,} | {len(seen)} | {wrong} | {share} |")
    print(f"{len(labels)} labels, {len(missing)} sampled bodies without one")


if __name__ == "__main__":
    main()
