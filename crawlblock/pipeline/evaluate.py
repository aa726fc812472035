"""From facts to conclusions: which captures count, what texts mean, who wrote them."""

from collections.abc import Iterator
from contextlib import closing

from crawlblock import registry
from crawlblock.executor import usable_cores
from crawlblock.pipeline.judging import judged_batches
from crawlblock.pipeline.run import Run
from crawlblock.robots.header_signals import kept_header_signals
from crawlblock.scan.census import census
from crawlblock.store.conclusions import Conclusions, PendingText

_BATCH = 2_000  # texts judged before they are stored
_MANY = 10_000  # texts that are judged sooner by several processes, which take a second to begin


def evaluate(run: Run) -> None:
    """Bring all conclusions up to date with today's code and registry, without a network."""
    conclusions = run.store.conclusions
    conclusions.set_registry(
        registry.crawlers(), registry.breaks(), registry.templates(), registry.extra().digests()
    )
    conclusions.settle()
    conclusions.set_header_signals(kept_header_signals)
    census(run.store.database, run.progress)
    processes = usable_cores() if conclusions.pending() >= _MANY else 1
    with closing(judged_batches(_batches(conclusions), processes)) as batches:
        for batch in batches:
            conclusions.add_judged(batch.policies, batch.judged)
            run.tally.payloads += len(batch.judged)
            run.progress("judging", run.tally.payloads, run.tally.payloads)
    conclusions.drop_unused_policies()


def _batches(conclusions: Conclusions) -> Iterator[list[PendingText]]:
    last = 0
    while texts := conclusions.pending_texts(last, _BATCH):
        yield texts
        last = texts[-1].id
