"""Seeded mutations of bytes and of values that JSON, CSV or a table hold."""

import json
import random
import re
from collections.abc import Sequence
from typing import Any

NUMBERS = (
    0, -1, 1, 255, 2**31, 2**32 - 1, 2**63, 10**19, 10**20, -(10**30), 200.0, 1.5, 1e308,
    float("inf"), float("nan"), 10**400, 1700000000, 1700000000000, 20240101000000,
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "\x1b[31m", "\u202e", "\ud800", "\U0010ffff", "../../etc/passwd", "/etc/passwd",
    "C:\\x", "CON", "nul.txt", "a.", "<script>alert(1)</script>", "=1+1", "A" * 10_000, "a.com",
    "200.0", "99999999999999999999", "1e999", "NaN", "2024-01-01T00:00:00+14:00", "20240101000000",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2024-02-30", "1700000000", "null",
    "https://[::1", "http://user@a.com:99999/robots.txt", "xn--a", "\u212a.com", "é" * 100, "²",
)  # fmt: skip
DEEP = (b"[" * 3_000, b'{"a":' * 3_000, b"(" * 500, b'"' * 501, b"\n" * 500, b"," * 5_000)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_TOKEN = re.compile(rb"[^\s,;:\t\"'{}\[\]=/]+")


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return a seed after one to four mutations of its bytes."""
    data = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        data = chance.choice(_STEPS)(chance, data, seeds)
    return data


def _span(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((1, 2, 8, 64, 1_024)))


def _flip(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    raw = bytearray(data)
    for _time in range(chance.choice((1, 1, 2, 8))):
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(raw)


def _cut(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return chance.choice((data[:start], data[start:], data[:start] + data[end:]))


def _twice(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:end] + data[start:end] * chance.choice((1, 2, 50)) + data[end:]


def _splice(chance: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    other = chance.choice(seeds)
    return data[:start] + other[slice(*_span(chance, other))] + data[end:]


def _number(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return _swapped(chance, data, _NUMBER, str(chance.choice(NUMBERS)).encode())


def _token(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return _swapped(chance, data, _TOKEN, chance.choice(TEXTS).encode("utf-8", "surrogatepass"))


def _swapped(chance: random.Random, data: bytes, what: "re.Pattern[bytes]", by: bytes) -> bytes:
    found = list(what.finditer(data[:20_000]))
    if not found:
        return data + by
    start, end = chance.choice(found).span()
    return data[:start] + by + data[end:]


def _nest(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, _end = _span(chance, data)
    return data[:start] + chance.choice(DEEP) + data[start:]


def _encode(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    text = data.decode("utf-8", "replace")
    kind = chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp1252"))
    if chance.random() < 0.3:
        return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\0\n")))
    return text.encode(kind, "replace")


_STEPS = (_flip, _flip, _cut, _twice, _splice, _number, _number, _token, _token, _nest, _encode)


def odd_value(chance: random.Random, deepest: int = 900) -> Any:
    """Return a value that a reader may not expect."""
    kind = chance.randrange(6)
    if kind == 0:
        return chance.choice(NUMBERS)
    if kind < 4:
        return chance.choice(TEXTS)
    nested: Any = []
    for _ in range(chance.choice((1, 5, deepest))):
        nested = chance.choice(([nested], {"a": nested}))
    return chance.choice((None, True, False, [], {}, nested, [1, "a", None], {"host": "a.com"}))


def odd_json(chance: random.Random, seed: bytes) -> bytes:
    """Return a JSON text in which some values are others."""
    value = json.loads(seed)
    for _ in range(chance.choice((1, 1, 2, 3))):
        value = _replaced(chance, value)
    return json.dumps(value).encode()


def _replaced(chance: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        kept = dict(value)
        kind = chance.randrange(10)
        if kind == 0:
            del kept[name]
        elif kind == 1:
            kept[str(odd_value(chance))[:200]] = kept[name]
        else:
            kept[name] = _replaced(chance, value[name])
        return kept
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        if chance.random() < 0.1:
            return value[:place] + value[place:] * 2
        return [*value[:place], _replaced(chance, value[place]), *value[place + 1 :]]
    return odd_value(chance)
