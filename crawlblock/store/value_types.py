"""The types of values that DuckDB knows, such as those of numpy and pandas."""

from functools import cache

import duckdb

from crawlblock.stopping import undisturbed


@cache
def import_value_types() -> None:
    """Import what DuckDB imports when it is first given a value.

    It drops what is raised meanwhile, so a signal that comes then waits until this is done.
    """
    with undisturbed():
        duckdb.ConstantExpression(0)
