"""Which crawls there are, and the files each one is made of."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Protocol, TypeVar

from crawlblock.captures.selection import Period
from crawlblock.errors import ArchiveError, InputError, UpstreamError, did_you_mean
from crawlblock.model import Crawl
from crawlblock.names import key_fault_of, part_fault_of
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.keys import cdx_url, is_address, is_common_crawl
from crawlblock.sources.commoncrawl.lists import Listing, ListKind, known_list, read_list, remedy
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.unpacking import UNREADABLE, gunzip

NEW = "new"  # what update asks for: see `choose_new`
FIRST = "CC-MAIN-2016-36"  # the first crawl with a robotstxt subset
_TARGETS_SINCE = datetime(2019, 11, 10)  # CC-MAIN-2019-47

_NAME = re.compile(r"CC-MAIN-(\d{4})(?:-(\d{2})|-\d{4})?")  # CC-MAIN-2012, -2008-2009, -2025-33
_IN_FULL = re.compile(r"CC-MAIN-\d{4}-\d{2}")
_LONGEST_LIST = 64 * 1024 * 1024  # bytes of a paths file, unpacked; real ones have up to 15 MB
_MOST_KEYS = 1_000_000  # of a paths file; real ones have up to 100,000
_WINDOW = re.compile(r"CC-MAIN-(\d{14})-(\d{14})-")  # first and last capture in a file


class Named(Protocol):
    """What has the name of a crawl."""

    @property
    def crawl(self) -> str:
        """Return the name."""


N = TypeVar("N", bound=Named)


@dataclass(frozen=True, slots=True)
class Listed:
    """A crawl as a list names it."""

    crawl: str
    first_capture: datetime | None  # None: see `dated`
    last_capture: datetime | None
    cdx_api: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The crawls that were asked for, newest first, and what the user must know about them."""

    crawls: Sequence[Listed]
    notes: Sequence[str] = ()


async def list_crawls(mirror: Mirror, kept: Path | None = None) -> Listing[list[Listed]]:
    """Return the crawls of an archive, newest first; `kept` is where the last answer is kept."""
    return await read_list(mirror, _CRAWLS, kept)


async def find_crawls(
    mirror: Mirror,
    wanted: str,
    kept: Path | None = None,
    *,
    begun: Collection[str] | None = None,
    subset: bool = True,
) -> Chosen:
    """Return the crawls that were asked for; see `choose`, and for `new` `choose_new`.

    Names in full are known without asking: those of Common Crawl's stores need no list.
    """
    names = _parts(wanted)
    if names and is_common_crawl(mirror.location) and all(map(_IN_FULL.fullmatch, names)):
        known = known_list(_CRAWLS, kept).entries
        later = {name for name in names if _order(name) > _newest(known)}
        unlisted = [Listed(name, None, None, cdx_url(name)) for name in sorted(later, reverse=True)]
        return Chosen(choose([*unlisted, *known], wanted, subset))
    listing = await list_crawls(mirror, kept)
    notes = [listing.note] if listing.note else []
    if wanted == NEW and begun is not None:
        return Chosen(choose_new(listing.entries, begun), notes)
    chosen = choose(listing.entries, wanted, subset)
    early = _left_out(listing.entries, wanted) if subset else 0
    if early:
        notes.append(f"crawls before {FIRST} have no robotstxt subset and are left out ({early})")
    return Chosen(chosen, notes)


def choose(crawls: Sequence[N], wanted: str, subset: bool = True) -> list[N]:
    """Return the crawls that were asked for, newest first.

    `wanted` is a number of the latest crawls, `latest`, `all`, or names and beginnings of names,
    separated by commas.  All but names in full mean crawls with a robotstxt subset, if one is
    needed.  Raises InputError for a name that no crawl has, or none with the subset.
    """
    able = [crawl for crawl in crawls if has_robots(crawl.crawl) or not subset]
    chosen: set[str] = set()
    for part in _parts(wanted):
        if part == "all":
            names = [crawl.crawl for crawl in able]
        elif part == "latest" or (part.isascii() and part.isdigit()):
            names = [crawl.crawl for crawl in able[: 1 if part == "latest" else int(part[:9])]]
        else:
            names = [crawl.crawl for crawl in able if crawl.crawl == part]
            if not names and part not in {crawl.crawl for crawl in crawls}:
                names = [crawl.crawl for crawl in able if crawl.crawl.startswith(part)]
            if not names:
                raise InputError(_unknown(part, crawls))
        chosen.update(names)
    if not chosen:
        raise InputError(f"no crawl in '{wanted}'; use a number, latest, all, or names")
    return [crawl for crawl in crawls if crawl.crawl in chosen]


def choose_new(crawls: Sequence[N], begun: Collection[str]) -> list[N]:
    """Return the crawls that were begun and those newer than all of them, newest first.

    Where none was begun it is the newest alone.
    """
    first = next((n for n, crawl in enumerate(crawls) if crawl.crawl in begun), 1)
    return [crawl for n, crawl in enumerate(crawls) if n < first or crawl.crawl in begun]


def has_robots(crawl: str) -> bool:
    """Tell by its name whether a crawl has a robotstxt subset."""
    return _NAME.fullmatch(crawl) is None or _order(crawl) >= _order(FIRST)


def tells_targets(crawl: Listed) -> bool:
    """Tell whether the index of a crawl says where redirects lead."""
    if crawl.first_capture:
        return crawl.first_capture >= _TARGETS_SINCE
    return _NAME.fullmatch(crawl.crawl) is None or _order(crawl.crawl) >= (2019, 47)


