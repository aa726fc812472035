"""The web graph's domain ranks: a long file of which only the head is wanted."""

import json
import zlib
from collections.abc import AsyncIterator

from crawlblock.errors import ArchiveError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.mirror import Mirror

_STEP = 4 * 1024 * 1024  # bytes of one request


async def ranking_lines(mirror: Mirror, limit: int) -> tuple[str, list[str]]:
    """Return the name of the newest web-graph release and the first lines of its domain ranks."""
    raw = await mirror.read_index("graphinfo.json")
    try:
        release = str(json.loads(raw)[0]["id"]) if isinstance(raw, bytes) else ""
    except (ValueError, KeyError, IndexError, TypeError):
        release = ""
    if not release:
        raise ArchiveError(f"{mirror.location}: graphinfo.json names no web-graph release")
    key = f"projects/hyperlinkgraph/{release}/domain/{release}-domain-ranks.txt.gz"
    lines: list[str] = []
    rest = b""
    async for part in _unzipped(mirror, key):
        *whole, rest = (rest + part).split(b"\n")
        lines += [line.decode("utf-8", "replace") for line in whole]
        if len(lines) > limit:  # one more than asked for: the first line is the header
            return release, lines[: limit + 1]
    return release, [*lines, *([rest.decode("utf-8", "replace")] if rest else [])]


async def _unzipped(mirror: Mirror, key: str) -> AsyncIterator[bytes]:
    """Yield the text of a gzip file by and by, asking for no more than is taken."""
    inflate = zlib.decompressobj(31)
    at = 0
    while True:
        raw = await mirror.read(key, at, _STEP)
        if raw is Outcome.DAMAGED:  # no more than this is left
            raw = await mirror.read(key, at)
        if isinstance(raw, Outcome) and at:
            return  # nothing is left
        if isinstance(raw, Outcome):
            raise ArchiveError(f"{mirror.location}: {key}: {raw}")
        data = raw
        while data:
            yield inflate.decompress(data)
            data = inflate.unused_data
            if data:
                inflate = zlib.decompressobj(31)
        at += len(raw)
        if len(raw) < _STEP:
            return
