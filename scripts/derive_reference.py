"""Derives data/reference: figures that others published, as facts with their source.

Usage: python scripts/derive_reference.py [SHARED] [REFERENCE]
SHARED (default: ../shared beside the repository) holds reference/.
Running it twice gives the same bytes.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from crawlblock.registry import crawlers

ROOT = Path(__file__).resolve().parent.parent
CRAWL, DATE = "CC-MAIN-2025-08", "2025-02-17"
COLUMNS = (
    "figure", "definition", "population", "stratum", "date", "snapshot", "token", "numerator",
    "denominator", "value", "unit", "cite",
)  # fmt: skip
Row = dict[str, object]

# The token that stands for each organisation; assistants of the first and fourth count there too.
ORGANISATIONS = {
    "OpenAI": "GPTBot",
    "Google": "Google-Extended",
    "Common Crawl": "CCBot",
    "False Anthropic": "anthropic-ai",
    "Cohere": "cohere-ai",
    "Meta": "FacebookBot",
    "Internet Archive": "ia_archiver",
    "Google Search": "Googlebot",
}
CCEXP_STATUS = {
    "No robots.txt capture": "not captured",
    "HTTP forbidden": "http forbidden",
    "HTTP defer visits": "http deferred",
    "HTTP allow all": "http allows all",
    "HTTP redirect not resolved": "redirect unresolved",
    "MIME not a robots.txt": "not a robots.txt",
    "Robots.txt no rules": "robots.txt without rules",
    "Robots.txt with rules": "robots.txt with rules",
}
CCEXP_RULES = {
    "cnt": "named",
    "disallow-all": "disallow all, named",
    "*-disallow-all": "disallow all, named or *",
    "*-allow-part": "allow part, named or *",
    "*-allow-all": "allow all, named or *",
}
CCEXP_SHARES = {
    "pct_robots_only_nb16": (
        "blocked by robots.txt", "ccexp", "metrics-user-agents.ipynb, cell 16",
    ),
    "pct_nb21_as_coded": (
        "blocked by robots.txt or HTTP", "", "metrics-user-agents.ipynb, cell 21",
    ),
}  # fmt: skip
RANKS = ("1k", "10k", "100k", "1M", "10M")
DPI_CHART = "vega_series/cell35_chart00_380e9c.csv"
DPI_FIRST = "2023-01"


def ccexp(reference: Path) -> Iterator[Row]:
    """Yield Common Crawl's counts of one crawl by rank, and the shares made of them."""
    folder = reference / "ccexp"
    fixed: Row = {
        "population": "hosts of three Tranco lists",
        "snapshot": CRAWL,
        "date": "2025-02-17",
    }
    for row in read(folder / "robotstxt-status-counts-topk.csv"):
        if row["crawl"] == CRAWL:
            for column, figure in CCEXP_STATUS.items():
                yield fixed | {
                    "figure": figure, "stratum": row["top-k"], "value": row[column],
                    "unit": "hosts", "cite": "robotstxt-status-counts-topk.csv",
                }  # fmt: skip
    for row in read(folder / "notebook_tables/topk_cell22.csv"):
        for column, figure in CCEXP_RULES.items():
            yield fixed | {
                "figure": figure, "stratum": row["top-k"], "token": "CCBot", "value": row[column],
                "unit": "hosts", "cite": "metrics-top-k-sample.ipynb, cell 22",
            }  # fmt: skip
    for row in read(reference / "ccexp_ccbot_2025-08.csv"):
        for column, (figure, definition, cite) in CCEXP_SHARES.items():
            yield fixed | {
                "figure": figure, "definition": definition, "stratum": row["top_k"],
                "token": "CCBot", "value": row[column], "unit": "percent", "cite": cite,
            }  # fmt: skip


