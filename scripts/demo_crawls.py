"""The crawls of the demo: the dates of Common Crawl's, under other names."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from demo_corpora import Corpus

from crawlblock.model import Crawl

FIRST = "CC-MAIN-2022-33"
# The crawls after the list at hand (collinfo.json of 2025-11), by Common Crawl's own names.
LATER = ("2025-51", "2026-04", "2026-08", "2026-12", "2026-17", "2026-21", "2026-25")
LENGTH = timedelta(days=14)  # of a crawl: 13 to 15 days since 2023


def read_crawls(path: Path, corpora: Iterable[Corpus]) -> list[Crawl]:
    """Return the crawls for which a source has a look, oldest first."""
    listed = [
        Crawl(
            entry["id"].replace("CC-MAIN", "DEMO"),
            datetime.fromisoformat(entry["from"]),
            datetime.fromisoformat(entry["to"]),
        )
        for entry in reversed(json.loads(path.read_text()))
        if entry["id"] >= FIRST and entry["id"].startswith("CC-MAIN-20")
    ]
    known = tuple(corpora)
    crawls = [*listed, *map(_derived, LATER)]
    return [crawl for crawl in crawls if any(c.look(crawl.last_capture) for c in known)]


def _derived(week: str) -> Crawl:
    """Return a crawl whose dates are not at hand: the fortnight that ends with its week's Sunday.

    Of the 21 crawls since 2024 whose dates are known none ends after that day, and all but one end
    within the week before it.
    """
    year, number = map(int, week.split("-"))
    end = datetime.fromisocalendar(year, number, 7).replace(hour=23, minute=59, second=59)
    return Crawl(f"DEMO-{week}", end - LENGTH, end)
