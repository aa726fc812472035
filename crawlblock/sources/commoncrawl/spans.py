"""Byte ranges of one file that are worth one request, because little lies between them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from crawlblock.sources.commoncrawl.cost import SLOW

LEAST_GAP, _MOST_GAP = 64 * 1024, 1024 * 1024  # bytes read in vain
_LARGEST = 8 * 1024 * 1024  # bytes of one merged range


P = TypeVar("P", bound=tuple[str, int, int])  # file, offset and length in bytes


@dataclass(frozen=True, slots=True)
class ByteSpan(Generic[P]):
    """Places of one file that are worth one request."""

    places: tuple[P, ...]

    @property
    def name(self) -> str:
        """Return the name of the file."""
        return self.places[0][0]

    @property
    def start(self) -> int:
        """Return where the first one begins, in bytes."""
        return self.places[0][1]

    @property
    def length(self) -> int:
        """Return how many bytes they cover, gaps included."""
        return max(offset + length for _, offset, length in self.places) - self.start


def gap_of(per_second: float) -> int:
    """Return how many bytes are read in vain rather than asking twice, at a rate of requests.

    They take a slow line as long as one request must wait for the next.
    """
    return min(_MOST_GAP, max(LEAST_GAP, round(SLOW / per_second)))


def merged(places: Iterable[P], gap: int) -> Iterator[ByteSpan[P]]:
    """Return runs of places that are worth one request each, in the order of the files."""
    run: list[P] = []
    end = 0
    for place in sorted(places):
        name, offset, length = place
        last = offset + length
        if run and (name != run[0][0] or offset - end > gap or last - run[0][1] > _LARGEST):
            yield ByteSpan(tuple(run))
            run, end = [], 0
        run.append(place)
        end = max(end, last)
    if run:
        yield ByteSpan(tuple(run))
