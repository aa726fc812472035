"""Chooses the index to look up a crawl in: by time, and by bytes if the times are alike."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from crawlblock.errors import ArchiveError
from crawlblock.hosts import surt_keys
from crawlblock.model import Member
from crawlblock.outcome import Outcome
from crawlblock.sampling import candidates
from crawlblock.sources.commoncrawl.columnar import lost_parts, part_keys
from crawlblock.sources.commoncrawl.cost import PARTS, LookUp, Method, cheapest, estimates
from crawlblock.sources.commoncrawl.crawls import Listed, tells_targets
from crawlblock.sources.commoncrawl.distant_cluster import NoClusterError, cluster_key
from crawlblock.sources.commoncrawl.dry_run import Shelf
from crawlblock.sources.commoncrawl.mirror import Mirror

_surt_keys = lru_cache(maxsize=100_000)(surt_keys)  # crawls repeat the URLs
_NEW_LATER = 0.3  # share of a crawl's payloads that the crawl before did not have


def look_up(crawl: Listed, pending: Sequence[Member], later: bool) -> LookUp:
    """Return what to look up in a crawl; `later`: it is not the first crawl."""
    keys = {key for member in pending for url in candidates(member) for key in _surt_keys(url)}
    return LookUp(
        crawl=crawl.crawl,
        hosts=len(pending),
        keys=len(keys),
        new=_NEW_LATER if later else 1.0,
        tells=tells_targets(crawl),
    )


class MethodChoice:
    """Chooses the index for each crawl of a run; it reads the list of parts only if needed."""

    def __init__(
        self, shelf: Shelf, asked: Method | None, per_second: float, say: Callable[[str], None]
    ) -> None:
        """Take the archive, the method that the user chose, and the rate of requests."""
        self._shelf, self._asked, self._rate, self._say = shelf, asked, per_second, say
        # the parts of the last crawl whose list was read; until then as many as real crawls have
        self._last: Sequence[str] = [f"part {number}" for number in range(PARTS)]

    async def choose(self, mirror: Mirror, task: LookUp) -> tuple[Method, Sequence[str]]:
        """Return the method for a crawl, and the parts of its columnar index if it needs them.

        A crawl without one of the indexes is looked up in the other, unless the user chose one; see
        also `instead`.  Raises ArchiveError where that cannot be.
        """
        if not task.hosts or self._asked in ("zipnum", "cdx-api"):
            return self._asked or "zipnum", ()
        is_here = mirror.local_path(cluster_key(task.crawl)) is not None  # then lists cost nothing
        if self._asked is None and not is_here and self._cheaper(task, self._last) == "zipnum":
            return "zipnum", ()
        try:
            self._last = await part_keys(mirror, task.crawl)
        except ArchiveError as error:
            if self._asked or isinstance(await mirror.size(cluster_key(task.crawl)), Outcome):
                raise
            self._tell(task, f"{_reason(error)}. The CDX files are used instead")
            return "zipnum", ()
        if (self._asked or self._cheaper(task, self._last)) == "zipnum":
            return "zipnum", self._last
        return self._columnar(task)

    async def instead(
        self, mirror: Mirror, task: LookUp, error: NoClusterError
    ) -> tuple[Method, Sequence[str]]:
        """Return the method for a crawl that turned out to have no cluster.idx, and the parts.

        Raises the error if the user chose that index, ArchiveError if there is no other.
        """
        if self._asked:
            raise error
        self._last = await part_keys(mirror, task.crawl)
        self._tell(task, f"{_reason(error)}. The columnar index is used instead")
        return self._columnar(task)

    def _columnar(self, task: LookUp) -> tuple[Method, Sequence[str]]:
        """Return the columnar index, and say what its list of parts lacks."""
        if lost := lost_parts(self._last):
            number = f"part {lost[0]}" + (f" and {len(lost) - 1} more" if len(lost) > 1 else "")
            self._tell(
                task,
                f"the list of its index files lacks {number}. Sites that only these have are "
                "reported as unknown; --lookup zipnum uses the other index",
            )
        return "columnar", self._last

    def _cheaper(self, task: LookUp, parts: Sequence[str]) -> Method:
        options = estimates(task, self._shelf.index_costs(task, parts))
        return cheapest([options["zipnum"], options["columnar"]], self._rate).method

    def _tell(self, task: LookUp, what: str) -> None:
        self._say(f"{task.crawl}: {what}")


def _reason(error: ArchiveError) -> str:
    """Return what an error says without its advice."""
    return str(error).partition(";")[0]
