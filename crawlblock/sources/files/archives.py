"""From WARC files to captures.

A file is read once for what it holds, redirects are followed inside it, and the payloads of the
chosen captures are then read again from their places.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import polars as pl

from crawlblock.errors import InputError
from crawlblock.hosts import parse_host, registered_domain
from crawlblock.model import Capture, Outcome, Payload
from crawlblock.sources.commoncrawl.index import normalised
from crawlblock.sources.files.imported import COLUMNS, MOST_KEPT, RESOURCE, Every, Imported, Tally
from crawlblock.sources.files.periods import snapshot_of
from crawlblock.sources.files.rows import headers_kept
from crawlblock.sources.files.tables import readable
from crawlblock.sources.outcomes import outcome_of
from crawlblock.warc import Response, digest, read_record, responses

MAX_HOPS = 5  # RFC 9309 section 2.3.1.2
_BATCH = 2_000  # captures
_NEEDED = 500 * 1024  # bytes of a robots.txt that count (RFC 9309 section 2.5)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a response record says, without its payload."""

    url: str  # as `_key` writes it
    time: datetime
    status: int | None
    target: str | None  # where it redirects to
    outcome: Outcome
    digest: str | None  # of the payload, where it can be read
    headers: str | None
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class _Chain:
    """An answer to a robots.txt URL with where its redirects led."""

    asked: str
    last: _Answer
    hops: int

    def merit(self) -> tuple[int, datetime, bool]:
        """Order chains: the newest good one first, https before http at the same time."""
        good = {Outcome.OK: 3, Outcome.NOT_ROBOTS: 1, Outcome.REDIRECT_UNRESOLVED: 0}
        return good.get(self.last.outcome, 2), self.last.time, self.asked.startswith("https:")


def read_archive(path: Path, every: Every, known: dict[str, Outcome]) -> Iterator[Imported]:
    """Yield the captures of /robots.txt in a WARC file, one for each host and snapshot.

    What stands before a damaged place is used, and the damage is told.  Raises InputError if the
    file cannot be read or holds no answer to a robots.txt URL.
    """
    tally = Tally(path)
    answers = _answers(path, tally)
    best = _best(answers, every, tally)
    left_out = tally.result()
    if not best:
        reasons = "; ".join(f"{out.reason} ({out.count:,})" for out in left_out)
        raise InputError(f"{path}: holds no answer to a robots.txt URL; {reasons or 'it is empty'}")
    chosen = [(key, best[key]) for key in sorted(best)]
    for start in range(0, len(chosen), _BATCH):
        part = chosen[start : start + _BATCH]
        payloads = list(_payloads(path, (chain.last for _, chain in part), known))
        rows = [astuple(_capture(path, *key, chain)) for key, chain in part]
        frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
        yield Imported(path, frame, payloads, left_out if start == 0 else ())


def _answers(path: Path, tally: Tally) -> dict[str, list[_Answer]]:
    """Return every answer in a file by its URL, and count what of it is damaged."""
    answers: dict[str, list[_Answer]] = {}
    end = 0
    with readable(path), path.open("rb") as file:
        for response in responses(file):
            answer = _answer(response)
            answers.setdefault(answer.url, []).append(answer)
            end = response.offset + response.length
    with readable(path), path.open("rb") as file:
        file.seek(end)
        if not _is_whole(file):
            tally.add("it is damaged, and nothing behind that place was read", f"byte {end:,}")
    return answers


def _answer(response: Response) -> _Answer:
    url, status, kept = _key(response.url), response.status, response.payload[:MOST_KEPT]
    if status is None or not 200 <= status < 300:
        outcome = Outcome.DAMAGED if status is None else outcome_of(status, None)
        name = None
    elif _is_cut(response) or _is_altered(response):
        outcome, name = Outcome.DAMAGED, None
    else:
        outcome, name = outcome_of(status, kept), digest(kept)
    location = response.header("Location") if outcome is Outcome.REDIRECT_UNRESOLVED else None
    return _Answer(
        url, response.fetch_time, status, _key(location, url) if location else None, outcome, name,
        headers_kept(response.headers), response.offset, response.length,
    )  # fmt: skip


def _is_cut(response: Response) -> bool:
    return response.truncated and len(response.payload) < _NEEDED


