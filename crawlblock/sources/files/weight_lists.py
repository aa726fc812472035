"""Lists of how much of a corpus comes from each host, in pages, bytes or tokens."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from crawlblock.errors import InputError
from crawlblock.host_list import SHOWN, Reject, Rejected
from crawlblock.hosts import parse_host, registered_domain
from crawlblock.names import fault_of
from crawlblock.sources.files.host_lists import HostList, open_list
from crawlblock.sources.files.host_lists.cells import WHOLE_NUMBER
from crawlblock.sources.files.host_lists.likely import bare

WHOLE = "*"  # the domain that stands for all of a corpus, named by the list or not
UNITS = ("pages", "bytes", "tokens")
SCHEMA = pl.Schema({"domain": pl.String, "corpus": pl.String, **dict.fromkeys(UNITS, pl.Int64)})

# What columns are called: a unit alone, or CORPUS_UNIT.  Elsewhere: the Data Provenance Initiative
# (data-provenance-initiative/Data-Provenance-Collection, Consent in Crisis).
_OTHER_NAMES = {"total tokens": "tokens", "url appearances": "pages"}
_CORPORA = {"c4": "C4", "rf": "RefinedWeb", "dolma": "Dolma"}

_MOST = 2**63 - 1  # of a sum, as the database holds it


@dataclass(frozen=True, slots=True)
class WeightList:
    """What a list says of registered domains; the hosts of one domain are added up."""

    weights: pl.DataFrame  # of SCHEMA, one row per domain and corpus; domain `*`: all of the corpus
    hosts: int  # distinct ones that were read
    repeated: int  # lines that say again what an earlier one said
    notes: Sequence[str] = ()  # what the user must know


def read_weights(
    path: Path, reject: Reject, corpus: str | None = None, column: str | None = None
) -> WeightList:
    """Read a list with a host or domain on each line and pages, bytes or tokens beside it.

    The corpus is given by the column (`c4_tokens`), by a column `corpus`, or by `corpus` here;
    `column` names the one with the hosts.  A line of the domain `*` tells the size of the whole
    corpus.  Raises InputError if the file cannot be used, says two things of one host, or has a
    whole that is less than its domains.
    """
    listed = open_list(path, column)
    return _read(path, listed, _layout(path, listed, corpus), reject)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns of a list are."""

    header: Sequence[str]
    name: int
    corpus: int | None  # the column that tells it
    amounts: Sequence[tuple[int, str | None, str]]  # column, corpus unless given by one, unit

    def read(self, cells: Sequence[str]) -> tuple[str, dict[str, dict[str, int]]]:
        """Return the host of a line and what it says by corpus and unit; ValueError: why not."""
        if len(cells) != len(self.header):
            raise ValueError("the number of cells is not that of the header")
        name = bare(cells[self.name])
        host = WHOLE if name == WHOLE else parse_host(name)
        if host != WHOLE and registered_domain(host) is None:
            raise ValueError("has no registered domain")
        given = cells[self.corpus].strip() if self.corpus is not None else None
        if given == "":
            raise ValueError("no corpus")
        if given is not None and (fault := _fault_of_corpus(given)):
            raise ValueError(f"the name of the corpus: {fault}")
        said: dict[str, dict[str, int]] = defaultdict(dict)
        for column, corpus, unit in self.amounts:
            said[corpus or given or ""][unit] = _amount(self.header[column], cells[column].strip())
        return host, said


