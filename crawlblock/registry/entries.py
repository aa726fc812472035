"""Reads the registry's TOML files, each once."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def entries(name: str) -> tuple[Mapping[str, Any], ...]:
    """Return the entries of a file in their order; the file has one table, named like an entry."""
    tables = tomllib.loads((files(__package__) / name).read_text("utf-8"))
    (table,) = tables.values()
    return tuple(table)