def imc25(reference: Path) -> Iterator[Row]:
    """Yield who was fully blocked by name, for 24 agents and 15 crawls."""
    dates = {
        row["crawl"]: row["dt"]
        for row in read(reference / "ccexp/robotstxt-status-counts-topk.csv")
    }
    for row in read(reference / "imc25_liu_panel_by_agent_snapshot.csv"):
        counted = ("n_fully", "n_partial", "n_none", "n_404")
        yield {
            "figure": "fully blocked by name",
            "definition": "imc25",
            "population": "sites in every crawl",
            "stratum": "all",
            "date": dates[row["cc_main"]],
            "snapshot": row["cc_main"],
            "token": row["agent"],
            "denominator": sum(int(row[name]) for name in counted),
            "value": round(100 * float(row["fully_disallowed_explicit"]), 4),
            "unit": "percent",
            "cite": "all_mentioned_props.json",
        }


def dpi(reference: Path) -> Iterator[Row]:
    """Yield the share of tokens on fully restricted domains, month by month."""
    for row in read(reference / "dpi" / DPI_CHART):
        month = row["period"][:7]
        if month >= DPI_FIRST and row["agent"] in ORGANISATIONS:
            yield {
                "figure": "tokens fully restricted", "definition": "dpi",
                "population": "head domains of a corpus that the chart does not name",
                "stratum": "head",
                "date": row["period"][:10], "token": ORGANISATIONS[row["agent"]],
                "value": round(float(row["percent_Restrictive"]), 4), "unit": "percent",
                "cite": f"robots_analysis.ipynb, chart of cell 35, {row['agent']}",
            }  # fmt: skip


def httparchive(reference: Path) -> Iterator[Row]:
    """Yield the share of sites that name an agent, by rank."""
    spelled = tokens()
    for row in read(reference / "httparchive_2025-07_pct_sites_naming_agent_by_crux_rank.csv"):
        for rank in RANKS:
            yield {
                "figure": "named", "definition": "httparchive", "population": "CrUX origins",
                "stratum": rank, "date": "2025-07-01", "snapshot": "2025-07",
                "token": spelled.get(row["agent"], row["agent"]), "value": row[rank],
                "unit": "percent", "cite": "by CrUX rank, July 2025",
            }  # fmt: skip


def crawlora(reference: Path) -> Iterator[Row]:
    """Yield who is blocked and who is named by how many of the first million domains."""
    spelled = tokens()
    found = json.loads(
        (reference / "crawlora_2026-06-20_tranco1M_summary_CC-BY-4.0.json").read_text("utf-8")
    )
    for bot in found["by_bot"]:
        for figure, definition, column in (
            ("fully blocked by name", "crawlora", "FullyBlocked"),
            ("named", "httparchive", "Named"),
        ):
            yield {
                "figure": figure, "definition": definition, "population": "Tranco 1M",
                "stratum": "1M", "date": found["scanned_at"], "snapshot": found["run_id"],
                "token": spelled.get(bot["UA"], bot["UA"]), "numerator": bot[column],
                "denominator": found["total_domains"], "value": bot[f"{column}PctAll"],
                "unit": "percent", "cite": "by_bot",
            }  # fmt: skip


COMPUTED = {
    "ccexp": ccexp,
    "imc25": imc25,
    "dpi": dpi,
    "httparchive": httparchive,
    "crawlora": crawlora,
}


def tokens() -> dict[str, str]:
    """Return how operators spell the tokens that two sources have in lower case."""
    return {crawler.token.lower(): crawler.token for crawler in crawlers()}


def read(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def write(path: Path, rows: Iterable[Row]) -> int:
    """Write the rows in a fixed order and return how many there are."""
    ordered = sorted(rows, key=lambda row: [str(row.get(name, "")) for name in COLUMNS])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(ordered)
    return len(ordered)


def main(shared: Path, folder: Path) -> None:
    """Derive one file for each source."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, derive in COMPUTED.items():
        count = write(folder / f"{name}.csv", derive(shared / "reference"))
        print(f"{name}: {count} figures")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:3]]
    main(*given, *(ROOT.parent / "shared", ROOT / "data" / "reference")[len(given) :])
