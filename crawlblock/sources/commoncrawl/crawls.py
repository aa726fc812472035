"""Which crawls there are, and the files each one is made of."""

import gzip
import json
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime

from crawlblock.errors import ArchiveError, InputError, UpstreamError, did_you_mean
from crawlblock.model import Crawl
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.mirror import Mirror

NEW = "new"  # what update asks for: see `choose_new`


async def list_crawls(mirror: Mirror) -> list[Crawl]:
    """Return the crawls of an archive, newest first (collinfo.json)."""
    raw = await mirror.read_index("collinfo.json")
    if isinstance(raw, Outcome):
        raise _missing(mirror, "collinfo.json", raw)
    try:
        found = [
            Crawl(entry["id"], _time(entry["from"]), _time(entry["to"]), entry.get("cdx-api"))
            for entry in json.loads(raw)
            if entry.get("from") and entry.get("to")
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(
            f"{mirror.location}: collinfo.json cannot be read ({error}); is this an archive in "
            "Common Crawl's layout?"
        ) from None
    return sorted(found, key=lambda crawl: crawl.first_capture, reverse=True)


def choose(crawls: Sequence[Crawl], wanted: str) -> list[Crawl]:
    """Return the crawls that were asked for, newest first.

    `wanted` is a number of the latest crawls, `latest`, `all`, or names and beginnings of names,
    separated by commas.  Raises InputError for a name that no crawl has.
    """
    chosen: set[str] = set()
    for part in filter(None, (part.strip() for part in wanted.split(","))):
        if part == "all":
            names = [crawl.crawl for crawl in crawls]
        elif part == "latest" or (part.isascii() and part.isdigit()):
            names = [crawl.crawl for crawl in crawls[: 1 if part == "latest" else int(part)]]
        else:
            names = [crawl.crawl for crawl in crawls if crawl.crawl == part]
            names = names or [c.crawl for c in crawls if c.crawl.startswith(part)]
            if not names:
                raise InputError(_unknown(part, crawls))
        chosen.update(names)
    if not chosen:
        raise InputError(f"no crawl in '{wanted}'; say a number, latest, all, or names")
    return [crawl for crawl in crawls if crawl.crawl in chosen]


def choose_new(crawls: Sequence[Crawl], begun: Collection[str]) -> list[Crawl]:
    """Return the crawls that were begun and those newer than all of them, newest first.

    Where none was begun it is the newest alone.
    """
    first = next((n for n, crawl in enumerate(crawls) if crawl.crawl in begun), 1)
    return [crawl for n, crawl in enumerate(crawls) if n < first or crawl.crawl in begun]


async def paths(mirror: Mirror, crawl: str, kind: str) -> list[str]:
    """Return the keys of a crawl's files of one kind (robotstxt, cc-index, cc-index-table)."""
    key = f"crawl-data/{crawl}/{kind}.paths.gz"
    raw = await mirror.read(key)
    if isinstance(raw, Outcome):
        raise _missing(mirror, key, raw)
    try:
        return [line for line in gzip.decompress(raw).decode().split("\n") if line]
    except (EOFError, OSError, zlib.error, UnicodeDecodeError):
        raise ArchiveError(
            f"{mirror.location}: {key} is cut or damaged; fetch it again or take another mirror"
        ) from None


def _missing(mirror: Mirror, key: str, outcome: Outcome) -> ArchiveError | UpstreamError:
    if outcome in (Outcome.ABSENT, Outcome.DAMAGED):
        return ArchiveError(
            f"{mirror.location}: {key} is {outcome}; is this an archive in Common Crawl's layout?"
        )
    return UpstreamError(
        f"{mirror.location}: {key} cannot be had ({outcome}); check the network and run again"
    )


def _unknown(name: str, crawls: Sequence[Crawl]) -> str:
    names = [crawl.crawl for crawl in crawls]
    hint = did_you_mean(name, names) or (f"the newest is {names[0]}" if names else "none is there")
    return f"no crawl is called '{name}'; {hint}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))
