"""What became of the records that were read, by type, for the terminal."""

from collections import Counter
from collections.abc import Iterable

from crawlblock.captures.record_counts import TypeCount

COLUMNS = ("type", "records", "stored", "resolved", "unresolved")


def summed(counts: Iterable[TypeCount]) -> list[TypeCount]:
    """Return counts of many files as one for each type."""
    sums: dict[str, Counter[str]] = {}
    for each in counts:
        found = sums.setdefault(each.type, Counter())
        found.update({name: getattr(each, name) for name in COLUMNS[1:]})
    return [TypeCount(type=kind, **found) for kind, found in sorted(sums.items())]


def said_of(counts: Iterable[TypeCount]) -> str:
    """Say how many records of each type were read and stored."""
    found = summed(counts)
    each = ", ".join(f"{one.records:,} {one.type} ({one.stored:,} stored)" for one in found)
    unresolved = sum(one.unresolved for one in found)
    return f"records: {each}; {unresolved:,} revisits unresolved"
