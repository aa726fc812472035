"""The metrics of the extra folder: SQL whose header says what the package declares of its own.

    -- title: Hosts without a robots.txt
    -- unit: share of hosts, 0 to 1
    -- of: panel, census
    -- columns: population
    -- without: definition
    -- column population: Whom the row is about.
    -- note: Of the known hosts, those whose server says that there is no robots.txt.

`without` (core columns that it does not have) and the lines `column` may be left out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from crawlblock.errors import InputError, did_you_mean
from crawlblock.registry.extra import ExtraFile, extra, per_extra

OF = ("panel", "census")
_NEEDED = ("title", "unit", "of", "note", "columns")
_KEYS = (*_NEEDED, "without", "column NAME")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILES = ("index", "columns", "manifest")  # in the folder of results, beside the results
_HEADER = re.compile(r"--\s*(column\s+\w+|\w+)\s*:\s*(.*?)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMetric:
    """A metric of the extra folder."""

    name: str
    file: str  # for messages
    of: tuple[str, ...]  # of `OF`
    title: str
    unit: str
    note: str
    columns: tuple[str, ...]  # its own, beside the core columns
    without: tuple[str, ...]  # core columns that it does not have
    words: tuple[tuple[str, str], ...]  # column, what it holds
    sql: str


@per_extra
def own_metrics() -> tuple[OwnMetric, ...]:
    """Return the metrics of the extra folder; raises InputError for one that cannot be used."""
    return tuple(_metric(file) for file in extra().metrics())


def reject_taken(taken: Iterable[str]) -> None:
    """Raise InputError where an own metric has the name of a result or of another file there."""
    names = {*taken, *_FILES}
    for metric in own_metrics():
        if metric.name in names:
            raise InputError(
                f"{metric.file}: there is a result {metric.name} already; rename this file"
            )


def check_columns(metric: OwnMetric, core: Iterable[str]) -> None:
    """Raise InputError where `columns` or `without` cannot be, beside the core columns."""
    known = tuple(core)
    for column in metric.columns:
        if column in known or metric.columns.count(column) > 1:
            raise InputError(
                f"{metric.file}: `columns` has {column}, which is included already; remove it"
            )
    for column in (column for column in metric.without if column not in known):
        hint = did_you_mean(column, known) or f"the core columns are {', '.join(known)}"
        raise InputError(f"{metric.file}: `without` has {column}, not a core column; {hint}")


def _metric(file: ExtraFile) -> OwnMetric:
    name = file.path.stem
    if not _NAME.fullmatch(name):
        raise InputError(f"{file.path}: it names the result; use only small letters, digits and _")
    header = _header(file)
    words = {key.split()[1]: text for key, text in header.items() if key.startswith("column ")}
    columns = _listed(header["columns"])
    _check(file, header, [key for key in words if key not in columns])
    return OwnMetric(
        name=name,
        file=str(file.path),
        of=_listed(header["of"]),
        title=header["title"],
        unit=header["unit"],
        note=header["note"],
        columns=columns,
        without=_listed(header.get("without", "")),
        words=tuple(words.items()),
        sql=file.text,
    )


def _header(file: ExtraFile) -> dict[str, str]:
    """Return the header of a metric by its keys; the first line that is no comment ends it."""
    header: dict[str, str] = {}
    for number, line in enumerate(file.text.splitlines(), 1):
        if not line.startswith("--"):
            break
        found = _HEADER.fullmatch(line)
        key = " ".join(found[1].split()) if found else ""
        if not found or (key not in _KEYS and not key.startswith("column ")):
            hint = did_you_mean(key, _KEYS) or f"the keys are {', '.join(_KEYS)}"
            raise InputError(
                f"{file.path}, line {number}: {line[:60]!r} is not a line of a header; {hint}"
            )
        if key in header:
            raise InputError(f"{file.path}, line {number}: two lines `{key}`; remove one of them")
        header[key] = found[2]
    lacking = [f"`-- {key}: ...`" for key in _NEEDED if key not in header]
    if lacking:
        raise InputError(f"{file.path}: its header lacks {', '.join(lacking)}; begin with these")
    return header


def _check(file: ExtraFile, header: dict[str, str], strange: list[str]) -> None:
    """Raise InputError for words that mean nothing, and for SQL that is no one query."""
    for word in _listed(header["of"]) or ("",):
        if word not in OF:
            raise InputError(f"{file.path}: `of` is {word!r}; write {' or '.join(OF)}, or both")
    if strange:
        raise InputError(
            f"{file.path}: `column {strange[0]}` is not in `columns`; add it there, or remove it"
        )
    try:
        statements = duckdb.extract_statements(file.text)
    except duckdb.Error as error:
        raise InputError(f"{file.path}: {reason(error)}; correct the SQL") from None
    if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
        raise InputError(f"{file.path}: a metric is one SELECT; put the rest elsewhere")


def reason(error: Exception) -> str:
    """Return what DuckDB says, on one line."""
    return " ".join(str(error).split())[:300]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
