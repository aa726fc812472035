"""How many records of each type were read, and what became of them."""

from dataclasses import dataclass

UNREADABLE_TYPE = "unreadable"  # of places that cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCount:
    """How many records of a type some files have, and what became of them."""

    type: str  # as the records state it, or UNREADABLE_TYPE
    records: int
    stored: int  # each a fetch; of an import, about a robots.txt
    resolved: int = 0  # of the stored revisits, those whose answer is in the files
    unresolved: int = 0  # the others, whose payload is unknown unless the database has it