def _layout(path: Path, listed: HostList, corpus: str | None) -> _Layout:
    named = listed.layout.header or listed.table.columns is not None
    header = listed.layout.columns if named else ()
    names = [name.strip().lower() for name in header]
    name = listed.layout.name
    given = names.index("corpus") if "corpus" in names else None
    found = [(column, *_meaning(name)) for column, name in enumerate(names)]
    amounts = [(column, of, unit) for column, of, unit in found if unit]
    if not amounts:
        raise InputError(
            f"{path}: its columns are {', '.join(header)[:300] or 'none'}; needed are "
            "domain or host, and pages, bytes or tokens (or CORPUS_tokens)"
        )
    said = [(of, unit) for _, of, unit in amounts]
    for column, of, unit in amounts:
        if said.count((of, unit)) > 1:
            raise InputError(
                f"{path}: another column says the same as {header[column]}; remove one of them"
            )
    unsaid = any(of is None for _, of, _ in amounts)
    if unsaid and given is None and not corpus:
        raise InputError(f"{path}: does not name the corpus; name it with --corpus NAME")
    if corpus and not (unsaid and given is None):
        raise InputError(f"{path}: its columns name the corpora; leave out --corpus")
    for each in filter(None, (corpus, *(of for _, of, _ in amounts))):
        if fault := _fault_of_corpus(each):
            raise InputError(f"{path}: the corpus {each!r}: {fault}; take a name such as C4")
    return _Layout(
        names, name, given, [(column, of or corpus, unit) for column, of, unit in amounts]
    )


def _fault_of_corpus(name: str) -> str:
    """Return what is wrong with a corpus's name, which may have its owner's before it: `a/b`."""
    return fault_of(name.replace("/", "-"))


def _meaning(name: str) -> tuple[str | None, str]:
    """Return the corpus, if given, and the unit that a column holds; no unit: something else."""
    name = _OTHER_NAMES.get(name, name)
    prefix, _, unit = name.rpartition("_")
    if unit not in UNITS:
        return None, ""
    return _CORPORA.get(prefix, prefix) or None, unit


def _amount(name: str, cell: str) -> int:
    found = WHOLE_NUMBER.fullmatch(cell)
    if found:
        return int(found[1])
    if not cell:
        raise ValueError(f"nothing in the column {name}")
    if cell.startswith("-") and WHOLE_NUMBER.fullmatch(cell[1:]):
        raise ValueError(f"{name} is below 0")
    raise ValueError(f"{name} is not a whole number: {cell[:20]}")


def _read(path: Path, listed: HostList, layout: _Layout, reject: Reject) -> WeightList:
    said: dict[tuple[str, str], tuple[int, dict[str, int]]] = {}  # the line, and what it says
    repeated: set[int] = set()  # lines
    for row in listed.rows():
        line = row.line
        try:
            if row.fault:
                raise ValueError(row.fault)
            host, amounts = layout.read(row.cells)
        except ValueError as error:
            reject(Rejected(line, row.text[:SHOWN], str(error)))
            continue
        for corpus, units in amounts.items():
            earlier = said.setdefault((host, corpus), (line, units))
            if earlier[1] != units:
                raise InputError(
                    f"{path}: lines {earlier[0]} and {line} say different things about {host} in "
                    f"{corpus} ({_shown(earlier[1])}; {_shown(units)}); keep the right one"
                )
            repeated |= {line} - {earlier[0]}
    hosts = {host for host, _ in said} - {WHOLE}
    return WeightList(_added_up(path, said), len(hosts), len(repeated), listed.notes)


def _shown(units: dict[str, int]) -> str:
    return ", ".join(f"{amount:,} {unit}" for unit, amount in units.items())


def _added_up(path: Path, said: dict[tuple[str, str], tuple[int, dict[str, int]]]) -> pl.DataFrame:
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    read: dict[tuple[str, str], int] = defaultdict(int)
    for (host, corpus), (_, units) in said.items():
        domain = host if host == WHOLE else registered_domain(host) or ""
        for unit, amount in units.items():
            sums[domain, corpus][unit] += amount
            read[corpus, unit] += amount * (host != WHOLE)
    for (corpus, unit), amount in read.items():
        whole = sums.get((WHOLE, corpus), {}).get(unit, amount)
        if amount > min(whole, _MOST):
            raise InputError(
                f"{path}: the domains of {corpus} have {amount:,} {unit} together, more than "
                f"{'the whole, ' if whole < amount else ''}{min(whole, _MOST):,}; correct them"
            )
    rows = [(*key, *(units.get(unit) for unit in UNITS)) for key, units in sorted(sums.items())]
    return pl.DataFrame(rows, SCHEMA, orient="row")
