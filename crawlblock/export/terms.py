"""What an export takes from others: parts with terms of their own, and sources to name."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from crawlblock.export.dataset import Extent
from crawlblock.export.tables import ExportedTable


@dataclass(frozen=True, slots=True)
class OwnTerms:
    """Tables that the licence of an export does not cover."""

    tables: tuple[str, ...]  # their labels
    terms: str  # what holds for them
    licence: str = ""  # its SPDX id; empty: none is known
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A source of facts, which is named with an export."""

    title: str
    author: str
    url: str
    licence: str  # in words
    gives: str


@cache
def _entries() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "terms.toml").read_text("utf-8"))


def own_terms(held: Extent, tables: Sequence[ExportedTable]) -> list[OwnTerms]:
    """Return the parts of an export that have terms of their own, with its tables alone."""
    labels = {table.label for table in tables if table.rows}
    found = []
    for entry in _entries()["part"]:
        named = tuple(label for label in entry["tables"] if label in labels)
        if named and _applies(entry, held):
            kept = {key: value for key, value in entry.items() if key != "of"}
            found.append(OwnTerms(**kept | {"tables": named}))
    return found


def origins(held: Extent) -> list[Origin]:
    """Return the sources of an export; what was imported or fetched has none that we know of."""
    return [
        Origin(**{key: value for key, value in entry.items() if key != "of"})
        for entry in _entries()["source"]
        if _applies(entry, held) and (held.rendered or held.crawls)
    ]


def _applies(entry: dict[str, Any], held: Extent) -> bool:
    return entry.get("of") in (None, "demo" if held.rendered else "own")
