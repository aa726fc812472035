"""Published figures beside ours for a terminal: a paragraph for each figure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from textwrap import wrap

from crawlblock.replication.comparison import Comparison
from crawlblock.replication.published import Publication
from crawlblock.report.labels import not_compared
from crawlblock.report.terminal.stated_lines import columns_shown

_STRATUM = 7  # columns
_SNAPSHOT = 15  # columns
_HEAD = (
    f" {'stratum':<{_STRATUM}} {'of':<10}{'theirs':>7}{'ours':>7}{'95 %':>13}{'differ':>7}{'n':>10}"
    " snapshot"
)


def page(rows: Sequence[Comparison], sources: Sequence[Publication]) -> str:
    """Return the comparison as text: shares in percent, differences in percentage points.

    Figures that are not compared are counted by the reason.  Where a terminal has no room for the
    columns, each figure has two lines.
    """
    width = columns_shown()
    listed = [row for row in rows if row.published is not None and not row.compared]
    shown = [row for row in rows if row.published is None or row.compared]
    others = wrap(not_compared([row.differs for row in listed], "-o csv"), width)
    others = [*others, ""] if others else []
    return "\n".join([*_paragraphs(shown, width), *others, *_cited(rows, sources, width)]) + "\n"


def _paragraphs(rows: Sequence[Comparison], width: int) -> Iterator[str]:
    has_room = width >= len(_HEAD) + _SNAPSHOT - len("snapshot")
    topics: dict[tuple[str, str, str, str], list[Comparison]] = {}
    for row in rows:
        topics.setdefault(_topic(row), []).append(row)
    for (source, figure, definition, data), part in topics.items():
        said = f", definition {definition}" if definition else ""
        yield from wrap(f"{source}: {figure}{said}; ours from {data}", width)
        one_reason = len({row.reason for row in part}) == 1
        yield from _indented(part[0].reason, width) if one_reason else []
        yield from [_HEAD] if has_room else []
        for token, lines in groupby(part, attrgetter("token")):
            yield from [f"  {token}"] if token else []
            for row in lines:
                yield from _lines(row) if has_room else _narrow(row, width)
                yield from [] if one_reason else _indented(row.reason, width)
        yield ""


def _cited(rows: Sequence[Comparison], sources: Sequence[Publication], width: int) -> Iterator[str]:
    used = {row.source for row in rows}
    for source in sources:
        if source.source in used:
            yield from wrap(
                f"{source.source}: {source.title}; {source.url} ({source.licence})",
                width, break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip


def _indented(text: str, width: int) -> list[str]:
    return wrap(text, width, initial_indent="  ", subsequent_indent="  ")


def _topic(row: Comparison) -> tuple[str, str, str, str]:
    return row.source, row.figure, row.definition or "", row.data


def _lines(row: Comparison) -> Iterator[str]:
    interval, differ, n = _interval(row), _difference(row), _count(row)
    stratum, snapshot = row.stratum, row.snapshot or ""
    if len(stratum) > _STRATUM or len(snapshot) > _SNAPSHOT:
        yield f" {stratum}, {snapshot}"  # names too long for their columns
        stratum = snapshot = ""
    yield (
        f" {stratum:<{_STRATUM}} {row.date or ''!s:<10}{_share(row.published):>7}"
        f"{_share(row.ours):>7}{interval:>13}{differ:>7}{n:>10} {snapshot}"
    ).rstrip()


def _narrow(row: Comparison, width: int) -> list[str]:
    """Return a figure in lines that say what each number is."""
    names = ("theirs", "ours", "95 %", "differ", "n")
    shares = (_share(row.published), _share(row.ours))
    values = (*shares, _interval(row), _difference(row), _count(row))
    numbers = [f"{n}\N{NO-BREAK SPACE}{v}" for n, v in zip(names, values, strict=True) if v]
    place = ", ".join(str(part) for part in (row.stratum, row.date, row.snapshot) if part)
    lines = [
        *wrap(f" {place}", width, subsequent_indent="   ", break_on_hyphens=False),
        *wrap(f"   {', '.join(numbers)}", width, subsequent_indent="   "),
    ]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _interval(row: Comparison) -> str:
    return "" if row.low is None else f"{row.low:.2f}-{row.high:.2f}"


def _difference(row: Comparison) -> str:
    return "" if row.difference is None else f"{row.difference:+.2f}".replace("-0.00", "+0.00")


def _count(row: Comparison) -> str:
    return "" if row.n is None else f"{row.n:,}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
