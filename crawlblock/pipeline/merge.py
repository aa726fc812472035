"""From shards to a census: stores them, selects each host's capture and judges the texts."""

from collections.abc import Sequence
from pathlib import Path

from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.run import Run
from crawlblock.scan.counting_files import store_counting_files
from crawlblock.scan.load import Merged, load
from crawlblock.scan.shards import Found
from crawlblock.sources.files.rankings import read_ranks


def merge(run: Run, shards: Sequence[Found], ranks: Path | None) -> tuple[list[Merged], list[str]]:
    """Merge shards into a census; shards merged before are not changed.

    Return the merged shards, and partly read crawls where hosts may be counted too often.
    Raises InputError for shards or a database that do not go together.
    """
    ranking = read_ranks(ranks) if ranks else None
    merged = load(run.store.database, shards, run.progress)
    lacking = store_counting_files(run.store.database, shards)
    run.tally.captures += sum(each.captures for each in shards)
    if ranking is not None:
        run.store.facts.set_ranks(ranking)
    evaluate(run)
    return merged, lacking
