"""From a frame to a panel."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from crawlblock.errors import InputError
from crawlblock.model import Member
from crawlblock.pipeline.runs import now
from crawlblock.sampling import Rejected, draw, draw_strata, read_ranking, take_list
from crawlblock.sources.commoncrawl.columnar import open_columnar
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.commoncrawl.ranks import ranking_lines
from crawlblock.sources.files.zipped import BROKEN, is_zip, open_zipped
from crawlblock.store.store import Store

BANDS = (("1k", 1_000), ("10k", 10_000), ("100k", 100_000), ("1M", 1_000_000))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel as it was drawn, and what of its frame could not be used."""

    panel: str
    frame: str
    seed: str | None
    members: Sequence[Member]
    rejected: Sequence[Rejected] = ()
    notes: Sequence[str] = ()  # what the user must know


def from_list(path: Path, panel: str) -> Drawn:
    """Take exactly the user's list: hosts, domains or URLs, one a line, or a ranked CSV."""
    members, rejected = take_list(_lines(path), panel)
    return Drawn(panel, f"list {path.name}", None, members, rejected)


def from_ranking(path: Path, panel: str, seed: str, per_stratum: int) -> Drawn:
    """Draw from the popularity strata of a ranked CSV (Tranco, Majestic, a plain list)."""
    members = _draw_ranked(_lines(path), panel, seed, per_stratum)
    return Drawn(panel, f"ranking {path.name}", seed, members)


async def from_web_graph(
    mirror: Mirror, cache: Path, panel: str, seed: str, per_stratum: int
) -> Drawn:
    """Draw from the popularity strata of Common Crawl's web-graph domain ranks."""
    ranking = await ranking_lines(mirror, BANDS[-1][1], cache)
    members = _draw_ranked(ranking.lines, panel, seed, per_stratum)
    frame = f"web graph {ranking.release}"
    return Drawn(panel, frame, seed, members, notes=ranking.notes)


async def from_crawl(
    mirror: Mirror, crawl: str, cache: Path, panel: str, seed: str, size: int
) -> Drawn:
    """Draw uniformly from the registered domains with a capture in a crawl's robotstxt subset."""
    columnar = await open_columnar(mirror, crawl, cache)
    members = draw(columnar.registered_domains(), size, seed, panel, "all")
    return Drawn(panel, f"registered domains of {crawl}", seed, members)


def store_panel(store: Store, drawn: Drawn) -> int:
    """Store a panel; return how many members are new.  Raises InputError if it is empty."""
    if not drawn.members:
        raise InputError(f"{drawn.frame}: no host in it can be used; nothing was stored")
    return store.facts.add_panel(drawn.panel, drawn.frame, drawn.seed, now(), drawn.members)


def _draw_ranked(lines: Iterable[str], panel: str, seed: str, per_stratum: int) -> Sequence[Member]:
    return draw_strata(read_ranking(lines), BANDS, per_stratum, seed, panel)


def _lines(path: Path) -> Iterator[str]:
    """Read a text file, gzipped, zipped or neither, whatever its encoding."""
    try:
        with _opened(path) as file:
            for line in file:
                yield line.decode("utf-8-sig", "replace").rstrip("\r\n")
    except (OSError, *BROKEN) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read ({reason}); name a text or CSV file") from None


def _opened(path: Path) -> IO[bytes]:
    if is_zip(path):
        return open_zipped(path)
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")
