"""Derives data/demo/weights.csv: tokens of the bundled hosts in C4, RefinedWeb and Dolma.

Usage: python scripts/derive_weights.py [SHARED] [SAMPLE]
SHARED (default: ../shared beside the repository) holds weights/dpi_token_counts.csv.
Running it twice gives the same bytes.
"""

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPORA = {"c4_tokens": "C4", "rf_tokens": "RefinedWeb", "dolma_tokens": "Dolma"}
# All tokens of each corpus, by the same source (robots_util.URLTokenLookup).
WHOLES = {"C4": 170_005_451_386, "RefinedWeb": 431_169_198_316, "Dolma": 1_974_278_779_400}


def main(shared: Path, sample: Path) -> None:
    """Write a row per host and corpus; the first rows, of the host `*`, tell the whole corpora.

    A host is taken where the bundled one is it or its `www` host, whose robots.txt is read for it.
    """
    with (sample / "hosts.csv").open(newline="") as file:
        wanted = {row["host"].removeprefix("www.") for row in csv.DictReader(file)}
    with (shared / "weights" / "dpi_token_counts.csv").open(newline="") as file:
        found = [row for row in csv.DictReader(file) if row["url"].removeprefix("www.") in wanted]
    rows = [("*", corpus, str(tokens)) for corpus, tokens in WHOLES.items()]
    for row in sorted(found, key=lambda row: row["url"]):
        rows += [(row["url"], corpus, row[column]) for column, corpus in CORPORA.items()]
    with (sample / "weights.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("host", "corpus", "tokens"), *rows])


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(*given, *(ROOT.parent / "shared", ROOT / "data" / "demo")[len(given) :])
