"""The types of values that DuckDB knows, such as those of numpy and pandas."""

from functools import cache

import duckdb

from crawlblock.stopping import undisturbed


@cache
def import_value_types() -> None:
    """Import the modules that DuckDB imports when it first gets a value.

    DuckDB drops exceptions raised during that import, so a signal waits until this is done.
    """
    with undisturbed():
        duckdb.ConstantExpression(0)
