"""Results about whole crawls: files, and a table for the terminal."""

from pathlib import Path

import polars as pl
from rich.console import Console
from rich.text import Text

from crawlblock import registry
from crawlblock.metrics.columns import dictionary
from crawlblock.metrics.headline import HEADLINE
from crawlblock.metrics.queries import analyze_census, check_census
from crawlblock.metrics.result_digests import census_digests, inputs
from crawlblock.metrics.result_files import (
    DIGESTS,
    current,
    remove_others,
    write_dictionary,
    write_manifest,
)
from crawlblock.metrics.results_folder import DATABASE, take_results
from crawlblock.pipeline.run import versions
from crawlblock.report.formats import print_table
from crawlblock.report.labels import DEFINITIONS, HTTP_PROFILES, interval, percent
from crawlblock.report.page.sections import unread
from crawlblock.report.terminal.summary import ROWS, WIDTH
from crawlblock.store.removal import removals
from crawlblock.store.store import Store, holdings

SUMMARY = (
    "token", "snapshot", "population", "n_yes", "n", "n_unknown", "estimate", "low", "high",
    "files", "of", "definition", "http_profile",
)  # fmt: skip


def write_census(store: Store, results: Path, http_profile: str, console: Console) -> Path:
    """Compute the results about scanned crawls and print the newest; return their folder.

    What was made from the same data by the same queries is kept.
    """
    with store.reading() as con:
        held = holdings(con)
        made_of = inputs(con, http_profile, held)
        about = {
            DATABASE: made_of[DATABASE], "http_profile": http_profile, "rules": registry.stamp(),
            **versions(), "extra": registry.extra().digests(), **held,
        }  # fmt: skip
        check_census(con)
        take_results(results, store.path, about)
        digests = census_digests(made_of)
        keep = current(results, digests)
        remove_others(results, digests)
        removed = removals(con)
        frames = analyze_census(con, results, http_profile, keep)
    write_dictionary(results, dictionary(frames, census=True))
    write_manifest(results, about | {DIGESTS: digests})
    show_census(console, frames["blocked"])
    for line in (*unread(frames["coverage"]), *(f"{name} was {why}" for name, why in removed)):
        console.print(Text(line), width=WIDTH)
    return results


def census_rows(results: Path) -> list[dict[str, object]]:
    """Return from result files the results on each crawler in the newest crawl."""
    return _headline(pl.read_parquet(results / "blocked.parquet")).to_dicts()


def _headline(blocked: pl.DataFrame) -> pl.DataFrame:
    """Return what is shown of the newest crawl, the most blocked AI crawlers first."""
    newest = blocked.filter(pl.col("snapshot") == blocked["snapshot"][-1])
    return newest.filter((pl.col("definition") == HEADLINE) & pl.col("ai")).sort(
        ["population", "estimate", "token"], descending=[True, True, False], nulls_last=True
    )


def show_census(console: Console, blocked: pl.DataFrame) -> None:
    """Print the AI crawlers that most hosts of the newest crawl block, within 80 columns."""
    headline = _headline(blocked)
    domains = headline.filter(pl.col("population") == "domains").select("token", "estimate")
    rows = (
        headline.filter(pl.col("population") == "hosts")
        .join(domains, on="token", how="left", suffix="_of_domains", maintain_order="left")
        .to_dicts()
    )
    for line in _about(rows[0]):
        console.print(Text(line), width=min(WIDTH, console.width))
    shown = [
        {
            "crawler": row["token"],
            "blocking": row["n_yes"],
            "of n": row["n"],
            "hosts": percent(row["estimate"]),
            "interval": interval(row["low"], row["high"]),
            "domains": percent(row["estimate_of_domains"]),
        }
        for row in rows[:ROWS]
    ]
    print_table(console, shown, list(shown[0]))


def _about(row: dict[str, object]) -> tuple[str, ...]:
    """Return what a table of a crawl is about, from any of its rows."""
    files, of = row["files"], row["of"]
    sampled = "a whole crawl has no sampling error" if files == of else "files sampled, 95 %"
    return (
        f"{row['snapshot']}: share of all hosts and registered domains that block a crawler",
        f"blocked: {DEFINITIONS[HEADLINE]}",
        HTTP_PROFILES[str(row["http_profile"])],
        f"{files} of the crawl's {of} files; {row['n_unknown']} hosts unknown; interval: {sampled}",
    )
