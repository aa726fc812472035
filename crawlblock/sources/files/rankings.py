"""A ranking of registered domains, from a file such as Tranco's."""

from pathlib import Path

import polars as pl

from crawlblock.errors import InputError
from crawlblock.host_list import Ranking
from crawlblock.sources.files.host_lists import open_list
from crawlblock.sources.files.host_lists.rejects import Rejects

_MOST_UNREADABLE = 1  # lines
_REFUSED = "no ranking; give lines such as 1,example.com, or columns rank and domain"


def read_ranks(path: Path) -> pl.DataFrame:
    """Return the columns domain and rank of a list that has both.

    Of a domain named twice the best rank counts; raises InputError if the file is no ranking.
    """
    try:
        listed = open_list(path)
    except InputError as error:
        raise InputError(f"{error} ({_REFUSED})") from None
    if listed.layout.rank is None:
        raise InputError(f"{path}: {_REFUSED}")
    rejects = Rejects()
    ranks: dict[str, int] = {}
    for rank, domain in Ranking(listed.entries(), rejects.add):
        if rank > 0:
            ranks[domain] = min(rank, ranks.get(domain, rank))
    if rejects.count > _MOST_UNREADABLE or not ranks:
        raise InputError(f"{path}: {_REFUSED} ({rejects.count} lines are not so)")
    found = pl.DataFrame(
        {"domain": ranks.keys(), "rank": ranks.values()},
        {"domain": pl.String, "rank": pl.Int64},
    )
    return found.sort("rank", "domain")
