"""How much a Parquet file would take in memory, found without unpacking any of it.

A file of some kB may hold pages of some GB.  The end of a file says where its pages are, and each
page says how many bytes it has once unpacked; both are in Thrift's compact protocol.
"""

from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

_MAGIC = b"PAR1"
_LARGEST_END = 64 * 1024 * 1024  # bytes of the end, where some writers repeat the largest values
_LARGEST_PAGE = 64 * 1024 * 1024  # bytes of a page once unpacked; usual ones have 1 MiB
_MOST_COLUMNS = 10_000
_MOST_VALUES = 20_000_000  # of a page
_USUAL_HEADER = 256 * 1024  # bytes of a page's header
_LARGEST_HEADER = 64 * 1024 * 1024
_DEEPEST = 16

Value: TypeAlias = int | bytes | list[Any] | dict[int, Any]
Struct: TypeAlias = dict[int, Value]


def check_pages(path: Path, columns: frozenset[str] | None = None) -> int:
    """Return the bytes of the largest value on average, in the columns (None: all).

    Raises ValueError for a file that is no whole Parquet file or would take too much memory.
    """
    with path.open("rb") as file:
        end = _end_of(file)
        names = [_bytes(_struct(each).get(4)) for each in _list(end.get(2))]
        if len(names) > _MOST_COLUMNS:
            raise ValueError(f"it has more than {_MOST_COLUMNS:,} columns")
        largest = 0
        for group in _list(end.get(4)):
            for chunk in _list(_struct(group).get(1)):
                about = _struct(_struct(chunk).get(3))
                path_of = [_bytes(part).decode("utf-8", "replace") for part in _list(about.get(3))]
                if columns is None or (path_of and path_of[0] in columns):
                    largest = max(largest, _check_chunk(file, about))
        return largest


def _end_of(file: BinaryIO) -> Struct:
    size = file.seek(0, 2)
    file.seek(max(0, size - 8))
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length + 8 > size:
        raise ValueError("it is not a whole Parquet file")
    if length > _LARGEST_END:
        raise ValueError(f"its end is larger than {_LARGEST_END >> 20} MiB")
    file.seek(size - 8 - length)
    return _Thrift(file.read(length)).struct()


def _check_chunk(file: BinaryIO, about: Struct) -> int:
    """Check the pages of a column in a row group; return the bytes of a value on average."""
    data, dictionary = _int(about.get(9)), _int(about.get(11))
    at = min(data, dictionary) if dictionary > 0 else data
    end = at + _int(about.get(7))
    values = _int(about.get(5))
    while at < end:
        header, length = _header_of(file, at, end)
        counts = [_int(_struct(header.get(kind, {})).get(1, 0)) for kind in (5, 7, 8)]
        if _int(header.get(2)) > _LARGEST_PAGE:
            raise ValueError(f"a page of it has more than {_LARGEST_PAGE >> 20} MiB once unpacked")
        if max(counts) > _MOST_VALUES:
            raise ValueError(f"a page of it has more than {_MOST_VALUES:,} values")
        packed = _int(header.get(3))
        if packed < 0:
            raise ValueError("a page of it is not there")
        at += length + packed
    return _int(about.get(6)) // max(values, 1)


def _header_of(file: BinaryIO, at: int, end: int) -> tuple[Struct, int]:
    """Return the header of a page and its length; some writers repeat the largest values in it."""
    for most in (_USUAL_HEADER, _LARGEST_HEADER):
        file.seek(at)
        raw = file.read(min(most, end - at))
        thrift = _Thrift(raw)
        try:
            return thrift.struct(), thrift.at
        except ValueError:
            if len(raw) < most:
                raise
    raise ValueError(f"the beginning of a page has more than {_LARGEST_HEADER >> 20} MiB")


def _bytes(value: Value | None) -> bytes:
    """Return a text of the file; raises ValueError for another value."""
    if not isinstance(value, bytes):
        raise ValueError("a name in its end is none")
    return value


def _int(value: Value | None) -> int:
    if value is None:
        return 0
    if not isinstance(value, int):
        raise ValueError("a number in its end is none")
    return value


def _list(value: Value | None) -> list[Any]:
    return value if isinstance(value, list) else []


def _struct(value: Value | None) -> Struct:
    if not isinstance(value, dict):
        raise ValueError("its end cannot be read")
    return value


class _Thrift:
    """Bytes in Thrift's compact protocol, from the beginning; raises ValueError for others."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.at = 0

    def struct(self, depth: int = 0) -> Struct:
        found: Struct = {}
        number = 0
        while kind := self._byte():
            delta = kind >> 4
            number = number + delta if delta else self._signed()
            found[number] = self._value(kind & 15, depth, within=False)
        return found

    def _value(self, kind: int, depth: int, *, within: bool) -> Value:
        if depth > _DEEPEST:
            raise ValueError("its end is nested too deeply")
        if kind in (1, 2):  # a truth value; in a list it takes a byte
            return self._byte() if within else 2 - kind
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 7:
            return int.from_bytes(self._take(8), "little")
        if kind == 8:
            return self._take(self._unsigned())
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head < 0xF0 else self._unsigned()
            if count > len(self._raw):
                raise ValueError("a list in its end is longer than the end")
            return [self._value(head & 15, depth + 1, within=True) for _ in range(count)]
        if kind == 12:
            return self.struct(depth + 1)
        raise ValueError("its end is not in the format of Parquet")

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, count: int) -> bytes:
        found = self._raw[self.at : self.at + count]
        if len(found) < count:
            raise ValueError("its end, or a page's beginning, is cut")
        self.at += count
        return found

    def _unsigned(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number
            if shift > 70:
                raise ValueError("a number in its end is too long")

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)
