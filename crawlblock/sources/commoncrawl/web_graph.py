"""The web graph's domain ranks: a long file of which only the head is wanted."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawlblock.errors import ArchiveError, UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.lists import ListKind, read_list, remedy
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.unpacking import UNREADABLE, GzipMembers

_STEP = 4 * 1024 * 1024  # bytes of one request
_PIECE = 64 * 1024  # bytes of text at a time
_LONGEST = 200  # bytes of a line on average; real ones have 60
_SPARE = 1_000  # lines that may be longer
_MOST_TRIED = 5  # releases; a new one is listed before its domain table is there
_RELEASE = re.compile(r"[a-z0-9][a-z0-9-]*")
_KNOWN = ("cc-main-2026-jul-aug-sep", "cc-main-2026-mar-apr-may")  # newest first


@dataclass(frozen=True, slots=True)
class RankHead:
    """The first lines of a release's domain ranks, the header among them."""

    release: str
    lines: Sequence[str]
    notes: Sequence[str] = ()


async def ranking_lines(mirror: Mirror, limit: int, kept: Path | None = None) -> RankHead:
    """Return the head of the newest domain ranks that are there.

    `kept` is where the last list of releases is kept.
    """
    listing = await read_list(mirror, _GRAPHS, kept)
    notes = [listing.note] if listing.note else []
    tried = listing.entries[:_MOST_TRIED]
    for release in tried:
        lines = await _head(mirror, _key(release), limit)
        if lines is not None:
            if release != tried[0]:
                notes.append(f"the web graph {tried[0]} has no domain ranks yet: {release} is used")
            return RankHead(release, lines, notes)
    raise ArchiveError(
        f"{mirror.location}: {_key(tried[0])}: absent, and so are older ones; run again later, or "
        "sample from a list (--list) or a ranking of yours (--ranks FILE)"
    )


def _key(release: str) -> str:
    return f"projects/hyperlinkgraph/{release}/domain/{release}-domain-ranks.txt.gz"


async def _head(mirror: Mirror, key: str, limit: int) -> list[str] | None:
    """Return the first lines of a gzip file, None if there is no such file."""
    lines: list[str] = []
    held = 0
    rest = b""
    async for part in _unzipped(mirror, key):
        if part is None:
            return None
        *whole, rest = (rest + part).split(b"\n")
        lines += [line.decode("utf-8", "replace") for line in whole]
        held += len(part)
        if len(lines) > limit:  # one more than asked for: the first line is the header
            return lines[: limit + 1]
        if held > (len(lines) + _SPARE) * _LONGEST:
            raise ArchiveError(
                f"{mirror.location}: {key}: its lines have more than {_LONGEST} bytes on average"
            )
    return [*lines, *([rest.decode("utf-8", "replace")] if rest else [])]


async def _unzipped(mirror: Mirror, key: str) -> AsyncIterator[bytes | None]:
    """Yield the text of a gzip file by and by, asking for no more than is taken; None: absent."""
    unpacker = GzipMembers()
    at = 0
    while True:
        raw = await mirror.read(key, at, _STEP)
        if raw is Outcome.DAMAGED:  # no more than this is left
            raw = await mirror.read(key, at)
        if raw is Outcome.DAMAGED and at:
            raw = b""  # nothing is left
        if raw is Outcome.ABSENT:
            yield None
            return
        if isinstance(raw, Outcome):
            raise UpstreamError(
                f"{mirror.location}: {key} cannot be downloaded ({raw}); {remedy(raw)}"
            )
        unpacker.feed(raw)
        try:
            while text := unpacker.take(_PIECE):
                yield text
        except UNREADABLE:
            raise ArchiveError(f"{mirror.location}: {key} is not a gzip file") from None
        at += len(raw)
        if len(raw) < _STEP:
            if not unpacker.whole:
                raise ArchiveError(f"{mirror.location}: {key} ends early; run again later")
            return


def _parse(answer: object) -> list[str]:
    """Return the releases of a graphinfo.json, newest first; raises ValueError if it is none."""
    if not isinstance(answer, list) or not answer:
        raise ValueError("it names no web-graph release")
    names = [entry.get("id") if isinstance(entry, dict) else None for entry in answer]
    found = [name for name in names if isinstance(name, str) and _RELEASE.fullmatch(name)]
    if len(found) < len(names):
        raise ValueError("an entry names no web-graph release")
    return found


_GRAPHS = ListKind(
    name="graphinfo.json",
    parse=_parse,
    packaged=lambda: list(_KNOWN),
    newest=lambda _: (),  # a kept list is later than what this version knows, or as good
    called="the list of web graphs",
)
