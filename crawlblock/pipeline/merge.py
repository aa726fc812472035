"""From shards to a census: they are stored, each host's capture is selected, texts are judged."""

from collections.abc import Sequence
from pathlib import Path

from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.run import Run
from crawlblock.scan.load import Merged, load
from crawlblock.scan.shards import Found
from crawlblock.sources.files.rankings import read_ranks


def merge(run: Run, shards: Sequence[Found], ranks: Path | None) -> list[Merged]:
    """Merge shards into a census; what is merged stays as it is.

    Raises InputError for shards or a database that do not go together.
    """
    ranking = read_ranks(ranks) if ranks else None
    merged = load(run.store.database, shards, run.progress)
    run.tally.captures += sum(each.captures for each in shards)
    if ranking is not None:
        run.store.facts.set_ranks(ranking)
    evaluate(run)
    return merged
