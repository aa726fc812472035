"""How the definition changes the headline, in small tables."""

from collections.abc import Iterable

import polars as pl

from crawlblock.report.labels import interval, percent
from crawlblock.report.page.markup import table

_BASES = {
    "named": "by name",
    "named+fallback": "or by another name that it obeys",
    "named+fallback+wildcard": "or by the wildcard",
    "named+fallback+wildcard+http": "or by HTTP status",
}
_DENOMINATORS = {
    "known": "known hosts",
    "with_robots": "hosts with a robots.txt",
    "all": "all hosts",
}
_RESTRICTIONS = ("full", "full+all_but", "any")


def definitions(tokens: Iterable[str], sensitivity: pl.DataFrame) -> str:
    """Return a table for each crawler from the last snapshot's rows of the result `sensitivity`."""
    tables = []
    for token in tokens:
        rows = {
            (r["bases"], r["denominator"], r["restrictions"]): r
            for r in sensitivity.filter(pl.col("token") == token).to_dicts()
        }
        if rows:
            caption = (
                f"{token}: share of hosts that block it, by definition and denominator, with 95 % "
                "intervals. full: nothing may be fetched; all_but: only what an Allow rule opens "
                "may be fetched; any: a restriction of any kind."
            )
            tables.append(table(caption, ("blocked", "among", *_RESTRICTIONS), _cells(rows)))
    return "".join(tables)


def _cells(rows: dict[tuple[str, str, str], dict[str, float | None]]) -> list[list[str]]:
    return [
        [
            words,
            among,
            *(
                f"{percent(row['estimate'])} ({interval(row['low'], row['high'])})"
                if (row := rows.get((bases, denominator, restriction)))
                else ""
                for restriction in _RESTRICTIONS
            ),
        ]
        for bases, words in _BASES.items()
        for denominator, among in _DENOMINATORS.items()
    ]
