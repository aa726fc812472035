"""Reads the registry's own TOML files, each once; `own_entries` adds those of a user."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from crawlblock.errors import InputError

T = TypeVar("T")

_LONGEST = 4 * 1024 * 1024  # characters of a file


@cache
def entries(name: str) -> tuple[Mapping[str, Any], ...]:
    """Return this package's entries of a file; the file has one table, named like an entry."""
    return read_entries((files(__package__) / name).read_text("utf-8"), name)


def read_entries(text: str, name: str, kind: str | None = None) -> tuple[Mapping[str, Any], ...]:
    """Return the entries in a text; raises InputError, with the name, where it is no registry.

    `kind` is what each entry must be called.
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError(f"it has more than {_LONGEST:,} characters")
        tables = tomllib.loads(text)
        if kind and list(tables) != [kind]:
            found = ", ".join(tables) or "nothing"
            raise ValueError(f"it must have only entries [[{kind}]], but has {found}")
        (table,) = tables.values()
        if not isinstance(table, list) or not all(isinstance(entry, dict) for entry in table):
            raise ValueError("it is not a list of tables")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: cannot be read ({str(error)[:150]}); correct the file") from None
    return tuple(table)


def made_of(
    found: tuple[Mapping[str, Any], ...], name: str, made: Callable[[Mapping[str, Any]], T]
) -> tuple[T, ...]:
    """Return what is made of each entry; raises InputError that names the file and the entry."""
    each: list[T] = []
    for number, entry in enumerate(found, 1):
        try:
            each.append(made(entry))
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise InputError(
                f"{name}: entry {number} cannot be used ({str(error)[:150]}); fix it"
            ) from None
    return tuple(each)