def _is_altered(response: Response) -> bool:
    """Tell whether a payload does not fit its digest.

    Some writers take the digest before, some after undoing an encoding: there it is not compared.
    """
    stated = response.digest or ""
    encoded = response.header("Content-Encoding") or response.header("Transfer-Encoding")
    comparable = stated.startswith("sha1:") and len(stated) == len("sha1:") + 32 and not encoded
    return comparable and digest(response.payload) != stated


def _best(
    answers: Mapping[str, list[_Answer]], every: Every, tally: Tally
) -> dict[tuple[str, str], _Chain]:
    """Return the best chain of each snapshot and host; count the answers to other URLs."""
    best: dict[tuple[str, str], _Chain] = {}
    targets = {answer.target for found in answers.values() for answer in found}
    for url, found in answers.items():
        host = _robots_host(url)
        if host is None:
            tally.add("not an answer to /robots.txt", url, len(found) * (url not in targets))
            continue
        for answer in found:
            chain = _follow(answer, answers)
            key = snapshot_of(chain.last.time, every), host
            if key not in best or chain.merit() > best[key].merit():
                best[key] = chain
    return best


def _follow(answer: _Answer, answers: Mapping[str, list[_Answer]]) -> _Chain:
    """Follow redirects inside the file; a loop, a sixth hop or a missing target ends the way."""
    last, seen = answer, {answer.url}
    for hops in range(MAX_HOPS):
        target = last.target
        if target is None or target in seen or target not in answers:
            return _Chain(answer.url, last, hops)
        seen.add(target)
        asked_at = last.time
        last = min(answers[target], key=lambda found: abs(found.time - asked_at))
    return _Chain(answer.url, last, MAX_HOPS)


def _payloads(
    path: Path, answers: Iterable[_Answer], known: dict[str, Outcome]
) -> Iterator[Payload]:
    """Yield the payloads not known yet from their places in the file."""
    with readable(path), path.open("rb") as file:
        for answer in answers:
            if answer.digest is None or answer.digest in known:
                continue
            file.seek(answer.offset)
            record = read_record(file.read(answer.length))
            body = record.payload[:MOST_KEPT] if record else b""
            if digest(body) != answer.digest:
                raise InputError(f"{path}: changed while it was read; run again")
            known[answer.digest] = answer.outcome
            yield Payload(answer.digest, body)


def _capture(path: Path, snapshot: str, host: str, chain: _Chain) -> Capture:
    last = chain.last
    return Capture(
        snapshot, host, RESOURCE, registered_domain(host), chain.asked, last.url, chain.hops,
        last.time, last.status, last.outcome, last.digest, last.headers, path.name, last.offset,
        last.length,
    )  # fmt: skip


def _key(url: str, base: str = "") -> str:
    """Return a URL as answers are compared: absolute, without fragment or default port."""
    try:
        return normalised(urljoin(base, url.strip())) or ""
    except ValueError:
        return url


def _robots_host(url: str) -> str | None:
    """Return the host whose robots.txt a URL is."""
    try:
        parts = urlsplit(url)
        is_robots_url = parts.path == RESOURCE and not parts.query
        return parse_host(url) if is_robots_url else None
    except ValueError:
        return None


def _is_whole(file: BinaryIO) -> bool:
    """Tell whether the rest of a WARC file ends where a record ends."""
    start = file.read(2)
    file.seek(-len(start), 1)
    return _gzip_is_whole(file) if start == b"\x1f\x8b" else _plain_is_whole(file)


def _gzip_is_whole(file: BinaryIO) -> bool:
    inflate = zlib.decompressobj(31)
    begun = False
    try:
        while data := file.read(65_536):
            while data:
                begun = True
                inflate.decompress(data)
                data = inflate.unused_data
                if inflate.eof:
                    inflate, begun = zlib.decompressobj(31), False
    except zlib.error:
        return False
    return not begun


def _plain_is_whole(file: BinaryIO) -> bool:
    at = file.tell()
    size = file.seek(0, 2)
    file.seek(at)
    while line := file.readline():
        if line.strip():
            length = _content_length(file) if line.startswith(b"WARC/") else None
            if length is None or file.seek(length, 1) > size:
                return False
    return True


def _content_length(file: BinaryIO) -> int | None:
    """Read a record's header and return the length it states."""
    length = None
    while header := file.readline().strip():
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
    return length
