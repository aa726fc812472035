"""Lists as JSON: an array, read as a stream, an object, or an object on each line."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from crawlblock.errors import InputError
from crawlblock.sources.files.host_lists.cells import SAMPLE, SHOWN, Row
from crawlblock.sources.files.host_lists.encodings import lines_of, shown, text_of

_STEP = 65_536  # characters
_LONGEST = 4_000_000  # characters of one entry
_LONGEST_OBJECT = 64_000_000  # characters of an object that is a whole list
_DEEPEST = 3  # levels of objects whose names become columns
_MOST_COLUMNS = 1_000
_VALUE = "value"  # the column of an array of strings
_KEY = "key"  # the column of the names of an object
_NAMES = ("domain", "host", "hostname", "url", "website", "site")
_SPACE = " \t\r\n\ufeff"

Entries = Iterator[tuple[int, object, str]]  # line or number from 1, value, and what is wrong


class JsonList:
    """A list as JSON."""

    def __init__(self, entries: Callable[[], Entries], form: str, encoding: str) -> None:
        """Take what reads it, and its names for people; the first rows tell its columns."""
        self._entries = entries
        self.format = form
        self.encoding = shown(encoding)
        self.note = ""
        names: dict[str, None] = {}
        widths = 0
        for _, value, fault in islice(entries(), SAMPLE):
            if fault:
                continue
            if isinstance(value, list):
                widths = max(widths, len(value))
            else:
                names.update(dict.fromkeys(_named(value)))
        self.columns: Sequence[str] | None = [*names][:_MOST_COLUMNS]
        if widths and not names:
            self.columns = None  # the first of the arrays may name them
        self._index = {name: place for place, name in enumerate(self.columns or ())}

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        for number, value, fault in self._entries():
            text = "" if fault else json.dumps(value, ensure_ascii=False)[:SHOWN]
            if fault:
                yield Row(line=number, cells=(), text=str(value)[:SHOWN], fault=fault)
            elif isinstance(value, list) and len(value) > _MOST_COLUMNS:
                yield Row(line=number, cells=(), text=text, fault="the entry has too many cells")
            elif isinstance(value, list):
                yield Row(line=number, cells=[_cell(each) for each in value], text=text)
            else:
                yield Row(line=number, cells=self._cells(_named(value)), text=text)

    def _cells(self, named: Mapping[str, str]) -> list[str]:
        cells = [""] * len(self._index)
        for name, cell in named.items():
            place = self._index.get(name)
            if place is not None:
                cells[place] = cell
        return cells


def json_table(path: Path, encoding: str) -> JsonList | None:
    """Return the list in a JSON or JSONL file, None where the text is neither."""

    def reading(read: Callable[[TextIO], Entries]) -> Callable[[], Entries]:
        def entries() -> Entries:
            with text_of(path, encoding) as file:
                yield from _explained(path, read(file))

        return entries

    with text_of(path, encoding) as file:
        head = file.read(_STEP).lstrip(_SPACE)
    if not head.startswith("{") and not _begins_array(head):
        return None
    if _is_by_line(head, path.suffix.lower()):
        return JsonList(reading(_by_line), "JSONL, an entry a line", encoding)
    if head.startswith("["):
        return JsonList(reading(_elements), "JSON, an array", encoding)
    return JsonList(reading(_members), "JSON, an object", encoding)


def _begins_array(head: str) -> bool:
    """Tell whether a text begins a JSON array, not an IPv6 address in brackets or a title."""
    rest = head[1:].lstrip(_SPACE)
    return head.startswith("[") and rest[:1] in ('"', "{", "[", "]", "")


def _is_by_line(head: str, suffix: str) -> bool:
    """Tell whether each line has an entry of its own: if the first does, and more follows."""
    if suffix in (".jsonl", ".ndjson"):
        return True
    first, end, rest = head.partition("\n")
    if not end or not rest.strip(_SPACE):
        return False
    try:
        return isinstance(json.loads(first), (dict, list))
    except (ValueError, RecursionError):
        return False


def _explained(path: Path, entries: Entries) -> Entries:
    try:
        yield from entries
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{path}: not JSON that can be read ({what})") from None


def _by_line(file: TextIO) -> Entries:
    for number, line, whole in lines_of(file):
        if not line.strip():
            continue
        fault = "" if whole else "the line is too long"
        try:
            value = json.loads(line) if whole else line
        except (ValueError, RecursionError):
            value, fault = line, "not JSON"
        yield number, value, fault


def _elements(file: TextIO) -> Entries:
    """Yield the elements of an array; no more than one of them and a step is in memory."""
    decoder = json.JSONDecoder()
    buffer = _Buffer(file)
    buffer.skip("[")
    for number in range(1, 2**62):
        if buffer.peek() == "]":
            return
        if number > 1:
            if buffer.peek() != ",":
                raise ValueError(f"a comma or ] is missing after entry {number - 1}")
            buffer.skip(",")
        yield number, buffer.value(decoder, number), ""


class _Buffer:
    """The part of a text that is in memory."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is no space; raises ValueError at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                raise ValueError("it ends in the middle of the list")
            self._more()

    def skip(self, character: str) -> None:
        """Pass over a character that comes next."""
        if self.peek() == character:
            self._at += 1

    def value(self, decoder: json.JSONDecoder, number: int) -> object:
        """Return the next value, and pass over it."""
        self.peek()
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self._at)
                if end < len(self._text) or self._ended:  # a number may go on
                    self._at = end
                    return value
            except json.JSONDecodeError as error:
                if self._ended or len(self._text) - self._at > _LONGEST:
                    raise ValueError(f"entry {number}: {error.msg}") from None
            self._more()

    def _more(self) -> None:
        kept = self._text[self._at :]
        added = self._file.read(max(_STEP, len(kept)))
        self._text, self._at, self._ended = kept + added, 0, not added


def _members(file: TextIO) -> Entries:
    """Yield what an object holds: itself, the array in it, or its members as keys and values."""
    text = file.read(_LONGEST_OBJECT + 1)
    if len(text) > _LONGEST_OBJECT:
        raise ValueError(
            f"the object has more than {_LONGEST_OBJECT // 10**6} million characters; "
            "give an array or JSONL"
        )
    value = json.loads(text.strip(_SPACE))
    arrays = [each for each in value.values() if isinstance(each, list)]
    entries: Iterable[object]
    if len(arrays) == 1:
        entries = arrays[0]
    elif any(isinstance(value.get(name), str) for name in _NAMES):
        entries = [value]
    else:
        entries = ({_KEY: key} | _member(each) for key, each in value.items())
    for number, entry in enumerate(entries, 1):
        yield number, entry, ""


def _member(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {_VALUE: value}


def _named(value: object, prefix: str = "", depth: int = 1) -> dict[str, str]:
    """Return the cells of an entry by column; names within names are joined by dots."""
    if not isinstance(value, dict):
        return {_VALUE: _cell(value)}
    found: dict[str, str] = {}
    for name, each in value.items():
        if isinstance(each, dict) and depth < _DEEPEST:
            found.update(_named(each, f"{prefix}{name}.", depth + 1))
        else:
            found[_storable(f"{prefix}{name}")] = _cell(each)
    return found


def _cell(value: object) -> str:
    if value is None:
        return ""
    return _storable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _storable(text: str) -> str:
    """Return a text without the halves of characters that JSON may escape; UTF-8 has none."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
