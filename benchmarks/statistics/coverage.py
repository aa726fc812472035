"""Measures how often each 95 % interval holds the truth, on simulated data.

Usage:
    PYTHONPATH=tests python benchmarks/statistics/coverage.py

Prints a Markdown table, the same on every run.  Beside each interval in use stand those that were
not chosen; `rulesets` is the effective number of independent ones.
"""

from itertools import chain

from as_computed import compared, decided
from crawl_files import crawl_files
from lost import lost
from pairs import differences, vanishing
from shares import shares, totals
from tally import HEADER
from times import forecasts, survival


def main() -> None:
    """Print the table as it comes."""
    print(HEADER)
    made = (
        shares,
        decided,
        totals,
        lost,
        differences,
        compared,
        vanishing,
        survival,
        forecasts,
        crawl_files,
    )
    for tally in chain.from_iterable(simulate() for simulate in made):
        print(tally.row(), flush=True)


if __name__ == "__main__":
    main()