async def dated(mirror: Mirror, listed: Listed) -> Crawl:
    """Return a crawl with its dates; where no list has them the names of its files do."""
    first, last = listed.first_capture, listed.last_capture
    if first is None or last is None:
        period = period_of(await paths(mirror, listed.crawl, "robotstxt"))
        if period is None:
            raise ArchiveError(
                f"{mirror.location}: the files of {listed.crawl} do not say when it was made"
            )
        first, last = period
    return Crawl(listed.crawl, first, last, listed.cdx_api)


def period_of(keys: Collection[str]) -> Period | None:
    """Return when the captures in WARC files were made, as the names of the files say it."""
    found = [match.groups() for match in map(_WINDOW.search, keys) if match]
    try:
        first = datetime.strptime(min(found)[0], "%Y%m%d%H%M%S")
        return first, datetime.strptime(max(end for _, end in found), "%Y%m%d%H%M%S")
    except ValueError:
        return None


async def paths(mirror: Mirror, crawl: str, kind: str) -> list[str]:
    """Return the keys of a crawl's files of one kind (robotstxt, cc-index, cc-index-table)."""
    key = f"crawl-data/{crawl}/{kind}.paths.gz"
    raw = await mirror.read(key)
    if isinstance(raw, Outcome):
        raise _missing(mirror, key, raw)
    try:
        return list(_keys(gunzip(raw, _LONGEST_LIST)))
    except UNREADABLE as error:
        raise ArchiveError(
            f"{mirror.location}: {key} cannot be read ({error}); fetch it again or use another "
            "mirror"
        ) from None


def _keys(text: bytes) -> Iterator[str]:
    """Yield the keys in a list; raises ValueError for what is none, and for too many."""
    for number, raw in enumerate(io.BytesIO(text), 1):
        if number > _MOST_KEYS:
            raise ValueError(f"it has more than {_MOST_KEYS:,} lines")
        if key := raw.removesuffix(b"\n").removesuffix(b"\r").decode():
            if fault := key_fault_of(key):
                raise ValueError(f"line {number}: {key[:80]!r}: {fault}")
            yield key


def _missing(mirror: Mirror, key: str, outcome: Outcome) -> ArchiveError | UpstreamError:
    if outcome in (Outcome.ABSENT, Outcome.DAMAGED):
        known = is_common_crawl(mirror.location)
        advice = (
            "the crawl may not be whole yet, use another one"
            if known
            else "is this an archive in Common Crawl's layout?"
        )
        return ArchiveError(f"{mirror.location}: {key} is {outcome}; {advice}")
    return UpstreamError(
        f"{mirror.location}: {key} cannot be downloaded ({outcome}); {remedy(outcome)}"
    )


def _unknown(name: str, crawls: Sequence[Named]) -> str:
    names = [crawl.crawl for crawl in crawls]
    if any(each.startswith(name) for each in names):
        return f"{name} has no robotstxt subset; the first crawl that has one is {FIRST}"
    hint = did_you_mean(name, names) or (f"the newest is {names[0]}" if names else "none is there")
    return f"no crawl is called '{name}'; {hint}"


def _left_out(crawls: Sequence[Named], wanted: str) -> int:
    """Return how many crawls are not meant because they have no robotstxt subset."""
    early = [crawl.crawl for crawl in crawls if not has_robots(crawl.crawl)]
    parts = _parts(wanted)
    return sum("all" in parts or any(map(name.startswith, parts)) for name in early)


def _parts(wanted: str) -> list[str]:
    return [part for part in map(str.strip, wanted.split(",")) if part]


def _order(crawl: str) -> tuple[int, int]:
    """Return year and week of a name of Common Crawl's, (0, 0) of another."""
    match = _NAME.fullmatch(crawl)
    return (int(match[1]), int(match[2] or 0)) if match else (0, 0)


# The list


def _newest(crawls: Sequence[Listed]) -> tuple[int, int]:
    return max(_order(crawl.crawl) for crawl in crawls)


def _parse(answer: object) -> list[Listed]:
    """Return the crawls of a collinfo.json, newest first; raises ValueError if it is none."""
    if not isinstance(answer, list):
        raise ValueError("it is not a list")
    found = [crawl for crawl in map(_entry, answer) if crawl.first_capture and crawl.last_capture]
    if not found:
        raise ValueError("it lists no crawl")
    return sorted(found, key=lambda crawl: crawl.first_capture or datetime.min, reverse=True)


def _entry(entry: object) -> Listed:
    if not isinstance(entry, dict):
        raise ValueError("an entry is not a crawl")
    name, api = entry.get("id"), entry.get("cdx-api")
    if not isinstance(name, str):
        raise ValueError("the id of a crawl is not text")
    if fault := part_fault_of(name):  # it names a folder of the cache
        raise ValueError(f"the crawl {name[:40]!r}: {fault}")
    address = api if isinstance(api, str) and is_address(api) else None
    return Listed(name, _time(entry.get("from")), _time(entry.get("to")), address)


def _time(stated: object) -> datetime | None:
    """Return a time in UTC; without a zone it is so already."""
    if stated is None or stated == "":
        return None
    if not isinstance(stated, str):
        raise ValueError("a date is not text")
    time = datetime.fromisoformat(stated)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def _packaged() -> list[Listed]:
    """Return the crawls known when this version was made; dates as collinfo.json had them."""
    text = (files(__package__) / "crawls.csv").read_text("utf-8")
    return [
        Listed(row["crawl"], _time(row["from"]), _time(row["to"]), cdx_url(row["crawl"]))
        for row in csv.DictReader(text.splitlines())
    ]


_CRAWLS = ListKind("collinfo.json", _parse, _packaged, _newest, "the list of crawls")
