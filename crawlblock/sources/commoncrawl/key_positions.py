"""Where the keys of an index lie: what one crawl shows about the next.

The indexes of two crawls have much the same keys, so a key lies at about the same share of both.
Of the first crawl that was ever read, the shares of top-level domains and letters are known.
This is a hint alone: it says where to look first, never what is there.
"""

import json
import tomllib
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from crawlblock.durable import write_whole
from crawlblock.unpacking import LARGEST_JSON, parse_json

_MOST = 50_000  # keys that are noted of a crawl
_DIGITS = 8  # bytes of a key that its place among others is taken from
_LARGE = 0.5  # percent of the lines, from which on first letters help


class KeyPositions:
    """The shares of an index that lie before some keys, of the crawl before and of this one."""

    def __init__(self) -> None:
        self._before: list[tuple[bytes, float]] = []
        self._now: list[tuple[bytes, float]] = []
        self.size = 0  # bytes of the index of the crawl that was begun last; 0: there was none

    @classmethod
    def kept(cls, path: Path, location: str) -> "KeyPositions":
        """Return what a file says of the crawl of an archive that was read last, if it does."""
        found = cls()
        with suppress(OSError, ValueError, LookupError, TypeError, OverflowError):
            kept: Any
            with path.open("rb") as file:
                kept = parse_json(file.read(LARGEST_JSON + 1))
            if kept["archive"] == location and int(kept["bytes"]) > 0:
                before = sorted((str(key).encode(), float(at)) for key, at in kept["shares"])
                found._before, found.size = before, int(kept["bytes"])
        return found

    def keep(self, path: Path, location: str) -> None:
        """Write to a file what the crawls that were read say; a disk that is full costs that."""
        if self._now:
            shares = [(key.decode("utf-8", "replace"), round(at, 7)) for key, at in self._now]
            kept = {"archive": location, "bytes": self.size, "shares": shares}
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, json.dumps(kept).encode())

    def begin(self, size: int) -> None:
        """Begin with another crawl, whose index has so many bytes."""
        self.size = size
        if self._now:
            self._before, self._now = self._now, []

    def expected(self, key: bytes) -> float:
        """Return which share of the index of a crawl that is not begun yet may lie before a key."""
        self._before = self._now or self._before
        return self._share(key)

    def note(self, key: bytes, share: float) -> None:
        """Note that a share of this crawl's index lies before a key."""
        at = bisect_left(self._now, (key,))
        if len(self._now) < _MOST and (at == len(self._now) or self._now[at][0] != key):
            insort(self._now, (key, share))

    def note_all(self, keys: Iterable[tuple[bytes, float]]) -> None:
        """Note the shares of this crawl's index that lie before some keys."""
        for key, share in keys:
            self.note(key, share)

    def between(self, key: bytes, low: bytes, high: bytes) -> float:
        """Return which share of what lies between two keys may lie before a third."""
        return _between(self._share, key, low, high)

    def _share(self, key: bytes) -> float:
        """Return which share of the index before lay before a key, as far as is known."""
        return _interpolated(self._before, key, _usual_between)


def _between(share: Callable[[bytes], float], key: bytes, low: bytes, high: bytes) -> float:
    first, at, last = map(share, (low, key, high))
    if first <= at <= last and first < last:
        return (at - first) / (last - first)
    return _by_letters(key, low, high)


def _interpolated(
    points: Sequence[tuple[bytes, float]],
    key: bytes,
    between: Callable[[bytes, bytes, bytes], float],
) -> float:
    """Return the share at a key between known ones; `between` says how far it is from each."""
    at = bisect_left(points, (key,))
    low, begin = points[at - 1] if at else (b"", 0.0)
    high, end = points[at] if at < len(points) else (b"\xff", 1.0)
    return begin + (end - begin) * between(key, low, high)


def _usual_between(key: bytes, low: bytes, high: bytes) -> float:
    return _between(lambda each: _interpolated(_usual(), each, _by_letters), key, low, high)


@cache
def _usual() -> tuple[tuple[bytes, float], ...]:
    """Return which share of an index usually lies before some beginnings of keys."""
    known = tomllib.loads(files(__package__).joinpath("key_shares.toml").read_text("utf-8"))
    shares: dict[str, float] = known["beginnings"]
    whole = sum(shares.values())
    found: list[tuple[bytes, float]] = []
    at = 0.0
    for beginning, share in sorted(shares.items()):
        found.append((f"{beginning},".encode(), at / whole))
        if share >= _LARGE:
            found.extend(_by_first_letter(beginning, known["first"], at / whole, share / whole))
        at += share
        found.append((f"{beginning},~".encode(), at / whole))
    return tuple(found)


def _by_first_letter(
    beginning: str, letters: dict[str, float], at: float, share: float
) -> Iterator[tuple[bytes, float]]:
    """Yield where the names begin, by their first letter, that have a part of the index."""
    whole = sum(letters.values())
    for letter, part in sorted(letters.items()):
        yield f"{beginning},{letter}".encode(), at
        at += share * part / whole


def _by_letters(key: bytes, low: bytes, high: bytes) -> float:
    """Return the share of the keys between two that lie before a third, if all were as likely."""
    shared = next((n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), 0)
    first, at, last = (_number(each[shared : shared + _DIGITS]) for each in (low, key, high))
    return min(1.0, max(0.0, (at - first) / (last - first))) if last > first else 0.5


def _number(text: bytes) -> int:
    """Return the bytes of a key as a number; the letters and digits of names stand close."""
    number = 0
    for byte in text.ljust(_DIGITS, b"\0"):
        number = number * 40 + min(39, max(0, _rank(byte)))
    return number


def _rank(byte: int) -> int:
    """Return the place of a byte among those that keys are made of."""
    if byte >= 97:  # a to z
        return 13 + byte - 97
    return 3 + byte - 48 if byte >= 48 else max(0, byte - 43)  # 0 to 9; ) , - and others
