"""Where the keys of an index lie: what one crawl taught about the next.

The indexes of two crawls have much the same keys, so a key lies at about the same share of both.
This is a hint alone: it says where to look first, never what is there.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable

_MOST = 50_000  # keys that are noted of a crawl
_DIGITS = 8  # bytes of a key that its place among others is taken from


class KeyPositions:
    """The shares of an index that lie before some keys, of the crawl before and of this one."""

    def __init__(self) -> None:
        self._before: list[tuple[bytes, float]] = []
        self._now: list[tuple[bytes, float]] = []
        self.size = 0  # bytes of the index of the crawl that was begun last; 0: there was none

    @property
    def told(self) -> bool:
        """Tell whether a crawl before told where some keys lie."""
        return bool(self._before)

    def turn(self, size: int) -> None:
        """Begin with another crawl, whose index has so many bytes."""
        self.size = size
        if self._now:
            self._before, self._now = self._now, []

    def place_of(self, key: bytes) -> float:
        """Return where a key may lie in the index of a crawl that is not begun yet, in bytes."""
        self._before = self._now or self._before
        return self._share(key) * self.size

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
        first, at, last = map(self._share, (low, key, high))
        if first <= at <= last and first < last:
            return (at - first) / (last - first)
        return _by_letters(key, low, high)

    def _share(self, key: bytes) -> float:
        """Return which share of the index before lay before a key, as far as is known."""
        at = bisect_left(self._before, (key,))
        low, begin = self._before[at - 1] if at else (b"", 0.0)
        high, end = self._before[at] if at < len(self._before) else (b"\xff", 1.0)
        return begin + (end - begin) * _by_letters(key, low, high)


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
