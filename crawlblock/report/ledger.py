"""The replication ledger for a terminal: a paragraph for each figure and what it stands beside."""

from collections.abc import Iterator, Sequence

from crawlblock.analysis.reference import Source
from crawlblock.analysis.replicate import Row

_HEAD = (
    f"  {'stratum':<8}{'token':<20}{'of':<12}{'theirs':>8}{'ours':>8}{'95 %':>16}{'differ':>8}"
    f"{'n':>11}  snapshot"
)


def page(rows: Sequence[Row], sources: Sequence[Source]) -> str:
    """Return the ledger as text: shares in percent, differences in percentage points."""
    return "\n".join([*_paragraphs(rows), *_cited(rows, sources)]) + "\n"


def _paragraphs(rows: Sequence[Row]) -> Iterator[str]:
    topics: dict[tuple[str, str, str, str, str], list[Row]] = {}
    for row in rows:
        topics.setdefault(_topic(row), []).append(row)
    for (source, figure, definition, data, reason), part in topics.items():
        said = f", definition {definition}" if definition else ""
        yield f"{source}: {figure}{said}; ours from {data}"
        yield f"  {reason}"
        yield _HEAD
        yield from map(_line, part)
        yield ""


def _cited(rows: Sequence[Row], sources: Sequence[Source]) -> Iterator[str]:
    used = {row.source for row in rows}
    for source in sources:
        if source.source in used:
            yield f"{source.source}: {source.title}; {source.url} ({source.licence})"


def _topic(row: Row) -> tuple[str, str, str, str, str]:
    return row.source, row.figure, row.definition or "", row.data, row.reason


def _line(row: Row) -> str:
    interval = "" if row.low is None else f"{row.low:.2f}-{row.high:.2f}"
    differ = "" if row.difference is None else f"{row.difference:+.2f}".replace("-0.00", "+0.00")
    n = "" if row.n is None else f"{row.n:,}"
    return (
        f"  {row.stratum:<8}{row.token or '':<20}{row.date or ''!s:<12}{_share(row.published):>8}"
        f"{_share(row.ours):>8}{interval:>16}{differ:>8}{n:>11}  {row.snapshot or ''}"
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
