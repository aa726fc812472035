"""Frames, strata and the seeded draw; which host stands for a domain.

The host rule, declared once: an entry that is a registered domain is read at its apex, and its
`www` host stands in where the apex has no capture; any other entry is read exactly as given.  https
and http are different captures; both are looked up, https first.
"""

import hashlib
import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crawlblock.hosts import parse_host, registered_domain
from crawlblock.model import Member

# Names that parse_host would return as they are; a ranking has a million of them.
_PLAIN_NAME = re.compile(
    r"(?!.{254})(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_NAME_COLUMNS = ("domain", "host", "hostname", "site", "website", "origin", "url")
_WEB_GRAPH_HEADER = "#harmonicc_pos"
_RANK_COLUMNS = ("rank", "globalrank", "position", _WEB_GRAPH_HEADER)
_REVERSED_COLUMN = "#host_rev"
_WEB_GRAPH = (0, 4)  # columns of rank and reversed name in the web graph's files
_SHOWN = 80  # characters of a rejected line


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of a list that is not followed, and why."""

    line: int  # from 1
    text: str
    reason: str


def candidates(member: Member) -> tuple[str, ...]:
    """Return the URLs that may answer for a member, the most wanted first."""
    hosts = (member.host, member.fallback_host)
    return tuple(f"{scheme}://{h}/robots.txt" for h in hosts if h for scheme in ("https", "http"))


def draw_key(seed: str, domain: str) -> bytes:
    """Return a domain's place in the draw of a seed, the same on every machine (16 bytes)."""
    text = f"{seed}\0{domain}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def frame_name(domain: str) -> str:
    """Return a registered domain as a frame names it, empty where nothing is left.

    Two domains with the same name are one member of the frame.
    """
    return _apex(domain.strip().lower().rstrip("."))


def draw(
    domains: Iterable[str], size: int | None, seed: str, panel: str, stratum: str
) -> list[Member]:
    """Return the `size` domains whose keys are smallest, in the order of their keys.

    The domains are distinct, as `frame_name` returns them.  They are read once, and no more than
    `size` of them are kept in memory.  A larger draw begins with the smaller one.  The weight is
    the number of domains in the frame over the number drawn; without a size, or with one beyond
    the frame, all are taken.
    """
    return _drawn(((domain, None) for domain in domains), size, seed, panel, stratum)


def draw_strata(
    ranked: Iterable[tuple[int, str]],
    bands: Sequence[tuple[str, int]],
    size: int | None,
    seed: str,
    panel: str,
) -> list[Member]:
    """Draw `size` domains from each band of a ranking, ranks 1 to the first bound and so on.

    `bands` are names with their last rank, ascending.  Ranks are renumbered from 1 over the
    distinct domains, for files have gaps and name a domain with and without `www`.
    """
    order = _renumbered(ranked, bands[-1][1])
    members: list[Member] = []
    start = 0
    for stratum, bound in bands:
        frame = ((domain, rank) for rank, domain in enumerate(order[start:bound], start + 1))
        members += _drawn(frame, size, seed, panel, stratum)
        start = bound
    return members


def take_list(entries: Iterable[str], panel: str) -> tuple[list[Member], list[Rejected]]:
    """Return exactly the hosts a list names, in its order, and the lines that name none.

    An entry may be a domain, a host or a URL, alone on its line or in a column of a CSV; a rank and
    a stratum beside it are kept.  Blank lines and comments (`#`) are passed over.
    """
    members: list[Member] = []
    rejected: list[Rejected] = []
    seen: dict[str, int] = {}
    for row in _rows(entries):
        try:
            host = parse_host(row.name.partition(" #")[0])
            if host in seen:
                raise ValueError(f"same host as line {seen[host]}")
        except ValueError as error:
            rejected.append(Rejected(row.line, row.text[:_SHOWN], str(error)))
            continue
        seen[host] = row.line
        members.append(_member(panel, host, row.stratum or "list", row.rank, 1.0, len(members)))
    return members, rejected


class Ranking:
    """The ranks and names of a ranking's lines, most popular first as a rule.

    It takes `rank,domain` without a header (Tranco), columns named in a header (Majestic), one name
    a line, or the web graph's domain ranks with their reversed names.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """Take the lines."""
        self._lines = lines
        self.unreadable = 0  # lines so far that hold no rank or no name

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Yield rank and name; where the format has no ranks, the place is the rank."""
        for place, row in enumerate(_rows(self._lines), 1):
            name = _plain(row.name)
            if name is None or (row.ranked and row.rank is None):
                self.unreadable += 1
            else:
                yield place if row.rank is None else row.rank, name


def read_ranking(lines: Iterable[str]) -> Ranking:
    """Return the ranking that lines of text hold, in whichever of the known formats they are."""
    return Ranking(lines)


def _drawn(
    frame: Iterable[tuple[str, int | None]],
    size: int | None,
    seed: str,
    panel: str,
    stratum: str,
) -> list[Member]:
    """Draw from distinct domains with their ranks; only those drawn so far are kept."""
    count = 0

    def keyed() -> Iterator[tuple[bytes, str, int | None]]:
        nonlocal count
        for domain, rank in frame:
            count += 1
            yield draw_key(seed, domain), domain, rank

    sampled = sorted(keyed()) if size is None else heapq.nsmallest(size, keyed())
    return [
        _member(panel, domain, stratum, rank, count / len(sampled), position)
        for position, (_, domain, rank) in enumerate(sampled)
    ]


def _member(
    panel: str, entry: str, stratum: str, rank: int | None, weight: float, position: int
) -> Member:
    """Return the member for an entry, its hosts by the rule above."""
    fallback = f"www.{entry}" if registered_domain(entry) == entry else None
    return Member(panel, entry, entry, fallback, stratum, rank, weight, position)


def _renumbered(ranked: Iterable[tuple[int, str]], limit: int) -> list[str]:
    """Return the distinct domains in the order of their ranks, at most `limit`.

    A file in the order of its ranks, as they are, is not read beyond them: the web graph's has
    a hundred million lines.
    """
    ranks: dict[str, int] = {}
    last = 0
    ascending = True
    for rank, name in ranked:
        domain = _apex(name)
        ranks[domain] = min(rank, ranks.get(domain, rank))
        ascending = ascending and rank >= last
        last = rank
        if ascending and len(ranks) == limit:
            break
    return sorted(ranks, key=ranks.__getitem__)[:limit]


def _apex(name: str) -> str:
    """Return a name without its `www.`, unless nothing one can register would be left."""
    rest = name.removeprefix("www.")
    return rest if rest != name and registered_domain(rest) else name


def _plain(text: str) -> str | None:
    """Return a name as hosts are written, None if it is not one."""
    if _PLAIN_NAME.fullmatch(text):
        return text
    try:
        return parse_host(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Row:
    """A line that is neither empty nor a comment nor a header."""

    line: int  # from 1
    text: str
    name: str  # empty where the line has no such column
    rank: int | None
    ranked: bool  # its format has ranks
    stratum: str  # empty where the line has no such column


def _rows(lines: Iterable[str]) -> Iterator[_Row]:
    """Yield what the lines of a ranking or list hold; the first one tells the format."""
    layout: _Layout | None = None
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if not text or (text.startswith("#") and not text.startswith(_WEB_GRAPH_HEADER)):
            continue
        if layout is None:
            layout = _layout(text)
            if layout.header:
                continue
        yield layout.read(number, text)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns of a ranking or list are."""

    separator: str
    name: int
    rank: int | None
    stratum: int | None = None
    reverse: bool = False
    header: bool = False

    def read(self, number: int, line: str) -> _Row:
        """Return what a line holds."""
        cells = _cells(line, self.separator)
        name, rank, stratum = (
            cells[column] if column is not None and column < len(cells) else ""
            for column in (self.name, self.rank, self.stratum)
        )
        if self.reverse:
            name = ".".join(reversed(name.split(".")))
        place = int(rank) if rank.isascii() and rank.isdigit() and len(rank) < 19 else None
        return _Row(number, line, name, place, self.rank is not None, stratum)


def _layout(line: str) -> _Layout:
    """Tell the layout from the first line that is not empty."""
    separator = next((mark for mark in "\t,;" if mark in line), ",")
    cells = [cell.lower() for cell in _cells(line, separator)]
    rank = next((cells.index(name) for name in _RANK_COLUMNS if name in cells), None)
    if _REVERSED_COLUMN in cells:
        return _Layout(separator, cells.index(_REVERSED_COLUMN), rank, reverse=True, header=True)
    for name in _NAME_COLUMNS:
        if name in cells:
            stratum = cells.index("stratum") if "stratum" in cells else None
            return _Layout(separator, cells.index(name), rank, stratum, header=True)
    if len(cells) == 1 or not cells[0].isdigit():
        return _Layout(separator, 0, None)
    if separator == "\t" and len(cells) > _WEB_GRAPH[1]:
        return _Layout(separator, _WEB_GRAPH[1], _WEB_GRAPH[0], reverse=True)
    return _Layout(separator, 1, 0)


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator)]
