"""What a cron job does: asks the panel now, collects new crawls, and judges both."""

from collections.abc import Sequence

from crawlblock import loops
from crawlblock.errors import ArchiveError, UpstreamError
from crawlblock.model import Member
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.live import Asking, collect_live, recover
from crawlblock.pipeline.run import Run


def bring_up_to_date(
    run: Run, members: Sequence[Member], asking: Asking | None, wanted: Wanted | None
) -> list[str]:
    """Collect what is new and judge it; return what went wrong, one line each.

    The hosts are asked first, because a crawl can be read later and today's answers cannot.  If
    the archive fails, what was collected is still judged.  `None` leaves a source out.
    """
    store, tally = run.store, run.tally
    suspect = set(store.conclusions.suspects())
    tally.captures += recover(store)
    troubles: list[str] = []
    try:
        if asking:
            loops.run(collect_live(run, asking, members))
        if wanted:
            try:
                loops.run(collect_history(run, wanted, members))
            except (UpstreamError, ArchiveError) as error:
                if not tally.captures:
                    raise
                troubles.append(str(error))
    finally:
        evaluate(run)
    troubles += tally.troubles
    if tally.unfinished:
        troubles.append("the budget is used up; the next run continues")
    for snapshot, reason in store.conclusions.suspects().items():
        if snapshot not in suspect:
            troubles.append(
                f"{snapshot} is suspect and left out of all shares ({reason}); look at it, and "
                f"crawlblock accept {snapshot} if it is right"
            )
    return troubles
