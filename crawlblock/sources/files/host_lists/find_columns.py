"""Which column of a list has the hosts, and what the others have."""

from collections.abc import Sequence
from dataclasses import dataclass

from crawlblock.errors import InputError
from crawlblock.hosts import parse_host, registered_domain
from crawlblock.names import mended
from crawlblock.sources.files.host_lists.cells import WHOLE_NUMBER, Row, Table
from crawlblock.sources.files.host_lists.delimited import WEB_GRAPH_HEADER
from crawlblock.sources.files.host_lists.likely import bare, is_likely, is_possible

# The best name first.  A column is taken by its name where most of its cells can be hosts.
_NAMES = (
    "domain", "domain name", "domain_name", "host", "hostname", "host name", "host_name", "site",
    "website", "web site", "origin", "url", "website url", "homepage", "home page", "web address",
    "address", "link", "web",
)  # fmt: skip
_RANKS = ("rank", "globalrank", "position", WEB_GRAPH_HEADER)
_STRATUM = "stratum"
_REVERSED = "#host_rev"
_WEB_GRAPH = (0, 4)  # columns of rank and reversed name in the web graph's files
_MOST = 0.5  # share of cells from which a column is one of hosts
_SHOWN = 300  # characters of an error


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a list are."""

    columns: Sequence[str]  # their names; numbers from 1 where the list has none
    header: bool  # the first row names them
    name: int
    rank: int | None = None
    stratum: int | None = None
    reverse: bool = False  # the names are written from their end
    found: str = ""  # how the column of the hosts was found, where its name does not tell

    @property
    def further(self) -> list[tuple[int, str]]:
        """Return the other columns: their places, and the names they are kept under."""
        used = (self.name, self.rank, self.stratum)
        kept: list[tuple[int, str]] = []
        names = {mended(self.columns[place]) for place in used if place is not None}
        for place, column in enumerate(self.columns):
            if place not in used:
                name = mended(column.strip() or f"column {place + 1}")
                while name in names:
                    name = f"{name} {place + 1}"
                names.add(name)
                kept.append((place, name))
        return kept


def find_layout(path: object, table: Table, sample: Sequence[Row], wanted: str | None) -> Layout:
    """Return where the columns are, from the first rows and what the user named.

    Raises InputError, with the columns that there are, where it is not known.
    """
    rows = [row.cells for row in sample if not row.fault]
    if not rows:
        return Layout(columns=tuple(table.columns or ("1",)), header=False, name=0)
    if table.columns is None and (web_graph := _web_graph(rows[0])):
        return web_graph
    finder = _Finder(path, rows, table.columns)
    return finder.layout(wanted)


class _Finder:
    """The first rows of a list, by column."""

    def __init__(self, path: object, rows: Sequence[Sequence[str]], named: Sequence[str] | None):
        self._path = path
        self._named = named
        width = max(len(cells) for cells in rows) if named is None else len(named)
        self._first = [*rows[0], *[""] * (width - len(rows[0]))]
        self._all = rows
        self._body = rows[1:] if named is None else rows
        self._width = width
        names = self._first if named is None else named
        self._lower = [name.strip().strip('"').lower() for name in names]

    def layout(self, wanted: str | None) -> Layout:
        """Return where the columns are."""
        place, found = (self._named_by(wanted), "") if wanted is not None else self._hosts()
        header = self._named is None and self._has_header(place)
        numbers = tuple(str(number) for number in range(1, self._width + 1))
        columns = tuple(self._named or (self._first if header else numbers))
        if header or self._named is not None:
            rank = next((self._lower.index(name) for name in _RANKS if name in self._lower), None)
            stratum = self._lower.index(_STRATUM) if _STRATUM in self._lower else None
        else:
            rank, stratum = self._numbers_beside(place), None
        return Layout(
            columns=columns,
            header=header,
            name=place,
            rank=None if rank == place else rank,
            stratum=None if stratum == place else stratum,
            found=found if header or (self._named is not None and self._width > 1) else "",
        )

    def _hosts(self) -> tuple[int, str]:
        """Return the column of the hosts, and how it was found."""
        if self._width == 1:
            return 0, "" if self._lower[0] in _NAMES else "by its values"
        known = [self._lower.index(name) for name in _NAMES if name in self._lower]
        for place in known:
            if self._share(place, is_likely) >= _MOST:
                return place, ""
        for test in (is_likely, is_possible):
            places = [place for place in range(self._width) if self._share(place, test) >= _MOST]
            if test is is_possible and known and (not places or known[0] in places):
                return known[0], ""
            if places and self._same_sites(places):
                return places[0], "by its values"
            if places:
                raise self._unclear(f"{len(places)} columns have hosts")
        if known:
            return known[0], ""
        raise self._unclear("no column has hosts")

    def _share(self, place: int, test: object) -> float:
        """Return the share of a column's cells that pass a test, of those that are not empty."""
        rows = self._body or self._all
        cells = [cells[place] for cells in rows if place < len(cells) and cells[place].strip()]
        cells = [cell for cell in cells if cell != "*"]  # of weights: all of a corpus
        if not cells or not callable(test):
            return 0.0
        return sum(bool(test(cell)) for cell in cells) / len(cells)

    def _same_sites(self, places: Sequence[int]) -> bool:
        """Tell whether columns name the same sites in most rows, as a domain and a URL do."""
        if len(places) == 1:
            return True
        rows = [cells for cells in self._body or self._all if len(cells) > max(places)]
        same = sum(len({_site(cells[place]) for place in places}) == 1 for cells in rows)
        return same > 0.9 * len(rows) > 0

    def _has_header(self, place: int) -> bool:
        """Tell whether the first row names the columns: where its own cell is no host."""
        if is_likely(self._first[place]):
            return False
        names = (*_NAMES, *_RANKS, _STRATUM)
        if any(cell in names for cell in self._lower):
            return True
        cell = self._first[place]
        is_word = "." not in cell if self._width == 1 else not is_possible(cell)
        return is_word and self._share(place, is_likely) >= _MOST

    def _numbers_beside(self, place: int) -> int | None:
        """Return the first column of a list without a header that has numbers alone."""
        rows = self._all
        for other in range(self._width):
            cells = [cells[other] for cells in rows if other < len(cells)]
            digits = sum(WHOLE_NUMBER.fullmatch(cell) is not None for cell in cells)
            if other != place and cells and digits > 0.5 * len(cells):
                return other
        return None

    def _named_by(self, wanted: str) -> int:
        """Return the column that the user named: as it is written, in any case, or by number."""
        names = [name.strip() for name in (self._named or self._first)]
        if wanted.strip() in names:
            return names.index(wanted.strip())
        if wanted.strip().lower() in self._lower:
            return self._lower.index(wanted.strip().lower())
        if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= self._width:
            return int(wanted) - 1
        raise self._unclear(f"there is no column {wanted[:80]}")

    def _unclear(self, what: str) -> InputError:
        names = self._named or self._first
        shown = ", ".join(name.strip() or "(no name)" for name in names)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        nameless = self._named is None and any(map(is_likely, self._first))
        found = "the columns have no names, the first row is" if nameless else "columns found:"
        return InputError(
            f"{self._path}: {what}; {found} {shown}; name one with --column "
            f"(or by its number, 1 to {self._width})"
        )


def _site(cell: str) -> str:
    try:
        host = parse_host(bare(cell))
    except ValueError:
        return cell
    return registered_domain(host) or host


def _web_graph(first: Sequence[str]) -> Layout | None:
    """Return the layout of the web graph's domain ranks, with their header or without it."""
    lower = [cell.strip().lower() for cell in first]
    if _REVERSED in lower and WEB_GRAPH_HEADER in lower:
        rank, name = lower.index(WEB_GRAPH_HEADER), lower.index(_REVERSED)
        return Layout(columns=tuple(first), header=True, name=name, rank=rank, reverse=True)
    rank, name = _WEB_GRAPH
    if len(first) <= name or not first[rank].isdigit() or is_likely(first[name]):
        return None
    if not all(_is_number(cell) for cell in first[rank:name]):
        return None
    if "." not in first[name] or not is_possible(".".join(reversed(first[name].split(".")))):
        return None
    numbers = tuple(str(number) for number in range(1, len(first) + 1))
    return Layout(columns=numbers, header=False, name=name, rank=rank, reverse=True)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
