"""Counts how often the origin of a block is right, on files that no rule was written from.

The labels (tests/robots/labelled_origins.csv) are of 300 files sampled by seed from the third of
the registered domains that was kept aside while the templates were written: 250 that block a
registered crawler by name and 50 that block by `*` alone, each with one crawler sampled by seed.
No file is the same, byte for byte, as one of another registered domain.  Somebody looked at each
file, and at how many hosts of the corpora have the same groups, before the program was asked.  The
program reads the newest file of every host in all corpora, because rules are shared or not within
a database.
"""

import base64
import csv
import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from measured import CORPUS, Measurement, alone, parquet_files

import crawlblock
from crawlblock.intervals import wilson

LABELS = Path(__file__).parent.parent / "tests" / "robots" / "labelled_origins.csv"
ORIGINS = ("default", "switch", "copied", "group", "wildcard", "alone", "shared")
SMOKE = {"pattern": "publishers_*"}
ASKED = """
SELECT origin_of(v.authored_by, t.act, s.ruleset IS NOT NULL) AS origin, v.authored_by
FROM payloads y
JOIN verdicts v ON v.policy = y.policy AND v.token = $token
LEFT JOIN templates t ON t.template = v.authored_by
LEFT JOIN shared_rulesets s ON s.ruleset = v.ruleset
WHERE y.digest = $digest
"""


Answered = tuple[dict[str, str], tuple[str, str]]  # label; origin and author


def measure(
    corpus: Path = CORPUS, pattern: str = "*", wrong: bool = False
) -> Iterator[Measurement]:
    """Import the corpora, and ask for each labelled block; `wrong` prints each wrong answer."""
    with LABELS.open(encoding="utf-8") as file:
        labels = list(csv.DictReader(file))
    newest = files(corpus, pattern)
    there = {hashlib.sha1(body).hexdigest() for body in newest["body"]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "newest.parquet"
        newest.write_parquet(path, row_group_size=500)  # of more a page is too large to be imported
        with crawlblock.open(Path(folder) / "origins.duckdb", create=True) as db:
            db.import_(path)
            pairs = [(row, answer(db, row)) for row in labels if row["digest"] in there]
    if wrong:
        for row, (origin, author) in pairs:
            if origin != row["origin"]:
                print(row["host"], row["token"], row["origin"], "->", origin, author, sep="\t")
    print_counts(pairs)
    right = sum(row["origin"] == origin for row, (origin, _) in pairs)
    yield alone(f"right of {len(pairs)} labelled files", "%", [100 * right / len(pairs)])


def files(corpora: Path, pattern: str = "*") -> pl.DataFrame:
    """Return the newest file of each host in each corpus, as an import reads it."""
    found = []
    for path in parquet_files(corpora, pattern):
        frame = pl.read_parquet(path)
        time = "last_seen" if "last_seen" in frame.columns else "fetch_time"
        found.append(
            frame.filter(pl.col("body").is_not_null())
            .sort(time)
            .group_by("host")
            .agg(
                pl.col(time).last().cast(pl.String).str.head(7).alias("time"), pl.col("body").last()
            )
        )
    for path in sorted((corpora / "academic_publishers_2026_07").iterdir()):
        host = f"{path.stem.lower().replace('_', '-')}.example"
        found.append(
            pl.DataFrame({"host": [host], "time": ["2026-07"], "body": [path.read_bytes()]})
        )
    every = pl.concat(found).with_columns(
        pl.when(pl.col("time") == "").then(pl.lit("2025-12")).otherwise("time").alias("time")
    )
    return every.select("host", fetch_time=pl.col("time") + "-15", status=pl.lit(200), body="body")


def answer(db: crawlblock.Database, row: dict[str, str]) -> tuple[str, str]:
    """Return the origin and the author that the program gives."""
    digest = "sha1:" + base64.b32encode(bytes.fromhex(row["digest"])).decode()
    found = db.sql(ASKED, {"token": row["token"], "digest": digest}).rows()
    return found[0] if found else ("nothing", "nothing")


def print_counts(pairs: Sequence[Answered]) -> None:
    """Print right, wrong and missed answers of each category, with Wilson's 95 % intervals."""
    counts = Counter((row["origin"], origin) for row, (origin, _) in pairs)
    print("| origin | right | wrong | missed | answers that are right | files that are found |")
    print("|---|---|---|---|---|---|")
    for name in ORIGINS:
        right = counts[name, name]
        false = sum(n for (label, said), n in counts.items() if said == name != label)
        missed = sum(n for (label, said), n in counts.items() if label == name != said)
        print(f"| {name} | {right} | {false} | {missed} | {share(right, right + false)} "
              f"| {share(right, right + missed)} |")  # fmt: skip
    right = sum(n for (label, said), n in counts.items() if label == said)
    print(f"| all | {right} | {len(pairs) - right} | | {share(right, len(pairs))} | |")


def share(part: int, whole: int) -> str:
    """Return a share with its interval, in percent."""
    if not whole:
        return ""
    low, high = wilson(part / whole, whole)
    return f"{100 * part / whole:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
