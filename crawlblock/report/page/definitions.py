"""How the definition changes the headline, in small tables."""

from collections.abc import Iterable

import polars as pl

from crawlblock.report.labels import RESTRICTIONS, interval, percent
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
_RESTRICTIONS = {
    "full": RESTRICTIONS["full"],
    "full+all_but": f"or {RESTRICTIONS['all_but']}",
    "any": f"or {RESTRICTIONS['partial']}",
}


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
                "intervals. With exceptions: only what an Allow rule opens may be fetched."
            )
            tables.append(table(caption, ("rule", "among", *_RESTRICTIONS.values()), _cells(rows)))
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
