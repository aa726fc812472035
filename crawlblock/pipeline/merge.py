"""From shards to a census: they are stored, each host's capture is chosen, texts are judged."""

from collections.abc import Sequence
from pathlib import Path

from crawlblock import registry
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.runs import Progress, Tally
from crawlblock.scan.choose import choose
from crawlblock.scan.found import find_shards
from crawlblock.scan.merge import Merged, load
from crawlblock.scan.ranks import read_ranks
from crawlblock.store.store import Store

_CHOICE = 1  # raise it when another capture of a host may count


def merge(
    store: Store, directories: Sequence[Path], ranks: Path | None, tally: Tally, progress: Progress
) -> list[Merged]:
    """Merge the shards of some directories into a census; what is merged stays as it is.

    Raises InputError for shards or a database that do not go together.
    """
    shards = find_shards(directories)
    ranking = read_ranks(ranks) if ranks else None
    merged = load(store, shards, progress)
    tally.captures += sum(each.captures for each in shards)
    marks = registry.provider_marks()
    chosen_by = f"{registry.providers_digest()}.{_CHOICE}"
    for snapshot in _unsettled(store, chosen_by):
        with store.transaction() as con:
            choose(con, snapshot, marks, progress)
            con.execute(
                "UPDATE scans SET settled = ? WHERE snapshot = ?", [chosen_by, snapshot]
            ).fetchall()
    if ranking is not None:
        store.set_ranks(ranking)
    evaluate(store, tally, progress)
    return merged


def _unsettled(store: Store, chosen_by: str) -> list[str]:
    """Return the crawls that have shards, and whose captures were not chosen since or so."""
    with store.transaction() as con:
        rows = con.execute(
            "SELECT snapshot FROM scans SEMI JOIN scanned_shards USING (snapshot) "
            "WHERE settled IS DISTINCT FROM ? ORDER BY snapshot",
            [chosen_by],
        ).fetchall()
    return [snapshot for (snapshot,) in rows]
